"""The list of payouts, the newest first, from an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "l0021"
down_revision = "l0020"
branch_labels = None
depends_on = None
phase = "expand"


def upgrade() -> None:
    op.create_index("ix_payouts_asked_at", "payouts", [sa.text("asked_at DESC"), sa.text("number DESC")])


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
