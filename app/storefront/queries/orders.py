"""Orders as lists, one of them with all that belongs to it, and what is to be sent."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.kernel.activity import Activity
from app.lists.rules import Asked
from app.roster.queries.search import called
from app.storefront.models import (
    Dispute,
    Fulfilment,
    FulfilmentLine,
    Order,
    OrderLine,
    Payment,
    Product,
    Refund,
    StockLocation,
    StoreSettings,
)
from app.storefront.rules import ways

TO_SEND = ("open", "packed")
WAITS = exists().where(Fulfilment.order_id == Order.id, Fulfilment.state.in_(TO_SEND), Fulfilment.kind == "parcel")
_DIGITS = 10


def orders(asked: Asked, *, after: list[Any] | None = None, limit: int) -> Select[Any]:
    """Orders under a filter from after a place, the newest first, with how many things each has."""
    things = (
        select(func.coalesce(func.sum(OrderLine.quantity), 0))
        .where(OrderLine.order_id == Order.id, OrderLine.bundle_id.is_(None))
        .scalar_subquery()
    )
    query = select(Order, things.label("things"), WAITS.label("waits")).where(*_chosen(asked)).limit(limit)
    if after is not None:
        there = select(Order.placed_at).where(Order.number == int(after[0])).scalar_subquery()
        query = query.where(tuple_(Order.placed_at, Order.number) < tuple_(there, int(after[0])))
    return query.order_by(Order.placed_at.desc(), Order.number.desc())


def _chosen(asked: Asked) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = []
    if state := asked.get("state"):
        chosen.append(Order.state == state)
    if asked.get("send"):
        chosen.append(WAITS)
    if asked.get("refunds"):
        chosen.append(Order.refunded_micros > 0)
    if country := asked.get("country"):
        chosen.append(Order.country == country.upper())
    if currency := asked.get("currency"):
        chosen.append(Order.currency == currency.upper())
    if wanted := asked.get("q"):
        chosen.append(fits(wanted))
    return chosen


def fits(wanted: str) -> ColumnElement[bool]:
    """By number, with or without what stands before it; by mail address, or part of one; by name as people type it."""
    said = wanted.lower()
    found = [] if "@" in said else [called(Order.customer, wanted)]
    digits = said.lstrip("#").rpartition("-")[2]
    if digits.isascii() and digits.isdigit() and len(digits) < _DIGITS:
        found.append(Order.number == int(digits))
    found.append(Order.email == said if "@" in said else func.strpos(Order.email, said) > 0)
    return or_(*found)


def count_to_send(session: Session) -> int:
    """How many orders wait to be sent."""
    query = select(func.count(func.distinct(Fulfilment.order_id)))
    return session.scalar(query.where(Fulfilment.state.in_(TO_SEND), Fulfilment.kind == "parcel")) or 0


class Whole(NamedTuple):
    """An order with all that belongs to it."""

    lines: list[OrderLine]
    parcels: list[tuple[Fulfilment, list[tuple[OrderLine, int]]]]
    payments: list[Payment]
    refunds: list[Refund]
    disputes: list[Dispute]
    steps: list[Activity]
    locations: dict[UUID, str]


def whole(session: Session, order: Order) -> Whole:
    """All that belongs to an order."""
    lines = lines_of(session, [order.id])
    payments = list(
        session.scalars(select(Payment).where(Payment.order_id == order.id).order_by(Payment.started_at, Payment.id))
    )
    refunds = select(Refund).where(Refund.order_id == order.id).order_by(Refund.asked_at, Refund.id)
    disputes = select(Dispute).where(Dispute.payment_id.in_([payment.id for payment in payments]))
    steps = select(Activity).where(Activity.subject_type == "order", Activity.subject_id == order.id)
    return Whole(
        lines,
        parcels_of(session, [order.id], lines),
        payments,
        list(session.scalars(refunds)),
        list(session.scalars(disputes)) if payments else [],
        list(session.scalars(steps.order_by(Activity.seq))),
        {row.id: row.name for row in session.execute(select(StockLocation.id, StockLocation.name))},
    )


def lines_of(session: Session, orders: Collection[UUID]) -> list[OrderLine]:
    """The lines of some orders, in the order of each."""
    query = select(OrderLine).where(OrderLine.order_id.in_(orders))
    return list(session.scalars(query.order_by(OrderLine.order_id, OrderLine.position, OrderLine.id)))


def titles_for(
    session: Session, orders: Collection[Order], lines: Collection[OrderLine], language: str
) -> dict[UUID, str]:
    """What lines are called for who reads a language.

    A line keeps its title as its buyer read it; where the product is still called that, it has its other names, too.
    """
    query = select(Product.id, Product.title, Product.titles).where(Product.id.in_({line.product_id for line in lines}))
    called = {key: (title, titles) for key, title, titles in session.execute(query)}
    read = {order.id: order.language for order in orders}
    return {
        line.id: ways.named(*called[line.product_id], language)
        if line.product_id in called and ways.named(*called[line.product_id], read[line.order_id]) == line.title
        else line.title
        for line in lines
    }


def parcels_of(
    session: Session, orders: Collection[UUID], lines: Collection[OrderLine]
) -> list[tuple[Fulfilment, list[tuple[OrderLine, int]]]]:
    """What is sent of some orders, each parcel with its lines and how many of each."""
    known = {line.id: line for line in lines}
    query = (
        select(Fulfilment, FulfilmentLine.line_id, FulfilmentLine.quantity)
        .outerjoin(FulfilmentLine, FulfilmentLine.fulfilment_id == Fulfilment.id)
        .where(Fulfilment.order_id.in_(orders))
        .order_by(Fulfilment.number)
    )
    found: dict[Fulfilment, list[tuple[OrderLine, int]]] = {}
    for parcel, line, quantity in session.execute(query):
        into = found.setdefault(parcel, [])
        if line in known:
            into.append((known[line], quantity))
    return [(parcel, sorted(inside, key=lambda each: each[0].position)) for parcel, inside in found.items()]


def to_send(session: Session, limit: int) -> list[Any]:
    """Paid orders that wait to be sent, the oldest first."""
    things = (
        select(func.sum(FulfilmentLine.quantity))
        .join(Fulfilment, Fulfilment.id == FulfilmentLine.fulfilment_id)
        .where(and_(Fulfilment.order_id == Order.id, Fulfilment.state.in_(TO_SEND), Fulfilment.kind == "parcel"))
        .scalar_subquery()
    )
    query = select(Order, func.coalesce(things, 0).label("things")).where(WAITS)
    return list(session.execute(query.order_by(Order.placed_at, Order.number).limit(limit)))


def chosen_orders(session: Session, orders: Collection[UUID]) -> list[Order]:
    """Some orders by their ids, the oldest first; unknown ids are left out."""
    query = select(Order).where(Order.id.in_(orders)).order_by(Order.placed_at, Order.number)
    return list(session.scalars(query))


def prefix_of(session: Session) -> str:
    """What stands before the numbers of orders."""
    return session.scalar(select(StoreSettings.order_prefix)) or ""
