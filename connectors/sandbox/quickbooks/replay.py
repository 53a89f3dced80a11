"""Idempotency by `requestid` (reference 3.9): the first answer is kept and given again, whatever became of the object since."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.switches import RequestIds

LONGEST = 50
LONGEST_IN_BATCH = 36
LONGEST_MEMBER = 10

Answer = dict[str, Any]


def check(requestid: str, longest: int = LONGEST) -> None:
    """Refuse an id that is too long."""
    if len(requestid) > longest:
        raise Fault("2130", f"requestid may have {longest} characters")


def once(company: Company, requestid: str, member: str, act: Callable[[], Answer]) -> Answer:
    """What `act` answered the first time this id was seen, or answers now. A fault is an answer too: {"Fault": ...}.

    `member` is the bId inside a batch, "" outside.
    """
    mode = company.switches.requestids
    if not requestid or mode is RequestIds.IGNORE:
        return _outcome(act)
    collection, key = f"{company.realm}.replays", f"{requestid}|{member}"
    kept = company.state.get(collection, key)
    if kept and (mode is RequestIds.REMEMBER or company.clock() - kept["at"] < company.switches.requestid_seconds):
        return dict(kept["answer"])
    answer = _outcome(act)
    if "Fault" not in answer or company.switches.replay_faults:
        company.state.put(collection, key, {"at": company.clock(), "answer": answer})
    return dict(answer)


def _outcome(act: Callable[[], Answer]) -> Answer:
    try:
        return act()
    except Fault as fault:
        return {"Fault": fault.body()}
