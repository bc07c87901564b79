"""Uploads: whole catalogues from a sheet with audio and covers, looked through, applied, and taken back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from litestar import Request
from msgspec import Meta
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.api.rest.conventions import BASE, Answer, Body, Call, Resource, Section, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.running import counted
from app.api.rest.conventions.schemas import Count, Id, Moment, Text
from app.api.service.callers import caller_of, require_scope
from app.identity.policies import Visitor, allows, require
from app.kernel import files
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.kernel.web.paging import page_size
from app.kernel.web.realm import tenant_of
from app.uploads import queries
from app.uploads.errors import ChoiceUnusable
from app.uploads.models import Batch
from app.uploads.pages.files import elsewhere
from app.uploads.policies import batch_to_change, batch_to_read
from app.uploads.rules.told import FIELD_NAMES
from app.uploads.service import batches, bucket, checking, leaving, restarting

SECTION = Section(
    "Uploads",
    "A sheet of releases and tracks with its audio and covers. It is looked through first (a dry run), applied once "
    "you approve what it would do, and can be taken back for three days. Files come in by tus 1.0.0.",
)
UPLOADS = f"{BASE}/uploads"
SHEETS = (
    "text/csv", "text/tab-separated-values", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/octet-stream",
)  # fmt: skip
TUS = {"Tus-Resumable": {"type": "string", "enum": ["1.0.0"]}}
_NAME = {"type": "string", "minLength": 1, "maxLength": 200, "description": "What the sheet is called, with its "
         "ending.", "examples": ["autumn.csv"]}  # fmt: skip


class UploadView(View):
    """A sheet and where it stands. `counts` says how many releases it would make, change, leave and refuse."""

    id: Id
    name: Annotated[str, Meta(examples=["autumn.csv"])]
    stage: Annotated[str, Meta(examples=["review"])]
    problem: str | None
    done: Count
    total: Count
    counts: dict[str, int]
    created_at: Moment
    applied_at: Moment | None
    undone_at: Moment | None


class ColumnView(View):
    """A column of a sheet, and the field that it is taken for; none where it is left out."""

    header: str
    field: str | None
    example: str | None


class ColumnList(View):
    """Every column of a sheet, and the fields that there are."""

    items: list[ColumnView]
    fields: list[str]


class ItemView(View):
    """One release of a sheet: what would become of it, or became."""

    title: str
    artist_line: str
    row: int
    tracks: int
    verdict: Literal["create", "change", "leave", "refuse"]
    warnings: int
    release_id: Id | None


class ItemList(View):
    """Releases of a sheet in its order."""

    items: list[ItemView]
    more: bool


class UploadFindingView(View):
    """What is wrong with one cell or file."""

    row: int | None
    file: str | None
    field: str
    rule: str
    severity: str
    value: str | None
    suggestion: str | None


class UploadFindings(View):
    """What keeps releases from being loaded, in the sheet's order."""

    items: list[UploadFindingView]


class UploadFileView(View):
    """An audio file or cover of a sheet, and how much of it is here."""

    id: Id
    path: Annotated[str, Meta(examples=["audio/01.wav"])]
    size: Count
    received: Count
    state: Literal["receiving", "received", "measured", "refused"]
    verdict: str | None


class Columns(Body, frozen=True):
    """What columns mean: each header with the field that it is, or none."""

    columns: dict[Annotated[str, Meta(max_length=500)], Annotated[str, Meta(max_length=100)] | None]


class Cell(Body, frozen=True):
    """A corrected cell."""

    row: Annotated[int, Meta(ge=0, le=10_000_000)]
    field: Annotated[str, Meta(max_length=100, examples=["title"])]
    value: Annotated[str, Meta(max_length=20_000)]


class Corrections(Body, frozen=True):
    """Corrected cells; without any, every suggestion that is safe is taken."""

    cells: Annotated[list[Cell], Meta(max_length=10_000)] | None = None


class Import(Body, frozen=True):
    """A folder below the place from which the label may fetch files."""

    folder: Text = ""


def _visible(visitor: Visitor) -> ColumnElement[bool]:
    require(visitor, "uploads.create")
    if allows(visitor, "catalog.edit") and visitor.scope.is_whole:
        return Batch.id.is_not(None)
    return Batch.created_by == visitor.member.id


BATCHES = Resource(
    name="uploads",
    view=UploadView,
    model=Batch,
    visible=_visible,
    filters={"stage": by.text(Batch.stage, "Uploads that stand here.", "review")},
)


@SECTION.listing("/uploads", BATCHES, scope="uploads:write")
def list_uploads(call: Call, session: Session) -> Answer:
    """List uploads. The client's own; all of them for clients that edit the whole catalogue."""
    return BATCHES.page(call, session)


