"""By which program an address for events was said, and how far whoever asked for an export could see."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0050"
down_revision = "l0049"
branch_labels = None
depends_on = None
phase = "expand"


def upgrade() -> None:
    op.add_column("webhook_endpoints", sa.Column("made_through", sa.Uuid(), nullable=True))
    op.add_column("data_exports", sa.Column("reach", pg.JSONB(), nullable=True))
    op.execute(  # the one that follows takes all that this one took
        "-- squawk-ignore ban-drop-constraint\n"
        "ALTER TABLE webhook_endpoints DROP CONSTRAINT ck_webhook_endpoints_disabled_why"
    )
    op.execute(
        "ALTER TABLE webhook_endpoints ADD CONSTRAINT ck_webhook_endpoints_disabled_why "
        "CHECK (disabled_why IN ('', 'person', 'gone', 'failing', 'maker')) NOT VALID"
    )


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
