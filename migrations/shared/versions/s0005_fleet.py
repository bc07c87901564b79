"""The ledger of fleet migrations: one row for each label and revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "s0005"
down_revision = "s0004"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "migration_items",
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("revision", sa.Text, nullable=False),
        sa.Column("ring", sa.SmallInteger, nullable=False, server_default="1"),
        sa.Column("status", sa.Text, nullable=False, server_default="waiting"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("error", sa.Text),
        sa.Column("finished_at", MOMENT),
        sa.Column("told", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.PrimaryKeyConstraint("label", "revision", name="pk_migration_items"),
        sa.CheckConstraint("status in ('waiting', 'done', 'failed')", name=op.f("ck_migration_items_status")),
        schema="shared",
    )
    waiting = sa.text("status = 'waiting'")
    columns = ["ring", "revision", "label"]
    op.create_index("ix_migration_items_waiting", "migration_items", columns, schema="shared", postgresql_where=waiting)
    untold = sa.text("status = 'done' AND NOT told")
    op.create_index("ix_migration_items_untold", "migration_items", ["label"], schema="shared", postgresql_where=untold)
    op.execute("GRANT SELECT ON shared.migration_items TO boptone_platform")


def downgrade() -> None:
    raise NotImplementedError("shared tables only go forward; restore a backup instead")
