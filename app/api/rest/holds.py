"""Holds: disputed amounts that are kept from being paid, no more and no longer than they must."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Resource, Section, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Id, Moment
from app.api.rest.money_parts import Currency, Micros, SomeMicros, minor_of
from app.identity.policies import Visitor, file_to_see
from app.kernel.money import from_minor
from app.payouts.errors import HoldUnknown
from app.payouts.models import PayoutHold
from app.payouts.policies import hold_to_change, may_see_payee, payee_to_read, require_all
from app.payouts.service import holds
from app.roster.models import Payee

SECTION = Section("Holds", "Disputed amounts that are kept from being paid for thirty days, with their reason.")


class HoldView(View):
    """A disputed amount that is kept; it is let go of by itself at `ends_at` unless a second person renews it."""

    id: Id
    payee_id: Id
    currency: Currency
    amount_micros: Micros
    reason: str
    evidence: list[Id]
    opened_by: Id | None
    opened_at: Moment
    ends_at: Moment
    renewed_by: Id | None
    released_at: Moment | None
    released_by: Id | None


class NewHold(Body, frozen=True):
    """What is held back of a payee's money, and why; `evidence` are files of the label."""

    payee_id: Id
    currency: Currency
    amount_micros: SomeMicros
    reason: Annotated[str, Meta(min_length=1, max_length=500, examples=["Two people say that they own it."])]
    evidence: Annotated[list[Id], Meta(max_length=20)] = msgspec.field(default_factory=list)


def _visible(visitor: Visitor) -> ColumnElement[bool]:
    return PayoutHold.payee_id.in_(select(Payee.id).where(may_see_payee(visitor)))


HOLDS = Resource(
    name="holds",
    view=HoldView,
    model=PayoutHold,
    visible=_visible,
    filters={
        "payee_id": by.ident(PayoutHold.payee_id, "Holds of this payee's money."),
        "is_open": by.flag(PayoutHold.released_at.is_(None), "Whether it is still held."),
    },
    sorts={"ends_at": PayoutHold.ends_at, "opened_at": PayoutHold.opened_at},
    version=None,
)


@SECTION.listing("/holds", HOLDS, scope="payouts:read")
def list_holds(call: Call, session: Session) -> Answer:
    """List holds."""
    return HOLDS.page(call, session)


@SECTION.get("/holds/{hold_id}", scope="payouts:read", resource=HOLDS)
def read_hold(call: Call, session: Session) -> Answer:
    """Read a hold."""
    hold = session.get(PayoutHold, call.id("hold_id")) if call.id("hold_id") else None
    if hold is None or hold.id not in HOLDS.shown(session, call.visitor, [hold.id]):
        raise HoldUnknown
    return HOLDS.one(call, session, hold.id)


@SECTION.post("/holds", scope="payouts:write", takes=NewHold, resource=HOLDS)
def hold_back(call: Call, session: Session, body: NewHold) -> Answer:
    """Hold an amount back. For thirty days, of what can be paid to the payee."""
    payee = payee_to_read(session, call.visitor, body.payee_id)
    require_all(call.visitor, "payouts.prepare")
    minor = minor_of(body.amount_micros, body.currency) or 0
    for file_id in body.evidence:
        file_to_see(session, call.visitor, file_id)
    made = holds.hold(
        session,
        call.actor,
        payee,
        currency=body.currency,
        amount_micros=from_minor(minor, body.currency),
        reason=body.reason.strip(),
        evidence=body.evidence,
    )
    return HOLDS.one(call, session, made.id, status=201, at=f"/api/v1/holds/{made.id}")


@SECTION.put("/holds/{hold_id}/renewal", scope="payouts:write", resource=HOLDS)
def renew_hold(call: Call, session: Session) -> Answer:
    """Renew a hold. For thirty days more, by somebody other than who held last."""
    held = hold_to_change(session, call.visitor, call.id("hold_id"))
    call.require_somebody()
    holds.renew(session, call.actor, held)
    return HOLDS.one(call, session, held.id)


@SECTION.put("/holds/{hold_id}/release", scope="payouts:write", resource=HOLDS)
def release_hold(call: Call, session: Session) -> Answer:
    """Release a hold. It can be paid again."""
    held = hold_to_change(session, call.visitor, call.id("hold_id"))
    holds.release(session, call.actor, held)
    return HOLDS.one(call, session, held.id)
