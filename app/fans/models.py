"""Fans of one label; the same mail address at another label is another fan."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel

MOMENT = TIMESTAMP(timezone=True)
SESSION_LIFE: Final = timedelta(days=180)


class Fan(LabelModel):
    """A buyer or listener who is known by a mail address; `confirmed_at` says that the address is theirs.

    An erased fan keeps the row, so that orders still have somebody, and nothing that tells who it was.
    """

    __tablename__ = "fans"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email"),
        CheckConstraint("(erased_at IS NULL) = (email IS NOT NULL)", name="erased"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text, server_default="")
    password_hash: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    confirmed_at: Mapped[datetime | None] = mapped_column(MOMENT)
    disabled_at: Mapped[datetime | None] = mapped_column(MOMENT)
    erased_at: Mapped[datetime | None] = mapped_column(MOMENT)

    def erase(self, now: datetime) -> None:
        """Be nobody from now on."""
        self.email, self.name, self.password_hash, self.country = None, "", None, None
        self.erased_at = self.erased_at or now


class FanSession(LabelModel):
    """A browser in which a fan is signed in."""

    __tablename__ = "fan_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    fan_id: Mapped[UUID] = mapped_column(ForeignKey("fans.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    agent: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    seen_at: Mapped[datetime] = mapped_column(MOMENT)
    proved_at: Mapped[datetime | None] = mapped_column(MOMENT)
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)


class FanAddress(LabelModel):
    """Where a fan has things sent, sealed with the label's key."""

    __tablename__ = "fan_addresses"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    fan_id: Mapped[UUID] = mapped_column(ForeignKey("fans.id", ondelete="CASCADE"), index=True)
    country: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    is_usual: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(MOMENT)


class FanConsent(LabelModel):
    """What a fan agreed to or took back, and where: rows are only added, the newest of a kind counts."""

    __tablename__ = "fan_consents"
    __table_args__ = (Index("ix_fan_consents_fan_id", "fan_id", "kind", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    fan_id: Mapped[UUID] = mapped_column(ForeignKey("fans.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    is_given: Mapped[bool] = mapped_column()
    sentence: Mapped[str] = mapped_column(Text)
    """The words that were agreed to, as they were read."""

    source: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(MOMENT)


class Follow(LabelModel):
    """A fan who wants to hear from an artist, or from the label itself."""

    __tablename__ = "follows"
    __table_args__ = (
        UniqueConstraint("fan_id", "artist_id", name="uq_follows_artist", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    fan_id: Mapped[UUID] = mapped_column(ForeignKey("fans.id", ondelete="CASCADE"))
    artist_id: Mapped[UUID | None] = mapped_column(ForeignKey("artists.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
