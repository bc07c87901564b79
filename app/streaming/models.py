"""Renditions of recordings for players, and packages for those who keep what they bought."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel

MOMENT = TIMESTAMP(timezone=True)
CURRENT = text("retired_at IS NULL")


class Retiring:
    """What is made from something that may change: the one in use has no `retired_at`.

    One of an older master is kept for a while, for somebody may be in the middle of it.
    """

    problem: Mapped[str | None] = mapped_column(Text)
    made_at: Mapped[datetime | None] = mapped_column(MOMENT)
    retired_at: Mapped[datetime | None] = mapped_column(MOMENT)

    def retire(self, at: datetime) -> None:
        """Stand back for a newer one."""
        self.retired_at = self.retired_at or at


class Rendition(Retiring, LabelModel):
    """One encoding of a recording, or of an excerpt of it, in one file: its init section, then its segments in order.

    Segments follow one another without a gap and last `segment_frames` each, the last one what is left of `frames`, so
    `lengths` in bytes is the whole index. One that could not be made says why, and is not tried again of this source.
    """

    __tablename__ = "renditions"
    __table_args__ = (
        CheckConstraint("kind IN ('full', 'preview')", name="kind"),
        CheckConstraint("codec IN ('aac', 'flac')", name="codec"),
        CheckConstraint("state IN ('made', 'failed')", name="state"),
        CheckConstraint("(state = 'made') = (file_id IS NOT NULL)", name="file"),
        Index(
            "uq_renditions_current", "recording_id", "kind", "codec", "bitrate", unique=True, postgresql_where=CURRENT
        ),
        Index("ix_renditions_retired_at", "retired_at", postgresql_where=text("retired_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    codec: Mapped[str] = mapped_column(Text)
    bitrate: Mapped[int] = mapped_column(Integer)
    """Kilobits a second that were asked for; 0 where nothing is lost."""

    source: Mapped[str] = mapped_column(Text)
    """What it was made from: the SHA-256 of the master, and of an excerpt what was chosen of it."""

    state: Mapped[str] = mapped_column(Text)
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"), index=True)
    rate: Mapped[int] = mapped_column(Integer, server_default="0")
    channels: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    bits: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    frames: Mapped[int] = mapped_column(BigInteger, server_default="0")
    segment_frames: Mapped[int] = mapped_column(Integer, server_default="0")
    init_length: Mapped[int] = mapped_column(Integer, server_default="0")
    lengths: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{}'"))

    @property
    def name(self) -> str:
        """What players call it: `aac-128`, `flac`."""
        return f"{self.codec}-{self.bitrate}" if self.bitrate else self.codec


class PreviewChoice(LabelModel):
    """Which part of a recording is heard by whoever has not bought it, where somebody chose."""

    __tablename__ = "preview_choices"
    __table_args__ = (
        CheckConstraint("start_ms >= 0", name="start_ms"),
        CheckConstraint("length_ms BETWEEN 30000 AND 90000", name="length_ms"),
    )

    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True)
    start_ms: Mapped[int] = mapped_column(Integer)
    length_ms: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    changed_by: Mapped[UUID | None] = mapped_column()
    changed_at: Mapped[datetime] = mapped_column(MOMENT)


class Package(Retiring, LabelModel):
    """A release or a recording as a fan keeps it: one file of sound, or an archive of them with the cover."""

    __tablename__ = "packages"
    __table_args__ = (
        CheckConstraint("num_nonnulls(release_id, recording_id) = 1", name="subject"),
        CheckConstraint("format IN ('mp3_320', 'aac_256', 'flac', 'wav_24')", name="format"),
        CheckConstraint("state IN ('asked', 'made', 'failed')", name="state"),
        CheckConstraint("(state = 'made') = (file_id IS NOT NULL)", name="file"),
        Index("uq_packages_release", "release_id", "format", unique=True, postgresql_where=CURRENT),
        Index("uq_packages_recording", "recording_id", "format", unique=True, postgresql_where=CURRENT),
        Index("ix_packages_retired_at", "retired_at", postgresql_where=text("retired_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    release_id: Mapped[UUID | None] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"), index=True)
    recording_id: Mapped[UUID | None] = mapped_column(ForeignKey("recordings.id", ondelete="CASCADE"), index=True)
    format: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(Text)
    """Of everything that goes into it: masters, what they are called, the cover."""

    state: Mapped[str] = mapped_column(Text)
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"), index=True)
    size: Mapped[int | None] = mapped_column(BigInteger)
    asked_at: Mapped[datetime] = mapped_column(MOMENT)

    @property
    def is_made(self) -> bool:
        """Whether it can be fetched."""
        return self.state == "made"
