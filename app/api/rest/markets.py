"""Where the shop sells: markets, how people pay there, and what sending costs in each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.rest.artists import merged
from app.api.rest.conventions import UNSET, Answer, Body, Call, Patch, Resource, Section, UnsetType, View, said
from app.api.rest.conventions.numbered import asked
from app.api.rest.conventions.schemas import Count, Id
from app.api.rest.money_parts import Currency, Micros
from app.api.rest.products import whole_shop
from app.storefront.gateways import gateways
from app.storefront.models import Market, ShippingRate
from app.storefront.policies import market_to_change, market_to_read, settings_to_change
from app.storefront.service import arranging
from app.storefront.service.arranging import NewMarket, NewRate

SECTION = Section("Markets", "Countries that see the same prices, how people pay, and what sending costs.")
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$", description="ISO 3166-1.", examples=["DE"])]
Countries = Annotated[list[Country], Meta(max_length=300)]
Language = Annotated[str, Meta(min_length=2, max_length=20, examples=["de"])]
Languages = Annotated[list[Language], Meta(max_length=50)]
MarketName = Annotated[str, Meta(min_length=1, max_length=100, examples=["Nordics"])]
TaxShown = Literal["included", "added"]
Method = Literal["card", "wallet", "link", "sepa_debit", "ideal", "bancontact", "klarna", "paypal"]
Rounding = Literal["none", "whole", "five", "nine", "ninety_nine"]
Methods = Annotated[list[Method], Meta(max_length=20, examples=[["card"]])]
Amount = Annotated[int, Meta(ge=0, le=10**15, description="In the market's currency, in micros.", examples=[4_900_000])]
Days = Annotated[int, Meta(ge=0, le=365, examples=[3])]


class MarketPlaceView(View):
    """Countries that see the same prices. `methods` are the ways to pay that were chosen; none: all there are."""

    id: Id
    key: str
    name: str
    names: dict[str, str]
    currency: Currency
    countries: list[str]
    languages: list[str]
    is_rest: bool
    tax_shown: TaxShown
    rounding: str
    methods: list[Method]
    is_open: bool


class NewMarketSaid(Body, frozen=True):
    """A new market. A country belongs to one market; the others are the rest's. No languages: the label's."""

    key: Annotated[str, Meta(pattern="^[a-z0-9-]{2,20}$", examples=["nordics"])]
    name: MarketName
    currency: Currency
    countries: Annotated[list[Country], Meta(min_length=1, max_length=300)]
    names: dict[Language, MarketName] = msgspec.field(default_factory=dict)
    languages: Languages = msgspec.field(default_factory=list)
    tax_shown: TaxShown = "included"
    rounding: Rounding = "none"
    methods: Methods = msgspec.field(default_factory=list)
    is_open: bool = True


class MarketChange(Patch, frozen=True):
    """What is to be otherwise. With another currency the market's own prices and rates of sending are gone.

    Languages of `names` are merged one by one.
    """

    name: MarketName | UnsetType = UNSET
    names: dict[Language, MarketName | None] | UnsetType | None = UNSET
    currency: Currency | UnsetType = UNSET
    countries: Countries | UnsetType = UNSET
    languages: Languages | UnsetType = UNSET
    tax_shown: TaxShown | UnsetType = UNSET
    rounding: Rounding | UnsetType = UNSET
    methods: Methods | UnsetType = UNSET
    is_open: bool | UnsetType = UNSET


class PaymentMethods(View):
    """Ways to pay in a market: all that there are in its currency, and those that buyers are offered."""

    possible: list[Method]
    offered: list[Method]


class ShippingRateView(View):
    """A way of sending; no countries: all of the market's. Of one name the first that fits counts."""

    id: Id
    name: str
    names: dict[str, str]
    countries: list[str]
    most_grams: int | None
    price_micros: Micros
    free_from_micros: Micros | None
    days_from: Count
    days_until: Count
    is_active: bool


class ShippingRates(View):
    """A market's ways of sending, in their order."""

    currency: Currency
    items: list[ShippingRateView]


class ShippingRateSaid(Body, frozen=True):
    """A way of sending as it is wanted; `names` are what it is called in other languages."""

    name: Annotated[str, Meta(min_length=1, max_length=80, examples=["Parcel"])]
    price_micros: Amount
    names: dict[Language, Annotated[str, Meta(max_length=80)]] = msgspec.field(default_factory=dict)
    countries: Countries = msgspec.field(default_factory=list)
    most_grams: Annotated[int, Meta(ge=1, le=1_000_000, examples=[2_000])] | None = None
    free_from_micros: Amount | None = None
    days_from: Days = 1
    days_until: Days = 5
    is_active: bool = True


