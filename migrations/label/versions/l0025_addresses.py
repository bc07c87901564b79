"""Addresses of the shop name releases and artists by the ends of their ids."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "l0025"
down_revision = "l0024"
branch_labels = None
depends_on = None
phase = "expand"


def upgrade() -> None:
    for table in ("artists", "releases"):
        op.create_index(f"ix_{table}_address", table, [sa.text('"right"((id)::text, 8)')], unique=False)
