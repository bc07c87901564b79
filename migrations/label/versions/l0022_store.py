"""The shop: markets, products, stock, discounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from migrations.label import LABEL_ROLE

revision = "l0022"
down_revision = "l0021"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)
EMPTY = sa.text("'{}'")
FALSE = sa.text("false")
TRUE = sa.text("true")


def upgrade() -> None:
    _markets()
    _pages()
    _products()
    _stock()
    _cheaper()
    op.execute(f"REVOKE UPDATE, DELETE ON stock_moves FROM {LABEL_ROLE}")


def _markets() -> None:
    op.create_table(
        "store_markets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("countries", pg.ARRAY(sa.Text()), server_default=EMPTY, nullable=False),
        sa.Column("languages", pg.ARRAY(sa.Text()), server_default=EMPTY, nullable=False),
        sa.Column("is_rest", sa.Boolean(), server_default=FALSE, nullable=False),
        sa.Column("tax_shown", sa.Text(), nullable=False),
        sa.Column("rounding", sa.Text(), server_default="none", nullable=False),
        sa.Column("methods", pg.ARRAY(sa.Text()), server_default=EMPTY, nullable=False),
        sa.Column("is_open", sa.Boolean(), server_default=TRUE, nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("key ~ '^[a-z0-9-]{2,20}$'", name="ck_store_markets_key"),
        sa.CheckConstraint(
            "rounding IN ('none', 'whole', 'five', 'nine', 'ninety_nine')", name="ck_store_markets_rounding"
        ),
        sa.CheckConstraint("tax_shown IN ('included', 'added')", name="ck_store_markets_tax_shown"),
        sa.PrimaryKeyConstraint("id", name="pk_store_markets"),
        sa.UniqueConstraint("key", name="uq_store_markets_key"),
    )
    op.create_index(
        "uq_store_markets_rest", "store_markets", [sa.text("(true)")], unique=True, postgresql_where=sa.text("is_rest")
    )
    op.create_table(
        "shipping_rates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("market_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("names", pg.JSONB(), server_default=EMPTY, nullable=False),
        sa.Column("countries", pg.ARRAY(sa.Text()), server_default=EMPTY, nullable=False),
        sa.Column("most_grams", sa.Integer(), nullable=True),
        sa.Column("price_micros", sa.BigInteger(), nullable=False),
        sa.Column("free_from_micros", sa.BigInteger(), nullable=True),
        sa.Column("days_from", sa.SmallInteger(), nullable=False),
        sa.Column("days_until", sa.SmallInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=TRUE, nullable=False),
        sa.CheckConstraint("0 <= days_from AND days_from <= days_until", name="ck_shipping_rates_days"),
        sa.CheckConstraint("most_grams > 0", name="ck_shipping_rates_grams"),
        sa.CheckConstraint("price_micros >= 0", name="ck_shipping_rates_price"),
        sa.ForeignKeyConstraint(
            ["market_id"], ["store_markets.id"], name="fk_shipping_rates_market_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_shipping_rates"),
    )
    op.create_index("ix_shipping_rates_market_id", "shipping_rates", ["market_id", "position"], unique=False)
    op.create_table(
        "store_tax_registrations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("scheme IN ('domestic', 'oss', 'state')", name="ck_store_tax_registrations_scheme"),
        sa.PrimaryKeyConstraint("id", name="pk_store_tax_registrations"),
    )
    op.create_index(
        "uq_store_tax_registrations_place",
        "store_tax_registrations",
        ["scheme", "country", sa.text("coalesce(region, '')")],
        unique=True,
    )
    op.create_table(
        "store_tax_rates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("tax_class", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rate_ppm", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.CheckConstraint("rate_ppm BETWEEN 0 AND 500000", name="ck_store_tax_rates_rate"),
        sa.PrimaryKeyConstraint("id", name="pk_store_tax_rates"),
    )
    op.create_index(
        "uq_store_tax_rates_place",
        "store_tax_rates",
        ["country", sa.text("coalesce(region, '')"), "tax_class", "starts_on"],
        unique=True,
    )


def _pages() -> None:
    op.create_table(
        "store_settings",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("is_open", sa.Boolean(), server_default=FALSE, nullable=False),
        sa.Column("ships_from", sa.Text(), nullable=False),
        sa.Column("sections", pg.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("order_prefix", sa.Text(), server_default="", nullable=False),
        sa.Column("returns_days", sa.SmallInteger(), server_default="14", nullable=False),
        sa.Column("facts", pg.JSONB(), server_default=EMPTY, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint("id = 1", name="ck_store_settings_id"),
        sa.CheckConstraint("returns_days BETWEEN 0 AND 365", name="ck_store_settings_returns"),
        sa.PrimaryKeyConstraint("id", name="pk_store_settings"),
    )
    op.create_table(
        "store_pages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("titles", pg.JSONB(), nullable=False),
        sa.Column("bodies", pg.JSONB(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=True),
        sa.Column("image_id", sa.Uuid(), nullable=True),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('page', 'post', 'legal')", name="ck_store_pages_kind"),
        sa.CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="ck_store_pages_slug"),
        sa.ForeignKeyConstraint(["artist_id"], ["artists.id"], name="fk_store_pages_artist_id"),
        sa.ForeignKeyConstraint(["image_id"], ["files.id"], name="fk_store_pages_image_id"),
        sa.PrimaryKeyConstraint("id", name="pk_store_pages"),
    )
    op.create_index("ix_store_pages_artist_id", "store_pages", ["artist_id"], unique=False)
    op.create_index("ix_store_pages_image_id", "store_pages", ["image_id"], unique=False)
    op.create_index("ix_store_pages_published_at", "store_pages", ["kind", sa.text("published_at DESC")], unique=False)
    op.create_index("uq_store_pages_slug", "store_pages", ["kind", "slug"], unique=True)
    op.create_table(
        "store_menu_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("menu", sa.Text(), nullable=False),
        sa.Column("names", pg.JSONB(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("menu IN ('head', 'foot')", name="ck_store_menu_entries_menu"),
        sa.PrimaryKeyConstraint("id", name="pk_store_menu_entries"),
    )
    op.create_index("ix_store_menu_entries_menu", "store_menu_entries", ["menu", "position"], unique=False)


def _products() -> None:
    op.create_table(
        "products",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("titles", pg.JSONB(), server_default=EMPTY, nullable=False),
        sa.Column("descriptions", pg.JSONB(), server_default=EMPTY, nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=True),
        sa.Column("recording_id", sa.Uuid(), nullable=True),
        sa.Column("artist_id", sa.Uuid(), nullable=True),
        sa.Column("image_id", sa.Uuid(), nullable=True),
        sa.Column("image", pg.JSONB(), nullable=True),
        sa.Column("tax_class", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("on_sale_from", MOMENT, nullable=True),
        sa.Column("ships_on", sa.Date(), nullable=True),
        sa.Column("most", sa.Integer(), nullable=True),
        sa.Column("sold", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_named_price", sa.Boolean(), server_default=FALSE, nullable=False),
        sa.Column("interval", sa.Text(), nullable=True),
        sa.Column("fulfilled_by", sa.Text(), nullable=False),
        sa.Column("printful_id", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("fulfilled_by IN ('label', 'printful', 'nobody')", name="ck_products_fulfilled_by"),
        sa.CheckConstraint("(kind = 'membership') = (interval IS NOT NULL)", name="ck_products_interval"),
        sa.CheckConstraint("kind IN ('digital', 'physical', 'bundle', 'membership')", name="ck_products_kind"),
        sa.CheckConstraint("most > 0", name="ck_products_most"),
        sa.CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="ck_products_slug"),
        sa.CheckConstraint("state IN ('draft', 'live', 'archived')", name="ck_products_state"),
        sa.ForeignKeyConstraint(["artist_id"], ["artists.id"], name="fk_products_artist_id"),
        sa.ForeignKeyConstraint(["image_id"], ["files.id"], name="fk_products_image_id"),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name="fk_products_recording_id"),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_products_release_id"),
        sa.PrimaryKeyConstraint("id", name="pk_products"),
        sa.UniqueConstraint("printful_id", name="uq_products_printful_id"),
        sa.UniqueConstraint("slug", name="uq_products_slug"),
    )
    op.create_index("ix_products_artist_id", "products", ["artist_id"], unique=False)
    op.create_index("ix_products_image_id", "products", ["image_id"], unique=False)
    op.create_index("ix_products_recording_id", "products", ["recording_id"], unique=False)
    op.create_index("ix_products_release_id", "products", ["release_id"], unique=False)
    op.create_index("ix_products_state", "products", ["state", "position", "id"], unique=False)
    op.create_table(
        "variants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("options", pg.JSONB(), server_default=EMPTY, nullable=False),
        sa.Column("price_micros", sa.BigInteger(), nullable=False),
        sa.Column("was_micros", sa.BigInteger(), nullable=True),
        sa.Column("cost_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("grams", sa.Integer(), server_default="0", nullable=False),
        sa.Column("barcode", sa.Text(), nullable=True),
        sa.Column("printful_id", sa.Text(), nullable=True),
        sa.Column("position", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=TRUE, nullable=False),
        sa.CheckConstraint("cost_micros >= 0", name="ck_variants_cost"),
        sa.CheckConstraint("grams >= 0", name="ck_variants_grams"),
        sa.CheckConstraint("price_micros >= 0", name="ck_variants_price"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_variants_product_id"),
        sa.PrimaryKeyConstraint("id", name="pk_variants"),
        sa.UniqueConstraint("printful_id", name="uq_variants_printful_id"),
        sa.UniqueConstraint("sku", name="uq_variants_sku"),
    )
    op.create_index("ix_variants_product_id", "variants", ["product_id", "position"], unique=False)
    op.create_table(
        "variant_prices",
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("market_id", sa.Uuid(), nullable=False),
        sa.Column("price_micros", sa.BigInteger(), nullable=False),
        sa.Column("was_micros", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("price_micros >= 0", name="ck_variant_prices_price"),
        sa.ForeignKeyConstraint(
            ["market_id"], ["store_markets.id"], name="fk_variant_prices_market_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name="fk_variant_prices_variant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("variant_id", "market_id", name="pk_variant_prices"),
    )
    op.create_index("ix_variant_prices_market_id", "variant_prices", ["market_id"], unique=False)
    op.create_table(
        "bundle_parts",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name="ck_bundle_parts_quantity"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_bundle_parts_product_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name="fk_bundle_parts_variant_id"),
        sa.PrimaryKeyConstraint("product_id", "variant_id", name="pk_bundle_parts"),
    )
    op.create_index("ix_bundle_parts_variant_id", "bundle_parts", ["variant_id"], unique=False)
    op.create_table(
        "wishes",
        sa.Column("fan_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["fan_id"], ["fans.id"], name="fk_wishes_fan_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_wishes_product_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("fan_id", "product_id", name="pk_wishes"),
    )
    op.create_index("ix_wishes_product_id", "wishes", ["product_id"], unique=False)


def _stock() -> None:
    op.create_table(
        "stock_locations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=TRUE, nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stock_locations"),
        sa.UniqueConstraint("name", name="uq_stock_locations_name"),
    )
    op.create_table(
        "stock",
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), server_default="0", nullable=False),
        sa.Column("low_at", sa.Integer(), nullable=True),
        sa.Column("told_low_at", MOMENT, nullable=True),
        sa.CheckConstraint("0 <= reserved AND reserved <= on_hand", name="ck_stock_reserved"),
        sa.ForeignKeyConstraint(["location_id"], ["stock_locations.id"], name="fk_stock_location_id"),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name="fk_stock_variant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("variant_id", "location_id", name="pk_stock"),
    )
    op.create_index("ix_stock_location_id", "stock", ["location_id"], unique=False)
    op.create_table(
        "stock_moves",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("moved_by", sa.Uuid(), nullable=True),
        sa.Column("moved_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["location_id"], ["stock_locations.id"], name="fk_stock_moves_location_id"),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name="fk_stock_moves_variant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number", name="pk_stock_moves"),
    )
    op.create_index("ix_stock_moves_variant_id", "stock_moves", ["variant_id", "number"], unique=False)


def _cheaper() -> None:
    op.create_table(
        "discounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("buy", sa.SmallInteger(), nullable=True),
        sa.Column("get", sa.SmallInteger(), nullable=True),
        sa.Column("product_ids", pg.ARRAY(sa.Uuid()), server_default=EMPTY, nullable=False),
        sa.Column("market_ids", pg.ARRAY(sa.Uuid()), server_default=EMPTY, nullable=False),
        sa.Column("least_micros", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", MOMENT, nullable=True),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("most_uses", sa.Integer(), nullable=True),
        sa.Column("once_each", sa.Boolean(), server_default=FALSE, nullable=False),
        sa.Column("stacks", sa.Boolean(), server_default=FALSE, nullable=False),
        sa.Column("used", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("(kind = 'buy_x') = (buy IS NOT NULL AND get IS NOT NULL)", name="ck_discounts_buy_x"),
        sa.CheckConstraint("code = upper(code)", name="ck_discounts_code"),
        sa.CheckConstraint("(kind = 'amount') = (currency IS NOT NULL)", name="ck_discounts_currency"),
        sa.CheckConstraint("kind IN ('percent', 'amount', 'buy_x', 'free_shipping')", name="ck_discounts_kind"),
        sa.CheckConstraint("kind <> 'percent' OR value BETWEEN 1 AND 1000000", name="ck_discounts_percent"),
        sa.CheckConstraint("used >= 0 AND (most_uses IS NULL OR used <= most_uses)", name="ck_discounts_uses"),
        sa.PrimaryKeyConstraint("id", name="pk_discounts"),
        sa.UniqueConstraint("code", name="uq_discounts_code"),
    )
    op.create_table(
        "download_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("fan_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["fan_id"], ["fans.id"], name="fk_download_codes_fan_id"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_download_codes_product_id"),
        sa.PrimaryKeyConstraint("id", name="pk_download_codes"),
        sa.UniqueConstraint("code", name="uq_download_codes_code"),
    )
    op.create_index("ix_download_codes_fan_id", "download_codes", ["fan_id"], unique=False)
    op.create_index("ix_download_codes_product_id", "download_codes", ["product_id", "batch"], unique=False)
