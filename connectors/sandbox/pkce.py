"""The proof that whoever exchanges a code is who asked for it: RFC 7636, by which a consent carries a challenge and the exchange its verifier."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode


def proves(verifier: str, challenge: str) -> bool:
    """Whether a verifier belongs to a challenge, which is its SHA-256, or by the method "plain" the verifier itself."""
    hashed = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return secrets.compare_digest(hashed.encode(), challenge.encode()) or secrets.compare_digest(verifier.encode(), challenge.encode())
