"""The operator's own people and their sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "s0006"
down_revision = "s0005"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "operators",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False, server_default=sa.text("now()")),
        sa.Column("disabled_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_operators"),
        sa.UniqueConstraint("email", name="uq_operators_email"),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_operators_email")),
        schema="shared",
    )
    op.create_table(
        "operator_sessions",
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.Column("operator_id", sa.Uuid, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("token_hash", name="pk_operator_sessions"),
        sa.ForeignKeyConstraint(["operator_id"], ["shared.operators.id"], name="fk_operator_sessions_operator_id"),
        schema="shared",
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON shared.operators, shared.operator_sessions TO boptone_platform")


def downgrade() -> None:
    raise NotImplementedError("shared tables only go forward; restore a backup instead")
