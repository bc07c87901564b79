"""Which people and roles of a sandbox are those of its label."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "l0057"
down_revision = "l0053"
branch_labels = None
depends_on = None
phase = "expand"


def upgrade() -> None:
    for table in ("members", "roles"):
        op.add_column(table, sa.Column("of_label", sa.Boolean(), server_default=sa.text("false"), nullable=False))


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
