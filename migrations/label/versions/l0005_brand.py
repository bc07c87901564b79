"""The label's looks: versions of its theme, and the logos and fonts they name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from migrations.label import LABEL_ROLE

revision = "l0005"
down_revision = "l0004"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)

# What was published is what people saw: only its state may still change. A grant cannot tell a draft from the rest.
KEEP = """
CREATE OR REPLACE FUNCTION keep_published_theme() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'draft' AND (
    TG_OP = 'DELETE' OR NEW.state = 'draft'
    OR to_jsonb(NEW) - ARRAY['state'] IS DISTINCT FROM to_jsonb(OLD) - ARRAY['state']
  ) THEN
    RAISE EXCEPTION 'a published theme is not changed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "theme_versions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("parent", sa.Integer),
        sa.Column("preset", sa.Text, nullable=False, server_default=""),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("inputs", pg.JSONB, nullable=False),
        sa.Column("css", sa.Text, nullable=False),
        sa.Column("flat", pg.JSONB, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("author_id", sa.Uuid),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("published_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_theme_versions"),
        sa.UniqueConstraint("number", name="uq_theme_versions_number"),
        sa.CheckConstraint("state in ('draft', 'live', 'retired')", name=op.f("ck_theme_versions_state")),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_theme_versions_sha256")),
        sa.CheckConstraint("(state = 'draft') = (published_at IS NULL)", name=op.f("ck_theme_versions_published")),
    )
    op.create_index("ix_theme_versions_sha256", "theme_versions", ["sha256"])
    op.execute("CREATE UNIQUE INDEX uq_theme_versions_live ON theme_versions (state) WHERE state = 'live'")
    op.execute(KEEP)
    op.execute(
        "CREATE TRIGGER keep_published BEFORE UPDATE OR DELETE ON theme_versions "
        "FOR EACH ROW EXECUTE FUNCTION keep_published_theme()"
    )
    op.create_table(
        "brand_assets",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("file_id", sa.Uuid, nullable=False),
        sa.Column("facts", pg.JSONB, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("created_by", sa.Uuid),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_brand_assets"),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_brand_assets_file_id"),
        sa.UniqueConstraint("key", name="uq_brand_assets_key"),
        sa.CheckConstraint(
            "kind in ('wordmark', 'mark', 'on_dark', 'mono', 'font', 'card')", name=op.f("ck_brand_assets_kind")
        ),
    )
    op.create_index("ix_brand_assets_file_id", "brand_assets", ["file_id"])
    op.execute(f"REVOKE UPDATE ON brand_assets FROM {LABEL_ROLE}")


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
