"""Memberships: begun and made longer by orders that are paid, late where one cannot be, and ended.

An order is locked before the membership that it pays for, by everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.fans.models import Fan
from app.fans.policies import fan_actor
from app.kernel import activity, clock, ids, jobs
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from app.storefront.gateways.gateway import AGAIN
from app.storefront.models import Membership, MembershipRenewal, Order, OrderLine, Payment, Product
from app.storefront.rules.renewals import next_on
from app.storefront.service import member_letters, ordering
from app.storefront.service.gathering import titled

KIND: Final = "membership"
OVER: Final = "the membership ended"


def today(tenant: Tenant) -> date:
    """The label's day."""
    return day_of(tenant, clock.now())


def day_of(tenant: Tenant, when: datetime) -> date:
    """The label's day at a moment."""
    return when.astimezone(ZoneInfo(tenant.time_zone)).date()


def join(
    session: Session, tenant: Tenant, order: Order, lines: Sequence[OrderLine], payment: Payment | None, now: datetime
) -> None:
    """Make a fan a member; who is one already has paid for the next period."""
    wanted = [line for line in lines if line.kind == KIND]
    if order.fan_id is None or not wanted:
        return
    intervals = _intervals(session, {line.product_id for line in wanted})
    renewal = session.scalar(select(MembershipRenewal).where(MembershipRenewal.order_id == order.id))
    for line in wanted:
        member, interval = _standing(session, order.fan_id, line.product_id), intervals[line.product_id]
        if member is None:
            member = _begun(session, order, line, day_of(tenant, now), now)
        whence = member.renews_on
        member.renews_on, member.state = next_on(whence, interval, member.anchor_day), "active"
        member.ends_on, member.announced_micros, member.announced_on = None, None, None
        member.price_micros, member.currency = line.unit_micros, order.currency
        line.period_from, line.period_until = whence, member.renews_on - timedelta(days=1)
        _keep(member, payment)
    if renewal is not None:
        renewal.tries_on = None
    session.flush()


def _intervals(session: Session, products: set[UUID]) -> dict[UUID, str]:
    query = select(Product.id, Product.interval).where(Product.id.in_(products))
    return {key: interval or "month" for key, interval in session.execute(query)}


def _standing(session: Session, fan_id: UUID, product_id: UUID) -> Membership | None:
    query = select(Membership).where(Membership.fan_id == fan_id, Membership.product_id == product_id)
    return session.scalar(query.where(Membership.state != "ended").with_for_update())


def _begun(session: Session, order: Order, line: OrderLine, day: date, now: datetime) -> Membership:
    member = Membership(
        id=ids.new_id(),
        fan_id=order.fan_id,
        product_id=line.product_id,
        variant_id=line.variant_id,
        first_order_id=order.id,
        state="active",
        gateway="",
        reference="",
        renews_on=day,
        anchor_day=day.day,
        started_at=now,
    )
    session.add(member)
    return member


def _keep(member: Membership, payment: Payment | None) -> None:
    """Keep under what the gateway charges again; the newest way to pay is the one that is meant."""
    if payment is not None and payment.facts.get(AGAIN):
        member.gateway, member.reference = payment.gateway, str(payment.facts[AGAIN])


def failed(session: Session, tenant: Tenant, order: Order) -> None:
    """A period could not be charged: its member is late and told where to pay, or after the last try ended."""
    renewal = session.scalar(select(MembershipRenewal).where(MembershipRenewal.order_id == order.id))
    if renewal is None:
        return
    member = session.get_one(Membership, renewal.membership_id, with_for_update=True, populate_existing=True)
    if member.state == "ended" or member.renews_on != renewal.period_on:
        return
    if renewal.tries_on is None:
        finish(session, tenant, member, member.renews_on)
        return
    member.state = "late"
    session.flush()
    fan, title = _told(session, member)
    key = f"late:{member.id}:{renewal.period_on}:{renewal.tries}"
    member_letters.tell_late(session, tenant, fan, title, order, day=renewal.tries_on, key=key)
    _note(session, Actor.system(tenant), "membership.late", member)


def end(session: Session, tenant: Tenant, fan: Fan, member_id: UUID) -> None:
    """End a membership as its fan wishes: what is paid for stays, and nothing is charged any more."""
    renewal = open_renewal(session, member_id)
    if renewal is not None:
        session.get_one(Order, renewal.order_id, with_for_update=True, populate_existing=True)
    member = session.get_one(Membership, member_id, with_for_update=True, populate_existing=True)
    if member.state == "ended" or member.ends_on is not None:
        return
    member.ends_on = member.renews_on
    if member.renews_on <= today(tenant):
        member.state = "ended"
    session.flush()
    _cancel_open(session, tenant, member)
    _note(session, fan_actor(tenant, fan), "membership.ended", member)


def finish(session: Session, tenant: Tenant, member: Membership, day: date) -> None:
    """A membership is over: it is told, and nobody can pay for it any more."""
    member.state, member.ends_on = "ended", day
    session.flush()
    _cancel_open(session, tenant, member)
    fan, title = _told(session, member)
    member_letters.tell_over(session, tenant, fan, title, key=f"over:{member.id}")
    _note(session, Actor.system(tenant), "membership.ended", member)


def leave(session: Session, order: Order, lines: Sequence[OrderLine]) -> None:
    """End memberships whose period was given back as a whole, on its first day."""
    for line in lines:
        if line.kind != KIND or order.fan_id is None or line.period_from is None:
            continue
        member = _standing(session, order.fan_id, line.product_id)
        if member is not None:
            member.state, member.ends_on = "ended", line.period_from
    session.flush()


def open_renewal(session: Session, member_id: UUID) -> MembershipRenewal | None:
    """The period of a membership that is to be paid for and is not."""
    query = select(MembershipRenewal).join(Membership, Membership.id == MembershipRenewal.membership_id)
    due = MembershipRenewal.period_on == Membership.renews_on
    return session.scalar(query.where(Membership.id == member_id, due))


def _cancel_open(session: Session, tenant: Tenant, member: Membership) -> None:
    renewal = open_renewal(session, member.id)
    if renewal is None:
        return
    renewal.tries_on = None
    order = session.get_one(Order, renewal.order_id)
    if order.state == "placed":
        ordering.cancel(session, tenant, Actor.system(tenant), order, OVER)
        jobs.ask(session, "storefront.stop_paying", {"order": str(order.id)}, key=f"stop:{order.id}")


def _told(session: Session, member: Membership) -> tuple[Fan, str]:
    fan = session.get_one(Fan, member.fan_id)
    return fan, titled(session.get_one(Product, member.product_id), fan.language)


def _note(session: Session, actor: Actor, action: str, member: Membership) -> None:
    after = {"ends_on": member.ends_on.isoformat() if member.ends_on else None}
    activity.record(session, actor, action, subject_type="membership", subject_id=member.id, after=after)
