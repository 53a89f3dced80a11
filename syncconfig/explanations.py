"""What categories, reasons, pauses and failed runs mean, in plain words: what happened, and what to do (spec section c).

The engine and the connectors hand out codes and details; this is the one place that speaks to people about them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from connectors.base import FieldSpec
from connectors.registry import SIDES
from connectors.vocabulary import Category, Kind
from syncconfig.category_texts import Entry
from syncconfig.difference_words import PARTS, amount_words, difference_words
from syncconfig.engine.filters import Condition
from syncconfig.engine.spec import Side
from syncconfig.engine.state import Reason
from syncconfig.explanation_texts import ENTRIES, GUARDS
from syncconfig.filter_words import condition_words
from syncconfig.models import ObjectSync, SyncRecord, SyncRun
from syncconfig.models.sync import KindChoice, SideChoice
from syncconfig.provider_words import list_name
from syncconfig.specs import NoFields, fields_of, zone_of

MAX_SHOWN = 80
"""Characters of a stranger's value that a sentence shows."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A few words, what happened, and what to do. All plain text."""

    label: str
    why: str
    todo: str

    def __str__(self) -> str:
        return " ".join(part for part in (f"{self.label}.", self.why, self.todo) if part)


class Labels(Protocol):
    """What an explanation needs to name things; the engine's `SyncSpec` has it too."""

    @property
    def names(self) -> Mapping[Side, str]: ...
    @property
    def fields(self) -> Mapping[Side, Mapping[str, FieldSpec]]: ...
    @property
    def zone(self) -> ZoneInfo: ...


@dataclass(frozen=True)
class SyncLabels:
    """Short names of the sides, the known fields of both accounts, and the zone in which days begin."""

    names: Mapping[Side, str]
    fields: Mapping[Side, Mapping[str, FieldSpec]]
    zone: ZoneInfo


def side_name(side: Side | str) -> str:
    """How people call a side."""
    return str(SideChoice(str(side)).label)


def labels_of(sync: ObjectSync) -> SyncLabels:
    """The labels of a sync; without fields when they were never read."""
    fields: dict[Side, Mapping[str, FieldSpec]] = {}
    for side in Side:
        try:
            fields[side] = fields_of(sync.connection(side), Kind(sync.kind))
        except NoFields:
            fields[side] = {}
    return SyncLabels({side: side_name(side) for side in Side}, fields, zone_of(sync))


def label_of(code: str) -> str:
    """The few words a category, reason or guard is listed under."""
    entry = ENTRIES.get(code) or GUARDS.get(code)
    return str(entry.label) if entry else code


def explain(code: str, details: Mapping[str, Any], labels: Labels) -> Explanation:
    """What a category or reason means for one record, filled with its details. An unknown code is shown as it is."""
    return _fill(ENTRIES.get(code) or ENTRIES[Category.UNKNOWN], _words(code, details, labels))


def explain_record(record: SyncRecord, labels: Labels) -> Explanation | None:
    """Why a record fails or is excluded; None when there is nothing to explain."""
    return explain(record.reason, record.details, labels) if record.reason else None


def explain_pause(sync: ObjectSync) -> Explanation | None:
    """Why a sync stopped by itself, with the numbers; None when it did not."""
    return explain_stop(sync.pause_reason, sync.pause_details) if sync.status == ObjectSync.Status.PAUSED else None


def explain_stop(reason: str, details: Mapping[str, Any]) -> Explanation:
    """What stopped a sync or a run before its end: a guard with its numbers, or a category."""
    entry = GUARDS.get(reason) or ENTRIES.get(reason) or ENTRIES[Category.UNKNOWN]
    words = {k: str(v) for k, v in details.items() if v not in ("", None)}
    provider = words.get("provider", "")
    words["system"] = side_name(list(Side)[SIDES.index(provider)]) if provider in SIDES else _("the service")
    if reason == "updates" and words.get("detail"):
        words["system"] = side_name(words["detail"])
    if reason == "failures" and words.get("detail"):
        words["category"] = label_of(words["detail"])
    return _fill(entry, words)


