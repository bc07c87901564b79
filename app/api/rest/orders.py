"""Orders of the shop: what fans bought, what is sent and how it is followed, and what goes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Part, Resource, Section, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Code, Count, Day, Id, Moment, Name
from app.api.rest.money_parts import Currency, Micros
from app.api.rest.products import whole_shop
from app.identity.policies import Visitor
from app.kernel.db import tenant_work
from app.roster.queries.search import forgive
from app.storefront.models import Fulfilment, FulfilmentLine, Order, OrderLine, Refund
from app.storefront.models.orders import STATES as STATES_SQL
from app.storefront.policies import order_to_change, order_to_read, parcel_to_change
from app.storefront.queries.orders import WAITS, fits
from app.storefront.rules.fulfilment import CARRIERS
from app.storefront.service import ordering, paying, refunding, sending
from app.storefront.service.ordering import address_of
from app.storefront.service.refunding import RefundLine
from app.storefront.service.sending import Parcel

SECTION = Section("Orders", "What fans bought: paid, packed, sent, arrived, given back.")
STATES = tuple(word.strip("' ") for word in STATES_SQL.split(","))
ParcelState = Literal["open", "asked", "packed", "shipped", "delivered", "returned", "failed", "cancelled"]


class OrderLineView(View):
    """One thing that was bought, as it was called and priced then."""

    id: Id
    bundle_id: Id | None
    product_id: Id
    variant_id: Id
    kind: str
    title: str
    variant: str
    sku: str
    quantity: Count
    unit_micros: Micros
    discount_micros: Micros
    amount_micros: Micros
    tax_micros: Micros
    net_micros: Micros
    refunded_quantity: Count
    refunded_micros: Micros
    ships_on: Day | None


class ParcelLineView(View):
    """So many of an order's line in a parcel."""

    line_id: Id
    quantity: Count


class ParcelView(View):
    """What is sent together of an order. Of kind `digital`, `open` is music that is not out yet."""

    id: Id
    number: Count
    kind: Literal["digital", "parcel", "printful"]
    state: ParcelState
    carrier: str
    tracking: str
    tracking_url: str
    lines: list[ParcelLineView]
    packed_at: Moment | None
    shipped_at: Moment | None
    delivered_at: Moment | None


class RefundView(View):
    """Money that goes back."""

    id: Id
    state: Literal["asked", "sent", "done", "failed"]
    amount_micros: Micros
    shipping_micros: Micros
    reason: str
    is_dispute: bool


class OrderView(View):
    """What a fan bought. `total` is charged: items less discounts plus sending, and tax where it is not included."""

    id: Id
    number: Count
    state: str
    market_id: Id
    fan_id: Id | None
    email: str | None
    customer: str
    language: str
    country: str
    region: str | None
    currency: Currency
    items_micros: Micros
    discount_micros: Micros
    shipping_micros: Micros
    tax_micros: Micros
    tax_included: bool
    total_micros: Micros
    refunded_micros: Micros
    lines: list[OrderLineView]
    parcels: list[ParcelView]
    refunds: list[RefundView]
    placed_at: Moment
    paid_at: Moment | None
    ended_at: Moment | None


class AddressView(View):
    """Where an order is sent."""

    address: dict[str, Any] | None


class Cancellation(Body, frozen=True):
    """Why an order is cancelled."""

    why: Annotated[str, Meta(max_length=200)] = "label"


class Dispatch(Body, frozen=True):
    """Who carries a parcel, and under which number it is followed; a name with the carrier `other`."""

    carrier: Annotated[str, Meta(max_length=40, examples=["dhl"])]
    tracking: Code = ""
    name: Name | None = None


class PartSaid(Body, frozen=True):
    """So many of a line."""

    line_id: Id
    quantity: Annotated[int, Meta(ge=1, le=1000)]


class Division(Body, frozen=True):
    """What is taken out of a parcel into one of its own."""

    lines: Annotated[list[PartSaid], Meta(min_length=1, max_length=200)]


