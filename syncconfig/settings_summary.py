"""The settings of a sync as a few lines of words, and what an edit changes in them (spec R91, R224)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from connectors.vocabulary import CONFIRMED_BY, KEY_NEEDED, MATCH_MEANING, Direction, Kind
from syncconfig import drafts
from syncconfig.engine.spec import MatchBy, Side
from syncconfig.explanations import side_name
from syncconfig.filter_words import rules_words
from syncconfig.models import FieldMapping, ObjectSync
from syncconfig.provider_words import object_names
from syncconfig.specs import Fields, fields_of, meaning_key, rules_of, zone_of
from syncconfig.sync_options import active_options


@dataclass(frozen=True, slots=True)
class Line:
    """One setting: where it is edited, what it is called, its words now, and its words before where an edit changes it."""

    step: str
    name: str
    now: str
    before: str = ""
    notes: tuple[str, ...] = ()


def summary(draft: ObjectSync) -> list[Line]:
    """The settings of a draft in the order of the steps; for an edit each changed line carries the words in force."""
    fields: dict[Side, Fields] = {side: fields_of(draft.connection(side), Kind(draft.kind)) for side in Side}
    now = _lines(draft, fields)
    if not draft.draft_of:
        return now
    before = {line.name: line.now for line in _lines(draft.draft_of, fields)}
    notes = mapping_changes(draft.draft_of, draft, fields)
    result = []
    for line in now:
        old = before.get(line.name, "")
        mapped = line.name == _("Mapped fields")
        result.append(Line(line.step, line.name, line.now, old if old != line.now else "", tuple(notes) if mapped else ()))
    return result


def _lines(sync: ObjectSync, fields: Mapping[Side, Fields]) -> list[Line]:
    mappings, kind = list(sync.mappings.all()), Kind(sync.kind)
    lines = [
        Line("choose", _("Data"), _data(sync)),
        *_followers(sync),
        Line("configure", _("Conflicts"), _("Use %(system)s data") % {"system": side_name(sync.winner)}),
        Line("configure", _("Record matching"), matching_words(sync, fields)),
        *([Line("configure", _("Avoid duplicates"), _("On") if sync.key_needed else _("Off"))] if kind in KEY_NEEDED else []),
        Line("configure", _("Linked records"), _("Sync whatever the filter says") if sync.keep_linked else _("Sync while they meet a filter")),
        Line("configure", _("Mapped fields"), _("%(on)s of %(total)s on") % {"on": sum(m.enabled for m in mappings), "total": len(mappings)}),
        *(Line("configure", option.label, option.words(sync)) for option in active_options(sync, fields[Side.RIGHT]) if option.chosen(sync)),
    ]
    for side in Side:
        if sync.flows(side):
            name = _("Filter to %(system)s") % {"system": side_name(side)}
            lines.append(Line("limit", name, filter_sentence(sync, side.inward, fields[side.other])))
    return lines


def _followers(sync: ObjectSync) -> list[Line]:
    """What goes along with a sync without settings of its own."""
    words = {Kind.PAYMENT: _("Payments"), Kind.NOTE: _("Payment notes on deals")}
    names = [words[kind] for kind in drafts.followers_of(Kind(sync.kind), sync.left)]
    return [Line("choose", _("Follow this sync"), ", ".join(names))] if names else []


def _data(sync: ObjectSync) -> str:
    kind = Kind(sync.kind)
    names = [object_names(sync.connection(side).provider, kind).singular.capitalize() for side in Side]
    direction = str(sync.get_direction_display())
    return _("%(left)s and %(right)s, %(direction)s") % {"left": names[0], "right": names[1], "direction": direction[:1].lower() + direction[1:]}


def matching_words(sync: ObjectSync, fields: Mapping[Side, Fields]) -> str:
    """How records are matched, by the labels of the fields."""
    if sync.match_by == MatchBy.NONE:
        return _("None, always create")
    if sync.match_by == MatchBy.FIELDS:
        pair = [fields[side][key].label if key in fields[side] else key for side, key in zip(Side, (sync.match_left, sync.match_right), strict=True)]
        return _("%(left)s and %(right)s") % {"left": pair[0], "right": pair[1]}
    return recommended_matching(sync, fields)


def recommended_matching(sync: ObjectSync, fields: Mapping[Side, Fields]) -> str:
    """What records are matched by when nobody chose otherwise, by the labels of the HubSpot properties."""
    kind = Kind(sync.kind)
    label, *others = [_left_label(fields, meaning) for meaning in (MATCH_MEANING.get(kind, ""), *CONFIRMED_BY.get(kind, ()))]
    if not any(others):
        return label
    return _("%(field)s, where %(others)s agree as well") % {"field": label, "others": _(" and ").join(filter(None, others))}


def _left_label(fields: Mapping[Side, Fields], meaning: str) -> str:
    key = meaning_key(fields[Side.LEFT].values(), meaning)
    return fields[Side.LEFT][key].label if key else ""


def filter_sentence(sync: ObjectSync, direction: Direction, fields: Fields) -> str:
    """A filter in one line of words."""
    groups = rules_words(rules_of(sync, direction), fields, zone_of(sync))
    joined = [_(" and ").join(str(words) for words in group) for group in groups if group]
    return _(", or ").join(joined) or _("Everything")


def mapping_changes(before: ObjectSync, now: ObjectSync, fields: Mapping[Side, Fields]) -> list[str]:
    """What an edit does to the mapped fields, one sentence each."""
    old, new = _by_pair(before), _by_pair(now)
    found = [_("Added: %(pair)s") % {"pair": _pair(new[key], fields)} for key in new if key not in old]
    found += [_("Removed: %(pair)s") % {"pair": _pair(old[key], fields)} for key in old if key not in new]
    for key in (key for key in new if key in old):
        if new[key].enabled != old[key].enabled:
            found.append((_("Switched on: %(pair)s") if new[key].enabled else _("Switched off: %(pair)s")) % {"pair": _pair(new[key], fields)})
        elif _rules(new[key]) != _rules(old[key]):
            found.append(_("Changed: %(pair)s") % {"pair": _pair(new[key], fields)})
    return found


def _by_pair(sync: ObjectSync) -> dict[tuple[str, str], FieldMapping]:
    return {(m.left_field, m.right_field): m for m in sync.mappings.all()}


def _rules(m: FieldMapping) -> tuple[object, ...]:
    return (m.direction, m.rule, m.ignore_blanks, m.options)


def _pair(m: FieldMapping, fields: Mapping[Side, Fields]) -> str:
    left, right = fields[Side.LEFT].get(m.left_field), fields[Side.RIGHT].get(m.right_field)
    names = {"left": left.label if left else m.left_field, "right": right.label if right else m.right_field}
    return _("%(left)s and %(right)s") % names
