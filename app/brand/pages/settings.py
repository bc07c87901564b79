"""Settings → Brand: what is live, its history, drafts, checks, previews, publishing and going back."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from app.brand import policies, queries, service
from app.brand.errors import ChecksFailed, MomentRefused, ThemeInputRefused, ThemeUnknown
from app.brand.pages.frame import (
    HERE,
    draft_page,
    editor,
    preset_choices,
    said_findings,
    shown,
    swatches,
    to_draft,
    to_overview,
    viewer,
)
from app.brand.pages.looking import PREVIEW_COOKIE
from app.brand.schemas import DraftForm, ScheduleForm, ThemeForm, VersionForm
from app.brand.service.samples import sample
from app.identity.pages import session_cookie
from app.kernel import ids
from app.kernel.db import tenant_read, tenant_work
from app.kernel.web.pages import told
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.strict import query
from themes.engine import changes, resolve
from themes.engine.inputs import plain

PREVIEW_SECONDS = 24 * 3600


@get(HERE, sync_to_thread=True)
def overview(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what is live, every version, and where a draft can start."""
    visitor, tenant = viewer(request), tenant_of(request)
    with tenant_read(tenant) as session:
        versions = list(session.scalars(queries.history()))
        upcoming = session.scalar(queries.next_scheduled())
    live = next((version for version in versions if version.state == "live"), None)
    return shown(
        request,
        visitor,
        "overview.html",
        live=live,
        upcoming=upcoming,
        zone=tenant.time_zone,
        versions=versions,
        presets=preset_choices(),
        can_go_back=live is not None and any(row.state == "retired" and row.number < live.number for row in versions),
    )


@post(f"{HERE}/drafts", sync_to_thread=True)
def start(request: Request[Any, Any, Any], data: URLEncodedBody[DraftForm]) -> Redirect:
    """Begin a draft."""
    visitor = editor(request)
    base = ids.parse_uuid(data.base) if data.base else None
    if data.base and base is None:
        raise ThemeUnknown
    with tenant_work(tenant_of(request)) as session:
        version = service.start_draft(session, visitor.actor, preset=data.preset or None, base=base)
    return to_draft(version.id)


@get(f"{HERE}/drafts/{{version_id:str}}", sync_to_thread=True)
def edit(request: Request[Any, Any, Any], version_id: FromPath[str]) -> Response[str]:
    """Show a version and, while it is a draft, everything that can be changed about it."""
    return draft_page(request, viewer(request), version_id)


@post(f"{HERE}/drafts/{{version_id:str}}", sync_to_thread=True)
def change(
    request: Request[Any, Any, Any], version_id: FromPath[str], data: URLEncodedBody[ThemeForm]
) -> Response[Any]:
    """Change a draft; what is wrong is said beside its field, and nothing is changed."""
    visitor, known = editor(request), ids.parse_uuid(version_id)
    try:
        with tenant_work(tenant_of(request)) as session:
            old = plain(policies.version_to_read(session, known).said)
            service.change_draft(session, visitor.actor, known, data.said(old), note=data.note)
    except ThemeInputRefused as refusal:
        return draft_page(request, visitor, version_id, refusal=refusal, typed=data.typed_blocks())
    return to_draft(version_id)


@post(f"{HERE}/drafts/{{version_id:str}}/deletion", sync_to_thread=True)
def discard(request: Request[Any, Any, Any], version_id: FromPath[str]) -> Redirect:
    """Throw a draft away."""
    visitor = editor(request)
    with tenant_work(tenant_of(request)) as session:
        service.discard_draft(session, visitor.actor, ids.parse_uuid(version_id))
    return to_overview()


@get(f"{HERE}/drafts/{{version_id:str}}/checks", sync_to_thread=True)
def checks(request: Request[Any, Any, Any], version_id: FromPath[str]) -> Response[str]:
    """Show what holds and what stands in the way of publishing."""
    visitor, tenant = viewer(request), tenant_of(request)
    with tenant_read(tenant) as session:
        version = policies.version_to_read(session, ids.parse_uuid(version_id))
        found = service.check_draft(session, tenant, version)
    lines = said_findings(found, realm_of(request))
    ready = not any(finding.blocks for finding in found) and version.state == "draft"
    return shown(request, visitor, "checks.html", version=version, findings=lines, ready=ready)


@post(f"{HERE}/drafts/{{version_id:str}}/publication", sync_to_thread=True)
def publish(request: Request[Any, Any, Any], version_id: FromPath[str]) -> Redirect:
    """Show a draft to everybody."""
    visitor, tenant = editor(request), tenant_of(request)
    with tenant_work(tenant) as session:
        service.publish(session, visitor.actor, tenant, ids.parse_uuid(version_id))
    return to_overview()