def explain_run(run: SyncRun) -> Explanation | None:
    """Why a run failed or stopped; None when it did neither."""
    return explain_stop(run.error, run.error_details) if run.error else None


def explain_error(category: str, provider: str = "", words: str = "") -> Explanation:
    """What a connector's error means, for pages that ask a provider themselves."""
    return explain_stop(category, {"provider": provider, "words": words})


def _words(code: str, details: Mapping[str, Any], labels: Labels) -> dict[str, str]:
    """The details as sentences take them: names for sides and fields, codes in words, strangers' values cut to a readable length."""
    words = {k: _short(str(v)) for k, v in details.items() if v not in ("", None)}
    for name, say in _SAID.items():
        if name in words:
            words[name] = _short(say(str(details[name])))
    side = Side(words["side"]) if words.get("side") in tuple(Side) else None
    if side is None:
        words["system"] = _("the other side")
        return words
    words["system"], words["other_system"] = labels.names[side], labels.names[side.other]
    field = _named(str(details.get("field", "")), labels.fields[side])
    if field:
        words["field"] = field.label
        if "value" in words:
            words["value"] = next((o.label for o in field.options if o.value == details["value"]), words["value"])
    if "difference" in words:
        words["difference"] = difference_words(str(details["difference"]), words.get("field", ""), field)
    if code == Reason.FILTER:
        words["condition"] = _short(_condition(details, labels.fields[side], labels.zone), 2 * MAX_SHOWN)
    if code == Reason.NO_NAME and _meaning(str(details.get("field", "")), labels.fields[side.other]) == "display_name":
        words["naming_field"] = words.pop("field")
    if code == Category.AMOUNT_MISMATCH and words.get("a", "").startswith("-"):
        words["below_zero"] = words["a"]
    return words


def _candidates(stored: str) -> str:
    """The titles of candidates, which are kept one in a line with their ids behind them."""
    return "; ".join(line.rpartition(" (")[0] or line for line in stored.splitlines())


def _kinds(stored: str) -> str:
    """Kinds of records, or of what stands on the head of a document, in words."""
    kinds = {kind.value: str(kind.label).lower() for kind in KindChoice}
    return ", ".join(str(PARTS.get(word) or kinds.get(word) or word) for word in stored.split(", "))


_SAID: Mapping[str, Callable[[str], str]] = {
    "list": _candidates,
    "kind": _kinds,
    "cause": label_of,
    "namespace": list_name,
    "a": amount_words,
    "b": amount_words,
}
"""Details that are codes, lists or numbers, and how they are said."""


def _named(name: str, fields: Mapping[str, FieldSpec]) -> FieldSpec | None:
    """The field with a key or a label: connectors name fields by key, the engine by label."""
    return fields.get(name) or next((f for f in fields.values() if name and f.label == name), None)


def _meaning(label: str, fields: Mapping[str, FieldSpec]) -> str:
    field = _named(label, fields)
    return field.meaning if field else ""


def _condition(details: Mapping[str, Any], fields: Mapping[str, FieldSpec], zone: ZoneInfo) -> str:
    values = tuple(str(details.get("values", "")).split("\n")) if details.get("values") else ()
    condition = Condition(str(details.get("field", "")), str(details.get("operator", "")), values)
    return str(condition_words(condition, fields.get(condition.field), zone))


def _short(text: str, length: int = MAX_SHOWN) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _fill(entry: Entry, words: Mapping[str, str]) -> Explanation:
    return Explanation(str(entry.label), _first(entry.whys, words), _first(entry.todos, words))


def _first(texts: tuple[str | Promise, ...], words: Mapping[str, str]) -> str:
    """The first sentence all of whose details are known. The last one of an entry needs none but the system's name."""
    for text in texts:
        try:
            return str(text) % words
        except KeyError:
            continue
    return ""
