"""The secrets of a fresh install: made once, kept in a file only its owner can read, never in the repository."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet


def ensure_local_secrets(path: Path) -> Path:
    """Create the file with a SECRET_KEY and one TOKEN_KEYS entry unless it exists; give its path.

    Two processes that start together agree on one file: the second finds the first one's.
    """
    if path.exists():
        return path
    content = f"SECRET_KEY={secrets.token_urlsafe(48)}\nTOKEN_KEYS={Fernet.generate_key().decode()}\n"
    handle, name = tempfile.mkstemp(prefix=".secrets-", dir=path.parent)  # mkstemp gives mode 600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(content)
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(name)
    return path
