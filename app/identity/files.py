"""The door to the label's files: whoever sees files sees those of the label, but for what belongs to somewhere else.

A contract's paper, a receipt or a store's report opens for whoever sees the contract or the report; somebody narrowed
sees what belongs to their part, and what they added themselves.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.orm import Session

from app.identity.policies import Visitor, require
from app.kernel.files import FileUnknown, StoredFile
from app.kernel.files.belonging import belongings


def may_see_file(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `files` a visitor may open."""
    if "files.view" not in visitor.permissions:
        return false()
    opened = [exists().where(each.column == StoredFile.id, each.seen(visitor)) for each in belongings if each.seen]
    kept = [exists().where(each.column == StoredFile.id) for each in belongings if each.is_kept]
    mine = true() if visitor.scope.is_whole else StoredFile.created_by == visitor.member.id
    loose = and_(StoredFile.is_derived.is_(False), mine, ~or_(false(), *kept))
    return or_(loose, *opened)


def may_list_file(visitor: Visitor) -> ColumnElement[bool]:
    """The same without what the product made from others."""
    return and_(StoredFile.is_derived.is_(False), may_see_file(visitor))


def file_to_see(session: Session, visitor: Visitor, file_id: UUID | None, *, even_removed: bool = False) -> StoredFile:
    """A file that a visitor may open."""
    require(visitor, "files.view")
    query = select(StoredFile).where(StoredFile.id == file_id, may_see_file(visitor))
    found = session.scalar(query) if file_id else None
    if found is None or (found.removed_at is not None and not even_removed):
        raise FileUnknown
    return found


def file_to_change(
    session: Session, visitor: Visitor, file_id: UUID | None, *, even_removed: bool = False
) -> StoredFile:
    """A file that a visitor may rename, remove and bring back: of those that they are listed."""
    require(visitor, "files.add")
    query = select(StoredFile).where(StoredFile.id == file_id, may_list_file(visitor))
    found = session.scalar(query) if file_id else None
    if found is None or (found.removed_at is not None and not even_removed):
        raise FileUnknown
    return found
