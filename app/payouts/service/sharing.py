"""The instant cap of a rail that all labels share: promised by one label at a time, wherever its schema lies."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel.db import moment, platform_work
from app.kernel.tenant import Tenant
from app.payouts.errors import InstantUsedUp
from app.payouts.gateways import rails
from app.payouts.models import Payout
from app.payouts.models.shared import InstantPromise
from app.payouts.rules.promises import INSTANT_WITHIN

ECHO: Final = timedelta(minutes=1)
"""So long a promise counts after the rail has answered: who asked what is left may have asked before that."""

_IN_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('instant ' || :rail || ' ' || :currency, 0))")


def promise(tenant: Tenant, wish: str, payouts: Collection[Payout], left_micros: int) -> None:
    """Take instant payouts from what is left of a shared rail's cap; `InstantUsedUp` where others promised the rest.

    It commits by itself, beside the label's transaction: should that not commit, the promise counts for nothing after
    the hour within which instant payouts arrive.
    """
    one = next(iter(payouts))
    if not rails.named(one.rail).is_shared:
        return
    wanted = sum(payout.sent_micros for payout in payouts)
    with platform_work() as session:
        session.execute(_IN_TURN, {"rail": one.rail, "currency": one.currency})
        now = moment(session)
        session.execute(delete(InstantPromise).where(InstantPromise.promised_at < now - INSTANT_WITHIN - ECHO))
        others = (InstantPromise.label != tenant.id) | (InstantPromise.wish != wish)
        if _promised(session, one.rail, one.currency, now, others) + wanted > left_micros:
            raise InstantUsedUp
        row = {"request_id": one.request_id, "rail": one.rail, "currency": one.currency, "amount_micros": wanted}
        row |= {"promised_at": now, "heard_at": None}
        statement = insert(InstantPromise).values(label=tenant.id, wish=wish, **row)
        session.execute(statement.on_conflict_do_update(index_elements=["label", "wish"], set_=row))


def heard(tenant: Tenant, requests: Collection[UUID]) -> None:
    """The rail has answered to what was asked for at once: it counts itself from now on."""
    if requests:
        with platform_work() as session:
            mine = (InstantPromise.label == tenant.id) & InstantPromise.request_id.in_(requests)
            open_ = update(InstantPromise).where(mine, InstantPromise.heard_at.is_(None))
            session.execute(open_.values(heard_at=moment(session)))


def _promised(session: Session, rail: str, currency: str, now: datetime, others: ColumnElement[bool]) -> int:
    query = select(func.coalesce(func.sum(InstantPromise.amount_micros), 0)).where(
        InstantPromise.rail == rail,
        InstantPromise.currency == currency,
        InstantPromise.promised_at > now - INSTANT_WITHIN,
        InstantPromise.heard_at.is_(None) | (InstantPromise.heard_at > now - ECHO),
        others,
    )
    return int(session.scalars(query).one())
