"""Payees who are paid without asking: on their day, what is there, if it is enough."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import activity, clock, failpoint, observe
from app.kernel.actor import Actor
from app.kernel.db import moment, tenant_read, tenant_work
from app.kernel.errors import Refusal
from app.kernel.tenant import Tenant
from app.ledger.service import freezing
from app.payouts.gateways import rails
from app.payouts.models import PayoutSchedule
from app.payouts.rules.schedules import Schedule, next_due
from app.payouts.service import books, quoting, requesting
from app.payouts.service.quoting import Asked, Way
from app.payouts.service.requesting import Wish
from app.payouts.service.sending import EVEN
from app.roster.models import Payee

BATCH: Final = 200

log = observe.log("payouts")


def set_schedule(session: Session, actor: Actor, payee: Payee, schedule: Schedule) -> PayoutSchedule | None:
    """Pay a payee in this rhythm from now on; by hand means that they ask."""
    session.get_one(Payee, payee.id, with_for_update={"key_share": True})
    found = session.get(PayoutSchedule, payee.id, with_for_update=True)
    day = next_due(schedule, books.day_of(session), payee.currency)
    after = {"rhythm": schedule.rhythm, "anchor": schedule.anchor, "on_holiday": schedule.on_holiday}
    before = {"rhythm": found.rhythm, "anchor": found.anchor} if found else {"rhythm": "manual"}
    if day is None:
        if found is not None:
            session.delete(found)
            found = None
    else:
        found = found or PayoutSchedule(payee_id=payee.id)
        found.rhythm, found.anchor, found.on_holiday = schedule.rhythm, schedule.anchor, schedule.on_holiday
        found.next_on, found.set_by, found.set_at = day, actor.id, clock.now()
        session.add(found)
    session.flush()
    activity.record(
        session,
        actor,
        "payout_schedule.set",
        subject_type="payee",
        subject_id=payee.id,
        before=before,
        after=after,
    )
    return found


def pay_scheduled(tenant: Tenant) -> int:
    """Ask for everybody's payout whose day it is; one payee's refusal keeps nobody else from theirs."""
    asked = 0
    with tenant_read(tenant) as session:
        if freezing.frozen(session):
            return 0  # nobody loses a day: it is paid when the books are right
        today = books.day_of(session, moment(session))
    while due := _due(tenant, today):
        for payee, currency in due:
            asked += _pay(tenant, payee, currency, today)
            failpoint.reach("payouts.scheduled")
    return asked


def _due(tenant: Tenant, today: date) -> list[tuple[UUID, str]]:
    query = select(PayoutSchedule.payee_id, Payee.currency).join(Payee, Payee.id == PayoutSchedule.payee_id)
    with tenant_read(tenant) as session:
        rows = session.execute(
            query.where(PayoutSchedule.next_on <= today).order_by(PayoutSchedule.payee_id).limit(BATCH)
        )
        return [(payee, currency) for payee, currency in rows]


def _pay(tenant: Tenant, payee_id: UUID, currency: str, today: date) -> int:
    """One payee's turn; the next day is noted in the same transaction, so that each day has one payout."""
    with tenant_read(tenant) as session:
        rail = quoting.policy_of(session).rail or rails.usual()
    way = Way(rail, rails.named(rail).limits(tenant, currency))
    with tenant_work(tenant, even=EVEN) as session:
        schedule = session.get(PayoutSchedule, payee_id, with_for_update=True)
        if schedule is None or schedule.next_on > today:
            return 0
        day = schedule.next_on
        rhythm = Schedule(schedule.rhythm, schedule.anchor, schedule.on_holiday)  # type: ignore[arg-type]  # checked
        following = next_due(rhythm, today, currency)
        if following is None:
            return 0
        schedule.next_on = following
        session.flush()
        wish = Wish(payee_id, Asked(currency, None, "standard"), f"schedule:{day.isoformat()}")
        actor = Actor(kind="system", id=payee_id, tenant=tenant, name="schedule")
        try:
            with session.begin_nested():
                return len(requesting.request(session, tenant, actor, wish, way))
        except Refusal as refusal:
            log.info("payouts.not_scheduled", payee=str(payee_id), reason=refusal.reason)
            return 0
