"""A JSON Schema that says where a body differs from it."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from functools import cached_property
from typing import Any

from jsonschema_rs import Draft202012Validator, ValidationError

Schema = dict[str, Any]

LONGEST = 160
"""Characters of a fault's words: they may hold a whole record."""

MOST = 5
"""Faults told of one body."""


class Shape:
    """`schema` may refer to `definitions` as "#/definitions/Name". It is compiled when it is first needed."""

    def __init__(self, schema: Schema, definitions: Schema | None = None) -> None:
        self.schema = schema
        self.definitions = definitions or {}

    @cached_property
    def _validator(self) -> Draft202012Validator:
        return Draft202012Validator({**self.schema, "definitions": self.definitions}, validate_formats=True)

    def faults(self, body: Any) -> list[str]:
        """What is wrong: the path in the body, and what was expected there. Numbers may be `Decimal`."""
        try:
            if self._validator.is_valid(body):
                return []
        except ValueError:  # a lone surrogate, or a key that is no text: look at what travels
            body = plain(body)
        return [_told(error) for error, _ in zip(self._validator.iter_errors(body), range(MOST), strict=False)]


def plain(body: Any) -> Any:
    """A body as the other side reads it, with a question mark for half a surrogate pair."""
    text = json.dumps(body, default=_number)
    return json.loads(re.sub(r"\\ud[89a-f]..", "?", text))


def said(body: Any) -> Any:
    """The body of a `Reply` as JSON: some are written out already."""
    if not isinstance(body, bytes):
        return body
    try:
        return json.loads(body)
    except ValueError:
        return None


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)


def _told(error: ValidationError) -> str:
    branches = getattr(error.kind, "context", None)
    if branches and (nearest := min(branches, key=len)):
        return _told(nearest[0])
    words = error.message if len(error.message) <= LONGEST else f"{error.message[: LONGEST // 2]} ... {error.message[-LONGEST // 2 :]}"
    return f"{at(error.instance_path)}: {words}"


def at(path: list[str | int]) -> str:
    """A JSON path, as "results[3].properties.email"."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".") or "the body"
