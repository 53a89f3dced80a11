"""The small pages on which a person looks at simulated records and edits them, as in the provider's own application.

Plain HTML without scripts; every value is escaped here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote

STYLE = """
body{font:14px/1.5 system-ui,sans-serif;margin:0;color:#222;background:#fff}header{background:#33475b;color:#fff;padding:12px 24px}
header a{color:#fff;margin-right:16px}main{padding:16px 24px;max-width:1100px}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:6px 10px;border-bottom:1px solid #ddd;vertical-align:top}label{display:block;margin:8px 0}
label span{display:inline-block;width:220px}input,select,textarea{font:inherit;padding:4px 6px;width:320px;border:1px solid #888;border-radius:3px}
button{font:inherit;padding:6px 14px;margin:12px 8px 0 0}.note{color:#555}.error{color:#a81c1c;font-weight:600}
"""


def layout(title: str, body: str, *, links: Sequence[tuple[str, str]] = ()) -> str:
    """A whole page. `body` is HTML made by the functions below; `title` and link texts are escaped."""
    bar = "".join(f'<a href="{escape(href)}">{escape(text)}</a>' for text, href in links)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><header>{bar}</header><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of escaped cells. A cell made by `link` or `button` is kept as it is."""
    head = "".join(f'<th scope="col">{escape(c)}</th>' for c in columns)
    body = "".join("<tr>" + "".join(f"<td>{_cell(c)}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def form(
    action: str,
    fields: Iterable[tuple[str, str, str]],
    *,
    submit: str = "Save",
    options: dict[str, Sequence[tuple[str, str]]] | None = None,
    method: str = "post",
) -> str:
    """A form that posts, or asks with "get". `fields` are (name, label, value); a name in `options` becomes a select of (value, label)."""
    inner = "".join(_field(name, label, value, (options or {}).get(name)) for name, label, value in fields)
    return f'<form method="{escape(method)}" action="{escape(action)}">{inner}<button>{escape(submit)}</button></form>'


class Html(str):
    """Text that is already HTML."""


def link(text: str, href: str) -> Html:
    return Html(f'<a href="{escape(href)}">{escape(text)}</a>')


def button(text: str, action: str) -> Html:
    return Html(f'<form method="post" action="{escape(action)}"><button>{escape(text)}</button></form>')


def note(text: str, *, error: bool = False) -> Html:
    return Html(f'<p class="{"error" if error else "note"}">{escape(text)}</p>')


def part(value: str) -> str:
    """A value as one part of an address."""
    return quote(value, safe="")


def _cell(value: str) -> str:
    return value if isinstance(value, Html) else escape(value)


def _field(name: str, label: str, value: str, choices: Sequence[tuple[str, str]] | None) -> str:
    if choices is not None:
        inner = "".join(f'<option value="{escape(v)}"{" selected" if v == value else ""}>{escape(t)}</option>' for v, t in choices)
        control = f'<select name="{escape(name)}">{inner}</select>'
    elif "\n" in value or name.endswith("address"):
        control = f'<textarea name="{escape(name)}" rows="3">{escape(value)}</textarea>'
    else:
        control = f'<input name="{escape(name)}" value="{escape(value)}">'
    return f"<label><span>{escape(label)}</span>{control}</label>"
