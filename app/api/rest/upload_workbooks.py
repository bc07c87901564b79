"""Workbooks of uploads: what was refused, taken along to be put right, and brought back."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Call
from app.api.rest.conventions.numbered import asked
from app.api.rest.uploads import BATCHES, SECTION, UploadView
from app.kernel.db import tenant_read
from app.kernel.files.rules import content_disposition
from app.uploads.policies import batch_to_change, batch_to_read
from app.uploads.service import batches, workbooks

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@SECTION.document("/uploads/{upload_id}/workbook", scope="uploads:write", media_type=WORKBOOK)
def fetch_upload_workbook(call: Call) -> Answer:
    """Fetch what was refused as a workbook. What is wrong stands as comments on its cells."""
    asked(call, {})
    with tenant_read(call.tenant) as session:
        batch = batch_to_read(session, call.visitor, call.id("upload_id"))
        content = workbooks.of_refused(session, call.actor, batch, call.realm.language)
    name = f"{batch.name.rpartition('.')[0] or batch.name}-corrections.xlsx"
    headers = {"content-disposition": content_disposition(name, WORKBOOK, attachment=True)}
    return Answer(content, headers=headers, media_type=WORKBOOK)


@SECTION.submit(
    "/uploads/{upload_id}/workbook", scope="uploads:write", raw=(WORKBOOK, "application/octet-stream"), gives=UploadView
)
def send_upload_workbook(call: Call, session: Session, body: bytes) -> Answer:
    """Send a corrected workbook back. The upload is looked through again."""
    batch = batch_to_change(session, call.visitor, call.id("upload_id"))
    workbooks.take_back(session, call.actor, batch, body)
    batches.ask_check(session, batch)
    session.flush()
    return BATCHES.one(call, session, batch.id, status=202)
