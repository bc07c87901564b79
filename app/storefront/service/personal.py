"""What the shop keeps about a fan: given out with everything else, and emptied when the fan is erased.

The books keep their amounts; who paid them stands nowhere any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Text, cast, delete, exists, func, or_, select, union, update
from sqlalchemy.orm import Session

from app.fans.models import Fan
from app.fans.service import erasing, exporting, moving
from app.kernel import clock
from app.kernel.tenant import Tenant
from app.storefront.gateways.gateway import AGAIN, CHARGED
from app.storefront.models import (
    Basket,
    BasketLine,
    Dispute,
    Fulfilment,
    Membership,
    Order,
    OrderLine,
    Owned,
    Payment,
    Product,
    Refund,
    StoreEvent,
    Wish,
)
from app.storefront.queries.library import is_fans_order, is_fans_own
from app.storefront.rules.fan_refusals import ErasureMustWait
from app.storefront.service import library

ORDER = (
    "number", "state", "email", "customer", "language", "country", "region", "currency", "items_micros",
    "discount_micros", "shipping_micros", "tax_micros", "total_micros", "refunded_micros", "placed_at", "paid_at",
)  # fmt: skip
MEMBERSHIP = ("state", "started_at", "renews_on", "ends_on", "price_micros", "currency")
UNSENT = ("open", "asked", "packed", "failed")
LINE = ("title", "variant", "kind", "quantity", "unit_micros", "amount_micros", "gift")


def orders(session: Session, tenant: Tenant, fan: Fan) -> list[dict[str, Any]]:  # noqa: ARG001 every part has one
    """A fan's orders, each with its lines."""
    held = session.scalars(select(Order).where(is_fans_order(fan)).order_by(Order.placed_at)).all()
    lines: dict[Any, list[dict[str, Any]]] = {order.id: [] for order in held}
    query = select(OrderLine).where(OrderLine.order_id.in_(lines)).order_by(OrderLine.position)
    for line in session.scalars(query):
        lines[line.order_id].append({name: msgspec.to_builtins(getattr(line, name)) for name in LINE})
    return [
        {name: msgspec.to_builtins(getattr(order, name)) for name in ORDER} | {"lines": lines[order.id]}
        for order in held
    ]


def library_and_wishes(session: Session, tenant: Tenant, fan: Fan) -> dict[str, Any]:
    """What a fan owns and wishes for."""
    owned = [{"title": item.title, "artist": item.artist_line, "since": item.granted_at.isoformat()}
             for item in library.owned_by(session, tenant, fan)]  # fmt: skip
    query = select(Product.title).join(Wish, Wish.product_id == Product.id).where(Wish.fan_id == fan.id)
    return {"owned": owned, "wishes": list(session.scalars(query.order_by(Wish.created_at)))}


def memberships(session: Session, tenant: Tenant, fan: Fan) -> list[dict[str, Any]]:  # noqa: ARG001 every part has one
    """What a fan is or was a member of; the gateway's own reference opens nothing and is left out."""
    query = select(Membership, Product.title).join(Product, Product.id == Membership.product_id)
    rows = session.execute(query.where(Membership.fan_id == fan.id).order_by(Membership.started_at))
    return [
        {name: msgspec.to_builtins(getattr(member, name)) for name in MEMBERSHIP} | {"title": title}
        for member, title in rows
    ]


def empty(session: Session, tenant: Tenant, fan: Fan) -> None:
    """Empty everything of the shop's that tells who a fan is; refused while something is still to be sent to them."""
    mine = select(Order.id).where(is_fans_order(fan))
    if session.scalar(select(exists().where(Order.id.in_(mine), _is_waiting()))):
        raise ErasureMustWait
    _empty_orders(session, fan)
    baskets = select(Basket.id).where(Basket.fan_id == fan.id)
    session.execute(delete(BasketLine).where(BasketLine.basket_id.in_(baskets)))
    session.execute(update(Basket).where(Basket.fan_id == fan.id).values(sealed=None, region=None))
    session.execute(delete(Wish).where(Wish.fan_id == fan.id))
    ended = {"state": "ended", "reference": "", "ends_on": clock.day_in(tenant.time_zone)}
    session.execute(update(Membership).where(Membership.fan_id == fan.id, Membership.state != "ended").values(ended))
    session.execute(update(Membership).where(Membership.fan_id == fan.id).values(reference=""))


