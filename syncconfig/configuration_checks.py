"""What may stand in a configuration document: every setting is checked, and what is wrong is said with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.base import FieldSpec
from connectors.vocabulary import CHOSEN, DEFAULT_DIRECTION, FOLLOWERS, LOCKED_FILTERS, Direction, Kind
from syncconfig import drafts
from syncconfig.engine.filters import BadFilter, Condition, Rules, compile_filter
from syncconfig.engine.spec import Side, WriteRule
from syncconfig.models import FieldMapping, ObjectSync
from syncconfig.models.sync import KindChoice
from syncconfig.pairs import Pair
from syncconfig.specs import Fields, rules_of, zone_of
from syncconfig.sync_options import SyncOption, options_of

STATUSES = ("draft", "on", "off")
_SYNC_KEYS = frozenset({"kind", "status", "direction", "conflict", "match", "options", "mappings", "filters", "avoid_duplicates", "keep_linked"})
_MAPPING_KEYS = frozenset({"enabled", "direction", "rule", "ignore_blanks", "options"})


def problems_of(pair: Pair, document: Mapping[str, Any], entries: Any) -> Iterator[str]:
    """What is wrong with a document, each sentence with its place. Raises what reading the fields of an account raises."""
    yield from (f"{key}: unknown key." for key in document if key not in ("version", "accounts", "syncs"))
    if not isinstance(entries, list):
        yield "syncs: has to be a list."
        return
    for place, entry in enumerate(entries):
        where = f"syncs[{place}]"
        kind = entry.get("kind") if isinstance(entry, dict) else None
        if kind not in CHOSEN:
            follows = f" A sync of {KindChoice(kind).label.lower()}s follows the one of invoices." if kind in tuple(FOLLOWERS) else ""
            yield f"{where}.kind: has to be one of {', '.join(CHOSEN)}.{follows}"
            continue
        yield from (f"{where}.{key}: unknown key." for key in entry if key not in _SYNC_KEYS)
        yield from _sync_problems(pair, where, entry)


def _sync_problems(pair: Pair, where: str, entry: Mapping[str, Any]) -> Iterator[str]:
    choices = {"status": STATUSES, "direction": pair.directions, "conflict": pair.sides}
    for key, allowed in choices.items():
        if key in entry and (not isinstance(entry[key], str) or entry[key] not in allowed):
            hint = " Put on and off in quotes: YAML reads them as true and false." if isinstance(entry[key], bool) else ""
            yield f"{where}.{key}: has to be one of {', '.join(allowed)}.{hint}"
    match = entry.get("match") or {}
    if not isinstance(match, dict) or ("fields" not in match and match.get("by", "default") not in ("default", "none")):
        yield f"{where}.match: has to be by: default, by: none, or fields with one field of each provider."
    elif match not in ({}, {"by": "default"}) and not drafts.may_choose_matching(Kind(entry["kind"])):
        yield f"{where}.match: records of this kind are matched by their recommended fields only: by: default."
    fields = drafts.ensure_fields(pair.left, pair.right, Kind(entry["kind"]))
    wanted = _wanted(pair, entry)
    if wanted.kind == Kind.INVOICE and wanted.flows(Side.RIGHT) and drafts.abroad(pair.right):
        yield f"{where}.direction: {drafts.abroad(pair.right)}"
    yield from _option_problems(where, entry.get("options") or {}, wanted, fields)
    yield from _mapping_problems(pair, where, entry.get("mappings") or [], wanted, fields)
    yield from _filter_problems(pair, where, entry.get("filters") or {}, wanted, fields)


def _wanted(pair: Pair, entry: Mapping[str, Any]) -> ObjectSync:
    """The sync a document speaks of, not stored; with the usual direction where it names none that there is."""
    word = entry.get("direction")
    direction = pair.directions.get(word) if isinstance(word, str) else None
    return ObjectSync(left=pair.left, right=pair.right, kind=entry["kind"], direction=direction or DEFAULT_DIRECTION[Kind(entry["kind"])])


def _option_problems(where: str, options: Any, wanted: ObjectSync, fields: Mapping[Side, Fields]) -> Iterator[str]:
    known = {option.name: option for option in options_of(wanted, fields[Side.RIGHT])}
    if not isinstance(options, dict):
        yield f"{where}.options: has to be a mapping."
        return
    yield from (f"{where}.options.{name}: unknown option. Known: {', '.join(known) or 'none'}." for name in options if name not in known)
    wrong = set()
    for name, option in known.items():
        for given in _given(option, options.get(name)):
            if _choice(option, given) is None:
                wrong.add(name)
                yield f"{where}.options.{name}: there is no {given}. {_choices(option)}"
    wanted.options = options_from({name: value for name, value in options.items() if name not in wrong}, wanted, fields)
    for name in drafts.missing_accounts(wanted, fields[Side.RIGHT]):
        if name not in wrong:
            yield f"{where}.options.{name}: {drafts.account_needed(name)} {_choices(known[name])}"


def _choices(option: SyncOption) -> str:
    named = (o.label if o.value == o.label else f"{o.value} {o.label}" for o in option.choices)
    return f"Choose one of: {'; '.join(named) or 'there is none'}."


def options_from(given: Mapping[str, Any], sync: ObjectSync, fields: Mapping[Side, Fields]) -> dict[str, Any]:
    """The options of a document as a sync keeps them: every choice by its value. What is left out takes its default, what is unknown is dropped."""
    found: dict[str, Any] = drafts.default_options(Kind(sync.kind), fields[Side.RIGHT])
    for option in options_of(sync, fields[Side.RIGHT]):
        values = [value for one in _given(option, given.get(option.name)) if (value := _choice(option, one))]
        if values and not (option.several and len(set(values)) == len(option.choices)):
            found[option.name] = sorted(set(values)) if option.several else values[0]
    return found


def _given(option: SyncOption, value: Any) -> list[str]:
    """What a document gives for an option, as texts: numbers of accounts look like numbers in YAML."""
    if value in (None, ""):
        return []
    return [str(one) for one in value] if option.several and isinstance(value, list) else [str(value)]


def _choice(option: SyncOption, given: str) -> str | None:
    """The value of the choice with this value or name; None when there is none, or more than one of that name."""
    if given in (o.value for o in option.choices):
        return given
    named = [o.value for o in option.choices if o.label.casefold() == given.strip().casefold()]
    return named[0] if len(named) == 1 else None


def _mapping_problems(pair: Pair, where: str, mappings: Any, wanted: ObjectSync, fields: Mapping[Side, Fields]) -> Iterator[str]:
    rows = {(m.left_field, m.right_field): m for m in drafts.default_mappings(wanted, fields)}
    if not isinstance(mappings, list):
        yield f"{where}.mappings: has to be a list."
        return
    for place, change in enumerate(mappings):
        here = f"{where}.mappings[{place}]"
        ends = (pair.left.provider, pair.right.provider)
        if not isinstance(change, dict) or not all(end in change for end in ends):
            yield f"{here}: name a field of {ends[0]} and one of {ends[1]}."
            continue
        yield from (f"{here}.{key}: unknown key." for key in change if key not in _MAPPING_KEYS and key not in ends)
        found: dict[Side, FieldSpec] = {}
        for end, side in zip(ends, Side, strict=True):
            if str(change[end]) in fields[side]:
                found[side] = fields[side][str(change[end])]
            else:
                yield f"{here}.{end}: there is no field {change[end]}."
        if "direction" in change and change["direction"] not in pair.directions:
            yield f"{here}.direction: has to be one of {', '.join(pair.directions)}."
        elif len(found) == 2 and change.get("enabled", True) is True and "direction" in change:
            problem = drafts.why_incompatible(found[Side.LEFT], found[Side.RIGHT], pair.directions[change["direction"]])
            if problem:
                yield f"{here}: {problem}"
        row = rows.get((str(change[ends[0]]), str(change[ends[1]])))
        if row:
            yield from _predefined_problems(pair, here, row, change)
        if change.get("rule", "always") not in set(WriteRule):
            yield f"{here}.rule: has to be one of {', '.join(WriteRule)}."


def _predefined_problems(pair: Pair, here: str, row: FieldMapping, change: Mapping[str, Any]) -> Iterator[str]:
    """What may not be said about a mapped field that comes with the product."""
    if row.fixed and any(change[name] != getattr(row, name) for name in ("enabled", "rule", "ignore_blanks", "options") if name in change):
        yield f"{here}: is needed to create and link records and cannot be changed."
    direction = pair.direction_word(Direction(row.direction))
    if row.locked and change.get("direction", direction) != direction:
        yield f"{here}.direction: is fixed, it is {direction}."


def _filter_problems(pair: Pair, where: str, filters: Any, wanted: ObjectSync, fields: Mapping[Side, Fields]) -> Iterator[str]:
    words = {pair.direction_word(side.other.inward): side for side in Side}
    if not isinstance(filters, dict) or any(key not in words for key in filters):
        yield f"{where}.filters: has to be a mapping of {', '.join(words)}."
        return
    for word, groups in filters.items():
        try:
            rules = rules_from(groups)
        except (TypeError, KeyError, AttributeError):
            yield f"{where}.filters.{word}: has to be a list of groups, each a list of conditions with field, operator and values."
            continue
        direction = words[word].other.inward
        if (Kind(wanted.kind), direction) in LOCKED_FILTERS and rules != _rules_in_force(wanted, direction):
            yield f"{where}.filters.{word}: this filter is fixed and cannot be changed. Leave it out."
            continue
        try:
            compile_filter(rules, fields[words[word]], zone_of(ObjectSync(left=pair.left, right=pair.right)))
        except BadFilter as bad:
            at = f" ({bad.condition.field} {bad.condition.operator})" if bad.condition else ""
            yield f"{where}.filters.{word}: the {bad.problem} cannot be used{at}."


def _rules_in_force(wanted: ObjectSync, direction: Direction) -> Rules | None:
    sync = ObjectSync.objects.settled().filter(left=wanted.left, right=wanted.right, kind=wanted.kind).first()
    return rules_of(sync, direction) if sync else None


def rules_from(stored: Sequence[Sequence[Mapping[str, Any]]]) -> Rules:
    """The conditions of a document. Raises TypeError, KeyError or AttributeError for anything else."""
    return tuple(tuple(_condition(c) for c in group) for group in stored)


def _condition(c: Mapping[str, Any]) -> Condition:
    values = tuple(str(v) for v in c.get("values", ()))
    return Condition(str(c["field"]), str(c["operator"]), values, bool(c.get("include_empty")), bool(c.get("absent")))
