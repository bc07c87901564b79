"""Activity and the chain that seals it; a label's role may add to both and change neither."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, FetchedValue, Identity, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel, SharedModel

MOMENT = TIMESTAMP(timezone=True)


class Activity(LabelModel):
    """Who did what to which row, and what it was before and after.

    `xid` is the transaction that wrote it: rows of transactions older than every running one are complete, which is how
    readers and the chain find an order without making writers wait for each other.
    """

    __tablename__ = "activity"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    xid: Mapped[int] = mapped_column(BigInteger, FetchedValue())
    at: Mapped[datetime] = mapped_column(MOMENT)
    action: Mapped[str] = mapped_column(Text)
    actor_kind: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[UUID | None] = mapped_column()
    actor_name: Mapped[str] = mapped_column(Text)
    on_behalf_of: Mapped[UUID | None] = mapped_column()
    client_id: Mapped[UUID | None] = mapped_column()
    subject_type: Mapped[str | None] = mapped_column(Text)
    subject_id: Mapped[UUID | None] = mapped_column()
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    request_id: Mapped[str | None] = mapped_column(Text)


class ActivitySeal(LabelModel):
    """One link of the chain: the row at this position and the hash over it and everything before."""

    __tablename__ = "activity_seals"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    activity_id: Mapped[UUID] = mapped_column(unique=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class ActivityHead(SharedModel):
    """The chain's newest link, kept where the label's role cannot reach it."""

    __tablename__ = "activity_heads"

    tenant_id: Mapped[str] = mapped_column(Text, primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[datetime] = mapped_column(MOMENT)
