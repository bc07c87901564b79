"""What every payment gateway can do; nothing here or behind it holds a transaction open while it talks outside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from app.kernel.tenant import Tenant

PaymentState = Literal["open", "acting", "paid", "failed", "cancelled", "unknown"]
"""`open` waits for the buyer, `acting` for the buyer's bank; `unknown` is no answer at all, and never a reason to ask
for the money under another key."""

AGAIN = "again"
"""The fact of a payment under which its gateway charges the same buyer again."""

CHARGED = "charged"
"""The fact of a payment at which no buyer is: under what the gateway charges."""

ReturnState = Literal["sent", "done", "failed", "unknown"]
DisputeState = Literal["open", "answered", "won", "lost", "unknown"]

PROBLEMS = (
    "declined", "no_funds", "card_expired", "challenge_failed", "not_supported", "limit_reached", "left", "lapsed",
    "unreachable", "amount", "twice", "too_late", "closed", "other",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Charge:
    """Money to ask a buyer for: `amount_minor` of the currency's minor unit, under a `key` that means no other try.

    `lines` are what the buyer reads beside the sum; they need not add up to it.
    """

    payment_id: UUID
    key: str
    order_number: str
    amount_minor: int
    currency: str
    method: str
    language: str
    email: str
    country: str
    back_url: str
    """Where the buyer comes back to, whatever came of it."""

    started_at: datetime
    is_again: bool = False
    """Whether it was asked for before: gateways forget keys, and search instead of asking then."""

    keeps: bool = False
    """Whether the buyer agrees that it is charged again: what is needed for that comes back as the fact `AGAIN`."""

    again: str = ""
    """Such a fact of an earlier payment: it is charged at once, and no buyer is there."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a gateway says of a payment. `fee_minor` is None while it does not say what it keeps."""

    payment_id: UUID | None
    state: PaymentState
    reference: str = ""
    url: str = ""
    """Where the buyer pays, while there is something to do."""

    problem: str = ""
    amount_minor: int | None = None
    currency: str = ""
    fee_minor: int | None = None
    method: str = ""
    at: datetime | None = None
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Back:
    """Money to give back, of the payment that the gateway calls `payment`."""

    refund_id: UUID
    payment_id: UUID
    key: str
    payment: str
    amount_minor: int
    currency: str
    asked_at: datetime
    is_again: bool = False


@dataclass(frozen=True, slots=True)
class Returned:
    """What a gateway says of a refund."""

    refund_id: UUID | None
    state: ReturnState
    reference: str = ""
    problem: str = ""
    amount_minor: int | None = None
    currency: str = ""
    payment_id: UUID | None = None
    at: datetime | None = None
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Disputed:
    """What a gateway says of a payment that a buyer's bank wants back; the fee is what that costs in any case."""

    payment_id: UUID | None
    state: DisputeState
    reference: str
    amount_minor: int = 0
    currency: str = ""
    fee_minor: int = 0
    reason: str = ""
    due_at: datetime | None = None
    at: datetime | None = None


Said = Report | Returned | Disputed


class Gateway(Protocol):
    """One way for buyers to pay; `name` is kept with each payment and never changes its meaning."""

    name: str

    def methods(self, currency: str) -> tuple[str, ...]:
        """The ways to pay that it has for a currency; none where it does not take it."""

    def start(self, tenant: Tenant, charge: Charge) -> Report:
        """Ask for money; the same key again gives the same report. Never raises: no answer is `unknown`."""

    def stop(self, tenant: Tenant, reference: str) -> Report:
        """Let nobody pay any more what was asked for; what was paid meanwhile is said."""

    def read(self, tenant: Tenant, reference: str) -> Said:
        """What is now true of something of its own: a payment, a refund, or a dispute."""

    def refund(self, tenant: Tenant, back: Back) -> Returned:
        """Give money back; the same key again gives the same report."""

    def read_refund(self, tenant: Tenant, reference: str) -> Returned:
        """What is now true of a refund."""

    def movements(self, tenant: Tenant, since: datetime) -> Iterable[Said]:
        """Everything that was paid, given back or disputed since then, whoever asked for it: for reconciliation."""
