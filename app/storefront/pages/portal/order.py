"""One order: what was bought, paid, sent and given back, and what people do about it."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from sqlalchemy.orm import Session

from app.kernel.activity.meanings import meanings
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.realm import realm_of
from app.roster.rules.countries import country_names
from app.storefront.models import Fulfilment, Market, Order
from app.storefront.pages.portal.around import (
    ORDERS,
    REASON_SENTENCES,
    AnyRequest,
    Sent,
    language_names,
    lines,
    one,
    optional_whole,
    store_page,
    visitor_for,
)
from app.storefront.pages.portal.orders import printed
from app.storefront.policies import order_to_change, order_to_read, parcel_to_change
from app.storefront.queries import orders as queries
from app.storefront.rules import fulfilment as rules
from app.storefront.rules import ways
from app.storefront.rules.taxes import LEVIES
from app.storefront.service import ordering, papers, paying, sending
from app.storefront.service.ordering import address_of
from app.storefront.service.sending import Parcel
from app.storefront.service.telling import number_of

ORDER = f"{ORDERS}/{{order_id:str}}"
PARCEL = f"{ORDER}/parcels/{{parcel_id:str}}"
PAYMENT_SENTENCES = {
    "open": sentence("Begun"),
    "acting": sentence("Waits for the buyer's bank"),
    "paid": sentence("Paid"),
    "failed": sentence("Failed"),
    "cancelled": sentence("Cancelled"),
}
REFUND_SENTENCES = {
    "asked": sentence("Asked for"),
    "sent": sentence("On its way"),
    "done": sentence("Given back"),
    "failed": sentence("Failed"),
}
DISPUTE_SENTENCES = {
    "open": sentence("Not decided yet"),
    "answered": sentence("Answered"),
    "won": sentence("Won"),
    "lost": sentence("Lost"),
}


@get(ORDER, sync_to_thread=True)
def show(request: AnyRequest, order_id: FromPath[str]) -> Response[str]:
    """Show an order and every step of it."""
    return order_page(request, order_id)


def order_page(
    request: AnyRequest, order_id: str, *, refusal: Refusal | None = None, typed: dict[str, str] | None = None
) -> Response[str]:
    """An order; with a refusal, what was typed into the form of a parcel and why it cannot be."""
    visitor, tenant = visitor_for(request)
    language = realm_of(request).language
    with tenant_read(tenant) as session:
        order = order_to_read(session, visitor, parse_uuid(order_id))
        address = address_of(tenant, order)
        told = {
            **_facts(session, order, language),
            "address": papers.address_lines(address, language) if address else [],
            "phone": address.phone if address else "",
            "country": dict(country_names(language)).get(order.country, order.country),
            "language_of_order": language_names(language, [order.language])[order.language],
            "typed": typed or {},
        }
    return store_page(request, "order", ORDERS, refusal=refusal, **told)


def _facts(session: Session, order: Order, language: str) -> dict[str, Any]:
    market, way, it = session.get(Market, order.market_id), order.shipping, queries.whole(session, order)
    return {
        "order": order,
        "way": ways.named(way.get("own") or way.get("name", ""), way.get("names", {}), language),
        "order_number": number_of(session, order),
        "market": ways.named(market.name, market.names, language) if market else "",
        "it": it,
        "levies": LEVIES,
        "titles": queries.titles_for(session, [order], it.lines, language),
        "meanings": meanings(),
        "carriers": {key: name for key, (name, _) in rules.CARRIERS.items()},
        "parcel_stands": rules.stands,
        "parcel_states": rules.STATE_SENTENCES,
        "parcel_tones": rules.TONES,
        "parcel_kinds": rules.KIND_SENTENCES,
        "payment_states": PAYMENT_SENTENCES,
        "refund_states": REFUND_SENTENCES,
        "dispute_states": DISPUTE_SENTENCES,
        "reasons": REASON_SENTENCES,
        "may_refund": order.paid_at is not None
        and order.state not in ("cancelled", "refunded")
        and order.refunded_micros < order.total_micros,
    }


@post(f"{ORDER}/cancellation", sync_to_thread=True)
def cancel(request: AnyRequest, order_id: FromPath[str], data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Cancel an order that nobody paid; what was set aside for it is free again."""
    visitor, tenant = visitor_for(request, "store.edit")
    try:
        with tenant_work(tenant) as session:
            order = order_to_change(session, visitor, parse_uuid(order_id))
            ordering.cancel(session, tenant, visitor.actor, order, one(data, "why")[:200] or "label")
    except (Conflict, Invalid) as refusal:
        return order_page(request, order_id, refusal=refusal)
    paying.stop_open(tenant, order.id)
    return flash.done(f"{ORDERS}/{order.id}", tenant, sentence("The order was cancelled."))


