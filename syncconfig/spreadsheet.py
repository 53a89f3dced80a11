"""Tables for spreadsheets, as CSV and XLSX, whose cells no program takes for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, TextIO

import xlsxwriter

STARTS_A_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[ ]*[\t\r\n\0]")
MARK = "\ufeff"
"""In front of UTF-8, by which spreadsheets know it."""
SHEET_ROWS = 1_048_576
LONGEST_TEXT = 32_767
WIDTH = 24
XLSX_OPTIONS: dict[str, Any] = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd hh:mm",
}


def cell(text: str) -> str:
    """Text as a cell: what would start a formula gets an apostrophe in front. Numbers are to be given as numbers."""
    return f"'{text}" if STARTS_A_FORMULA.match(text) else text


def _guarded(row: Iterable[object]) -> list[Any]:
    """Only texts are guarded, so that amounts below zero stay numbers."""
    return [cell(value) if isinstance(value, str) else value for value in row]


def as_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table as CSV text."""
    out = io.StringIO()
    write_csv(out, head, rows)
    return out.getvalue()


def write_csv(out: TextIO, head: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a table as CSV, a row at a time; how many rows there were."""
    out.write(MARK)
    writer = csv.writer(out)
    writer.writerow(_guarded(head))
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007, the number is what is asked for
        writer.writerow(_guarded(row))
    return count


def write_xlsx(out: BinaryIO, head: Sequence[str], rows: Iterable[Sequence[object]], sheet_rows: int = SHEET_ROWS) -> int:
    """Write a table as XLSX, a row at a time; how many rows there were. What does not fit on one sheet goes on the next.

    Times have to be naive: spreadsheets know no zones.
    """
    with TemporaryDirectory() as scratch:
        book = xlsxwriter.Workbook(out, {**XLSX_OPTIONS, "tmpdir": scratch})
        bold = book.add_format({"bold": True})
        sheet = _sheet(book, head, bold)
        count = 0
        for count, row in enumerate(rows, start=1):
            place = (count - 1) % (sheet_rows - 1) + 1
            if place == 1 and count > 1:
                sheet = _sheet(book, head, bold)
            sheet.write_row(place, 0, [v[:LONGEST_TEXT] if isinstance(v, str) else v for v in _guarded(row)])
        book.close()
    return count


def _sheet(book: Any, head: Sequence[str], bold: Any) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(head) - 1, WIDTH)
    sheet.write_row(0, 0, _guarded(head), bold)
    return sheet
