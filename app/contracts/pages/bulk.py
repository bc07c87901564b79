"""Contracts from a sheet: what each row would make, the making and the sending as they go on, and all as an archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect, Stream
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contracts.errors import BatchUnknown, ContractUnknown, SheetUnusable
from app.contracts.models import Contract, ContractBatch, ContractBatchItem
from app.contracts.pages.listing import LISTING, today_of
from app.contracts.pages.sending import CONTRACTS
from app.contracts.policies import batch_to_change, contract_to_edit, may_see_contract, require_bulk
from app.contracts.queries.lists import chosen_contracts
from app.contracts.rules import naming
from app.contracts.rules.sheets import columns_of
from app.contracts.rules.states import STATE_SENTENCES
from app.contracts.service import archiving, bulk, drafting
from app.identity.pages import event_stream, staying, visitor_of
from app.identity.pages.door import again
from app.identity.policies import require_somewhere
from app.kernel import activity, files, jobs
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid
from app.kernel.ids import parse_uuid
from app.kernel.live import Hub, watched
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page, told
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.tables import table

BATCHES = f"{CONTRACTS}/batches"
BATCH = f"{BATCHES}/{{batch_id:str}}"
SHOWN, OFFERED = 500, 500
PIECE = 1 << 18
BATCH_SENTENCES = {
    "checking": "Is looked through",
    "refused": "Refused",
    "ready": "Ready",
    "creating": "Being made",
    "created": "Made",
    "sending": "Being sent",
    "sent": "Sent",
    "failed": "Not sent",
}
AnyRequest = Request[Any, Any, Any]


def called(request: AnyRequest) -> Callable[[str], str]:
    """What the columns of a sheet are called to the reader of a request."""
    return partial(naming.named, say=partial(told, realm_of(request)))


@get(BATCHES, sync_to_thread=True)
def list_batches(request: AnyRequest) -> Response[Any]:
    """Show what was made from sheets lately, and the way to make more."""
    visitor = visitor_of(request)
    require_bulk(visitor)
    with tenant_read(tenant_of(request)) as session:
        shown = _offered(session, request)
    return page("contracts/bulk_list.html", realm_of(request), problem=None, **shown)


def _offered(session: Session, request: AnyRequest) -> dict[str, Any]:
    visitor = visitor_of(request)
    mine = select(Contract).where(may_see_contract(visitor, "contracts.edit"))
    latest_first = select(ContractBatch).order_by(ContractBatch.created_at.desc(), ContractBatch.id)
    return {
        "here": BATCHES,
        "batches": list(session.scalars(latest_first.limit(SHOWN))),
        "templates": list(session.scalars(mine.order_by(Contract.created_at.desc()).limit(OFFERED))),
        "names": BATCH_SENTENCES,
        "chosen": request.query_params.get("template", ""),
    }


@get(f"{BATCHES}/columns", sync_to_thread=True)
def columns(request: AnyRequest) -> Response[bytes]:
    """An empty sheet with every column that can be filled for a contract."""
    visitor = visitor_of(request)
    require_bulk(visitor)
    with tenant_read(tenant_of(request)) as session:
        contract = contract_to_edit(session, visitor, parse_uuid(request.query_params.get("template", "")))
        heads = columns_of(drafting.latest(session, contract.id).read())
    return table(f"contracts-{contract.number}", request.query_params.get("as", "csv"), heads, [])


@post(BATCHES, sync_to_thread=True)
def open_batch(
    request: AnyRequest,
    data: Annotated[dict[str, Any], BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Take a sheet and a contract to merge it into."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_bulk(visitor)
    upload, chosen = data.get("sheet"), data.get("template")
    try:
        with tenant_read(tenant) as session:
            template = contract_to_edit(session, visitor, parse_uuid(str(chosen or "")))
        if not isinstance(upload, UploadFile) or not upload.filename:
            raise SheetUnusable(columns="—")
    except (ContractUnknown, Invalid) as refusal:
        with tenant_read(tenant) as session:
            shown = _offered(session, request)
        return again(request, "contracts/bulk_list.html", refusal, **shown)
    media_type = upload.content_type or "application/octet-stream"
    stored = files.store_stream(visitor.actor, pieces_of(upload), name=upload.filename, media_type=media_type)
    with tenant_work(tenant) as session:
        batch = bulk.open_batch(session, visitor.actor, template, name=stored.name, file_id=stored.id)
    return Redirect(f"{BATCHES}/{batch.id}", status_code=303)


def pieces_of(upload: UploadFile) -> Iterator[bytes]:
    """What was uploaded, a piece at a time."""
    while chunk := upload.file.read(PIECE):
        yield chunk


@get(BATCH, sync_to_thread=True)
def show(request: AnyRequest, batch_id: FromPath[str]) -> Response[Any]:
    """Show where a batch stands, row by row."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        batch = batch_to_change(session, visitor, parse_uuid(batch_id))
        query = (
            select(ContractBatchItem, Contract.number, Contract.title, Contract.state)
            .outerjoin(Contract, Contract.id == ContractBatchItem.contract_id)
            .where(ContractBatchItem.batch_id == batch.id)
        )
        if (wanted := request.query_params.get("state")) in BATCH_SENTENCES:
            query = query.where(ContractBatchItem.state == wanted)
        shown: dict[str, Any] = {
            "rows": session.execute(query.order_by(ContractBatchItem.number).limit(SHOWN)).all(),
            "counts": bulk.counts(session, batch),
            "state": bulk.state_of(session, batch),
            "source": session.get_one(Contract, batch.template_id) if batch.template_id else None,
        }
    shown |= {"names": BATCH_SENTENCES, "states": STATE_SENTENCES, "contracts": CONTRACTS, "running": bulk.RUNNING}
    shown["called"] = called(request)
    return page("contracts/bulk.html", realm_of(request), here=f"{BATCHES}/{batch.id}", batch=batch, **shown)


