from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet

from syncconfig.encryption import CannotDecrypt, decrypt, encrypt, rotate


def test_what_was_encrypted_opens_in_its_own_place_only() -> None:
    """S60."""
    stored = encrypt("secret", "connection quickbooks 1")

    assert stored.startswith("v1$")
    assert "secret" not in stored
    assert decrypt(stored, "connection quickbooks 1") == "secret"
    with pytest.raises(CannotDecrypt, match="belongs to something else"):
        decrypt(stored, "connection quickbooks 2")


def test_a_wrong_key_raises_and_gives_nothing_back(settings: Any) -> None:
    """S60: fails closed."""
    stored = encrypt("secret", "place")
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(CannotDecrypt):
        decrypt(stored, "place")
    with pytest.raises(CannotDecrypt):
        rotate(stored)


@pytest.mark.parametrize("stored", ["", "secret", "v1$", "v1$secret", "v2$x"])
def test_plain_text_is_refused(stored: str) -> None:
    """S60: fails closed."""
    with pytest.raises(CannotDecrypt):
        decrypt(stored, "place")


def test_a_changed_character_is_noticed() -> None:
    """S60: fails closed."""
    stored = encrypt("secret", "place")
    changed = stored[:30] + ("A" if stored[30] != "A" else "B") + stored[31:]

    with pytest.raises(CannotDecrypt):
        decrypt(changed, "place")


def test_rotation_moves_a_value_to_the_newest_key(settings: Any) -> None:
    """S61."""
    old, new = settings.TOKEN_KEYS[0], Fernet.generate_key().decode()
    stored = encrypt("secret", "place")
    settings.TOKEN_KEYS = [new, old]
    moved = rotate(stored)
    settings.TOKEN_KEYS = [new]

    assert decrypt(moved, "place") == "secret"
    with pytest.raises(CannotDecrypt):
        decrypt(stored, "place")
