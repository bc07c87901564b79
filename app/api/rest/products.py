"""Products of the shop: what fans buy, in which variants, at which prices in which markets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from app.api.rest.conventions import UNSET, Answer, Body, Call, Part, Patch, Resource, Section, UnsetType, View, said
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.numbered import Query, asked
from app.api.rest.conventions.schemas import Code, Count, Day, Id, LongText, Moment, Text
from app.api.rest.money_parts import Micros
from app.brand.service.drawing import draw_sheet
from app.identity.policies import Visitor
from app.kernel.collation import as_sorted
from app.kernel.db import tenant_read
from app.kernel.files.rules import content_disposition
from app.kernel.web.strict import QueryUnusable
from app.roster.queries.search import forgive
from app.storefront.models import BundlePart, Product, Stock, Variant, VariantPrice
from app.storefront.policies import product_to_change, product_to_read, require_shop
from app.storefront.queries import products as queries
from app.storefront.rules.products import NewPart, NewProduct, NewVariant
from app.storefront.service import labels, products

SECTION = Section("Products", "What the label sells: music, things, bundles and memberships.")
PDF: Final = "application/pdf"
EACH: Final[Query] = {
    "each": {
        "type": "integer",
        "minimum": 1,
        "maximum": labels.MOST_EACH,
        "default": 1,
        "description": "How many of each variant.",
    }
}
Kind = Literal["digital", "physical", "bundle", "membership"]
State = Literal["draft", "live", "archived"]
Price = Annotated[int, Meta(ge=0, le=10**15, description="In the label's currency, in micros.", examples=[12_000_000])]


class PriceView(View):
    """A variant's price in one market, in the market's currency."""

    market_id: Id
    price_micros: Micros
    was_micros: Micros | None


class VariantView(View):
    """One thing that lies in a basket. `on_hand` less `reserved` is free; both are null where nothing is counted."""

    id: Id
    sku: str
    title: str
    options: dict[str, str]
    price_micros: Micros
    was_micros: Micros | None
    cost_micros: Micros
    grams: Count
    barcode: str | None
    is_active: bool
    prices: list[PriceView]
    on_hand: int | None
    reserved: int | None


class BundlePartView(View):
    """So many of a variant in a bundle."""

    variant_id: Id
    quantity: Count


class ProductView(View):
    """Something that fans buy."""

    id: Id
    kind: Kind
    state: State
    slug: str
    title: str
    titles: dict[str, str]
    descriptions: dict[str, str]
    release_id: Id | None
    recording_id: Id | None
    artist_id: Id | None
    tax_class: str
    on_sale_from: Moment | None
    ships_on: Day | None
    most: int | None
    sold: Count
    is_named_price: bool
    interval: str | None
    fulfilled_by: str
    position: int
    picture_id: Id | None
    variants: list[VariantView]
    parts: list[BundlePartView]
    created_at: Moment
    updated_at: Moment


class PriceSaid(Body, frozen=True):
    """A price in one market, in its currency."""

    market_id: Id
    price_micros: Price
    was_micros: Price | None = None


class VariantSaid(Body, frozen=True):
    """A variant as it is wanted; with the `id` of one that is there it is that one."""

    price_micros: Price
    id: Id | None = None
    sku: Code = ""
    title: Text = ""
    options: dict[str, Text] = msgspec.field(default_factory=dict)
    was_micros: Price | None = None
    cost_micros: Price = 0
    grams: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    barcode: Code | None = None
    is_active: bool = True
    prices: Annotated[list[PriceSaid], Meta(max_length=100)] = msgspec.field(default_factory=list)


class BundlePartSaid(Body, frozen=True):
    """So many of a variant in a bundle."""

    variant_id: Id
    quantity: Annotated[int, Meta(ge=1, le=100)] = 1


Variants = Annotated[list[VariantSaid], Meta(min_length=1, max_length=100)]


class ProductChange(Patch, frozen=True):
    """What is to be otherwise. `variants` and `parts` are replaced whole: one that is not named is sold no more."""

    title: Text | UnsetType = UNSET
    titles: dict[str, Text] | UnsetType = UNSET
    descriptions: dict[str, LongText] | UnsetType = UNSET
    slug: Code | UnsetType = UNSET
    artist_id: Id | UnsetType | None = UNSET
    tax_class: Literal["goods", "digital", "untaxed"] | UnsetType = UNSET
    on_sale_from: Moment | UnsetType | None = UNSET
    ships_on: Day | UnsetType | None = UNSET
    most: Annotated[int, Meta(ge=1)] | UnsetType | None = UNSET
    is_named_price: bool | UnsetType = UNSET
    fulfilled_by: Literal["label", "printful", "nobody"] | UnsetType = UNSET
    position: int | UnsetType = UNSET
    variants: Variants | UnsetType = UNSET
    parts: list[BundlePartSaid] | UnsetType = UNSET


class NewProductSaid(ProductChange, frozen=True, kw_only=True):
    """A new product, in draft until it is put on sale. Its kind and its music stay what they are."""

    kind: Kind
    title: Text
    variants: Variants
    release_id: Id | None = None
    recording_id: Id | None = None
    interval: Literal["month", "year"] | None = None


def _variants(session: Session, _visitor: Visitor, product_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    held = (
        select(Stock.variant_id, func.sum(Stock.on_hand).label("on_hand"), func.sum(Stock.reserved).label("reserved"))
        .group_by(Stock.variant_id)
        .subquery()
    )
    query = select(Variant, held.c.on_hand, held.c.reserved).outerjoin(held, held.c.variant_id == Variant.id)
    query = query.where(Variant.product_id.in_(product_ids)).order_by(Variant.position, Variant.id)
    rows = session.execute(query).all()
    prices: dict[UUID, list[Any]] = {}
    for price in session.scalars(select(VariantPrice).where(VariantPrice.variant_id.in_([row[0].id for row in rows]))):
        told = {name: getattr(price, name) for name in PriceView.__struct_fields__}
        prices.setdefault(price.variant_id, []).append(told)
    found: dict[UUID, list[Any]] = {}
    kept = [name for name in VariantView.__struct_fields__ if name not in ("prices", "on_hand", "reserved")]
    for row, on_hand, reserved in rows:
        shown = {name: getattr(row, name) for name in kept} | {"prices": prices.get(row.id, [])}
        counted = {"on_hand": None if on_hand is None else int(on_hand)}
        counted["reserved"] = None if reserved is None else int(reserved)
        found.setdefault(row.product_id, []).append(shown | counted)
    return found


def _parts(session: Session, _visitor: Visitor, product_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    query = select(BundlePart).where(BundlePart.product_id.in_(product_ids)).order_by(BundlePart.variant_id)
    found: dict[UUID, list[Any]] = {}
    for row in session.scalars(query):
        found.setdefault(row.product_id, []).append({"variant_id": row.variant_id, "quantity": row.quantity})
    return found


def whole_shop(visitor: Visitor) -> ColumnElement[bool]:
    """The shop is the whole label's: refused to whoever sees a part of it."""
    require_shop(visitor)
    return true()