class RefundLineSaid(Body, frozen=True):
    """So many of a line, or so much of it; without an amount, what these many cost."""

    line_id: Id
    quantity: Annotated[int, Meta(ge=0, le=1000)] = 0
    amount_micros: Annotated[int, Meta(ge=0, le=10**15)] | None = None


class NewRefund(Body, frozen=True):
    """What is given back, and why; `is_restocked` puts things back on the shelf."""

    reason: Annotated[str, Meta(min_length=1, max_length=300, examples=["Damaged on the way"])]
    lines: Annotated[list[RefundLineSaid], Meta(max_length=200)] = msgspec.field(default_factory=list)
    shipping_micros: Annotated[int, Meta(ge=0, le=10**15)] = 0
    is_restocked: bool = False


def _plain(view: type[View], row: Any, *without: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in view.__struct_fields__ if name not in without}


def _lines(session: Session, _visitor: Visitor, order_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    query = select(OrderLine).where(OrderLine.order_id.in_(order_ids)).order_by(OrderLine.order_id, OrderLine.position)
    found: dict[UUID, list[Any]] = {}
    for row in session.scalars(query):
        found.setdefault(row.order_id, []).append(_plain(OrderLineView, row))
    return found


def _parcels(session: Session, _visitor: Visitor, order_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    rows = list(
        session.scalars(select(Fulfilment).where(Fulfilment.order_id.in_(order_ids)).order_by(Fulfilment.number))
    )
    inside: dict[UUID, list[Any]] = {}
    held = select(FulfilmentLine).where(FulfilmentLine.fulfilment_id.in_([row.id for row in rows]))
    for line in session.scalars(held.order_by(FulfilmentLine.line_id)):
        inside.setdefault(line.fulfilment_id, []).append({"line_id": line.line_id, "quantity": line.quantity})
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row.order_id, []).append(_plain(ParcelView, row, "lines") | {"lines": inside.get(row.id, [])})
    return found


def _refunds(session: Session, _visitor: Visitor, order_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    found: dict[UUID, list[Any]] = {}
    for row in session.scalars(select(Refund).where(Refund.order_id.in_(order_ids)).order_by(Refund.id)):
        found.setdefault(row.order_id, []).append(_plain(RefundView, row))
    return found


ORDERS = Resource(
    name="orders",
    view=OrderView,
    model=Order,
    visible=whole_shop,
    parts={"lines": Part(_lines, []), "parcels": Part(_parcels, []), "refunds": Part(_refunds, [])},
    filters={
        "q": by.search(fits, "A number, part of a mail address, or of a name as people type it.", forgive),
        "state": by.choice(Order.state, STATES, "Orders that stand here."),
        "waits": by.flag(WAITS, "Whether something of it is to be sent by the label."),
        "is_refunded": by.flag(Order.refunded_micros > 0, "Whether any of it was given back."),
        "currency": by.text(Order.currency, "Orders in this currency.", "EUR"),
        "email": by.text(Order.email, "Orders of this mail address.", "fan@example.com"),
        "fan_id": by.ident(Order.fan_id, "Orders of this fan."),
        "country": by.text(Order.country, "Orders to this country.", "DE"),
        "market_id": by.ident(Order.market_id, "Orders in this market."),
        "placed_since": by.since(Order.placed_at, "Orders placed at this moment or later."),
        "placed_until": by.until(Order.placed_at, "Orders placed before this moment."),
    },
    sorts={"placed_at": Order.placed_at, "number": Order.number},
    version=None,
)


@SECTION.listing("/orders", ORDERS, scope="store:read")
def list_orders(call: Call, session: Session) -> Answer:
    """List orders. Each with its lines, parcels and refunds."""
    return ORDERS.page(call, session)


@SECTION.get("/orders/{order_id}", scope="store:read", resource=ORDERS)
def read_order(call: Call, session: Session) -> Answer:
    """Read an order."""
    return ORDERS.one(call, session, order_to_read(session, call.visitor, call.id("order_id")).id)


@SECTION.get("/orders/{order_id}/address", scope="store:read", gives=AddressView)
def read_order_address(call: Call, session: Session) -> Answer:
    """Read where an order is sent. Null where nothing is sent, or since somebody was erased."""
    found = address_of(call.tenant, order_to_read(session, call.visitor, call.id("order_id")))
    return Answer({"address": msgspec.to_builtins(found) if found else None})


@SECTION.apart("/orders/{order_id}/cancellation", scope="store:write", takes=Cancellation, gives=OrderView)
def cancel_order(call: Call, body: Cancellation) -> Answer:
    """Cancel an order. One that nobody paid; what was set aside for it is free again."""
    with tenant_work(call.tenant) as session:
        order = order_to_change(session, call.visitor, call.id("order_id"))
        ordering.cancel(session, call.tenant, call.actor, order, body.why)
        session.flush()
        told = ORDERS.one(call, session, order.id, status=201)
    paying.stop_open(call.tenant, order.id)
    return told


@SECTION.post("/orders/{order_id}/refunds", scope="store:write", takes=NewRefund, gives=OrderView, resource=ORDERS)
def refund_order(call: Call, session: Session, body: NewRefund) -> Answer:
    """Refund an order. At most what was paid, to whom it came from; the money leaves in the background."""
    order = order_to_change(session, call.visitor, call.id("order_id"))
    lines = [RefundLine(each.line_id, each.quantity, each.amount_micros) for each in body.lines]
    more: dict[str, Any] = {"shipping_micros": body.shipping_micros, "restock": body.is_restocked}
    refunding.refund(session, call.tenant, call.actor, order, lines, reason=body.reason.strip(), **more)
    return _now(call, session, order, status=201)


def _now(call: Call, session: Session, order: Order, *, status: int = 200) -> Answer:
    session.flush()
    return ORDERS.one(call, session, order.id, status=status)


def _parcel(call: Call, session: Session) -> tuple[Order, Fulfilment]:
    order = order_to_change(session, call.visitor, call.id("order_id"))
    return order, parcel_to_change(session, order, call.id("parcel_id"))


@SECTION.put("/orders/{order_id}/parcels/{parcel_id}/packing", scope="store:write", resource=ORDERS)
def pack_parcel(call: Call, session: Session) -> Answer:
    """Note that a parcel is packed."""
    order, parcel = _parcel(call, session)
    sending.pack(session, call.actor, order, parcel)
    return _now(call, session, order)


@SECTION.put("/orders/{order_id}/parcels/{parcel_id}/dispatch", scope="store:write", takes=Dispatch, resource=ORDERS)
def ship_parcel(call: Call, session: Session, body: Dispatch) -> Answer:
    """Note that a parcel left. The buyer is told how it is followed."""
    order, parcel = _parcel(call, session)
    by_whom = Parcel(body.carrier if body.carrier in CARRIERS else "", body.tracking, body.name or "")
    sending.ship(session, call.tenant, call.actor, order, parcel, by_whom)
    return _now(call, session, order)


@SECTION.put("/orders/{order_id}/parcels/{parcel_id}/arrival", scope="store:write", resource=ORDERS)
def note_parcel_arrival(call: Call, session: Session) -> Answer:
    """Note that a parcel arrived."""
    order, parcel = _parcel(call, session)
    sending.deliver(session, call.actor, order, parcel)
    return _now(call, session, order)


@SECTION.put("/orders/{order_id}/parcels/{parcel_id}/return", scope="store:write", resource=ORDERS)
def note_parcel_return(call: Call, session: Session) -> Answer:
    """Note that a parcel came back. A refund puts things back into stock."""
    order, parcel = _parcel(call, session)
    sending.come_back(session, call.actor, order, parcel)
    return _now(call, session, order)


@SECTION.post(
    "/orders/{order_id}/parcels/{parcel_id}/parts",
    scope="store:write",
    takes=Division,
    gives=OrderView,
    resource=ORDERS,
)
def divide_parcel(call: Call, session: Session, body: Division) -> Answer:
    """Divide a parcel. What is named goes into one of its own."""
    order, parcel = _parcel(call, session)
    sending.divide(session, call.actor, order, parcel, {each.line_id: each.quantity for each in body.lines})
    return _now(call, session, order, status=201)
