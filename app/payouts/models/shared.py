"""What labels share of payouts: the cap of a rail that pays for all of them from one account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import SharedModel
from app.payouts.models.payouts import MOMENT


class InstantPromise(SharedModel):
    """What a label promised to pay instantly of a cap that is everybody's; only the platform sees these rows."""

    __tablename__ = "instant_promises"
    __table_args__ = (Index("ix_instant_promises_promised_at", "promised_at"),)

    label: Mapped[str] = mapped_column(Text, primary_key=True)
    wish: Mapped[str] = mapped_column(Text, primary_key=True)
    """Who asked and under which key: the same wish, asked again, is one promise."""

    request_id: Mapped[UUID] = mapped_column()
    rail: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    amount_micros: Mapped[int] = mapped_column(BigInteger)
    promised_at: Mapped[datetime] = mapped_column(MOMENT)
    heard_at: Mapped[datetime | None] = mapped_column(MOMENT)
    """When the rail had answered: from then on what it says is left is less by itself."""
