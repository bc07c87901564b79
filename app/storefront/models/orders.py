"""What fans lay aside, order, have sent and keep."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel
from app.storefront.models.markets import EMPTY, MOMENT

ORDER_STATES = ("placed", "paid", "in_fulfilment", "shipped", "delivered", "cancelled", "refunded")
STATES = ", ".join(f"'{state}'" for state in ORDER_STATES)


class Basket(LabelModel):
    """What somebody means to buy; it comes into being with its first line. No price is kept here but named ones."""

    __tablename__ = "baskets"
    __table_args__ = (Index("ix_baskets_touched_at", "touched_at", postgresql_where=text("ordered_at IS NULL")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    market_id: Mapped[UUID] = mapped_column(ForeignKey("store_markets.id"))
    language: Mapped[str] = mapped_column(Text)
    fan_id: Mapped[UUID | None] = mapped_column(ForeignKey("fans.id"), index=True)
    codes: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    country: Mapped[str | None] = mapped_column(Text)
    region: Mapped[str | None] = mapped_column(Text)
    shipping_rate: Mapped[str | None] = mapped_column(Text)
    """Key of the way of sending that was chosen."""

    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Mail address and postal address as far as typed."""

    created_at: Mapped[datetime] = mapped_column(MOMENT)
    touched_at: Mapped[datetime] = mapped_column(MOMENT)
    ordered_at: Mapped[datetime | None] = mapped_column(MOMENT)


