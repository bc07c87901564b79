"""The promise of an instant payout: within the hour, or its fee is given back by itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from app.ledger import service as ledger
from app.payouts.models import Payout
from app.payouts.service import books, notices, requesting


def keep_promises(session: Session, tenant: Tenant, now: datetime, most: int = 500) -> int:
    """Give back the fees of instant payouts that are late, whether they arrived late or not yet."""
    is_late = or_(
        Payout.state.in_(("approved", "sending", "unknown", "sent")),
        (Payout.state == "paid") & (Payout.paid_at > Payout.promised_by),
    )
    query = (
        select(Payout)
        .where(Payout.promised_by <= now, Payout.fee_micros > 0, Payout.fee_returned_at.is_(None), is_late)
        .order_by(Payout.id)
        .limit(most)
    )
    late = list(session.scalars(query.with_for_update(skip_locked=True)))
    actor = Actor.system(tenant)
    ledger.post(session, actor, [books.fee_back(session, payout, now.date()) for payout in late])
    for payout in late:
        payout.fee_returned_at = now
        session.flush()
        requesting.tell(session, actor, "payout.fee_returned", payout)
        notices.tell_fee(session, tenant, payout)
    return len(late)
