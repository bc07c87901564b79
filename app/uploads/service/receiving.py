"""Files that come with a batch: announced, received in parts however often the line breaks, and put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Final
from unicodedata import normalize
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.kernel import activity, clock, failpoint, files, ids, jobs
from app.kernel.actor import Actor
from app.kernel.errors import Invalid, Refusal
from app.kernel.files import parts
from app.kernel.files.parts import Incoming
from app.kernel.jobs.queries import troubled
from app.kernel.media import Fault
from app.kernel.tenant import Tenant
from app.uploads.errors import (
    BatchElsewhere,
    FileComplete,
    FileOfOtherKind,
    OffsetElsewhere,
    TooManyParts,
    UploadTooLarge,
)
from app.uploads.models import Batch, BatchFile, BatchPart
from app.uploads.rules.kinds import clean_path, kind_of, media_type_of
from app.uploads.rules.limits import FileLimits
from app.uploads.rules.reasons import ARCHIVE_BROKEN, LOST
from app.uploads.service import limiting, measuring
from app.uploads.service.batches import go

OPEN_STAGES = frozenset({"receiving", "mapping", "measuring", "checking", "ready"})
KEPT_UNFINISHED = timedelta(days=7)
ORPHAN_AGE = timedelta(hours=6)
"""Younger parts may belong to a row that is about to be written."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that somebody would send; `unchanged_ms` is how long it has lain as it is, where its sender knows."""

    path: str
    size: int
    unchanged_ms: int | None = None


def announce(session: Session, actor: Actor, batch: Batch, wanted: Sequence[Wanted]) -> list[BatchFile | Refusal]:
    """Take note of files, the batch being locked; for each the file, or why it is not taken.

    What is here or half here stays; a file that was refused, has another size or was written anew since gives way.
    """
    check_open(batch)
    known, new = _known(session, batch, wanted), []
    answers: list[BatchFile | Refusal] = []
    for each in wanted:
        try:
            path = clean_path(each.path)
            found = known.get(path)
            if found is None or found.state == "refused" or _is_other(found, each):
                new.append(_announced(session, actor, batch, path, each.size, found))
                known[path] = new[-1]
            answers.append(known[path])
        except Invalid as refusal:
            answers.append(refusal)
    limiting.check_room(session, _tenant(actor), batch)
    for file in new:
        if file.size == 0:
            _keep_empty(session, actor, file)
    if new:
        wait_for_files(session, batch)
        _tell(session, actor, batch, "batch.files_announced", files=len(new))
    return answers


def check_next(session: Session, file: BatchFile, offset: int) -> int:
    """How many bytes may follow at `offset`; refused where the file goes on elsewhere, or is whole."""
    if file.state != "receiving" or file.received == file.size:
        raise FileComplete
    if offset != file.received:
        raise OffsetElsewhere
    count = session.scalar(select(func.count()).where(BatchPart.file_id == file.id)) or 0
    if count >= FileLimits().parts:
        raise TooManyParts
    return file.size - file.received


def take(session: Session, actor: Actor, file: BatchFile, offset: int, incoming: Incoming) -> None:
    """Add what came in to a file, which is locked; the object is moved into place before its row is written.

    A crash in between leaves an object without a row, which a sweep removes; never a row without its object.
    """
    tenant = _tenant(actor)
    check_next(session, file, offset)
    is_whole = incoming.size == file.size
    if is_whole:
        parts.keep_whole(tenant, incoming)
    else:
        name = parts.keep_part(tenant, incoming, of=file.id, start=offset)
    failpoint.reach("upload.object")
    file.received, file.at = offset + incoming.size, clock.now()
    if is_whole:
        whole(session, actor, file, sha256=incoming.sha256, size=incoming.size)
        return
    session.add(BatchPart(file_id=file.id, start=offset, size=incoming.size, object=name))
    if file.received == file.size:
        jobs.ask(session, "uploads.assemble", {"file": str(file.id)}, key=str(file.id))


def whole(session: Session, actor: Actor, file: BatchFile, *, sha256: str, size: int) -> None:
    """Name the object of a file that is here, and have it looked at."""
    stored = files.note_object(
        session, actor, sha256=sha256, size=size, name=file.path, media_type=media_type_of(file.path)
    )
    file.file_id, file.state, file.received, file.at = stored.id, "received", size, clock.now()
    session.flush()
    task = "uploads.unpack" if file.kind == "archive" else "uploads.measure"
    jobs.ask(session, task, {"file": str(file.id)}, key=str(stored.id))


def assemble(session: Session, tenant: Tenant, file_id: UUID) -> None:
    """Put a file together from its parts; one that is whole or gone is left alone."""
    file = session.get(BatchFile, file_id)
    if file is None or file.state != "receiving" or file.received != file.size:
        return
    found = list(session.scalars(select(BatchPart).where(BatchPart.file_id == file_id).order_by(BatchPart.start)))
    with files.read_ahead(_joined(tenant, found)) as chunks:
        sha256, size = files.put_object(tenant, chunks, most_bytes=file.size)
    if size != file.size:
        raise RuntimeError("the parts of a file are not as long as the file")
    failpoint.reach("upload.assembled")
    session.refresh(file, with_for_update=True)
    session.execute(delete(BatchPart).where(BatchPart.file_id == file_id))
    whole(session, Actor.system(tenant), file, sha256=sha256, size=size)
    discard(session, file_id)


