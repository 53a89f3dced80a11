"""Webhooks: what a provider tells of its own accord. A hint says which record to look at, never what it says.

Each provider's `Webhooks` knows its signature and its payloads; keeping hints, and acting on them, is the portal's.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from connectors.vocabulary import Kind


class Change(StrEnum):
    """What a hint says became of a record. Only what is erased needs more than a look: a person asked to be forgotten."""

    CHANGED = "changed"
    GONE = "gone"
    MERGED = "merged"
    RESTORED = "restored"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request of a provider. `url` is the address it was configured to call, query included; header names are in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Hint:
    """Look at these records. `object` is the provider's own name of what they are; `at` is when it happened by the provider's clock.

    `key` names the event: the same one twice is one event.
    """

    account: str
    object: str
    ids: tuple[str, ...]
    change: Change
    at: datetime | None
    key: str


@dataclass(frozen=True, slots=True)
class Webhooks:
    """How one provider calls. By the name of an object: `records` are the kinds it is a record of, `parts` those whose records show something of it.

    `genuine(delivery, secret, now)`: whether the signature is right, and where it carries a time, whether that is near `now`, in seconds.
    `hints(body)` takes the parsed body and raises `Unexpected` when it has no documented shape. What concerns no kind is left out.
    """

    records: Mapping[str, tuple[Kind, ...]]
    parts: Mapping[str, tuple[Kind, ...]]
    genuine: Callable[[Delivery, str, float], bool]
    hints: Callable[[Any], list[Hint]]

    def concerns(self, object: str, kind: Kind) -> bool:
        """Whether records of a kind may look different after a change of an object."""
        return kind in self.records.get(object, ()) or kind in self.parts.get(object, ())

    def signed(self, delivery: Delivery, secrets: Sequence[str], now: float) -> bool:
        """Whether one of the secrets made the signature. Two are in use while one is exchanged for another."""
        return any(self.genuine(delivery, secret, now) for secret in secrets if secret)


def mac(secret: str, message: bytes) -> str:
    """HMAC-SHA256 in base64, which both providers sign with."""
    return b64encode(hmac.digest(secret.encode(), message, hashlib.sha256)).decode()


def same(one: str, other: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode("utf-8", "surrogateescape"))


def digest(*parts: object) -> str:
    """A name for an event that has none of its own, or one that is not unique."""
    return hashlib.sha256("\0".join(str(part) for part in parts).encode("utf-8", "surrogatepass")).hexdigest()
