"""Batches: what was brought in, what it would do, what it did."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel
from app.uploads.rules.stages import STAGES

MOMENT = TIMESTAMP(timezone=True)
_STAGES = ", ".join(f"'{stage}'" for stage in STAGES)


class Batch(LabelModel):
    """One bulk upload: a manifest, the files that came with it, and how far it is.

    The manifest never changes; what people correct stands beside it, so that every stage can be done again from both.
    """

    __tablename__ = "batches"
    __table_args__ = (
        CheckConstraint(f"stage IN ({_STAGES})", name="stage"),
        Index("ix_batches_created_at", text("created_at DESC"), text("id DESC")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    created_by: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    stage: Mapped[str] = mapped_column(Text)
    problem: Mapped[str | None] = mapped_column(Text)
    manifest_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"), index=True)
    mapping: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    done: Mapped[int] = mapped_column(Integer, server_default="0")
    total: Mapped[int] = mapped_column(Integer, server_default="0")
    counts: Mapped[dict[str, int]] = mapped_column(JSONB, server_default=text("'{}'"))
    plan_hash: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(server_default="1")
    applied_at: Mapped[datetime | None] = mapped_column(MOMENT)
    undone_at: Mapped[datetime | None] = mapped_column(MOMENT)


class BatchItem(LabelModel):
    """One release of a batch: what would become of it, field by field, and what became of it."""

    __tablename__ = "batch_items"
    __table_args__ = (
        CheckConstraint("verdict IN ('create', 'change', 'leave', 'refuse')", name="verdict"),
        Index("ix_batch_items_verdict", "batch_id", "verdict", "number"),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(Text)
    artist_line: Mapped[str] = mapped_column(Text)
    row: Mapped[int] = mapped_column(Integer)
    tracks: Mapped[int] = mapped_column(Integer)
    verdict: Mapped[str] = mapped_column(Text)
    warnings: Mapped[int] = mapped_column(Integer)
    release_id: Mapped[UUID | None] = mapped_column(index=True)
    changes: Mapped[list[Any] | None] = mapped_column(JSONB)


class BatchFinding(LabelModel):
    """What is wrong, or doubtful, with one cell of a manifest."""

    __tablename__ = "batch_findings"
    __table_args__ = (Index("ix_batch_findings_item", "batch_id", "item", "row"),)

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    item: Mapped[int | None] = mapped_column(Integer)
    row: Mapped[int | None] = mapped_column(Integer)
    file: Mapped[str | None] = mapped_column(Text)
    field: Mapped[str] = mapped_column(Text)
    rule: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(Text)
    value: Mapped[str | None] = mapped_column(Text)
    suggestion: Mapped[str | None] = mapped_column(Text)
    is_safe: Mapped[bool] = mapped_column()
    refuses: Mapped[bool] = mapped_column()


class BatchCorrection(LabelModel):
    """A cell of a manifest as a person corrected it."""

    __tablename__ = "batch_corrections"

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True)
    row: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    field: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    by: Mapped[UUID | None] = mapped_column()
    at: Mapped[datetime] = mapped_column(MOMENT)


class BatchFile(LabelModel):
    """An audio or artwork file of a batch, what it was found to be, and the row, or for a cover the item, it is of.

    A doubtful match waits for a person's yes.
    """

    __tablename__ = "batch_files"
    __table_args__ = (
        CheckConstraint("kind IN ('audio', 'artwork', 'archive', 'other')", name="kind"),
        CheckConstraint("state IN ('receiving', 'received', 'measured', 'refused')", name="state"),
        Index("uq_batch_files_path", "batch_id", "path", unique=True),
        Index("ix_batch_files_md5", "batch_id", "md5"),
        Index("ix_batch_files_state", "batch_id", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"))
    path: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, server_default="0")
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"), index=True)
    preview_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"), index=True)
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    md5: Mapped[str | None] = mapped_column(Text)
    verdict: Mapped[str | None] = mapped_column(Text)
    item: Mapped[int | None] = mapped_column(Integer)
    row: Mapped[int | None] = mapped_column(Integer)
    match: Mapped[str | None] = mapped_column(Text)
    is_doubtful: Mapped[bool] = mapped_column(server_default=text("false"))
    at: Mapped[datetime] = mapped_column(MOMENT)


class BatchPart(LabelModel):
    """A piece of a file that is still being received, kept as an object until the file is whole."""

    __tablename__ = "batch_parts"
    __table_args__ = (CheckConstraint("size > 0", name="size"),)

    file_id: Mapped[UUID] = mapped_column(ForeignKey("batch_files.id", ondelete="CASCADE"), primary_key=True)
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger)
    object: Mapped[str] = mapped_column(Text)


class HeaderMapping(LabelModel):
    """What a sender's column means, remembered from the last time."""

    __tablename__ = "header_mappings"

    sender: Mapped[UUID] = mapped_column(primary_key=True)
    header: Mapped[str] = mapped_column(Text, primary_key=True)
    field: Mapped[str | None] = mapped_column(Text)