def _parcel(request: AnyRequest, order_id: str, parcel_id: str, said: str, step: Any, data: Sent) -> Response[Any]:
    """Let a parcel take a step, and show the order."""
    visitor, tenant = visitor_for(request, "store.edit")
    try:
        with tenant_work(tenant) as session:
            order = order_to_change(session, visitor, parse_uuid(order_id))
            parcel = parcel_to_change(session, order, parse_uuid(parcel_id))
            step(session, order, parcel)
    except (Conflict, Invalid) as refusal:
        typed = {name: one(data, name) for name in ("carrier", "name", "tracking")} | {"parcel": parcel_id}
        return order_page(request, order_id, refusal=refusal, typed=typed)
    return flash.done(f"{ORDERS}/{order_id}", tenant, said)


@post(f"{PARCEL}/packing", sync_to_thread=True)
def pack(request: AnyRequest, order_id: FromPath[str], parcel_id: FromPath[str]) -> Response[Any]:
    """Note that a parcel is packed."""
    visitor, _ = visitor_for(request, "store.edit")

    def step(session: Session, order: Order, parcel: Fulfilment) -> None:
        sending.pack(session, visitor.actor, order, parcel)

    return _parcel(request, order_id, parcel_id, sentence("The parcel is packed."), step, {})


@post(f"{PARCEL}/dispatch", sync_to_thread=True)
def ship(
    request: AnyRequest, order_id: FromPath[str], parcel_id: FromPath[str], data: URLEncodedBody[dict[str, Any]]
) -> Response[Any]:
    """Note that a parcel left, and tell the buyer."""
    visitor, tenant = visitor_for(request, "store.edit")
    by = Parcel(one(data, "carrier"), one(data, "tracking"), one(data, "name"))

    def step(session: Session, order: Order, parcel: Fulfilment) -> None:
        sending.ship(session, tenant, visitor.actor, order, parcel, by)

    said = sentence("The parcel is on its way, and the buyer was told.")
    return _parcel(request, order_id, parcel_id, said, step, data)


@post(f"{PARCEL}/arrival", sync_to_thread=True)
def deliver(request: AnyRequest, order_id: FromPath[str], parcel_id: FromPath[str]) -> Response[Any]:
    """Note that a parcel arrived."""
    visitor, _ = visitor_for(request, "store.edit")

    def step(session: Session, order: Order, parcel: Fulfilment) -> None:
        sending.deliver(session, visitor.actor, order, parcel)

    return _parcel(request, order_id, parcel_id, sentence("The parcel arrived."), step, {})


@post(f"{PARCEL}/return", sync_to_thread=True)
def come_back(request: AnyRequest, order_id: FromPath[str], parcel_id: FromPath[str]) -> Response[Any]:
    """Note that a parcel came back."""
    visitor, _ = visitor_for(request, "store.edit")

    def step(session: Session, order: Order, parcel: Fulfilment) -> None:
        sending.come_back(session, visitor.actor, order, parcel)

    said = sentence("It is noted that the parcel came back. Refund what is due; that puts things back into stock.")
    return _parcel(request, order_id, parcel_id, said, step, {})


@post(f"{PARCEL}/parts", sync_to_thread=True)
def divide(
    request: AnyRequest, order_id: FromPath[str], parcel_id: FromPath[str], data: URLEncodedBody[dict[str, Any]]
) -> Response[Any]:
    """Put a part of a parcel into one of its own."""
    visitor, _ = visitor_for(request, "store.edit")
    wanted = {
        key: optional_whole(row["quantity"], field="quantity") or 0
        for row in lines(data, ("line", "quantity"))
        if (key := parse_uuid(row["line"])) is not None
    }

    def step(session: Session, order: Order, parcel: Fulfilment) -> None:
        sending.divide(session, visitor.actor, order, parcel, wanted)

    return _parcel(request, order_id, parcel_id, sentence("There are two parcels now."), step, data)


@get(f"{ORDER}/packing-slip", sync_to_thread=True)
def packing_slip(request: AnyRequest, order_id: FromPath[str]) -> Response[bytes]:
    """Give the packing slips of an order, sent or not."""
    visitor, tenant = visitor_for(request)
    with tenant_read(tenant) as session:
        order = order_to_read(session, visitor, parse_uuid(order_id))
    return printed(request, [order.id], "packing", only_open=False)


handlers = [show, cancel, pack, ship, deliver, come_back, divide, packing_slip]
