"""One product: its texts, picture, variants and prices, and whether it is on sale."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, URLEncodedBody
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.brand.service.drawing import draw_sheet
from app.catalog.models import Recording, Release
from app.catalog.pages.pictures import picture
from app.kernel.activity.meanings import meanings
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.realm import realm_of
from app.kernel.web.strict import query
from app.roster.models import Artist
from app.storefront.models import Market, Product
from app.storefront.pages.portal import product_forms as forms
from app.storefront.pages.portal.around import (
    PRODUCTS,
    AnyRequest,
    Sent,
    language_asked,
    language_names,
    one,
    store_page,
    typed_amount,
    uploaded,
    version_of,
    visitor_for,
    whole,
)
from app.storefront.pages.portal.products import INTERVAL_SENTENCES, PRODUCT_STATES, PRODUCT_TONES
from app.storefront.policies import product_to_change, product_to_read
from app.storefront.queries import products as queries
from app.storefront.queries.products import Edited
from app.storefront.rules.texts import shown_in
from app.storefront.service import labels, pictures, pricing, products
from app.storefront.service.gathering import titled
from app.storefront.service.markets import MarketView

PRODUCT = f"{PRODUCTS}/{{product_id:str}}"
SHOWN_STEPS = 20
TAX_SENTENCES = {
    "goods": sentence("Things that are sent"),
    "digital": sentence("Downloads and services"),
    "untaxed": sentence("Not taxed"),
}
SENDER_SENTENCES = {
    "label": sentence("By you, from your stock"),
    "printful": sentence("Made on demand by Printful"),
    "nobody": sentence("Nothing is sent"),
}


@get(PRODUCT, sync_to_thread=True)
def show(request: AnyRequest, product_id: FromPath[str]) -> Response[str]:
    """Show a product as it is edited, its texts in one language."""
    return _editor(request, product_id)


def _editor(
    request: AnyRequest, product_id: str, *, refusal: Refusal | None = None, typed: dict[str, Any] | None = None
) -> Response[str]:
    visitor, tenant = visitor_for(request)
    reader, language = realm_of(request).language, language_asked(request, tenant)
    language = (typed or {}).get("language") or language
    with tenant_read(tenant) as session:
        product = product_to_read(session, visitor, parse_uuid(product_id))
        it = queries.edited(session, product, SHOWN_STEPS)
        now = forms.shown(tenant, product, it, language, reader)
        facts = _facts(session, tenant, product, it, reader)
        artist = session.get(Artist, product.artist_id) if product.artist_id else None
    now["artist"] = artist.key if artist else ""
    now["prices"] = facts["listed"]
    shown = {**now, **(typed or {})}
    behind = {name: now[name] for name in ("title", "title_here", "description", "slug") if shown[name] != now[name]}
    words = {
        "product_states": PRODUCT_STATES,
        "product_tones": PRODUCT_TONES,
        "tax_classes": TAX_SENTENCES,
        "senders": SENDER_SENTENCES,
        "intervals": INTERVAL_SENTENCES,
        "meanings": meanings(),
        "titles": {"state": sentence("State")},
        "said_values": PRODUCT_STATES,
        "fallback": titled(product, language),
        "fallback_text": bool(shown_in(product.descriptions, tenant.languages, tenant.languages[0])),
        "having": set(product.descriptions) | {tenant.languages[0]},
        "public": f"/{language}/merch/{product.slug}",
    }
    told = {"product": product, "it": it, "artist": artist, "at": language, "typed": shown, "currency": tenant.currency}
    told |= {"of": language_names(reader, tenant.languages), "at_market": forms.at_market}
    told["behind"] = behind if isinstance(refusal, Conflict) else {}
    return store_page(request, "product", PRODUCTS, refusal=refusal, **facts, **words, **told)


def _facts(session: Session, tenant: Tenant, product: Product, it: Edited, reader: str) -> dict[str, Any]:
    markets = list(session.scalars(select(Market).order_by(Market.position, Market.id)))
    own = [variant.id for variant in it.variants]
    return {
        "markets": markets,
        "usual": _usual(session, tenant, markets, it, reader),
        "listed": {
            forms.at_market(key, market): typed_amount(price.price_micros, _currency(markets, market), reader)
            for (key, market), price in it.prices.items()
        },
        "release": session.get(Release, product.release_id) if product.release_id else None,
        "recording": session.get(Recording, product.recording_id) if product.recording_id else None,
        "picture": picture(tenant, product.image, most=640),
        "artwork": _artwork(session, tenant, product),
        "has_variants": len(own),
    }


def _artwork(session: Session, tenant: Tenant, product: Product) -> Any:
    """What stands in for a picture of its own: the release's artwork."""
    artwork = session.scalar(select(Release.artwork).where(Release.id == product.release_id))
    return picture(tenant, artwork, most=640)


def _currency(markets: list[Market], key: Any) -> str:
    return next(market.currency for market in markets if market.id == key)


