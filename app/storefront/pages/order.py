"""An order as its buyer sees it, by a link that only they have: where it stands, what it cost, what can be downloaded."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.db import tenant_read
from app.kernel.sentences import sentence
from app.storefront.errors import OrderUnknown
from app.storefront.models import Fulfilment, FulfilmentLine, Order, OrderLine, Payment, Refund
from app.storefront.pages.shopper import AnyRequest, Shopper, count_cookie, shop_page, shopper_of
from app.storefront.service import library, links, paying

PRIVATE: Final = {"referrer-policy": "same-origin", "x-robots-tag": "noindex"}
STATES: Final = {
    "placed": sentence("Waiting for your payment"),
    "paid": sentence("Paid"),
    "in_fulfilment": sentence("Being packed"),
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


@get("/{language:str}/orders/{token:str}", sync_to_thread=True)
def show(request: AnyRequest, language: FromPath[str], token: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """Show an order to whoever has its link."""
    shopper = shopper_of(request)
    order_id = links.order_id_of(shopper.tenant, token)
    with tenant_read(shopper.tenant) as session:
        shown = _shown(session, shopper, order_id)
    response = shop_page(
        request, "store/order.html", shopper, token=token, states=STATES, parcel_states=PARCELS,
        meta={"noindex": True, "title": ""}, **shown,
    )  # fmt: skip
    response.headers.update(PRIVATE)
    return response


def _shown(session: Session, shopper: Shopper, order_id: UUID) -> dict[str, Any]:
    order = session.get(Order, order_id)
    if order is None:
        raise OrderUnknown
    lines = list(session.scalars(select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)))
    payments = select(Payment).where(Payment.order_id == order.id).order_by(Payment.started_at.desc())
    parcels = select(Fulfilment).where(Fulfilment.order_id == order.id, Fulfilment.kind != "digital")
    fulfilments = list(session.scalars(parcels.order_by(Fulfilment.number)))
    held = select(FulfilmentLine).where(FulfilmentLine.fulfilment_id.in_([row.id for row in fulfilments]))
    refunds = select(Refund).where(Refund.order_id == order.id, Refund.state != "failed").order_by(Refund.asked_at)
    return {
        "order": order,
        "lines": [line for line in lines if line.bundle_id is None],
        "parts": [line for line in lines if line.bundle_id is not None],
        "payment": next(iter(session.scalars(payments)), None),
        "parcels": fulfilments,
        "held": list(session.scalars(held)) if fulfilments else [],
        "refunds": list(session.scalars(refunds)),
        "owned": library.of_order(session, order),
        "artists_micros": sum(line.artists_micros or 0 for line in lines),
        "address": paying.address_of(shopper.tenant, order),
    }


@get("/{language:str}/orders/{token:str}/payment", sync_to_thread=True)
def come_back(request: AnyRequest, language: FromPath[str], token: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """Come back from paying: the gateway is asked what came of it, whatever the address says."""
    shopper = shopper_of(request)
    order_id = links.order_id_of(shopper.tenant, token)
    with tenant_read(shopper.tenant) as session:
        newest = select(Payment.id).where(Payment.order_id == order_id).order_by(Payment.started_at.desc()).limit(1)
        payment_id = session.scalar(newest)
    if payment_id is not None:
        paying.settle(shopper.tenant, payment_id)
    here = f"{shopper.root}/orders/{token}"
    return Redirect(here, status_code=303, cookies=[count_cookie(0)])


@post("/{language:str}/orders/{token:str}/payment", sync_to_thread=True)
def pay_again(request: AnyRequest, language: FromPath[str], token: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """Try once more to pay for an order that waits for it."""
    shopper = shopper_of(request)
    order_id = links.order_id_of(shopper.tenant, token)
    here = f"{shopper.root}/orders/{token}"
    back = f"{request.scope['state']['realm'].origin}{here}/payment"
    step = paying.start(shopper.tenant, order_id, method="", back_url=back)
    return Redirect(step.url if step.kind == "redirect" else here, status_code=303)


handlers = [show, come_back, pay_again]
