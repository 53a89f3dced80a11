"""What is fixed about one provider: names, addresses, scopes, and how to make a connector. Each provider folder exports one `PROVIDER`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connectors.base import Connector
from connectors.http import Token
from connectors.pacing import Ledger, Limit
from connectors.vocabulary import Kind
from connectors.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where one provider answers. `api` and `authorize` are base addresses without a trailing slash; `web` is where people look at records.

    `pace` is how much faster than documented the request limits are here; 0 means that this place has none (a simulation in a test).
    """

    api: str
    authorize: str
    token: str
    revoke: str
    userinfo: str
    web: str
    pace: float = 1.0

    def limits(self, documented: Mapping[str, tuple[Limit, ...]]) -> Mapping[str, tuple[Limit, ...]]:
        """The limits by bucket that hold at this place."""
        if self.pace <= 0:
            return {}
        return {bucket: tuple(limit.faster(self.pace) for limit in limits) for bucket, limits in documented.items()}


@dataclass(frozen=True, slots=True)
class ObjectName:
    """How people call a kind at this provider, in the singular and the plural."""

    singular: str
    plural: str


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider. `sandbox(url)` gives the endpoints of the bundled simulation at that address.

    `scopes` have to be granted, `optional_scopes` are asked for and lived without. `static_tokens`: an account may give a token that never changes
    instead of a consent. `token_headers` go with every request for a grant. `basic_auth`: the token endpoint wants the client's id and secret as
    HTTP Basic, not in the form. `account_parameter`: the name under which the consent callback tells the account, or "" where the token answer does.
    `creates` are the labels of what `Connector.setup` creates in an account, told to people before they connect.
    `trial` is where the provider keeps its own test accounts, where those have addresses of their own.
    `connect(endpoints, token, account_id, ledger)` makes a connector and no call; the ledger counts what is asked, None is one of its own.
    """

    key: str
    label: str
    scopes: tuple[str, ...]
    live: Endpoints
    sandbox: Callable[[str], Endpoints]
    basic_auth: bool
    account_parameter: str
    objects: Mapping[Kind, ObjectName]
    connect: Callable[[Endpoints, Token, str, Ledger | None], Connector]
    webhooks: Webhooks
    trial: Endpoints | None = None
    optional_scopes: tuple[str, ...] = ()
    static_tokens: bool = False
    token_headers: Mapping[str, str] = field(default_factory=dict)
    creates: tuple[str, ...] = ()

    @property
    def asked_scopes(self) -> tuple[str, ...]:
        """Everything a consent asks for."""
        return (*self.scopes, *self.optional_scopes)