def _usual(session: Session, tenant: Tenant, markets: list[Market], it: Edited, reader: str) -> dict[str, str]:
    """What each variant would cost in each market without a price of its own, as it stands in a field."""
    currencies = {market.currency for market in markets}
    rates = {currency: pricing.rate_to(session, tenant, currency) for currency in currencies}
    found = {}
    for market in markets:
        view = MarketView.of(market)
        for variant in it.variants:
            price = pricing.price_of(
                pricing.Own(variant.price_micros, variant.was_micros),
                view,
                rates[market.currency],
                own_currency=tenant.currency,
            )
            name = forms.at_market(variant.id, market.id)
            found[name] = typed_amount(price.micros, market.currency, reader) if price else ""
    return found


@post(PRODUCT, sync_to_thread=True)
def change(request: AnyRequest, product_id: FromPath[str], data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Keep a product that is still as its editor saw it; whoever was slower sees both."""
    visitor, tenant = visitor_for(request, "store.edit")
    reader, language = realm_of(request).language, _language(tenant, data)
    try:
        with tenant_work(tenant) as session:
            product = product_to_change(session, visitor, parse_uuid(product_id))
            markets = list(session.scalars(select(Market)))
            wish = forms.wished(session, visitor, tenant, product, data, markets, language=language, reader=reader)
            wish = forms.kept_was(wish, queries.edited(session, product, 0))
            products.change(session, visitor.actor, tenant, product, wish, version=version_of(data))
    except (Invalid, Conflict) as refusal:
        return _editor(request, product_id, refusal=refusal, typed={**forms.typed(data), "language": language})
    return flash.done(f"{PRODUCTS}/{product.id}?language={language}", tenant, sentence("Saved."))


def _language(tenant: Tenant, data: Sent) -> str:
    wanted = one(data, "language")
    return wanted if wanted in tenant.languages else tenant.languages[0]


@post(f"{PRODUCT}/publication", sync_to_thread=True)
def publish(request: AnyRequest, product_id: FromPath[str]) -> Response[Any]:
    """Put a product on sale."""
    return _step(request, product_id, products.publish, sentence("The product is on sale."))


@post(f"{PRODUCT}/archive", sync_to_thread=True)
def archive(request: AnyRequest, product_id: FromPath[str]) -> Response[Any]:
    """Take a product off sale."""
    return _step(request, product_id, products.archive, sentence("The product is off sale. Orders of it stay."))


def _step(request: AnyRequest, product_id: str, step: Any, said: str) -> Response[Any]:
    visitor, tenant = visitor_for(request, "store.edit")
    try:
        with tenant_work(tenant) as session:
            product = product_to_change(session, visitor, parse_uuid(product_id))
            step(session, visitor.actor, product)
    except (Invalid, Conflict) as refusal:
        return _editor(request, product_id, refusal=refusal)
    return flash.done(f"{PRODUCTS}/{product.id}", tenant, said)


@post(f"{PRODUCT}/picture", sync_to_thread=True)
def set_picture(
    request: AnyRequest,
    product_id: FromPath[str],
    data: Annotated[dict[str, Any], BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Show a product by a picture of its own, or say why this one cannot be it."""
    visitor, tenant = visitor_for(request, "store.edit")
    try:
        with tenant_read(tenant) as session:
            product_to_read(session, visitor, parse_uuid(product_id))
        stored, looked = uploaded(visitor, data.get("file"))
        with tenant_work(tenant) as session:
            product = product_to_change(session, visitor, parse_uuid(product_id))
            pictures.show(session, tenant, visitor.actor, product, stored, looked)
    except (Invalid, Conflict) as refusal:
        return _editor(request, product_id, refusal=refusal)
    return flash.done(f"{PRODUCTS}/{product_id}", tenant, sentence("The picture was changed."))


@post(f"{PRODUCT}/picture/removal", sync_to_thread=True)
def remove_picture(request: AnyRequest, product_id: FromPath[str]) -> Response[Any]:
    """Take a product's own picture away."""
    visitor, tenant = visitor_for(request, "store.edit")
    with tenant_work(tenant) as session:
        product = product_to_change(session, visitor, parse_uuid(product_id))
        pictures.hide(session, visitor.actor, product)
    return flash.done(f"{PRODUCTS}/{product_id}", tenant, sentence("The picture was removed."))


@get(f"{PRODUCT}/labels", sync_to_thread=True)
def print_labels(request: AnyRequest, product_id: FromPath[str]) -> Response[bytes]:
    """Give sheets of barcode labels, so many of each variant."""
    visitor, tenant = visitor_for(request)
    each = whole(query(request, "each").get("each") or "1", least=1, most=labels.MOST_EACH, field="each")
    with tenant_read(tenant) as session:
        product = product_to_read(session, visitor, parse_uuid(product_id))
        sheet = labels.sheets(session, product, each, realm_of(request).language)
    headers = {"content-disposition": f'attachment; filename="{tenant.slug}-labels-{product.slug}.pdf"'}
    return Response(draw_sheet(tenant, sheet), media_type="application/pdf", headers=headers)


handlers = [show, print_labels, change, publish, archive, set_picture, remove_picture]
