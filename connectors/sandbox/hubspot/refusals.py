"""Errors in the words and shapes of HubSpot's answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.sandbox.server import Reply


class Refusal(Exception):
    """A call that is answered with an error and changes nothing."""

    def __init__(
        self, status: int, category: str, message: str, *, errors: Sequence[Mapping[str, Any]] = (), extra: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.category = category
        self.message = message
        self.errors = list(errors)
        self.extra = dict(extra or {})

    def body(self) -> dict[str, Any]:
        listed = {"errors": self.errors} if self.errors else {}
        return {"status": "error", "message": self.message, "category": self.category, **listed, **self.extra}

    def reply(self, correlation_id: str) -> Reply:
        return Reply(self.status, {**self.body(), "correlationId": correlation_id}, {"X-HubSpot-Correlation-Id": correlation_id})

    def member(self, context: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """The error as one of several in a batch answer with mixed results."""
        return {**self.body(), "context": {key: list(value) for key, value in context.items()}, "links": {}, "errors": self.errors}


def invalid(message: str, *, errors: Sequence[Mapping[str, Any]] = ()) -> Refusal:
    return Refusal(400, "VALIDATION_ERROR", message, errors=errors)


def missing(what: str = "resource not found") -> Refusal:
    return Refusal(404, "OBJECT_NOT_FOUND", what)


def invalid_values(problems: Sequence[tuple[str, str, str]]) -> Refusal:
    """Problems are (property, code, message); they are packed into the message as HubSpot does: words, then a JSON list."""
    listed = [
        {"isValid": False, "message": message, "error": code, "name": name, "localizedErrorMessage": message} for name, code, message in problems
    ]
    details = [{"message": message, "code": code, "context": {"propertyName": [name]}} for name, code, message in problems]
    return invalid("Property values were not valid: " + json.dumps(listed), errors=details)


def conflicting_value(portal: str, kind: str, name: str, value: str, own: str, holder: str) -> Refusal:
    """A unique value that another record holds, met by an update."""
    place = f"PropertyValueCoordinates{{portalId={portal}, objectTypeId=ObjectTypeId{{legacyObjectType={kind}}}, propertyName={name}, value={value}}}"
    message = f"Cannot set {place} on {own}. {holder} already has that value."
    return invalid(message, errors=[{"message": message, "code": "CONFLICTING_UNIQUE_VALUE", "context": {"propertyName": [name]}}])


def contact_exists(holder: str) -> Refusal:
    return Refusal(409, "CONFLICT", f"Contact already exists. Existing ID: {holder}")
