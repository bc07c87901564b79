"""Keeping views of lists."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.kernel import activity, ids
from app.lists.errors import TooManyViews, ViewUnknown, ViewUnnamed
from app.lists.models import SavedView

MOST_VIEWS = 30
LONGEST_NAME = 60


def save_view(session: Session, visitor: Visitor, *, listing: str, name: str, query: str, is_shared: bool) -> SavedView:
    """Keep a list as it is shown under a name, for oneself or for everybody."""
    name = _view_name(name)
    mine = (SavedView.member_id == visitor.member.id) & (SavedView.listing == listing)
    if (session.scalar(select(func.count()).where(mine)) or 0) >= MOST_VIEWS:
        raise TooManyViews(most=MOST_VIEWS)
    view = SavedView(
        id=ids.new_id(), listing=listing, member_id=visitor.member.id, name=name, query=query, is_shared=is_shared
    )
    session.add(view)
    session.flush()
    after = {"name": name, "listing": listing, "shared": is_shared}
    activity.record(session, visitor.actor, "view.saved", subject_type="saved_view", subject_id=view.id, after=after)
    return view


def _view_name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise ViewUnnamed(fields={"name": ViewUnnamed.message})
    return name


def view_to_change(session: Session, visitor: Visitor, view_id: UUID) -> SavedView:
    """The door to one of the visitor's own views; another's, even a shared one, is not found."""
    view = session.get(SavedView, view_id)
    if view is None or view.member_id != visitor.member.id:
        raise ViewUnknown
    return view


def rename_view(session: Session, visitor: Visitor, view_id: UUID, *, name: str) -> SavedView:
    """Call one of the visitor's own views something else."""
    view = view_to_change(session, visitor, view_id)
    before, view.name = view.name, _view_name(name)
    change = {"before": {"name": before}, "after": {"name": view.name, "listing": view.listing}}
    activity.record(session, visitor.actor, "view.renamed", subject_type="saved_view", subject_id=view.id, **change)
    return view


def remove_view(session: Session, visitor: Visitor, view_id: UUID) -> SavedView:
    """Remove one of the visitor's own views."""
    view = view_to_change(session, visitor, view_id)
    before = {"name": view.name, "listing": view.listing, "query": view.query, "shared": view.is_shared}
    session.delete(view)
    activity.record(
        session, visitor.actor, "view.removed", subject_type="saved_view", subject_id=view_id, before=before
    )
    return view
