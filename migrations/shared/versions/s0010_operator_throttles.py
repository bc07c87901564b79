"""How often in a row operators failed to sign in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "s0010"
down_revision = "s0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "operator_throttles",
        sa.Column("bucket", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failed_at", pg.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name="pk_operator_throttles"),
        schema="shared",
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON shared.operator_throttles TO boptone_platform")


def downgrade() -> None:
    raise NotImplementedError("shared tables only go forward; restore a backup instead")
