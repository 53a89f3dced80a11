"""Before you start: what stands in the way of a sync between two accounts, what is advised, and what only a person can check (spec R22)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from connectors.registry import SIDES
from syncconfig.models import Connection, ObjectSync
from syncconfig.permissions import MAY_CONFIGURE
from syncconfig.readiness import checks, pairs
from syncconfig.readiness_rules import Check
from syncconfig.readiness_texts import STATE_LABELS, State

CHIPS = {State.BLOCKED: ("fail", "fail"), State.ADVISED: ("warn", "info"), State.MANUAL: ("mute", "eye"), State.OK: ("ok", "ok")}
MAX_LISTED = 200


@dataclass(frozen=True)
class CheckLine:
    """One row: the check, its chip, and as much as is listed of what it counts."""

    check: Check
    tone: str
    icon: str
    label: str
    listed: Sequence[str] = ()

    @property
    def more(self) -> int:
        return len(self.check.details) - len(self.listed)

    @property
    def outside(self) -> bool:
        """Whether the link leads to a provider's own pages."""
        return not self.check.link.startswith("/")


@dataclass
class Section:
    """Checks that ask the same of the reader."""

    key: str
    title: str
    lines: list[CheckLine] = field(default_factory=list)


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """The pairs of connected accounts; straight to the only one."""
    found = pairs()
    if len(found) == 1:
        return redirect("readiness_pair", found[0].left.pk, found[0].right.pk)
    return render(request, "syncconfig/readiness_pairs.html", {"pairs": found})


@require_http_methods(["GET", "HEAD", "POST"])
def readiness(request: HttpRequest, left: int, right: int) -> HttpResponse:
    """The checks of two accounts, asked of them now. POST is "Check again": it comes back here."""
    sides = [get_object_or_404(Connection, pk=pk, provider=provider) for pk, provider in zip((left, right), SIDES, strict=True)]
    if request.method == "POST":
        return HttpResponseRedirect(request.path)
    now = timezone.now()
    found = checks(sides[0], sides[1], now=now)
    context = {
        "left": sides[0],
        "right": sides[1],
        "checked_at": now,
        "counts": [(str(label), sum(c.state is state for c in found)) for state, label in STATE_LABELS.items()],
        "sections": _sections(found),
        "may_configure": request.user.has_perm(MAY_CONFIGURE),
        "has_syncs": ObjectSync.objects.settled().filter(left=sides[0], right=sides[1]).exists(),
    }
    return render(request, "syncconfig/readiness.html", context)


def _sections(found: Sequence[Check]) -> list[Section]:
    """What needs somebody first, the most urgent first; sections with nothing in them are left out."""
    sections = (
        (Section("attention", _("Needs attention")), (State.BLOCKED, State.ADVISED)),
        (Section("manual", _("Only you can check")), (State.MANUAL,)),
        (Section("fine", _("Fine")), (State.OK,)),
    )
    for section, states in sections:
        section.lines = [_line(check) for state in states for check in found if check.state is state]
    return [section for section, _states in sections if section.lines]


def _line(check: Check) -> CheckLine:
    tone, icon = CHIPS[check.state]
    return CheckLine(check, tone, icon, str(STATE_LABELS[check.state]), check.details[:MAX_LISTED])
