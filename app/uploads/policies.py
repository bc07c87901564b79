"""Doors to batches: whoever may upload sees the batches they sent; those who edit the catalogue see all."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, true
from sqlalchemy.orm import Session

from app.identity.policies import Visitor, allows, require
from app.kernel.files.belonging import belongs
from app.uploads.errors import BatchFileUnknown, BatchUnknown
from app.uploads.models import Batch, BatchFile


def visible_batches(visitor: Visitor) -> Select[Batch]:
    """The batches that a visitor may look at, newest first."""
    return select(Batch).where(may_see_batch(visitor)).order_by(Batch.created_at.desc(), Batch.id.desc())


def may_see_batch(visitor: Visitor) -> ColumnElement[bool]:
    """The same as a condition."""
    if allows(visitor, "catalog.edit") and visitor.scope.is_whole:
        return true()
    return Batch.created_by == visitor.member.id


def _in_batch(visitor: Visitor) -> ColumnElement[bool]:
    return BatchFile.batch_id.in_(select(Batch.id).where(may_see_batch(visitor)))


belongs(Batch.manifest_id, may_see_batch, is_kept=False)
belongs(BatchFile.file_id, _in_batch, is_kept=False)


def batch_to_read(session: Session, visitor: Visitor, batch_id: UUID | None) -> Batch:
    """A batch that the visitor may look at."""
    require(visitor, "uploads.create")
    found = session.scalar(visible_batches(visitor).where(Batch.id == batch_id)) if batch_id else None
    if found is None:
        raise BatchUnknown
    return found


def batch_to_change(session: Session, visitor: Visitor, batch_id: UUID | None) -> Batch:
    """The same, locked: what is done to a batch is done once."""
    batch = batch_to_read(session, visitor, batch_id)
    session.refresh(batch, with_for_update=True)
    return batch


def file_of_batch(session: Session, batch: Batch, file_id: UUID | None, *, locked: bool = False) -> BatchFile:
    """A file of a batch that the visitor may look at."""
    query = select(BatchFile).where(BatchFile.batch_id == batch.id, BatchFile.id == file_id)
    found = session.scalar(query.with_for_update() if locked else query) if file_id else None
    if found is None:
        raise BatchFileUnknown
    return found
