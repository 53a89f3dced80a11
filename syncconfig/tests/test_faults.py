"""Requests that go wrong, of every kind and at both providers: when the fault is over, two runs bring both accounts to where they belong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from connectors.sandbox.quickbooks import RequestIds
from connectors.sandbox.server import Closed, Reply, Request
from syncconfig.engine.filters import Condition
from syncconfig.engine.state import State
from syncconfig.models import ObjectSync, SyncRecord, SyncRun, WriteIntent
from syncconfig.tests.town import Town, running

pytestmark = pytest.mark.django_db(transaction=True)

LEFT_ONLY, RIGHT_ONLY, BOTH = ("Lars", "Lena", "Luis"), ("Rosa", "Ruth", "Remy"), ("Bert", "Bela")
EDITED_LEFT, EDITED_RIGHT = BOTH
ANYONE = ((Condition("email", "known"),), (Condition("invoice.status", "known"),))
"""A filter that lets everybody through and needs invoices to be read."""


@dataclass(frozen=True)
class Where:
    """A kind of request: whose, and how to know it."""

    provider: str
    is_it: Callable[[Request], bool]


def batch(operation: str) -> Callable[[Request], bool]:
    return lambda r: f'"operation":"{operation}"'.encode() in r.body


def path(end: str) -> Callable[[Request], bool]:
    return lambda r: r.path.endswith(end)


WRITES = {
    "hubspot upsert": Where("hubspot", path("/batch/upsert")),
    "hubspot update": Where("hubspot", path("/batch/update")),
    "quickbooks create": Where("quickbooks", batch("create")),
    "quickbooks update": Where("quickbooks", batch("update")),
}
READS = {
    "hubspot list": Where("hubspot", lambda r: r.method == "GET" and path("/contacts")(r)),
    "hubspot search": Where("hubspot", path("/search")),
    "hubspot batch read": Where("hubspot", path("contacts/batch/read")),
    "hubspot associations": Where("hubspot", lambda r: "/associations/" in r.path),
    "quickbooks query": Where("quickbooks", path("/query")),
    "quickbooks changes": Where("quickbooks", path("/cdc")),
    "quickbooks look-up": Where("quickbooks", lambda r: b'"Query"' in r.body),
}

Fault = Callable[[str, Reply | None], Reply | None]
"""fault(moment, reply), like `sandbox.server.Hook`."""


def lost(at: str) -> Fault:
    def fault(moment: str, reply: Reply | None) -> Reply | None:
        if moment == at:
            raise Closed
        return None

    return fault


def instead(at: str, other: Callable[[Reply | None], Reply]) -> Fault:
    return lambda moment, reply: other(reply) if moment == at else None


def cut(reply: Reply | None) -> Reply:
    assert reply
    whole = reply.encoded()[0]
    return Reply(reply.status, whole[: len(whole) // 2], content_type="application/json")


def members(change: Callable[[list[Any]], list[Any]]) -> Callable[[Reply | None], Reply]:
    """The same answer with other members."""

    def changed(reply: Reply | None) -> Reply:
        assert reply
        name = "results" if "results" in reply.body else "BatchItemResponse"
        return Reply(reply.status, {**reply.body, name: change(list(reply.body.get(name, ())))}, reply.headers)

    return changed


def page(_reply: Reply | None) -> Reply:
    return Reply(200, "<html><body>We will be back soon.</body></html>")


def broken(_reply: Reply | None) -> Reply:
    return Reply(503, "upstream connect error", content_type="text/plain")


def throttled(_reply: Reply | None) -> Reply:
    return Reply(429, {"status": "error", "message": "too many"}, {"Retry-After": "0"})


def refused(_reply: Reply | None) -> Reply:
    return Reply(401, {"status": "error", "category": "EXPIRED_AUTHENTICATION", "message": "expired"})


FAULTS: dict[str, Fault] = {
    "lost before": lost("before"),
    "lost after": lost("after"),
    "503 before": instead("before", broken),
    "503 after": instead("after", broken),
    "cut answer": instead("after", cut),
    "a page before": instead("before", page),
    "a page after": instead("after", page),
    "empty answer": instead("after", lambda reply: Reply(200, b"")),
    "429": instead("before", throttled),
    "401": instead("before", refused),
}
MEMBER_FAULTS: dict[str, Fault] = {
    "a member missing": instead("after", members(lambda found: found[1:])),
    "all members missing": instead("after", members(lambda found: [])),
    "a member twice": instead("after", members(lambda found: [*found, *found[:1]])),
    "members turned round": instead("after", members(lambda found: found[::-1])),
}
COMMITTED = ("lost after", "503 after", "cut answer", "a page after", "a member missing")
"""Faults after which the write stands and nobody was told."""


@pytest.fixture
def town(settings: Any, admin: Any) -> Iterator[Town]:
    with running(settings, admin) as town:
        yield town


@pytest.fixture
def sync(town: Town) -> ObjectSync:
    """Two linked pairs, each with a change on one side; three people on the left and three on the right who stand nowhere else yet."""
    for name in BOTH:
        contact(town, name)
    sync = town.set_up(to_books=ANYONE)
    town.settled(sync)
    cards = {c["firstname"]: key for key, c in town.contacts().items()}
    town.edit_contact(cards[EDITED_LEFT], phone="new")
    town.edit_customer(town.customer_of(f"{EDITED_RIGHT}@example.com".lower())["Id"], PrimaryPhone="new")
    for name in LEFT_ONLY:
        contact(town, name)
    for name in RIGHT_ONLY:
        town.customer(
            DisplayName=f"{name} Test", GivenName=name, FamilyName="Test", PrimaryEmailAddr=f"{name}@example.com".lower(), PrimaryPhone="old"
        )
    return sync


def contact(town: Town, name: str) -> None:
    town.contact(email=f"{name}@example.com".lower(), firstname=name, lastname="Test", phone="old")


def where_they_belong() -> dict[str, list[tuple[str, ...]]]:
    """Everybody once on both sides, with the newest values, as `Town.portrait` tells it."""
    phones = {name: "new" if name in BOTH else "old" for name in (*BOTH, *LEFT_ONLY, *RIGHT_ONLY)}
    return {
        "hubspot": sorted((f"{n}@example.com".lower(), n, "Test", p, "", f"{n} Test") for n, p in phones.items()),
        "quickbooks": sorted((f"{n} Test", n, "Test", f"{n}@example.com".lower(), p, "") for n, p in phones.items()),
    }


def strike(town: Town, where: Where, fault: Fault, times: int) -> list[int]:
    """Let a fault happen to the next requests of a kind. Gives a list that holds how often it can still happen."""
    left, struck = [times], [False]

    def act(moment: str, request: Request, reply: Reply | None) -> Reply | None:
        if not where.is_it(request) or (moment == "before" and not left[0]):
            return None
        if moment == "before":
            left[0] -= 1
            struck[0] = True
        elif not struck[0]:
            return None
        answer = fault(moment, reply)
        if moment == "after" or answer:
            struck[0] = False
        return answer

    town.on_request(where.provider, act)
    return left


def converges(town: Town, sync: ObjectSync) -> None:
    """After the fault: two runs at most, a few minutes later, then silence, and everything where it belongs."""
    town.undisturbed()
    town.clock.advance(minutes=2)
    town.run(sync)
    town.settled(sync)
    assert town.portrait() == where_they_belong()
    assert not WriteIntent.objects.exists()
    assert set(SyncRecord.objects.values_list("state", flat=True)) == {State.IN_SYNC}


@pytest.mark.parametrize("times", [1, 1000], ids=["once", "all the time"])
@pytest.mark.parametrize("fault", [*FAULTS, *MEMBER_FAULTS])
@pytest.mark.parametrize("where", WRITES)
def test_a_write_that_goes_wrong_is_made_good(town: Town, sync: ObjectSync, where: str, fault: str, times: int) -> None:
    if fault == "401" and times > 1:
        times = 1  # an account that refuses every token is scenario T26
    left = strike(town, WRITES[where], {**FAULTS, **MEMBER_FAULTS}[fault], times)
    town.run(sync)
    assert left[0] < times
    converges(town, sync)


@pytest.mark.parametrize("requestids", [RequestIds.FORGET, RequestIds.IGNORE])
@pytest.mark.parametrize("fault", COMMITTED)
@pytest.mark.parametrize("where", [key for key in WRITES if key.startswith("quickbooks")])
def test_no_faith_in_request_ids_is_needed(town: Town, sync: ObjectSync, where: str, fault: str, requestids: RequestIds) -> None:
    town.sandboxes.quickbooks.switches.requestids = requestids
    left = strike(town, WRITES[where], {**FAULTS, **MEMBER_FAULTS}[fault], 1)
    town.run(sync)
    assert left == [0]
    converges(town, sync)


@pytest.mark.parametrize("fault", ["lost before", "503 before", "cut answer", "a page after", "429", "401"])
@pytest.mark.parametrize("where", READS)
def test_a_read_that_goes_wrong_once_is_repeated_in_the_same_run(town: Town, sync: ObjectSync, where: str, fault: str) -> None:
    left = strike(town, READS[where], FAULTS[fault], 1)
    done = town.run(sync, full=where in ("hubspot list", "quickbooks query"))
    assert left == [0]
    assert done.state == SyncRun.State.SUCCEEDED, (done.error, done.error_details)
    converges(town, sync)
