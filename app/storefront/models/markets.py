"""Where a label sells: markets, what sending costs there, where it collects tax, and how its shop is laid out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Integer, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel

MOMENT = TIMESTAMP(timezone=True)
KEYS = ARRAY(Text)
EMPTY = text("'{}'")


class Market(LabelModel):
    """Countries that see the same prices: their currency, languages, taxes, ways to pay.

    A country belongs to one market; the one that `is_rest` has every country that no other names. Prices are those of
    the list, else converted from the label's currency and rounded as `rounding` says.
    """

    __tablename__ = "store_markets"
    __table_args__ = (
        CheckConstraint("key ~ '^[a-z0-9-]{2,20}$'", name="key"),
        CheckConstraint("tax_shown IN ('included', 'added')", name="tax_shown"),
        CheckConstraint("rounding IN ('none', 'whole', 'five', 'nine', 'ninety_nine')", name="rounding"),
        Index("uq_store_markets_rest", text("(true)"), unique=True, postgresql_where=text("is_rest")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    names: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=EMPTY)
    """In other languages than the label's first, in which it is called `name`, and so where a language has none."""

    currency: Mapped[str] = mapped_column(Text)
    countries: Mapped[list[str]] = mapped_column(KEYS, server_default=EMPTY)
    languages: Mapped[list[str]] = mapped_column(KEYS, server_default=EMPTY)
    """Those it is offered in, the usual one first; none: the label's."""

    is_rest: Mapped[bool] = mapped_column(server_default=text("false"))
    tax_shown: Mapped[str] = mapped_column(Text)
    rounding: Mapped[str] = mapped_column(Text, server_default="none")
    methods: Mapped[list[str]] = mapped_column(KEYS, server_default=EMPTY)
    """Ways to pay; none: all that the gateway has for the currency."""

    is_open: Mapped[bool] = mapped_column(server_default=text("true"))
    position: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    version: Mapped[int] = mapped_column(Integer, server_default="1")


class ShippingRate(LabelModel):
    """What sending a parcel costs: to which countries of a market (none: all), up to which weight, free from when."""

    __tablename__ = "shipping_rates"
    __table_args__ = (
        CheckConstraint("price_micros >= 0", name="price"),
        CheckConstraint("most_grams > 0", name="grams"),
        CheckConstraint("0 <= days_from AND days_from <= days_until", name="days"),
        Index("ix_shipping_rates_market_id", "market_id", "position"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    market_id: Mapped[UUID] = mapped_column(ForeignKey("store_markets.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    names: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=EMPTY)
    countries: Mapped[list[str]] = mapped_column(KEYS, server_default=EMPTY)
    most_grams: Mapped[int | None] = mapped_column(Integer)
    price_micros: Mapped[int] = mapped_column(BigInteger)
    free_from_micros: Mapped[int | None] = mapped_column(BigInteger)
    days_from: Mapped[int] = mapped_column(SmallInteger)
    days_until: Mapped[int] = mapped_column(SmallInteger)
    position: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))


class TaxRegistration(LabelModel):
    """Where the label collects tax on sales, and under which number; where there is none, none is collected."""

    __tablename__ = "store_tax_registrations"
    __table_args__ = (
        CheckConstraint("scheme IN ('domestic', 'oss', 'state')", name="scheme"),
        Index("uq_store_tax_registrations_place", "scheme", "country", text("coalesce(region, '')"), unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(Text)
    country: Mapped[str] = mapped_column(Text)
    """Where it is registered; with the OSS the whole Union is taxed at each buyer's rate (2006/112/EC, 369a)."""

    region: Mapped[str | None] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text, server_default="")
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)


class TaxRate(LabelModel):
    """A rate that the label set in place of the one we know."""

    __tablename__ = "store_tax_rates"
    __table_args__ = (
        CheckConstraint("rate_ppm BETWEEN 0 AND 500000", name="rate"),
        Index(
            "uq_store_tax_rates_place", "country", text("coalesce(region, '')"), "tax_class", "starts_on", unique=True
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    country: Mapped[str] = mapped_column(Text)
    region: Mapped[str | None] = mapped_column(Text)
    tax_class: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    rate_ppm: Mapped[int] = mapped_column(Integer)
    starts_on: Mapped[date] = mapped_column(Date)


class StoreSettings(LabelModel):
    """How the shop stands: whether it is open, where it sends from, and what its front page shows in which order."""

    __tablename__ = "store_settings"
    __table_args__ = (
        CheckConstraint("id = 1", name="id"),
        CheckConstraint("returns_days BETWEEN 0 AND 365", name="returns"),
    )

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    is_open: Mapped[bool] = mapped_column(server_default=text("false"))
    ships_from: Mapped[str] = mapped_column(Text)
    """Country, ISO 3166-1."""

    sections: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    """What the front page is made of, in order: each has a kind and its settings."""

    order_prefix: Mapped[str] = mapped_column(Text, server_default="")
    returns_days: Mapped[int] = mapped_column(SmallInteger, server_default="14")
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=EMPTY)
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    changed_at: Mapped[datetime] = mapped_column(MOMENT)


class StorePage(LabelModel):
    """A text of the label's own: a page, a post of the journal, a legal page; each in the languages that it has.

    `titles` and `bodies` go from a language to text; bodies are HTML that was cleaned when it was saved.
    """

    __tablename__ = "store_pages"
    __table_args__ = (
        CheckConstraint("kind IN ('page', 'post', 'legal')", name="kind"),
        CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="slug"),
        Index("uq_store_pages_slug", "kind", "slug", unique=True),
        Index("ix_store_pages_published_at", "kind", text("published_at DESC")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    slug: Mapped[str] = mapped_column(Text)
    titles: Mapped[dict[str, str]] = mapped_column(JSONB)
    bodies: Mapped[dict[str, str]] = mapped_column(JSONB)
    artist_id: Mapped[UUID | None] = mapped_column(ForeignKey("artists.id"), index=True)
    image_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"), index=True)
    image: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """Width, height and thumbnails, as with artwork."""

    published_at: Mapped[datetime | None] = mapped_column(MOMENT)
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_by: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    updated_at: Mapped[datetime] = mapped_column(MOMENT)


class MenuEntry(LabelModel):
    """A way that the shop's head or foot leads: to a place of the shop, a page, or an address elsewhere."""

    __tablename__ = "store_menu_entries"
    __table_args__ = (
        CheckConstraint("menu IN ('head', 'foot')", name="menu"),
        Index("ix_store_menu_entries_menu", "menu", "position"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    menu: Mapped[str] = mapped_column(Text)
    names: Mapped[dict[str, str]] = mapped_column(JSONB)
    target: Mapped[str] = mapped_column(Text)
    """A place's key, "page:" and a slug, or an https address."""

    position: Mapped[int] = mapped_column(SmallInteger)
