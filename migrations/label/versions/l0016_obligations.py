"""Obligations: days on which somebody must act under a contract."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0016"
down_revision = "l0015"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "contract_obligations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("told_days", sa.SmallInteger(), nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('option', 'delivery', 'reversion', 'audit')", name="ck_contract_obligations_kind"),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name="fk_contract_obligations_contract_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_contract_obligations"),
    )
    op.create_index("ix_contract_obligations_contract_id", "contract_obligations", ["contract_id"], unique=False)
    op.create_index(
        "ix_contract_obligations_due_on",
        "contract_obligations",
        ["due_on"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
