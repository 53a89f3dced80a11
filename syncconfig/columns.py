"""Columns of tables, and which of them somebody wants to see. The page and the export use the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.functional import Promise

from syncconfig.models import ColumnChoice

Cell = str | int | datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `cell` gives what stands in a line, for an export; `template` shows it on the page as `value`, with the line as `line`.

    A column that is not `usual` is shown only when somebody wants it. A `fixed` one stands first and cannot be removed.
    """

    key: str
    label: str | Promise
    cell: Callable[[Any], Cell]
    template: str = "syncconfig/columns/plain.html"
    usual: bool = True
    fixed: bool = False
    classes: str = ""


def arranged(every: Sequence[Column], keys: Iterable[str]) -> list[Column]:
    """The columns with these keys in their order, behind the fixed ones. Unknown keys are left out."""
    known = {column.key: column for column in every}
    wanted = [column.key for column in every if column.fixed] + [key for key in keys if key in known]
    return [known[key] for key in dict.fromkeys(wanted)]


def usual(every: Sequence[Column]) -> list[Column]:
    return [column for column in every if column.usual]


def columns_of(user: AbstractBaseUser, table: str, every: Sequence[Column]) -> list[Column]:
    """The columns of a table as somebody wants to see them."""
    choice = ColumnChoice.objects.filter(user=user, table=table).first()
    return arranged(every, choice.columns) if choice else usual(every)


def choose(user: AbstractBaseUser, table: str, columns: Iterable[Column]) -> None:
    """Remember somebody's columns of a table."""
    ColumnChoice.objects.update_or_create(user=user, table=table, defaults={"columns": [column.key for column in columns]})


def reset(user: AbstractBaseUser, table: str) -> None:
    """Go back to the columns that a table has by itself."""
    ColumnChoice.objects.filter(user=user, table=table).delete()
