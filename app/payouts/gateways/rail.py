"""What every rail can do. Nothing here or behind it holds a database transaction open while it talks to the outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

from app.kernel.tenant import Tenant

Speed = Literal["instant", "standard"]
RailState = Literal["accepted", "in_transit", "paid", "failed", "returned", "refused", "unknown"]
"""How a rail sees an order: `refused` never left and never will; `failed` was taken and did not arrive; `returned`
arrived and came back; `unknown` is no answer at all, and never a reason to send again under another key."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where money goes, as the rail needs it; account numbers are plain here and nowhere else.

    `scheme` is iban, us, gb or stripe; `number` the account's own, `routing` the bank's (BIC, routing number, sort
    code), empty where the scheme has none. `country` is the bank's, `address_country` the holder's (ISO 3166-1).
    """

    scheme: Literal["iban", "us", "gb", "stripe"]
    holder: str
    number: str
    routing: str = ""
    country: str = ""
    address_country: str = ""
    is_company: bool = False
    is_savings: bool = False

    def __repr__(self) -> str:
        """Nothing of it belongs into a log."""
        return f"Destination({self.scheme})"


@dataclass(frozen=True, slots=True)
class Order:
    """One payment to make: `amount_minor` of `currency`'s minor unit, under a `key` that means no other payment."""

    payout_id: UUID
    key: str
    speed: Speed
    amount_minor: int
    currency: str
    to: Destination
    text: str
    """What the receiver's bank shows: at most 35 characters of the SEPA character set."""
    on: date
    """The banking day on which a standard payment is to arrive at the earliest."""
    first_tried_at: datetime | None = None
    """When the key was first handed over, None the first time: rails forget keys, and search instead of asking then."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a rail says of an order. `reference` is the rail's own name for it; `problem` one of `PROBLEMS`."""

    payout_id: UUID | None
    state: RailState
    reference: str = ""
    problem: str = ""
    amount_minor: int | None = None
    currency: str = ""
    at: datetime | None = None
    facts: dict[str, str] = field(default_factory=dict)


PROBLEMS = (
    "account_closed", "account_unknown", "holder_differs", "bank_refused", "limit_reached", "no_funds", "not_supported",
    "unreachable", "details_invalid", "other",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """What a rail takes of a currency: the least, the most of one order, and what is left of today's instant cap."""

    minimum_minor: int
    maximum_minor: int | None
    instant_left_minor: int | None
    """None: no cap; 0: standard only."""
    has_instant: bool
    step_minor: int = 1
    """What is sent is a multiple of so many minor units; 0: nothing of the currency can be sent."""


class Rail(Protocol):
    """One way for money to leave; `name` is kept with each payout and never changes its meaning.

    It is given up to `batch` orders at once, and is lost patience with after `lease`. One that `is_shared` pays for all
    labels from one account, and has one cap for all of them.
    """

    name: str
    is_shared: bool
    batch: int
    lease: timedelta

    def limits(self, tenant: Tenant, currency: str) -> Limits:
        """What it takes now."""

    def send(self, tenant: Tenant, orders: Sequence[Order]) -> Iterator[Report]:
        """Hand orders over, one report each as soon as it is known; the same key again gives the same report.

        Never raises for an order: a timeout, a reset, a 5xx is a report of `unknown`.
        """

    def find(self, tenant: Tenant, order: Order) -> Report:
        """What became of an order whose answer was lost: asked under the same key, or searched by the payout's id.

        `refused` says for certain that the rail never had it.
        """

    def read(self, tenant: Tenant, reference: str) -> Report:
        """What the rail now says of something of its own."""

    def movements(self, tenant: Tenant, since: datetime) -> Iterable[Report]:
        """Everything that left or came back since then, whoever asked for it: for reconciliation."""
