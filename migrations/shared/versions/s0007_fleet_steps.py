"""The two steps around every replay, as functions."""

from __future__ import annotations

from alembic import op

revision = "s0007"
down_revision = "s0006"
branch_labels = None
depends_on = None

# Functions, so that each backend compiles them once for all the labels it brings further.
STEPS = """
CREATE FUNCTION shared.take_step(whose text, step text) RETURNS void LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- The item's row is the lock: whoever cannot have it at once leaves it to whoever has it.
  UPDATE shared.migration_items SET status = 'done', error = NULL, finished_at = clock_timestamp()
    WHERE ctid = (SELECT ctid FROM shared.migration_items
      WHERE label = whose AND revision = step AND status = 'waiting' FOR UPDATE SKIP LOCKED);
  IF NOT FOUND THEN RAISE EXCEPTION 'taken' USING ERRCODE = 'BP001'; END IF;
END $$;
CREATE FUNCTION shared.stamp_step(whose text, step text, its_cell text) RETURNS void LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF its_cell <> 'home' THEN RETURN; END IF;  -- the registry is in another database
  -- A label that is being moved is copied at the revision it had; its next run brings it on.
  UPDATE shared.tenants SET schema_revision = step WHERE id = whose AND cell = its_cell AND state <> 'moving';
  IF NOT FOUND THEN RAISE EXCEPTION 'moving' USING ERRCODE = 'BP001'; END IF;
  -- By itself, because naming this column announces the label to every process, one by one.
  UPDATE shared.tenants SET quarantine = NULL WHERE id = whose AND quarantine IS NOT NULL;
END $$;
REVOKE EXECUTE ON FUNCTION shared.take_step(text, text), shared.stamp_step(text, text, text) FROM PUBLIC;
"""


def upgrade() -> None:
    op.execute(STEPS)


def downgrade() -> None:
    raise NotImplementedError("shared tables only go forward; restore a backup instead")
