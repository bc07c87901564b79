"""How much one batch may be, by its label's own limits."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.sheets.limits import TableLimits
from app.kernel.tenant import Tenant
from app.uploads.errors import BatchFull
from app.uploads.models import Batch, BatchFile
from app.uploads.rules.limits import ArchiveLimits

GIGABYTE = 1_000_000_000


def of_manifest(tenant: Tenant) -> TableLimits:
    """What a manifest of this label may be."""
    most = tenant.limits
    return TableLimits(rows=most.batch_rows, cell_characters=most.cell_characters, workbook_ratio=most.unpack_ratio)


def of_archive(tenant: Tenant) -> ArchiveLimits:
    """What an archive of this label may be; no entry of it may be larger than a file."""
    most = tenant.limits
    return ArchiveLimits(
        entries=most.archive_files,
        total_bytes=most.archive_bytes,
        entry_bytes=min(ArchiveLimits().entry_bytes, most.upload_bytes),
        entry_ratio=most.unpack_ratio,
    )


def check_room(session: Session, tenant: Tenant, batch: Batch) -> None:
    """Refuse a batch that has more files by now, or more bytes, than the label may bring at once."""
    session.flush()
    query = select(func.count(), func.coalesce(func.sum(BatchFile.size), 0)).where(BatchFile.batch_id == batch.id)
    files, size = session.execute(query).one()
    most = tenant.limits
    if files > most.batch_files or size > most.batch_bytes:
        raise BatchFull(files=most.batch_files, gigabytes=most.batch_bytes // GIGABYTE)
