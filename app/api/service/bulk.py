"""Jobs of many operations: taken in, stopped, forgotten."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.api.errors import BulkEmpty, BulkLineUnusable, BulkOver, BulkTooLong, BulkUnknown
from app.api.models import BulkJob, BulkOperation
from app.api.service.callers import Caller, of_caller
from app.kernel import activity, clock, ids, jobs
from app.kernel.db import table_of
from app.kernel.db.copying import copy_rows

MOST: Final = 100_000
MOST_LINE: Final = 256 * 1024
KEPT: Final = timedelta(days=7)
COLUMNS: Final = ("job_id", "number", "ref", "method", "path", "if_match", "body")
_PATH = re.compile(r"/api/v1/[!-~]{1,480}")


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """One operation as it is sent."""

    method: Literal["POST", "PUT", "PATCH", "DELETE"]
    path: Annotated[str, Meta(max_length=500)]
    body: msgspec.Raw = msgspec.Raw()
    id: Annotated[str, Meta(max_length=100)] | None = None
    if_match: Annotated[str, Meta(max_length=200)] | None = None


_DECODER = msgspec.json.Decoder(Line)


def ask(session: Session, caller: Caller, body: bytes, language: str) -> UUID:
    """Take in a job; a line that cannot be read declines all of it, and what a line means is seen when it is done."""
    job_id, rows = ids.new_id(), io.StringIO()
    writer = csv.writer(rows)
    total = 0
    for number, line in _lines(body):
        total += 1
        if total > MOST:
            raise BulkTooLong(most=MOST)
        writer.writerow([job_id, total, *_cells(number, line)])
    if not total:
        raise BulkEmpty
    job = BulkJob(
        id=job_id,
        total=total,
        asked_at=clock.now(),
        client_id=caller.client_id,
        member_id=caller.member_id,
        scopes=sorted(caller.scopes),
        language=language,
    )
    session.add(job)
    session.flush()
    copy_rows(session, table_of(BulkOperation), COLUMNS, rows.getvalue().encode())
    actor = caller.visitor.actor
    activity.record(
        session, actor, "bulk_job.asked", subject_type="bulk_job", subject_id=job_id, after={"total": total}
    )
    jobs.ask(session, "bulk.work", {"job": str(job_id)})
    return job_id


def _lines(body: bytes) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(body.split(b"\n"), start=1):
        if line.strip():
            yield number, line


def _cells(number: int, line: bytes) -> list[Any]:
    try:
        said = _DECODER.decode(line) if len(line) <= MOST_LINE else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        said = None
    if said is None or _PATH.fullmatch(said.path) is None:
        raise BulkLineUnusable(fields={f"{number}": BulkLineUnusable.WHY}, line=number)
    texts = [said.id, said.method, said.path, said.if_match]
    if any(text is not None and not text.isprintable() for text in texts):
        raise BulkLineUnusable(fields={f"{number}": BulkLineUnusable.WHY}, line=number)
    return [*texts, bytes(said.body).decode()]


def job_to_read(session: Session, caller: Caller, job_id: UUID | None) -> BulkJob:
    """A job that the same program asked for."""
    job = session.scalar(select(BulkJob).where(BulkJob.id == job_id, of_caller(caller, BulkJob))) if job_id else None
    if job is None:
        raise BulkUnknown
    return job


def cancel(session: Session, caller: Caller, job_id: UUID | None) -> BulkJob:
    """Do nothing more of a job; what was done stays."""
    job = job_to_read(session, caller, job_id)
    session.refresh(job, with_for_update=True)
    if job.state == "done":
        raise BulkOver
    if job.state != "cancelled":
        job.state, job.ended_at = "cancelled", clock.now()
        session.flush()
        after = {"done": job.done, "total": job.total}
        actor = caller.visitor.actor
        activity.record(session, actor, "bulk_job.cancelled", subject_type="bulk_job", subject_id=job.id, after=after)
    return job


def forget(session: Session) -> int:
    """Forget jobs of long ago with their operations, some at a time."""
    old = select(BulkJob.id).where(BulkJob.asked_at < clock.now() - KEPT).order_by(BulkJob.asked_at).limit(5)
    return len(session.execute(delete(BulkJob).where(BulkJob.id.in_(old)).returning(BulkJob.id)).all())
