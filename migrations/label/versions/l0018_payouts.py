"""Payouts: accounts, requests, runs, tries, holds, files, and what rails say."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from migrations.label import LABEL_ROLE

revision = "l0018"
down_revision = "l0017"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)
KEPT = "payouts, payout_attempts, payout_requests, payout_holds, payout_files, rail_events, rail_differences"
"""What a label never deletes."""


def upgrade() -> None:
    op.create_table(
        "payout_policy",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("rail", sa.Text(), nullable=True),
        sa.Column("instant_fee_ppm", sa.Integer(), nullable=False),
        sa.Column("minimums", pg.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("debtor", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("id = 1", name="ck_payout_policy_id"),
        sa.CheckConstraint("instant_fee_ppm BETWEEN 0 AND 10000", name="ck_payout_policy_instant_fee"),
        sa.PrimaryKeyConstraint("id", name="pk_payout_policy"),
    )
    op.create_table(
        "payout_requests",
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("asked_by", "key", name="pk_payout_requests"),
    )
    op.create_table(
        "payout_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rail", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_at", MOMENT, nullable=True),
        sa.Column("batch_hash", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('open', 'submitted', 'approved', 'cancelled')", name="ck_payout_runs_state"),
        sa.PrimaryKeyConstraint("id", name="pk_payout_runs"),
        sa.UniqueConstraint("number", name="uq_payout_runs_number"),
    )
    op.create_table(
        "rail_checks",
        sa.Column("rail", sa.Text(), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("checked_at", MOMENT, nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("rail", name="pk_rail_checks"),
    )
    op.create_table(
        "rail_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rail", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("applied_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('new', 'applied', 'quarantined')", name="ck_rail_events_state"),
        sa.PrimaryKeyConstraint("id", name="pk_rail_events"),
    )
    op.create_index(
        "ix_rail_events_new", "rail_events", ["received_at"], unique=False, postgresql_where=sa.text("state = 'new'")
    )
    op.create_index("uq_rail_events_event_id", "rail_events", ["rail", "event_id"], unique=True)
    op.create_table(
        "sandbox_transfers",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("payout_id", sa.Uuid(), nullable=False),
        sa.Column("speed", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("ending", sa.Text(), server_default="", nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("moves_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_sandbox_transfers"),
        sa.UniqueConstraint("reference", name="uq_sandbox_transfers_reference"),
    )
    op.create_index("ix_sandbox_transfers_changed_at", "sandbox_transfers", ["changed_at"], unique=False)
    op.create_index(
        "ix_sandbox_transfers_moves_at",
        "sandbox_transfers",
        ["moves_at"],
        unique=False,
        postgresql_where=sa.text("moves_at IS NOT NULL"),
    )
    op.create_index("ix_sandbox_transfers_payout_id", "sandbox_transfers", ["payout_id"], unique=False)
    op.create_table(
        "payout_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("payouts", sa.Integer(), nullable=False),
        sa.Column("total_micros", sa.BigInteger(), nullable=False),
        sa.Column("members", pg.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("stored_id", sa.Uuid(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["stored_id"], ["files.id"], name="fk_payout_files_stored_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payout_files"),
        sa.UniqueConstraint("message_id", name="uq_payout_files_message_id"),
        sa.UniqueConstraint("number", name="uq_payout_files_number"),
    )
    op.create_table(
        "payout_holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", pg.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("renewed_by", sa.Uuid(), nullable=True),
        sa.Column("released_at", MOMENT, nullable=True),
        sa.Column("released_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("amount_micros > 0", name="ck_payout_holds_amount"),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name="fk_payout_holds_payee_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payout_holds"),
    )
    op.create_index(
        "ix_payout_holds_open",
        "payout_holds",
        ["ends_at"],
        unique=False,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_index("ix_payout_holds_payee_id", "payout_holds", ["payee_id"], unique=False)
    op.create_table(
        "payout_methods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("masked", sa.Text(), nullable=False),
        sa.Column("bank", sa.Text(), server_default="", nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("share_ppm", sa.Integer(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("usable_from", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.CheckConstraint("share_ppm BETWEEN 1 AND 1000000", name="ck_payout_methods_share"),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name="fk_payout_methods_payee_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payout_methods"),
    )
    op.create_index("ix_payout_methods_payee_id", "payout_methods", ["payee_id"], unique=False)
    op.create_index(
        "uq_payout_methods_fingerprint",
        "payout_methods",
        ["payee_id", "fingerprint"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "payout_schedules",
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("anchor", sa.SmallInteger(), nullable=False),
        sa.Column("on_holiday", sa.Text(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.CheckConstraint("on_holiday IN ('before', 'after')", name="ck_payout_schedules_on_holiday"),
        sa.CheckConstraint("rhythm IN ('daily', 'weekly', 'monthly')", name="ck_payout_schedules_rhythm"),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name="fk_payout_schedules_payee_id"),
        sa.PrimaryKeyConstraint("payee_id", name="pk_payout_schedules"),
    )
    op.create_index("ix_payout_schedules_next_on", "payout_schedules", ["next_on"], unique=False)
    op.create_table(
        "payouts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("method_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("speed", sa.Text(), nullable=False),
        sa.Column("rail", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("gross_micros", sa.BigInteger(), nullable=False),
        sa.Column("platform_micros", sa.BigInteger(), nullable=False),
        sa.Column("fee_micros", sa.BigInteger(), nullable=False),
        sa.Column("withheld_micros", sa.BigInteger(), nullable=False),
        sa.Column("sent_micros", sa.BigInteger(), nullable=False),
        sa.Column("platform_ppm", sa.Integer(), nullable=False),
        sa.Column("fee_ppm", sa.Integer(), nullable=False),
        sa.Column("withheld_ppm", sa.Integer(), nullable=False),
        sa.Column("withheld_why", pg.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("arrives_on", sa.Date(), nullable=False),
        sa.Column("promised_by", MOMENT, nullable=True),
        sa.Column("fee_returned_at", MOMENT, nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("paid_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("speed IN ('instant', 'standard')", name="ck_payouts_speed"),
        sa.CheckConstraint(
            "state IN ('reserved', 'approved', 'sending', 'unknown', 'sent', 'paid', 'failed', 'returned', "
            "'cancelled', 'rejected')",
            name="ck_payouts_state",
        ),
        sa.CheckConstraint(
            "gross_micros = platform_micros + fee_micros + withheld_micros + sent_micros AND sent_micros > 0 "
            "AND least(platform_micros, fee_micros, withheld_micros) >= 0",
            name="ck_payouts_parts",
        ),
        sa.ForeignKeyConstraint(["method_id"], ["payout_methods.id"], name="fk_payouts_method_id"),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name="fk_payouts_payee_id"),
        sa.ForeignKeyConstraint(["run_id"], ["payout_runs.id"], name="fk_payouts_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payouts"),
        sa.UniqueConstraint("number", name="uq_payouts_number"),
    )
    op.create_index(
        "ix_payouts_due",
        "payouts",
        ["state", "due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('reserved', 'approved', 'sending', 'unknown', 'sent')"),
    )
    op.create_index("ix_payouts_asked_at", "payouts", [sa.text("asked_at DESC"), sa.text("number DESC")])
    op.create_index("ix_payouts_method_id", "payouts", ["method_id"], unique=False)
    op.create_index("ix_payouts_payee_id", "payouts", ["payee_id", "asked_at"], unique=False)
    op.create_index("ix_payouts_request_id", "payouts", ["request_id"], unique=False)
    op.create_index("ix_payouts_run_id", "payouts", ["run_id"], unique=False)
    op.create_index(
        "uq_payouts_reference",
        "payouts",
        ["rail", "reference"],
        unique=True,
        postgresql_where=sa.text("reference IS NOT NULL"),
    )
    op.create_table(
        "payout_attempts",
        sa.Column("payout_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("facts", pg.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(["payout_id"], ["payouts.id"], name="fk_payout_attempts_payout_id"),
        sa.PrimaryKeyConstraint("payout_id", "number", name="pk_payout_attempts"),
    )
    op.create_table(
        "payout_run_lines",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("method_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("gross_micros", sa.BigInteger(), nullable=False),
        sa.Column("platform_micros", sa.BigInteger(), nullable=False),
        sa.Column("withheld_micros", sa.BigInteger(), nullable=False),
        sa.Column("sent_micros", sa.BigInteger(), nullable=False),
        sa.Column("withheld_ppm", sa.Integer(), nullable=False),
        sa.Column("withheld_why", pg.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("why_not", sa.Text(), nullable=True),
        sa.Column("excluded_by", sa.Uuid(), nullable=True),
        sa.Column("payout_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["method_id"], ["payout_methods.id"], name="fk_payout_run_lines_method_id"),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name="fk_payout_run_lines_payee_id"),
        sa.ForeignKeyConstraint(["payout_id"], ["payouts.id"], name="fk_payout_run_lines_payout_id"),
        sa.ForeignKeyConstraint(["run_id"], ["payout_runs.id"], name="fk_payout_run_lines_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "number", name="pk_payout_run_lines"),
    )
    op.create_index("ix_payout_run_lines_method_id", "payout_run_lines", ["method_id"], unique=False)
    op.create_index("ix_payout_run_lines_payee_id", "payout_run_lines", ["payee_id"], unique=False)
    op.create_index("ix_payout_run_lines_payout_id", "payout_run_lines", ["payout_id"], unique=False)
    op.create_table(
        "rail_differences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rail", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("payout_id", sa.Uuid(), nullable=True),
        sa.Column("facts", pg.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("resolved_at", MOMENT, nullable=True),
        sa.Column("resolved_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('missing', 'extra', 'amount', 'state')", name="ck_rail_differences_kind"),
        sa.ForeignKeyConstraint(["payout_id"], ["payouts.id"], name="fk_rail_differences_payout_id"),
        sa.PrimaryKeyConstraint("id", name="pk_rail_differences"),
    )
    op.create_index("ix_rail_differences_payout_id", "rail_differences", ["payout_id"], unique=False)
    op.create_index(
        "uq_rail_differences_open",
        "rail_differences",
        ["rail", "kind", "reference"],
        unique=True,
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.execute(f"REVOKE DELETE ON {KEPT} FROM {LABEL_ROLE}")


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
