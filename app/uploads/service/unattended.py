"""A whole upload without anybody at a screen: the command line's way through the same stages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import files
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.uploads import queries
from app.uploads.models import Batch, BatchFinding, BatchItem
from app.uploads.rules.told import told
from app.uploads.service import applying, batches, checking
from app.uploads.service.folders import Progress, take_folder, told_of_files

READ_BYTES = 1 << 20


def bring_in(
    tenant: Tenant, manifest: Path, folder: Path | None = None, *, dry: bool, fix: bool, progress: Progress
) -> dict[str, Any]:
    """Receive, map, measure, check and apply a manifest with the files of a folder.

    Tells the counts, every refused release with row and rule, and every file that cannot be used.
    """
    actor = Actor.system(tenant)
    stored = files.store_stream(actor, _chunks(manifest), name=manifest.name, media_type="application/octet-stream")
    progress("Mapping", 0, 0)
    with tenant_work(tenant) as session:
        batch = batches.open_batch(session, actor, name=stored.name, manifest_id=stored.id)
        mapping = {column.header: column.field for column in checking.proposed(session, actor, batch)}
        checking.confirm(session, actor, batch, mapping)
    if folder is not None:
        take_folder(tenant, batch.id, folder, progress)
    progress("Checking", 0, 0)
    _check(tenant, batch.id)
    if fix:
        with tenant_work(tenant) as session:
            batches.correct(session, actor, batch, queries.safe_suggestions(session, batch.id))
        _check(tenant, batch.id)
    if not dry:
        progress("Applying", 0, 0)
        with tenant_work(tenant) as session:
            batches.go(session, session.get_one(Batch, batch.id), "applying")
            applying.apply(session, tenant, batch.id)
    with tenant_read(tenant) as session:
        told_of_rows = _told(session, session.get_one(Batch, batch.id))
        return told_of_rows | ({"files": told_of_files(session, batch.id)} if folder is not None else {})


def _check(tenant: Tenant, batch_id: UUID) -> None:
    with tenant_work(tenant) as session:
        batches.go(session, session.get_one(Batch, batch_id), "checking")
        checking.check_and_write(session, tenant, batch_id)


def _told(session: Session, batch: Batch) -> dict[str, Any]:
    query = (
        select(BatchItem.title, BatchFinding)
        .join(BatchItem, (BatchItem.batch_id == BatchFinding.batch_id) & (BatchItem.number == BatchFinding.item))
        .where(BatchFinding.batch_id == batch.id, BatchFinding.refuses)
        .order_by(BatchFinding.number)
    )
    sentences = told()
    refused = [
        {
            "release": title,
            "row": finding.row,
            "field": finding.field,
            "value": finding.value,
            "rule": finding.rule,
            "message": sentences.get(finding.rule, finding.rule),
            "suggestion": finding.suggestion,
        }
        for title, finding in session.execute(query)
    ]
    return {"batch": str(batch.id), "stage": batch.stage, **batch.counts, "findings": refused}


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while chunk := source.read(READ_BYTES):
            yield chunk
