"""How a label arranges its shop: markets, ways of sending, where it collects tax and at which rates, open or not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import delete, exists, func, insert, select
from sqlalchemy.orm import Session

from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.money import is_currency
from app.kernel.web.languages import LANGUAGES
from app.storefront.gateways import gateways
from app.storefront.models import (
    Basket,
    Market,
    Order,
    ShippingRate,
    StockLocation,
    StoreSettings,
    TaxRate,
    TaxRegistration,
    VariantPrice,
)
from app.storefront.rules.refusals import MarketUnusable, ProductChanged, ShippingUnusable, TaxUnusable
from app.storefront.rules.rounding import ROUNDINGS, is_whole_minor
from app.storefront.rules.taxes import TAX_CLASSES
from app.storefront.rules.usual import is_country

KEY: Final = re.compile(r"[a-z0-9-]{2,20}")
SHOWN: Final = ("included", "added")
SCHEMES: Final = ("domestic", "oss", "state")
MOST_PPM: Final = 500_000
LONGEST_NAME: Final = 100


class NewMarket(msgspec.Struct, kw_only=True):
    """A market as it is wanted; the fields are those of `Market`."""

    name: str
    currency: str
    key: str = ""
    names: dict[str, str] = {}
    countries: list[str] = []
    languages: list[str] = []
    is_rest: bool = False
    tax_shown: str = "included"
    rounding: str = "none"
    methods: list[str] = []
    is_open: bool = True


class NewRate(msgspec.Struct, kw_only=True):
    """A way of sending as it is wanted; the fields are those of `ShippingRate`."""

    name: str
    price_micros: int
    names: dict[str, str] = {}
    countries: list[str] = []
    most_grams: int | None = None
    free_from_micros: int | None = None
    days_from: int = 1
    days_until: int = 5
    is_active: bool = True


class NewRegistration(msgspec.Struct, kw_only=True):
    """Where tax is collected from a day on."""

    scheme: str
    country: str
    starts_on: date
    region: str | None = None
    number: str = ""
    ends_on: date | None = None


class NewTaxRate(msgspec.Struct, kw_only=True):
    """A rate of the label's own."""

    country: str
    tax_class: str
    name: str
    rate_ppm: int
    starts_on: date
    region: str | None = None


def create_market(session: Session, actor: Actor, wish: NewMarket) -> Market:
    """Add a market behind the others; a country that another one names is refused."""
    others = list(session.scalars(select(Market).order_by(Market.position)))
    _check_market(wish, others)
    if any(other.key == wish.key for other in others):
        raise MarketUnusable(fields={"key": MarketUnusable.KEY})
    position = max((other.position for other in others), default=-1) + 1
    market = Market(id=ids.new_id(), **msgspec.structs.asdict(wish), position=position)
    session.add(market)
    session.flush()
    _record(session, actor, "market.created", market)
    return market


def change_market(session: Session, actor: Actor, market: Market, wish: NewMarket, *, version: int) -> None:
    """Have a market be as is wished; its key stays. Where its currency changes, its list prices and rates are gone."""
    session.refresh(market, with_for_update=True)
    if market.version != version:
        raise ProductChanged
    wish = msgspec.structs.replace(wish, key=market.key)
    _check_market(wish, list(session.scalars(select(Market).where(Market.id != market.id))), market)
    if wish.currency != market.currency:
        _drop_prices(session, market)
    for name, value in msgspec.structs.asdict(wish).items():
        setattr(market, name, value)
    market.version += 1
    session.flush()
    _record(session, actor, "market.changed", market)


def remove_market(session: Session, actor: Actor, market: Market) -> None:
    """Take a market away; the one for all other countries stays, and one that was sold in is closed instead."""
    if market.is_rest:
        raise MarketUnusable(fields={"is_rest": MarketUnusable.REST})
    _record(session, actor, "market.removed", market)
    if session.scalar(select(exists().where(Order.market_id == market.id))):
        market.is_open, market.countries, market.version = False, [], market.version + 1
    else:
        session.execute(delete(Basket).where(Basket.market_id == market.id))
        session.delete(market)
    session.flush()


def _drop_prices(session: Session, market: Market) -> None:
    session.execute(delete(VariantPrice).where(VariantPrice.market_id == market.id))
    session.execute(delete(ShippingRate).where(ShippingRate.market_id == market.id))


def _record(session: Session, actor: Actor, action: str, market: Market) -> None:
    after = {"name": market.name, "names": market.names, "currency": market.currency, "is_open": market.is_open}
    activity.record(session, actor, action, subject_type="market", subject_id=market.id, after=after)


def _check_market(wish: NewMarket, others: Sequence[Market], market: Market | None = None) -> None:
    wish.countries = sorted({code.upper() for code in wish.countries})
    wish.names = {language: name.strip() for language, name in wish.names.items() if name.strip()}
    named = {code for other in others for code in other.countries}
    doubled = [code for code in wish.countries if code in named or not is_country(code)]
    rests = [other for other in others if other.is_rest]
    was_rest = market is not None and market.is_rest
    checks = {
        "key": (bool(KEY.fullmatch(wish.key)), MarketUnusable.KEY),
        "name": (0 < len(wish.name.strip()) <= LONGEST_NAME, MarketUnusable.NAME),
        "names": (max(map(len, wish.names.values()), default=0) <= LONGEST_NAME, MarketUnusable.LONG),
        "currency": (is_currency(wish.currency), MarketUnusable.CURRENCY),
        "countries": (not doubled and (wish.is_rest or bool(wish.countries)), MarketUnusable.COUNTRY),
        "is_rest": (not (wish.is_rest and rests) and (wish.is_rest or not was_rest), MarketUnusable.REST),
        "languages": ({*wish.languages, *wish.names} <= set(LANGUAGES), MarketUnusable.LANGUAGE),
        "methods": (not wish.methods or bool(gateways.offered(wish.currency, wish.methods)), MarketUnusable.METHOD),
        "rounding": (wish.rounding in ROUNDINGS and wish.tax_shown in SHOWN, MarketUnusable.ROUNDING),
    }
    wrong = {field: why for field, (is_right, why) in checks.items() if not is_right}
    if wrong:
        raise MarketUnusable(fields=wrong)