PRODUCTS = Resource(
    name="products",
    view=ProductView,
    model=Product,
    visible=whole_shop,
    columns={"picture_id": Product.image_id},
    parts={"variants": Part(_variants, []), "parts": Part(_parts, [])},
    filters={
        "q": by.search(queries.fits, "Part of a title, as people type it, or a whole SKU or barcode.", forgive),
        "kind": by.choice(Product.kind, ("digital", "physical", "bundle", "membership"), "Products of one kind."),
        "state": by.choice(Product.state, ("draft", "live", "archived"), "Products in one state."),
        "ships_from": by.from_day(Product.ships_on, "What is sent on this day or later, as preorders are."),
        "release_id": by.ident(Product.release_id, "What is sold of this release."),
        "artist_id": by.ident(Product.artist_id, "What is sold of this artist."),
        "updated_since": by.since(Product.updated_at, "Products that changed at this moment or later."),
    },
    sorts={
        "title": as_sorted(Product.title),
        "created_at": Product.created_at,
        "updated_at": Product.updated_at,
    },
    hidden=frozenset({"descriptions"}),
)


@SECTION.listing("/products", PRODUCTS, scope="store:read")
def list_products(call: Call, session: Session) -> Answer:
    """List products. Each with its variants, their prices and how many are there."""
    return PRODUCTS.page(call, session)


@SECTION.get("/products/{product_id}", scope="store:read", resource=PRODUCTS)
def read_product(call: Call, session: Session) -> Answer:
    """Read a product."""
    return PRODUCTS.one(call, session, product_to_read(session, call.visitor, call.id("product_id")).id)


