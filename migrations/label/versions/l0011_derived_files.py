"""Files that the product made from others are told apart from those that people brought."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "l0011"
down_revision = "l0010"
branch_labels = None
depends_on = None
phase = "expand"


def upgrade() -> None:
    op.add_column("files", sa.Column("is_derived", sa.Boolean(), server_default=sa.text("false"), nullable=False))


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
