"""From which amount on two people decide, wrong books that are frozen, and many contracts amended at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0019"
down_revision = "l0018"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "money_policy",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("alone_up_to_micros", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_money_policy_id"),
        sa.CheckConstraint("alone_up_to_micros BETWEEN 0 AND 1000000000000", name="ck_money_policy_alone_up_to_micros"),
        sa.PrimaryKeyConstraint("id", name="pk_money_policy"),
    )
    op.create_table(
        "ledger_freeze",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("problems", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("frozen_at", MOMENT, nullable=False),
        sa.Column("lifted_at", MOMENT, nullable=True),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("id = 1", name="ck_ledger_freeze_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_freeze"),
    )
    op.add_column("contract_versions", sa.Column("ends_on", sa.Date(), nullable=True))
    op.add_column("contract_batches", sa.Column("kind", sa.Text(), server_default="draft", nullable=False))
    for column in ("template_id", "file_id"):  # older code makes no batch without them
        op.execute(
            f"-- squawk-ignore ban-drop-not-null\nALTER TABLE contract_batches ALTER COLUMN {column} DROP NOT NULL"
        )
    op.add_column(
        "contract_batch_items", sa.Column("changes", pg.JSONB(), server_default=sa.text("'{}'"), nullable=False)
    )
    for name, condition in (
        ("kind", "kind IN ('draft', 'amend')"),
        ("template_id", "kind = 'amend' OR template_id IS NOT NULL"),
        ("file_id", "kind = 'amend' OR file_id IS NOT NULL"),
    ):
        op.execute(
            f"ALTER TABLE contract_batches ADD CONSTRAINT ck_contract_batches_{name} CHECK ({condition}) NOT VALID"
        )


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
