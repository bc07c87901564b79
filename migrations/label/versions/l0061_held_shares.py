"""What of a payee's share in a line is held, apart from the share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "l0061"
down_revision = "l0058"
branch_labels = None
depends_on = None
phase = "expand"


def upgrade() -> None:
    op.add_column("line_shares", sa.Column("held", sa.Numeric(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
