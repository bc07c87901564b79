"""Exports that labels asked for."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import SharedModel

MOMENT = TIMESTAMP(timezone=True)
KEPT = timedelta(days=1)


class Export(SharedModel):
    """One export of everything: asked for, made by a worker part by part, kept for a day.

    `parts` counts the tables and files that are in it so far.
    """

    __tablename__ = "exports"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(Text, ForeignKey("shared.tenants.id"), index=True)
    asked_at: Mapped[datetime] = mapped_column(MOMENT)
    parts: Mapped[int] = mapped_column(server_default="0")
    sha256: Mapped[str | None] = mapped_column(Text)
    size: Mapped[int | None] = mapped_column(BigInteger)
    ready_at: Mapped[datetime | None] = mapped_column(MOMENT)

    @property
    def kept_until(self) -> datetime | None:
        """When the file is deleted; None while it is being made."""
        return self.ready_at + KEPT if self.ready_at else None

    def be_ready(self, sha256: str, size: int, now: datetime) -> None:
        """Be whole and stored."""
        self.sha256, self.size, self.ready_at = sha256, size, now
