"""A whole upload without anybody at a screen: the command line's way through the same stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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

READ_BYTES = 1 << 20


def bring_in(
    tenant: Tenant, manifest: Path, *, dry: bool, fix: bool, progress: Callable[[str], object]
) -> dict[str, Any]:
    """Receive, map, check and apply a manifest, and tell the counts and every refused release with row and rule."""
    actor = Actor.system(tenant)
    stored = files.store_stream(actor, _chunks(manifest), name=manifest.name, media_type="application/octet-stream")
    progress("Mapping")
    with tenant_work(tenant) as session:
        batch = batches.open_batch(session, actor, name=stored.name, manifest_id=stored.id)
        mapping = {column.header: column.field for column in checking.proposed(session, actor, batch)}
        checking.confirm(session, actor, batch, mapping)
    progress("Checking")
    _check(tenant, batch.id)
    if fix:
        with tenant_work(tenant) as session:
            batches.correct(session, actor, batch, queries.safe_suggestions(session, batch.id))
        _check(tenant, batch.id)
    if not dry:
        progress("Applying")
        with tenant_work(tenant) as session:
            batches.go(session, session.get_one(Batch, batch.id), "applying")
            applying.apply(session, tenant, batch.id)
    with tenant_read(tenant) as session:
        return _told(session, session.get_one(Batch, batch.id))


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
