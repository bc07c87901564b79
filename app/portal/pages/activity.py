"""The activity log: views, filters, pages, before and after, export."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from app.identity.pages import visitor_of
from app.identity.policies import Visitor, require
from app.kernel import activity as log
from app.kernel.activity.meanings import meanings
from app.kernel.db import tenant_read, tenant_work
from app.kernel.files.rules import content_disposition
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.cells import Cell, edit
from app.kernel.web.pages import page
from app.kernel.web.paging import cursor, place
from app.kernel.web.realm import realm_of, tenant_of
from app.portal import queries, service
from app.portal.errors import ViewUnknown
from app.portal.models import SavedView
from app.portal.rules import ActivityFilter, activity_filter, asked_of

SHOWN = 50
EXPORTED = 50_000
LISTING = "activity"
LOG = "/portal/settings/activity"
COLUMNS = (
    "at", "action", "actor_kind", "actor_id", "actor_name", "on_behalf_of", "subject_type", "subject_id", "before",
    "after", "request_id",
)  # fmt: skip


class NewView(msgspec.Struct, forbid_unknown_fields=True):
    """A view to keep."""

    name: str
    query: str = ""
    shared: str = ""


class NewName(msgspec.Struct, forbid_unknown_fields=True):
    """What a view is to be called, and which version of its name its editor saw."""

    name: str
    match: str = ""


def name_cell(view: SavedView) -> Cell:
    """The name of a saved view, as it is edited above the list."""
    label, action = sentence("Name of the view"), f"{LOG}/views/{view.id}/name"
    return Cell(
        id=f"view-{view.id}", label=label, action=action, field="name", value=view.name, href=f"{LOG}?{view.query}"
    )


def _asked(request: Request[Any, Any, Any]) -> tuple[Visitor, Tenant, ActivityFilter, dict[str, list[str]]]:
    visitor, tenant = visitor_of(request), tenant_of(request)
    require(visitor, "activity.view")
    asked = asked_of(request.url.query)
    return visitor, tenant, activity_filter(asked, known=meanings()), asked


@get("/portal/settings/activity", sync_to_thread=True)
def activity_log(request: Request[Any, Any, Any]) -> Response[str]:
    """Show who did what, as filtered, a page at a time."""
    visitor, tenant, chosen, asked = _asked(request)
    after = _place(tenant, asked.get("after"))
    with tenant_read(tenant) as session:
        found = list(session.scalars(queries.log(chosen, tenant.time_zone, after=after, limit=SHOWN + 1)))
        people = queries.people(session)
        views = queries.saved_views(session, LISTING, visitor.member.id)
    rows, more = found[:SHOWN], len(found) > SHOWN
    following = cursor(tenant, LISTING, [rows[-1].at.isoformat(), str(rows[-1].id)]) if more else None
    return page(
        "portal/activity.html",
        realm_of(request),
        here=LOG,
        rows=rows,
        chosen=chosen,
        following=following,
        people=dict(people),
        views=views,
        own={view.id: name_cell(view) for view in views if _is_own(view, visitor, chosen)},
        meanings=meanings(),
        may_export="activity.export" in visitor.permissions,
    )


def _is_own(view: SavedView, visitor: Visitor, chosen: ActivityFilter) -> bool:
    """Tell whether a view is what is shown now and the visitor's to change."""
    return view.member_id == visitor.member.id and view.query == chosen.query != ""


def _place(tenant: Tenant, markers: list[str] | None) -> tuple[datetime, UUID] | None:
    if not markers:
        return None
    at, row_id = place(tenant, LISTING, markers[0])
    return datetime.fromisoformat(at), UUID(row_id)


@get("/portal/settings/activity/export", sync_to_thread=True)
def export(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give the rows of a filter as a table or as JSON, and note that it was done."""
    visitor, tenant, chosen, asked = _asked(request)
    require(visitor, "activity.export")
    as_json = asked.get("as") == ["json"]
    with tenant_work(tenant) as session:
        rows = list(session.scalars(queries.log(chosen, tenant.time_zone, after=None, limit=EXPORTED)))
        after = {"rows": len(rows), "filter": chosen.query}
        log.record(session, visitor.actor, "activity.exported", after=after)
    facts = [{name: getattr(row, name) for name in COLUMNS} for row in rows]
    body = msgspec.json.encode(facts) if as_json else _as_csv(facts)
    kind = "application/json" if as_json else "text/csv; charset=utf-8"
    name = f"{tenant.slug}-activity.{'json' if as_json else 'csv'}"
    headers = {"content-disposition": content_disposition(name, kind, attachment=True)}
    return Response(body, media_type=kind, headers=headers)


def _as_csv(facts: list[dict[str, Any]]) -> bytes:
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS)
    table.writeheader()
    table.writerows({name: _cell(value) for name, value in fact.items()} for fact in facts)
    return out.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    """A value as text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    if isinstance(value, dict):
        text = msgspec.json.encode(value).decode()
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


@post("/portal/settings/activity/views", sync_to_thread=True)
def save_view(request: Request[Any, Any, Any], data: URLEncodedBody[NewView]) -> Redirect:
    """Keep the list as it is shown."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require(visitor, "activity.view")
    chosen = activity_filter(asked_of(data.query), known=meanings())
    with tenant_work(tenant) as session:
        service.save_view(
            session, visitor, listing=LISTING, name=data.name, query=chosen.query, is_shared=bool(data.shared)
        )
    return flash.done(f"{LOG}?{chosen.query}", tenant, sentence("The view was saved."))


@post("/portal/settings/activity/views/{view_id:str}/name", sync_to_thread=True)
def rename_view(
    request: Request[Any, Any, Any], view_id: FromPath[str], data: URLEncodedBody[NewName]
) -> Response[Any]:
    """Call a view of one's own something else."""
    visitor, known = visitor_of(request), _view(view_id)
    part = edit(
        request,
        lambda session: name_cell(service.view_to_change(session, visitor, known)),
        lambda session: service.rename_view(session, visitor, known, name=data.name),
        typed=data.name,
        match=data.match,
    )
    return part or flash.done(LOG, tenant_of(request), sentence("The view has its new name."))


@post("/portal/settings/activity/views/{view_id:str}/removal", sync_to_thread=True)
def remove_view(request: Request[Any, Any, Any], view_id: FromPath[str]) -> Redirect:
    """Remove a view of one's own."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        service.remove_view(session, visitor, _view(view_id))
    return flash.done(LOG, tenant, sentence("The view was removed."))


def _view(text: str) -> UUID:
    known = parse_uuid(text)
    if known is None:
        raise ViewUnknown
    return known


handlers = [activity_log, export, save_view, rename_view, remove_view]
