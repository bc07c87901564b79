"""What a label sells: products, their variants and prices, where they lie, and what makes them cheaper."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Connection,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from app.kernel.db.models import LabelModel
from app.roster.rules import fold
from app.storefront.models.markets import EMPTY, MOMENT

IDS = ARRAY(PG_UUID(as_uuid=True))


class Product(LabelModel):
    """Something that fans buy, in one or more variants.

    A digital one is a release or one recording, in every file format; a bundle is made of other products' variants; a
    membership is paid for again each `interval`. Where `is_named_price` the price is the least that a fan may give.
    """

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("kind IN ('digital', 'physical', 'bundle', 'membership')", name="kind"),
        CheckConstraint("state IN ('draft', 'live', 'archived')", name="state"),
        CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="slug"),
        CheckConstraint("fulfilled_by IN ('label', 'printful', 'nobody')", name="fulfilled_by"),
        CheckConstraint("(kind = 'membership') = (interval IS NOT NULL)", name="interval"),
        CheckConstraint("most > 0", name="most"),
        Index("ix_products_release_id", "release_id"),
        Index("ix_products_recording_id", "recording_id"),
        Index("ix_products_artist_id", "artist_id"),
        Index("ix_products_state", "state", "position", "id"),
        Index("ix_products_folded", "folded", postgresql_using="gin", postgresql_ops={"folded": "ext.gin_trgm_ops"}),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    title: Mapped[str] = mapped_column(Text)
    titles: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=EMPTY)
    descriptions: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=EMPTY)
    """Language to HTML that was cleaned when it was saved."""

    folded: Mapped[str] = mapped_column(Text, server_default="")
    """Its titles as search compares them, kept so by whoever writes a row."""

    release_id: Mapped[UUID | None] = mapped_column(ForeignKey("releases.id"))
    recording_id: Mapped[UUID | None] = mapped_column(ForeignKey("recordings.id"))
    artist_id: Mapped[UUID | None] = mapped_column(ForeignKey("artists.id"))
    image_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"), index=True)
    image: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """Width, height and thumbnails, as with artwork."""

    tax_class: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="draft")
    on_sale_from: Mapped[datetime | None] = mapped_column(MOMENT)
    ships_on: Mapped[date | None] = mapped_column(Date)
    """Before this day it is a pre-order."""

    most: Mapped[int | None] = mapped_column(Integer)
    """How many there will ever be, of a limited edition."""

    sold: Mapped[int] = mapped_column(Integer, server_default="0")
    is_named_price: Mapped[bool] = mapped_column(server_default=text("false"))
    interval: Mapped[str | None] = mapped_column(Text)
    fulfilled_by: Mapped[str] = mapped_column(Text)
    printful_id: Mapped[str | None] = mapped_column(Text, unique=True)
    position: Mapped[int] = mapped_column(Integer, server_default="0")
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_by: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    updated_at: Mapped[datetime] = mapped_column(MOMENT)


@event.listens_for(Product, "before_insert")
@event.listens_for(Product, "before_update")
def _fold(_mapper: Mapper[Product], _connection: Connection, product: Product) -> None:
    product.folded = fold(" ".join([product.title, *(product.titles or {}).values()]))


class Variant(LabelModel):
    """One thing that lies in a basket; its price is in the label's currency, markets may have their own."""

    __tablename__ = "variants"
    __table_args__ = (
        CheckConstraint("price_micros >= 0", name="price"),
        CheckConstraint("cost_micros >= 0", name="cost"),
        CheckConstraint("grams >= 0", name="grams"),
        Index("ix_variants_product_id", "product_id", "position"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    sku: Mapped[str] = mapped_column(Text, unique=True)
    title: Mapped[str] = mapped_column(Text, server_default="")
    options: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=EMPTY)
    """Size, colour and the like, in the order in which they are asked."""

    price_micros: Mapped[int] = mapped_column(BigInteger)
    was_micros: Mapped[int | None] = mapped_column(BigInteger)
    cost_micros: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """What making one costs the label; it comes off before contracts see the sale."""

    grams: Mapped[int] = mapped_column(Integer, server_default="0")
    barcode: Mapped[str | None] = mapped_column(Text)
    printful_id: Mapped[str | None] = mapped_column(Text, unique=True)
    position: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))


class VariantPrice(LabelModel):
    """A variant's price in one market, in its currency: the list price, which no conversion overrules."""

    __tablename__ = "variant_prices"
    __table_args__ = (CheckConstraint("price_micros >= 0", name="price"),)

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id", ondelete="CASCADE"), primary_key=True)
    market_id: Mapped[UUID] = mapped_column(
        ForeignKey("store_markets.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    price_micros: Mapped[int] = mapped_column(BigInteger)
    was_micros: Mapped[int | None] = mapped_column(BigInteger)


class BundlePart(LabelModel):
    """What a bundle holds; its price is divided among its parts by their own prices."""

    __tablename__ = "bundle_parts"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), primary_key=True)
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"), primary_key=True, index=True)
    quantity: Mapped[int] = mapped_column(SmallInteger)