class ShippingRatesSaid(Body, frozen=True):
    """Exactly these ways of sending, in this order."""

    items: Annotated[list[ShippingRateSaid], Meta(max_length=100)]


MARKETS = Resource(name="markets", view=MarketPlaceView, model=Market, visible=whole_shop)


@SECTION.listing("/markets", MARKETS, scope="store:read")
def list_markets(call: Call, session: Session) -> Answer:
    """List markets."""
    return MARKETS.page(call, session)


@SECTION.get("/markets/{market_id}", scope="store:read", resource=MARKETS)
def read_market(call: Call, session: Session) -> Answer:
    """Read a market."""
    return MARKETS.one(call, session, market_to_read(session, call.visitor, call.id("market_id")).id)


@SECTION.post("/markets", scope="store:write", takes=NewMarketSaid, resource=MARKETS)
def add_market(call: Call, session: Session, body: NewMarketSaid) -> Answer:
    """Add a market. Its countries see its prices from now on."""
    settings_to_change(session, call.visitor)
    made = arranging.create_market(session, call.actor, NewMarket(**msgspec.structs.asdict(body)))
    return MARKETS.one(call, session, made.id, status=201, at=f"/api/v1/markets/{made.id}")


@SECTION.patch("/markets/{market_id}", scope="store:write", takes=MarketChange, resource=MARKETS)
def change_market(call: Call, session: Session, body: MarketChange) -> Answer:
    """Change a market. Only what is sent becomes otherwise; its key stays, and so does which one is the rest's."""
    market = market_to_change(session, call.visitor, call.id("market_id"))
    MARKETS.require_unchanged(call, market)
    now: dict[str, Any] = {name: getattr(market, name) for name in NewMarket.__struct_fields__}
    changes: dict[str, Any] = said(body)
    if "names" in changes:
        changes["names"] = merged(market.names, changes["names"])
    wish = NewMarket(**(now | changes))
    arranging.change_market(session, call.actor, market, wish, version=market.version)
    return MARKETS.one(call, session, market.id)


@SECTION.delete("/markets/{market_id}", scope="store:write", matches=True)
def remove_market(call: Call, session: Session) -> Answer:
    """Take a market away. Its countries belong to the rest; one that was sold in stays in the list, closed."""
    market = market_to_change(session, call.visitor, call.id("market_id"))
    MARKETS.require_unchanged(call, market)
    arranging.remove_market(session, call.actor, market)
    return Answer()


@SECTION.get("/markets/{market_id}/payment-methods", scope="store:read", gives=PaymentMethods)
def read_payment_methods(call: Call, session: Session) -> Answer:
    """Read the ways to pay in a market. What can be chosen there, and what buyers are offered."""
    asked(call, {})
    market = market_to_read(session, call.visitor, call.id("market_id"))
    possible = gateways.offered(market.currency)
    return Answer({"possible": possible, "offered": gateways.offered(market.currency, market.methods)})


@SECTION.get("/markets/{market_id}/shipping-rates", scope="store:read", gives=ShippingRates)
def read_shipping_rates(call: Call, session: Session) -> Answer:
    """Read what sending costs. In one market, in its currency."""
    asked(call, {})
    return _rates(session, market_to_read(session, call.visitor, call.id("market_id")))


@SECTION.put("/markets/{market_id}/shipping-rates", scope="store:write", takes=ShippingRatesSaid, gives=ShippingRates)
def set_shipping_rates(call: Call, session: Session, body: ShippingRatesSaid) -> Answer:
    """Say what sending costs. All ways of a market at once: one that is not named is offered no more."""
    market = market_to_change(session, call.visitor, call.id("market_id"))
    wishes = [NewRate(**msgspec.structs.asdict(each)) for each in body.items]
    arranging.set_rates(session, call.actor, market, wishes)
    return _rates(session, market)


def _rates(session: Session, market: Market) -> Answer:
    query = select(ShippingRate).where(ShippingRate.market_id == market.id)
    rows = session.scalars(query.order_by(ShippingRate.position, ShippingRate.id))
    items = [{name: getattr(row, name) for name in ShippingRateView.__struct_fields__} for row in rows]
    return Answer({"currency": market.currency, "items": items})
