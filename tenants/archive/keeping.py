"""Exports that a label asks for itself: made by a worker, which may read whole schemas, and kept for a day."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from app.kernel import activity, clock, crypto, failpoint, files, ids, jobs
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.kernel.db import platform_read, platform_work, tenant_work
from app.kernel.jobs.outbox import OutboxRow
from app.kernel.tenant import READ_ONLY, Tenant, TenantState
from tenants.archive.errors import ExportUnknown
from tenants.archive.exporting import write_archive
from tenants.archive.models import KEPT, Export
from tenants.archive.restoring import scratch
from tenants.registry.queries import fresh_tenant, tenant_row

TASK = "tenants.export"
TIME_LIMIT = 600
LINK_LIFE = timedelta(minutes=10)
PIECE = 1 << 20
TELL_EVERY_SECONDS = 1.0


def ask(tenant: Tenant, *, by: Actor) -> UUID:
    """Have everything of a label exported, and give back the export; while one is being made, asking gives that one."""
    with platform_work() as session:
        tenant_row(session, tenant.id, for_update=True)  # two at once ask one after the other
        newest = _newest(session, tenant)
        if newest is not None and newest.ready_at is None and not has_failed(session, newest):
            return newest.id
        export = Export(id=ids.new_id(), tenant_id=tenant.id, asked_at=clock.now())
        session.add(export)
        session.flush()
        jobs.ask(session, TASK, {"export": str(export.id)}, key=str(export.id))
    with tenant_work(tenant, even=READ_ONLY) as session:
        activity.record(session, by, "label.export_asked", subject_type="export", subject_id=export.id)
    return export.id


def newest(tenant: Tenant) -> tuple[Export, bool] | None:
    """The newest export that a label asked for and still has, and whether it came to no end."""
    with platform_read() as session:
        found = _newest(session, tenant)
        return (found, has_failed(session, found)) if found is not None and not _is_over(found) else None


def has_failed(session: Session, export: Export) -> bool:
    """Tell whether nobody will go on making an export."""
    query = select(OutboxRow.parked_at).where(OutboxRow.task == TASK, OutboxRow.key == str(export.id))
    return session.scalar(query) is not None


def make(session: Session, export_id: UUID) -> None:
    """Make an export and store it; begun again after a crash it replaces what there was and tells of it once."""
    export = session.get(Export, export_id)
    tenant = fresh_tenant(export.tenant_id) if export else None
    if export is None or export.ready_at is not None or tenant is None:
        return
    with tempfile.TemporaryFile(dir=scratch()) as spool:
        write_archive(tenant, spool, progress=_Progress(export_id))
        failpoint.reach("export.written")
        spool.seek(0)
        sha256, size = files.put_archive(tenant, export_id, _pieces(spool))
    failpoint.reach("export.stored")
    _tell_ready(tenant, export_id, size)
    failpoint.reach("export.told")
    session.refresh(export)
    export.be_ready(sha256, size, clock.now())


def link(tenant: Tenant, export_id: UUID | None, *, by: Actor) -> str:
    """A token that opens a finished export for the one who asked, for ten minutes."""
    export = _finished(tenant, export_id)
    with tenant_work(tenant, even=READ_ONLY) as session:
        activity.record(session, by, "label.exported", subject_type="export", subject_id=export.id)
    return crypto.sign("export", tenant, [str(export.id), str(by.id)], expires_in=LINK_LIFE)


def opened(tenant: Tenant, token: str, *, by: Actor) -> tuple[Export, Iterator[bytes]]:
    """The export behind a token of this person's, and its bytes."""
    export_id, whose = crypto.verify("export", tenant, token)
    if whose != str(by.id):
        raise ExportUnknown
    export = _finished(tenant, UUID(export_id))
    return export, files.read_archive(tenant, export.id, export.sha256 or "")


def tidy() -> int:
    """Delete archives that were kept for their day, and what was asked for and never made."""
    with platform_read() as session:
        found = [export for export in session.scalars(select(Export)) if _is_over(export)]
    for export in found:  # the file first: a row without its file is found again
        files.delete_archive(export.tenant_id, export.id)
        with platform_work() as session:
            session.delete(session.merge(export))
    return len(found)


class _Progress:
    """Counts parts, and writes the count down every second at most, in a transaction of its own."""

    def __init__(self, export_id: UUID) -> None:
        self._export_id, self._parts, self._told_at = export_id, 0, 0.0

    def __call__(self, _: str) -> None:
        self._parts += 1
        if time.monotonic() - self._told_at < TELL_EVERY_SECONDS:
            return
        self._told_at = time.monotonic()
        with platform_work() as session:
            session.execute(update(Export).where(Export.id == self._export_id).values(parts=self._parts))


def _tell_ready(tenant: Tenant, export_id: UUID, size: int) -> None:
    """Tell the label's people once; it may be told although nothing of the label may be changed."""
    with tenant_work(replace(tenant, state=TenantState.ACTIVE)) as session:
        told = (Activity.action == "label.export_ready") & (Activity.subject_id == export_id)
        if not session.scalar(select(exists().where(told))):
            facts: dict[str, Any] = {"size": size}
            system = Actor.system(tenant)
            activity.record(
                session, system, "label.export_ready", subject_type="export", subject_id=export_id, after=facts
            )


def _newest(session: Session, tenant: Tenant) -> Export | None:
    query = select(Export).where(Export.tenant_id == tenant.id).order_by(Export.asked_at.desc(), Export.id.desc())
    return session.scalars(query.limit(1)).first()


def _finished(tenant: Tenant, export_id: UUID | None) -> Export:
    with platform_read() as session:
        export = session.get(Export, export_id) if export_id else None
    if export is None or export.tenant_id != tenant.id or export.ready_at is None or _is_over(export):
        raise ExportUnknown
    return export


def _is_over(export: Export) -> bool:
    return clock.now() > (export.ready_at or export.asked_at) + KEPT


def _pieces(spool: BinaryIO | Any) -> Iterator[bytes]:
    while piece := spool.read(PIECE):
        yield piece
