"""Answers that are given again to whoever sends the same request twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0034"
down_revision = "l0031"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "api_answers",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("principal", "key", name="pk_api_answers"),
        sa.UniqueConstraint("id", name="uq_api_answers_id"),
    )
    op.create_index("ix_api_answers_asked_at", "api_answers", ["asked_at"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
