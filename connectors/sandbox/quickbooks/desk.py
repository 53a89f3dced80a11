"""The pages for people that every kind of record has: the list, a new one, one as it is, and what can be done to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connectors.sandbox import pages
from connectors.sandbox.quickbooks.app import QuickBooksApp
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.frame import PAGE, frame, missing, page_number, steps, to
from connectors.sandbox.server import Handler, Reply, Request

Row = dict[str, Any]


@dataclass(frozen=True)
class Desk:
    """The pages of one entity.

    `searched` gives the words the search looks through; `cells` the list's columns for a row, of which the first leads to its page; `page` shows a
    row, or the form of a new one for None, with what the company said against the last try; `body` reads a form on top of a row, or of nothing.
    """

    name: str
    path: str
    opening: str
    columns: tuple[str, ...]
    searched: Callable[[Row], str]
    cells: Callable[[Company, Row], tuple[str, ...]]
    page: Callable[[Company, Row | None, Request, Fault | None], Reply]
    body: Callable[[Company, Request, Row | None], Row]
    newest_first: bool = False

    def routes(self, app: QuickBooksApp) -> None:
        """Serve the list, the form of a new row, its creation, and the page of one."""
        app.route("GET", self._address())(self._in_company(app, self._list))
        app.route("GET", self._address("/new"))(self._in_company(app, lambda company, request: self.page(company, None, request, None)))
        app.route("POST", self._address("/new"))(self._in_company(app, self._create))
        app.route("GET", self._address("/{id}"))(self._on_row(app, lambda company, row, request: self.page(company, row, request, None)))

    def editing(self, app: QuickBooksApp) -> None:
        """Serve the form of a row that is there."""
        self.deed(app, "", lambda company, row, request: self.change(company, row, self.body(company, request, row)))

    def switching(self, app: QuickBooksApp) -> None:
        """Serve making a row inactive and active again."""
        self.deed(app, "/active", lambda company, row, request: self.change(company, row, {"Active": not row["Active"]}))

    def deed(self, app: QuickBooksApp, action: str, act: Callable[[Company, Row, Request], object], *, stays: bool = True) -> None:
        """Serve something done to a row as it is now; then back to it or, when it is gone, to the list."""

        def do(company: Company, row: Row, request: Request) -> Reply:
            try:
                act(company, row, request)
            except Fault as fault:
                return self.page(company, row, request, fault)
            return to(company, self.path, row["Id"] if stays else "")

        app.route("POST", self._address("/{id}" + action))(self._on_row(app, do))

    def change(self, company: Company, row: Row, members: Row) -> Row:
        """Change members as a person does: on top of whatever the row is now."""
        return company.update(self.name, {"Id": row["Id"], "SyncToken": row["SyncToken"], "sparse": True, **members})

    def base(self, company: Company) -> str:
        """The address of the list."""
        return f"/companies/{company.realm}/{self.path}"

    def _address(self, tail: str = "") -> str:
        return f"/companies/{{realm}}/{self.path}{tail}"

    def _in_company(self, app: QuickBooksApp, serve: Callable[[Company, Request], Reply]) -> Handler:
        def handler(request: Request) -> Reply:
            company = app.companies.get(request.params["realm"])
            return serve(company, request) if company else missing()

        return handler

    def _on_row(self, app: QuickBooksApp, serve: Callable[[Company, Row, Request], Reply]) -> Handler:
        def in_company(company: Company, request: Request) -> Reply:
            row = company.table(self.name).rows.get(request.params["id"])
            return serve(company, row, request) if row else missing()

        return self._in_company(app, in_company)

    def _create(self, company: Company, request: Request) -> Reply:
        try:
            return to(company, self.path, company.create(self.name, self.body(company, request, None))["Id"])
        except Fault as fault:
            return self.page(company, None, request, fault)

    def _list(self, company: Company, request: Request) -> Reply:
        words, number, base = request.query.get("q", "").strip(), page_number(request), self.base(company)
        found = [row for row in company.table(self.name).rows.values() if words.casefold() in self.searched(row).casefold()]
        found = found[::-1] if self.newest_first else found
        rows = []
        for row in found[(number - 1) * PAGE : number * PAGE]:
            label, *rest = self.cells(company, row)
            rows.append((pages.link(label, f"{base}/{row['Id']}"), *rest))
        body = pages.link(self.opening, f"{base}/new") + pages.form(base, [("q", "Search", words)], submit="Search", method="get")
        body += pages.note(f"{len(found)} found") + pages.table(self.columns, rows) + steps(base, words, number, len(found))
        return frame(f"{self.name}s of {company.profile['name']}", body, company)


def activity(row: Row) -> str:
    """What a person calls the state of a row that can be made inactive."""
    return "active" if row["Active"] else "inactive"


def switch(row: Row, address: str) -> str:
    """The button that makes a row inactive or active again."""
    return pages.button("Make inactive" if row["Active"] else "Make active", f"{address}/active")


def version(row: Row) -> str:
    """Which version of the row a page shows."""
    return pages.note(f"Version {row['SyncToken']}, changed {row['MetaData']['LastUpdatedTime']}")
