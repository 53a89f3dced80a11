"""The configuration of a pair of accounts as a document: export, apply, and what applying would change. Never secrets.

What a document leaves out takes its recommended default, so a document says everything about its syncs. Sides and directions are named by
provider: "hubspot", "to_quickbooks".
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import yaml
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from connectors.registry import SIDES
from connectors.vocabulary import CHOSEN, DEFAULT_DIRECTION, KEY_NEEDED, LOCKED_FILTERS, Direction, Kind
from syncconfig import drafts
from syncconfig.configuration_checks import options_from, problems_of, rules_from
from syncconfig.engine.filters import Condition
from syncconfig.engine.spec import MatchBy, Side
from syncconfig.models import Connection, FieldMapping, ObjectSync
from syncconfig.pairs import Pair
from syncconfig.specs import Fields, fields_of, rules_of

VERSION = 1


class BadConfiguration(ValueError):
    """A document that cannot be applied. `problems` are sentences, each with the place in the document."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = list(problems)


def load(text: str) -> dict[str, Any]:
    """Parse a document. Raises `BadConfiguration` with the line of a fault."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise BadConfiguration([f"{where}{getattr(error, 'problem', None) or 'not a YAML document'}."]) from None
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise BadConfiguration([f"The document has to be a mapping with version: {VERSION}."])
    return document


def dump(document: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, default_flow_style=None, width=120)


def pair_of(document: Mapping[str, Any]) -> Pair:
    """The connected accounts a document speaks of. Raises `BadConfiguration`."""
    accounts = document.get("accounts")
    if not isinstance(accounts, dict):
        raise BadConfiguration(["accounts: name the account of each provider."])
    found: dict[Side, Connection] = {}
    problems = []
    for provider, side in zip(SIDES, Side, strict=True):
        connection = Connection.objects.filter(provider=provider, account_id=str(accounts.get(provider, ""))).first()
        if connection is None:
            problems.append(f"accounts.{provider}: {accounts.get(provider) or 'no account'} is not connected.")
        else:
            found[side] = connection
    if problems:
        raise BadConfiguration(problems)
    return Pair(found[Side.LEFT], found[Side.RIGHT])


def export(pair: Pair) -> dict[str, Any]:
    """Everything that people set up between two accounts; what follows it needs no saying."""
    syncs = {sync.kind: sync for sync in ObjectSync.objects.settled().filter(left=pair.left, right=pair.right)}
    accounts = {pair.left.provider: pair.left.account_id, pair.right.provider: pair.right.account_id}
    return {"version": VERSION, "accounts": accounts, "syncs": [_export_sync(pair, syncs[kind]) for kind in CHOSEN if kind in syncs]}


def _export_sync(pair: Pair, sync: ObjectSync) -> dict[str, Any]:
    fields_match = {pair.left.provider: sync.match_left, pair.right.provider: sync.match_right}
    match: dict[str, Any] = {"fields": fields_match} if sync.match_by == MatchBy.FIELDS else {"by": sync.match_by}
    return {
        "kind": sync.kind,
        "status": "on" if sync.status == ObjectSync.Status.PAUSED else str(sync.status),
        "direction": pair.direction_word(Direction(sync.direction)),
        "conflict": pair.side_word(Side(sync.winner)),
        "match": match,
        "avoid_duplicates": sync.key_needed,
        "keep_linked": sync.keep_linked,
        "options": sync.options,
        "mappings": list(_export_mappings(pair, sync)),
        "filters": {
            pair.direction_word(d): [[_export_condition(c) for c in group] for group in rules_of(sync, d)]
            for d in (Direction.TO_RIGHT, Direction.TO_LEFT)
        },
    }


def _export_mappings(pair: Pair, sync: ObjectSync) -> Iterator[dict[str, Any]]:
    """Predefined mappings that differ from their default, and own ones."""
    defaults = {(m.left_field, m.right_field): m for m in drafts.default_mappings(sync, _fields(pair, Kind(sync.kind)))}
    for m in sync.mappings.all():
        default = defaults.get((m.left_field, m.right_field)) if m.predefined else None
        entry: dict[str, Any] = {pair.left.provider: m.left_field, pair.right.provider: m.right_field}
        plain = default or FieldMapping()
        if m.direction != plain.direction:
            entry["direction"] = pair.direction_word(Direction(m.direction))
        for name in ("enabled", "rule", "ignore_blanks", "options"):
            if getattr(m, name) != getattr(plain, name):
                entry[name] = getattr(m, name)
        if default is None or len(entry) > 2:
            yield entry


def _export_condition(c: Condition) -> dict[str, Any]:
    entry: dict[str, Any] = {"field": c.field, "operator": c.operator}
    if c.values:
        entry["values"] = list(c.values)
    for name in ("include_empty", "absent"):
        if getattr(c, name):
            entry[name] = True
    return entry


def apply(document: Mapping[str, Any], now: datetime, user: AbstractBaseUser | None = None) -> list[ObjectSync]:
    """Make the document the settings in force. Returns the syncs that were turned on or changed while on: the caller starts their runs.

    Nothing is changed when anything is wrong. Raises `BadConfiguration`, and what reading the fields of an account raises.
    """
    pair = pair_of(document)
    entries = document.get("syncs") or []
    problems = list(problems_of(pair, document, entries))
    if problems:
        raise BadConfiguration(problems)
    started = []
    with transaction.atomic():
        for entry in sorted(entries, key=lambda entry: CHOSEN.index(entry["kind"])):
            sync = drafts.start(pair.left, pair.right, Kind(entry["kind"]), now)
            before = _export_sync(pair, sync)
            _apply_sync(pair, sync, entry, now)
            if drafts.problems(sync):
                raise BadConfiguration([f"syncs.{entry['kind']}: {p.sentence}" for p in drafts.problems(sync)])
            if _switch(sync, entry, changed=_export_sync(pair, sync) != before, now=now, user=user):
                started.append(sync)
    return started


def diff(document: Mapping[str, Any], now: datetime) -> list[str]:
    """What `apply` would change, as lines of a unified diff of the exported document; nothing stays changed."""
    pair = pair_of(document)
    before = dump(export(pair)).splitlines()
    with transaction.atomic():
        apply(document, now)
        after = dump(export(pair)).splitlines()
        transaction.set_rollback(True)
    return list(difflib.unified_diff(before, after, "now", "document", lineterm=""))


def _switch(sync: ObjectSync, entry: Mapping[str, Any], *, changed: bool, now: datetime, user: AbstractBaseUser | None) -> bool:
    wanted = entry.get("status", "draft")
    if wanted == "on" and (changed or sync.status != ObjectSync.Status.ON):
        drafts.save_and_turn_on(sync, user, now)
        return True
    if wanted == "off" and sync.status in (ObjectSync.Status.ON, ObjectSync.Status.PAUSED):
        drafts.turn_off(sync)
    return False


def _apply_sync(pair: Pair, sync: ObjectSync, entry: Mapping[str, Any], now: datetime) -> None:
    kind = Kind(sync.kind)
    fields = _fields(pair, kind)
    sync.direction = pair.directions[entry["direction"]] if "direction" in entry else DEFAULT_DIRECTION[kind]
    sync.winner = pair.sides[entry.get("conflict", pair.right.provider)]
    match = entry.get("match") or {}
    chosen = match.get("fields") or {}
    sync.match_by = MatchBy.FIELDS if chosen else MatchBy(match.get("by", MatchBy.DEFAULT))
    sync.match_left, sync.match_right = str(chosen.get(pair.left.provider, "")), str(chosen.get(pair.right.provider, ""))
    sync.key_needed = entry.get("avoid_duplicates", kind in KEY_NEEDED)
    sync.keep_linked = entry.get("keep_linked", False)
    sync.options = options_from(entry.get("options") or {}, sync, fields)
    sync.step = ObjectSync.Step.REVIEW
    sync.save()
    sync.mappings.all().delete()
    FieldMapping.objects.bulk_create(_mappings(pair, sync, entry, fields))
    filters = entry.get("filters") or {}
    for direction in (d for d in (Direction.TO_RIGHT, Direction.TO_LEFT) if (kind, d) not in LOCKED_FILTERS):
        word = pair.direction_word(direction)
        rules = rules_from(filters[word]) if word in filters else drafts.recommended(sync, direction, fields, sync.setup_at or now)
        drafts.set_rules(sync, direction, rules)


def _mappings(pair: Pair, sync: ObjectSync, entry: Mapping[str, Any], fields: Mapping[Side, Fields]) -> list[FieldMapping]:
    rows = drafts.default_mappings(sync, fields)
    for change in entry.get("mappings") or []:
        ends = (str(change[pair.left.provider]), str(change[pair.right.provider]))
        row = next((m for m in rows if (m.left_field, m.right_field) == ends), None)
        if row is None:
            row = FieldMapping(sync=sync, left_sources=[ends[0]], right_field=ends[1], position=len(rows))
            rows.append(row)
        if "direction" in change:
            row.direction = pair.directions[change["direction"]]
        for name in ("enabled", "rule", "ignore_blanks", "options"):
            if name in change:
                setattr(row, name, change[name])
    return rows


def _fields(pair: Pair, kind: Kind) -> dict[Side, Fields]:
    return {Side.LEFT: fields_of(pair.left, kind), Side.RIGHT: fields_of(pair.right, kind)}
