"""What the sales of an earning come to, kept beside how it is worked out: lines need not be joined once more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "l0046"
down_revision = "l0032"
branch_labels = None
depends_on = None
phase = "expand"


def upgrade() -> None:
    op.add_column("earning_keys", sa.Column("lines", sa.Integer(), nullable=True))
    for name in ("quantity", "net", "positive"):
        op.add_column("earning_keys", sa.Column(name, sa.BigInteger(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
