"""The bank's side of payouts: where its list differs from the books, and the sandbox's bank."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from msgspec import Meta
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Resource, Section, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.numbered import asked
from app.api.rest.conventions.schemas import Count, Id, Moment
from app.api.rest.money_parts import Currency, Micros
from app.identity.policies import Visitor
from app.payouts.errors import RailUnknown
from app.payouts.gateways import rails, sandbox
from app.payouts.models import RailCheck, RailDifference
from app.payouts.policies import difference_to_settle, require_all
from app.payouts.service import hearing, reconciling, sending
from app.payouts.service.quoting import policy_of

SECTION = Section(
    "The bank's side",
    "What the bank lists is held against the books, again and again. While it lists money that no payout explains, "
    "nothing is sent. Files for the label's own bank hold everybody's full account numbers: people make and take them "
    "in the portal.",
)
Kind = Literal["missing", "extra", "amount", "state"]


class BankCheck(View):
    """When a rail was last held against the books, until which moment, and how many differences it showed."""

    rail: str
    checked_at: Moment
    until: Moment
    found: Count


class WaitingByHand(View):
    """Payouts that wait to be handed to the label's own bank."""

    currency: Currency
    payouts: Count
    sent_micros: Micros


class BankView(View):
    """Where the bank and the books stand. `is_held_up`: nothing goes out until unexplained money was settled."""

    rail: Annotated[str, Meta(examples=["sandbox"])]
    is_held_up: bool
    checks: list[BankCheck]
    waiting_by_hand: list[WaitingByHand]


class BankDifferenceView(View):
    """Something that the bank's list and the books say differently, and what came of it."""

    id: Id
    rail: str
    kind: Kind
    reference: str
    payout_id: Id | None
    found_at: Moment
    resolved_at: Moment | None
    note: str | None


class DifferenceSettled(Body, frozen=True):
    """What came of a difference."""

    note: Annotated[str, Meta(min_length=1, max_length=500, examples=["The bank booked it a day later."])]


class DayPassed(View):
    """How many transfers the sandbox's bank moved on."""

    moved: Count


def _all(visitor: Visitor) -> ColumnElement[bool]:
    require_all(visitor, "payouts.view")
    return true()


DIFFERENCES = Resource(
    name="bank_differences",
    view=BankDifferenceView,
    model=RailDifference,
    visible=_all,
    filters={
        "is_open": by.flag(RailDifference.resolved_at.is_(None), "Whether nobody has settled them yet."),
        "kind": by.choice(RailDifference.kind, get_args(Kind), "Differences of one kind."),
        "payout_id": by.ident(RailDifference.payout_id, "Differences of this payout."),
    },
    usual_sort="-id",
    version=None,
)


@SECTION.get("/bank", scope="payouts:read", gives=BankView)
def read_bank(call: Call, session: Session) -> Answer:
    """Read where the bank stands. When it was last held against the books, and what waits to be handed over."""
    asked(call, {})
    require_all(call.visitor, "payouts.view")
    kept = ("rail", "checked_at", "until", "found")
    checks = session.scalars(select(RailCheck).order_by(RailCheck.rail))
    told: dict[str, Any] = {
        "rail": policy_of(session).rail or rails.usual(),
        "is_held_up": sending.is_held_up(session),
        "checks": [{name: getattr(each, name) for name in kept} for each in checks],
        "waiting_by_hand": [
            {"currency": currency, "payouts": many, "sent_micros": micros}
            for currency, many, micros in sending.waiting_by_hand(session)
        ],
    }
    return Answer(told)


@SECTION.listing("/bank/differences", DIFFERENCES, scope="payouts:read")
def list_bank_differences(call: Call, session: Session) -> Answer:
    """List differences between the bank's list and the books. The newest first."""
    return DIFFERENCES.page(call, session)


@SECTION.put(
    "/bank/differences/{difference_id}/resolution", scope="payouts:bank", takes=DifferenceSettled, resource=DIFFERENCES
)
def settle_bank_difference(call: Call, session: Session, body: DifferenceSettled) -> Answer:
    """Say what came of a difference. Once, by somebody who is there: what it held up is sent from then on."""
    visitor = call.require_person()
    difference = difference_to_settle(session, visitor, call.id("difference_id"))
    reconciling.resolve(session, call.actor, difference, body.note.strip())
    return DIFFERENCES.one(call, session, difference.id)


@SECTION.post("/bank/days", scope="payouts:write", gives=DayPassed)
def let_bank_day_pass(call: Call, session: Session) -> Answer:
    """Let the sandbox's bank do everything that waits there. No other bank has such a day."""
    require_all(call.visitor, "payouts.prepare")
    if "sandbox" not in rails.open_here():
        raise RailUnknown
    moved = sandbox.move(session, all_of_them=True)
    hearing.hear_of(session, moved)
    return Answer({"moved": len(moved)}, status=201)
