"""What is put right in a batch: cells where they stand, all that is safe, a workbook, and files that stay out."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, URLEncodedBody
from litestar.response import Redirect

from app.kernel.db import tenant_read, tenant_work
from app.kernel.files.rules import content_disposition
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.realm import realm_of
from app.uploads import queries
from app.uploads.errors import BatchUnknown, ChoiceUnusable, WorkbookOfOtherKind
from app.uploads.models import Batch
from app.uploads.pages.batch import BATCH, asked
from app.uploads.pages.batches import UPLOADS
from app.uploads.policies import batch_to_change, batch_to_read, file_of_batch
from app.uploads.rules.told import FIELD_NAMES as FIELDS
from app.uploads.service import batches, leaving, workbooks

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Cells(msgspec.Struct, forbid_unknown_fields=True):
    """Corrected cells: the same number of rows, fields and values."""

    row: list[int] | int = []
    field: list[str] | str = []
    value: list[str] | str = []


@post(f"{BATCH}/corrections", sync_to_thread=True)
def correct(request: Request[Any, Any, Any], batch_id: FromPath[str], data: URLEncodedBody[Cells]) -> Redirect:
    """Take corrected cells and have the batch checked again."""
    visitor, tenant = asked(request)
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
    visitor, tenant = asked(request)
    with tenant_work(tenant) as session:
        batch = batch_to_change(session, visitor, parse_uuid(batch_id))
        batches.correct(session, visitor.actor, batch, queries.safe_suggestions(session, batch.id))
        batches.ask_check(session, batch)
    return Redirect(f"{UPLOADS}/{batch.id}", status_code=303)


@post(f"{BATCH}/workbook", sync_to_thread=True)
def take_workbook(
    request: Request[Any, Any, Any],
    batch_id: FromPath[str],
    data: Annotated[dict[str, UploadFile], BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Redirect:
    """Take a corrected workbook back and have the batch checked again."""
    visitor, tenant = asked(request)
    upload = data.get("workbook")
    if upload is None or not upload.filename:
        raise WorkbookOfOtherKind
    body = upload.file.read()
    with tenant_work(tenant) as session:
        batch = batch_to_change(session, visitor, parse_uuid(batch_id))
        workbooks.take_back(session, visitor.actor, batch, body)
        batches.ask_check(session, batch)
    return flash.done(f"{UPLOADS}/{batch.id}", tenant, sentence("The corrections were taken."))


@post(f"{BATCH}/files/{{file_id:str}}/removal", sync_to_thread=True)
def leave_file_out(request: Request[Any, Any, Any], batch_id: FromPath[str], file_id: FromPath[str]) -> Redirect:
    """Go on without a file."""
    visitor, tenant = asked(request)
    with tenant_work(tenant) as session:
        batch = batch_to_change(session, visitor, parse_uuid(batch_id))
        leaving.leave_out(
            session, visitor.actor, batch, file_of_batch(session, batch, parse_uuid(file_id), locked=True)
        )
        leaving.go_on(session, batch)
    return Redirect(f"{UPLOADS}/{batch.id}?view=files", status_code=303)


@post(f"{BATCH}/unsent-files/removal", sync_to_thread=True)
def leave_unsent_out(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> Redirect:
    """Go on without the files that never arrived whole."""
    visitor, tenant = asked(request)
    with tenant_work(tenant) as session:
        batch = batch_to_change(session, visitor, parse_uuid(batch_id))
        leaving.leave_out_unsent(session, visitor.actor, batch)
        leaving.go_on(session, batch)
    return Redirect(f"{UPLOADS}/{batch.id}", status_code=303)


@get(f"{BATCH}/workbook", sync_to_thread=True)
def workbook(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> Response[bytes]:
    """Give what was refused as a workbook, with what is wrong as comments on its cells."""
    visitor, tenant = asked(request)
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


handlers = [correct, fix_all, workbook, take_workbook, leave_file_out, leave_unsent_out]
