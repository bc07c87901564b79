"""Saved views: lists as somebody wants to see them again."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.api.rest.conventions import UNSET, Answer, Body, Call, Patch, Resource, Section, UnsetType, View, heeding
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Id, Moment
from app.identity.policies import Visitor, require_somewhere
from app.lists import service
from app.lists.activity import addresses
from app.lists.errors import ViewUnknown
from app.lists.models import SavedView

SECTION = Section("Saved views", "Lists of the portal as somebody wants to see them again, their own and shared ones.")
ViewName = Annotated[str, Meta(min_length=1, max_length=60, examples=["Comes out soon"])]


class SavedViewView(View):
    """A list under a filter; `query` is the part of its address after the question mark."""

    id: Id
    listing: Annotated[str, Meta(examples=["releases"])]
    name: ViewName
    query: str
    is_shared: bool
    created_at: Moment


class NewSavedView(Body, frozen=True):
    """A list to keep under a name, for oneself or for everybody."""

    listing: Annotated[str, Meta(min_length=1, max_length=40, examples=["releases"])]
    name: ViewName
    query: Annotated[str, Meta(max_length=1_000, examples=["kind=album"])] = ""
    is_shared: bool = False


class SavedViewChange(Patch, frozen=True):
    """What a view is to be called."""

    name: ViewName | UnsetType = UNSET


def _visible(visitor: Visitor) -> ColumnElement[bool]:
    return (SavedView.member_id == visitor.member.id) | SavedView.is_shared


VIEWS = Resource(
    name="views",
    view=SavedViewView,
    model=SavedView,
    visible=_visible,
    filters={"listing": by.text(SavedView.listing, "Views of this list.", "releases")},
    version=None,
)


@SECTION.listing("/views", VIEWS, scope="catalog:read")
def list_views(call: Call, session: Session) -> Answer:
    """List saved views. The client's own, and those that people share."""
    require_somewhere(call.visitor, "catalog.view")
    return VIEWS.page(call, session)


@SECTION.post("/views", scope="catalog:write", takes=NewSavedView, resource=VIEWS)
def save_view(call: Call, session: Session, body: NewSavedView) -> Answer:
    """Save a view. A shared one is there for everybody in the portal."""
    require_somewhere(call.visitor, "catalog.view")
    if body.listing not in addresses:
        raise ViewUnknown
    said = {"listing": body.listing, "name": body.name, "query": body.query}
    view = service.save_view(session, call.visitor, is_shared=body.is_shared, **said)
    return VIEWS.one(call, session, view.id, status=201)


@SECTION.get("/views/{view_id}", scope="catalog:read", resource=VIEWS)
def read_view(call: Call, session: Session) -> Answer:
    """Read a saved view. One's own, or one that people share."""
    require_somewhere(call.visitor, "catalog.view")
    seen = select(SavedView.id).where(SavedView.id == call.id("view_id"), _visible(call.visitor))
    found = session.scalar(seen)
    if found is None:
        raise ViewUnknown
    return VIEWS.one(call, session, found)


@SECTION.patch("/views/{view_id}", scope="catalog:write", takes=SavedViewChange, resource=VIEWS, matches=False)
@heeding
def rename_view(call: Call, session: Session, body: SavedViewChange) -> Answer:
    """Rename a view of one's own."""
    known = call.id("view_id")
    if known is None:
        raise ViewUnknown
    view = service.view_to_change(session, call.visitor, known)
    call.require_as_seen(VIEWS.one(call, session, view.id))
    if body.name is not UNSET:
        service.rename_view(session, call.visitor, view.id, name=body.name)
        session.flush()
    return VIEWS.one(call, session, view.id)


@SECTION.delete("/views/{view_id}", scope="catalog:write")
def remove_view(call: Call, session: Session) -> Answer:
    """Remove a view of one's own."""
    known = call.id("view_id")
    if known is None:
        raise ViewUnknown
    service.remove_view(session, call.visitor, known)
    return Answer()