def set_rates(session: Session, actor: Actor, market: Market, wishes: Sequence[NewRate]) -> None:
    """Have exactly these ways of sending in a market, in this order."""
    for wish in wishes:
        amounts = [wish.price_micros, wish.free_from_micros or 0]
        is_money = all(each >= 0 and is_whole_minor(each, market.currency) for each in amounts)
        is_fast = 0 <= wish.days_from <= wish.days_until
        is_light = wish.most_grams is None or wish.most_grams > 0
        if not (wish.name.strip() and is_money and is_fast and is_light):
            raise ShippingUnusable
    session.execute(delete(ShippingRate).where(ShippingRate.market_id == market.id))
    rows = [
        {"id": ids.new_id(), "market_id": market.id, "position": position, **msgspec.structs.asdict(wish)}
        for position, wish in enumerate(wishes)
    ]
    if rows:
        session.execute(insert(ShippingRate), rows)
    _record(session, actor, "market.changed", market)


def register(session: Session, actor: Actor, wish: NewRegistration) -> TaxRegistration:
    """Collect tax somewhere; what is registered there already is changed."""
    if wish.scheme not in SCHEMES or (wish.scheme == "state") != bool(wish.region) or not is_country(wish.country):
        raise TaxUnusable(fields={"country": TaxUnusable.PLACE})
    here = select(TaxRegistration).where(
        TaxRegistration.scheme == wish.scheme,
        TaxRegistration.country == wish.country,
        TaxRegistration.region.is_not_distinct_from(wish.region),
    )
    row = session.scalar(here.with_for_update())
    if row is None:
        row = TaxRegistration(id=ids.new_id())
        session.add(row)
    for name, value in msgspec.structs.asdict(wish).items():
        setattr(row, name, value)
    session.flush()
    after = {"scheme": wish.scheme, "country": wish.country, "region": wish.region, "number": wish.number}
    activity.record(session, actor, "tax_registration.set", subject_type="shop", subject_id=row.id, after=after)
    return row


def unregister(session: Session, actor: Actor, row: TaxRegistration, *, ends_on: date) -> None:
    """Collect tax there until a day, and none after it."""
    row.ends_on = max(ends_on, row.starts_on)
    session.flush()
    before = {"scheme": row.scheme, "country": row.country, "region": row.region, "ends_on": row.ends_on.isoformat()}
    activity.record(session, actor, "tax_registration.ended", subject_type="shop", subject_id=row.id, before=before)


def set_tax_rate(session: Session, actor: Actor, wish: NewTaxRate) -> TaxRate:
    """Have a rate of the label's own in place of the one that we know."""
    is_usable = wish.tax_class in TAX_CLASSES and 0 <= wish.rate_ppm <= MOST_PPM and bool(wish.name.strip())
    if not (is_usable and is_country(wish.country)):
        raise TaxUnusable(fields={"rate": TaxUnusable.RATE})
    here = select(TaxRate).where(
        TaxRate.country == wish.country,
        TaxRate.region.is_not_distinct_from(wish.region),
        TaxRate.tax_class == wish.tax_class,
        TaxRate.starts_on == wish.starts_on,
    )
    row = session.scalar(here.with_for_update())
    if row is None:
        row = TaxRate(id=ids.new_id())
        session.add(row)
    for name, value in msgspec.structs.asdict(wish).items():
        setattr(row, name, value)
    session.flush()
    after = {"country": wish.country, "region": wish.region, "rate_ppm": wish.rate_ppm, "tax_class": wish.tax_class}
    activity.record(session, actor, "tax_rate.set", subject_type="shop", subject_id=row.id, after=after)
    return row


def drop_tax_rate(session: Session, actor: Actor, row: TaxRate) -> None:
    """Have the rate that we know again."""
    before = {"country": row.country, "region": row.region, "rate_ppm": row.rate_ppm, "tax_class": row.tax_class}
    activity.record(session, actor, "tax_rate.dropped", subject_type="shop", subject_id=row.id, before=before)
    session.delete(row)
    session.flush()


def set_open(session: Session, actor: Actor, *, is_open: bool) -> None:
    """Open the whole shop for orders, or close it; pages stay."""
    settings = session.get_one(StoreSettings, 1, with_for_update=True)
    if settings.is_open == is_open:
        return
    settings.is_open, settings.changed_at, settings.version = is_open, clock.now(), settings.version + 1
    session.flush()
    activity.record(session, actor, "shop.opened" if is_open else "shop.closed", subject_type="shop")


def add_location(session: Session, actor: Actor, *, name: str, country: str) -> StockLocation:
    """Add a place where things lie that are sent."""
    name = name.strip()[:100]
    known = select(exists().where(StockLocation.name == name))
    if not name or not is_country(country) or session.scalar(known):
        raise ShippingUnusable(fields={"name": ShippingUnusable.PLACE})
    place = StockLocation(id=ids.new_id(), name=name, country=country, position=_behind(session))
    session.add(place)
    session.flush()
    told: dict[str, Any] = {"after": {"name": name, "country": country}}
    activity.record(session, actor, "stock_location.added", subject_type="stock_location", subject_id=place.id, **told)
    return place


def _behind(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(StockLocation)) or 0
