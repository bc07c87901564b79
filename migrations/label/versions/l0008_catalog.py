"""Releases, tracks, recordings, works, and the identifiers they were given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from migrations.label import LABEL_ROLE

revision = "l0008"
down_revision = "l0007"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:

    op.create_table(
        "isrc_counters",
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", "year", name="pk_isrc_counters"),
    )
    op.create_table(
        "issued_codes",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('isrc', 'upc')", name="ck_issued_codes_kind"),
        sa.PrimaryKeyConstraint("kind", "code", name="pk_issued_codes"),
    )
    op.create_index("ix_issued_codes_subject_id", "issued_codes", ["subject_id"], unique=False)
    op.create_table(
        "upc_counters",
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", name="pk_upc_counters"),
    )
    op.create_table(
        "works",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("iswc", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_works"),
    )
    op.create_index("uq_works_iswc", "works", ["iswc"], unique=True)
    op.create_table(
        "recordings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("isrc", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("version_title", sa.Text(), nullable=True),
        sa.Column("titles", pg.JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("artist_line", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("lyrics_language", sa.Text(), nullable=True),
        sa.Column("lyrics", sa.Text(), nullable=True),
        sa.Column("is_instrumental", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("parental", sa.Text(), server_default="none", nullable=False),
        sa.Column("ai_use", sa.Text(), server_default="none", nullable=False),
        sa.Column("genre", sa.Text(), nullable=True),
        sa.Column("p_year", sa.SmallInteger(), nullable=True),
        sa.Column("p_owner", sa.Text(), nullable=True),
        sa.Column("audio_id", sa.Uuid(), nullable=True),
        sa.Column("preview_id", sa.Uuid(), nullable=True),
        sa.Column("audio", pg.JSONB, nullable=True),
        sa.Column("audio_md5", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("ai_use IN ('none', 'partial', 'full')", name="ck_recordings_ai_use"),
        sa.CheckConstraint("isrc ~ '^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$'", name="ck_recordings_isrc"),
        sa.CheckConstraint("parental IN ('explicit', 'clean', 'none')", name="ck_recordings_parental"),
        sa.CheckConstraint("duration_ms > 0", name="ck_recordings_duration_ms"),
        sa.ForeignKeyConstraint(["audio_id"], ["files.id"], name="fk_recordings_audio_id"),
        sa.ForeignKeyConstraint(["preview_id"], ["files.id"], name="fk_recordings_preview_id"),
        sa.PrimaryKeyConstraint("id", name="pk_recordings"),
    )
    op.create_index("ix_recordings_audio_id", "recordings", ["audio_id"], unique=False)
    op.create_index("ix_recordings_audio_md5", "recordings", ["audio_md5"], unique=False)
    op.create_index("ix_recordings_preview_id", "recordings", ["preview_id"], unique=False)
    op.create_index(
        "ix_recordings_folded",
        "recordings",
        ["folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"folded": "ext.gin_trgm_ops"},
    )
    op.create_index("uq_recordings_isrc", "recordings", ["isrc"], unique=True)
    op.create_table(
        "releases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("version_title", sa.Text(), nullable=True),
        sa.Column("edition", sa.Text(), nullable=True),
        sa.Column("titles", pg.JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("artist_line", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("imprint_id", sa.Uuid(), nullable=False),
        sa.Column("catalog_number", sa.Text(), nullable=True),
        sa.Column("upc", sa.Text(), nullable=True),
        sa.Column("grid", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("genre", sa.Text(), nullable=True),
        sa.Column("subgenre", sa.Text(), nullable=True),
        sa.Column("styles", pg.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("parental", sa.Text(), server_default="none", nullable=False),
        sa.Column("ai_use", sa.Text(), server_default="none", nullable=False),
        sa.Column("p_year", sa.SmallInteger(), nullable=True),
        sa.Column("p_owner", sa.Text(), nullable=True),
        sa.Column("c_year", sa.SmallInteger(), nullable=True),
        sa.Column("c_owner", sa.Text(), nullable=True),
        sa.Column("original_release_date", sa.Text(), nullable=True),
        sa.Column("release_date", sa.Text(), nullable=True),
        sa.Column("preorder_date", sa.Text(), nullable=True),
        sa.Column("territories", pg.ARRAY(sa.Text()), server_default=sa.text("'{Worldwide}'"), nullable=False),
        sa.Column("excluded_territories", pg.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("artwork_id", sa.Uuid(), nullable=True),
        sa.Column("artwork", pg.JSONB, nullable=True),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("ai_use IN ('none', 'partial', 'full')", name="ck_releases_ai_use"),
        sa.CheckConstraint("kind IN ('album', 'ep', 'single', 'compilation', 'dj_mix')", name="ck_releases_kind"),
        sa.CheckConstraint(
            "original_release_date ~ '^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$'",
            name="ck_releases_original_release_date",
        ),
        sa.CheckConstraint("parental IN ('explicit', 'clean', 'none')", name="ck_releases_parental"),
        sa.CheckConstraint(
            "preorder_date ~ '^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$'",
            name="ck_releases_preorder_date",
        ),
        sa.CheckConstraint(
            "release_date ~ '^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$'",
            name="ck_releases_release_date",
        ),
        sa.CheckConstraint("upc ~ '^[0-9]{12,14}$'", name="ck_releases_upc"),
        sa.ForeignKeyConstraint(["artwork_id"], ["files.id"], name="fk_releases_artwork_id"),
        sa.ForeignKeyConstraint(["imprint_id"], ["imprints.id"], name="fk_releases_imprint_id"),
        sa.PrimaryKeyConstraint("id", name="pk_releases"),
    )
    op.create_index("ix_releases_artwork_id", "releases", ["artwork_id"], unique=False)
    op.create_index("ix_releases_catalog_number", "releases", ["imprint_id", "catalog_number"], unique=False)
    op.create_index(
        "ix_releases_folded",
        "releases",
        ["folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"folded": "ext.gin_trgm_ops"},
    )
    op.create_index(
        "ix_releases_release_date", "releases", [sa.literal_column("release_date DESC NULLS LAST"), "id"], unique=False
    )
    op.create_index("uq_releases_upc", "releases", [sa.literal_column("lpad(upc, 14, '0')")], unique=True)
    op.create_table(
        "recording_artists",
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("credited_as", sa.Text(), nullable=False),
        sa.CheckConstraint("role IN ('main', 'featured', 'remixer')", name="ck_recording_artists_role"),
        sa.ForeignKeyConstraint(["artist_id"], ["artists.id"], name="fk_recording_artists_artist_id"),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name="fk_recording_artists_recording_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("recording_id", "position", name="pk_recording_artists"),
    )
    op.create_index("ix_recording_artists_artist_id", "recording_artists", ["artist_id"], unique=False)
    op.create_table(
        "recording_works",
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("work_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name="fk_recording_works_recording_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["work_id"], ["works.id"], name="fk_recording_works_work_id"),
        sa.PrimaryKeyConstraint("recording_id", "work_id", name="pk_recording_works"),
    )
    op.create_index("ix_recording_works_work_id", "recording_works", ["work_id"], unique=False)
    op.create_table(
        "release_artists",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("credited_as", sa.Text(), nullable=False),
        sa.CheckConstraint("role IN ('main', 'featured', 'remixer')", name="ck_release_artists_role"),
        sa.ForeignKeyConstraint(["artist_id"], ["artists.id"], name="fk_release_artists_artist_id"),
        sa.ForeignKeyConstraint(
            ["release_id"], ["releases.id"], name="fk_release_artists_release_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("release_id", "position", name="pk_release_artists"),
    )
    op.create_index("ix_release_artists_artist_id", "release_artists", ["artist_id"], unique=False)
    op.create_table(
        "tracks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("disc", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("position", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("is_preorder_only", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_instant_grat", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("disc >= 1 AND number >= 1", name="ck_tracks_place"),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name="fk_tracks_recording_id"),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_tracks_release_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_tracks"),
        sa.UniqueConstraint("release_id", "disc", "number", deferrable=True, name="uq_tracks_place"),
    )
    op.create_index("ix_tracks_recording_id", "tracks", ["recording_id"], unique=False)
    op.create_table(
        "credits",
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("contributor_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["contributor_id"], ["contributors.id"], name="fk_credits_contributor_id"),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name="fk_credits_recording_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("recording_id", "position", name="pk_credits"),
    )
    op.create_index("ix_credits_contributor_id", "credits", ["contributor_id"], unique=False)
    op.create_table(
        "findings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("track_id", sa.Uuid(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("suggestion", sa.Text(), nullable=True),
        sa.Column("is_safe", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("severity IN ('block', 'warn', 'info')", name="ck_findings_severity"),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_findings_release_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], name="fk_findings_track_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_findings"),
    )
    op.create_index("ix_findings_release_id", "findings", ["release_id", "severity"], unique=False)
    op.create_index("ix_findings_track_id", "findings", ["track_id"], unique=False)
    op.create_table(
        "work_writers",
        sa.Column("work_id", sa.Uuid(), nullable=False),
        sa.Column("contributor_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("share_ppm", sa.Integer(), nullable=True),
        sa.CheckConstraint("share_ppm BETWEEN 0 AND 1000000", name="ck_work_writers_share_ppm"),
        sa.ForeignKeyConstraint(["contributor_id"], ["contributors.id"], name="fk_work_writers_contributor_id"),
        sa.ForeignKeyConstraint(["work_id"], ["works.id"], name="fk_work_writers_work_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("work_id", "contributor_id", "role", name="pk_work_writers"),
    )
    op.create_index("ix_work_writers_contributor_id", "work_writers", ["contributor_id"], unique=False)

    op.execute(f"REVOKE UPDATE, DELETE ON issued_codes FROM {LABEL_ROLE}")


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
