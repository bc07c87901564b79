"""The printer: connected by a token, looked through again, parted from; and what it did not make."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from sqlalchemy import select

from app.kernel import limits
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Busy, Conflict, Invalid, Refusal, Unavailable
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.realm import realm_of
from app.storefront.models import Fulfilment, Order, PrintedVariant, PrinterLink, Product, Variant
from app.storefront.pages.portal.around import PRINTFUL, AnyRequest, one, store_page, visitor_for
from app.storefront.policies import order_to_change, parcel_to_change, settings_to_change, settings_to_read
from app.storefront.rules.printing_refusals import PrinterMissing
from app.storefront.service import printed_orders, printing

SHOWN: Final = 50


@get(PRINTFUL, sync_to_thread=True)
def show(request: AnyRequest) -> Response[str]:
    """Show how the shop is connected to the printer, and what it did not make."""
    return _page(request)


def _page(request: AnyRequest, refusal: Refusal | None = None) -> Response[str]:
    visitor, tenant = visitor_for(request)
    query = (
        select(
            Fulfilment.id,
            Fulfilment.number,
            Fulfilment.problem,
            Order.id.label("order_id"),
            Order.number.label("order"),
        )
        .join(Order, Order.id == Fulfilment.order_id)
        .where(Fulfilment.kind == "printful", Fulfilment.state == "failed")
        .order_by(Fulfilment.created_at.desc(), Fulfilment.id)
        .limit(SHOWN)
    )
    costless = (
        select(Product.id, Product.title)
        .join(Variant, Variant.product_id == Product.id)
        .join(PrintedVariant, PrintedVariant.variant_id == Variant.id)
        .where(PrintedVariant.is_out, Variant.cost_micros == 0)
        .group_by(Product.id, Product.title)
        .order_by(Product.title, Product.id)
        .limit(SHOWN)
    )
    with tenant_read(tenant) as session:
        settings = settings_to_read(session, visitor)
        waiting = session.execute(costless).all()
        link = session.get(PrinterLink, 1)
        failed = session.execute(query).all()
    began = link.sync_began_at if link else None
    is_busy = link is not None and began is not None and began > (link.synced_at or link.connected_at)
    told = {"link": link, "failed": failed, "is_busy": is_busy, "waiting": waiting, "prefix": settings.order_prefix}
    return store_page(request, "printful", PRINTFUL, refusal=refusal, **told)


@post(PRINTFUL, sync_to_thread=True)
def connect(request: AnyRequest, data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Connect the shop by a token."""
    visitor, tenant = visitor_for(request, "store.edit")
    limits.hit(tenant, "printful-connect", printing.TRIES)
    with tenant_read(tenant) as session:
        settings_to_read(session, visitor)
    try:
        printing.connect(tenant, visitor.actor, one(data, "token"), realm_of(request).origin)
    except (Invalid, Busy, Unavailable) as refusal:
        return _page(request, refusal)
    return flash.done(PRINTFUL, tenant, sentence("The shop is connected. Its products come in within some minutes."))


@post(f"{PRINTFUL}/list", sync_to_thread=True)
def sync(request: AnyRequest) -> Response[Any]:
    """Have the printer's list looked through now."""
    visitor, tenant = visitor_for(request, "store.edit")
    try:
        with tenant_work(tenant) as session:
            settings_to_change(session, visitor)
            if session.get(PrinterLink, 1) is None:
                raise PrinterMissing
            printing.ask_sync(session)
    except Conflict as refusal:
        return _page(request, refusal)
    return flash.done(PRINTFUL, tenant, sentence("Its products are looked at. New ones come in within some minutes."))


@post(f"{PRINTFUL}/removal", sync_to_thread=True)
def disconnect(request: AnyRequest) -> Response[Any]:
    """Part from the printer."""
    visitor, tenant = visitor_for(request, "store.edit")
    try:
        printing.disconnect(tenant, visitor.actor)
    except Conflict as refusal:
        return _page(request, refusal)
    return flash.done(PRINTFUL, tenant, sentence("The shop is not connected any more. What Printful made is off sale."))


@post(f"{PRINTFUL}/orders/{{order_id:str}}/{{parcel_id:str}}", sync_to_thread=True)
def again(request: AnyRequest, order_id: FromPath[str], parcel_id: FromPath[str]) -> Response[Any]:
    """Have the printer asked again for what it did not make."""
    visitor, tenant = visitor_for(request, "store.edit")
    try:
        with tenant_work(tenant) as session:
            order = order_to_change(session, visitor, parse_uuid(order_id))
            parcel = parcel_to_change(session, order, parse_uuid(parcel_id))
            printed_orders.again(session, visitor.actor, order, parcel)
    except Conflict as refusal:
        return _page(request, refusal)
    return flash.done(PRINTFUL, tenant, sentence("Printful is asked again within some minutes."))


handlers = [show, connect, sync, disconnect, again]
