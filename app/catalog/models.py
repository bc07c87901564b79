"""Release → track → recording → work: what the label brings out, and what it is made of."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel

MOMENT = TIMESTAMP(timezone=True)
PARTIAL_DATE = "^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"
EMPTY = text("'{}'")


class Changeable:
    """A row that people edit: it counts its versions, so that two editors never overwrite each other."""

    version: Mapped[int] = mapped_column(server_default="1")
    batch_id: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"))

    def change(self, changes: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Take new values on and give back what stood there before."""
        before = {name: getattr(self, name) for name in changes}
        for name, value in changes.items():
            setattr(self, name, value)
        self.version, self.updated_at = self.version + 1, now
        return before


class Release(Changeable, LabelModel):
    """A product with a UPC: what a shop sells and a store lists."""

    __tablename__ = "releases"
    __table_args__ = (
        CheckConstraint("kind IN ('album', 'ep', 'single', 'compilation', 'dj_mix')", name="kind"),
        CheckConstraint("parental IN ('explicit', 'clean', 'none')", name="parental"),
        CheckConstraint("ai_use IN ('none', 'partial', 'full')", name="ai_use"),
        CheckConstraint(f"release_date ~ '{PARTIAL_DATE}'", name="release_date"),
        CheckConstraint(f"original_release_date ~ '{PARTIAL_DATE}'", name="original_release_date"),
        CheckConstraint(f"preorder_date ~ '{PARTIAL_DATE}'", name="preorder_date"),
        CheckConstraint("upc ~ '^[0-9]{12,14}$'", name="upc"),
        Index("uq_releases_upc", text("lpad(upc, 14, '0')"), unique=True),
        Index("ix_releases_folded", "folded", postgresql_using="gin", postgresql_ops={"folded": "ext.gin_trgm_ops"}),
        Index("ix_releases_release_date", text("release_date DESC NULLS LAST"), "id"),
        Index("ix_releases_catalog_number", "imprint_id", "catalog_number"),
        Index("ix_releases_address", text('"right"((id)::text, 8)')),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    version_title: Mapped[str | None] = mapped_column(Text)
    edition: Mapped[str | None] = mapped_column(Text)
    titles: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=EMPTY)
    artist_line: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    imprint_id: Mapped[UUID] = mapped_column(ForeignKey("imprints.id"))
    catalog_number: Mapped[str | None] = mapped_column(Text)
    upc: Mapped[str | None] = mapped_column(Text)
    grid: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    genre: Mapped[str | None] = mapped_column(Text)
    subgenre: Mapped[str | None] = mapped_column(Text)
    styles: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=EMPTY)
    parental: Mapped[str] = mapped_column(Text, server_default="none")
    ai_use: Mapped[str] = mapped_column(Text, server_default="none")
    p_year: Mapped[int | None] = mapped_column(SmallInteger)
    p_owner: Mapped[str | None] = mapped_column(Text)
    c_year: Mapped[int | None] = mapped_column(SmallInteger)
    c_owner: Mapped[str | None] = mapped_column(Text)
    original_release_date: Mapped[str | None] = mapped_column(Text)
    release_date: Mapped[str | None] = mapped_column(Text)
    preorder_date: Mapped[str | None] = mapped_column(Text)
    territories: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{Worldwide}'"))
    excluded_territories: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=EMPTY)
    format: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(Text)
    artwork_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"), index=True)
    artwork: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    checked_at: Mapped[datetime | None] = mapped_column(MOMENT)
    """When rules last looked at it; empty while it has changed since."""

    open_findings: Mapped[int] = mapped_column(Integer, server_default="0")
    """How many things, remarks left out, rules then found wrong: what lists of a thousand add up."""


class ReleaseArtist(LabelModel):
    """Who a release is by, in the order that the cover names them."""

    __tablename__ = "release_artists"
    __table_args__ = (CheckConstraint("role IN ('main', 'featured', 'remixer')", name="role"),)

    release_id: Mapped[UUID] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    artist_id: Mapped[UUID] = mapped_column(ForeignKey("artists.id"), index=True)
    role: Mapped[str] = mapped_column(Text)
    credited_as: Mapped[str] = mapped_column(Text)


