"""The account at the shop: the library with its downloads, gifts, codes, orders and wishes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from app.catalog.pages.pictures import picture
from app.catalog.rules.fields import spelled_duration
from app.fans.models import Fan
from app.fans.pages.door import slowed
from app.fans.pages.visitors import account, account_page, dress, language_here, onward, refused, signed_fan, to
from app.identity.pages import AnyRequest
from app.kernel import clock, limits
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Busy, NotFound
from app.kernel.ids import parse_uuid
from app.kernel.web.realm import realm_of, tenant_of
from app.storefront.pages.shopper import Shopper, shop_page, shopper_of
from app.storefront.queries import library as queries
from app.storefront.rules.fan_refusals import DownloadCodeRefused, OwnedUnknown
from app.storefront.rules.meta import Meta
from app.storefront.service import library, wishing
from app.storefront.service.fan_doors import fan_order_to_read, owned_to_hear
from app.storefront.service.library import FORMATS, Item
from app.streaming import service as streaming
from app.streaming.rules.contents import Format

SHOWN: Final = 60
COVER_PIXELS: Final = 640
HEARD_FOR: Final = timedelta(hours=6)
REFRESH_SECONDS: Final = 5
CODES_PER_FAN, CODES_PER_ADDRESS = "20/hour", "60/hour"


class RedeemForm(msgspec.Struct, forbid_unknown_fields=True):
    """A code from a card."""

    code: str


class FormatForm(msgspec.Struct, forbid_unknown_fields=True):
    """In which format something is wanted."""

    format: str


class BackForm(msgspec.Struct, forbid_unknown_fields=True):
    """A button, and where it leads back."""

    next: str = ""


@dress
def in_shop(request: AnyRequest, template: str, status: int, shown: dict[str, Any]) -> Response[Any] | None:
    """Lay the open shop around a page of the account; whoever has an account keeps it when the shop is closed."""
    shopper = _shopper(request)
    if shopper is None:
        return None
    return shop_page(request, template, shopper, status=status, **shown | {"meta": Meta(noindex=True)})


def _shopper(request: AnyRequest) -> Shopper | None:
    try:
        return shopper_of(request)
    except NotFound:
        return None


def _country(request: AnyRequest, fan: Fan) -> str | None:
    """Where a fan is: as they say themselves, else as the shop takes it."""
    shopper = _shopper(request)
    return fan.country or (shopper.country if shopper else None)


def _covers(request: AnyRequest, items: list[Item]) -> dict[Any, Any]:
    tenant = tenant_of(request)
    return {item.id: picture(tenant, item.artwork, most=COVER_PIXELS) for item in items}


@get("/{language:str}/account", sync_to_thread=True)
def home(request: AnyRequest) -> Response[Any]:
    """Show where things are, the newest of the library, and what waits to be taken."""
    fan, tenant = signed_fan(request), tenant_of(request)
    with tenant_read(tenant) as session:
        items, gifts = library.owned_by(session, fan)[:6], library.gifts_for(session, fan)
        orders = session.execute(queries.orders(fan).limit(3)).all()
    covers = _covers(request, items + gifts)
    return account_page(
        request, "store/account/home.html", here="home", items=items, gifts=gifts, orders=orders, covers=covers
    )


@get("/{language:str}/account/library", sync_to_thread=True)
def library_page(request: AnyRequest) -> Response[Any]:
    """Show everything a fan owns, and gifts that wait."""
    fan, tenant = signed_fan(request), tenant_of(request)
    with tenant_read(tenant) as session:
        items, gifts = library.owned_by(session, fan), library.gifts_for(session, fan)
    covers = _covers(request, items + gifts)
    return account_page(request, "store/account/library.html", here="library", items=items, gifts=gifts, covers=covers)


@get("/{language:str}/account/library/{owned_id:str}", sync_to_thread=True)
def item_page(request: AnyRequest, owned_id: FromPath[str]) -> Response[Any]:
    """Show one thing owned: to hear in full, and to keep in every format."""
    fan, tenant = signed_fan(request), tenant_of(request)
    with tenant_read(tenant) as session:
        item = library.item_of(session, owned_to_hear(session, fan, parse_uuid(owned_id)))
        rows = library.tracks(session, item)
        heard = {}
        if item.is_open:
            heard = streaming.grants(
                session,
                tenant,
                [recording.id for _, recording in rows],
                kind="full",
                country=_country(request, fan),
                until=clock.now() + HEARD_FOR,
                fan_id=fan.id,
            )
    shown: dict[str, Any] = {"item": item, "rows": rows, "heard": heard, "formats": FORMATS, "length": spelled_duration}
    covers = _covers(request, [item])
    return account_page(request, "store/account/item.html", here="library", covers=covers, **shown)


def _form_of(text: str) -> Format:
    form = library.format_named(text)
    if form is None:
        raise OwnedUnknown
    return form


@post("/{language:str}/account/library/{owned_id:str}/downloads", sync_to_thread=True)
def ask_download(request: AnyRequest, owned_id: FromPath[str], data: URLEncodedBody[FormatForm]) -> Response[Any]:
    """Have a file to keep made, and lead to where it appears."""
    fan, tenant, form = signed_fan(request), tenant_of(request), _form_of(data.format)
    with tenant_work(tenant) as session:
        item = library.item_of(session, owned_to_hear(session, fan, parse_uuid(owned_id)))
        library.ask_download(session, tenant, item, form)
    return to(account(request, f"/library/{item.id}/downloads/{form}"))


@get("/{language:str}/account/library/{owned_id:str}/downloads/{form:str}", sync_to_thread=True)
def download_page(request: AnyRequest, owned_id: FromPath[str], form: FromPath[str]) -> Response[Any]:
    """Show how far a file is; while it is being made the page looks again by itself."""
    fan, tenant, wanted = signed_fan(request), tenant_of(request), _form_of(form)
    with tenant_read(tenant) as session:
        item = library.item_of(session, owned_to_hear(session, fan, parse_uuid(owned_id)))
        found = library.download(session, tenant, item, wanted)
    shown: dict[str, Any] = {
        "item": item,
        "form": wanted,
        "form_name": FORMATS[wanted],
        "found": found,
        "refresh": REFRESH_SECONDS,
    }
    return account_page(request, "store/account/download.html", here="library", **shown)


@post("/{language:str}/account/gifts/{owned_id:str}", sync_to_thread=True)
def take_gift(request: AnyRequest, owned_id: FromPath[str]) -> Response[Any]:
    """Take a gift."""
    fan, tenant = signed_fan(request), tenant_of(request)
    with tenant_work(tenant) as session:
        owned = library.claim(session, tenant, fan, parse_uuid(owned_id))
    return to(account(request, f"/library/{owned.id}"))


@get("/{language:str}/redeem", sync_to_thread=True)
def redeem_page(request: AnyRequest) -> Response[Any]:
    """Ask for the code of a card; who is not signed in comes in first."""
    signed_fan(request)
    code = request.query_params.get("code", "")[:60]
    return account_page(request, "store/account/redeem.html", here="redeem", code=code)


@post("/{language:str}/redeem", sync_to_thread=True)
def redeem(request: AnyRequest, data: URLEncodedBody[RedeemForm]) -> Response[Any]:
    """Use a code up; whoever guesses waits longer each time."""
    fan, tenant = signed_fan(request), tenant_of(request)
    try:
        limits.hit(tenant, f"redeem:{fan.id}", CODES_PER_FAN)
        limits.hit(tenant, f"redeem-from:{realm_of(request).client}", CODES_PER_ADDRESS)
        with slowed(request, f"redeem:{fan.id}"), tenant_work(tenant) as session:
            owned = library.redeem(session, tenant, fan, data.code)
    except (DownloadCodeRefused, Busy) as refusal:
        return refused(request, "store/account/redeem.html", refusal, here="redeem", code=data.code[:60])
    return to(account(request, f"/library/{owned.id}"))


@get("/{language:str}/account/orders", sync_to_thread=True)
def orders_page(request: AnyRequest) -> Response[Any]:
    """Show a fan's orders, those made as a guest with the same address among them."""
    fan, tenant = signed_fan(request), tenant_of(request)
    text = request.query_params.get("page", "1")
    at = int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 else 1
    at = max(1, at)
    with tenant_read(tenant) as session:
        rows = session.execute(queries.orders(fan).limit(SHOWN + 1).offset((at - 1) * SHOWN)).all()
    shown: dict[str, Any] = {"rows": rows[:SHOWN], "more": len(rows) > SHOWN, "at": at}
    return account_page(request, "store/account/orders.html", here="orders", **shown)


