"""What is printed for parcels: a slip for each, and a list of what to take from the shelves for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from babel.core import Locale
from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.brand.service.drawing import Sheet
from app.kernel import clock
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web.languages import direction
from app.kernel.web.own_words import offer, say_own, say_own_many, words_of
from app.storefront.models import Fulfilment, Order, OrderLine, StockLocation
from app.storefront.queries import orders as queries
from app.storefront.rules.barcodes import code128
from app.storefront.rules.portal_refusals import NothingChosen
from app.storefront.service.ordering import address_of

SLIP: Final = {
    "title": sentence("Packing slip"),
    "order": sentence("Order %(number)s"),
    "note": sentence("Parcel %(parcel)s · %(day)s"),
    "thing": sentence("Item"),
    "sku": sentence("SKU"),
    "quantity": sentence("Quantity"),
    "thanks": sentence("Thank you for your order."),
    "gift": sentence("For you from %(sender)s: %(words)s"),
}
PICK: Final = {
    "title": sentence("Pick list"),
    "thing": sentence("Item"),
    "sku": sentence("SKU"),
    "place": sentence("Location"),
    "quantity": sentence("Quantity"),
}
offer(*SLIP.values(), *PICK.values())
TO_SEND: Final = ("open", "packed")
ISOLATED, AGAIN = "\u2068", "\u2069"
"""Around what is read in a direction of its own (Unicode, UAX 9)."""

Inside = list[tuple[OrderLine, int]]


class Wanted(NamedTuple):
    """A parcel that goes on paper, with its order and what is inside."""

    order: Order
    parcel: Fulfilment
    inside: Inside


def wanted(session: Session, orders: Sequence[Order], *, only_open: bool = True) -> list[Wanted]:
    """The parcels of some orders that are not sent yet, or all of them; refused where there is none."""
    keys = [order.id for order in orders]
    known = {order.id: order for order in orders}
    lines = queries.lines_of(session, keys)
    found = [
        Wanted(known[parcel.order_id], parcel, inside)
        for parcel, inside in queries.parcels_of(session, keys, lines)
        if parcel.kind == "parcel" and parcel.state != "cancelled" and (parcel.state in TO_SEND or not only_open)
    ]
    if not found:
        raise NothingChosen(sentence("Nothing of these orders waits to be sent."))
    place = {order.id: at for at, order in enumerate(orders)}
    return sorted(found, key=lambda each: (place[each.order.id], each.parcel.number))


def paper(session: Session, tenant: Tenant, parcels: Sequence[Wanted], kind: str, language: str) -> Sheet:
    """What is printed for some parcels: one list to pick from ("picking"), or a slip for each."""
    return (_pick_list if kind == "picking" else _packing_slips)(session, tenant, parcels, language)


def _packing_slips(session: Session, tenant: Tenant, parcels: Sequence[Wanted], language: str) -> Sheet:
    """A page for each parcel, in the language of whoever ordered it."""
    prefix = queries.prefix_of(session)
    slips = [_slip(tenant, each, prefix) for each in parcels]
    title = say_own(words_of(tenant, language), SLIP["title"], language)
    return Sheet("packing.typ", {"title": title, "slips": slips}, language)


def _slip(tenant: Tenant, it: Wanted, prefix: str) -> dict[str, Any]:
    language = it.order.language
    own, number = words_of(tenant, language), f"{prefix}{it.order.number}"

    def say(name: str, **places: object) -> str:
        return say_own(own, SLIP[name], language, **places)

    day = format_date(clock.day_in(tenant.time_zone, it.order.placed_at), "long", locale=language.replace("-", "_"))
    gift = next((line.gift for line, _ in it.inside if line.gift and line.gift.get("words")), None)
    return {
        "language": language.partition("-")[0],
        "rtl": direction(language) == "rtl",
        "title": say("title"),
        "order": say("order", number=number),
        "note": say("note", parcel=it.parcel.number, day=day),
        "bars": code128(number),
        "address": [f"{ISOLATED}{row}{AGAIN}" for row in _address(tenant, it.order)],
        "heads": [say("thing"), say("sku"), say("quantity")],
        "lines": [
            {"title": line.title, "variant": line.variant, "sku": line.sku, "quantity": str(quantity)}
            for line, quantity in it.inside
        ],
        "gift": say("gift", sender=gift.get("from", ""), words=gift["words"]) if gift else "",
        "thanks": say("thanks"),
    }


def _address(tenant: Tenant, order: Order) -> list[str]:
    address = address_of(tenant, order)
    if address is None:
        return [order.customer or order.email or ""]
    return address_lines(address, order.language)


def address_lines(address: Any, language: str) -> list[str]:
    """An address as it stands on a parcel, a line each, the country in a language."""
    country = Locale.parse(language, sep="-").territories.get(address.country, address.country)
    city = " ".join(part for part in (address.postcode, address.city) if part)
    lines = (address.name, address.company, address.street, address.street2, city, address.region, str(country))
    return [line for line in lines if line]


def _pick_list(session: Session, tenant: Tenant, parcels: Sequence[Wanted], language: str) -> Sheet:
    """All that lies in some parcels, each thing once, by where it lies."""
    own = words_of(tenant, language)
    places = {row.id: row.name for row in session.execute(select(StockLocation.id, StockLocation.name))}
    prefix = queries.prefix_of(session)
    inside = [line for it in parcels for line, _ in it.inside]
    titles = queries.titles_for(session, [it.order for it in parcels], inside, language)
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for it in parcels:
        number = f"{prefix}{it.order.number}"
        for line, quantity in it.inside:
            place = _place(places, line, it.parcel)
            row = rows.setdefault((place, line.sku), _row(line, titles[line.id], place))
            row["quantity"] += quantity
            row["numbers"].append(f"{number} × {quantity}")
    data = {
        "title": say_own(own, PICK["title"], language),
        "day": format_date(clock.day_in(tenant.time_zone), "long", locale=language.replace("-", "_")),
        "note": say_own_many(own, "%(n)s parcel", "%(n)s parcels", len(parcels), language),
        "heads": [say_own(own, PICK[name], language) for name in ("thing", "sku", "place", "quantity")],
        "rows": [
            {**row, "quantity": str(row["quantity"]), "orders": ", ".join(row["numbers"])}
            for _, row in sorted(rows.items(), key=lambda each: each[0])
        ],
    }
    return Sheet("picking.typ", data, language)


def _place(places: dict[UUID, str], line: OrderLine, parcel: Fulfilment) -> str:
    found = parcel.location_id or line.location_id
    return places.get(found, "") if found else ""


def _row(line: OrderLine, title: str, place: str) -> dict[str, Any]:
    told = {"title": title, "variant": line.variant, "sku": line.sku, "place": place}
    return {**told, "quantity": 0, "numbers": []}
