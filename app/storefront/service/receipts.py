"""The receipt of an order as a document, in the label's brand and the buyer's language."""

from __future__ import annotations

from typing import Final

from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.brand.service.drawing import Sheet
from app.kernel import clock
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web.own_words import offer
from app.storefront.models import Order, OrderLine
from app.storefront.service.telling import PARTS, Says, named, number_of, shown_lines

SHEET: Final = {
    "title": sentence("Receipt"),
    "number": sentence("Order %(number)s"),
    "item": sentence("What you bought"),
    "count": sentence("Quantity"),
    "amount": sentence("Amount"),
    "shipping": sentence("Sending"),
    "included": sentence("Included %(name)s, %(rate)s"),
    "added": sentence("%(name)s, %(rate)s"),
    "total": sentence("Total"),
}
offer(*SHEET.values())


def sheet(session: Session, tenant: Tenant, order: Order) -> Sheet:
    """What stands on an order's receipt."""
    query = select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
    lines = list(session.scalars(query))
    say = Says(tenant, order)
    artists = sum(line.artists_micros or 0 for line in lines)
    day = clock.day_in(tenant.time_zone, order.paid_at or order.placed_at)
    data = {
        "title": say(SHEET["title"]),
        "customer": order.customer,
        "number": say(SHEET["number"], number=number_of(session, order)),
        "day": format_date(day, "long", locale=say.language.replace("-", "_")),
        "item_title": say(SHEET["item"]),
        "count_title": say(SHEET["count"]),
        "amount_title": say(SHEET["amount"]),
        "lines": [
            [named(say, line), say.number(line.quantity), say.money(micros)]
            for line, micros in shown_lines(order, lines)
        ],
        "sums": _sums(say, order),
        "total_title": say(SHEET["total"]),
        "total": say.money(order.total_micros),
        "artists": say(PARTS["artists"], amount=say.money(artists)) if artists > 0 else "",
    }
    return Sheet("receipt.typ", data, say.language)


def _sums(say: Says, order: Order) -> list[list[str]]:
    """What stands between the lines and the total."""
    rows = [[say(SHEET["shipping"]), say.money(order.shipping_micros)]] if order.shipping_micros else []
    kind = "included" if order.tax_included else "added"
    for tax in order.taxes:
        name, rate = say.levy(str(tax.get("name", ""))), say.percent(int(tax.get("rate_ppm", 0)))
        rows.append([say(SHEET[kind], name=name, rate=rate), say.money(int(tax.get("micros", 0)))])
    return rows