@SECTION.apart("/uploads", scope="uploads:write", raw=SHEETS, gives=UploadView, query={"name": _NAME})
def begin_upload(call: Call, body: bytes) -> Answer:
    """Begin an upload with a sheet. CSV, TSV or XLSX as it is, up to 32 MB."""
    require(call.visitor, "uploads.create")
    name = call.only("name", needed=True) or ""
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip()
    stored = files.store_stream(call.actor, [body], name=name, media_type=kind)
    with tenant_work(call.tenant) as session:
        batch = batches.open_batch(session, call.actor, name=stored.name, manifest_id=stored.id)
        session.flush()
        shown = BATCHES.shown(session, call.visitor, [batch.id])[batch.id]
    return Answer(shown, status=201, location=f"{UPLOADS}/{batch.id}")


@SECTION.get("/uploads/{upload_id}", scope="uploads:write", resource=BATCHES)
def read_upload(call: Call, session: Session) -> Answer:
    """Read where an upload stands."""
    return BATCHES.one(call, session, batch_to_read(session, call.visitor, call.id("upload_id")).id)


@SECTION.get("/uploads/{upload_id}/columns", scope="uploads:write", gives=ColumnList)
def read_columns(call: Call, session: Session) -> Answer:
    """Read what columns are taken for. As far as they are known; confirm them to have the sheet looked through."""
    batch = batch_to_read(session, call.visitor, call.id("upload_id"))
    columns = checking.proposed(session, call.actor, batch) if batch.stage == "mapping" else []
    shown = [{"header": each.header, "field": each.field, "example": each.example} for each in columns]
    return Answer({"items": shown, "fields": list(FIELD_NAMES)})


@SECTION.put("/uploads/{upload_id}/columns", scope="uploads:write", takes=Columns, resource=BATCHES)
def confirm_columns(call: Call, session: Session, body: Columns) -> Answer:
    """Confirm what columns mean. The sheet is looked through then; nothing of the catalogue changes."""
    batch = batch_to_change(session, call.visitor, call.id("upload_id"))
    checking.confirm(session, call.actor, batch, dict(body.columns))
    batches.ask_check(session, batch)
    return _done(call, session, batch)


def _done(call: Call, session: Session, batch: Batch) -> Answer:
    session.flush()
    return BATCHES.one(call, session, batch.id)


_VERDICT = {"type": "string", "enum": ["create", "change", "leave", "refuse"], "description": "Only these."}
_PAGE = {"type": "integer", "minimum": 1, "maximum": 99_999, "default": 1, "description": "Which page, from 1."}
_LIMIT = {"type": "integer", "minimum": 1, "maximum": 200, "default": 50, "description": "How many are on a page."}


@SECTION.get(
    "/uploads/{upload_id}/items",
    scope="uploads:write",
    gives=ItemList,
    query={"verdict": _VERDICT, "page": _PAGE, "limit": _LIMIT},
)
def list_upload_items(call: Call, session: Session) -> Answer:
    """List the releases of an upload. What would become of each, or became."""
    batch = batch_to_read(session, call.visitor, call.id("upload_id"))
    verdict, page = call.only("verdict") or queries.EVERYTHING, call.only("page") or "1"
    if verdict not in (queries.EVERYTHING, *_VERDICT["enum"]) or not page.isascii() or not page.isdigit():
        raise ChoiceUnusable
    limit = page_size(call.only("limit"))
    start = (max(1, int(page[:5])) - 1) * limit
    rows = queries.items(session, batch.id, verdict, limit=limit + 1, offset=start)
    shown = [{name: getattr(row, name) for name in queries.LISTED} for row in rows[:limit]]
    return Answer({"items": shown, "more": len(rows) > limit})


@SECTION.get("/uploads/{upload_id}/findings", scope="uploads:write", gives=UploadFindings)
def list_upload_findings(call: Call, session: Session) -> Answer:
    """List what is wrong with an upload. The first two hundred that keep releases from being loaded."""
    batch = batch_to_read(session, call.visitor, call.id("upload_id"))
    names = UploadFindingView.__struct_fields__
    found = queries.findings(session, batch.id, limit=200)
    return Answer({"items": [{name: getattr(row, name) for name in names} for row in found]})


@SECTION.post(
    "/uploads/{upload_id}/corrections", scope="uploads:write", takes=Corrections, resource=BATCHES, status=200
)
def correct_upload(call: Call, session: Session, body: Corrections) -> Answer:
    """Correct an upload. Cells as they should be, or every safe suggestion; it is looked through again."""
    batch = batch_to_change(session, call.visitor, call.id("upload_id"))
    if body.cells is None:
        batches.correct(session, call.actor, batch, queries.safe_suggestions(session, batch.id))
    else:
        if any(cell.field not in FIELD_NAMES for cell in body.cells):
            raise ChoiceUnusable
        batches.correct(session, call.actor, batch, [(cell.row, cell.field, cell.value) for cell in body.cells])
    batches.ask_check(session, batch)
    return _done(call, session, batch)


