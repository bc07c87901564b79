"""Sales reports, runs over them, and statements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0014"
down_revision = "l0013"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "earning_keys",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=True),
        sa.Column("recording_id", sa.Uuid(), nullable=True),
        sa.Column("release_id", sa.Uuid(), nullable=True),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sold_month", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("portion", sa.Numeric(), nullable=False),
        sa.Column("price", sa.Numeric(), nullable=True),
        sa.Column("either", sa.Text(), nullable=True),
        sa.Column("other_base", sa.Text(), nullable=True),
        sa.Column("other_portion", sa.Numeric(), nullable=True),
        sa.Column("other_price", sa.Numeric(), nullable=True),
        sa.Column("unit_places", sa.SmallInteger(), nullable=True),
        sa.Column("factor", sa.Numeric(), nullable=False),
        sa.Column("rate", sa.Numeric(), nullable=False),
        sa.Column("fx", sa.Numeric(), nullable=False),
        sa.Column("whole", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "number", name="pk_earning_keys"),
    )
    op.create_table(
        "earning_sources",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("report", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("context_id", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_earning_sources_number", "earning_sources", ["run", "number"], unique=False)
    op.create_table(
        "earnings",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=True),
        sa.Column("recording_id", sa.Uuid(), nullable=True),
        sa.Column("release_id", sa.Uuid(), nullable=True),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sold_month", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("net", sa.Numeric(), nullable=False),
        sa.Column("base", sa.Numeric(), nullable=False),
        sa.Column("factor", sa.Numeric(), nullable=False),
        sa.Column("rate", sa.Numeric(), nullable=False),
        sa.Column("fx", sa.Numeric(), nullable=False),
        sa.Column("whole", sa.Integer(), server_default="1", nullable=False),
        sa.Column("sign", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("unpriced", sa.Integer(), server_default="0", nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("positive", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "number", name="pk_earnings"),
    )
    op.create_index("ix_earnings_contract_id", "earnings", ["contract_id", "run_id"], unique=False)
    op.create_table(
        "exchange_rates",
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("rate > 0", name="ck_exchange_rates_rate"),
        sa.PrimaryKeyConstraint("base", "quote", "on", name="pk_exchange_rates"),
    )
    op.create_table(
        "report_layouts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("definition", pg.JSONB, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_report_layouts"),
        sa.UniqueConstraint("key", name="uq_report_layouts_key"),
    )
    op.create_table(
        "royalty_periods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.CheckConstraint("ends_on >= starts_on", name="ck_royalty_periods_span"),
        sa.PrimaryKeyConstraint("id", name="pk_royalty_periods"),
    )
    op.create_index("uq_royalty_periods_span", "royalty_periods", ["starts_on", "ends_on"], unique=True)
    op.create_table(
        "sales_contexts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("fingerprint", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("commercial_model", sa.Text(), nullable=True),
        sa.Column("configuration", sa.Text(), nullable=True),
        sa.Column("price_band", sa.Text(), nullable=True),
        sa.Column("territory", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("sold_from", sa.Date(), nullable=False),
        sa.Column("sold_until", sa.Date(), nullable=False),
        sa.Column("adjustment", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_sales_contexts"),
    )
    op.create_index("uq_sales_contexts_fingerprint", "sales_contexts", ["fingerprint"], unique=True)
    op.create_table(
        "royalty_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_trial", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("restates_id", sa.Uuid(), nullable=True),
        sa.Column("rates", pg.JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("totals", pg.JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("anomalies", pg.JSONB, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('calculating', 'checking', 'approved', 'publishing', 'published', 'failed', 'discarded')",
            name="ck_royalty_runs_state",
        ),
        sa.ForeignKeyConstraint(["period_id"], ["royalty_periods.id"], name="fk_royalty_runs_period_id"),
        sa.ForeignKeyConstraint(["restates_id"], ["royalty_runs.id"], name="fk_royalty_runs_restates_id"),
        sa.PrimaryKeyConstraint("id", name="pk_royalty_runs"),
        sa.UniqueConstraint("serial", name="uq_royalty_runs_serial"),
    )
    op.create_index("ix_royalty_runs_restates_id", "royalty_runs", ["restates_id"], unique=False)
    op.create_index(
        "uq_royalty_runs_live",
        "royalty_runs",
        ["period_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('calculating', 'checking', 'approved', 'publishing') AND NOT is_trial"),
    )
    op.create_index("uq_royalty_runs_number", "royalty_runs", ["period_id", "number"], unique=True)
    op.create_index(
        "uq_royalty_runs_published",
        "royalty_runs",
        ["period_id"],
        unique=True,
        postgresql_where=sa.text("state = 'published' AND restates_id IS NULL"),
    )
    op.create_table(
        "sales_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("layout", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="received", nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("facts", pg.JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("totals", pg.JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("stated", pg.JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("imported_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('received', 'mapping', 'held', 'imported', 'refused')", name="ck_sales_reports_state"
        ),
        sa.CheckConstraint("period_end >= period_start", name="ck_sales_reports_period"),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_sales_reports_file_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sales_reports"),
        sa.UniqueConstraint("serial", name="uq_sales_reports_serial"),
    )
    op.create_index("ix_sales_reports_file_id", "sales_reports", ["file_id"], unique=False)
    op.create_index("ix_sales_reports_period_end", "sales_reports", ["period_end"], unique=False)
    op.create_index("uq_sales_reports_sha256", "sales_reports", ["sha256"], unique=True)
    op.create_table(
        "line_shares",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("share", sa.Numeric(), nullable=False),
        sa.Column("is_held", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["contract_id"], ["contracts.id"], name="fk_line_shares_contract_id"),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name="fk_line_shares_payee_id"),
        sa.ForeignKeyConstraint(["run_id"], ["royalty_runs.id"], name="fk_line_shares_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "contract_id", "sheet_id", "payee_id", name="pk_line_shares"),
    )
    op.create_table(
        "run_leftovers",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("context_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.CheckConstraint("why IN ('unmatched', 'no_contract', 'no_clause', 'not_due')", name="ck_run_leftovers_why"),
        sa.ForeignKeyConstraint(["report_id"], ["sales_reports.id"], name="fk_run_leftovers_report_id"),
        sa.ForeignKeyConstraint(["run_id"], ["royalty_runs.id"], name="fk_run_leftovers_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "report_id", "asset_id", "context_id", name="pk_run_leftovers"),
    )
    op.create_table(
        "run_reports",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["sales_reports.id"], name="fk_run_reports_report_id"),
        sa.ForeignKeyConstraint(["run_id"], ["royalty_runs.id"], name="fk_run_reports_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "report_id", name="pk_run_reports"),
    )
    op.create_index("ix_run_reports_report_id", "run_reports", ["report_id"], unique=False)
    op.create_table(
        "sales_assets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("fingerprint", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("isrc", sa.Text(), nullable=True),
        sa.Column("upc", sa.Text(), nullable=True),
        sa.Column("catalog_number", sa.Text(), nullable=True),
        sa.Column("store_id", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("artist", sa.Text(), nullable=True),
        sa.Column("recording_id", sa.Uuid(), nullable=True),
        sa.Column("release_id", sa.Uuid(), nullable=True),
        sa.Column("match", sa.Text(), nullable=True),
        sa.Column("score", sa.REAL(), nullable=True),
        sa.Column("matched_at", MOMENT, nullable=True),
        sa.Column("first_seen", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name="fk_sales_assets_recording_id"),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_sales_assets_release_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sales_assets"),
    )
    op.create_index("ix_sales_assets_isrc", "sales_assets", ["isrc"], unique=False)
    op.create_index("ix_sales_assets_recording_id", "sales_assets", ["recording_id"], unique=False)
    op.create_index("ix_sales_assets_release_id", "sales_assets", ["release_id"], unique=False)
    op.create_index(
        "ix_sales_assets_unmatched",
        "sales_assets",
        ["id"],
        unique=False,
        postgresql_where=sa.text("recording_id IS NULL AND release_id IS NULL"),
    )
    op.create_index("uq_sales_assets_fingerprint", "sales_assets", ["fingerprint"], unique=True)
    op.create_table(
        "sales_lines",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("context_id", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("net", sa.Numeric(), nullable=False),
        sa.Column("gross", sa.Numeric(), nullable=True),
        sa.Column("unit_price", sa.Numeric(), nullable=True),
        sa.Column("retail_price", sa.Numeric(), nullable=True),
        sa.Column("fees", sa.Numeric(), nullable=True),
        sa.Column("tax", sa.Numeric(), nullable=True),
        sa.Column("mechanical", sa.Numeric(), nullable=True),
        sa.Column("fx_rate", sa.Numeric(), nullable=True),
        sa.PrimaryKeyConstraint("report_id", "row", name="pk_sales_lines"),
    )
    op.create_table(
        "sales_sums",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("net", sa.Numeric(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["sales_reports.id"], name="fk_sales_sums_report_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("report_id", "asset_id", "currency", name="pk_sales_sums"),
    )
    op.create_index("ix_sales_sums_asset_id", "sales_sums", ["asset_id"], unique=False)
    op.create_table(
        "statements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("opening_micros", sa.BigInteger(), nullable=False),
        sa.Column("earned_micros", sa.BigInteger(), nullable=False),
        sa.Column("closing_micros", sa.BigInteger(), nullable=False),
        sa.Column("payable_micros", sa.BigInteger(), nullable=False),
        sa.Column("reserve_micros", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["contract_id"], ["contracts.id"], name="fk_statements_contract_id"),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name="fk_statements_payee_id"),
        sa.ForeignKeyConstraint(["run_id"], ["royalty_runs.id"], name="fk_statements_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_statements"),
    )
    op.create_index("ix_statements_contract_id", "statements", ["contract_id"], unique=False)
    op.create_index("ix_statements_payee_id", "statements", ["payee_id"], unique=False)
    op.create_index("uq_statements_payee", "statements", ["run_id", "contract_id", "payee_id"], unique=True)
    op.create_table(
        "statement_entries",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("recoupable_id", sa.Uuid(), nullable=True),
        sa.Column("facts", pg.JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(["recoupable_id"], ["recoupables.id"], name="fk_statement_entries_recoupable_id"),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statements.id"], name="fk_statement_entries_statement_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("statement_id", "position", name="pk_statement_entries"),
    )
    op.create_index("ix_statement_entries_recoupable_id", "statement_entries", ["recoupable_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
