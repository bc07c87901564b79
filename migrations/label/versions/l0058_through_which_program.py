"""Through which program something was done, apart from the member in whose name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "l0058"
down_revision = "l0057"
branch_labels = None
depends_on = None
phase = "expand"


def upgrade() -> None:
    op.add_column("activity", sa.Column("client_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
