"""The registry of labels, their hosts and the operations on them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "s0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)
NOW = sa.text("now()")
STATES = "'spare', 'provisioning', 'active', 'suspended', 'moving', 'closing', 'closed'"

# Every change bumps the epoch. Writers never set it themselves, so no two states of a label share one.
EPOCH = """
CREATE FUNCTION shared.bump_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.epoch := OLD.epoch + 1;
  RETURN NEW;
END $$;
CREATE TRIGGER bump_epoch BEFORE UPDATE ON shared.tenants FOR EACH ROW
  WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION shared.bump_epoch();
"""

# The trigger is deferred to the commit, where it takes the clock's row: versions are gapless and in order of commit,
# and the row is held no longer than the commit itself takes.
# A migration of the fleet changes every label's revision and tells it by the hundred, through the first function.
CHANGES = """
CREATE FUNCTION shared.note_registry_changes(labels text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  newest bigint;
BEGIN
  UPDATE shared.registry_clock SET version = version + cardinality(labels) RETURNING version INTO newest;
  INSERT INTO shared.registry_changes (version, tenant_id)
    SELECT newest - cardinality(labels) + place, label FROM unnest(labels) WITH ORDINALITY AS given (label, place);
  PERFORM pg_notify('registry', '');
END $$;
REVOKE EXECUTE ON FUNCTION shared.note_registry_changes(text[]) FROM PUBLIC;
CREATE FUNCTION shared.note_registry_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  entry jsonb := to_jsonb(coalesce(NEW, OLD));
BEGIN
  PERFORM shared.note_registry_changes(ARRAY[coalesce(entry ->> 'tenant_id', entry ->> 'id')]);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER note_registry_change AFTER INSERT OR UPDATE OF cell, state, fence_epoch, slug, name,
  quarantine, plan, time_zone, currency, languages, limits ON shared.tenants
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shared.note_registry_change();
CREATE CONSTRAINT TRIGGER note_registry_change AFTER INSERT OR UPDATE OR DELETE ON shared.hosts
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shared.note_registry_change();
"""


def upgrade() -> None:
    op.create_table(
        "tenants",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("cell", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("fence_epoch", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("slug", sa.Text),
        sa.Column("name", sa.Text, nullable=False, server_default=""),
        sa.Column("schema_revision", sa.Text, nullable=False),
        sa.Column("quarantine", sa.Text),
        sa.Column("plan", sa.Text, nullable=False, server_default="standard"),
        sa.Column("time_zone", sa.Text, nullable=False, server_default="UTC"),
        sa.Column("currency", sa.Text, nullable=False, server_default="EUR"),
        sa.Column("languages", pg.ARRAY(sa.Text), nullable=False, server_default=sa.text("'{en}'")),
        sa.Column("limits", pg.JSONB, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("sandbox_of", sa.Text),
        sa.Column("request_key", sa.Text),
        sa.Column("request_hash", sa.Text),
        sa.Column("created_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("opened_at", MOMENT),
        sa.Column("erase_after", MOMENT),
        sa.Column("closed_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_tenants"),
        sa.UniqueConstraint("slug", name="uq_tenants_slug"),
        sa.UniqueConstraint("request_key", name="uq_tenants_request_key"),
        sa.CheckConstraint(f"state in ({STATES})", name=op.f("ck_tenants_state")),
        sa.CheckConstraint("id ~ '^l_[0-9a-hjkmnp-tv-z]{26}$'", name=op.f("ck_tenants_id")),
        schema="shared",
    )
    op.create_index(
        "ix_tenants_spare", "tenants", ["cell", "id"], schema="shared", postgresql_where=sa.text("state = 'spare'")
    )
    _hosts()
    _operations()
    op.execute("CREATE TABLE shared.registry_clock (id int PRIMARY KEY CHECK (id = 1), version bigint NOT NULL)")
    op.execute("INSERT INTO shared.registry_clock VALUES (1, 0)")
    op.execute("CREATE TABLE shared.registry_changes (version bigint PRIMARY KEY, tenant_id text NOT NULL)")
    op.execute(EPOCH)
    op.execute(CHANGES)
    op.execute("GRANT USAGE ON SCHEMA shared TO boptone_platform")
    op.execute("GRANT SELECT, INSERT, UPDATE ON shared.tenants, shared.hosts, shared.operations TO boptone_platform")
    op.execute("GRANT DELETE ON shared.hosts TO boptone_platform")
    op.execute("GRANT SELECT, DELETE ON shared.registry_changes TO boptone_platform")
    op.execute("GRANT SELECT ON shared.registry_clock TO boptone_platform")


def _hosts() -> None:
    op.create_table(
        "hosts",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("surface", sa.Text),
        sa.Column("is_primary", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("proof", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("checked_at", MOMENT),
        sa.Column("proven_at", MOMENT),
        sa.Column("quarantined_until", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_hosts"),
        sa.ForeignKeyConstraint(["tenant_id"], ["shared.tenants.id"], name="fk_hosts_tenant_id"),
        sa.CheckConstraint("state in ('pending', 'live', 'quarantined')", name=op.f("ck_hosts_state")),
        sa.CheckConstraint(
            "surface is null or surface in ('portal', 'artist', 'storefront')", name=op.f("ck_hosts_surface")
        ),
        sa.CheckConstraint("host = lower(host) and length(host) <= 253", name=op.f("ck_hosts_host")),
        schema="shared",
    )
    owned, pending = sa.text("state in ('live', 'quarantined')"), sa.text("state = 'pending'")
    op.create_index("uq_hosts_owned", "hosts", ["host"], unique=True, schema="shared", postgresql_where=owned)
    op.create_index(
        "uq_hosts_claim", "hosts", ["tenant_id", "host"], unique=True, schema="shared", postgresql_where=pending
    )
    op.create_index("ix_hosts_tenant_id", "hosts", ["tenant_id"], schema="shared")


def _operations() -> None:
    op.create_table(
        "operations",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("tenant_id", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="running"),
        sa.Column("request_key", sa.Text, nullable=False),
        sa.Column("args", pg.JSONB, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("error", sa.Text),
        sa.Column("started_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("finished_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_operations"),
        sa.CheckConstraint("state in ('running', 'done', 'failed')", name=op.f("ck_operations_state")),
        schema="shared",
    )
    op.create_index("uq_operations_request", "operations", ["kind", "request_key"], unique=True, schema="shared")
    running = sa.text("state = 'running'")
    op.create_index(
        "uq_operations_running", "operations", ["tenant_id"], unique=True, schema="shared", postgresql_where=running
    )


def downgrade() -> None:
    raise NotImplementedError("shared tables only go forward; restore a backup instead")
