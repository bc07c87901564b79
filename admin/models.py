"""The operator's people; they live in the shared schema and are members of no label."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import SharedModel

MOMENT = TIMESTAMP(timezone=True)


class Operator(SharedModel):
    """One of us."""

    __tablename__ = "operators"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Text, unique=True)
    password_hash: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"))
    disabled_at: Mapped[datetime | None] = mapped_column(MOMENT)


class OperatorSession(SharedModel):
    """One signed-in browser of an operator; only a hash of its token is kept."""

    __tablename__ = "operator_sessions"

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("shared.operators.id"))
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)
