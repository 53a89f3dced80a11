"""Encryption of credentials at rest: Fernet with the keys of TOKEN_KEYS, newest first.

A stored text is `v1$` and a Fernet token of {"context": ..., "text": ...}. The context says what the text belongs to, and is compared on
reading: a value copied to another row does not open there. Without the right key, reading raises; it never gives back what is stored.
"""

from __future__ import annotations

import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

PREFIX = "v1$"


class CannotDecrypt(Exception):
    """The stored text is not ours, was changed, belongs to another row, or its key is not among TOKEN_KEYS."""


def encrypt(text: str, context: str) -> str:
    """The text as it may be stored."""
    payload = json.dumps({"context": context, "text": text}, separators=(",", ":"))
    return PREFIX + _keys().encrypt(payload.encode()).decode()


def decrypt(stored: str, context: str) -> str:
    """The text that was encrypted for this context. Raises `CannotDecrypt`."""
    if not stored.startswith(PREFIX):
        raise CannotDecrypt("not an encrypted value")
    try:
        payload = json.loads(_keys().decrypt(stored[len(PREFIX) :].encode()))
    except InvalidToken:
        raise CannotDecrypt("no key of TOKEN_KEYS opens this value") from None
    if payload["context"] != context:
        raise CannotDecrypt("the value belongs to something else")
    return str(payload["text"])


def rotate(stored: str) -> str:
    """The same value under the newest key. Raises `CannotDecrypt`."""
    try:
        return PREFIX + _keys().rotate(stored.removeprefix(PREFIX).encode()).decode()
    except InvalidToken:
        raise CannotDecrypt("no key of TOKEN_KEYS opens this value") from None


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.TOKEN_KEYS])
