"""One batch: what its columns mean, what it would do, what is wrong, and the yes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Stream
from sqlalchemy.orm import Session

from app.identity.pages import event_stream, staying, visitor_of
from app.identity.policies import Visitor, require
from app.kernel import files
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.live import Hub, watched
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.refusals import status_of
from app.uploads import queries
from app.uploads.errors import ChoiceUnusable, ColumnsUnusable
from app.uploads.models import Batch, BatchFile
from app.uploads.pages.batches import UPLOADS
from app.uploads.policies import batch_to_change, batch_to_read
from app.uploads.rules.told import CHANGED, file_rule, told
from app.uploads.rules.told import FIELD_NAMES as FIELDS
from app.uploads.service import batches, checking, restarting, steps, undoing

BATCH = f"{UPLOADS}/{{batch_id:str}}"
VIEWS = (queries.EVERYTHING, "create", "change", "leave", "refuse", "files")
SHOWN = 200
FINDINGS = 200
FILES = 25
PAGE_DIGITS = 6
THUMBNAIL = "96"


def asked(request: Request[Any, Any, Any]) -> tuple[Visitor, Tenant]:
    """Who asks, and of which label: whoever may upload."""
    visitor = visitor_of(request)
    require(visitor, "uploads.create")
    return visitor, tenant_of(request)


@get(BATCH, sync_to_thread=True)
def show(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> Response[str]:
    """Show where a batch stands and what it would do."""
    return _shown(request, batch_id, {})


def _shown(
    request: Request[Any, Any, Any], batch_id: str, meant: dict[str, str], problems: ColumnsUnusable | None = None
) -> Response[str]:
    """The page of a batch; where what the columns are meant to be cannot be used, with why."""
    visitor, tenant = asked(request)
    view = request.query_params.get("view", "")
    if view and view not in VIEWS:
        raise ChoiceUnusable
    with tenant_read(tenant) as session:
        batch = batch_to_read(session, visitor, parse_uuid(batch_id))
        # Before there is anything to say of releases, what came with them is to be seen.
        view = view or (queries.EVERYTHING if batch.counts else "files")
        part = _files(request, session, batch) if view == "files" else _releases(request, session, batch, view)
        part["columns"] = checking.proposed(session, visitor.actor, batch) if batch.stage == "mapping" else []
        part["counted"] = queries.file_counts(session, batch.id)
        state = steps.state_of(session, tenant, batch)
    return page(
        "uploads/batch.html",
        realm_of(request),
        status=status_of(problems) if problems else 200,
        here=f"{UPLOADS}/{batch.id}",
        batch=batch,
        meant=meant,
        problems=problems.fields if problems else {},
        view=view,
        state=state,
        steps=steps.STEPS,
        fields=FIELDS,
        told=told(),
        may_undo=undoing.is_possible(batch),
        may_restart=restarting.may_restart(batch, state["trouble"]),
        **part,
    )


def _releases(request: Request[Any, Any, Any], session: Session, batch: Batch, view: str) -> dict[str, Any]:
    at = _page(request)
    found = queries.items(session, batch.id, view, limit=SHOWN + 1, offset=(at - 1) * SHOWN)
    return {
        "items": found[:SHOWN],
        "findings": queries.findings(session, batch.id, limit=FINDINGS),
        "changed": CHANGED,
        "paths": queries.paths(session, batch.id) if view == "change" else {},
        "at": at,
        "more": len(found) > SHOWN,
    }


def _page(request: Request[Any, Any, Any]) -> int:
    """Which page of a list is asked for, from 1."""
    number = request.query_params.get("page", "1")
    if not number.isdecimal() or len(number) > PAGE_DIGITS:
        raise ChoiceUnusable
    return max(int(number), 1)


def _files(request: Request[Any, Any, Any], session: Session, batch: Batch) -> dict[str, Any]:
    tenant, at = tenant_of(request), _page(request)
    chosen = request.query_params.get("show", queries.EVERYTHING)
    if chosen not in (queries.EVERYTHING, *queries.SHOWN_FILES):
        raise ChoiceUnusable
    found = queries.files(session, batch.id, chosen, limit=FILES + 1, offset=(at - 1) * FILES)
    return {
        "files": found[:FILES],
        "chosen": chosen,
        "at": at,
        "more": len(found) > FILES,
        "sound_of": lambda file: files.url(tenant, file.preview_id) if file.preview_id else None,
        "picture_of": lambda file: _picture(tenant, file),
        "rule_of": file_rule,
    }


def _picture(tenant: Tenant, file: BatchFile) -> str | None:
    """An address of a small copy of a cover, where there is one."""
    small = (((file.facts or {}).get("thumbnails") or {}).get(THUMBNAIL) or {}).get("webp")
    return files.url(tenant, UUID(small)) if small else None


@get(f"{BATCH}/state", sync_to_thread=True)
def state(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> dict[str, Any]:
    """Where a batch stands, in few bytes, for pages that cannot be told of it."""
    visitor, tenant = asked(request)
    with tenant_read(tenant) as session:
        return steps.state_of(session, tenant, batch_to_read(session, visitor, parse_uuid(batch_id)))


@get(f"{BATCH}/events")
async def events(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> Stream:
    """Stream where a batch stands, for as long as the session lasts and the batch may be seen."""
    visitor, tenant = await sync_to_thread(asked, request)

    def look() -> tuple[dict[str, Any], bool]:
        with tenant_read(tenant) as session:
            batch = batch_to_read(session, visitor, parse_uuid(batch_id))
            return steps.state_of(session, tenant, batch), batch.stage in steps.RUNNING

    await sync_to_thread(look)  # what may not be seen is refused before a stream begins
    hub: Hub = request.app.state.hub
    return event_stream(await watched(hub, tenant, look, staying(request, visitor)))


@post(f"{BATCH}/columns", sync_to_thread=True)
def confirm_columns(
    request: Request[Any, Any, Any], batch_id: FromPath[str], data: URLEncodedBody[dict[str, str]]
) -> Response[Any]:
    """Take what the columns mean, as the person confirmed it."""
    visitor, tenant = asked(request)
    try:
        with tenant_work(tenant) as session:
            batch = batch_to_change(session, visitor, parse_uuid(batch_id))
            checking.confirm(session, visitor.actor, batch, {name: field or None for name, field in data.items()})
            batches.ask_check(session, batch)
    except ColumnsUnusable as refusal:
        return _shown(request, batch_id, data, refusal)
    return Redirect(f"{UPLOADS}/{batch.id}", status_code=303)


@post(f"{BATCH}/approval", sync_to_thread=True)
def apply(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> Redirect:
    """Have done what was shown."""
    visitor, tenant = asked(request)
    require(visitor, "catalog.edit")
    with tenant_work(tenant) as session:
        batch = batch_to_change(session, visitor, parse_uuid(batch_id))
        batches.ask_apply(session, visitor.actor, batch)
    return Redirect(f"{UPLOADS}/{batch.id}", status_code=303)


@post(f"{BATCH}/undo", sync_to_thread=True)
def undo(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> Redirect:
    """Have the whole batch taken back."""
    visitor, tenant = asked(request)
    require(visitor, "catalog.edit")
    with tenant_work(tenant) as session:
        batch = batch_to_change(session, visitor, parse_uuid(batch_id))
        batches.ask_undo(session, visitor.actor, batch)
    return flash.done(f"{UPLOADS}/{batch.id}", tenant, sentence("The batch is being taken back."))


@post(f"{BATCH}/restart", sync_to_thread=True)
def restart(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> Redirect:
    """Have the work of a stage done again that came to nothing."""
    visitor, tenant = asked(request)
    with tenant_work(tenant) as session:
        batch = batch_to_change(session, visitor, parse_uuid(batch_id))
        restarting.restart(session, visitor.actor, batch)
    return Redirect(f"{UPLOADS}/{batch.id}", status_code=303)


handlers = [show, state, events, confirm_columns, apply, undo, restart]