class Work(Changeable, LabelModel):
    """A composition, which many recordings may play."""

    __tablename__ = "works"
    __table_args__ = (Index("uq_works_iswc", "iswc", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    iswc: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)


class WorkWriter(LabelModel):
    """Who wrote a work and which part of it is theirs, in parts per million where it is known."""

    __tablename__ = "work_writers"
    __table_args__ = (CheckConstraint("share_ppm BETWEEN 0 AND 1000000", name="share_ppm"),)

    work_id: Mapped[UUID] = mapped_column(ForeignKey("works.id", ondelete="CASCADE"), primary_key=True)
    contributor_id: Mapped[UUID] = mapped_column(ForeignKey("contributors.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(Text, primary_key=True)
    share_ppm: Mapped[int | None] = mapped_column(Integer)


class Recording(Changeable, LabelModel):
    """A sound with an ISRC; it may stand on many releases."""

    __tablename__ = "recordings"
    __table_args__ = (
        CheckConstraint("parental IN ('explicit', 'clean', 'none')", name="parental"),
        CheckConstraint("ai_use IN ('none', 'partial', 'full')", name="ai_use"),
        CheckConstraint("isrc ~ '^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$'", name="isrc"),
        CheckConstraint("duration_ms > 0", name="duration_ms"),
        Index("uq_recordings_isrc", "isrc", unique=True),
        Index("ix_recordings_folded", "folded", postgresql_using="gin", postgresql_ops={"folded": "ext.gin_trgm_ops"}),
        Index("ix_recordings_audio_md5", "audio_md5"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    isrc: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    version_title: Mapped[str | None] = mapped_column(Text)
    titles: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=EMPTY)
    artist_line: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text)
    duration_ms: Mapped[int | None] = mapped_column(Integer)
    language: Mapped[str | None] = mapped_column(Text)
    lyrics_language: Mapped[str | None] = mapped_column(Text)
    lyrics: Mapped[str | None] = mapped_column(Text)
    is_instrumental: Mapped[bool] = mapped_column(server_default=text("false"))
    parental: Mapped[str] = mapped_column(Text, server_default="none")
    ai_use: Mapped[str] = mapped_column(Text, server_default="none")
    genre: Mapped[str | None] = mapped_column(Text)
    p_year: Mapped[int | None] = mapped_column(SmallInteger)
    p_owner: Mapped[str | None] = mapped_column(Text)
    audio_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"), index=True)
    preview_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"), index=True)
    audio: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    audio_md5: Mapped[str | None] = mapped_column(Text)


class RecordingArtist(LabelModel):
    """Who a recording is by."""

    __tablename__ = "recording_artists"
    __table_args__ = (CheckConstraint("role IN ('main', 'featured', 'remixer')", name="role"),)

    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    artist_id: Mapped[UUID] = mapped_column(ForeignKey("artists.id"), index=True)
    role: Mapped[str] = mapped_column(Text)
    credited_as: Mapped[str] = mapped_column(Text)


class Credit(LabelModel):
    """Who did what on a recording; the role is DDEX's name where it has one."""

    __tablename__ = "credits"

    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    contributor_id: Mapped[UUID] = mapped_column(ForeignKey("contributors.id"), index=True)
    role: Mapped[str] = mapped_column(Text)


class RecordingWork(LabelModel):
    """Which works a recording plays."""

    __tablename__ = "recording_works"

    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True)
    work_id: Mapped[UUID] = mapped_column(ForeignKey("works.id"), primary_key=True, index=True)


class Track(Changeable, LabelModel):
    """A place on a release, at which a recording stands."""

    __tablename__ = "tracks"
    __table_args__ = (
        CheckConstraint("disc >= 1 AND number >= 1", name="place"),
        UniqueConstraint("release_id", "disc", "number", name="uq_tracks_place", deferrable=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    release_id: Mapped[UUID] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"))
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"), index=True)
    disc: Mapped[int] = mapped_column(SmallInteger)
    number: Mapped[int] = mapped_column(SmallInteger)
    position: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(Text)
    is_preorder_only: Mapped[bool] = mapped_column(server_default=text("false"))
    is_instant_grat: Mapped[bool] = mapped_column(server_default=text("false"))


class Finding(LabelModel):
    """What a rule has to say about a release as it stands."""

    __tablename__ = "findings"
    __table_args__ = (
        CheckConstraint("severity IN ('block', 'warn', 'info')", name="severity"),
        Index("ix_findings_release_id", "release_id", "severity"),
        Index("ix_findings_track_id", "track_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    release_id: Mapped[UUID] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"))
    track_id: Mapped[UUID | None] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"))
    rule: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(Text)
    field: Mapped[str] = mapped_column(Text)
    value: Mapped[str | None] = mapped_column(Text)
    suggestion: Mapped[str | None] = mapped_column(Text)
    is_safe: Mapped[bool] = mapped_column(server_default=text("false"))


class IsrcCounter(LabelModel):
    """The last designation of a prefix and year; taken under its row's lock, so numbers have neither gaps nor twins."""

    __tablename__ = "isrc_counters"

    prefix: Mapped[str] = mapped_column(Text, primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(Integer)


class UpcCounter(LabelModel):
    """The last item reference of a company prefix."""

    __tablename__ = "upc_counters"

    prefix: Mapped[str] = mapped_column(Text, primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)


class IssuedCode(LabelModel):
    """An identifier that was issued or taken in; never given to anything else, whatever becomes of its holder."""

    __tablename__ = "issued_codes"
    __table_args__ = (CheckConstraint("kind IN ('isrc', 'upc')", name="kind"),)

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(index=True)
    issued_at: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"))
