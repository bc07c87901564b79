"""What operators did, and what they tell labels about troubles."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import SharedModel

MOMENT = TIMESTAMP(timezone=True)


class OperatorActivity(SharedModel):
    """One thing an operator did; rows are added and never changed, by right."""

    __tablename__ = "operator_activity"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"))
    operator_id: Mapped[UUID | None] = mapped_column()
    operator: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    tenant_id: Mapped[str | None] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))


class Incident(SharedModel):
    """Something labels should know of: of one cell, or of all."""

    __tablename__ = "incidents"
    __table_args__ = (CheckConstraint("level in ('info', 'warning', 'danger')", name="level"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sentence: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    cell: Mapped[str | None] = mapped_column(Text)
    begun_at: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"))
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)

    def end(self, now: datetime) -> None:
        """Say no more of it."""
        self.ended_at = self.ended_at or now
