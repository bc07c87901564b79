"""Markets: which countries see which prices, what sending costs there, where tax is collected, how the shop stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.commas import between_commas
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.ids import parse_uuid
from app.kernel.money import currencies
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.languages import LANGUAGES
from app.kernel.web.realm import realm_of
from app.storefront.gateways import gateways
from app.storefront.models import Market, Product, ShippingRate, Variant
from app.storefront.pages.portal.around import (
    MARKETS,
    AnyRequest,
    Sent,
    amount,
    countries,
    language_names,
    lines,
    many,
    one,
    optional_amount,
    optional_whole,
    store_page,
    typed_amount,
    version_of,
    visitor_for,
    whole,
)
from app.storefront.policies import market_to_change, market_to_read, settings_to_change, settings_to_read
from app.storefront.rules.methods import METHODS
from app.storefront.service import arranging, offering, pricing
from app.storefront.service.arranging import NewMarket, NewRate
from app.storefront.service.markets import MarketView
from app.storefront.service.shop import shop_of

MARKET = f"{MARKETS}/{{market_id:str}}"
SHOP = f"{MARKETS}/shop"
SHOWN_PRICES = 5
ROUNDING_SENTENCES = {
    "none": sentence("As converted"),
    "whole": sentence("Whole: 13"),
    "five": sentence("To five hundredths: 12.95"),
    "nine": sentence("Ending in ninety: 12.90"),
    "ninety_nine": sentence("Ending in ninety-nine: 12.99"),
}
TAX_SENTENCES = {"included": sentence("Prices with tax"), "added": sentence("Prices without tax, added at the end")}
RATE = ("rate_name", "called", "price", "free_from", "most_grams", "days_from", "days_until", "rate_countries")
CALLED = "called."


@get(MARKETS, sync_to_thread=True)
def list_markets(request: AnyRequest) -> Response[str]:
    """Show markets in their order."""
    return _listed(request)


def _listed(request: AnyRequest, refusal: Refusal | None = None, typed: dict[str, str] | None = None) -> Response[str]:
    visitor, tenant = visitor_for(request)
    with tenant_read(tenant) as session:
        settings_to_read(session, visitor)
        rows = list(session.scalars(select(Market).order_by(Market.position, Market.id)))
        rates = {market.currency: pricing.rate_to(session, tenant, market.currency) for market in rows}
    language = realm_of(request).language
    names = countries(language)
    told = {"rows": rows, "countries": names, "rates": rates, "typed": typed or {}, "own": tenant.currency}
    words = {"tax_words": TAX_SENTENCES, "of": language_names(language, LANGUAGES), "codes": currencies()}
    return store_page(request, "markets", MARKETS, refusal=refusal, **told, **words)


@post(MARKETS, sync_to_thread=True)
def add(request: AnyRequest, data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Add a market, and lead to its page."""
    visitor, tenant = visitor_for(request, "store.edit")
    wish = NewMarket(
        name=one(data, "name")[:100],
        key=one(data, "key"),
        currency=one(data, "currency").upper(),
        countries=_codes(one(data, "countries")),
    )
    try:
        with tenant_work(tenant) as session:
            settings_to_change(session, visitor)
            market = arranging.create_market(session, visitor.actor, wish)
    except Invalid as refusal:
        return _listed(request, refusal, {name: one(data, name) for name in ("name", "key", "currency", "countries")})
    return flash.done(f"{MARKETS}/{market.id}", tenant, sentence("The market was added."))


def _codes(text: str) -> list[str]:
    return [code.upper() for code in between_commas(text.replace(";", ",").replace("；", ","))]


@get(MARKET, sync_to_thread=True)
def show(request: AnyRequest, market_id: FromPath[str]) -> Response[str]:
    """Show a market, and what things cost there."""
    return _market(request, market_id)


def _market(
    request: AnyRequest, market_id: str, *, refusal: Refusal | None = None, typed: dict[str, Any] | None = None
) -> Response[str]:
    visitor, tenant = visitor_for(request)
    language = realm_of(request).language
    with tenant_read(tenant) as session:
        market = market_to_read(session, visitor, parse_uuid(market_id))
        sample = _sample(session, tenant, market)
        rate = pricing.rate_to(session, tenant, market.currency)
    told = {**_now(market), **(typed or {})}
    words = {
        "roundings": ROUNDING_SENTENCES,
        "tax_words": TAX_SENTENCES,
        "of": language_names(language, LANGUAGES),
        "tongues": _others(tenant),
        "codes": {code: code for code in currencies()},
        "methods": {key: METHODS.get(key, key) for key in gateways.offered(market.currency, ())},
        "own": tenant.currency,
    }
    return store_page(
        request, "market", MARKETS, refusal=refusal, market=market, typed=told, sample=sample, rate=rate, **words
    )


