"""What labels use, by the day: the meter that billing will read."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import SharedModel


class Usage(SharedModel):
    """How much of one measure a label used, or held at the end of, one of its own days."""

    __tablename__ = "usage"

    tenant_id: Mapped[str] = mapped_column(ForeignKey("shared.tenants.id"), primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(Text, primary_key=True)
    amount: Mapped[int] = mapped_column(BigInteger)
