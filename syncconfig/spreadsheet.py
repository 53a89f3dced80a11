"""Tables for spreadsheets: CSV whose cells no program takes for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(text: str) -> str:
    """Text as a cell: what would start a formula gets an apostrophe in front. Numbers are to be given as numbers."""
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) else text


def as_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """UTF-8 CSV with a mark in front by which spreadsheets know it; only texts are guarded, so that amounts below zero stay numbers."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([cell(name) for name in head])
    writer.writerows([[cell(value) if isinstance(value, str) else value for value in row] for row in rows])
    return "\ufeff" + out.getvalue()
