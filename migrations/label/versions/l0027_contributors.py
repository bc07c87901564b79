"""Two contributors who are one: where a merged one leads to, and what moved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0027"
down_revision = "l0026"
branch_labels = None
depends_on = None
phase = "expand"


def upgrade() -> None:
    op.add_column("contributors", sa.Column("merged_into_id", sa.Uuid(), nullable=True))
    op.add_column("contributors", sa.Column("moved", pg.JSONB(), nullable=True))
    op.execute(
        "ALTER TABLE contributors ADD CONSTRAINT fk_contributors_merged_into_id "
        "FOREIGN KEY (merged_into_id) REFERENCES contributors (id) NOT VALID"
    )
    op.execute(  # thousands of short rows at most, read again in a moment
        "-- squawk-ignore require-concurrent-index-creation\n"
        "CREATE INDEX ix_contributors_merged_into_id ON contributors (merged_into_id)"
    )


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
