"""HubSpot's calls, one method each: paths, limits and the shape of bodies. What a call means for a record is decided above."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from connectors.errors import NotFound
from connectors.http import Answer, ApiSession, Token, unexpected
from connectors.hubspot.errors import PROVIDER, HubSpotDialect
from connectors.hubspot.facts import API_VERSION, ASSOCIATION_TYPES, ObjectType
from connectors.pacing import Ledger, Limit, MemoryLedger, Pace
from connectors.provider import Endpoints

PAGE = 100
BATCH = 100
BATCH_WITH_HISTORY = 50
SEARCH_PAGE = 200
ASSOCIATIONS, NEW_ASSOCIATIONS = 1000, 2000

LIMITS = {
    "": (Limit("requests", 100, 10),),
    "associations": (Limit("associations", 100, 10),),
    "search": (Limit("search", 5, 1),),
}
"""The lowest documented ones, by bucket; what answers tell counts instead (section 4)."""

Raw = dict[str, Any]
"""A record as HubSpot answers it."""


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a list or a search. `at` is the server's clock in milliseconds, `after` the place of the next page or ""."""

    results: list[Raw]
    after: str
    total: int
    at: int


class HubSpotClient:
    """Speaks to one account. Safe for several threads."""

    def __init__(self, endpoints: Endpoints, token: Token, ledger: Ledger | None = None) -> None:
        self.session = ApiSession(endpoints.api, token, HubSpotDialect(), Pace(ledger or MemoryLedger(), PROVIDER), endpoints.limits(LIMITS))

    def details(self) -> Raw:
        return self._object(self._call("GET", f"/account-info/{API_VERSION}/details"))

    def properties(self, path: str) -> list[Raw]:
        return self._results(self._call("GET", f"/crm/properties/{API_VERSION}/{path}"))

    def create_property(self, path: str, definition: Mapping[str, object]) -> None:
        self._call("POST", f"/crm/properties/{API_VERSION}/{path}", body=definition)

    def create_group(self, path: str, name: str, label: str) -> None:
        self._call("POST", f"/crm/properties/{API_VERSION}/{path}/groups", body={"name": name, "label": label})

    def list_page(self, path: str, properties: Sequence[str], associations: Sequence[str], after: str, limit: int = PAGE) -> Found:
        """One page of every live record, by id."""
        params = {"limit": str(limit), "properties": ",".join(properties)}
        if associations:
            params["associations"] = ",".join(associations)
        if after:
            params["after"] = after
        return self._found(self._call("GET", f"/crm/objects/{API_VERSION}/{path}", params=params))

    def search(self, kind: ObjectType, since: int, properties: Sequence[str], *, above_id: str = "", newest_first: bool = False) -> Found:
        """One page of what was modified at or after a moment: the newest of all, or the lowest ids above one."""
        filters = [{"propertyName": kind.modified, "operator": "GTE", "value": str(since)}]
        if above_id:
            filters.append({"propertyName": "hs_object_id", "operator": "GT", "value": above_id})
        name, direction = (kind.modified, "DESCENDING") if newest_first else ("hs_object_id", "ASCENDING")
        sorts = [{"propertyName": name, "direction": direction}]
        body = {"filterGroups": [{"filters": filters}], "sorts": sorts, "properties": list(properties), "limit": SEARCH_PAGE}
        answer = self._call("POST", f"/crm/objects/{API_VERSION}/{kind.path}/search", body=body, bucket="search", idempotent=True)
        return self._found(answer)

    def get(self, path: str, record_id: str, properties: Sequence[str]) -> Raw | None:
        """One live record, by its id or by that of a record merged into it; None when there is none."""
        address = f"/crm/objects/{API_VERSION}/{path}/{quote(record_id, safe='')}"
        try:
            return self._object(self._call("GET", address, params={"properties": ",".join(properties)}))
        except NotFound:
            return None

    def batch_read(
        self, path: str, ids: Sequence[str], properties: Sequence[str], *, id_property: str = "", history: Sequence[str] = ()
    ) -> list[Raw]:
        """The live records among at most 100 ids or unique values (50 with history), in any order."""
        inputs = [{"id": value} for value in ids]
        body: dict[str, Any] = {"inputs": inputs, "properties": list(properties), "propertiesWithHistory": list(history)}
        if id_property:
            body["idProperty"] = id_property
        return self._results(self._call("POST", f"/crm/objects/{API_VERSION}/{path}/batch/read", body=body, idempotent=True))

    def batch_write(self, path: str, verb: str, inputs: Sequence[Raw]) -> Raw:
        """Send one batch of creates, updates or upserts; `verb` is the last part of its path. The answer as it is."""
        return self._object(self._call("POST", f"/crm/objects/{API_VERSION}/{path}/batch/{verb}", body={"inputs": list(inputs)}))

    def batch_archive(self, path: str, ids: Sequence[str]) -> None:
        """Archive at most 100 records; those that are archived or unknown count as done."""
        inputs = [{"id": record_id} for record_id in ids]
        self._call("POST", f"/crm/objects/{API_VERSION}/{path}/batch/archive", body={"inputs": inputs}, idempotent=True)

    def associate(self, type: ObjectType, to: ObjectType, pairs: Iterable[tuple[str, str]]) -> None:
        """Associate at most 2,000 records of one type with records of another; those that are so already stay so."""
        types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": ASSOCIATION_TYPES[(type, to)]}]
        inputs = [{"from": {"id": one}, "to": {"id": other}, "types": types} for one, other in pairs]
        address = f"/crm/associations/{API_VERSION}/{type.path}/{to.path}/batch/create"
        self._call("POST", address, body={"inputs": inputs}, bucket="associations", idempotent=True)

    def exists(self, path: str, filters: Sequence[Mapping[str, str]]) -> bool:
        """Whether the search index shows a record that passes all filters."""
        body = {"filterGroups": [{"filters": list(filters)}], "properties": ["hs_object_id"], "limit": 1}
        answer = self._call("POST", f"/crm/objects/{API_VERSION}/{path}/search", body=body, bucket="search", idempotent=True)
        return bool(self._results(answer))

    def associations(self, path: str, to: str, ids: Iterable[str]) -> dict[str, list[str]]:
        """The ids of `to` that each record is associated with, all pages; records without any are left out."""
        found: dict[str, list[str]] = {}
        waiting: list[Raw] = [{"id": record_id} for record_id in ids]
        while waiting:
            now, waiting = waiting[:ASSOCIATIONS], waiting[ASSOCIATIONS:]
            address = f"/crm/associations/{API_VERSION}/{path}/{to}/batch/read"
            for row in self._results(self._call("POST", address, body={"inputs": now}, bucket="associations", idempotent=True)):
                record_id = str(row["from"]["id"])
                found.setdefault(record_id, []).extend(str(link["toObjectId"]) for link in row["to"])
                after = ((row.get("paging") or {}).get("next") or {}).get("after")
                if after:
                    waiting.append({"id": record_id, "after": str(after)})
        return {record_id: list(dict.fromkeys(links)) for record_id, links in found.items()}

    def _call(self, method: str, path: str, **rest: Any) -> Answer:
        return self.session.request(method, path, **rest)

    def _object(self, answer: Answer) -> Raw:
        if not isinstance(answer.body, dict):
            raise unexpected(PROVIDER, "no object")
        return answer.body

    def _results(self, answer: Answer) -> list[Raw]:
        results = self._object(answer).get("results")
        if not isinstance(results, list):
            raise unexpected(PROVIDER, "no results")
        return results

    def _found(self, answer: Answer) -> Found:
        results, body = self._results(answer), self._object(answer)
        following = ((body.get("paging") or {}).get("next") or {}).get("after")
        return Found(results, str(following or ""), int(body.get("total") or 0), server_clock(answer))


def server_clock(answer: Answer) -> int:
    """The server's own time of an answer in milliseconds, whole seconds."""
    try:
        return int(parsedate_to_datetime(answer.headers["Date"]).timestamp()) * 1000
    except (KeyError, ValueError, TypeError):
        raise unexpected(PROVIDER, "no date") from None
