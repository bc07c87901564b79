"""Music that was ordered before it is out opens on its day, wherever that day moves; then it counts as delivered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Date, DateTime, case, cast, exists, func, select, update
from sqlalchemy.orm import Session

from app.catalog.models import Release
from app.kernel import activity, clock, jobs
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from app.storefront.models import Fulfilment, FulfilmentLine, Order, OrderLine, Owned, Product
from app.storefront.rules.fulfilment import order_state
from app.storefront.service.fulfilling import DIGITAL

AT_ONCE: Final = 500
"""Fulfilments that one transaction looks for; the next one goes on behind them."""


def open_today(session: Session, tenant: Tenant) -> bool:
    """Count music as delivered that is open now, also since days on which nothing ran; whether more may be due."""
    now = clock.now()
    due = select(Fulfilment.order_id).where(*_is_due(now)).order_by(Fulfilment.created_at, Fulfilment.id)
    waiting = session.scalars(due.limit(AT_ONCE)).all()
    orders = select(Order.id, Order.state).where(Order.id.in_(waiting)).order_by(Order.id)
    before = {row.id: row.state for row in session.execute(orders.with_for_update(of=Order))}
    opened = session.execute(
        update(Fulfilment)
        .where(Fulfilment.order_id.in_(before), *_is_due(now))
        .values(state="delivered", shipped_at=now, delivered_at=now)
        .returning(Fulfilment.order_id, Fulfilment.number)
        .execution_options(synchronize_session=False)
    ).all()
    after = _follow(session, before)
    changed = {key: {"state": state} for key, state in before.items() if after.get(key) != state}
    told = [
        (str(key), changed.pop(key, None), {"parcel": number, "state": after[key]})
        for key, number in sorted(opened, key=lambda row: row.number)
    ]
    activity.record_many(session, Actor.system(tenant), "order.delivered", subject_type="order", told=told)
    return len(waiting) == AT_ONCE


def follow_days(session: Session, tenant: Tenant) -> None:
    """Let what nobody can hear yet open, and be sent, on the day that its product or release says now.

    What is open stays so.
    """
    now = clock.now()
    at = func.timezone(tenant.time_zone, cast(func.coalesce(Product.ships_on, _day_of_release()), DateTime))
    opens = func.greatest(func.coalesce(at, now), now)
    waiting = (Owned.opens_at > now, Owned.revoked_at.is_(None), Owned.product_id == Product.id)
    moved = session.scalars(
        update(Owned)
        .where(*waiting, Owned.opens_at != opens)
        .values(opens_at=opens)
        .returning(Owned.opens_at)
        .execution_options(synchronize_session=False)
    ).all()
    today = clock.day_in(tenant.time_zone)
    lines = (OrderLine.product_id == Product.id, OrderLine.ships_on > today)
    session.execute(
        update(OrderLine)
        .where(*lines, OrderLine.ships_on.is_distinct_from(Product.ships_on))
        .values(ships_on=Product.ships_on)
        .execution_options(synchronize_session=False)
    )
    if any(each <= now for each in moved):
        jobs.ask(session, "storefront.open_today", {})


def _day_of_release() -> ColumnElement[date | None]:
    """The whole day on which a product's release comes out; a month or a year says no day."""
    text = select(Release.release_date).where(Release.id == Product.release_id).scalar_subquery()
    return case((func.length(text) == len("2026-01-31"), cast(text, Date)))


def _is_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """That music waits for its day, was not taken back, and all of it is open."""
    mine = (FulfilmentLine.fulfilment_id == Fulfilment.id, Owned.line_id == FulfilmentLine.line_id)
    owned = exists().where(*mine, Owned.revoked_at.is_(None))
    return Fulfilment.kind == DIGITAL, Fulfilment.state == "open", owned, ~owned.where(Owned.opens_at > now)


def _follow(session: Session, before: Mapping[UUID, str]) -> dict[UUID, str]:
    """Let orders stand where all that is sent of them says; gives where that is."""
    states: dict[UUID, list[str]] = defaultdict(list)
    rows = select(Fulfilment.order_id, Fulfilment.state).where(Fulfilment.order_id.in_(before))
    for key, state in session.execute(rows):
        states[key].append(state)
    after = {key: order_state(before[key], states[key]) for key in before}
    for state in set(after.values()):
        _stand(session, [key for key in after if after[key] == state != before[key]], state)
    return after


def _stand(session: Session, orders: Collection[UUID], state: str) -> None:
    if orders:
        session.execute(update(Order).where(Order.id.in_(orders)).values(state=state))
