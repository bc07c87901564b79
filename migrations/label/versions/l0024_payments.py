"""Money for the shop's orders: payments, refunds, disputes, what gateways told, sales."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from migrations.label import LABEL_ROLE

revision = "l0024"
down_revision = "l0023"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)
EMPTY = sa.text("'{}'")
FALSE = sa.text("false")


def upgrade() -> None:
    _payments()
    _told()
    _sandbox()
    _compared()
    _artists()
    op.execute(f"REVOKE DELETE ON payments, refunds, disputes, store_events, store_sales FROM {LABEL_ROLE}")


def _payments() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("fee_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("method", sa.Text(), server_default="", nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("facts", pg.JSONB(), server_default=EMPTY, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("paid_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("amount_micros > 0", name="ck_payments_amount"),
        sa.CheckConstraint("state IN ('open', 'acting', 'paid', 'failed', 'cancelled')", name="ck_payments_state"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_payments_order_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payments"),
    )
    op.create_index(
        "ix_payments_open",
        "payments",
        ["started_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('open', 'acting')"),
    )
    op.create_index("ix_payments_order_id", "payments", ["order_id"], unique=False)
    op.create_index(
        "uq_payments_paid", "payments", ["order_id"], unique=True, postgresql_where=sa.text("state = 'paid'")
    )
    op.create_index(
        "uq_payments_reference",
        "payments",
        ["gateway", "reference"],
        unique=True,
        postgresql_where=sa.text("reference <> ''"),
    )
    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="asked", nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("shipping_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lines", pg.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("is_dispute", sa.Boolean(), server_default=FALSE, nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.CheckConstraint("amount_micros > 0", name="ck_refunds_amount"),
        sa.CheckConstraint("state IN ('asked', 'sent', 'done', 'failed')", name="ck_refunds_state"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_refunds_order_id"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_refunds_payment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_refunds"),
    )
    op.create_index(
        "ix_refunds_open", "refunds", ["asked_at"], unique=False, postgresql_where=sa.text("state IN ('asked', 'sent')")
    )
    op.create_index("ix_refunds_order_id", "refunds", ["order_id"], unique=False)
    op.create_index("ix_refunds_payment_id", "refunds", ["payment_id"], unique=False)
    op.create_index(
        "uq_refunds_reference", "refunds", ["reference"], unique=True, postgresql_where=sa.text("reference IS NOT NULL")
    )
    op.create_table(
        "disputes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("fee_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('open', 'answered', 'won', 'lost')", name="ck_disputes_state"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_disputes_payment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_disputes"),
    )
    op.create_index("ix_disputes_payment_id", "disputes", ["payment_id"], unique=False)
    op.create_index("uq_disputes_reference", "disputes", ["reference"], unique=True)


def _told() -> None:
    op.create_table(
        "store_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("applied_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('new', 'applied', 'quarantined')", name="ck_store_events_state"),
        sa.PrimaryKeyConstraint("id", name="pk_store_events"),
    )
    op.create_index(
        "ix_store_events_new", "store_events", ["received_at"], unique=False, postgresql_where=sa.text("state = 'new'")
    )
    op.create_index("uq_store_events_event_id", "store_events", ["gateway", "event_id"], unique=True)
    op.create_table(
        "store_sales",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("sold_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("gross_micros", sa.BigInteger(), nullable=False),
        sa.Column("tax_micros", sa.BigInteger(), nullable=False),
        sa.Column("fee_micros", sa.BigInteger(), nullable=False),
        sa.Column("cost_micros", sa.BigInteger(), nullable=False),
        sa.Column("net_micros", sa.BigInteger(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "net_micros = gross_micros - tax_micros - fee_micros - cost_micros", name="ck_store_sales_net"
        ),
        sa.CheckConstraint("quantity <> 0 OR refund_id IS NOT NULL", name="ck_store_sales_quantity"),
        sa.ForeignKeyConstraint(["line_id"], ["order_lines.id"], name="fk_store_sales_line_id"),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name="fk_store_sales_refund_id"),
        sa.ForeignKeyConstraint(["report_id"], ["sales_reports.id"], name="fk_store_sales_report_id"),
        sa.PrimaryKeyConstraint("number", name="pk_store_sales"),
    )
    op.create_index("ix_store_sales_refund_id", "store_sales", ["refund_id"], unique=False)
    op.create_index("ix_store_sales_report_id", "store_sales", ["report_id"], unique=False)
    op.create_index("ix_store_sales_sold_on", "store_sales", ["sold_on"], unique=False)
    op.create_index(
        "ix_store_sales_unreported",
        "store_sales",
        ["sold_on"],
        unique=False,
        postgresql_where=sa.text("report_id IS NULL"),
    )
    op.create_index(
        "uq_store_sales_what", "store_sales", ["line_id", sa.text("coalesce(refund_id, line_id)")], unique=True
    )


def _sandbox() -> None:
    op.create_table(
        "sandbox_charges",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), server_default="", nullable=False),
        sa.Column("ending", sa.Text(), server_default="", nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("back_url", sa.Text(), nullable=False),
        sa.Column("moves_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'challenged', 'capturing', 'paid', 'failed', 'cancelled')",
            name="ck_sandbox_charges_state",
        ),
        sa.PrimaryKeyConstraint("key", name="pk_sandbox_charges"),
        sa.UniqueConstraint("reference", name="uq_sandbox_charges_reference"),
        sa.UniqueConstraint("token", name="uq_sandbox_charges_token"),
    )
    op.create_index("ix_sandbox_charges_changed_at", "sandbox_charges", ["changed_at"], unique=False)
    op.create_index(
        "ix_sandbox_charges_moves_at",
        "sandbox_charges",
        ["moves_at"],
        unique=False,
        postgresql_where=sa.text("moves_at IS NOT NULL"),
    )
    op.create_table(
        "sandbox_backs",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("charge", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("moves_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('refund', 'dispute')", name="ck_sandbox_backs_kind"),
        sa.ForeignKeyConstraint(["charge"], ["sandbox_charges.reference"], name="fk_sandbox_backs_charge"),
        sa.PrimaryKeyConstraint("key", name="pk_sandbox_backs"),
        sa.UniqueConstraint("reference", name="uq_sandbox_backs_reference"),
    )
    op.create_index("ix_sandbox_backs_changed_at", "sandbox_backs", ["changed_at"], unique=False)
    op.create_index("ix_sandbox_backs_charge", "sandbox_backs", ["charge"], unique=False)
    op.create_index(
        "ix_sandbox_backs_moves_at",
        "sandbox_backs",
        ["moves_at"],
        unique=False,
        postgresql_where=sa.text("moves_at IS NOT NULL"),
    )


def _compared() -> None:
    op.create_table(
        "gateway_checks",
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("checked_at", MOMENT, nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("gateway", name="pk_gateway_checks"),
    )
    op.create_table(
        "gateway_differences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("facts", pg.JSONB(), server_default=EMPTY, nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("resolved_at", MOMENT, nullable=True),
        sa.Column("resolved_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('missing', 'extra', 'amount', 'state')", name="ck_gateway_differences_kind"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_gateway_differences_payment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_gateway_differences"),
    )
    op.create_index("ix_gateway_differences_payment_id", "gateway_differences", ["payment_id"], unique=False)
    op.create_index("uq_gateway_differences_what", "gateway_differences", ["gateway", "kind", "reference"], unique=True)


def _artists() -> None:
    """What artists sell that is no music."""
    op.add_column("sales_assets", sa.Column("artist_id", sa.Uuid(), nullable=True))
    # Nothing named an artist before there was this column, so there is nothing to validate.
    op.execute(
        "ALTER TABLE sales_assets ADD CONSTRAINT fk_sales_assets_artist_id "
        "FOREIGN KEY (artist_id) REFERENCES artists (id) NOT VALID"
    )
