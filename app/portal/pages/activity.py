"""The activity log: views, filters, pages, before and after, export."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get

from app.identity.pages import visitor_of
from app.identity.policies import Visitor, require
from app.identity.service.news import about
from app.kernel import activity as log
from app.kernel.activity.meanings import meanings
from app.kernel.db import tenant_read, tenant_work
from app.kernel.files.rules import content_disposition
from app.kernel.sheets.cells import harmless
from app.kernel.tenant import Tenant
from app.kernel.web.pages import page
from app.kernel.web.paging import cursor, place
from app.kernel.web.realm import realm_of, tenant_of
from app.lists.pages import view_pages, views_of
from app.lists.rules import asked_of
from app.portal import queries
from app.portal.rules import ActivityFilter, activity_filter

SHOWN = 50
EXPORTED = 50_000
LISTING = "activity"
LOG = "/portal/settings/activity"
COLUMNS = (
    "at", "action", "actor_kind", "actor_id", "actor_name", "on_behalf_of", "subject_type", "subject_id", "before",
    "after", "request_id",
)  # fmt: skip


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
        found = list(session.scalars(queries.log(visitor, chosen, tenant.time_zone, after=after, limit=SHOWN + 1)))
        rows, more = found[:SHOWN], len(found) > SHOWN
        people, subjects = queries.people(session), about(session, visitor, rows)
        views = views_of(session, visitor, LISTING, LOG, chosen.query)
    following = cursor(tenant, LISTING, [rows[-1].at.isoformat(), str(rows[-1].id)]) if more else None
    return page(
        "portal/activity.html",
        realm_of(request),
        here=LOG,
        rows=rows,
        chosen=chosen,
        following=following,
        people=dict(people),
        subjects=subjects,
        views=views.all,
        own=views.own,
        meanings=meanings(),
        may_export="activity.export" in visitor.permissions,
    )


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
        rows = list(session.scalars(queries.log(visitor, chosen, tenant.time_zone, after=None, limit=EXPORTED)))
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
    return harmless(text)


keeping = view_pages(
    LISTING,
    LOG,
    permission="activity.view",
    kept=lambda query: activity_filter(asked_of(query), known=meanings()).query,
)

handlers = [activity_log, export, *keeping]
