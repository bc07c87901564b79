"""Orders: placed in one transaction from what a basket costs at that moment, cancelled, and lapsed where unpaid.

Rows are locked in one order everywhere: the basket, the stock, limited editions, discounts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from app.identity.rules import normal_email
from app.kernel import activity, clock, crypto, ids
from app.kernel.actor import Actor
from app.kernel.money import format_money
from app.kernel.tenant import Tenant
from app.storefront.models import Basket, Order, Payment
from app.storefront.rules.addresses import Address
from app.storefront.rules.details import Details, checked
from app.storefront.rules.quotes import Quote
from app.storefront.rules.refusals import (
    BasketEmpty,
    BasketGone,
    CountryElsewhere,
    DetailsIncomplete,
    MarketClosed,
    MembershipNeedsFan,
    NotSentThere,
    NotSoldHere,
    OnlySoMany,
    OrderUnfit,
    PriceChanged,
    PriceGone,
    SoldOut,
)
from app.storefront.service import discounts, stock, writing
from app.storefront.service.gathering import titled
from app.storefront.service.quoting import Prepared, prepare

__all__ = ["Address", "Details", "address_of", "cancel", "lapse", "place"]

UNPAID_FOR: Final = timedelta(minutes=45)
"""A card processor's own page stays open for at least thirty minutes."""

LAPSED: Final = "lapsed"
"""Why an order that nobody paid was cancelled."""

AT_ONCE: Final = 100


def place(
    session: Session,
    tenant: Tenant,
    actor: Actor,
    basket: Basket,
    details: Details,
    *,
    agreed: Mapping[UUID, int] | None = None,
) -> Order:
    """Order what lies in a basket, at what it costs now; a basket that was ordered gives back its order.

    Refuses, with nothing ordered and nothing set aside, where the total is not what was shown (`PriceChanged`), where
    the market is closed, where something is sold out or not sold there, and where details are missing. What was
    `agreed` before is charged for variants that a member goes on having, and takes no new place among limited ones.
    """
    session.refresh(basket, with_for_update=True)
    if basket.ordered_at is not None:
        return _ordered(session, basket)
    found = prepare(
        session, tenant, basket, country=details.country, region=details.region, way=details.way,
        agreed=agreed,
    )  # fmt: skip
    _check(found, details)
    order = _order(session, tenant, basket, details, found)
    _fill(session, order, found, basket.language, had=frozenset(agreed or ()))
    used = {each.id for each in found.quote.discounts}
    discounts.count_uses(session, used, order)
    basket.ordered_at = order.placed_at
    session.flush()
    after = {"number": order.number, "total_micros": order.total_micros, "currency": order.currency}
    activity.record(session, actor, "order.placed", subject_type="order", subject_id=order.id, after=after)
    return order


def _ordered(session: Session, basket: Basket) -> Order:
    """The order that a basket has become."""
    order = session.scalar(select(Order).where(Order.basket_id == basket.id))
    if order is None:
        raise BasketGone
    return order


def _check(found: Prepared, details: Details) -> None:
    quote, here = found.quote, found.ground
    if not here.is_open:
        raise MarketClosed
    if not here.serves(details.country):
        raise CountryElsewhere
    if not quote.lines:
        raise BasketEmpty
    if quote.is_membership and details.fan_id is None:
        raise MembershipNeedsFan
    _check_lines(quote)
    checked(details, needs_address=quote.needs_address, needs_region=quote.needs_region)
    if quote.needs_address and quote.way is None:
        raise NotSentThere
    if details.way is not None and quote.way is not None and details.way != quote.way:
        raise DetailsIncomplete(fields={"way": DetailsIncomplete.WAY})
    if quote.total_micros != details.shown_total_micros:
        total = format_money(quote.total_micros, quote.currency, details.language.replace("-", "_"))
        raise PriceChanged(quote.total_micros, quote.currency, total)


def _check_lines(quote: Quote) -> None:
    for line in quote.lines:
        if line.problem == "sold_out":
            raise SoldOut(title=line.title)
        if line.problem == "only_n":
            raise OnlySoMany(title=line.title, count=line.left)
        if line.problem is not None:
            raise (NotSoldHere if line.problem == "not_here" else PriceGone)(title=line.title)


