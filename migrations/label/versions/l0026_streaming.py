"""Streaming: renditions of recordings, chosen previews, and packages that fans keep."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0026"
down_revision = "l0025"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)
CURRENT = sa.text("retired_at IS NULL")
RETIRED = sa.text("retired_at IS NOT NULL")


def upgrade() -> None:
    _renditions()
    _choices()
    _packages()


def _renditions() -> None:
    op.create_table(
        "renditions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("codec", sa.Text(), nullable=False),
        sa.Column("bitrate", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("rate", sa.Integer(), server_default="0", nullable=False),
        sa.Column("channels", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("bits", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("frames", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("segment_frames", sa.Integer(), server_default="0", nullable=False),
        sa.Column("init_length", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lengths", pg.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False),
        *_retiring(),
        sa.CheckConstraint("kind IN ('full', 'preview')", name="ck_renditions_kind"),
        sa.CheckConstraint("codec IN ('aac', 'flac')", name="ck_renditions_codec"),
        sa.CheckConstraint("state IN ('made', 'failed')", name="ck_renditions_state"),
        sa.CheckConstraint("(state = 'made') = (file_id IS NOT NULL)", name="ck_renditions_file"),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name="fk_renditions_recording_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_renditions_file_id"),
        sa.PrimaryKeyConstraint("id", name="pk_renditions"),
    )
    of = ["recording_id", "kind", "codec", "bitrate"]
    op.create_index("uq_renditions_current", "renditions", of, unique=True, postgresql_where=CURRENT)
    op.create_index("ix_renditions_recording_id", "renditions", ["recording_id"], unique=False)
    op.create_index("ix_renditions_file_id", "renditions", ["file_id"], unique=False)
    op.create_index("ix_renditions_retired_at", "renditions", ["retired_at"], unique=False, postgresql_where=RETIRED)


def _choices() -> None:
    op.create_table(
        "preview_choices",
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("start_ms", sa.Integer(), nullable=False),
        sa.Column("length_ms", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint("start_ms >= 0", name="ck_preview_choices_start_ms"),
        sa.CheckConstraint("length_ms BETWEEN 30000 AND 90000", name="ck_preview_choices_length_ms"),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name="fk_preview_choices_recording_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("recording_id", name="pk_preview_choices"),
    )


def _packages() -> None:
    op.create_table(
        "packages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=True),
        sa.Column("recording_id", sa.Uuid(), nullable=True),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        *_retiring(),
        sa.CheckConstraint("num_nonnulls(release_id, recording_id) = 1", name="ck_packages_subject"),
        sa.CheckConstraint("format IN ('mp3_320', 'aac_256', 'flac', 'wav_24')", name="ck_packages_format"),
        sa.CheckConstraint("state IN ('asked', 'made', 'failed')", name="ck_packages_state"),
        sa.CheckConstraint("(state = 'made') = (file_id IS NOT NULL)", name="ck_packages_file"),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_packages_release_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name="fk_packages_recording_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_packages_file_id"),
        sa.PrimaryKeyConstraint("id", name="pk_packages"),
    )
    for of in ("release", "recording"):
        columns = [f"{of}_id", "format"]
        op.create_index(f"uq_packages_{of}", "packages", columns, unique=True, postgresql_where=CURRENT)
        op.create_index(f"ix_packages_{of}_id", "packages", [f"{of}_id"], unique=False)
    op.create_index("ix_packages_file_id", "packages", ["file_id"], unique=False)
    op.create_index("ix_packages_retired_at", "packages", ["retired_at"], unique=False, postgresql_where=RETIRED)


def _retiring() -> list[sa.Column[object]]:
    return [
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("made_at", MOMENT, nullable=True),
        sa.Column("retired_at", MOMENT, nullable=True),
    ]


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
