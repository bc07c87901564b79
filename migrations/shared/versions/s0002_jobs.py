"""The outbox that drives all background work, and the schedules that fill it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "s0002"
down_revision = "s0001"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)
NOW = sa.text("now()")

# A label's role is its label's id: the policy needs no setting that somebody could forge.
WALL = """
ALTER TABLE shared.outbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY label ON shared.outbox TO PUBLIC USING (label = current_user::text)
  WITH CHECK (label = current_user::text);
CREATE POLICY platform ON shared.outbox TO boptone_platform USING (true) WITH CHECK (true);
GRANT USAGE ON SCHEMA shared TO PUBLIC;
GRANT SELECT, INSERT ON shared.outbox TO PUBLIC;
GRANT UPDATE (done_at) ON shared.outbox TO PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON shared.outbox, shared.schedules TO boptone_platform;
"""

WAKE = """
CREATE FUNCTION shared.wake_relay() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_notify('outbox', '');
  RETURN NULL;
END $$;
CREATE TRIGGER wake_relay AFTER INSERT ON shared.outbox FOR EACH STATEMENT EXECUTE FUNCTION shared.wake_relay();
"""


# The note says only which label's stream to wake; PostgreSQL folds equal notes of one transaction into one.
WAKE_LIVE = """
CREATE FUNCTION shared.wake_live() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_notify('activity', TG_TABLE_SCHEMA);
  RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("label", sa.Text, nullable=False, server_default=""),
        sa.Column("epoch", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("task", sa.Text, nullable=False),
        sa.Column("args", pg.JSONB, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("trace", sa.Text),
        sa.Column("asked_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("run_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("lease_until", MOMENT),
        sa.Column("sends", sa.Integer, nullable=False, server_default="0"),
        sa.Column("claimed", sa.Integer, nullable=False, server_default="0"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("max_attempts", sa.Integer, nullable=False, server_default="3"),
        sa.Column("done_at", MOMENT),
        sa.Column("parked_at", MOMENT),
        sa.Column("problem", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.CheckConstraint("pg_column_size(args) <= 65536", name=op.f("ck_outbox_args")),
        schema="shared",
    )
    waiting = sa.text("done_at IS NULL AND parked_at IS NULL")
    op.create_index("ix_outbox_waiting", "outbox", ["label", "run_at"], schema="shared", postgresql_where=waiting)
    leased = sa.text("done_at IS NULL AND parked_at IS NULL AND lease_until IS NOT NULL")
    op.create_index("ix_outbox_leased", "outbox", ["label", "lease_until"], schema="shared", postgresql_where=leased)
    op.create_index(
        "uq_outbox_key",
        "outbox",
        ["label", "task", "key"],
        unique=True,
        schema="shared",
        postgresql_where=sa.text("key IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_done_at", "outbox", ["done_at"], schema="shared", postgresql_where=sa.text("done_at IS NOT NULL")
    )
    op.create_index(
        "ix_outbox_parked_at",
        "outbox",
        ["parked_at"],
        schema="shared",
        postgresql_where=sa.text("parked_at IS NOT NULL"),
    )
    op.create_table(
        "schedules",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False, server_default=""),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", "label", name="pk_schedules"),
        schema="shared",
    )
    op.create_index("ix_schedules_next_at", "schedules", ["next_at"], schema="shared")
    op.execute(WALL)
    op.execute(WAKE)
    op.execute(WAKE_LIVE)


def downgrade() -> None:
    raise NotImplementedError("shared tables only go forward; restore a backup instead")