@get(f"{BATCH}/state", sync_to_thread=True)
def state(request: AnyRequest, batch_id: FromPath[str]) -> dict[str, Any]:
    """Where a batch stands, in few bytes."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        return bulk.state_of(session, batch_to_change(session, visitor, parse_uuid(batch_id)))


@get(f"{BATCH}/events")
async def events(request: AnyRequest, batch_id: FromPath[str]) -> Stream:
    """Stream where a batch stands."""
    visitor, tenant = await sync_to_thread(visitor_of, request), tenant_of(request)

    def look() -> tuple[dict[str, Any], bool]:
        with tenant_read(tenant) as session:
            batch = batch_to_change(session, visitor, parse_uuid(batch_id))
            return bulk.state_of(session, batch), batch.state in bulk.RUNNING

    await sync_to_thread(look)  # what may not be seen is refused before a stream begins
    hub: Hub = request.app.state.hub
    return event_stream(await watched(hub, tenant, look, staying(request, visitor)))


@post(f"{BATCH}/approval", sync_to_thread=True)
def approve(request: AnyRequest, batch_id: FromPath[str]) -> Redirect:
    """Have the contracts made."""
    visitor = visitor_of(request)
    with tenant_work(tenant_of(request)) as session:
        bulk.approve(session, visitor.actor, batch_to_change(session, visitor, parse_uuid(batch_id), lock=True))
    return Redirect(f"{BATCHES}/{batch_id}", status_code=303)


@post(f"{BATCH}/sending", sync_to_thread=True, opt={"recent": True, "in_person": True})
def send(request: AnyRequest, batch_id: FromPath[str]) -> Redirect:
    """Have the contracts sent that were made."""
    visitor = visitor_of(request)
    with tenant_work(tenant_of(request)) as session:
        bulk.ask_send(session, visitor.actor, batch_to_change(session, visitor, parse_uuid(batch_id), lock=True))
    return Redirect(f"{BATCHES}/{batch_id}", status_code=303)


@post(f"{BATCH}/reminders", sync_to_thread=True)
def remind(request: AnyRequest, batch_id: FromPath[str]) -> Redirect:
    """Have everybody reminded who has not signed."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        batch = batch_to_change(session, visitor, parse_uuid(batch_id))
        jobs.ask(session, "contracts.remind_batch", {"batch": str(batch.id)})
    said = sentence("Whoever was neither asked nor reminded within the last three days is reminded now.")
    return flash.done(f"{BATCHES}/{batch_id}", tenant, said)


@get(f"{CONTRACTS}/export/archive", sync_to_thread=True)
def archive(request: AnyRequest) -> Stream:
    """All papers of the contracts of a filter or of a sheet, as a ZIP with an index."""
    visitor, tenant, batch = visitor_of(request), tenant_of(request), request.query_params.get("batch", "")
    require_somewhere(visitor, "contracts.view")
    asked, batch_id = LISTING.asked("" if batch else request.url.query), parse_uuid(batch)
    if batch and batch_id is None:
        raise BatchUnknown
    with tenant_work(tenant) as session:
        only = chosen_contracts(asked, today_of(tenant))
        rows = archiving.papers(session, visitor, only=only, batch_id=batch_id)
        after = {"rows": len(rows), "filter": asked.query or batch}
        activity.record(session, visitor.actor, "contract.exported", after=after)
    pieces = archiving.streamed(tenant, rows, partial(told, realm_of(request)))
    headers = {"content-disposition": 'attachment; filename="contracts.zip"'}
    return Stream(pieces, media_type="application/zip", headers=headers)


handlers = [list_batches, columns, open_batch, show, state, events, approve, send, remind, archive]
