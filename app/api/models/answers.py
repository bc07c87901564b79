"""Answers that are given again to whoever sends the same request twice."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel


class KeptAnswer(LabelModel):
    """What was answered to a request that carried an Idempotency-Key, sealed; empty while the request runs.

    `principal` is the client and the member it acts for in one: what one of them did is replayed to nobody else.
    """

    __tablename__ = "api_answers"
    __table_args__ = (Index("ix_api_answers_asked_at", "asked_at"),)

    principal: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
