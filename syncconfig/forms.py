"""Forms of the wizard: what may be chosen comes from the accounts' fields, and rules over several fields are checked here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors.base import FieldSpec, FieldType
from connectors.registry import SIDES
from connectors.vocabulary import CHOSEN, KEY_NEEDED, Direction, Kind
from syncconfig import drafts
from syncconfig.engine.spec import MatchBy, Side, WriteRule
from syncconfig.engine.values import compatible
from syncconfig.models import Connection, FieldMapping, ObjectSync
from syncconfig.models.sync import DirectionChoice, KindChoice, SideChoice
from syncconfig.specs import Fields
from syncconfig.sync_options import SyncOption

ARROWS = [(choice.value, choice.label) for choice in (DirectionChoice.TO_LEFT, DirectionChoice.BOTH, DirectionChoice.TO_RIGHT)]
"""The directions as they stand between HubSpot on the left and QuickBooks on the right."""


class TokenForm(forms.Form):
    """A token of a private app, instead of a consent. It is never shown again."""

    token = forms.CharField(
        label=gettext_lazy("Access token"),
        max_length=2000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("HubSpot shows it on the page of your private app. It is kept encrypted and never shown again."),
    )

    def clean_token(self) -> str:
        token: str = self.cleaned_data["token"].strip()
        if not token.isascii() or not token.isprintable() or " " in token:
            raise forms.ValidationError(gettext_lazy("This is not an access token. Copy it again from HubSpot, without spaces."))
        return token


class ReadCapForm(forms.Form):
    """The most reads a month; empty for no limit."""

    cap = forms.IntegerField(label=gettext_lazy("At most so many reads a month"), min_value=100, max_value=100_000_000, required=False)


class NewSyncForm(forms.Form):
    """Which accounts, which object, which direction. Accounts are asked for only where there are several of a provider."""

    left = forms.ModelChoiceField(Connection.objects.none(), label=gettext_lazy("HubSpot account"), empty_label=None)
    right = forms.ModelChoiceField(Connection.objects.none(), label=gettext_lazy("QuickBooks company"), empty_label=None)
    kind = forms.ChoiceField(choices=[(kind.value, KindChoice(kind).label) for kind in CHOSEN], label=gettext_lazy("QuickBooks object"))
    direction = forms.ChoiceField(choices=ARROWS, widget=forms.RadioSelect, label=gettext_lazy("Direction"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for side, provider in zip(Side, SIDES, strict=True):
            self.fields[side.value].queryset = Connection.objects.usable().filter(provider=provider)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            begun = ObjectSync.objects.settled().filter(left=data["left"], right=data["right"], kind=data["kind"]).first()
            if begun and begun.status != ObjectSync.Status.DRAFT:
                self.add_error("kind", _("These two accounts already have a %(sync)s. Edit that one.") % {"sync": str(begun).lower()})
            else:
                _refuse(self, ObjectSync(**{name: data[name] for name in ("left", "right", "kind", "direction")}))
        return data


def _refuse(form: forms.BaseForm, wanted: ObjectSync) -> None:
    """Give a form what the accounts and the other syncs between them do not allow."""
    for problem in drafts.choose_problems(wanted):
        form.add_error(None, problem.sentence)


class DirectionForm(forms.ModelForm):
    """The direction of a draft or an edit; accounts and object stay."""

    class Meta:
        model = ObjectSync
        fields = ("direction",)
        widgets = {"direction": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["direction"].choices = ARROWS

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            sync = self.instance
            _refuse(self, ObjectSync(left=sync.left, right=sync.right, kind=sync.kind, direction=data["direction"]))
        return data

    def save(self, commit: bool = True) -> ObjectSync:
        sync: ObjectSync = super().save(commit=False)
        if sync.direction != DirectionChoice.BOTH:
            sync.winner = Side.LEFT if sync.direction == DirectionChoice.TO_RIGHT else Side.RIGHT
        sync.save(update_fields=["direction", "winner"])
        return sync


class ConfigureForm(forms.ModelForm):
    """Conflict rule, matching and the switches of the whole sync. `existing` says how many records each side would create without matching."""

    confirm_none = forms.BooleanField(required=False)

    class Meta:
        model = ObjectSync
        fields = ("winner", "match_by", "match_left", "match_right", "key_needed", "keep_linked")

    def __init__(self, *args: Any, sides: Mapping[Side, Fields], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sides = sides
        self.fields["winner"].disabled = self.instance.direction != DirectionChoice.BOTH
        self.fields["winner"].choices = [(value, _("Use %(system)s data") % {"system": label}) for value, label in reversed(SideChoice.choices)]
        kind = Kind(self.instance.kind)
        if kind not in KEY_NEEDED:
            del self.fields["key_needed"]
        if drafts.may_choose_matching(kind):
            self._offer_matching()
        else:
            for name in ("match_by", "match_left", "match_right", "confirm_none"):
                del self.fields[name]

    def _offer_matching(self) -> None:
        self.fields["match_by"].choices = [(m.value, m.value) for m in MatchBy]
        for side in Side:
            choices = [("", _("Choose a field"))] + [(f.key, f.label) for f in self.sides[side].values() if matchable(f)]
            self.fields[f"match_{side}"] = forms.ChoiceField(choices=choices, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("match_by") == MatchBy.FIELDS:
            self._check_pair(str(data.get("match_left", "")), str(data.get("match_right", "")))
        if data.get("match_by") == MatchBy.NONE and not data.get("confirm_none") and self.instance.match_by != MatchBy.NONE:
            self.add_error("match_by", _("Confirm that records are created without looking for a match."))
        return data

    def _check_pair(self, left: str, right: str) -> None:
        one, other = self.sides[Side.LEFT].get(left), self.sides[Side.RIGHT].get(right)
        if one is None or other is None:
            self.add_error("match_by", _("Choose a field on each side to match by."))
        elif not comparable(one, other):
            words = {"left": one.label, "right": other.label}
            self.add_error("match_by", _("%(left)s and %(right)s hold different kinds of values and cannot be compared.") % words)


def matchable(field: FieldSpec) -> bool:
    """Whether a field's values can be looked for: it is the record's own, and a plain value."""
    return not field.association and not field.refers and field.type is not FieldType.LINES


def comparable(one: FieldSpec, other: FieldSpec) -> bool:
    """Whether equal values of two fields can link records: whether either could be written as the other, were it writable."""
    writable = FieldSpec("", "", one.type), FieldSpec("", "", other.type)
    return compatible(*writable) or compatible(*reversed(writable))


class OptionsForm(forms.Form):
    """The settings that only some kinds have, as far as the direction uses them; the others stay as they are.

    Missing accounts are refused only where `complete` asks for it: who reads the fields again does so because an account is missing.
    """

    def __init__(self, *args: Any, sync: ObjectSync, options: Sequence[SyncOption], right: Fields, complete: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sync, self.options, self.right, self.complete = sync, options, right, complete
        for option in options:
            self.fields[option.name] = _option_field(option, sync)

    def clean(self) -> dict[str, Any]:
        """Lays what is chosen over the options of the sync, unsaved, as a model's form does."""
        data = super().clean() or {}
        chosen = {option.name: _kept(option, data[option.name]) for option in self.options if option.name in data}
        self.sync.options = {name: value for name, value in {**self.sync.options, **chosen}.items() if value}
        for name in drafts.missing_accounts(self.sync, self.right) if self.complete else ():
            self.add_error(name, drafts.account_needed(name))
        return data

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields under their headings."""
        found: dict[str, list[forms.BoundField]] = {}
        for option in self.options:
            found.setdefault(option.section, []).append(self[option.name])
        return list(found.items())


def _option_field(option: SyncOption, sync: ObjectSync) -> forms.Field:
    choices = [(o.value, o.label) for o in option.choices]
    words: dict[str, Any] = {"label": option.label, "help_text": option.help}
    if option.several:
        errors = {"required": _("Choose at least one.")}
        return forms.MultipleChoiceField(
            choices=choices, initial=option.chosen(sync), widget=forms.CheckboxSelectMultiple, error_messages=errors, **words
        )
    offered = [("", option.unset), *choices] if option.unset else choices
    select = forms.Select(attrs={"class": "t-max3"})
    return forms.ChoiceField(choices=offered, initial=next(iter(option.chosen(sync)), ""), required=not option.unset, widget=select, **words)


def _kept(option: SyncOption, value: Any) -> Any:
    """What is stored: nothing where every one of several is chosen, so that a type the account gets later takes part as well."""
    return None if option.several and len(value) == len(option.choices) else value


class MappingForm(forms.Form):
    """An own mapped field. Choices that do not fit are refused with the reason that greys them out."""

    left = forms.ChoiceField(label=gettext_lazy("HubSpot property"))
    right = forms.ChoiceField(label=gettext_lazy("QuickBooks field"))
    direction = forms.ChoiceField(choices=DirectionChoice.choices, label=gettext_lazy("Direction"))
    if_empty = forms.BooleanField(required=False, label=gettext_lazy("Fill only when empty"))
    ignore_blanks = forms.BooleanField(required=False, label=gettext_lazy("Ignore blanks"))

    def __init__(self, *args: Any, sync: ObjectSync, sides: Mapping[Side, Fields], mapping: FieldMapping | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sync, self.sides, self.mapping = sync, sides, mapping
        for side in Side:
            self.fields[side.value].choices = [(f.key, f.label) for f in mappable(sides[side])]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        left, right = self.sides[Side.LEFT][data["left"]], self.sides[Side.RIGHT][data["right"]]
        why = drafts.why_incompatible(left, right, Direction(data["direction"]))
        others = [m for m in self.sync.mappings.all() if not self.mapping or m.pk != self.mapping.pk]
        candidate = FieldMapping(left_sources=[left.key], right_field=right.key, direction=data["direction"])
        if why:
            self.add_error("right", why)
        elif any((m.left_field, m.right_field) == (left.key, right.key) for m in others):
            self.add_error("right", _("%(left)s and %(right)s are mapped already.") % {"left": left.label, "right": right.label})
        elif drafts.clashes([*others, candidate]):
            self.add_error("right", _("Another mapped field writes the same field in this direction."))
        return data

    def save(self) -> FieldMapping:
        data = self.cleaned_data
        mapping = self.mapping or FieldMapping(sync=self.sync, position=self.sync.mappings.count())
        if (mapping.left_sources, mapping.right_field) != ([data["left"]], data["right"]):
            mapping.options = []
        mapping.left_sources, mapping.right_field, mapping.direction = [data["left"]], data["right"], data["direction"]
        set_rules(mapping, if_empty=data["if_empty"], ignore_blanks=data["ignore_blanks"])
        mapping.save()
        return mapping


class MappingRulesForm(forms.Form):
    """What may be said about any mapped field, predefined ones included."""

    if_empty = MappingForm.base_fields["if_empty"]
    ignore_blanks = MappingForm.base_fields["ignore_blanks"]

    def __init__(self, *args: Any, mapping: FieldMapping, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mapping = mapping

    def save(self) -> FieldMapping:
        set_rules(self.mapping, **self.cleaned_data)
        self.mapping.save(update_fields=["rule", "ignore_blanks"])
        return self.mapping


def set_rules(mapping: FieldMapping, *, if_empty: bool, ignore_blanks: bool) -> None:
    mapping.rule = WriteRule.IF_EMPTY if if_empty else WriteRule.ALWAYS
    mapping.ignore_blanks = ignore_blanks


def mappable(fields: Fields) -> list[FieldSpec]:
    """Fields a mapping may name: those of the record itself."""
    return [f for f in fields.values() if not f.association]


class OptionTableForm(forms.Form):
    """Which option stands for which, where both fields are choices: one select for each option of the left field (spec R60)."""

    def __init__(self, *args: Any, mapping: FieldMapping, left: FieldSpec, right: FieldSpec, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mapping, self.left = mapping, left
        found = counterparts(left, right, mapping.options)
        choices = [("", _("No counterpart"))] + [(o.value, o.label) for o in right.options]
        for number, option in enumerate(left.options):
            initial = found.get(option.value, "")
            self.fields[f"option_{number}"] = forms.ChoiceField(choices=choices, required=False, label=option.label, initial=initial)

    def save(self) -> None:
        pairs = [[option.value, self.cleaned_data[f"option_{n}"]] for n, option in enumerate(self.left.options)]
        self.mapping.options = [pair for pair in pairs if pair[1]]
        self.mapping.save(update_fields=["options"])


def counterparts(left: FieldSpec, right: FieldSpec, stored: Sequence[Sequence[str]]) -> dict[str, str]:
    """Which option of the right field stands for one of the left: the one that was chosen, else the one of the same name."""
    by_label = {o.label.casefold(): o.value for o in right.options}
    named = {o.value: by_label[o.label.casefold()] for o in left.options if o.label.casefold() in by_label}
    return {**named, **{str(one): str(other) for one, other in stored}}


def has_option_table(left: FieldSpec, right: FieldSpec) -> bool:
    """Whether both fields are choices whose options have to be brought together."""
    choices = (FieldType.CHOICE, FieldType.CHOICES)
    return left.type in choices and right.type in choices and bool(left.options and right.options)
