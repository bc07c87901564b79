"""The views that people saved."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel


class SavedView(LabelModel):
    """A list as somebody wants to see it again; its query is the part of the address after the question mark."""

    __tablename__ = "saved_views"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    listing: Mapped[str] = mapped_column(Text)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    query: Mapped[str] = mapped_column(Text)
    is_shared: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=text("now()"))
