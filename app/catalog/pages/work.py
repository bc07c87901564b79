"""One work: what it is called, who wrote it with which share, and what plays it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from app.catalog.pages import editor, sent
from app.catalog.pages.tracks import TRACKS
from app.catalog.policies import may_change_work, work_to_change, work_to_edit, work_to_read
from app.catalog.queries import recordings as queries
from app.catalog.rules import fields, parts
from app.catalog.rules.roles import ROLE_SENTENCES
from app.catalog.schemas import Restoration
from app.catalog.service import editing
from app.catalog.service.parts import PARTS
from app.identity.pages import visitor_of
from app.kernel.activity.meanings import meanings
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.roster.queries.artist import history

WORKS = "/portal/works"
WORK = f"{WORKS}/{{work_id:str}}"
HISTORY = 40
FORM = editor.Form(
    "work",
    "catalog/work_edit.html",
    WORKS,
    work_to_edit,
    work_to_change,
    {"writers": sent.WRITERS},
    sentence("The work was changed."),
)


@get(WORK, sync_to_thread=True)
def work_page(request: Request[Any, Any, Any], work_id: FromPath[str]) -> Response[str]:
    """Show everything about a work."""
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        work = work_to_read(session, visitor, parse_uuid(work_id))
        facts: dict[str, Any] = {
            "work": work,
            "writers": PARTS["work"]["writers"].read(session, work),
            "recordings": session.execute(queries.recordings_of_work(visitor, work.id)).all(),
            "may_edit": may_change_work(session, visitor, work.id),
            "history": list(session.scalars(history([work.id], limit=HISTORY))),
        }
    facts |= {"titles": fields.FIELD_SENTENCES, "share": parts.spelled_share, "meanings": meanings()}
    facts |= {"place": WORKS, "roles": ROLE_SENTENCES}
    return page("catalog/work.html", realm_of(request), here=TRACKS, **facts)


@get(f"{WORK}/edit", sync_to_thread=True)
def edit_work(request: Request[Any, Any, Any], work_id: FromPath[str]) -> Response[str]:
    """Show the form in which a work is changed."""
    return editor.show(request, FORM, work_id)


@post(WORK, sync_to_thread=True)
def change_work(
    request: Request[Any, Any, Any], work_id: FromPath[str], data: URLEncodedBody[dict[str, Any]]
) -> Response[Any]:
    """Change a work with its writers."""
    return editor.save(request, FORM, work_id, data)


@post(f"{WORK}/restorations", sync_to_thread=True)
def restore(request: Request[Any, Any, Any], work_id: FromPath[str], data: URLEncodedBody[Restoration]) -> Redirect:
    """Take a field of a change back, or everything since it."""
    return _restored(request, work_id, data.activity, field=data.field)


@post(f"{WORK}/restorations/{{activity_id:str}}", sync_to_thread=True)
def undo(request: Request[Any, Any, Any], work_id: FromPath[str], activity_id: FromPath[str]) -> Redirect:
    """Take everything since a change back."""
    return _restored(request, work_id, activity_id, field="")


def _restored(request: Request[Any, Any, Any], work_id: str, activity_id: str, *, field: str) -> Redirect:
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        work = work_to_change(session, visitor, parse_uuid(work_id))
        editing.restore(session, visitor.actor, {work.id: work}, parse_uuid(activity_id), field=field)
    return flash.done(f"{WORKS}/{work_id}", tenant, sentence("It is as it was before."))


handlers = [work_page, edit_work, change_work, restore, undo]
