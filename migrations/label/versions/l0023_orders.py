"""The shop's orders: baskets, orders, what is owned, fulfilment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from migrations.label import LABEL_ROLE

revision = "l0023"
down_revision = "l0022"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)
EMPTY = sa.text("'{}'")


def upgrade() -> None:
    _baskets()
    _orders()
    _kept()
    _sending()
    op.execute(f"REVOKE DELETE ON orders, order_lines FROM {LABEL_ROLE}")


def _baskets() -> None:
    op.create_table(
        "baskets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("market_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("fan_id", sa.Uuid(), nullable=True),
        sa.Column("codes", pg.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("shipping_rate", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("touched_at", MOMENT, nullable=False),
        sa.Column("ordered_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["fan_id"], ["fans.id"], name="fk_baskets_fan_id"),
        sa.ForeignKeyConstraint(["market_id"], ["store_markets.id"], name="fk_baskets_market_id"),
        sa.PrimaryKeyConstraint("id", name="pk_baskets"),
        sa.UniqueConstraint("token_hash", name="uq_baskets_token_hash"),
    )
    op.create_index("ix_baskets_fan_id", "baskets", ["fan_id"], unique=False)
    op.create_index(
        "ix_baskets_touched_at", "baskets", ["touched_at"], unique=False, postgresql_where=sa.text("ordered_at IS NULL")
    )
    op.create_table(
        "basket_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("basket_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("named_micros", sa.BigInteger(), nullable=True),
        sa.Column("gift", pg.JSONB(), nullable=True),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.CheckConstraint("named_micros > 0", name="ck_basket_lines_named"),
        sa.CheckConstraint("quantity BETWEEN 1 AND 1000", name="ck_basket_lines_quantity"),
        sa.ForeignKeyConstraint(["basket_id"], ["baskets.id"], name="fk_basket_lines_basket_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name="fk_basket_lines_variant_id"),
        sa.PrimaryKeyConstraint("id", name="pk_basket_lines"),
    )
    op.create_index("ix_basket_lines_basket_id", "basket_lines", ["basket_id"], unique=False)
    op.create_index("ix_basket_lines_variant_id", "basket_lines", ["variant_id"], unique=False)


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), sa.Identity(always=True, start=1001), nullable=False),
        sa.Column("basket_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), server_default="placed", nullable=False),
        sa.Column("market_id", sa.Uuid(), nullable=False),
        sa.Column("fan_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("customer", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("items_micros", sa.BigInteger(), nullable=False),
        sa.Column("discount_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("shipping_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tax_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("shipping_tax_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tax_included", sa.Boolean(), nullable=False),
        sa.Column("total_micros", sa.BigInteger(), nullable=False),
        sa.Column("refunded_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("shipping", pg.JSONB(), server_default=EMPTY, nullable=False),
        sa.Column("taxes", pg.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("discounts", pg.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("placed_at", MOMENT, nullable=False),
        sa.Column("lapses_at", MOMENT, nullable=False),
        sa.Column("paid_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.CheckConstraint("refunded_micros BETWEEN 0 AND total_micros", name="ck_orders_refunded"),
        sa.CheckConstraint(
            "state IN ('placed', 'paid', 'in_fulfilment', 'shipped', 'delivered', 'cancelled', 'refunded')",
            name="ck_orders_state",
        ),
        sa.CheckConstraint(
            "total_micros = items_micros - discount_micros + shipping_micros"
            " + CASE WHEN tax_included THEN 0 ELSE tax_micros END AND total_micros >= 0",
            name="ck_orders_total",
        ),
        sa.ForeignKeyConstraint(["basket_id"], ["baskets.id"], name="fk_orders_basket_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["fan_id"], ["fans.id"], name="fk_orders_fan_id"),
        sa.ForeignKeyConstraint(["market_id"], ["store_markets.id"], name="fk_orders_market_id"),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.UniqueConstraint("basket_id", name="uq_orders_basket_id"),
        sa.UniqueConstraint("number", name="uq_orders_number"),
    )
    op.create_index("ix_orders_email", "orders", ["email"], unique=False)
    op.create_index("ix_orders_fan_id", "orders", ["fan_id", sa.text("placed_at DESC")], unique=False)
    op.create_index(
        "ix_orders_lapsing", "orders", ["lapses_at"], unique=False, postgresql_where=sa.text("state = 'placed'")
    )
    op.create_index("ix_orders_placed_at", "orders", [sa.text("placed_at DESC"), sa.text("number DESC")], unique=False)
    op.create_index("ix_orders_state", "orders", ["state", sa.text("placed_at DESC")], unique=False)
    op.create_table(
        "order_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("bundle_id", sa.Uuid(), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=True),
        sa.Column("recording_id", sa.Uuid(), nullable=True),
        sa.Column("artist_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("variant", sa.Text(), server_default="", nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("fulfilled_by", sa.Text(), nullable=False),
        sa.Column("ships_on", sa.Date(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_micros", sa.BigInteger(), nullable=False),
        sa.Column("discount_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("tax_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tax_ppm", sa.Integer(), server_default="0", nullable=False),
        sa.Column("net_micros", sa.BigInteger(), nullable=False),
        sa.Column("cost_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("refunded_quantity", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refunded_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("gift", pg.JSONB(), nullable=True),
        sa.Column("artists_micros", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("quantity > 0", name="ck_order_lines_quantity"),
        sa.CheckConstraint("refunded_quantity BETWEEN 0 AND quantity", name="ck_order_lines_refunded"),
        sa.ForeignKeyConstraint(["bundle_id"], ["order_lines.id"], name="fk_order_lines_bundle_id"),
        sa.ForeignKeyConstraint(["location_id"], ["stock_locations.id"], name="fk_order_lines_location_id"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_order_lines_order_id"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_order_lines_product_id"),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name="fk_order_lines_variant_id"),
        sa.PrimaryKeyConstraint("id", name="pk_order_lines"),
    )
    op.create_index("ix_order_lines_bundle_id", "order_lines", ["bundle_id"], unique=False)
    op.create_index("ix_order_lines_location_id", "order_lines", ["location_id"], unique=False)
    op.create_index("ix_order_lines_order_id", "order_lines", ["order_id", "position"], unique=False)
    op.create_index("ix_order_lines_product_id", "order_lines", ["product_id"], unique=False)
    op.create_index("ix_order_lines_variant_id", "order_lines", ["variant_id"], unique=False)


def _kept() -> None:
    op.create_table(
        "owned",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fan_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.Column("code_id", sa.Uuid(), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=True),
        sa.Column("recording_id", sa.Uuid(), nullable=True),
        sa.Column("gift_email", sa.Text(), nullable=True),
        sa.Column("opens_at", MOMENT, nullable=False),
        sa.Column("granted_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.CheckConstraint("(release_id IS NULL) <> (recording_id IS NULL)", name="ck_owned_what"),
        sa.ForeignKeyConstraint(["code_id"], ["download_codes.id"], name="fk_owned_code_id"),
        sa.ForeignKeyConstraint(["fan_id"], ["fans.id"], name="fk_owned_fan_id"),
        sa.ForeignKeyConstraint(["line_id"], ["order_lines.id"], name="fk_owned_line_id"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_owned_order_id"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_owned_product_id"),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name="fk_owned_recording_id"),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_owned_release_id"),
        sa.PrimaryKeyConstraint("id", name="pk_owned"),
        sa.UniqueConstraint("code_id", name="uq_owned_code_id"),
    )
    op.create_index("ix_owned_fan_id", "owned", ["fan_id"], unique=False)
    op.create_index("ix_owned_line_id", "owned", ["line_id"], unique=False)
    op.create_index("ix_owned_order_id", "owned", ["order_id"], unique=False)
    op.create_index("ix_owned_product_id", "owned", ["product_id"], unique=False)
    op.create_index("ix_owned_recording_id", "owned", ["recording_id"], unique=False)
    op.create_index("ix_owned_release_id", "owned", ["release_id"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fan_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("first_order_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("renews_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.CheckConstraint("state IN ('active', 'late', 'ended')", name="ck_memberships_state"),
        sa.ForeignKeyConstraint(["fan_id"], ["fans.id"], name="fk_memberships_fan_id"),
        sa.ForeignKeyConstraint(["first_order_id"], ["orders.id"], name="fk_memberships_first_order_id"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_memberships_product_id"),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name="fk_memberships_variant_id"),
        sa.PrimaryKeyConstraint("id", name="pk_memberships"),
    )
    op.create_index("ix_memberships_first_order_id", "memberships", ["first_order_id"], unique=False)
    op.create_index("ix_memberships_product_id", "memberships", ["product_id"], unique=False)
    op.create_index(
        "ix_memberships_renews_on",
        "memberships",
        ["renews_on"],
        unique=False,
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.create_index(
        "uq_memberships_fan",
        "memberships",
        ["fan_id", "product_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'ended'"),
    )


def _sending() -> None:
    op.create_table(
        "fulfilments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("carrier", sa.Text(), server_default="", nullable=False),
        sa.Column("tracking", sa.Text(), server_default="", nullable=False),
        sa.Column("tracking_url", sa.Text(), server_default="", nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("packed_at", MOMENT, nullable=True),
        sa.Column("shipped_at", MOMENT, nullable=True),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.CheckConstraint("kind IN ('digital', 'parcel', 'printful')", name="ck_fulfilments_kind"),
        sa.CheckConstraint(
            "state IN ('open', 'asked', 'packed', 'shipped', 'delivered', 'returned', 'failed', 'cancelled')",
            name="ck_fulfilments_state",
        ),
        sa.ForeignKeyConstraint(["location_id"], ["stock_locations.id"], name="fk_fulfilments_location_id"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_fulfilments_order_id"),
        sa.PrimaryKeyConstraint("id", name="pk_fulfilments"),
        sa.UniqueConstraint("number", name="uq_fulfilments_number"),
    )
    op.create_index("ix_fulfilments_location_id", "fulfilments", ["location_id"], unique=False)
    op.create_index(
        "ix_fulfilments_open",
        "fulfilments",
        ["state", "created_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('open', 'asked')"),
    )
    op.create_index("ix_fulfilments_order_id", "fulfilments", ["order_id"], unique=False)
    op.create_index(
        "uq_fulfilments_reference",
        "fulfilments",
        ["reference"],
        unique=True,
        postgresql_where=sa.text("reference IS NOT NULL"),
    )
    op.create_table(
        "fulfilment_lines",
        sa.Column("fulfilment_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name="ck_fulfilment_lines_quantity"),
        sa.ForeignKeyConstraint(
            ["fulfilment_id"], ["fulfilments.id"], name="fk_fulfilment_lines_fulfilment_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["line_id"], ["order_lines.id"], name="fk_fulfilment_lines_line_id"),
        sa.PrimaryKeyConstraint("fulfilment_id", "line_id", name="pk_fulfilment_lines"),
    )
    op.create_index("ix_fulfilment_lines_line_id", "fulfilment_lines", ["line_id"], unique=False)
