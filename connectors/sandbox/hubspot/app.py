"""The simulated HubSpot as an app: its switches, its accounts, and what every API call goes through.

Truth comes from HubSpot's reference. What the reference does not settle is a switch, so that clients are tested against both answers.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from connectors.sandbox.hubspot.accounts import Account
from connectors.sandbox.hubspot.definitions import TYPES
from connectors.sandbox.hubspot.records import API
from connectors.sandbox.hubspot.refusals import Refusal, invalid
from connectors.sandbox.hubspot.webhooks import HubSpotWebhooks
from connectors.sandbox.server import App, Reply, Request
from connectors.sandbox.state import Document, State

VERSIONS = ("2026-09", "2026-03", "v3", "v4")
ACCOUNTS = "hubspot/accounts"
CLIENTS = "hubspot/clients"
CLIENT_ID = "sandbox-hubspot-client"
CLIENT_SECRET = "sandbox-hubspot-secret"  # noqa: S105 - the simulation's public example
PORTAL_ID = 1234567
WINDOW_SECONDS = 10.0
UNLIMITED = 1_000_000

Access = Literal["read", "write", "schema", ""]
Bucket = Literal["", "search", "associations"]
Handler = Callable[[Request, Account], Reply]


@dataclass
class Switches:
    """What the reference leaves open, and what tests turn.

    `search_lag` is in seconds. `limit` counts requests in 10 seconds per account and app, associations apart; `search_limit` requests in one
    second per account; `limit_speed` shortens both times. None turns a limit off, and the headers tell of a very high one. `multi_status` is the
    status of a batch with mixed results, 0 for the plain 200 or 201. `trace_ids_everywhere` lets trace ids ask for mixed results in update and
    upsert too, not in create only. `pkce` off ignores the challenge that a consent was asked with.

    Of commerce: `spaced_association_keys` names associations of a read "line items" instead of "line_items"; `rollups_touch` lets calculated totals
    move the modified time; `discount_per_unit` off makes a line's discount a percentage; `invoices_frozen` keeps the API from changing lines, amounts
    and contacts of a finalised invoice, `people_edit_open` lets people do so until something is paid; `paid_by_patch` and `voided_by_patch` let the
    API set these statuses of a billable invoice; `delete_open_invoices` is the account's setting; `amount_reset` empties the amount of a fresh
    non-billable invoice; `payments_settle` lets payments change billable invoices; `payments_refused` says which calls on payments an account
    without payments set up refuses, and `payments_refusal` with which status.
    """

    rotate_refresh_tokens: bool = True
    pkce: bool = True
    shuffle: bool = True
    multi_status: int = 207
    trace_ids_everywhere: bool = False
    batch_read_follows_merges: bool = False
    associations_touch: bool = False
    associations_page: int = 100
    spaced_association_keys: bool = False
    rollups_touch: bool = False
    discount_per_unit: bool = True
    invoices_frozen: bool = True
    people_edit_open: bool = True
    paid_by_patch: bool = False
    voided_by_patch: bool = True
    delete_open_invoices: bool = False
    amount_reset: bool = True
    payments_settle: bool = True
    payments_refused: Literal["all", "writes"] = "all"
    payments_refusal: int = 403
    search_lag: float = 0.0
    limit: int | None = 100
    search_limit: int | None = 5
    limit_speed: float = 1.0


class HubSpot(App):
    """The app with its accounts in memory. `reload` builds them anew from the state. `webhooks` are those of the bundled client."""

    def __init__(self, state: State, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__("hubspot", state, clock=clock)
        self.switches = Switches()
        self.webhooks = HubSpotWebhooks(self, CLIENT_ID, CLIENT_SECRET)
        self.accounts: dict[str, Account] = {}
        self._spent: dict[str, deque[float]] = {}
        self.reload()

    def reload(self) -> None:
        """Forget what is in memory and read the state; a state without accounts gets the default one and the default client."""
        self.accounts = {key: self._account(details) for key, details in self.state.all(ACCOUNTS)}
        if self.state.get(CLIENTS, CLIENT_ID) is None:
            self.add_client(CLIENT_ID, CLIENT_SECRET)
        if not self.accounts:
            self.add_account(PORTAL_ID, "Fernhill Landscaping")
        self.state.commit()

    def moment(self) -> int:
        """The app's clock in milliseconds."""
        return round(self.clock() * 1000)

    def lag(self) -> float:
        """How far search is behind, in milliseconds."""
        return self.switches.search_lag * 1000

    def correlation_id(self) -> str:
        """What an error names the present request by."""
        return f"00000000-0000-4000-8000-{self.served:012d}"

    def add_client(self, client_id: str, secret: str) -> None:
        """Register an app that accounts may connect."""
        self.state.put(CLIENTS, client_id, {"secret": secret, "app_id": int(API.id) + self.state.count(CLIENTS)})

    def app_id(self, client_id: str) -> int:
        """The number of an app that was registered."""
        return int((self.state.get(CLIENTS, client_id) or {})["app_id"])

    def add_account(self, portal_id: int, name: str, **details: Any) -> Account:
        """Open an account; `details` replace members of the answer of account-info."""
        document: Document = {
            "portalId": portal_id,
            "accountType": "DEVELOPER_TEST",
            "timeZone": "America/Denver",
            "companyCurrency": "USD",
            "additionalCurrencies": [],
            "utcOffset": "-07:00",
            "utcOffsetMilliseconds": -25200000,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
            **details,
        }
        kept = {"name": name, "details": document}
        self.state.put(ACCOUNTS, str(portal_id), kept)
        self.accounts[str(portal_id)] = self._account(kept)
        return self.accounts[str(portal_id)]

    def _account(self, kept: Document) -> Account:
        return Account(self.state, self.moment, kept, self.lag, self.webhooks.journal)

    def serve(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        with self.lock, self.webhooks.listening():
            self.webhooks.caller = ""
            return super().serve(method, target, headers, body)

    def set_payments(self, portal_id: int, on: bool) -> None:
        """Say whether an account has HubSpot payments or Stripe set up, without which its API keeps no payments."""
        account = self.accounts[str(portal_id)]
        account.payments = on
        self.state.put(ACCOUNTS, account.portal, {"name": account.name, "details": account.details, "payments": on})

    def api(
        self, method: str, template: str, access: Access = "", *, bucket: Bucket = "", scopes: Sequence[str] = ()
    ) -> Callable[[Handler], Handler]:
        """Serve an API call. `template` begins with the version's place: "/crm/objects/{version}/..."; the older form "/crm/{version}/objects/..."
        is served too. `access` asks for the scope of the object type named by {type}, `scopes` for one of these."""
        start, _, rest = template[1:].partition("/{version}")
        older = "/" + start.replace("/", "/{version}/", 1) + rest

        def add(handler: Handler) -> Handler:
            def served(request: Request) -> Reply:
                return self._admit(request, handler, access, bucket, scopes)

            for path in {template, older}:
                self.route(method, path)(served)
            return handler

        return add

    def _admit(self, request: Request, handler: Handler, access: Access, bucket: str, scopes: Sequence[str]) -> Reply:
        headers: dict[str, str] = {}
        try:
            grant = self._grant(request)
            self.webhooks.caller = grant["client"]
            headers = self._spend(grant, bucket)
            if request.params.get("version", VERSIONS[0]) not in VERSIONS:
                raise Refusal(404, "OBJECT_NOT_FOUND", "There is no such API version.")
            account = self.accounts[grant["portal"]]
            if scopes:
                require_any(grant, scopes)
            if access:
                require_scope(grant, account.type_name(request.params["type"]), access)
                self._require_payments(account, request, access)
            if request.body and request.method in ("POST", "PUT", "PATCH"):
                require_json(request)
            reply = handler(request, account)
        except Refusal as refusal:
            reply = refusal.reply(self.correlation_id())
        reply.headers.update(headers)
        return reply

    def _require_payments(self, account: Account, request: Request, access: Access) -> None:
        concerned = account.type_name(request.params["type"]) == "commerce_payments" and "/objects/" in request.path
        if concerned and not account.payments and (access == "write" or self.switches.payments_refused == "all"):
            raise Refusal(self.switches.payments_refusal, "FORBIDDEN", "Payments are not set up in this account.")

    def _grant(self, request: Request) -> Document:
        kind, _, token = header(request, "Authorization").partition(" ")
        access = self.state.get("hubspot/access", token) if kind.lower() == "bearer" else None
        grant = self.state.get("hubspot/grants", access["grant"]) if access else None
        if access is None or grant is None:
            raise Refusal(401, "INVALID_AUTHENTICATION", "Authentication credentials not found. This API supports OAuth 2.0 authentication.")
        if access["expires"] <= self.clock():
            raise Refusal(401, "EXPIRED_AUTHENTICATION", "The OAuth token used to make this call is expired.")
        return grant

    def _spend(self, grant: Document, bucket: str) -> dict[str, str]:
        """Count one request; the headers that tell what is left, none for search."""
        if bucket == "search":
            limit, seconds, owner = self.switches.search_limit, 1.0 / self.switches.limit_speed, f"search {grant['portal']}"
        else:
            limit, seconds, owner = self.switches.limit, WINDOW_SECONDS / self.switches.limit_speed, f"{bucket} {grant['portal']} {grant['client']}"
        if limit is None:
            return {} if bucket == "search" else rate_headers(UNLIMITED, UNLIMITED)
        now = self.clock()
        spent = self._spent.setdefault(owner, deque())
        while spent and spent[0] <= now - seconds:
            spent.popleft()
        if len(spent) >= limit:
            raise exhausted(bucket)
        spent.append(now)
        return {} if bucket == "search" else rate_headers(limit, limit - len(spent))


def rate_headers(limit: int, left: int) -> dict[str, str]:
    """What every answer but those of search tells about the limit."""
    return {
        "X-HubSpot-RateLimit-Max": str(limit),
        "X-HubSpot-RateLimit-Remaining": str(left),
        "X-HubSpot-RateLimit-Interval-Milliseconds": str(int(WINDOW_SECONDS * 1000)),
    }


def exhausted(bucket: str) -> Refusal:
    """The 429 of a limit, in the words HubSpot was seen to use."""
    policy, word = ("SECONDLY", "secondly") if bucket == "search" else ("TEN_SECONDLY_ROLLING", "ten_secondly_rolling")
    extra = {"errorType": "RATE_LIMIT", "policyName": policy, "groupName": "publicapi:crm"}
    return Refusal(429, "RATE_LIMITS", f"You have reached your {word} limit.", extra=extra)


def require_scope(grant: Document, kind: str, access: str) -> None:
    """Refuse a call on objects of a kind without one of the scopes that allow it."""
    require_any(grant, TYPES[kind].scopes(access))


def require_any(grant: Document, scopes: Sequence[str]) -> None:
    if not set(scopes) & set(grant["scopes"]):
        detail = {"message": "One or more of the following scopes are required.", "context": {"requiredGranularScopes": list(scopes)}}
        raise Refusal(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes to make this call.", errors=[detail])


def require_json(request: Request) -> None:
    if not header(request, "Content-Type").startswith("application/json"):
        raise Refusal(415, "VALIDATION_ERROR", "Content-Type must be application/json.")
    if not isinstance(request.json, dict | list):
        raise invalid("Invalid input JSON")


def header(request: Request, name: str) -> str:
    """A request header, whatever its case; "" when absent."""
    return next((value for key, value in request.headers.items() if key.lower() == name.lower()), "")
