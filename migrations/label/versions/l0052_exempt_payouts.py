"""What of a payout was shared and taxed before: a fee that was given back is paid out whole."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "l0052"
down_revision = "l0051"
branch_labels = None
depends_on = None
phase = "expand"


def upgrade() -> None:
    for table in ("payouts", "payout_run_lines"):
        op.add_column(table, sa.Column("exempt_micros", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
