"""The folder with the descriptions of both APIs. Nothing but these tests reads it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
VARIABLE = "REFERENCE_DIR"
USUAL = "../shared/reference"
HUBSPOT, QUICKBOOKS = "hubspot-openapi", "quickbooks-schemas"


def folder() -> Path:
    return (ROOT / os.environ.get(VARIABLE, USUAL)).resolve()


def missing() -> str:
    """Why nothing can be judged, in a sentence; "" where it can."""
    lacking = [name for name in (HUBSPOT, QUICKBOOKS) if not (folder() / name).is_dir()]
    return f"Conformance was not checked: {VARIABLE} (usually {USUAL}) holds no {' and no '.join(lacking)}." if lacking else ""


def read(*parts: str) -> Any:
    """One JSON file; some begin with a byte-order mark."""
    return json.loads(folder().joinpath(*parts).read_text("utf-8-sig"))
