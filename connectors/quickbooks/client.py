"""The calls to one company, as plain Python. Addresses and parameters: reference section 3; limits: section 4."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from connectors.http import Answer, ApiSession, Token, unexpected
from connectors.pacing import Ledger, Limit, MemoryLedger, Pace
from connectors.provider import Endpoints
from connectors.quickbooks.errors import PROVIDER_KEY, QuickBooksDialect
from connectors.quickbooks.query import Condition, select
from connectors.quickbooks.shapes import MINOR_VERSION, PAGE_SIZE

Row = dict[str, Any]
READ_SECONDS = 125
"""The service gives up after 120 seconds; an answer that is later than this is lost."""

_GENERAL = (Limit("minute", 500, 60), Limit("second", 10, 1))
LIMITS = {"": _GENERAL, "batch": (Limit("batches", 40, 60), *_GENERAL)}
"""By bucket: a batch counts against its own limit and the general ones."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What change data capture told: full rows, stubs of deleted ones among them, and the service's own time."""

    rows: tuple[Row, ...]
    time: datetime


class QuickBooksClient:
    """Speaks to one company. Every method may raise what `ApiSession.request` raises."""

    def __init__(self, endpoints: Endpoints, token: Token, realm: str, ledger: Ledger | None = None) -> None:
        self.realm = realm
        self.session = ApiSession(
            f"{endpoints.api}/v3/company/{quote(realm, safe='')}",
            token,
            QuickBooksDialect(),
            Pace(ledger or MemoryLedger(), PROVIDER_KEY),
            endpoints.limits(LIMITS),
            read_seconds=READ_SECONDS,
        )

    def company_info(self) -> Row:
        return self._member(self._get(f"/companyinfo/{quote(self.realm, safe='')}"), "CompanyInfo")

    def preferences(self) -> Row:
        return self._member(self._get("/preferences"), "Preferences")

    def read(self, entity: str, path: str, record_id: str) -> Row:
        """One row by Id, active or not. Raises NotFound."""
        return self._member(self._get(f"/{path}/{quote(record_id, safe='')}"), entity)

    def query(self, entity: str, statement: str) -> tuple[list[Row], datetime]:
        """The rows of one page and the service's time."""
        answer = self.session.request(
            "POST", "/query", params=self._params(), text=statement, headers={"Content-Type": "application/text"}, idempotent=True, metered=True
        )
        return rows_of(self._member(answer, "QueryResponse"), entity), time_of(answer)

    def query_all(self, entity: str, conditions: Sequence[Condition]) -> Iterator[Row]:
        """Every row that meets the conditions, page by page."""
        start = 1
        while True:
            rows, _ = self.query(entity, select(entity, conditions, order=("Id",), start=start))
            yield from rows
            if len(rows) < PAGE_SIZE:
                return
            start += len(rows)

    def changed_since(self, entity: str, since: datetime) -> Changes:
        """Change data capture: rows changed since a moment, at most 1,000, at most 30 days back."""
        answer = self._get("/cdc", {"entities": entity, "changedSince": since.isoformat(timespec="seconds")})
        blocks = answer.body.get("CDCResponse") if isinstance(answer.body, dict) else None
        if not isinstance(blocks, list):
            raise unexpected(PROVIDER_KEY, "CDCResponse")
        rows = [row for block in blocks for part in block.get("QueryResponse", ()) for row in part.get(entity, ())]
        return Changes(tuple(rows), time_of(answer))

    def batch(self, members: Sequence[Row], requestid: str = "") -> tuple[dict[str, Row], str]:
        """The answers by bId, and the trace id. Members that only read need no `requestid` and are repeated when an answer is lost.

        Raises Ambiguous when a writing batch was sent and nobody knows what became of it.
        """
        params = self._params({"requestid": requestid} if requestid else {})
        answer = self.session.request(
            "POST", "/batch", params=params, body={"BatchItemRequest": list(members)}, bucket="batch", idempotent=not requestid, metered=not requestid
        )
        items = answer.body.get("BatchItemResponse") if isinstance(answer.body, dict) else None
        found: dict[str, Row] = {}
        for item in items if isinstance(items, list) else []:
            if isinstance(item, dict) and "bId" in item:
                found.setdefault(str(item["bId"]), item)
        return found, answer.headers.get("intuit_tid", "")

    def void(self, entity: str, path: str, record_id: str, version: str, requestid: str) -> Row:
        """Void a document by its own request, because in a batch voids are not done (reference 3.8). Gives what is left of it.

        Raises Stale where the version is not the current one, Ambiguous where nobody knows what became of it.
        """
        params = self._params({"operation": "void", "requestid": requestid})
        return self._member(self.session.request("POST", f"/{path}", params=params, body={"Id": record_id, "SyncToken": version}), entity)

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        return self.session.request("GET", path, params=self._params(params or {}), metered=True)

    def _params(self, params: Mapping[str, str] | None = None) -> dict[str, str]:
        return {"minorversion": MINOR_VERSION, **(params or {})}

    def _member(self, answer: Answer, name: str) -> Row:
        value = answer.body.get(name) if isinstance(answer.body, dict) else None
        if not isinstance(value, dict):
            raise unexpected(PROVIDER_KEY, name)
        return value


def rows_of(query_response: Any, entity: str) -> list[Row]:
    """The rows of a "QueryResponse"; an empty one has no member."""
    return list(query_response.get(entity, ())) if isinstance(query_response, dict) else []


def time_of(answer: Answer) -> datetime:
    """The service's clock when it answered, in UTC."""
    try:
        return datetime.fromisoformat(answer.body["time"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        raise unexpected(PROVIDER_KEY, "time") from None
