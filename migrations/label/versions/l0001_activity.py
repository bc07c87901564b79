"""Activity, and the chain that seals it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from migrations.label import LABEL_ROLE

revision = "l0001"
down_revision = None
branch_labels = None
depends_on = None
phase = "expand"


def upgrade() -> None:
    op.create_table(
        "activity",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("xid", sa.BigInteger, nullable=False, server_default=sa.text("pg_current_xact_id()::text::bigint")),
        sa.Column("at", pg.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("actor_name", sa.Text, nullable=False),
        sa.Column("on_behalf_of", sa.Uuid),
        sa.Column("subject_type", sa.Text),
        sa.Column("subject_id", sa.Uuid),
        sa.Column("before", pg.JSONB),
        sa.Column("after", pg.JSONB),
        sa.Column("request_id", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_activity"),
        sa.UniqueConstraint("seq", name="uq_activity_seq"),
    )
    op.create_index("ix_activity_xid", "activity", ["xid", "seq"])
    op.create_index("ix_activity_subject_id", "activity", ["subject_id"])
    op.create_index("ix_activity_action", "activity", ["action"])
    op.create_table(
        "activity_seals",
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("activity_id", sa.Uuid, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_activity_seals"),
        sa.UniqueConstraint("activity_id", name="uq_activity_seals_activity_id"),
    )
    op.execute(
        "CREATE TRIGGER wake_live AFTER INSERT ON activity FOR EACH STATEMENT EXECUTE FUNCTION shared.wake_live()"
    )
    op.execute(f"REVOKE UPDATE, DELETE ON activity, activity_seals FROM {LABEL_ROLE}")


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
