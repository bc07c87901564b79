"""A draft of the label's look may wait for the moment at which it is published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0010"
down_revision = "l0009"
branch_labels = None
depends_on = None
phase = "expand"


def upgrade() -> None:
    op.add_column("theme_versions", sa.Column("publish_at", pg.TIMESTAMP(timezone=True)))
    # Rows that are there wait for nothing, so there is nothing to validate.
    op.execute(
        "ALTER TABLE theme_versions ADD CONSTRAINT ck_theme_versions_publish_at "
        "CHECK (publish_at IS NULL OR state = 'draft') NOT VALID"
    )


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
