"""When a report's money came, how units are rounded, and what of a balance is never used to pay costs back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "l0063"
down_revision = "l0061"
branch_labels = None
depends_on = None
phase = "expand"


def upgrade() -> None:
    op.add_column("sales_reports", sa.Column("received_on", sa.Date(), nullable=True))
    op.add_column(
        "earning_keys", sa.Column("rounds_down", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "earning_keys", sa.Column("whole_units", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("statements", sa.Column("kept_micros", sa.BigInteger(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
