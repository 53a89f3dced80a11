from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from portal.logs import formatter, redact


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer CANARY",
        "authorization: basic CANARY==",
        "GET /connections/quickbooks/callback/?code=CANARY&state=CANARY&realmId=1",
        'answer {"access_token": "CANARY", "refresh_token":"CANARY", "expires_in": 3600}',
        "answer {'access_token': 'CANARY', 'scope': 'x'}",
        '{"event": "{\\"client_secret\\": \\"CANARY\\"}"}',
        "grant_type=refresh_token&refresh_token=CANARY&client_secret=CANARY",
        "Cookie: sessionid=CANARY; csrftoken=CANARY",
        "stored v1$gAAAAABCANARYCANARYCANARY",
    ],
)
def test_no_credential_gets_through(text: str) -> None:
    """S64."""
    assert "CANARY" not in redact(text)


def test_ordinary_words_stay() -> None:
    text = "status code=200 is not hidden from realm 9130350000000000001: 3 records, state pending"
    assert "realm 9130350000000000001: 3 records, state pending" in redact(text)


@pytest.mark.parametrize("style", ["json", "text"])
def test_a_record_is_one_line_without_secrets(style: str) -> None:
    """S64."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(style))
    log = logging.getLogger(f"canary.{style}")
    log.addHandler(handler)
    log.propagate = False
    try:
        raise ValueError("refused: refresh_token=CANARY")
    except ValueError:
        log.exception("name with\r\nlevel=critical a fake line", extra={"connection": 7, "header": "Bearer CANARY"})

    lines = stream.getvalue().splitlines()
    assert len(lines) == 1
    assert "CANARY" not in lines[0]
    assert "connection" in lines[0]
    if style == "json":
        assert json.loads(lines[0])["level"] == "error"


def test_what_goes_through_structlog_is_an_ordinary_record(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(logging.INFO)
    structlog.get_logger("canary.structlog").info("run ended", seconds=2)
    structlog.get_logger("canary.structlog").debug("too quiet")
    assert [(r.name, r.levelname, r.message, r.seconds) for r in caplog.records] == [("canary.structlog", "INFO", "run ended", 2)]
    assert capsys.readouterr().out == ""