class BasketLine(LabelModel):
    """So many of a variant in a basket."""

    __tablename__ = "basket_lines"
    __table_args__ = (
        CheckConstraint("quantity BETWEEN 1 AND 1000", name="quantity"),
        CheckConstraint("named_micros > 0", name="named"),
        Index("ix_basket_lines_basket_id", "basket_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    basket_id: Mapped[UUID] = mapped_column(ForeignKey("baskets.id", ondelete="CASCADE"))
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"), index=True)
    quantity: Mapped[int] = mapped_column(Integer)
    named_micros: Mapped[int | None] = mapped_column(BigInteger)
    """What the fan wants to give for one, in the market's currency, where the price may be named."""

    gift: Mapped[dict[str, str] | None] = mapped_column(JSONB)
    """To whom (mail address), from whom, with which words."""

    added_at: Mapped[datetime] = mapped_column(MOMENT)


class Order(LabelModel):
    """What a fan bought. All amounts were computed here when it was placed, in `currency`, and never change.

    `total_micros` is charged: items less discounts plus sending, and tax where it is not `tax_included`.
    """

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint(f"state IN ({STATES})", name="state"),
        CheckConstraint(
            "total_micros = items_micros - discount_micros + shipping_micros"
            " + CASE WHEN tax_included THEN 0 ELSE tax_micros END AND total_micros >= 0",
            name="total",
        ),
        CheckConstraint("refunded_micros BETWEEN 0 AND total_micros", name="refunded"),
        Index("ix_orders_placed_at", text("placed_at DESC"), text("number DESC")),
        Index("ix_orders_state", "state", text("placed_at DESC")),
        Index("ix_orders_fan_id", "fan_id", text("placed_at DESC")),
        Index("ix_orders_email", "email"),
        Index("ix_orders_lapsing", "lapses_at", postgresql_where=text("state = 'placed'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, Identity(always=True, start=1001), unique=True)
    basket_id: Mapped[UUID | None] = mapped_column(ForeignKey("baskets.id", ondelete="SET NULL"), unique=True)
    """A basket is ordered once."""

    state: Mapped[str] = mapped_column(Text, server_default="placed")
    market_id: Mapped[UUID] = mapped_column(ForeignKey("store_markets.id"))
    fan_id: Mapped[UUID | None] = mapped_column(ForeignKey("fans.id"))
    email: Mapped[str | None] = mapped_column(Text)
    customer: Mapped[str] = mapped_column(Text, server_default="")
    language: Mapped[str] = mapped_column(Text)
    country: Mapped[str] = mapped_column(Text)
    region: Mapped[str | None] = mapped_column(Text)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Postal address and telephone; None where nothing is sent, or since somebody was erased."""

    currency: Mapped[str] = mapped_column(Text)
    items_micros: Mapped[int] = mapped_column(BigInteger)
    discount_micros: Mapped[int] = mapped_column(BigInteger, server_default="0")
    shipping_micros: Mapped[int] = mapped_column(BigInteger, server_default="0")
    tax_micros: Mapped[int] = mapped_column(BigInteger, server_default="0")
    shipping_tax_micros: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """The part of the tax that is on sending."""

    tax_included: Mapped[bool] = mapped_column()
    total_micros: Mapped[int] = mapped_column(BigInteger)
    refunded_micros: Mapped[int] = mapped_column(BigInteger, server_default="0")
    shipping: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=EMPTY)
    """How it is sent: name, days, by which rate."""

    taxes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    """Each tax with name, rate (ppm), what it was on and what it came to (micros)."""

    discounts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    placed_at: Mapped[datetime] = mapped_column(MOMENT)
    lapses_at: Mapped[datetime] = mapped_column(MOMENT)
    """Unpaid by then it is cancelled, and what was set aside for it is free again."""

    paid_at: Mapped[datetime | None] = mapped_column(MOMENT)
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)
    why: Mapped[str | None] = mapped_column(Text)


class OrderLine(LabelModel):
    """One thing that was bought, as it was called and priced then.

    `amount_micros` is quantity times unit less discount; `tax_micros` is in it or on top, as the order says; and
    `net_micros` is what is left without tax. A bundle's parts are lines of their own under the line of the bundle
    (`bundle_id`), among which its money is divided; the bundle's own line then has only the price that was shown.
    """

    __tablename__ = "order_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("refunded_quantity BETWEEN 0 AND quantity", name="refunded"),
        Index("ix_order_lines_order_id", "order_id", "position"),
        Index("ix_order_lines_product_id", "product_id"),
        Index("ix_order_lines_variant_id", "variant_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    position: Mapped[int] = mapped_column(SmallInteger)
    bundle_id: Mapped[UUID | None] = mapped_column(ForeignKey("order_lines.id"), index=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"))
    kind: Mapped[str] = mapped_column(Text)
    release_id: Mapped[UUID | None] = mapped_column()
    recording_id: Mapped[UUID | None] = mapped_column()
    artist_id: Mapped[UUID | None] = mapped_column()
    title: Mapped[str] = mapped_column(Text)
    variant: Mapped[str] = mapped_column(Text, server_default="")
    sku: Mapped[str] = mapped_column(Text)
    fulfilled_by: Mapped[str] = mapped_column(Text)
    ships_on: Mapped[date | None] = mapped_column(Date)
    quantity: Mapped[int] = mapped_column(Integer)
    unit_micros: Mapped[int] = mapped_column(BigInteger)
    discount_micros: Mapped[int] = mapped_column(BigInteger, server_default="0")
    amount_micros: Mapped[int] = mapped_column(BigInteger)
    tax_micros: Mapped[int] = mapped_column(BigInteger, server_default="0")
    tax_ppm: Mapped[int] = mapped_column(Integer, server_default="0")
    net_micros: Mapped[int] = mapped_column(BigInteger)
    cost_micros: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """What making it costs the label, in the order's currency."""

    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("stock_locations.id"), index=True)
    """Where it was set aside; None where there is no stock to count."""

    refunded_quantity: Mapped[int] = mapped_column(Integer, server_default="0")
    refunded_micros: Mapped[int] = mapped_column(BigInteger, server_default="0")
    gift: Mapped[dict[str, str] | None] = mapped_column(JSONB)
    period_from: Mapped[date | None] = mapped_column(Date)
    period_until: Mapped[date | None] = mapped_column(Date)
    """The days of a membership that this pays for, the first and the last."""

    artists_micros: Mapped[int | None] = mapped_column(BigInteger)
    """What contracts give the artists' side of it, as far as they say so already; shown on the receipt."""


class Owned(LabelModel):
    """Music that somebody has bought, was given, or redeemed a code for: to hear and to download."""

    __tablename__ = "owned"
    __table_args__ = (
        CheckConstraint("(release_id IS NULL) <> (recording_id IS NULL)", name="what"),
        Index("ix_owned_fan_id", "fan_id"),
        Index("ix_owned_order_id", "order_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    fan_id: Mapped[UUID | None] = mapped_column(ForeignKey("fans.id"))
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"))
    line_id: Mapped[UUID | None] = mapped_column(ForeignKey("order_lines.id"), index=True)
    code_id: Mapped[UUID | None] = mapped_column(ForeignKey("download_codes.id"), unique=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), index=True)
    release_id: Mapped[UUID | None] = mapped_column(ForeignKey("releases.id"), index=True)
    recording_id: Mapped[UUID | None] = mapped_column(ForeignKey("recordings.id"), index=True)
    gift_email: Mapped[str | None] = mapped_column(Text)
    """To whom it was given; theirs once they come and take it."""

    opens_at: Mapped[datetime] = mapped_column(MOMENT)
    granted_at: Mapped[datetime] = mapped_column(MOMENT)
    revoked_at: Mapped[datetime | None] = mapped_column(MOMENT)


class Fulfilment(LabelModel):
    """A parcel, an order at the printer, or the opening of downloads: what is sent together of an order."""

    __tablename__ = "fulfilments"
    __table_args__ = (
        CheckConstraint("kind IN ('digital', 'parcel', 'printful')", name="kind"),
        CheckConstraint(
            "state IN ('open', 'asked', 'packed', 'shipped', 'delivered', 'returned', 'failed', 'cancelled')",
            name="state",
        ),
        Index("ix_fulfilments_order_id", "order_id"),
        Index("ix_fulfilments_open", "state", "created_at", postgresql_where=text("state IN ('open', 'asked')")),
        Index("uq_fulfilments_reference", "reference", unique=True, postgresql_where=text("reference IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, Identity(always=True), unique=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="open")
    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("stock_locations.id"), index=True)
    carrier: Mapped[str] = mapped_column(Text, server_default="")
    tracking: Mapped[str] = mapped_column(Text, server_default="")
    tracking_url: Mapped[str] = mapped_column(Text, server_default="")
    reference: Mapped[str | None] = mapped_column(Text)
    problem: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    asked_at: Mapped[datetime | None] = mapped_column(MOMENT)
    """When the printer was last asked for it; without a reference nobody knows whether it heard."""

    packed_at: Mapped[datetime | None] = mapped_column(MOMENT)
    shipped_at: Mapped[datetime | None] = mapped_column(MOMENT)
    delivered_at: Mapped[datetime | None] = mapped_column(MOMENT)


class FulfilmentLine(LabelModel):
    """So many of an order's line in one fulfilment."""

    __tablename__ = "fulfilment_lines"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    fulfilment_id: Mapped[UUID] = mapped_column(ForeignKey("fulfilments.id", ondelete="CASCADE"), primary_key=True)
    line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id"), primary_key=True, index=True)
    quantity: Mapped[int] = mapped_column(Integer)
