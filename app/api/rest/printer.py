"""The printer of the shop: connected by a token, looked through again, parted from, and asked again."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta
from sqlalchemy.orm import Session

from app.api.errors import PrinterSilent
from app.api.rest.conventions import Answer, Body, Call, Section, View
from app.api.rest.conventions.numbered import asked
from app.api.rest.conventions.schemas import Count, Moment
from app.api.rest.orders import ORDERS
from app.kernel import limits
from app.kernel.db import tenant_read
from app.storefront.models import PrinterLink
from app.storefront.policies import (
    order_to_change,
    parcel_to_change,
    require_shop,
    settings_to_change,
    settings_to_read,
)
from app.storefront.rules.printing_refusals import PrinterAway, PrinterMissing
from app.storefront.service import printed_orders, printing

SECTION = Section("Printer", "The label's store at Printful, whose things the shop sells.")
Token = Annotated[str, Meta(min_length=8, max_length=200, pattern="^[!-~]+$", examples=["printful-token"])]


class PrinterView(View):
    """How the shop is connected; `refused`: its token opens nothing any more. Tokens are never shown."""

    state: Literal["none", "on", "refused"]
    store_name: str | None
    connected_at: Moment | None
    sync_began_at: Moment | None
    synced_at: Moment | None
    products: Count


class PrinterToken(Body, frozen=True):
    """What opens one store at Printful."""

    token: Token


@SECTION.get("/printer", scope="store:read", gives=PrinterView)
def read_printer(call: Call, session: Session) -> Answer:
    """Read how the shop is connected to the printer."""
    asked(call, {})
    settings_to_read(session, call.visitor)
    return _printer(session)


def _printer(session: Session, *, status: int = 200) -> Answer:
    link = session.get(PrinterLink, 1)
    if link is None:
        return Answer(dict.fromkeys(PrinterView.__struct_fields__) | {"state": "none", "products": 0}, status)
    return Answer({name: getattr(link, name) for name in PrinterView.__struct_fields__}, status)


@SECTION.apart("/printer/connections", scope="store:write", takes=PrinterToken, gives=PrinterView, also=(504,))
def connect_printer(call: Call, body: PrinterToken) -> Answer:
    """Connect the shop to the printer. Its products come in within minutes; another token takes the place of the old.

    504 where Printful does not answer.
    """
    with tenant_read(call.tenant) as session:
        settings_to_read(session, call.visitor)
    require_shop(call.visitor, "store.edit")
    limits.hit(call.tenant, "printful-connect", printing.TRIES)
    try:
        printing.connect(call.tenant, call.actor, body.token, call.realm.origin)
    except PrinterAway:
        raise PrinterSilent from None
    with tenant_read(call.tenant) as session:
        return _printer(session, status=201)


@SECTION.apart("/printer/removal", scope="store:write", status=204)
def disconnect_printer(call: Call) -> Answer:
    """Part from the printer. What it makes is off sale until the shop is connected again."""
    require_shop(call.visitor, "store.edit")
    printing.disconnect(call.tenant, call.actor)
    return Answer(status=204)


@SECTION.post("/printer/looks", scope="store:write", gives=PrinterView, status=202)
def look_through_printer(call: Call, session: Session) -> Answer:
    """Look through the printer's list. From the beginning, in the background."""
    settings_to_change(session, call.visitor)
    if session.get(PrinterLink, 1) is None:
        raise PrinterMissing
    printing.ask_sync(session)
    return _printer(session, status=202)


@SECTION.put("/orders/{order_id}/parcels/{parcel_id}/printing", scope="store:write", resource=ORDERS)
def print_parcel_again(call: Call, session: Session) -> Answer:
    """Have a parcel printed again. One that the printer refused."""
    order = order_to_change(session, call.visitor, call.id("order_id"))
    printed_orders.again(session, call.actor, order, parcel_to_change(session, order, call.id("parcel_id")))
    return ORDERS.one(call, session, order.id)
