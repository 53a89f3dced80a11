"""The portal as its users drive it, without a browser: connect, set up, run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from connectors.oauth import parse_grant
from connectors.registry import PROVIDERS
from connectors.sandbox import quickbooks
from connectors.sandbox.hubspot import oauth
from connectors.vocabulary import Kind
from syncconfig import drafts, runner
from syncconfig.credentials import connector_for, store_consent
from syncconfig.models import Connection, ObjectSync, SyncRecord, SyncRun
from syncconfig.sandboxes import sandboxes


@dataclass
class System:
    """Both simulations with the sample company, and a portal that is connected to them."""

    sandboxes: Any
    admin: User

    def __post_init__(self) -> None:
        self.left = self.connect("hubspot")
        self.right = self.connect("quickbooks")

    def connect(self, provider: str, account: str = "") -> Connection:
        """Take a grant from the simulation, as a consent gives it, and bind the account."""
        app, simulated = getattr(self.sandboxes, provider), sandboxes()[provider]
        wanted = str(account or simulated.account)
        if provider == "hubspot":
            scopes = list(PROVIDERS[provider].scopes)
            answer, claimed = oauth.issue(app, {"client": simulated.client.id, "portal": wanted, "scopes": scopes}), ""
        else:
            answer, claimed = quickbooks.issue(app, wanted), wanted
        connection = store_consent(provider, parse_grant(provider, answer), claimed, self.admin)
        connector_for(connection).setup(Kind.CONTACT)
        return connection

    def start(self, kind: Kind, now: datetime | None = None) -> ObjectSync:
        return drafts.start(self.left, self.right, kind, now or datetime.now(UTC))

    def turn_on(self, sync: ObjectSync) -> ObjectSync:
        assert not drafts.problems(sync)
        return drafts.save_and_turn_on(sync, self.admin, timezone.now())

    def run(self, sync: ObjectSync, **options: Any) -> SyncRun:
        """One run in this process."""
        asked = runner.ask(sync, SyncRun.Trigger.COMMAND, **options)
        claimed = runner.claim(asked.pk, timezone.now())
        assert claimed, "another run is under way"
        return runner.execute(claimed)

    def record(self, sync: ObjectSync, **where: Any) -> SyncRecord:
        return SyncRecord.objects.get(sync=sync, **where)
