"""The routes by which views of a list are kept, the same for every list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.identity.pages import visitor_of
from app.identity.policies import Visitor, require
from app.identity.rules.permissions import Permission
from app.kernel.db import tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.cells import Cell, edit
from app.kernel.web.realm import tenant_of
from app.lists import activity, queries, service
from app.lists.errors import ViewUnknown
from app.lists.models import SavedView


class NewView(msgspec.Struct, forbid_unknown_fields=True):
    """A view to keep."""

    name: str
    query: str = ""
    shared: str = ""


class NewName(msgspec.Struct, forbid_unknown_fields=True):
    """What a view is to be called, and which version of its name its editor saw."""

    name: str
    match: str = ""


@dataclass(frozen=True, slots=True)
class Views:
    """The saved views of a list for its page; `own` are the cells of those that the visitor may change now."""

    all: list[SavedView]
    own: Mapping[UUID, Cell]


def views_of(session: Session, visitor: Visitor, listing: str, address: str, query: str) -> Views:
    """A visitor's views of a list that is shown under a query."""
    found = queries.saved_views(session, listing, visitor.member.id)
    shown = [view for view in found if view.member_id == visitor.member.id and view.query == query != ""]
    return Views(found, {view.id: _name_cell(view, address) for view in shown})


def _name_cell(view: SavedView, address: str) -> Cell:
    label, action = sentence("Name of the view"), f"{address}/views/{view.id}/name"
    href = f"{address}?{view.query}"
    return Cell(id=f"view-{view.id}", label=label, action=action, field="name", value=view.name, href=href)


def view_pages(listing: str, address: str, *, permission: Permission, kept: Callable[[str], str]) -> list[Any]:
    """The routes under a list's address that save, rename and remove its views.

    `kept` reads a query as the list does, refuses what it would refuse, and gives back what is worth keeping.
    """
    activity.addresses[listing] = address

    @post(f"{address}/views", sync_to_thread=True)
    def save_view(request: Request[Any, Any, Any], data: URLEncodedBody[NewView]) -> Redirect:
        """Keep the list as it is shown."""
        visitor, tenant = visitor_of(request), tenant_of(request)
        require(visitor, permission)
        query, is_shared = kept(data.query), bool(data.shared)
        with tenant_work(tenant) as session:
            service.save_view(session, visitor, listing=listing, name=data.name, query=query, is_shared=is_shared)
        return flash.done(f"{address}?{query}", tenant, sentence("The view was saved."))

    @post(f"{address}/views/{{view_id:str}}/name", sync_to_thread=True)
    def rename_view(
        request: Request[Any, Any, Any], view_id: FromPath[str], data: URLEncodedBody[NewName]
    ) -> Response[Any]:
        """Call a view of one's own something else."""
        visitor, known = visitor_of(request), _id(view_id)
        part = edit(
            request,
            lambda session: _name_cell(service.view_to_change(session, visitor, known), address),
            lambda session: service.rename_view(session, visitor, known, name=data.name),
            typed=data.name,
            match=data.match,
        )
        return part or flash.done(address, tenant_of(request), sentence("The view has its new name."))

    @post(f"{address}/views/{{view_id:str}}/removal", sync_to_thread=True)
    def remove_view(request: Request[Any, Any, Any], view_id: FromPath[str]) -> Redirect:
        """Remove a view of one's own."""
        visitor, tenant = visitor_of(request), tenant_of(request)
        with tenant_work(tenant) as session:
            service.remove_view(session, visitor, _id(view_id))
        return flash.done(address, tenant, sentence("The view was removed."))

    return [save_view, rename_view, remove_view]


def _id(text: str) -> UUID:
    known = parse_uuid(text)
    if known is None:
        raise ViewUnknown
    return known