def _order(session: Session, tenant: Tenant, basket: Basket, details: Details, found: Prepared) -> Order:
    quote, now, order_id = found.quote, clock.now(), ids.new_id()
    address = details.address if quote.needs_address else None
    way = next((each for each in quote.ways if each.key == quote.way), None)
    order = Order(
        id=order_id,
        basket_id=basket.id,
        state="placed",
        market_id=found.ground.market.id,
        fan_id=details.fan_id or basket.fan_id,
        email=normal_email(details.email),
        customer=(details.name or (address.name if address else "")).strip()[:200],
        language=details.language,
        country=details.country,
        region=quote.region,
        sealed=crypto.seal(tenant, msgspec.json.encode(address), _context(order_id)) if address else None,
        currency=quote.currency,
        items_micros=quote.items_micros,
        discount_micros=quote.discount_micros,
        shipping_micros=quote.shipping_micros,
        tax_micros=quote.tax_micros,
        shipping_tax_micros=quote.shipping_tax_micros,
        tax_included=quote.tax_included,
        total_micros=quote.total_micros,
        shipping=msgspec.to_builtins(way) if way else {},
        taxes=msgspec.to_builtins(quote.taxes),
        discounts=msgspec.to_builtins(quote.discounts),
        placed_at=now,
        lapses_at=now + UNPAID_FOR,
    )
    session.add(order)
    session.flush()
    return order


def _context(order_id: UUID) -> str:
    return f"order:{order_id}"


def address_of(tenant: Tenant, order: Order) -> Address | None:
    """Where an order goes; None where nothing is sent, or since somebody was erased."""
    if order.sealed is None:
        return None
    return msgspec.json.decode(crypto.open_sealed(tenant, order.sealed, _context(order.id)), type=Address)


def _fill(session: Session, order: Order, found: Prepared, language: str, *, had: frozenset[UUID]) -> None:
    """Set aside what is ordered, and write its lines: one for each place that something is taken from."""
    wanted: Counter[UUID] = Counter()
    editions: Counter[UUID] = Counter()
    titles: dict[UUID, str] = {}
    for each in found.lines:
        bundle, quantity = each.held.thing, each.held.line.quantity
        for thing in {bundle.variant.id: bundle, **{part.variant.id: part for part in each.held.parts}}.values():
            titles[thing.variant.id] = titles[thing.product.id] = titled(thing.product, language)
        for thing in each.held.all_things():
            wanted[thing.variant.id] += quantity * thing.quantity
        for thing in (bundle, *each.held.parts):
            if thing.product.most is not None and thing.variant.id not in had:
                editions[thing.product.id] += quantity * thing.quantity
    taken = stock.set_aside(session, wanted, titles)
    stock.count_editions(session, editions, titles)
    writing.write_lines(session, order, found, taken, language)


def cancel(session: Session, tenant: Tenant, actor: Actor, order: Order, why: str) -> None:  # noqa: ARG001 as others do
    """Take an unpaid order back: what was set aside is free, discounts count as unused, and the basket is one again.

    Cancelled twice is cancelled; what was paid is refunded, not cancelled.
    """
    session.refresh(order, with_for_update=True)
    if order.state == "cancelled":
        return
    if order.state != "placed":
        raise OrderUnfit
    basket_id, now = order.basket_id, clock.now()
    order.state, order.ended_at, order.why, order.basket_id = "cancelled", now, why[:500], None
    session.flush()
    stock.free(session, order)
    discounts.uncount_uses(session, order)
    if basket_id is not None:
        reopened = update(Basket).where(Basket.id == basket_id).values(ordered_at=None, touched_at=now)
        session.execute(reopened.execution_options(synchronize_session="fetch"))
    after = {"number": order.number, "why": order.why}
    activity.record(session, actor, "order.cancelled", subject_type="order", subject_id=order.id, after=after)


def lapse(session: Session, tenant: Tenant) -> int:
    """Cancel orders that nobody paid in time, unless a bank is still at it; how many. At most a hundred at once."""
    paying = exists().where(Payment.order_id == Order.id, Payment.state.in_(("acting", "paid")))
    due = select(Order).where(Order.state == "placed", Order.lapses_at <= clock.now(), ~paying)
    rows = session.scalars(due.order_by(Order.lapses_at).limit(AT_ONCE).with_for_update(skip_locked=True)).all()
    for order in sorted(rows, key=lambda each: each.id):
        cancel(session, tenant, Actor.system(tenant), order, LAPSED)
    return len(rows)
