"""What a market is called in each language that the shop is read in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0051"
down_revision = "l0050"
branch_labels = None
depends_on = None
phase = "expand"


def upgrade() -> None:
    op.add_column("store_markets", sa.Column("names", pg.JSONB(), server_default=sa.text("'{}'"), nullable=False))


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
