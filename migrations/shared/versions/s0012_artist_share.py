"""What the artist side keeps of payouts, by the contract between operator and label."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "s0012"
down_revision = "s0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "tenants", sa.Column("artist_share_ppm", sa.Integer, nullable=False, server_default="900000"), schema="shared"
    )


def downgrade() -> None:
    raise NotImplementedError("shared tables only go forward; restore a backup instead")
