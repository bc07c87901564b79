"""Memberships are paid for again: one order for each period, charged while no buyer is there, and tried some times.

Before a gateway hears of it order, try and payment are committed; whoever is killed in between goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.fans.models import Fan
from app.kernel import failpoint, ids, jobs, observe
from app.kernel.actor import Actor
from app.kernel.db import moment, tenant_work
from app.kernel.errors import Refusal
from app.kernel.tenant import Tenant
from app.storefront.models import BasketLine, Membership, MembershipRenewal, Order, OrderLine, Product
from app.storefront.rules.details import Details
from app.storefront.rules.renewals import (
    ANNOUNCED_FROM,
    NOTICE,
    is_announced,
    is_to_announce,
    next_on,
    next_try,
    price_due,
)
from app.storefront.service import (
    baskets,
    completing,
    markets,
    member_letters,
    members,
    ordering,
    paying,
    pricing,
    quoting,
)
from app.storefront.service.gathering import titled
from app.storefront.service.markets import MarketView
from app.storefront.service.members import today
from app.storefront.service.pricing import Price

log = observe.log("storefront")
PAYABLE_FOR: Final = timedelta(days=9)
"""A period can be paid for a day longer than it is tried."""


def begin_day(session: Session, tenant: Tenant) -> None:
    """End what ends today, announce prices that rise, and have charged what is due."""
    day = today(tenant)
    ending = select(Membership).where(Membership.state != "ended", Membership.ends_on <= day).order_by(Membership.id)
    for member in session.scalars(ending.with_for_update(skip_locked=True)):
        members.finish(session, tenant, member, member.ends_on or day)
    announce(session, tenant, day)
    for member_id in session.scalars(_due(day)):
        args = {"membership": str(member_id)}
        jobs.ask(session, "storefront.renew", args, key=f"renew:{member_id}:{day}")


def _due(day: date) -> Select[UUID]:
    """Memberships whose next period has begun, and is to be ordered, to be tried, or can no longer be paid."""
    here = (MembershipRenewal.membership_id == Membership.id) & (MembershipRenewal.period_on == Membership.renews_on)
    query = select(Membership.id).outerjoin(MembershipRenewal, here)
    query = query.outerjoin(Order, Order.id == MembershipRenewal.order_id)
    is_to_do = or_(MembershipRenewal.order_id.is_(None), MembershipRenewal.tries_on <= day, Order.state == "cancelled")
    live = (Membership.state != "ended") & Membership.ends_on.is_(None)
    return query.where(live, Membership.renews_on <= day, is_to_do).order_by(Membership.id)


def renew(tenant: Tenant, membership_id: UUID) -> None:
    """Charge the next period of a membership, where that is due now; called twice it is charged once."""
    with tenant_work(tenant) as session:
        payment_id = _try(session, tenant, membership_id)
        failpoint.reach("store.renewing")
    failpoint.reach("store.renewal_noted")
    if payment_id is not None:
        paying.settle(tenant, payment_id)


def _try(session: Session, tenant: Tenant, membership_id: UUID) -> UUID | None:
    """Note the next try; gives the payment that is to be made."""
    day, known = today(tenant), members.open_renewal(session, membership_id)
    if known is not None:
        session.get_one(Order, known.order_id, with_for_update=True, populate_existing=True)
    member = session.get_one(Membership, membership_id, with_for_update=True, populate_existing=True)
    if member.state == "ended" or member.ends_on is not None or member.renews_on > day:
        return None
    renewal = members.open_renewal(session, membership_id)
    if (renewal is None) is not (known is None):
        return None  # somebody else was here first
    renewal = renewal or _ordered(session, tenant, member, day)
    if renewal is None:
        return None
    return _charged(session, tenant, member, renewal, day)


def _charged(
    session: Session, tenant: Tenant, member: Membership, renewal: MembershipRenewal, day: date
) -> UUID | None:  # fmt: skip
    order = session.get_one(Order, renewal.order_id)
    if order.state == "cancelled":
        members.finish(session, tenant, member, member.renews_on)
    is_due = renewal.tries_on is not None and renewal.tries_on <= day
    if order.state != "placed" or not is_due or paying.is_waiting(session, order):
        return None
    renewal.tries += 1
    renewal.tries_on = next_try(day if renewal.tries == 1 else _first_day(tenant, renewal), renewal.tries)
    session.flush()
    if order.total_micros == 0:
        completing.complete(session, tenant, order, None, moment(session))
        return None
    payment = paying.begin_again(session, order, member.gateway, member.reference)
    if payment is None:
        members.failed(session, tenant, order)
    return payment.id if payment else None


def _first_day(tenant: Tenant, renewal: MembershipRenewal) -> date:
    return members.day_of(tenant, renewal.placed_at)


def _ordered(session: Session, tenant: Tenant, member: Membership, day: date) -> MembershipRenewal | None:
    """The order for the next period; None where it cannot be had today, or not any more."""
    product = session.get_one(Product, member.product_id)
    if product.state != "live":
        members.finish(session, tenant, member, member.renews_on)
        return None
    first, market = _home(session, member)
    micros = due(member, product, _price(session, tenant, market, member), market.currency, day)
    if micros is None:
        return None
    try:
        with session.begin_nested():
            order = _placed(session, tenant, member, first, market, micros)
    except Refusal as refusal:  # a shop that is closed charges nobody
        log.info("storefront.renewal_waits", membership=str(member.id), why=type(refusal).__name__)
        return None
    renewal = MembershipRenewal(
        membership_id=member.id,
        period_on=member.renews_on,
        order_id=order.id,
        tries=0,
        tries_on=day,
        placed_at=order.placed_at,
    )
    session.add(renewal)
    until = next_on(member.renews_on, product.interval or "month", member.anchor_day) - timedelta(days=1)
    for line in session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)):
        line.period_from, line.period_until = member.renews_on, until
    session.flush()
    return renewal


def _home(session: Session, member: Membership) -> tuple[Order, MarketView]:
    """The order with which a membership began, and the market in which its country is now."""
    first = session.get_one(Order, member.first_order_id)
    every = markets.markets(session)
    return first, markets.market_of([each for each in every if each.is_open] or every, first.country)


def _price(session: Session, tenant: Tenant, market: MarketView, member: Membership) -> int | None:
    found = pricing.prices(session, tenant, market, [member.variant_id]).get(member.variant_id)
    return found.micros if found else None


def due(member: Membership, product: Product, price: int | None, currency: str, on: date) -> int | None:
    """What one more period costs a member if it is charged on a day; None where nothing may be charged then."""
    agreed = member.price_micros if member.currency == currency else None
    if product.is_named_price:
        return agreed
    is_told = is_announced(member.announced_on, member.renews_on, on)
    return price_due(price, agreed, member.announced_micros if is_told else None) if price is not None else agreed


def _placed(
    session: Session, tenant: Tenant, member: Membership, first: Order, market: MarketView, micros: int
) -> Order:  # fmt: skip
    fan = session.get_one(Fan, member.fan_id)
    basket, _ = baskets.start(session, market, fan.language)
    line = BasketLine(id=ids.new_id(), basket_id=basket.id, variant_id=member.variant_id, quantity=1)
    line.added_at = moment(session)
    session.add(line)
    baskets.move_to(session, basket, market, country=first.country)
    basket.region = first.region
    session.flush()
    agreed = {member.variant_id: micros}
    found = quoting.prepare(session, tenant, basket, country=first.country, region=first.region, agreed=agreed)
    details = Details(
        email=fan.email or "",
        name=fan.name or first.customer,
        country=first.country,
        region=first.region,
        shown_total_micros=found.quote.total_micros,
        fan_id=fan.id,
        language=fan.language,
    )
    order = ordering.place(session, tenant, Actor.system(tenant), basket, details, agreed=agreed)
    order.lapses_at = order.placed_at + PAYABLE_FOR
    session.flush()
    return order


def next_prices(
    session: Session, tenant: Tenant, held: Sequence[tuple[Membership, Product]]
) -> dict[UUID, tuple[int, str]]:
    """What the next period of each of these costs, as far as it is known; what ends has none."""
    live = [(member, product) for member, product in held if member.state != "ended" and member.ends_on is None]
    homes = _homes(session, [member.first_order_id for member, _ in live])
    prices = _prices(session, tenant, homes, [member.variant_id for member, _ in live])
    found = {}
    for member, product in live:
        market = homes[member.first_order_id]
        price = prices[market.id].get(member.variant_id)
        on = max(member.renews_on, today(tenant))
        micros = due(member, product, price.micros if price else None, market.currency, on)
        if micros is not None and product.state == "live":
            found[member.id] = (micros, market.currency)
    return found


def _homes(session: Session, orders: Sequence[UUID]) -> dict[UUID, MarketView]:
    """The markets in which the countries of orders are now."""
    every = markets.markets(session) if orders else []
    open_ones = [each for each in every if each.is_open] or every
    query = select(Order.id, Order.country).where(Order.id.in_(set(orders)))
    return {key: markets.market_of(open_ones, country) for key, country in session.execute(query)}


def _prices(
    session: Session, tenant: Tenant, homes: Mapping[UUID, MarketView], variants: Sequence[UUID]
) -> dict[UUID, dict[UUID, Price]]:  # fmt: skip
    here = {market.id: market for market in homes.values()}
    return {key: pricing.prices(session, tenant, market, set(variants)) for key, market in here.items()}


def announce(session: Session, tenant: Tenant, day: date) -> None:
    """Tell members whose next period costs more, in time before it; once for each period."""
    soon = (Membership.renews_on >= day + NOTICE) & (Membership.renews_on <= day + ANNOUNCED_FROM)
    live = (Membership.state == "active") & Membership.ends_on.is_(None)
    query = select(Membership, Product, Fan).join(Product, Product.id == Membership.product_id)
    query = query.join(Fan, Fan.id == Membership.fan_id)
    query = query.where(live, soon, Product.state == "live", Product.is_named_price.is_(False)).order_by(Membership.id)
    rows = session.execute(query.with_for_update(of=Membership, skip_locked=True)).all()
    homes = _homes(session, [member.first_order_id for member, *_ in rows])
    prices = _prices(session, tenant, homes, [member.variant_id for member, *_ in rows])
    for member, product, fan in rows:
        market = homes[member.first_order_id]
        found = prices[market.id].get(member.variant_id)
        if found is not None:
            _announce(session, tenant, member, fan, titled(product, fan.language), (found.micros, market.currency), day)


def _announce(
    session: Session, tenant: Tenant, member: Membership, fan: Fan, title: str, price: tuple[int, str], day: date
) -> None:
    is_same_money = member.currency == price[1]
    is_dearer = not is_same_money or member.price_micros is None or price[0] > member.price_micros
    if not is_dearer or not is_to_announce(member.announced_on, member.renews_on, day):
        return
    member.announced_micros, member.announced_on = price[0], day
    key = f"dearer:{member.id}:{member.renews_on}"
    member_letters.tell_dearer(session, tenant, fan, title, price, day=member.renews_on, key=key)
    session.flush()
