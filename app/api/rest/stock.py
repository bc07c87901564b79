"""Stock: what lies where, how it was counted, and why there are more or fewer."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import Meta
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Resource, Section, View
from app.api.rest.conventions.numbered import PAGES, SEARCH, Query, asked, page_by_place
from app.api.rest.conventions.schemas import Count, Id, Moment, Name
from app.api.rest.products import whole_shop
from app.lists.rules import ANY_TEXT, Asked, Listing
from app.roster.queries.search import forgive
from app.storefront.models import Stock, StockLocation, StockMove, Variant
from app.storefront.policies import (
    location_to_change,
    require_shop,
    variant_to_change,
    variant_to_read,
)
from app.storefront.queries import stocks
from app.storefront.rules.portal_refusals import CountsUnusable
from app.storefront.rules.refusals import LocationUnknown
from app.storefront.service import arranging, counting, stock

SECTION = Section("Stock", "What of the shop's things lies where.")


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


class StockRowView(View):
    """A variant at a place; with no place it is not counted, so it never ends."""

    variant_id: Id
    product_id: Id
    product: str
    variant: str
    sku: str
    location_id: Id | None
    location: str | None
    on_hand: int | None
    reserved: int | None
    low_at: int | None


class StockPage(View):
    """Variants of things that the label sends itself, by title."""

    items: list[StockRowView]
    next: str | None


class Threshold(Body, frozen=True):
    """At how few that are free the label is told; null: never."""

    low_at: Annotated[int, Meta(ge=0, le=1_000_000, examples=[5])] | None


class CountSaid(Body, frozen=True):
    """How many of an SKU were counted."""

    sku: Annotated[str, Meta(min_length=1, max_length=40, examples=["SHIRT-M"])]
    on_hand: Annotated[int, Meta(ge=0, le=1_000_000, examples=[25])]


class NewCounts(Body, frozen=True):
    """What was counted at a place; an SKU that nobody knows refuses all of them."""

    location_id: Id
    counts: Annotated[list[CountSaid], Meta(min_length=1, max_length=2_000)]


class Counted(View):
    """How many SKUs had another count before."""

    changed: Count


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


LOCATIONS = Resource(name="locations", view=LocationView, model=StockLocation, visible=whole_shop, version=None)
MOVES = Resource(
    name="stock_moves", view=StockMoveView, model=StockMove, key="number", visible=whole_shop, version=None
)


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


STOCK_QUERY: Final[Query] = SEARCH | {
    "location": {
        "type": "string",
        "maxLength": 100,
        "description": "At the place of this name.",
        "examples": ["Shelf"],
    },
    "is_low": {"type": "string", "enum": ["true"], "description": "Only where no more are free than `low_at` says."},
    "is_uncounted": {"type": "string", "enum": ["true"], "description": "Only what is counted nowhere."},
    "is_archived": {"type": "string", "enum": ["true"], "description": "Also what is off sale."},
    "sort": {"type": "string", "enum": ["title", "free"], "default": "title", "description": "What comes first."},
}
_PARTS: Final = {"is_low": "low", "is_uncounted": "none", "is_archived": "archived"}
_LISTING = Listing(
    "api_stock", "/stock", parts=dict.fromkeys(("q", "location", *_PARTS.values()), ANY_TEXT), sorts=("title", "free")
)


@SECTION.get("/stock", scope="store:read", gives=StockPage, query=PAGES | STOCK_QUERY)
def list_stock(call: Call, session: Session) -> Answer:
    """List stock across variants. Each at each place where it lies; what is low can be asked for alone."""
    require_shop(call.visitor)
    said = asked(call, PAGES | STOCK_QUERY)
    values = {name: said[name].strip()[:100] for name in ("q", "location") if said.get(name, "").strip()}
    values |= {part: "some" for name, part in _PARTS.items() if name in said}
    wanted = Asked(_LISTING, said.get("sort", "title"), values)

    def fetch(skip: int, limit: int) -> list[dict[str, Any]]:
        if "q" in values:
            forgive(session)
        return [_stock_row(row) for row in session.execute(stocks.stocks(wanted, limit=limit, offset=skip)).all()]

    return page_by_place(call, STOCK_QUERY, fetch)


def _stock_row(row: Any) -> dict[str, Any]:
    kept = ("product_id", "variant", "sku", "location_id", "location", "on_hand", "reserved", "low_at")
    return {name: getattr(row, name) for name in kept} | {"variant_id": row.id, "product": row.title}


@SECTION.post("/stock/counts", scope="store:write", takes=NewCounts, gives=Counted)
def count_stock(call: Call, session: Session, body: NewCounts) -> Answer:
    """Count stock anew. All of what is sent or, where an SKU is unknown or named twice, nothing of it."""
    require_shop(call.visitor, "store.edit")
    place = location_to_change(session, call.visitor, body.location_id)
    counts: dict[str, int] = {}
    for line, each in enumerate(body.counts, start=1):
        if each.sku.lower() in counts:
            raise CountsUnusable(CountsUnusable.TWICE, line=line, text=each.sku[:60])
        counts[each.sku.lower()] = each.on_hand
    return Answer({"changed": counting.count(session, call.actor, place, counts)}, 201)


@SECTION.put(
    "/variants/{variant_id}/stock/{location_id}/threshold", scope="store:write", takes=Threshold, gives=StockView
)
def set_stock_threshold(call: Call, session: Session, body: Threshold) -> Answer:
    """Say at how few you are told. Of a variant that is counted at this place."""
    variant = variant_to_change(session, call.visitor, call.id("variant_id"))
    place = location_to_change(session, call.visitor, call.id("location_id"))
    held = session.get(Stock, {"variant_id": variant.id, "location_id": place.id}, with_for_update=True)
    if held is None:
        raise LocationUnknown
    stock.set_low(session, held, body.low_at)
    return _stock(session, variant)


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
