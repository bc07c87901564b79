"""Parcels of paid orders on their way: packed, sent off, arrived; the order follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from app.storefront.models import Fulfilment, FulfilmentLine, Order
from app.storefront.rules import fulfilment as rules
from app.storefront.rules.portal_refusals import (
    CarrierUnknown,
    FulfilmentPast,
    OrderNotPaid,
    PartUnusable,
    TrackingUnusable,
)
from app.storefront.service import telling

LONGEST_CARRIER = 40
SENDABLE = ("paid", "in_fulfilment", "shipped", "delivered")


class Parcel(NamedTuple):
    """Who carries a parcel and under which number: a key of `rules.fulfilment.CARRIERS`, or a name of their own."""

    carrier: str
    tracking: str = ""
    name: str = ""


def pack(session: Session, actor: Actor, order: Order, parcel: Fulfilment) -> None:
    """Note that a parcel is packed."""
    _begin(order, parcel, "open")
    parcel.state, parcel.packed_at = "packed", clock.now()
    _done(session, actor, order, parcel, "order.packed")


def ship(session: Session, tenant: Tenant, actor: Actor, order: Order, parcel: Fulfilment, by: Parcel) -> None:
    """Note that a parcel left, and tell whoever ordered it how it is followed."""
    _begin(order, parcel, "open", "packed")
    carrier, tracking = _carrier(by), _tracking(by.tracking)
    now = clock.now()
    parcel.carrier, parcel.tracking = carrier, tracking
    parcel.tracking_url = rules.tracking_url(by.carrier, tracking)
    parcel.state, parcel.shipped_at, parcel.packed_at = "shipped", now, parcel.packed_at or now
    _done(session, actor, order, parcel, "order.shipped", carrier=carrier, tracking=tracking)
    telling.tell_shipped(session, tenant, order, parcel)


def deliver(session: Session, actor: Actor, order: Order, parcel: Fulfilment) -> None:
    """Note that a parcel arrived."""
    _begin(order, parcel, "shipped")
    parcel.state, parcel.delivered_at = "delivered", clock.now()
    _done(session, actor, order, parcel, "order.delivered")


def come_back(session: Session, actor: Actor, order: Order, parcel: Fulfilment) -> None:
    """Note that a parcel came back; what is in it goes into stock with a refund, or by hand."""
    _begin(order, parcel, "shipped", "delivered")
    parcel.state = "returned"
    _done(session, actor, order, parcel, "order.came_back")


def divide(
    session: Session, actor: Actor, order: Order, parcel: Fulfilment, quantities: Mapping[UUID, int]
) -> Fulfilment:
    """Take so many of each line out of a parcel that is not packed, into one of their own; gives the new one."""
    _begin(order, parcel, "open")
    query = select(FulfilmentLine).where(FulfilmentLine.fulfilment_id == parcel.id).with_for_update()
    lines = {line.line_id: line for line in session.scalars(query)}
    wanted = {line: quantity for line, quantity in quantities.items() if quantity}
    is_part = wanted and all(line in lines and 0 < wanted[line] <= lines[line].quantity for line in wanted)
    if not is_part or sum(wanted.values()) >= sum(line.quantity for line in lines.values()):
        raise PartUnusable
    other = Fulfilment(
        id=ids.new_id(),
        order_id=order.id,
        kind=parcel.kind,
        state="open",
        location_id=parcel.location_id,
        created_at=clock.now(),
    )
    session.add(other)
    session.flush()
    for line, quantity in wanted.items():
        session.add(FulfilmentLine(fulfilment_id=other.id, line_id=line, quantity=quantity))
        if lines[line].quantity == quantity:
            session.delete(lines[line])
        else:
            lines[line].quantity -= quantity
    session.flush()
    _done(session, actor, order, other, "order.divided")
    return other


def _begin(order: Order, parcel: Fulfilment, *states: str) -> None:
    if order.state not in SENDABLE:
        raise OrderNotPaid
    if parcel.order_id != order.id or parcel.state not in states or parcel.kind == "digital":
        raise FulfilmentPast


def _done(session: Session, actor: Actor, order: Order, parcel: Fulfilment, action: str, **said: Any) -> None:
    session.flush()
    before = follow(session, order)
    after = {"parcel": parcel.number, "state": order.state, **{name: value for name, value in said.items() if value}}
    changed = {"state": before} if before != order.state else None
    activity.record(session, actor, action, subject_type="order", subject_id=order.id, before=changed, after=after)


def follow(session: Session, order: Order) -> str:
    """Let an order stand where its parcels say; gives where it stood."""
    before = order.state
    states = session.scalars(select(Fulfilment.state).where(Fulfilment.order_id == order.id))
    order.state = rules.order_state(before, states)
    session.flush()
    return before


def _carrier(by: Parcel) -> str:
    if by.carrier not in rules.CARRIERS:
        raise CarrierUnknown
    name = rules.CARRIERS[by.carrier][0] or " ".join(by.name.split())[:LONGEST_CARRIER]
    if not name:
        raise CarrierUnknown
    return name


def _tracking(text: str) -> str:
    bare = " ".join(text.split())
    if bare and rules.TRACKING.fullmatch(bare) is None:
        raise TrackingUnusable
    return bare
