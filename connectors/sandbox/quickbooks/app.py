"""The simulated service as one `App`: its companies, its switches, and what happens to every request before and after it is answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from connectors.sandbox.quickbooks import charter, faults, oauth
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.limits import Limits
from connectors.sandbox.quickbooks.switches import Switches
from connectors.sandbox.quickbooks.webhooks import QuickBooksWebhooks
from connectors.sandbox.server import App, Reply, Request
from connectors.sandbox.state import State

COMPANIES = "companies"
DEFAULT_REALM = "9130350000000000001"


class QuickBooksApp(App):
    """`switches` may be changed at any time; `companies` by realm, in the order they were added."""

    def __init__(self, state: State, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__("quickbooks", state, clock=clock)
        self.switches = Switches()
        self.webhooks = QuickBooksWebhooks(self)
        self.companies: dict[str, Company] = {}
        self._limits = Limits(self.switches, clock)
        self.gate = self._admit
        for realm, profile in state.all(COMPANIES):
            self.companies[realm] = Company(state, realm, profile, self.switches, clock, self.webhooks.journal)
            charter.found(self.companies[realm])

    def serve(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        with self.lock, self.webhooks.listening():
            reply = super().serve(method, target, headers, body)
        reply.headers.setdefault("intuit_tid", f"1-{int(self.clock()):08x}-{self.served:024x}")
        return reply

    def _admit(self, request: Request) -> Reply | None:
        """Refuse what has no right to be here: foreign pages posting, calls without a good token, calls beyond the limits."""
        if not request.path.startswith("/v3/"):
            return self._refuse_foreign(request)
        access = oauth.access_of(self, request)
        if access is None:
            return faults.unauthenticated(self.clock())
        parts = request.path.split("/")
        realm = parts[3] if len(parts) > 4 else ""
        if access["realm"] != realm or realm not in self.companies or "com.intuit.quickbooks.accounting" not in access["scope"].split():
            return faults.unauthorized_application(self.clock())
        if not self._limits.allows(realm, batch=parts[4] == "batch"):
            return faults.throttled(self.clock(), xml=self.switches.throttle_as_xml)
        return None

    def _refuse_foreign(self, request: Request) -> Reply | None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        origin = headers.get("origin")
        if request.method == "POST" and origin is not None and urlsplit(origin).netloc != headers.get("host"):
            return Reply(403, "This form was sent from another site.", content_type="text/plain; charset=utf-8")
        return None


def add_company(
    app: QuickBooksApp,
    realm: str,
    name: str = "Second Company",
    *,
    country: str = "US",
    currency: str = "USD",
    currency_name: str = "United States Dollar",
    zone: str = "America/Denver",
) -> Company:
    """Add a company that has its lists, but no people, items or transactions, and give it back."""
    profile = {"name": name, "country": country, "currency": currency, "currency_name": currency_name, "zone": zone, "created": int(app.clock())}
    app.state.put(COMPANIES, realm, profile)
    app.companies[realm] = Company(app.state, realm, profile, app.switches, app.clock, app.webhooks.journal)
    charter.found(app.companies[realm])
    return app.companies[realm]