@SECTION.put("/uploads/{upload_id}/approval", scope="uploads:write", resource=BATCHES)
def approve_upload(call: Call, session: Session) -> Answer:
    """Have an upload applied. What was shown is done, in the background; needs the right to edit the catalogue."""
    require(call.visitor, "catalog.edit")
    batch = batch_to_change(session, call.visitor, call.id("upload_id"))
    batches.ask_apply(session, call.actor, batch)
    return _done(call, session, batch)


@SECTION.delete("/uploads/{upload_id}/approval", scope="uploads:write", resource=BATCHES)
def undo_upload(call: Call, session: Session) -> Answer:
    """Have an upload taken back. Within three days of its being applied."""
    require(call.visitor, "catalog.edit")
    batch = batch_to_change(session, call.visitor, call.id("upload_id"))
    batches.ask_undo(session, call.actor, batch)
    return _done(call, session, batch)


@SECTION.post("/uploads/{upload_id}/restarts", scope="uploads:write", resource=BATCHES, status=200)
def restart_upload(call: Call, session: Session) -> Answer:
    """Have the work of a stage done again. Where it came to nothing."""
    batch = batch_to_change(session, call.visitor, call.id("upload_id"))
    restarting.restart(session, call.actor, batch)
    return _done(call, session, batch)


@SECTION.post("/uploads/{upload_id}/imports", scope="uploads:write", takes=Import, resource=BATCHES, status=202)
def import_files(call: Call, session: Session, body: Import) -> Answer:
    """Have files fetched. From the place that the label has for it."""
    batch = batch_to_change(session, call.visitor, call.id("upload_id"))
    bucket.ask_import(session, call.actor, batch, body.folder)
    session.flush()
    return BATCHES.one(call, session, batch.id, status=202)


@SECTION.delete("/uploads/{upload_id}/unsent-files", scope="uploads:write", resource=BATCHES)
def leave_unsent_out(call: Call, session: Session) -> Answer:
    """Go on without files that never came whole."""
    batch = batch_to_change(session, call.visitor, call.id("upload_id"))
    leaving.leave_out_unsent(session, call.actor, batch)
    leaving.go_on(session, batch)
    return _done(call, session, batch)


def _asked(request: Request[Any, Any, Any]) -> tuple[Visitor, Tenant]:
    """Who asks of the files of an upload, by their token."""
    caller, tenant = caller_of(request), tenant_of(request)
    counted(tenant, caller)
    require_scope(caller, "uploads:write")
    require(caller.visitor, "uploads.create")
    return caller.visitor, tenant


_LISTED, _CREATED, _LOOKED, _APPENDED, _LEFT = elsewhere(UPLOADS, _asked)
_FILES, _FILE = "/uploads/{batch_id}/files", "/uploads/{batch_id}/files/{file_id}"
_LENGTH = {"type": "integer", "minimum": 0, "description": "How many bytes the file has."}
_METADATA = {"type": "string", "description": "Pairs of a name and its value in Base64; `relativePath` or `filename` "
             "is the file's.", "examples": ["filename MDEud2F2"]}  # fmt: skip
_OFFSET = {"type": "integer", "minimum": 0, "description": "From which byte on the body goes."}


@SECTION.served("GET", _FILES, _LISTED, scope="uploads:write", gives=list[UploadFileView])
def list_upload_files() -> None:
    """List the files of an upload."""


@SECTION.served(
    "POST",
    _FILES,
    _CREATED,
    scope="uploads:write",
    status=201,
    headers={**TUS, "Upload-Length": _LENGTH, "Upload-Metadata": _METADATA},
)
def announce_upload_file() -> None:
    """Announce a file (tus creation). Its address is in the Location header; the same path again is the same file."""


@SECTION.served("GET", _FILE, _LOOKED, scope="uploads:write", gives=UploadFileView)
def read_upload_file() -> None:
    """Read how much of a file is here. A HEAD is answered by the same Upload-Offset, as tus wants it."""


@SECTION.served(
    "PATCH",
    _FILE,
    _APPENDED,
    scope="uploads:write",
    status=204,
    raw=("application/offset+octet-stream",),
    headers={**TUS, "Upload-Offset": _OFFSET},
)
def append_upload_file() -> None:
    """Send the next bytes of a file (tus core). What came before the line broke is kept."""


@SECTION.served("DELETE", _FILE, _LEFT, scope="uploads:write", status=204)
def leave_upload_file_out() -> None:
    """Leave a file out (tus termination)."""