def unfinished(session: Session, batch_id: UUID) -> list[BatchFile]:
    """The files of a batch that were announced and are not all here."""
    query = select(BatchFile).where(
        BatchFile.batch_id == batch_id, BatchFile.state == "receiving", BatchFile.received < BatchFile.size
    )
    return list(session.scalars(query))


def all_files(session: Session, batch_id: UUID) -> list[BatchFile]:
    """The files of a batch by path."""
    return list(session.scalars(select(BatchFile).where(BatchFile.batch_id == batch_id).order_by(BatchFile.path)))


def discard(session: Session, file_id: UUID) -> None:
    """Have the parts of a file deleted once this transaction is kept."""
    jobs.ask(session, "uploads.discard", {"file": str(file_id)})


def discard_parts(session: Session, tenant: Tenant, file_id: UUID) -> None:
    """Delete the parts of a file that is whole or gone."""
    if session.scalar(select(BatchPart.start).where(BatchPart.file_id == file_id).limit(1)) is None:
        parts.delete_parts(tenant.id, of=file_id)


GIVEN_UP: Final = {
    "uploads.measure": Fault.CRASHED.value,
    "uploads.unpack": ARCHIVE_BROKEN,
    "uploads.assemble": LOST,
}
"""The verdict of a file whose task came to nothing, however often it was tried."""


def give_up_parked(session: Session) -> None:
    """Give their verdict to files that no worker could look at, so that their batches wait for them no longer."""
    given_up = [row for row in troubled(session, GIVEN_UP) if row.is_parked]
    for task, verdict in GIVEN_UP.items():
        found = [UUID(row.args["file"]) for row in given_up if row.task == task]
        query = select(BatchFile).where(
            BatchFile.id.in_(found),
            BatchFile.state.in_(("receiving", "received")),
            BatchFile.received == BatchFile.size,
        )
        for file in session.scalars(query.with_for_update()).all():
            file.state, file.verdict = "refused", verdict
            measuring.arrived(session, file.batch_id)


def sweep(session: Session, tenant: Tenant) -> None:
    """Give up files that nobody went on sending or could look at, and delete parts that no row names."""
    give_up_parked(session)
    long_ago = clock.now() - KEPT_UNFINISHED
    query = select(BatchFile).where(
        BatchFile.state == "receiving", BatchFile.received < BatchFile.size, BatchFile.at < long_ago
    )
    old = list(session.scalars(query))
    for file in old:
        forget(session, file)
    for batch_id in {file.batch_id for file in old}:
        measuring.arrived(session, batch_id)
    for file_id, name in parts.old_parts(tenant.id, older_than=clock.now() - ORPHAN_AGE):
        named = select(BatchPart.start).where(BatchPart.file_id == file_id, BatchPart.object == name)
        if session.scalar(named) is None:
            parts.delete_part(tenant.id, name)


def wait_for_files(session: Session, batch: Batch) -> None:
    """A batch that was ready waits for what comes now."""
    if batch.stage == "ready":
        go(session, batch, "measuring")


def check_open(batch: Batch) -> None:
    """Refuse files for a batch that has gone on."""
    if batch.stage not in OPEN_STAGES:
        raise BatchElsewhere


def _is_other(file: BatchFile, wanted: Wanted) -> bool:
    """Whether what would be sent is not what came; its age, not its date: senders' clocks go wrong, and ours is one."""
    if file.size != wanted.size:
        return True
    is_begun = file.received > 0
    return (
        is_begun
        and wanted.unchanged_ms is not None
        and (clock.now() - timedelta(milliseconds=wanted.unchanged_ms) > file.at)
    )


def _known(session: Session, batch: Batch, wanted: Sequence[Wanted]) -> dict[str, BatchFile]:
    paths = [normalize("NFC", each.path.replace("\\", "/")).removeprefix("./") for each in wanted]
    query = select(BatchFile).where(BatchFile.batch_id == batch.id, BatchFile.path.in_(paths))
    return {file.path: file for file in session.scalars(query)}


def _announced(
    session: Session, actor: Actor, batch: Batch, path: str, size: int, before: BatchFile | None
) -> BatchFile:
    kind, most = kind_of(path), _tenant(actor).limits.upload_bytes
    if kind == "other":
        raise FileOfOtherKind
    if size > most:
        raise UploadTooLarge(megabytes=most // 1_000_000)
    if before is not None:
        forget(session, before)
    file = BatchFile(
        id=ids.new_id(), batch_id=batch.id, path=path, kind=kind, state="receiving", size=size, at=clock.now()
    )
    session.add(file)
    return file


def forget(session: Session, file: BatchFile) -> None:
    """Take a file off a batch; what the label stored of it stays with the label."""
    if file.state == "receiving":
        discard(session, file.id)
    session.delete(file)
    session.flush()


def _keep_empty(session: Session, actor: Actor, file: BatchFile) -> None:
    sha256, size = files.put_object(_tenant(actor), [], most_bytes=0)
    whole(session, actor, file, sha256=sha256, size=size)


def _joined(tenant: Tenant, found: Sequence[BatchPart]) -> Iterator[bytes]:
    return chain.from_iterable(parts.read_part(tenant, part.object) for part in found)


def _tenant(actor: Actor) -> Tenant:
    assert actor.tenant is not None  # noqa: S101 whoever holds a batch acts for a label
    return actor.tenant


def _tell(session: Session, actor: Actor, batch: Batch, action: str, **after: object) -> None:
    activity.record(
        session, actor, action, subject_type="batch", subject_id=batch.id, after={"name": batch.name, **after}
    )