@post(f"{HERE}/drafts/{{version_id:str}}/schedule", sync_to_thread=True)
def schedule(
    request: Request[Any, Any, Any], version_id: FromPath[str], data: URLEncodedBody[ScheduleForm]
) -> Response[Any]:
    """Let a draft be published at a moment of the label's clocks."""
    visitor, tenant = editor(request), tenant_of(request)
    try:
        at = service.local_moment(tenant, data.at)
        with tenant_work(tenant) as session:
            service.schedule(session, visitor.actor, tenant, ids.parse_uuid(version_id), at)
    except (MomentRefused, ChecksFailed) as refusal:
        return draft_page(request, visitor, version_id, refusal=refusal, typed={"at": data.at})
    return to_draft(version_id)


@post(f"{HERE}/drafts/{{version_id:str}}/schedule/cancellation", sync_to_thread=True)
def unschedule(request: Request[Any, Any, Any], version_id: FromPath[str]) -> Redirect:
    """Let a draft wait for no moment any more."""
    visitor = editor(request)
    with tenant_work(tenant_of(request)) as session:
        service.unschedule(session, visitor.actor, ids.parse_uuid(version_id))
    return to_draft(version_id)


@post(f"{HERE}/restorations", sync_to_thread=True)
def roll_back(request: Request[Any, Any, Any], data: URLEncodedBody[VersionForm]) -> Redirect:
    """Go back to the version before, or to the one that is named."""
    visitor, tenant = editor(request), tenant_of(request)
    wanted = ids.parse_uuid(data.version) if data.version else None
    if data.version and wanted is None:
        raise ThemeUnknown
    with tenant_work(tenant) as session:
        service.roll_back(session, visitor.actor, tenant, wanted)
    return to_overview()


@post(f"{HERE}/drafts/{{version_id:str}}/preview", sync_to_thread=True)
def preview_link(request: Request[Any, Any, Any], version_id: FromPath[str]) -> Any:
    """Make a link under which the team sees this version for a day."""
    visitor, tenant, realm = editor(request), tenant_of(request), realm_of(request)
    with tenant_read(tenant) as session:
        version = policies.version_to_read(session, ids.parse_uuid(version_id))
    link = f"{realm.origin}{HERE}/previews/{service.preview_link_token(tenant, version)}"
    return shown(request, visitor, "preview.html", version=version, link=link)


@get(f"{HERE}/previews/{{token:str}}", sync_to_thread=True)
def open_preview(request: Request[Any, Any, Any], token: FromPath[str]) -> Redirect:
    """Let a member of the team see every page in a draft's look until the day is over."""
    viewer(request)
    service.preview_theme(tenant_of(request), token)
    return Redirect("/portal", status_code=303, cookies=[_preview_cookie(token, seconds=PREVIEW_SECONDS)])


@post(f"{HERE}/previews/end", sync_to_thread=True)
def end_preview(request: Request[Any, Any, Any]) -> Redirect:
    """See the live look again."""
    viewer(request)
    return Redirect(HERE, status_code=303, cookies=[_preview_cookie("", seconds=0)])


@get(f"{HERE}/difference", sync_to_thread=True)
def difference(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what differs between two versions, input by input, and both palettes side by side."""
    visitor = viewer(request)
    asked = query(request, "old", "new")
    with tenant_read(tenant_of(request)) as session:
        old = policies.version_to_read(session, ids.parse_uuid(asked.get("old", "")))
        new = policies.version_to_read(session, ids.parse_uuid(asked.get("new", "")))
    return shown(
        request,
        visitor,
        "difference.html",
        old=old,
        new=new,
        changes=changes(old.said, new.said),
        pairs=list(zip(swatches(old), swatches(new), strict=True)),
    )


@get(f"{HERE}/drafts/{{version_id:str}}/tokens.json", sync_to_thread=True)
def tokens(request: Request[Any, Any, Any], version_id: FromPath[str]) -> Response[bytes]:
    """The version's design tokens, for whoever designs outside."""
    viewer(request)
    with tenant_read(tenant_of(request)) as session:
        version = policies.version_to_read(session, ids.parse_uuid(version_id))
    headers = {"content-disposition": f'attachment; filename="tokens-{version.number}.json"'}
    return Response(msgspec.json.encode(resolve(version.said).tokens), media_type="application/json", headers=headers)


@get(f"{HERE}/drafts/{{version_id:str}}/statement.pdf", sync_to_thread=True)
def statement(request: Request[Any, Any, Any], version_id: FromPath[str]) -> Response[bytes]:
    """A sample statement in this version's look."""
    viewer(request)
    tenant, language = tenant_of(request), realm_of(request).language
    with tenant_read(tenant) as session:
        version = policies.version_to_read(session, ids.parse_uuid(version_id))
    body = sample(tenant, version, partial(told, realm_of(request)), language=language)
    return Response(body, media_type="application/pdf", headers={"content-disposition": "inline"})


def _preview_cookie(value: str, *, seconds: int) -> Cookie:
    return session_cookie(value, seconds=seconds, kind=PREVIEW_COOKIE)


handlers = [
    overview,
    start,
    edit,
    change,
    discard,
    checks,
    publish,
    schedule,
    unschedule,
    roll_back,
    preview_link,
    open_preview,
    end_preview,
    difference,
    tokens,
    statement,
]
