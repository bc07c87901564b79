"""What labels promised to pay instantly of a cap that they share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "s0013"
down_revision = "s0012"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "instant_promises",
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("wish", sa.Text, nullable=False),
        sa.Column("request_id", sa.Uuid, nullable=False),
        sa.Column("rail", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("amount_micros", sa.BigInteger, nullable=False),
        sa.Column("promised_at", MOMENT, nullable=False),
        sa.Column("heard_at", MOMENT),
        sa.PrimaryKeyConstraint("label", "wish", name="pk_instant_promises"),
        schema="shared",
    )
    op.create_index("ix_instant_promises_promised_at", "instant_promises", ["promised_at"], schema="shared")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON shared.instant_promises TO boptone_platform")


def downgrade() -> None:
    raise NotImplementedError("shared tables only go forward; restore a backup instead")