def move(session: Session, tenant: Tenant, fan: Fan, email: str) -> None:  # noqa: ARG001 every mover has one
    """Let what was bought or given under the old mail address stay the fan's."""
    bought = update(Order).where(Order.fan_id.is_(None), Order.email == fan.email)
    session.execute(bought.values(fan_id=fan.id))
    session.execute(update(Owned).where(Owned.fan_id.is_(None), Owned.gift_email == fan.email).values(gift_email=email))


def _is_waiting() -> Any:
    """That an order may still be paid, or that a parcel of it is still to be sent; music opens without an address."""
    is_physical = (Fulfilment.order_id == Order.id) & (Fulfilment.kind != "digital")
    is_sent = exists().where(is_physical, Fulfilment.state.in_(UNSENT))
    return (Order.state == "placed") | (Order.state.in_(("paid", "in_fulfilment")) & is_sent)


def _empty_orders(session: Session, fan: Fan) -> None:
    mine = list(session.scalars(select(Order.id).where(is_fans_order(fan)).with_for_update()))
    owned = list(session.scalars(select(Owned.id).where(is_fans_own(fan))))
    session.execute(update(Owned).where(Owned.id.in_(owned)).values(fan_id=fan.id))
    session.execute(update(Owned).where(Owned.gift_email == fan.email).values(gift_email=None))
    _empty_gifts(session, fan, OrderLine.order_id.in_(mine))
    session.execute(update(Fulfilment).where(Fulfilment.order_id.in_(mine)).values(tracking="", tracking_url=""))
    _empty_events(session, mine)
    emptied = {"fan_id": fan.id, "email": None, "customer": "", "sealed": None}
    session.execute(update(Order).where(Order.id.in_(mine)).values(emptied))
    kept = Payment.facts.op("-")(AGAIN).op("-")(CHARGED)
    session.execute(update(Payment).where(Payment.order_id.in_(mine)).values(facts=kept))


def _empty_gifts(session: Session, fan: Fan, is_mine: ColumnElement[bool]) -> None:
    """Empty what was said of gifts; whom one is for that waits for its day, and that day, stay until they are told."""
    gift = OrderLine.gift
    waits = gift["on"].astext.is_not(None) & ~gift.has_key("told")
    unsaid = gift.op("-")("from").op("-")("words")
    session.execute(update(OrderLine).where(gift.is_not(None), is_mine, waits).values(gift=unsaid))
    named = func.lower(cast(gift, Text)).contains(fan.email, autoescape=True)
    session.execute(update(OrderLine).where(gift.is_not(None), or_(is_mine & ~waits, named)).values(gift=None))


def _empty_events(session: Session, order_ids: Sequence[UUID]) -> None:
    """Empty what a gateway told about these orders' money: it names who paid, and the object can be read again."""
    payments = select(Payment.id).where(Payment.order_id.in_(order_ids))
    told = union(
        select(Payment.reference).where(Payment.order_id.in_(order_ids)),
        select(Payment.facts["payment_intent"].astext).where(Payment.order_id.in_(order_ids)),
        select(Refund.reference).where(Refund.order_id.in_(order_ids)),
        select(Dispute.reference).where(Dispute.payment_id.in_(payments)),
    )
    references = [reference for reference in session.scalars(told) if reference]
    session.execute(update(StoreEvent).where(StoreEvent.reference.in_(references)).values(payload=b"{}"))


exporting.part("orders", orders)
exporting.part("library", library_and_wishes)
exporting.part("memberships", memberships)
erasing.also(empty)
moving.also(move)
