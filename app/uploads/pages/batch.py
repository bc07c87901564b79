"""One batch: what its columns mean, what it would do, what is wrong, and the yes."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from app.identity.pages import visitor_of
from app.identity.policies import Visitor, require
from app.kernel.db import tenant_read, tenant_work
from app.kernel.files.rules import content_disposition
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.uploads import queries
from app.uploads.errors import BatchUnknown, ChoiceUnusable
from app.uploads.models import Batch
from app.uploads.pages.batches import UPLOADS
from app.uploads.policies import batch_to_change, batch_to_read
from app.uploads.rules.told import FIELD_NAMES as FIELDS
from app.uploads.rules.told import told
from app.uploads.service import batches, checking, undoing, workbooks

BATCH = f"{UPLOADS}/{{batch_id:str}}"
VIEWS = ("all", "create", "change", "leave", "refuse")
SHOWN = 1_000
FINDINGS = 200
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Cells(msgspec.Struct, forbid_unknown_fields=True):
    """Corrected cells: the same number of rows, fields and values."""

    row: list[int] | int = []
    field: list[str] | str = []
    value: list[str] | str = []


def _asked(request: Request[Any, Any, Any]) -> tuple[Visitor, Tenant]:
    visitor = visitor_of(request)
    require(visitor, "uploads.create")
    return visitor, tenant_of(request)


@get(BATCH, sync_to_thread=True)
def show(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> Response[str]:
    """Show where a batch stands and what it would do."""
    visitor, tenant = _asked(request)
    view = request.query_params.get("view", "all")
    if view not in VIEWS:
        raise ChoiceUnusable
    with tenant_read(tenant) as session:
        batch = batch_to_read(session, visitor, parse_uuid(batch_id))
        columns = checking.proposed(session, visitor.actor, batch) if batch.stage == "mapping" else []
        items = queries.items(session, batch.id, view, limit=SHOWN)
        findings = queries.findings(session, batch.id, limit=FINDINGS)
    return page(
        "uploads/batch.html",
        realm_of(request),
        here=f"{UPLOADS}/{batch.id}",
        batch=batch,
        view=view,
        columns=columns,
        fields=FIELDS,
        items=items,
        findings=findings,
        told=told(),
        may_undo=undoing.is_possible(batch),
    )


@get(f"{BATCH}/state", sync_to_thread=True)
def state(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> dict[str, Any]:
    """Where a batch stands, in few bytes: pages that show a running batch ask when something happened."""
    visitor, tenant = _asked(request)
    with tenant_read(tenant) as session:
        batch = batch_to_read(session, visitor, parse_uuid(batch_id))
        return {"stage": batch.stage, "version": batch.version, "done": batch.done, "total": batch.total}


@post(f"{BATCH}/columns", sync_to_thread=True)
def confirm_columns(
    request: Request[Any, Any, Any], batch_id: FromPath[str], data: URLEncodedBody[dict[str, str]]
) -> Redirect:
    """Take what the columns mean, as the person confirmed it."""
    visitor, tenant = _asked(request)
    with tenant_work(tenant) as session:
        batch = batch_to_change(session, visitor, parse_uuid(batch_id))
        checking.confirm(session, visitor.actor, batch, {name: field or None for name, field in data.items()})
        batches.ask_check(session, batch)
    return Redirect(f"{UPLOADS}/{batch.id}", status_code=303)


@post(f"{BATCH}/corrections", sync_to_thread=True)
def correct(request: Request[Any, Any, Any], batch_id: FromPath[str], data: URLEncodedBody[Cells]) -> Redirect:
    """Take corrected cells and have the batch checked again."""
    visitor, tenant = _asked(request)
    rows, fields, values = (_listed(part) for part in (data.row, data.field, data.value))
    if not len(rows) == len(fields) == len(values) or any(field not in FIELDS for field in fields):
        raise ChoiceUnusable
    with tenant_work(tenant) as session:
        batch = batch_to_change(session, visitor, parse_uuid(batch_id))
        batches.correct(session, visitor.actor, batch, zip(rows, fields, values, strict=True))
        batches.ask_check(session, batch)
    return Redirect(f"{UPLOADS}/{batch.id}", status_code=303)


@post(f"{BATCH}/fixes", sync_to_thread=True)
def fix_all(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> Redirect:
    """Take every suggestion that is safe, and have the batch checked again."""
    visitor, tenant = _asked(request)
    with tenant_work(tenant) as session:
        batch = batch_to_change(session, visitor, parse_uuid(batch_id))
        batches.correct(session, visitor.actor, batch, queries.safe_suggestions(session, batch.id))
        batches.ask_check(session, batch)
    return Redirect(f"{UPLOADS}/{batch.id}", status_code=303)


@post(f"{BATCH}/approval", sync_to_thread=True)
def apply(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> Redirect:
    """Have done what was shown."""
    visitor, tenant = _asked(request)
    require(visitor, "catalog.edit")
    with tenant_work(tenant) as session:
        batch = batch_to_change(session, visitor, parse_uuid(batch_id))
        batches.ask_apply(session, visitor.actor, batch)
    return Redirect(f"{UPLOADS}/{batch.id}", status_code=303)


@post(f"{BATCH}/undo", sync_to_thread=True)
def undo(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> Redirect:
    """Have the whole batch taken back."""
    visitor, tenant = _asked(request)
    require(visitor, "catalog.edit")
    with tenant_work(tenant) as session:
        batch = batch_to_change(session, visitor, parse_uuid(batch_id))
        batches.ask_undo(session, visitor.actor, batch)
    return flash.done(f"{UPLOADS}/{batch.id}", tenant, sentence("The batch is being taken back."))


@get(f"{BATCH}/workbook", sync_to_thread=True)
def workbook(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> Response[bytes]:
    """Give what was refused as a workbook, with what is wrong as comments on its cells."""
    visitor, tenant = _asked(request)
    with tenant_read(tenant) as session:
        batch = batch_to_read(session, visitor, parse_uuid(batch_id))
        body = workbooks.of_refused(session, visitor.actor, batch, realm_of(request).language)
    name = f"{_stem(batch)}-corrections.xlsx"
    headers = {"content-disposition": content_disposition(name, WORKBOOK, attachment=True)}
    return Response(body, media_type=WORKBOOK, headers=headers)


def _stem(batch: Batch) -> str:
    return batch.name.rpartition(".")[0] or batch.name


def _listed(part: Any) -> list[Any]:
    if part is None:
        raise BatchUnknown
    return part if isinstance(part, list) else [part]


handlers = [show, state, confirm_columns, correct, fix_all, apply, undo, workbook]