@get("/{language:str}/account/orders/{order_id:str}", sync_to_thread=True)
def order_page(request: AnyRequest, order_id: FromPath[str]) -> Response[Any]:
    """Show one order: what was bought, what it cost, how far it is, and what of it can be heard."""
    fan, tenant = signed_fan(request), tenant_of(request)
    with tenant_read(tenant) as session:
        order = fan_order_to_read(session, fan, parse_uuid(order_id))
        lines = session.scalars(queries.lines(order.id)).all()
        parcels = session.scalars(queries.parcels(order.id)).all()
        items = library.of_order(session, order)
    shown: dict[str, Any] = {
        "order": order,
        "lines": lines,
        "parcels": parcels,
        "items": items,
        "covers": _covers(request, items),
    }
    return account_page(request, "store/account/order.html", here="orders", **shown)


@get("/{language:str}/account/wishlist", sync_to_thread=True)
def wishlist_page(request: AnyRequest) -> Response[Any]:
    """Show what a fan wishes for."""
    fan, tenant = signed_fan(request), tenant_of(request)
    with tenant_read(tenant) as session:
        rows = session.execute(queries.wishes(fan).limit(200)).all()
    covers = {row.Product.id: picture(tenant, row.Product.image or row.artwork, most=COVER_PIXELS) for row in rows}
    return account_page(request, "store/account/wishlist.html", here="wishlist", rows=rows, covers=covers)


@post("/{language:str}/wishes/{product_id:str}", sync_to_thread=True)
def wish(request: AnyRequest, product_id: FromPath[str], data: URLEncodedBody[BackForm]) -> Response[Any]:
    """Put a product on the fan's list; a guest comes in first and then is back at the product."""
    fan, tenant = signed_fan(request), tenant_of(request)
    with tenant_work(tenant) as session:
        wishing.wish(session, fan, parse_uuid(product_id))
    return to(onward(data.next, f"/{language_here(request)}/account/wishlist"))


@post("/{language:str}/wishes/{product_id:str}/end", sync_to_thread=True)
def unwish(request: AnyRequest, product_id: FromPath[str], data: URLEncodedBody[BackForm]) -> Response[Any]:
    """Take a product off the fan's list."""
    fan, tenant = signed_fan(request), tenant_of(request)
    with tenant_work(tenant) as session:
        wishing.unwish(session, fan, parse_uuid(product_id))
    return to(onward(data.next, f"/{language_here(request)}/account/wishlist"))


handlers: list[Any] = [
    home, library_page, item_page, ask_download, download_page, take_gift, redeem_page, redeem,
    orders_page, order_page, wishlist_page, wish, unwish,
]  # fmt: skip
