"""The promise of an instant payout: within the hour, or its fee is given back by itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.kernel import failpoint
from app.kernel.actor import Actor
from app.kernel.db import moment, tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.ledger import service as ledger
from app.ledger.service import freezing
from app.payouts.gateways import rails
from app.payouts.gateways.rail import Report
from app.payouts.models import Payout
from app.payouts.service import applying, books, hearing, notices, requesting
from app.payouts.service.sending import EVEN

MOST = 500


def keep(tenant: Tenant) -> int:
    """Give back the fees of instant payouts that are late by the rails' own word: their news may be late, not they."""
    reports = _asked(tenant)
    with tenant_work(tenant, even=EVEN) as session:
        if freezing.frozen(session):
            return 0  # until the books are right
        applying.apply(session, tenant, reports)
        return keep_promises(session, tenant, moment(session))


def keep_promises(session: Session, tenant: Tenant, now: datetime, most: int = MOST) -> int:
    """Give back the fees of instant payouts that are late, whether they arrived late or not yet."""
    is_late = or_(
        Payout.state.in_(("approved", "sending", "unknown", "sent")),
        (Payout.state == "paid") & (Payout.paid_at > Payout.promised_by),
    )
    query = select(Payout).where(_is_due(now), is_late).order_by(Payout.id).limit(most)
    late = list(session.scalars(query.with_for_update(skip_locked=True)))
    actor = Actor.system(tenant)
    ledger.post(session, actor, [books.fee_back(session, payout, books.day_of(session, now)) for payout in late])
    for payout in late:
        payout.fee_returned_at = now
        session.flush()
        requesting.tell(session, actor, "payout.fee_returned", payout)
        notices.tell_fee(session, tenant, payout)
    failpoint.reach("payouts.promised")
    return len(late)


def _is_due(now: datetime) -> ColumnElement[bool]:
    return (Payout.promised_by <= now) & (Payout.fee_micros > 0) & Payout.fee_returned_at.is_(None)


def _asked(tenant: Tenant) -> list[Report]:
    """What rails say now of payouts whose hour is over and of which nothing was heard."""
    with tenant_read(tenant) as session:
        if freezing.frozen(session):
            return []
        query = select(Payout).where(_is_due(moment(session)), Payout.state == "sent", Payout.reference.is_not(None))
        waiting = list(session.scalars(query.where(Payout.rail.in_(rails.reachable())).order_by(Payout.id).limit(MOST)))
    said = hearing.ask(tenant, [(each.rail, str(each.reference)) for each in waiting])
    ours = {(each.id, each.reference) for each in waiting}
    return [report for report in said.values() if (report.payout_id, report.reference) in ours]
