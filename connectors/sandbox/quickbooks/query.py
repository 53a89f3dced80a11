"""The query language: text to `Statement`. Grammar and refusals: reference section 3.2.

SELECT *[, p] | count(*) FROM Entity [WHERE p op v [AND ...]] [ORDERBY p [ASC|DESC][, ...]] [STARTPOSITION n] [MAXRESULTS n]
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors.sandbox.quickbooks.entities import BY_PATH, ENTITIES, filterable, sortable
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.shapes import Entity

MOST_RESULTS = 1000
DEFAULT_RESULTS = 100
Literal = str | bool | float
TOKEN = re.compile(r"\s*(?:(?P<word>[A-Za-z_][\w.]*)|(?P<number>-?\d+(?:\.\d+)?)|'(?P<text>(?:[^'\\]|\\.)*)'|(?P<sign><=|>=|[=<>(),*]))", re.DOTALL)
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
OPERATORS = ("=", "<", ">", "<=", ">=")


@dataclass(frozen=True, slots=True)
class Condition:
    """`operator` is one of = < > <= >= IN LIKE; `values` has one member unless it is IN."""

    name: str
    operator: str
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """`order` holds (property, descending) pairs; `start` counts from 1."""

    entity: Entity
    count: bool
    conditions: tuple[Condition, ...]
    order: tuple[tuple[str, bool], ...]
    start: int
    limit: int


@dataclass(frozen=True, slots=True)
class Token:
    sort: str
    text: str


def parse(text: str, refused: str, *, ignores_case: bool = False) -> Statement:
    """Understand a statement. `refused` are the characters the lexer does not take; an entity is known in any case where the case is ignored.

    Raises Fault 4000 or 4001.
    """
    return _Parser(_tokens(text, refused), ignores_case=ignores_case).statement()


def _tokens(text: str, refused: str) -> list[Token]:
    for position, character in enumerate(text):
        if character in refused:
            raise _lexical(position)
    tokens, position = [], 0
    end = len(text.rstrip())
    while position < end:
        match = TOKEN.match(text, position)
        if not match:
            raise _lexical(position)
        sort = match.lastgroup or ""
        value = match.group(sort)
        tokens.append(Token(sort, ESCAPE.sub(r"\1", value) if sort == "text" else value))
        position = match.end()
    return tokens


def _lexical(position: int) -> Fault:
    return Fault("4000", f"QueryParserError: Lexical error at line 1, column {position + 1}")


class _Parser:
    def __init__(self, tokens: list[Token], *, ignores_case: bool) -> None:
        self._tokens = tokens
        self._ignores_case = ignores_case
        self._at = 0

    def statement(self) -> Statement:
        self._keyword("SELECT")
        count = self._selection()
        self._keyword("FROM")
        entity = self._entity()
        conditions = self._conditions(entity) if self._skip("WHERE") else ()
        order = self._order(entity) if self._skip("ORDERBY") or self._skip("ORDER", "BY") else ()
        start = self._bounded(1) if self._skip("STARTPOSITION") else 1
        limit = self._bounded(0) if self._skip("MAXRESULTS") else DEFAULT_RESULTS
        if self._at < len(self._tokens):
            raise self._unexpected()
        return Statement(entity, count, conditions, order, start, min(limit, MOST_RESULTS))

    def _selection(self) -> bool:
        if self._skip("COUNT"):
            for sign in "(*)":
                self._sign(sign)
            return True
        self._sign("*")
        # python-quickbooks names the Sku besides everything; it is there already.
        while self._peek() == Token("sign", ","):
            self._take()
            self._word()
        return False

    def _entity(self) -> Entity:
        name = self._word()
        entity = BY_PATH.get(name.lower()) if self._ignores_case else ENTITIES.get(name)
        if entity is None:
            raise Fault("4001", f"QueryValidationError: invalid context declaration: {name}")
        return entity

    def _conditions(self, entity: Entity) -> tuple[Condition, ...]:
        found = [self._condition(entity)]
        while self._skip("AND"):
            found.append(self._condition(entity))
        return tuple(found)

    def _condition(self, entity: Entity) -> Condition:
        name = self._word()
        if not filterable(entity, name):
            raise Fault("4001", f"QueryValidationError: property '{name}' is not queryable")
        if self._skip("IN"):
            return Condition(name, "IN", self._list())
        if self._skip("LIKE"):
            return Condition(name, "LIKE", (str(self._literal()),))
        token = self._take()
        if token.sort != "sign" or token.text not in OPERATORS:
            raise self._unexpected(back=1)
        return Condition(name, token.text, (self._literal(),))

    def _list(self) -> tuple[Literal, ...]:
        self._sign("(")
        values = [self._literal()]
        while self._peek() == Token("sign", ","):
            self._take()
            values.append(self._literal())
        self._sign(")")
        return tuple(values)

    def _order(self, entity: Entity) -> tuple[tuple[str, bool], ...]:
        found = [self._ordering(entity)]
        while self._peek() == Token("sign", ","):
            self._take()
            found.append(self._ordering(entity))
        return tuple(found)

    def _ordering(self, entity: Entity) -> tuple[str, bool]:
        name = self._word()
        if not sortable(entity, name):
            raise Fault("4001", f"QueryValidationError: property '{name}' is not sortable")
        if self._skip("DESC"):
            return name, True
        self._skip("ASC")
        return name, False

    def _bounded(self, least: int) -> int:
        token = self._take()
        if token.sort != "number" or not token.text.isdecimal():
            raise self._unexpected(back=1)
        if int(token.text) < least:
            raise Fault("4001", f"QueryValidationError: value {token.text} is too small. Min allowed value is {least}")
        return int(token.text)

    def _literal(self) -> Literal:
        token = self._take()
        if token.sort == "text":
            return token.text
        if token.sort == "number":
            return float(token.text)
        if token.sort == "word" and token.text.lower() in ("true", "false"):
            return token.text.lower() == "true"
        raise self._unexpected(back=1)

    def _word(self) -> str:
        token = self._take()
        if token.sort != "word":
            raise self._unexpected(back=1)
        return token.text

    def _keyword(self, word: str) -> None:
        if not self._skip(word):
            raise self._unexpected()

    def _skip(self, *words: str) -> bool:
        """Step over these words if they come next."""
        ahead = self._tokens[self._at : self._at + len(words)]
        if len(ahead) == len(words) and all(t.sort == "word" and t.text.upper() == w for t, w in zip(ahead, words, strict=True)):
            self._at += len(words)
            return True
        return False

    def _sign(self, sign: str) -> None:
        if self._peek() != Token("sign", sign):
            raise self._unexpected()
        self._at += 1

    def _peek(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self) -> Token:
        token = self._peek()
        if token is None:
            raise self._unexpected()
        self._at += 1
        return token

    def _unexpected(self, back: int = 0) -> Fault:
        position = self._at - back
        found = self._tokens[position].text if position < len(self._tokens) else "<EOF>"
        return Fault("4000", f'QueryParserError: Encountered "{found}" at token {position + 1}')
