"""Log lines: one line per record, control characters escaped, and no token whatever somebody tries to log."""

from __future__ import annotations

import logging
import re
from typing import Any

import structlog

HIDDEN = "[hidden]"
_NAMES = (
    r"access_token|refresh_token|id_token|client_secret|code_verifier|code|state|token|password|secret|authorization|"
    r"intuit-signature|x-hubspot-signature-v3|sessionid|csrftoken|csrfmiddlewaretoken|__Host-session|__Host-csrf"
)
_SECRETS = (
    # Authorization: Bearer abc / Basic abc
    (re.compile(r"\b(Bearer|Basic)(\s+|%20)[^\s\"',;\\]+", re.IGNORECASE), r"\1 " + HIDDEN),
    # code=abc in an address or form, and sessionid=abc in a cookie
    (re.compile(rf"(?<![\w-])({_NAMES})=(?!\s)[^\s&;\"'\\]+", re.IGNORECASE), rf"\1={HIDDEN}"),
    # "access_token": "abc", also as Python prints it and inside a string that is quoted once more
    (re.compile(rf"(\\?[\"'])({_NAMES})\1\s*:\s*(\\?[\"']).*?\3", re.IGNORECASE), rf"\1\2\1: \3{HIDDEN}\3"),
    # credentials as they are stored
    (re.compile(r"v1\$[\w=-]{20,}"), HIDDEN),
    (re.compile(r"gAAAAA[\w=-]{20,}"), HIDDEN),
)


def redact(text: str) -> str:
    """The text with everything that looks like a credential replaced."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


class RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """Renders a record, then hides credentials: after rendering nothing can slip past, an exception's text included."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def _drop_request(_logger: Any, _name: str, event: Any) -> Any:
    """Django's records carry the request, whose query may hold what a person searched for."""
    event.pop("request", None)
    return event


def formatter(style: str) -> RedactingFormatter:
    """The formatter of every handler. `style` is "json" or "text" (key=value)."""
    render: Any = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "logger", "event"])
    )
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _drop_request,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    return RedactingFormatter(foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render])


def join_structlog() -> None:
    """Let what is logged through structlog go the way of every other record: by level, redacted, and never to standard output."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.contextvars.merge_contextvars, structlog.stdlib.render_to_log_kwargs],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
