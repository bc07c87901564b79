"""Things of the shop: the shelf, and each of them by itself."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import Response
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.kernel.db import tenant_read
from app.kernel.errors import NotFound
from app.kernel.web.realm import realm_of
from app.kernel.web.strict import query
from app.roster.models import Artist
from app.storefront.models import Product
from app.storefront.pages import linked, music
from app.storefront.pages.pictures import picture
from app.storefront.pages.routes import shop_get
from app.storefront.pages.shopper import AnyRequest, Shopper, shop_page, shopper_of
from app.storefront.pages.turning import PER_PAGE, turned
from app.storefront.queries import goods
from app.storefront.rules import prose
from app.storefront.rules.meta import Meta, shortened
from app.storefront.service.offers import Offer, by_product, offers

MORE = 4


def product_cards(session: Session, shopper: Shopper, *also: Any) -> list[dict[str, Any]]:
    """Things in a grid: each once, with its lowest price here."""
    found = by_product(offers(session, shopper.tenant, shopper.market, music.today(shopper), *also))
    return [_card(shopper, each) for each in found.values()]


def _card(shopper: Shopper, sold: list[Offer]) -> dict[str, Any]:
    product = sold[0].product
    return {
        "id": product.id,
        "href": f"{shopper.root}/merch/{product.slug}",
        "title": music.product_title(shopper, product),
        "image": picture(product.image, most=640),
    } | asked(sold)


def asked(sold: list[Offer]) -> dict[str, Any]:
    """What a product costs at least, and whether it is there, as grids say it."""
    cheapest, counts = min(sold, key=lambda offer: offer.micros), [offer.left for offer in sold]
    return {
        "micros": cheapest.micros,
        "currency": cheapest.currency,
        "is_range": len({offer.micros for offer in sold}) > 1,
        "is_there": any(offer.is_there for offer in sold),
        "left": counts[0] if len(sold) == 1 and sold[0].is_scarce else None,
        "is_early": sold[0].is_preorder,
        "interval": sold[0].product.interval,
    }


@shop_get("/merch")
def shelf(request: AnyRequest) -> Response[Any]:
    """Show everything that is no download."""
    shopper, asked = shopper_of(request), query(request, "page")
    with tenant_read(shopper.tenant) as session:
        count = session.scalar(goods.counted(goods.merch())) or 0
        page = turned(asked.get("page"), count, f"{shopper.root}/merch")
        wanted = list(session.scalars(goods.product_ids(goods.merch()).offset(page.offset).limit(PER_PAGE)))
        cards = product_cards(session, shopper, Product.id.in_(wanted)) if wanted else []
    return shop_page(request, "store/merch.html", shopper, keep=True, cards=cards, page=page)


@shop_get("/merch/{name:str}")
def product_page(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
    """Show one thing, in all its kinds."""
    shopper = shopper_of(request)
    with tenant_read(shopper.tenant) as session:
        sold = offers(session, shopper.tenant, shopper.market, music.today(shopper), Product.slug == name)
        if not sold:
            raise NotFound
        product = sold[0].product
        artist = session.get(Artist, product.artist_id) if product.artist_id else None
        near = goods.product_ids(goods.merch(), Product.id != product.id).limit(MORE)
        more = product_cards(session, shopper, Product.id.in_(near.scalar_subquery()))
    title, about = music.product_title(shopper, product), shopper.said(product.descriptions)
    image, address = picture(product.image), f"{realm_of(request).origin}{shopper.root}/merch/{quote(product.slug)}"
    meta = Meta(
        title=title,
        description=shortened(prose.plain(about)),
        kind="product",
        facts=linked.product(realm_of(request).origin, shopper, title, address, sold, image.src if image else ""),
    )
    first = next((offer for offer in sold if offer.is_there), None)
    facts: dict[str, Any] = {
        "product": product,
        "title": title,
        "about": prose.shown(about),
        "image": image,
        "sold": sold,
        "more": more,
    }
    by = (
        {"name": music.name_of(artist, shopper), "href": music.artist_href(shopper, artist.name, artist.id)}
        if artist
        else None
    )
    facts |= {"first": first, "by": by, "least": lambda offer: music.least(shopper, offer), "named": _named}
    return shop_page(request, "store/product.html", shopper, keep=True, meta=meta, **facts)


def _named(offer: Offer) -> str:
    """What tells a variant from its siblings."""
    return offer.variant.title or " / ".join(offer.variant.options.values()) or offer.variant.sku


handlers = [shelf, product_page]
