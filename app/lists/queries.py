"""Views of a list."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.lists.models import SavedView


def saved_views(session: Session, listing: str, member_id: UUID) -> list[SavedView]:
    """A member's own views of a list and those that others share, oldest first."""
    mine = or_(SavedView.member_id == member_id, SavedView.is_shared)
    query = select(SavedView).where(SavedView.listing == listing, mine).order_by(SavedView.created_at, SavedView.id)
    return list(session.scalars(query))
