"""What a shop sold, day by day and product by product; each currency by itself, for they cannot be added."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Date, DateTime, cast, func, select
from sqlalchemy.orm import Session

from app.storefront.models import Dispute, Fulfilment, Order, OrderLine, Product, Refund, Stock, StoreSale, Variant

TO_SEND = ("open", "packed")


class Day(NamedTuple):
    """What a day brought, in micros; `units` less what came back."""

    on: date
    gross_micros: int
    units: int


@dataclass(slots=True)
class Sold:
    """What a stretch of days brought in one currency, and the stretch before it; `days` has every day, also empty ones.

    Gross is what fans paid for things, with tax and without sending, less what they got back; net is what contracts
    divide.
    """

    currency: str
    days: list[Day] = field(default_factory=list)
    gross_micros: int = 0
    net_micros: int = 0
    units: int = 0
    orders: int = 0
    before_gross_micros: int = 0
    before_net_micros: int = 0
    before_units: int = 0
    before_orders: int = 0


def sold(session: Session, until: date, days: int, zone: str) -> list[Sold]:
    """What was sold on the last so many days up to one, by currency, the currency with most sales first."""
    first = until - timedelta(days=days - 1)
    before = first - timedelta(days=days)
    found: dict[str, Sold] = {}
    daily: dict[str, dict[date, Day]] = {}
    for row in session.execute(_sales(before, until)):
        into = found.setdefault(row.currency, Sold(row.currency))
        if row.sold_on < first:
            into.before_gross_micros += int(row.gross)
            into.before_net_micros += int(row.net)
            into.before_units += int(row.units)
            continue
        into.gross_micros += int(row.gross)
        into.net_micros += int(row.net)
        into.units += int(row.units)
        daily.setdefault(row.currency, {})[row.sold_on] = Day(row.sold_on, int(row.gross), int(row.units))
    for row in session.execute(_orders(before, first, until, zone)):
        into = found.setdefault(row.currency, Sold(row.currency))
        into.orders, into.before_orders = row.now, row.before
    for currency, into in found.items():
        here = daily.get(currency, {})
        every = (first + timedelta(days=place) for place in range(days))
        into.days = [here.get(day, Day(day, 0, 0)) for day in every]
    return sorted(found.values(), key=lambda each: (-each.orders, -each.before_orders, each.currency))


def _sales(first: date, until: date) -> Any:
    return (
        select(
            StoreSale.currency,
            StoreSale.sold_on,
            func.sum(StoreSale.gross_micros).label("gross"),
            func.sum(StoreSale.net_micros).label("net"),
            func.sum(StoreSale.quantity).label("units"),
        )
        .where(StoreSale.sold_on.between(first, until))
        .group_by(StoreSale.currency, StoreSale.sold_on)
    )


def _orders(before: date, first: date, until: date, zone: str) -> Any:
    day = cast(func.timezone(zone, Order.placed_at), Date)
    begins = func.timezone(zone, cast(before, DateTime))  # the label's midnight, for the index
    return (
        select(
            Order.currency,
            func.count().filter(day >= first).label("now"),
            func.count().filter(day < first).label("before"),
        )
        .where(Order.placed_at >= begins, day <= until, Order.paid_at.is_not(None))
        .group_by(Order.currency)
    )


class Top(NamedTuple):
    """A product with what it brought."""

    id: UUID
    title: str
    kind: str
    units: int
    gross_micros: int
    length: int
    """Of the best one: 1,000."""


def top_products(session: Session, currency: str, until: date, days: int, limit: int) -> list[Top]:
    """The products that brought most in a currency on the last so many days."""
    gross = func.sum(StoreSale.gross_micros)
    query = (
        select(Product.id, Product.title, Product.kind, func.sum(StoreSale.quantity), gross)
        .join(OrderLine, OrderLine.id == StoreSale.line_id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(StoreSale.currency == currency)
        .where(StoreSale.sold_on.between(until - timedelta(days=days - 1), until))
        .group_by(Product.id)
        .order_by(gross.desc(), Product.id)
        .limit(limit)
    )
    rows = [(key, title, kind, int(units), int(micros)) for key, title, kind, units, micros in session.execute(query)]
    most = max((micros for *_, micros in rows), default=0)
    return [Top(*row, max(row[4], 0) * 1000 // most if most > 0 else 0) for row in rows]


class Waiting(NamedTuple):
    """How much waits for somebody: parcels to send, printers that failed, money that could not go back, disputes."""

    parcels: int
    failed: int
    refunds: int
    disputes: int


def waiting(session: Session) -> Waiting:
    """What of the shop waits for somebody."""
    count = func.count
    parcels = select(count()).where(Fulfilment.state.in_(TO_SEND), Fulfilment.kind == "parcel").scalar_subquery()
    failed = select(count()).where(Fulfilment.state == "failed").scalar_subquery()
    refunds = select(count()).where(Refund.state == "failed").scalar_subquery()
    disputes = select(count()).where(Dispute.state == "open").scalar_subquery()
    return Waiting(*session.execute(select(parcels, failed, refunds, disputes)).one())


def low_stock(session: Session, limit: int) -> list[Any]:
    """Variants of which few are left somewhere, the fewest first, with how many are free and when that is few."""
    free = Stock.on_hand - Stock.reserved
    query = (
        select(Product.id, Product.title, Variant.title.label("variant"), Variant.sku, free.label("free"), Stock.low_at)
        .join(Variant, Variant.id == Stock.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where(Stock.low_at.is_not(None), free <= Stock.low_at, Product.state == "live", Variant.is_active)
        .order_by(free, Product.title, Variant.position)
        .limit(limit)
    )
    return list(session.execute(query))


def growth(now: int, before: int) -> int | None:
    """By how many parts per thousand it is more than before; None where there was nothing to compare with."""
    return round((now - before) * 1000 / before) if before > 0 else None


def longest(days: Iterable[Day]) -> int:
    """The most that a day brought; one where none brought anything."""
    return max((day.gross_micros for day in days), default=0) or 1
