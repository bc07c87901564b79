"""The account at the shop: the library with its downloads, gifts, codes, orders and wishes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from sqlalchemy.orm import Session

from app.catalog.models import Recording
from app.fans.models import Fan
from app.fans.pages.door import slowed
from app.fans.pages.visitors import (
    NO_STORE,
    account,
    account_page,
    dress,
    language_here,
    onward,
    refused,
    signed_fan,
    to,
)
from app.identity.pages import AnyRequest
from app.kernel import clock, limits
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Busy, Conflict, NotFound
from app.kernel.ids import parse_uuid
from app.kernel.web.realm import realm_of, tenant_of
from app.storefront.models import Product
from app.storefront.pages import bought, music
from app.storefront.pages.music import lasting
from app.storefront.pages.pictures import picture
from app.storefront.pages.shelves import asked
from app.storefront.pages.shopper import Shopper, shop_page, shopper_in, shopper_of
from app.storefront.queries import library as queries
from app.storefront.queries.orders import prefix_of
from app.storefront.rules import waves
from app.storefront.rules.fan_refusals import DownloadCodeRefused, OwnedUnknown
from app.storefront.rules.meta import Meta
from app.storefront.rules.slugs import slug
from app.storefront.service import library, links, wishing
from app.storefront.service.fan_doors import fan_order_to_read
from app.storefront.service.gathering import titled
from app.storefront.service.library import FORMATS, Download, Item
from app.storefront.service.offers import by_product, offers
from app.streaming import service as streaming
from app.streaming.rules.contents import Format

SHOWN: Final = 60
COVER_PIXELS: Final = 640
HEARD_FOR: Final = timedelta(hours=6)
REFRESH_SECONDS: Final = 5
DOWNLOAD: Final = "store/account/download.html"
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


def _covers(items: list[Item]) -> dict[Any, Any]:
    return {item.id: picture(item.artwork, most=COVER_PIXELS) for item in items}


@get("/{language:str}/account", sync_to_thread=True)
def home(request: AnyRequest) -> Response[Any]:
    """Show where things are, the newest of the library, and what waits to be taken."""
    fan, tenant = signed_fan(request), tenant_of(request)
    with tenant_read(tenant) as session:
        items, gifts = library.owned_by(session, tenant, fan)[:6], library.gifts_for(session, tenant, fan)
        notes = library.said_of(session, gifts)
        orders, prefix = session.execute(queries.orders(fan).limit(3)).all(), prefix_of(session)
    shown: dict[str, Any] = {
        "items": items,
        "gifts": gifts,
        "notes": notes,
        "orders": orders,
        "prefix": prefix,
        "covers": _covers(items + gifts),
    }
    return account_page(request, "store/account/home.html", here="home", **shown)


@get("/{language:str}/account/library", sync_to_thread=True)
def library_page(request: AnyRequest) -> Response[Any]:
    """Show everything a fan owns, and gifts that wait."""
    fan, tenant = signed_fan(request), tenant_of(request)
    with tenant_read(tenant) as session:
        items, gifts = library.owned_by(session, tenant, fan), library.gifts_for(session, tenant, fan)
        notes = library.said_of(session, gifts)
    shown: dict[str, Any] = {"items": items, "gifts": gifts, "notes": notes, "covers": _covers(items + gifts)}
    return account_page(request, "store/account/library.html", here="library", **shown)


def _heard(
    request: AnyRequest, session: Session, fan: Fan, owned_id: str
) -> tuple[Item, list[tuple[int, Recording]], dict[UUID, str]]:
    """Something owned with its recordings, and a grant to hear each in full; none for what is not out."""
    item = library.item_to_hear(session, tenant_of(request), fan, parse_uuid(owned_id))
    rows = library.tracks(session, item)
    if not item.is_open:
        return item, rows, {}
    wanted, until = [recording.id for _, recording in rows], clock.now() + HEARD_FOR
    country, tenant = _country(request, fan), tenant_of(request)
    heard = streaming.grants(session, tenant, wanted, kind="full", country=country, until=until, fan_id=fan.id)
    return item, rows, heard


@get("/{language:str}/account/library/{owned_id:str}", sync_to_thread=True)
def item_page(request: AnyRequest, owned_id: FromPath[str]) -> Response[Any]:
    """Show one thing owned: to hear in full, and to keep in every format."""
    fan = signed_fan(request)
    with tenant_read(tenant_of(request)) as session:
        item, rows, heard = _heard(request, session, fan, owned_id)
    tracks = [(number, row, lasting(row.duration_ms), _wave(row), heard.get(row.id)) for number, row in rows]
    shown: dict[str, Any] = {"item": item, "tracks": tracks, "formats": FORMATS, "cover": _covers([item])[item.id]}
    return account_page(request, "store/account/item.html", here="library", **shown)


def _bars(recording: Recording) -> tuple[int, ...]:
    return waves.bars((recording.audio or {}).get("waveform"))


def _wave(recording: Recording) -> str:
    bars = _bars(recording)
    return waves.path(bars) if bars else ""


@get("/{language:str}/account/library/{owned_id:str}/sounds", sync_to_thread=True)
def sounds(request: AnyRequest, owned_id: FromPath[str]) -> Response[Any]:
    """Tell the player what there is to hear of something owned, as it asks for it."""
    fan, language = signed_fan(request), language_here(request)
    with tenant_read(tenant_of(request)) as session:
        item, rows, heard = _heard(request, session, fan, owned_id)
    cover = _covers([item])[item.id]
    found = [
        {
            "id": str(row.id),
            "title": row.title,
            "artist": row.artist_line,
            "page": f"/{language}/account/library/{item.id}",
            "cover": cover.small if cover else "",
            "hls": streaming.stream_url(heard[row.id]),
            "src": f"/stream/{heard[row.id]}",
            "seconds": (row.duration_ms or 0) / 1_000,
            "bars": _bars(row),
        }
        for _, row in rows
        if row.id in heard
    ]
    return Response(found, media_type="application/json", headers=NO_STORE)


def _form_of(text: str) -> Format:
    form = library.format_named(text)
    if form is None:
        raise OwnedUnknown
    return form


@post("/{language:str}/account/library/{owned_id:str}/downloads", sync_to_thread=True)
def ask_download(request: AnyRequest, owned_id: FromPath[str], data: URLEncodedBody[FormatForm]) -> Response[Any]:
    """Have a file to keep made, and lead to where it appears."""
    fan, tenant, form = signed_fan(request), tenant_of(request), _form_of(data.format)
    with tenant_read(tenant) as session:
        item = library.item_to_hear(session, tenant, fan, parse_uuid(owned_id))
    try:
        with tenant_work(tenant) as session:
            library.ask_download(session, tenant, item, form)
    except Conflict as refusal:
        return refused(request, DOWNLOAD, refusal, here="library", **_shown_download(item, form, Download("none")))
    return to(account(request, f"/library/{item.id}/downloads/{form}"))


@get("/{language:str}/account/library/{owned_id:str}/downloads/{form:str}", sync_to_thread=True)
def download_page(request: AnyRequest, owned_id: FromPath[str], form: FromPath[str]) -> Response[Any]:
    """Show how far a file is; while it is being made the page looks again by itself."""
    fan, tenant, wanted = signed_fan(request), tenant_of(request), _form_of(form)
    with tenant_read(tenant) as session:
        item = library.item_to_hear(session, tenant_of(request), fan, parse_uuid(owned_id))
        found = library.download(session, tenant, item, wanted)
    return account_page(request, DOWNLOAD, here="library", **_shown_download(item, wanted, found))


def _shown_download(item: Item, form: Format, found: Download) -> dict[str, Any]:
    return {
        "item": item,
        "form": form,
        "form_name": FORMATS[form],
        "found": found,
        "refresh": REFRESH_SECONDS,
    }


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
        prefix = prefix_of(session)
    shown: dict[str, Any] = {"rows": rows[:SHOWN], "prefix": prefix, "more": len(rows) > SHOWN, "at": at}
    return account_page(request, "store/account/orders.html", here="orders", **shown)


@get("/{language:str}/account/orders/{order_id:str}", sync_to_thread=True)
def order_page(request: AnyRequest, order_id: FromPath[str]) -> Response[Any]:
    """Show one order: what was bought, what it cost, how far it is, and what of it can be heard."""
    fan, tenant, language = signed_fan(request), tenant_of(request), language_here(request)
    with tenant_read(tenant) as session:
        order = fan_order_to_read(session, fan, parse_uuid(order_id))
        shown = bought.facts(session, tenant, language, order)
    shown |= {"order": order, "covers": _covers(shown["owned"]), "link": links.order_path(tenant, language, order.id)}
    return account_page(request, "store/account/order.html", here="orders", **shown)


@get("/{language:str}/account/wishlist", sync_to_thread=True)
def wishlist_page(request: AnyRequest) -> Response[Any]:
    """Show what a fan wishes for."""
    fan, tenant = signed_fan(request), tenant_of(request)
    with tenant_read(tenant) as session:
        rows = session.execute(queries.wishes(fan).limit(200)).all()
        prices = _prices(request, session, [row.Product.id for row in rows])
    language = language_here(request)
    wishes = [
        {
            "product": row.Product,
            "title": titled(row.Product, language),
            "href": _shown_at(f"/{language}", row),
            "picture": picture(row.Product.image or row.artwork),
            "cost": prices.get(row.Product.id),
        }
        for row in rows
    ]
    return account_page(request, "store/account/wishlist.html", here="wishlist", wishes=wishes)


def _prices(request: AnyRequest, session: Session, products: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """What each of these costs here at least; nothing of what is not sold here, or while the shop is closed."""
    try:
        shopper = shopper_in(request, language_here(request))
    except NotFound:
        return {}
    sold = offers(session, shopper.tenant, shopper.market, music.today(shopper), Product.id.in_(products))
    return {each[0].product.id: asked(each) for each in by_product(sold).values()}


def _shown_at(root: str, row: Any) -> str:
    """Where a product is shown: music on the page of its release, everything else on its own."""
    product = row.Product
    is_music = product.kind == "digital" and product.release_id is not None
    return (
        f"{root}/releases/{slug(row.release_title, product.release_id)}" if is_music else f"{root}/merch/{product.slug}"
    )


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
    home, library_page, item_page, sounds, ask_download, download_page, take_gift, redeem_page, redeem,
    orders_page, order_page, wishlist_page, wish, unwish,
]  # fmt: skip
