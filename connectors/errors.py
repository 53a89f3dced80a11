"""Errors of the outside world, named for what the caller must do."""

from __future__ import annotations

from connectors.vocabulary import Category


class ConnectorError(Exception):
    """What a provider, or the way to it, answered.

    `code` and `words` are the provider's own, `trace` is the id its support asks for. The message never holds a token or a value of a person.
    """

    category: Category = Category.UNKNOWN

    def __init__(
        self,
        message: str,
        *,
        provider: str = "",
        code: str = "",
        words: str = "",
        trace: str = "",
        category: Category | None = None,
        field: str = "",
    ) -> None:
        super().__init__(message)
        self.provider = provider
        self.code = code
        self.words = words
        self.trace = trace
        self.field = field
        if category is not None:
            self.category = category


class Unauthorized(ConnectorError):
    """The account no longer accepts us. Stop every call to it; a person has to reconnect."""

    category = Category.RECONNECT_NEEDED


class Forbidden(ConnectorError):
    """We are who we say, but may not do this: a scope, a role or a feature of the plan is missing. Stop this kind; tell a person."""

    category = Category.NO_PERMISSION


class Throttled(ConnectorError):
    """Too many requests. Nothing happened. Wait `retry_after` seconds, keep cursors. `daily`: until the account's midnight, whatever that is."""

    category = Category.RATE_LIMIT

    def __init__(self, message: str, *, retry_after: float = 60.0, daily: bool = False, **details: str) -> None:
        super().__init__(message, **details)  # type: ignore[arg-type]
        self.retry_after = retry_after
        self.daily = daily


class Unavailable(ConnectorError):
    """The provider does not answer. Nothing happened. Try later, keep cursors. It wants `pause` seconds without requests first."""

    category = Category.SERVICE_UNAVAILABLE

    def __init__(self, message: str, *, pause: float = 0.0, **details: str) -> None:
        super().__init__(message, **details)  # type: ignore[arg-type]
        self.pause = pause


class Rejected(ConnectorError):
    """This record was refused for a reason of its own. Nothing happened to it; the others go on."""


class Stale(ConnectorError):
    """The record changed since it was read. Nothing happened. Read it again, decide again."""

    category = Category.CHANGED_MEANWHILE


class NotFound(ConnectorError):
    """No such record. Only a second look proves that it is gone."""


class AlreadyExists(ConnectorError):
    """A create met a record with the same natural key; `existing_id` names it. Read it, match again."""

    category = Category.ALREADY_LINKED

    def __init__(self, message: str, *, existing_id: str, **details: str) -> None:
        super().__init__(message, **details)  # type: ignore[arg-type]
        self.existing_id = existing_id


class CursorExpired(ConnectorError):
    """The change feed does not reach back to this cursor. Observe everything instead."""


class Ambiguous(ConnectorError):
    """A write was sent and its answer was lost. It may or may not have happened: settle it before anything else."""

    category = Category.SERVICE_UNAVAILABLE


class Unexpected(ConnectorError):
    """An answer we do not understand: our mistake or the provider's. Stop; a developer looks."""