class StockLocation(LabelModel):
    """Where things lie that are sent."""

    __tablename__ = "stock_locations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    country: Mapped[str] = mapped_column(Text)
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    position: Mapped[int] = mapped_column(SmallInteger, server_default="0")


class Stock(LabelModel):
    """How many of a variant lie at a location, and how many of these are spoken for; without rows it is endless."""

    __tablename__ = "stock"
    __table_args__ = (CheckConstraint("0 <= reserved AND reserved <= on_hand", name="reserved"),)

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id", ondelete="CASCADE"), primary_key=True)
    location_id: Mapped[UUID] = mapped_column(ForeignKey("stock_locations.id"), primary_key=True, index=True)
    on_hand: Mapped[int] = mapped_column(Integer)
    reserved: Mapped[int] = mapped_column(Integer, server_default="0")
    low_at: Mapped[int | None] = mapped_column(Integer)
    """At so few the label is told, once until there are more again."""

    told_low_at: Mapped[datetime | None] = mapped_column(MOMENT)


class StockMove(LabelModel):
    """Why there are more or fewer; rows are only added, and add up to what is on hand."""

    __tablename__ = "stock_moves"
    __table_args__ = (Index("ix_stock_moves_variant_id", "variant_id", "number"),)

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id", ondelete="CASCADE"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("stock_locations.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)
    order_id: Mapped[UUID | None] = mapped_column()
    moved_by: Mapped[UUID | None] = mapped_column()
    moved_at: Mapped[datetime] = mapped_column(MOMENT)


class Discount(LabelModel):
    """What makes a basket cheaper: by a code that a fan types, or by itself.

    `kind` and `value`: percent (ppm), amount (micros of `currency`), buy_x (buy `buy`, get `get` of the cheapest
    free), free_shipping. Several count together only where each `stacks`.
    """

    __tablename__ = "discounts"
    __table_args__ = (
        CheckConstraint("kind IN ('percent', 'amount', 'buy_x', 'free_shipping')", name="kind"),
        CheckConstraint("kind <> 'percent' OR value BETWEEN 1 AND 1000000", name="percent"),
        CheckConstraint("(kind = 'amount') = (currency IS NOT NULL)", name="currency"),
        CheckConstraint("(kind = 'buy_x') = (buy IS NOT NULL AND get IS NOT NULL)", name="buy_x"),
        CheckConstraint("used >= 0 AND (most_uses IS NULL OR used <= most_uses)", name="uses"),
        CheckConstraint("code = upper(code)", name="code"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str | None] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    value: Mapped[int] = mapped_column(BigInteger, server_default="0")
    currency: Mapped[str | None] = mapped_column(Text)
    buy: Mapped[int | None] = mapped_column(SmallInteger)
    get: Mapped[int | None] = mapped_column(SmallInteger)
    product_ids: Mapped[list[UUID]] = mapped_column(IDS, server_default=EMPTY)
    """What it is about; none: everything."""

    market_ids: Mapped[list[UUID]] = mapped_column(IDS, server_default=EMPTY)
    least_micros: Mapped[int | None] = mapped_column(BigInteger)
    """From which sum on, in the label's currency."""

    starts_at: Mapped[datetime | None] = mapped_column(MOMENT)
    ends_at: Mapped[datetime | None] = mapped_column(MOMENT)
    most_uses: Mapped[int | None] = mapped_column(Integer)
    once_each: Mapped[bool] = mapped_column(server_default=text("false"))
    stacks: Mapped[bool] = mapped_column(server_default=text("false"))
    used: Mapped[int] = mapped_column(Integer, server_default="0")
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)
    created_by: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)


class DownloadCode(LabelModel):
    """A code on a card that is worth one digital product, once."""

    __tablename__ = "download_codes"
    __table_args__ = (Index("ix_download_codes_product_id", "product_id", "batch"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    batch: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text, unique=True)
    made_by: Mapped[UUID | None] = mapped_column()
    made_at: Mapped[datetime] = mapped_column(MOMENT)
    used_at: Mapped[datetime | None] = mapped_column(MOMENT)
    fan_id: Mapped[UUID | None] = mapped_column(ForeignKey("fans.id"), index=True)


class Wish(LabelModel):
    """A product that a fan would like to have."""

    __tablename__ = "wishes"

    fan_id: Mapped[UUID] = mapped_column(ForeignKey("fans.id", ondelete="CASCADE"), primary_key=True)
    product_id: Mapped[UUID] = mapped_column(
        ForeignKey("products.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    created_at: Mapped[datetime] = mapped_column(MOMENT)
