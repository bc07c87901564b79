"""What the portal keeps of its people: what they did with their news."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel

MOMENT = TIMESTAMP(timezone=True)


class NewsState(LabelModel):
    """What a member did with one piece of news; news itself is activity."""

    __tablename__ = "news_states"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    activity_id: Mapped[UUID] = mapped_column(primary_key=True)
    read_at: Mapped[datetime | None] = mapped_column(MOMENT)
    archived_at: Mapped[datetime | None] = mapped_column(MOMENT)
