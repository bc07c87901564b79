"""The shop around its products: markets and stock."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Resource, Section, View
from app.api.rest.conventions.numbered import asked
from app.api.rest.conventions.schemas import Count, Id, Moment, Name
from app.api.rest.money_parts import Currency
from app.api.rest.products import whole_shop
from app.storefront.models import Market, Stock, StockLocation, StockMove, Variant
from app.storefront.policies import (
    market_to_read,
    require_shop,
    settings_to_change,
    variant_to_change,
    variant_to_read,
)
from app.storefront.service import arranging, stock

SECTION = Section("Shop", "Markets and stock of the label's shop.")


class MarketPlaceView(View):
    """Countries that see the same prices."""

    id: Id
    key: str
    name: str
    currency: Currency
    countries: list[str]
    languages: list[str]
    is_rest: bool
    tax_shown: Literal["included", "added"]
    rounding: str
    is_open: bool


class ShopState(Body, frozen=True):
    """Whether the shop is open."""

    is_open: bool


class LocationView(View):
    """Where things lie that are sent."""

    id: Id
    name: str
    country: str
    is_active: bool


class NewLocation(Body, frozen=True):
    """A new place for stock."""

    name: Name
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$", examples=["DE"])]


class StockLevelView(View):
    """How many of a variant lie at a place, and how many of these are spoken for."""

    location_id: Id
    on_hand: Count
    reserved: Count
    low_at: int | None


class StockView(View):
    """A variant's stock by place; without any it is endless."""

    variant_id: Id
    sku: str
    levels: list[StockLevelView]


class StockMoveView(View):
    """Why there are more or fewer."""

    number: Count
    variant_id: Id
    location_id: Id
    quantity: int
    reason: str
    order_id: Id | None
    moved_by: Id | None
    moved_at: Moment


class NewMove(Body, frozen=True):
    """Some of a variant put somewhere, or taken away (below zero)."""

    location_id: Id
    quantity: Annotated[int, Meta(ge=-1_000_000, le=1_000_000, examples=[25])]
    reason: Literal["received", "returned", "damaged", "lost", "given", "counted"] = "received"


MARKETS = Resource(name="markets", view=MarketPlaceView, model=Market, visible=whole_shop)
LOCATIONS = Resource(name="locations", view=LocationView, model=StockLocation, visible=whole_shop, version=None)
MOVES = Resource(
    name="stock_moves", view=StockMoveView, model=StockMove, key="number", visible=whole_shop, version=None
)


@SECTION.listing("/markets", MARKETS, scope="store:read")
def list_markets(call: Call, session: Session) -> Answer:
    """List markets."""
    return MARKETS.page(call, session)


@SECTION.get("/markets/{market_id}", scope="store:read", resource=MARKETS)
def read_market(call: Call, session: Session) -> Answer:
    """Read a market."""
    return MARKETS.one(call, session, market_to_read(session, call.visitor, call.id("market_id")).id)


@SECTION.put("/shop", scope="store:write", takes=ShopState, gives=ShopState)
def set_shop_state(call: Call, session: Session, body: ShopState) -> Answer:
    """Open the shop. Or close it; orders that were placed go on."""
    settings_to_change(session, call.visitor)
    arranging.set_open(session, call.actor, is_open=body.is_open)
    return Answer({"is_open": body.is_open})


@SECTION.listing("/stock/locations", LOCATIONS, scope="store:read")
def list_stock_locations(call: Call, session: Session) -> Answer:
    """List places where stock lies."""
    return LOCATIONS.page(call, session)


@SECTION.post("/stock/locations", scope="store:write", takes=NewLocation, resource=LOCATIONS)
def add_stock_location(call: Call, session: Session, body: NewLocation) -> Answer:
    """Add a place for stock."""
    require_shop(call.visitor, "store.edit")
    made = arranging.add_location(session, call.actor, name=body.name, country=body.country)
    session.flush()
    return LOCATIONS.one(call, session, made.id, status=201)


@SECTION.get("/variants/{variant_id}/stock", scope="store:read", gives=StockView)
def read_stock(call: Call, session: Session) -> Answer:
    """Read a variant's stock."""
    asked(call, {})
    return _stock(session, variant_to_read(session, call.visitor, call.id("variant_id")))


def _stock(session: Session, variant: Variant, *, status: int = 200) -> Answer:
    query: Select[Any] = select(Stock).where(Stock.variant_id == variant.id).order_by(Stock.location_id)
    levels = [{name: getattr(row, name) for name in StockLevelView.__struct_fields__} for row in session.scalars(query)]
    return Answer({"variant_id": variant.id, "sku": variant.sku, "levels": levels}, status)


@SECTION.listing("/variants/{variant_id}/stock/moves", MOVES, scope="store:read")
def list_stock_moves(call: Call, session: Session) -> Answer:
    """List why there are more or fewer."""
    variant = variant_to_read(session, call.visitor, call.id("variant_id"))
    return MOVES.page(call, session, StockMove.variant_id == variant.id)


@SECTION.post("/variants/{variant_id}/stock/moves", scope="store:write", takes=NewMove, gives=StockView)
def move_stock(call: Call, session: Session, body: NewMove) -> Answer:
    """Move stock. More or fewer of a variant at a place, with the reason."""
    variant = variant_to_change(session, call.visitor, call.id("variant_id"))
    stock.move(session, call.actor, variant.id, body.location_id, body.quantity, body.reason)
    return _stock(session, variant, status=201)
