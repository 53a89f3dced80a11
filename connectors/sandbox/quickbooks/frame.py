"""What all pages for people have around them: the bar of links, the way from page to page, refusals."""

from __future__ import annotations

from urllib.parse import urlencode

from connectors.sandbox import pages
from connectors.sandbox.quickbooks.books import Books
from connectors.sandbox.quickbooks.entities import PEOPLE
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.server import Reply, Request

PAGE = 50
"""Rows of a listing."""

SECTIONS = (
    *((f"{entity.name}s", path) for path, entity in PEOPLE.items()),
    ("Items", "item"),
    ("Invoices", "invoice"),
    ("Payments", "payment"),
    ("Settings", "settings"),
)


def frame(title: str, body: str, books: Books | None = None, *, status: int = 200) -> Reply:
    links = [("QuickBooks sandbox", "/")]
    if books:
        links += [(label, f"/companies/{books.realm}/{path}") for label, path in SECTIONS]
    return Reply(status, pages.layout(title, body, links=links))


def missing() -> Reply:
    return frame("Not found", pages.note("There is nothing here.", error=True), status=404)


def to(books: Books, path: str, row_id: str = "") -> Reply:
    """Send the browser to a row or, without one, to a listing."""
    tail = f"/{pages.part(row_id)}" if row_id else ""
    return Reply(303, None, {"Location": f"/companies/{books.realm}/{path}{tail}"})


def problem(fault: Fault | None) -> str:
    return pages.note(f"{fault.code}: {fault.detail}", error=True) if fault else ""


def page_number(request: Request) -> int:
    number = request.query.get("page", "1")
    return int(number) if number.isdecimal() and int(number) > 0 else 1


def steps(base: str, words: str, number: int, found: int) -> str:
    """Links to the pages before and after."""
    shown = [("Previous", number - 1)] if number > 1 else []
    shown += [("Next", number + 1)] if number * PAGE < found else []
    return " ".join(pages.link(label, f"{base}?{urlencode({'q': words, 'page': target})}") for label, target in shown)
