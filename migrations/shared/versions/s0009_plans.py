"""Feature flags per label, what labels use by the day, what the operator tells them, and what operators do."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "s0009"
down_revision = "s0008"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)
NOW = sa.text("now()")

# Processes must hear of a flag at once, as of everything else that a label's entry says.
HEAR = """
DROP TRIGGER note_registry_change ON shared.tenants;
CREATE CONSTRAINT TRIGGER note_registry_change AFTER INSERT OR UPDATE OF cell, state, fence_epoch, slug, name,
  quarantine, plan, time_zone, currency, languages, limits, flags ON shared.tenants
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shared.note_registry_change();
"""


def upgrade() -> None:
    op.add_column(
        "tenants", sa.Column("flags", pg.ARRAY(sa.Text), nullable=False, server_default="{}"), schema="shared"
    )
    op.execute(HEAR)
    op.create_table(
        "usage",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("measure", sa.Text, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "day", "measure", name="pk_usage"),
        sa.ForeignKeyConstraint(["tenant_id"], ["shared.tenants.id"], name="fk_usage_tenant_id"),
        schema="shared",
    )
    op.create_table(
        "incidents",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("cell", sa.Text),
        sa.Column("begun_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sa.CheckConstraint("level in ('info', 'warning', 'danger')", name=op.f("ck_incidents_level")),
        schema="shared",
    )
    op.create_table(
        "operator_activity",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("operator_id", sa.Uuid),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("tenant_id", sa.Text),
        sa.Column("facts", pg.JSONB, nullable=False, server_default=sa.text("'{}'")),
        sa.PrimaryKeyConstraint("id", name="pk_operator_activity"),
        schema="shared",
    )
    op.create_index("ix_operator_activity_at", "operator_activity", [sa.text("at DESC")], schema="shared")
    op.execute("GRANT SELECT, INSERT, UPDATE ON shared.usage, shared.incidents TO boptone_platform")
    op.execute("GRANT SELECT, INSERT ON shared.operator_activity TO boptone_platform")


def downgrade() -> None:
    raise NotImplementedError("shared tables only go forward; restore a backup instead")