@SECTION.document("/products/{product_id}/labels", scope="store:read", media_type=PDF, query=EACH)
def fetch_product_labels(call: Call) -> Answer:
    """Fetch barcode labels of a product. Sheets of 24, so many of each variant that is sold."""
    each = asked(call, EACH).get("each", "1")
    if not (each.isascii() and each.isdigit() and len(each) < 3 and 1 <= int(each) <= labels.MOST_EACH):
        raise QueryUnusable(name="each")
    with tenant_read(call.tenant) as session:
        product = product_to_read(session, call.visitor, call.id("product_id"))
        sheet = labels.sheets(session, product, int(each), call.realm.language)
        name = f"{call.tenant.slug}-labels-{product.slug}.pdf"
    headers = {"content-disposition": content_disposition(name, PDF, attachment=True)}
    return Answer(draw_sheet(call.tenant, sheet), headers=headers, media_type=PDF)


@SECTION.post("/products", scope="store:write", takes=NewProductSaid, resource=PRODUCTS)
def add_product(call: Call, session: Session, body: NewProductSaid) -> Answer:
    """Add a product. Nobody sees it until it is put on sale."""
    require_shop(call.visitor, "store.edit")
    wish = NewProduct(**_wished(said(body)))
    product = products.create(session, call.actor, call.tenant, wish)
    session.flush()
    return PRODUCTS.one(call, session, product.id, status=201, at=f"/api/v1/products/{product.id}")


@SECTION.patch("/products/{product_id}", scope="store:write", takes=ProductChange, resource=PRODUCTS)
def change_product(call: Call, session: Session, body: ProductChange) -> Answer:
    """Change a product. Only what is sent becomes otherwise."""
    product = product_to_change(session, call.visitor, call.id("product_id"))
    PRODUCTS.require_unchanged(call, product)
    held = _held(session, product)
    wish = NewProduct(**(held | _wished(said(body))))
    products.change(session, call.actor, call.tenant, product, wish, version=product.version)
    session.flush()
    return PRODUCTS.one(call, session, product.id)


_PLAIN = (
    "kind", "title", "titles", "descriptions", "slug", "artist_id", "tax_class", "on_sale_from", "ships_on", "most",
    "is_named_price", "fulfilled_by", "position", "release_id", "recording_id", "interval",
)  # fmt: skip
_OF_VARIANT = (
    "id", "sku", "title", "options", "price_micros", "was_micros", "cost_micros", "grams", "barcode", "is_active",
)  # fmt: skip


def _held(session: Session, product: Product) -> dict[str, Any]:
    """A product as it stands, said as a wish."""
    it = queries.edited(session, product, 0)
    variants = [
        NewVariant(
            **{name: getattr(row, name) for name in _OF_VARIANT},
            prices={market: price.price_micros for (key, market), price in it.prices.items() if key == row.id},
            was={
                market: price.was_micros
                for (key, market), price in it.prices.items()
                if key == row.id and price.was_micros is not None
            },
        )
        for row in it.variants
    ]
    parts = [NewPart(part.variant_id, part.quantity) for part, _ in it.parts]
    return {name: getattr(product, name) for name in _PLAIN} | {"variants": variants, "parts": parts}


def _wished(changes: dict[str, Any]) -> dict[str, Any]:
    if "variants" in changes:
        changes["variants"] = [_variant(each) for each in changes["variants"]]
    if "parts" in changes:
        changes["parts"] = [NewPart(each.variant_id, each.quantity) for each in changes["parts"]]
    return changes


def _variant(wish: VariantSaid) -> NewVariant:
    return NewVariant(
        **{name: getattr(wish, name) for name in _OF_VARIANT},
        prices={each.market_id: each.price_micros for each in wish.prices},
        was={each.market_id: each.was_micros for each in wish.prices if each.was_micros is not None},
    )


@SECTION.put("/products/{product_id}/publication", scope="store:write", resource=PRODUCTS)
def publish_product(call: Call, session: Session) -> Answer:
    """Put a product on sale."""
    product = product_to_change(session, call.visitor, call.id("product_id"))
    products.publish(session, call.actor, product)
    return PRODUCTS.one(call, session, product.id)


@SECTION.delete("/products/{product_id}/publication", scope="store:write", resource=PRODUCTS)
def archive_product(call: Call, session: Session) -> Answer:
    """Take a product off sale. Orders and what fans own of it stay."""
    product = product_to_change(session, call.visitor, call.id("product_id"))
    products.archive(session, call.actor, product)
    return PRODUCTS.one(call, session, product.id)