def _now(market: Market) -> dict[str, Any]:
    return {
        "name": market.name,
        "names": dict(market.names),
        "currency": market.currency,
        "countries": ",".join(market.countries),
        "languages": list(market.languages),
        "tax_shown": market.tax_shown,
        "rounding": market.rounding,
        "methods": list(market.methods),
        "is_rest": market.is_rest,
        "is_open": market.is_open,
    }


def _sample(session: Session, tenant: Tenant, market: Market) -> list[tuple[str, int, pricing.Price | None]]:
    """What some products cost at home and there."""
    query = (
        select(Variant.id, Product.title, Variant.price_micros)
        .join(Product, Product.id == Variant.product_id)
        .where(Product.state == "live", Variant.is_active, Variant.position == 0)
        .order_by(Product.updated_at.desc())
        .limit(SHOWN_PRICES)
    )
    rows = session.execute(query).all()
    found = pricing.prices(session, tenant, MarketView.of(market), [row.id for row in rows])
    return [(row.title, row.price_micros, found.get(row.id)) for row in rows]


@post(MARKET, sync_to_thread=True)
def change(request: AnyRequest, market_id: FromPath[str], data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Keep a market that is still as its editor saw it."""
    visitor, tenant = visitor_for(request, "store.edit")
    typed = _typed(tenant, data)
    try:
        with tenant_work(tenant) as session:
            market = market_to_change(session, visitor, parse_uuid(market_id))
            wish = NewMarket(**{**typed, "countries": _codes(typed["countries"]), "key": market.key})
            wish.is_rest = market.is_rest
            wish.names = market.names | wish.names
            arranging.change_market(session, visitor.actor, market, wish, version=version_of(data))
    except (Invalid, Conflict) as refusal:
        return _market(request, market_id, refusal=refusal, typed=typed)
    return flash.done(f"{MARKETS}/{market.id}", tenant, sentence("Saved."))


def _typed(tenant: Tenant, data: Sent) -> dict[str, Any]:
    return {
        "name": one(data, "name")[:100],
        "names": {key: one(data, f"{CALLED}{key}")[:100] for key in _others(tenant) if f"{CALLED}{key}" in data},
        "currency": one(data, "currency").upper(),
        "countries": one(data, "countries"),
        "languages": many(data, "language"),
        "tax_shown": one(data, "tax_shown"),
        "rounding": one(data, "rounding"),
        "methods": many(data, "method"),
        "is_open": bool(one(data, "is_open")),
    }


@post(f"{MARKET}/removal", sync_to_thread=True)
def remove(request: AnyRequest, market_id: FromPath[str]) -> Response[Any]:
    """Take a market away; its countries see the prices of the rest of the world."""
    visitor, tenant = visitor_for(request, "store.edit")
    try:
        with tenant_work(tenant) as session:
            market = market_to_change(session, visitor, parse_uuid(market_id))
            arranging.remove_market(session, visitor.actor, market)
    except (Invalid, Conflict) as refusal:
        return _market(request, market_id, refusal=refusal)
    return flash.done(MARKETS, tenant, sentence("The market is gone. Its countries belong to the rest of the world."))


@get(f"{MARKETS}/sending", sync_to_thread=True)
def show_sending(request: AnyRequest) -> Response[str]:
    """Show what sending costs in each market."""
    return _sending(request)


def _sending(request: AnyRequest, refusal: Refusal | None = None, typed: dict[str, Any] | None = None) -> Response[str]:
    visitor, tenant = visitor_for(request)
    reader = realm_of(request).language
    asked = request.query_params.get("language", "")
    language = asked if asked in tongues(tenant) else tongues(tenant)[0]
    with tenant_read(tenant) as session:
        settings_to_read(session, visitor)
        rows = list(session.scalars(select(Market).order_by(Market.position, Market.id)))
        rates = list(session.scalars(select(ShippingRate).order_by(ShippingRate.position, ShippingRate.id)))
    shown = {
        market.id: [_rate(rate, market.currency, reader, language) for rate in rates if rate.market_id == market.id]
        for market in rows
    }
    if typed:
        shown[typed["market"]] = typed["rows"]
    told = {"rows": rows, "shown": shown, "at": (typed or {}).get("market"), "tongue": language}
    of = language_names(reader, tongues(tenant))
    return store_page(request, "rates", f"{MARKETS}/sending", refusal=refusal, of=of, **told)


def tongues(tenant: Tenant) -> tuple[str, ...]:
    """The languages in which buyers read the shop."""
    return shop_of(tenant).languages(tenant)


def _others(tenant: Tenant) -> list[str]:
    """The languages in which a market is called otherwise than in the label's first."""
    return [key for key in tongues(tenant) if key != tenant.languages[0]]


def _rate(rate: ShippingRate, currency: str, reader: str, language: str) -> dict[str, str]:
    return {
        "rate_name": rate.name,
        "called": rate.names.get(language, ""),
        "price": typed_amount(rate.price_micros, currency, reader),
        "free_from": typed_amount(rate.free_from_micros, currency, reader),
        "most_grams": str(rate.most_grams or ""),
        "days_from": str(rate.days_from),
        "days_until": str(rate.days_until),
        "rate_countries": ",".join(rate.countries),
    }


@post(f"{MARKET}/rates", sync_to_thread=True)
def set_rates(request: AnyRequest, market_id: FromPath[str], data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Have exactly these ways of sending in a market, in this order."""
    visitor, tenant = visitor_for(request, "store.edit")
    reader = realm_of(request).language
    language = one(data, "language") if one(data, "language") in tongues(tenant) else ""
    rows = [row for row in lines(data, RATE) if any(row.values())] if "rate_name" in data else []
    try:
        with tenant_work(tenant) as session:
            market = market_to_change(session, visitor, parse_uuid(market_id))
            held = {rate.name: rate.names for rate in _held(session, market)}
            wishes = _wishes(rows, market.currency, reader, held, language)
            arranging.set_rates(session, visitor.actor, market, wishes)
    except (Invalid, Conflict) as refusal:
        return _sending(request, refusal, {"market": parse_uuid(market_id), "rows": rows})
    said = f"?language={language}" if language else ""
    return flash.done(f"{MARKETS}/sending{said}#market-{market.key}", tenant, sentence("Saved."))


def _held(session: Session, market: Market) -> Sequence[ShippingRate]:
    return session.scalars(select(ShippingRate).where(ShippingRate.market_id == market.id)).all()


def _names(names: dict[str, str], language: str, name: str) -> dict[str, str]:
    if not language:
        return names
    others = {key: said for key, said in names.items() if key != language}
    return {**others, language: name} if name else others


def _wishes(
    rows: list[dict[str, str]], currency: str, reader: str, held: dict[str, dict[str, str]], language: str
) -> list[NewRate]:
    """Ways of sending as they are wanted, named in one language; one that keeps its name keeps the other languages."""
    found = []
    for place, row in enumerate(rows):
        first = optional_whole(row["days_from"], most=365, field=f"days_from.{place}")
        last = optional_whole(row["days_until"], most=365, field=f"days_until.{place}")
        first = 1 if first is None else first
        rate = NewRate(
            name=row["rate_name"][:80],
            names=_names(held.get(row["rate_name"], {}), language, row["called"][:80]),
            price_micros=amount(row["price"] or "0", currency, reader, field=f"price.{place}"),
            free_from_micros=optional_amount(row["free_from"], currency, reader, field=f"free_from.{place}"),
            most_grams=optional_whole(row["most_grams"], least=1, most=1_000_000, field=f"most_grams.{place}"),
            days_from=first,
            days_until=max(first, 5) if last is None else last,
            countries=_codes(row["rate_countries"]),
        )
        found.append(rate)
    return found


@get(SHOP, sync_to_thread=True)
def show_shop(request: AnyRequest) -> Response[str]:
    """Show where the shop sends from and what its orders are called."""
    return _shop(request)


def _shop(request: AnyRequest, refusal: Refusal | None = None, typed: dict[str, str] | None = None) -> Response[str]:
    visitor, tenant = visitor_for(request)
    with tenant_read(tenant) as session:
        settings = settings_to_read(session, visitor)
    now = {
        "ships_from": settings.ships_from,
        "order_prefix": settings.order_prefix,
        "returns_days": str(settings.returns_days),
    }
    names = countries(realm_of(request).language)
    return store_page(
        request, "shop", SHOP, refusal=refusal, settings=settings, typed={**now, **(typed or {})}, countries=names
    )


@post(SHOP, sync_to_thread=True)
def change_shop(request: AnyRequest, data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Keep where the shop sends from and what its orders are called."""
    visitor, tenant = visitor_for(request, "store.edit")
    try:
        details = _details(data)
        with tenant_work(tenant) as session:
            settings = settings_to_change(session, visitor)
            offering.set_details(session, visitor.actor, settings, details=details, version=version_of(data))
    except (Invalid, Conflict) as refusal:
        typed = {name: one(data, name) for name in ("ships_from", "order_prefix", "returns_days")}
        return _shop(request, refusal, typed)
    return flash.done(SHOP, tenant, sentence("Saved."))


def _details(data: Sent) -> dict[str, Any]:
    days = whole(one(data, "returns_days"), most=365, field="returns_days")
    country = one(data, "ships_from").upper()
    return {"ships_from": country, "order_prefix": one(data, "order_prefix"), "returns_days": days}


handlers = [list_markets, add, show_sending, show_shop, change_shop, show, change, remove, set_rates]
