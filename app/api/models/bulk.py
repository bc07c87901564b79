"""Many operations that a program sent at once, and files of data that it asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel

MOMENT = TIMESTAMP(timezone=True)


class Asker:
    """The program that asked for something that is done later, whom it acted for, and what its token allowed."""

    client_id: Mapped[UUID] = mapped_column()
    member_id: Mapped[UUID | None] = mapped_column()
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    language: Mapped[str] = mapped_column(Text)


class BulkJob(Asker, LabelModel):
    """Operations that are done one after the other: `done` of `total` have a result, of which `failed` are refusals."""

    __tablename__ = "bulk_jobs"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'cancelled')", name="state"),
        CheckConstraint("done BETWEEN 0 AND total", name="done"),
        Index("ix_bulk_jobs_asked_at", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    total: Mapped[int] = mapped_column(Integer)
    done: Mapped[int] = mapped_column(Integer, server_default="0")
    failed: Mapped[int] = mapped_column(Integer, server_default="0")
    asked_at: Mapped[datetime] = mapped_column(MOMENT)
    started_at: Mapped[datetime | None] = mapped_column(MOMENT)
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)


class BulkOperation(LabelModel):
    """One line of a job, as it was sent, and what came of it."""

    __tablename__ = "bulk_operations"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("bulk_jobs.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    ref: Mapped[str | None] = mapped_column(Text)
    """What the program calls it."""

    method: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text)
    if_match: Mapped[str | None] = mapped_column(Text)
    body: Mapped[str | None] = mapped_column(Text)
    status: Mapped[int | None] = mapped_column(SmallInteger)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class DataExport(Asker, LabelModel):
    """A list of the label's as a file: made in pieces, so that it goes on where it stopped, and kept for a while."""

    __tablename__ = "data_exports"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'making', 'ready', 'failed', 'gone')", name="state"),
        CheckConstraint("format IN ('jsonl', 'csv', 'parquet')", name="format"),
        Index("ix_data_exports_asked_at", "asked_at"),
        Index("ix_data_exports_file_id", "file_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    format: Mapped[str] = mapped_column(Text)
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    rows: Mapped[int] = mapped_column(Integer, server_default="0")
    pieces: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    """The objects made so far, by their hashes, in their order."""

    place: Mapped[str | None] = mapped_column(Text)
    """The last row that is in them."""

    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    reach: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """How far whoever asked could see."""

    asked_at: Mapped[datetime] = mapped_column(MOMENT)
    ready_at: Mapped[datetime | None] = mapped_column(MOMENT)
    kept_until: Mapped[datetime | None] = mapped_column(MOMENT)
