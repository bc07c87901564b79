"""Bulk uploads: batches, their releases, files and findings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0009"
down_revision = "l0008"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:

    op.create_table(
        "header_mappings",
        sa.Column("sender", sa.Uuid(), nullable=False),
        sa.Column("header", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("sender", "header", name="pk_header_mappings"),
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("manifest_id", sa.Uuid(), nullable=True),
        sa.Column("mapping", pg.JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("options", pg.JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("counts", pg.JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("plan_hash", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("applied_at", MOMENT, nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "stage IN ('receiving', 'mapping', 'measuring', 'checking', 'ready', 'applying', 'done', 'undoing', "
            "'undone', 'stopped')",
            name="ck_batches_stage",
        ),
        sa.ForeignKeyConstraint(["manifest_id"], ["files.id"], name="fk_batches_manifest_id"),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
    )
    op.create_index(
        "ix_batches_created_at",
        "batches",
        [sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index("ix_batches_manifest_id", "batches", ["manifest_id"], unique=False)
    op.create_table(
        "batch_corrections",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_batch_corrections_batch_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("batch_id", "row", "field", name="pk_batch_corrections"),
    )
    op.create_table(
        "batch_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("preview_id", sa.Uuid(), nullable=True),
        sa.Column("facts", pg.JSONB, nullable=True),
        sa.Column("md5", sa.Text(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("item", sa.Integer(), nullable=True),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("match", sa.Text(), nullable=True),
        sa.Column("is_doubtful", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('audio', 'artwork', 'archive', 'other')", name="ck_batch_files_kind"),
        sa.CheckConstraint("state IN ('receiving', 'received', 'measured', 'refused')", name="ck_batch_files_state"),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_batch_files_batch_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_batch_files_file_id"),
        sa.ForeignKeyConstraint(["preview_id"], ["files.id"], name="fk_batch_files_preview_id"),
        sa.PrimaryKeyConstraint("id", name="pk_batch_files"),
    )
    op.create_index("ix_batch_files_file_id", "batch_files", ["file_id"], unique=False)
    op.create_index("ix_batch_files_md5", "batch_files", ["batch_id", "md5"], unique=False)
    op.create_index("ix_batch_files_preview_id", "batch_files", ["preview_id"], unique=False)
    op.create_index("ix_batch_files_state", "batch_files", ["batch_id", "state"], unique=False)
    op.create_index("uq_batch_files_path", "batch_files", ["batch_id", "path"], unique=True)
    op.create_table(
        "batch_parts",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.CheckConstraint("size > 0", name="ck_batch_parts_size"),
        sa.ForeignKeyConstraint(["file_id"], ["batch_files.id"], name="fk_batch_parts_file_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("file_id", "start", name="pk_batch_parts"),
    )
    op.create_table(
        "batch_findings",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item", sa.Integer(), nullable=True),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("suggestion", sa.Text(), nullable=True),
        sa.Column("is_safe", sa.Boolean(), nullable=False),
        sa.Column("refuses", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_batch_findings_batch_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("batch_id", "number", name="pk_batch_findings"),
    )
    op.create_index("ix_batch_findings_item", "batch_findings", ["batch_id", "item", "row"], unique=False)
    op.create_table(
        "batch_items",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("artist_line", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("tracks", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("warnings", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=True),
        sa.Column("changes", pg.JSONB, nullable=True),
        sa.CheckConstraint("verdict IN ('create', 'change', 'leave', 'refuse')", name="ck_batch_items_verdict"),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_batch_items_batch_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("batch_id", "number", name="pk_batch_items"),
    )
    op.create_index("ix_batch_items_release_id", "batch_items", ["release_id"], unique=False)
    op.create_index("ix_batch_items_verdict", "batch_items", ["batch_id", "verdict", "number"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
