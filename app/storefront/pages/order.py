"""An order as its buyer sees it, by a link that only they have: where it stands, what it cost, what can be kept."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import ids
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.web.pages import told_refusal
from app.kernel.web.realm import realm_of
from app.kernel.web.refusals import status_of
from app.storefront.models import Order, Payment
from app.storefront.pages import bought
from app.storefront.pages.account import REFRESH_SECONDS, FormatForm
from app.storefront.pages.shopper import AnyRequest, Shopper, count_cookie, shop_page, shopper_of
from app.storefront.rules.fan_refusals import OwnedUnknown
from app.storefront.rules.meta import Meta
from app.storefront.rules.refusals import OrderUnknown
from app.storefront.service import library, links, paying
from app.storefront.service.library import Download, Item
from app.streaming.rules.contents import Format

HIDDEN: Final = Meta(noindex=True)
PRIVATE: Final = {"referrer-policy": "same-origin", "x-robots-tag": "noindex"}


@get("/{language:str}/orders/{token:str}", sync_to_thread=True)
def show(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """Show an order to whoever has its link."""
    shopper = shopper_of(request)
    with tenant_read(shopper.tenant) as session:
        order = _order(session, shopper, token)
        shown = bought.facts(session, shopper.tenant, shopper.language, order)
    return _private(shop_page(request, "store/order.html", shopper, order=order, token=token, meta=HIDDEN, **shown))


def _order(session: Session, shopper: Shopper, token: str) -> Order:
    """The door: the order that a link shows."""
    order = session.get(Order, links.order_id_of(shopper.tenant, token))
    if order is None:
        raise OrderUnknown
    return order


def _private(response: Response[Any]) -> Response[Any]:
    response.headers.update(PRIVATE)
    return response


@get("/{language:str}/orders/{token:str}/payment", sync_to_thread=True)
def come_back(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """Come back from paying: the gateway is asked what came of it, whatever the address says."""
    shopper = shopper_of(request)
    with tenant_read(shopper.tenant) as session:
        order = _order(session, shopper, token)
        newest = select(Payment.id).where(Payment.order_id == order.id).order_by(Payment.started_at.desc()).limit(1)
        payment_id = session.scalar(newest)
    if payment_id is not None:
        paying.settle(shopper.tenant, payment_id)
    return Redirect(f"{shopper.root}/orders/{token}", status_code=303, cookies=[count_cookie(0)])


@post("/{language:str}/orders/{token:str}/payment", sync_to_thread=True)
def pay_again(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """Try once more to pay for an order that waits for it."""
    shopper, here = shopper_of(request), f"{realm_of(request).origin}"
    with tenant_read(shopper.tenant) as session:
        order_id = _order(session, shopper, token).id
    path = f"{shopper.root}/orders/{token}"
    step = paying.start(shopper.tenant, order_id, method="", back_url=f"{here}{path}/payment")
    return Redirect(step.url if step.kind == "redirect" else path, status_code=303)


@post("/{language:str}/orders/{token:str}/music/{owned_id:str}", sync_to_thread=True)
def ask_download(
    request: AnyRequest, token: FromPath[str], owned_id: FromPath[str], data: URLEncodedBody[FormatForm]
) -> Response[Any]:
    """Have a file to keep made, and lead to where it appears."""
    shopper, wanted = shopper_of(request), _format(data.format)
    try:
        with tenant_work(shopper.tenant) as session:
            item = _item(session, _order(session, shopper, token), owned_id)
            library.ask_download(session, shopper.tenant, item, wanted)
    except (Conflict, Invalid) as refusal:
        return _music(request, shopper, token, owned_id, wanted, refusal)
    return Redirect(f"{shopper.root}/orders/{token}/music/{item.id}/{wanted}", status_code=303)


@get("/{language:str}/orders/{token:str}/music/{owned_id:str}/{form:str}", sync_to_thread=True)
def download_page(
    request: AnyRequest, token: FromPath[str], owned_id: FromPath[str], form: FromPath[str]
) -> Response[Any]:
    """Show how far a file is; while it is being made the page looks again by itself."""
    return _music(request, shopper_of(request), token, owned_id, _format(form))


def _music(
    request: AnyRequest, shopper: Shopper, token: str, owned_id: str, wanted: Format, refusal: Refusal | None = None
) -> Response[Any]:
    with tenant_read(shopper.tenant) as session:
        item = _item(session, _order(session, shopper, token), owned_id)
        found = library.download(session, shopper.tenant, item, wanted) if item.is_open else Download("none")
    shown: dict[str, Any] = {
        "item": item,
        "form": wanted,
        "form_name": library.FORMATS[wanted],
        "found": found,
        "token": token,
        "refresh": REFRESH_SECONDS if found.state == "asked" else 0,
        "problem": told_refusal(realm_of(request), refusal) if refusal else None,
    }
    status = status_of(refusal) if refusal else 200
    return _private(shop_page(request, "store/order_music.html", shopper, status=status, meta=HIDDEN, **shown))


def _item(session: Session, order: Order, owned_id: str) -> Item:
    """The door: something of an order that whoever has its link may hear and keep."""
    wanted = ids.parse_uuid(owned_id)
    found = next((item for item in library.of_order(session, order) if item.id == wanted), None)
    if found is None:
        raise OwnedUnknown
    return found


def _format(text: str) -> Format:
    form = library.format_named(text)
    if form is None:
        raise OwnedUnknown
    return form


handlers = [show, come_back, pay_again, ask_download, download_page]
