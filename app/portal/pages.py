"""Home, files and sessions of the portal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect, Stream
from sqlalchemy import func, select

from app.identity import service as identity
from app.identity.models import Member
from app.identity.pages import Visitor, cookie_name, visitor_of
from app.kernel import files, ids
from app.kernel.activity.feed import latest
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import NotFound
from app.kernel.live import Hub, opened
from app.kernel.tenant import Tenant, TenantState
from app.kernel.web.languages import say
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of

SHOWN = 30
READ_BYTES = 1 << 20

SENTENCES = {
    "label.opened": "The label was opened",
    "label.renamed": "The label was renamed",
    "label.suspended": "The label was suspended",
    "label.resumed": "The label is active again",
    "label.closing": "The label is being closed",
    "member.added": "A member was added",
    "member.invited": "Somebody was invited",
    "member.signed_in": "Signed in",
    "member.session_ended": "A session was ended",
    "file.stored": "A file was added",
}
STATES = {"active": "Active", "suspended": "Suspended", "moving": "Moving", "closing": "Closing"}


def _frame(request: Request[Any, Any, Any], visitor: Visitor, here: str) -> dict[str, Any]:
    suspended = tenant_of(request).state is TenantState.SUSPENDED
    return {"member": visitor.member, "here": here, "suspended": suspended}


@get("/portal", sync_to_thread=True)
def home(request: Request[Any, Any, Any]) -> Response[str]:
    """Show how the label stands and what happened last."""
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    with tenant_read(tenant) as session:
        activity = list(session.scalars(latest(limit=SHOWN)))
        members = session.scalar(select(func.count()).select_from(Member))
        stored = session.scalar(select(func.count()).select_from(files.StoredFile))
    return page(
        "home.html",
        realm,
        **_frame(request, visitor, "/portal"),
        state=say(STATES[tenant.state.value], realm.language),
        host=realm.host,
        members=members,
        files=stored,
        currency=tenant.currency,
        activity=activity,
        sentences={action: say(text, realm.language) for action, text in SENTENCES.items()},
    )


@get("/portal/files", sync_to_thread=True)
def list_files(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the label's newest files."""
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        query = select(files.StoredFile).order_by(files.StoredFile.created_at.desc(), files.StoredFile.id.desc())
        rows = list(session.scalars(query.limit(SHOWN)))
    return page("files.html", realm_of(request), **_frame(request, visitor, "/portal/files"), rows=rows)


@post("/portal/files", sync_to_thread=True)
def add_file(
    request: Request[Any, Any, Any],
    data: Annotated[dict[str, UploadFile], BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Redirect:
    """Keep an uploaded file."""
    visitor = visitor_of(request)
    upload = data.get("file")
    if upload is None or not upload.filename:
        raise files.FileUnknown
    files.store_stream(visitor.actor, _chunks(upload), name=upload.filename, media_type=upload.content_type)
    return Redirect("/portal/files", status_code=303)


def _chunks(upload: UploadFile) -> Iterator[bytes]:
    while chunk := upload.file.read(READ_BYTES):
        yield chunk


@get("/portal/files/{file_id:str}", sync_to_thread=True)
def open_file(request: Request[Any, Any, Any], file_id: FromPath[str]) -> Redirect:
    """Lead a member to a file through a link that ends."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    known = ids.parse_uuid(file_id)
    if known is None:
        raise files.FileUnknown
    with tenant_read(tenant) as session:
        stored = files.file_to_read(session, visitor.actor, known)
    return Redirect(files.url(tenant, stored.id), status_code=303)


@get("/portal/sessions", sync_to_thread=True)
def list_sessions(request: Request[Any, Any, Any]) -> Response[str]:
    """Show where the member is signed in."""
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        rows = identity.live_sessions(session, visitor.member.id)
    frame = _frame(request, visitor, "/portal/sessions")
    return page("sessions.html", realm_of(request), **frame, rows=rows, own=visitor.session_id)


@post("/portal/sessions/{session_id:str}/end", sync_to_thread=True)
def end_session(request: Request[Any, Any, Any], session_id: FromPath[str]) -> Redirect:
    """End one of the member's own sessions."""
    visitor = visitor_of(request)
    known = ids.parse_uuid(session_id)
    if known is None:
        raise NotFound
    with tenant_work(tenant_of(request)) as session:
        identity.end_session(session, visitor.actor, known)
    return Redirect("/portal/sessions", status_code=303)


@get("/portal/events")
async def follow(request: Request[Any, Any, Any]) -> Stream:
    """Stream the label's activity to a member for as long as the session lasts and the label is at work."""
    visitor, tenant = await sync_to_thread(visitor_of, request), tenant_of(request)
    tenant.check_writable()
    registry = request.app.state.registry
    token = request.cookies.get(cookie_name(), "")
    standing = (tenant.state, tenant.cell, tenant.fence_epoch)

    def still_welcome() -> bool:
        known: Tenant | None = registry.by_id(tenant.id)
        if known is None or (known.state, known.cell, known.fence_epoch) != standing:
            return False
        with tenant_read(known) as session:
            found = identity.member_of_token(session, token)
        return found is not None and found[1].id == visitor.session_id

    hub: Hub = request.app.state.hub
    stream = await opened(hub, tenant, request.headers.get("last-event-id"), still_welcome)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return Stream(stream, media_type="text/event-stream", headers=headers)


@get("/", sync_to_thread=True)
def shop(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show that a shop will stand here; on the operator's host, lead to the console."""
    realm = realm_of(request)
    if realm.is_operator:
        return Redirect("/admin", status_code=303)
    return page("store.html", realm)


handlers = [home, list_files, add_file, open_file, list_sessions, end_session, follow, shop]
