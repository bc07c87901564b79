"""What pages show of an order, to who has its link and to a fan in the account."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web.own_words import offer
from app.roster.rules.countries import country_names
from app.storefront.models import FulfilmentLine, Order, Payment, Refund
from app.storefront.pages import sums
from app.storefront.pages.pictures import picture
from app.storefront.queries import library as queries
from app.storefront.rules import addresses
from app.storefront.rules.addresses import Address
from app.storefront.service import library, ordering, telling

STATES: Final = {
    "placed": sentence("Waiting for your payment"),
    "paid": sentence("Payment received"),
    "in_fulfilment": sentence("Being prepared"),
    "shipped": sentence("On its way"),
    "delivered": sentence("Delivered"),
    "cancelled": sentence("Cancelled"),
    "refunded": sentence("Refunded"),
}
PARCELS: Final = {
    "open": sentence("Being packed"),
    "asked": sentence("Being made"),
    "packed": sentence("Packed"),
    "shipped": sentence("On its way"),
    "delivered": sentence("Delivered"),
    "returned": sentence("Came back to us"),
    "failed": sentence("Something went wrong; we look into it"),
    "cancelled": sentence("Not sent"),
}
offer(*STATES.values(), *PARCELS.values())


def facts(session: Session, tenant: Tenant, language: str, order: Order) -> dict[str, Any]:
    """An order as its pages show it: its lines, parcels, music, sums and refunds, and where it goes."""
    lines = list(session.scalars(queries.lines(order.id)))
    tries = select(Payment).where(Payment.order_id == order.id).order_by(Payment.started_at.desc()).limit(1)
    parcels = list(session.scalars(queries.parcels(order.id)))
    held = select(FulfilmentLine).where(FulfilmentLine.fulfilment_id.in_([row.id for row in parcels]))
    refunds = select(Refund).where(Refund.order_id == order.id, Refund.state != "failed").order_by(Refund.asked_at)
    owned = library.of_order(session, order)
    total = sums.of_order(order, language)
    artists = sum(line.artists_micros or 0 for line in lines)
    address = ordering.address_of(tenant, order)
    return {
        "order_number": telling.number_of(session, order),
        "lines": lines,
        "payment": session.scalar(tries),
        "parcels": parcels,
        "held": list(session.scalars(held)) if parcels else [],
        "refunds": list(session.scalars(refunds)),
        "owned": owned,
        "covers": {item.id: picture(item.artwork, most=sums.THUMBNAIL) for item in owned},
        "formats": library.FORMATS,
        "sum": total,
        "artists": f"\u2066{total.money(artists)}\u2069" if artists > 0 else "",
        "address": [*addresses.lines(address), _country(address, language)] if address else [],
        "states": STATES,
        "parcel_states": PARCELS,
    }


def _country(address: Address, language: str) -> str:
    return dict(country_names(language)).get(address.country, address.country)
