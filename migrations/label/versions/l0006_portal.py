"""Saved views, what members did with their news, and files that were removed and can come back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0006"
down_revision = "l0005"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("listing", sa.Text, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("is_shared", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("created_at", MOMENT, nullable=False, server_default=sa.text("now()")),
        sa.PrimaryKeyConstraint("id", name="pk_saved_views"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_saved_views_member_id", ondelete="CASCADE"),
    )
    op.create_index("ix_saved_views_listing", "saved_views", ["listing", "member_id"])
    op.create_index("ix_saved_views_member_id", "saved_views", ["member_id"])
    op.create_table(
        "news_states",
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("activity_id", sa.Uuid, nullable=False),
        sa.Column("read_at", MOMENT),
        sa.Column("archived_at", MOMENT),
        sa.PrimaryKeyConstraint("member_id", "activity_id", name="pk_news_states"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_news_states_member_id", ondelete="CASCADE"),
    )
    op.add_column("files", sa.Column("removed_at", MOMENT))
    # Places are counted by the sealer; the sequence that came with the column was never used.
    op.execute("ALTER TABLE activity_seals ALTER COLUMN position DROP DEFAULT")
    op.execute("DROP SEQUENCE activity_seals_position_seq")
    op.create_index("ix_activity_at", "activity", [sa.text("at DESC"), sa.text("id DESC")])


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
