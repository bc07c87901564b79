"""An archive of a batch, unpacked into files of it; what is hostile in it is told of, and nothing else stops."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count, islice
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.kernel import activity, clock, failpoint, files, ids, jobs
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from app.uploads.models import Batch, BatchFile
from app.uploads.rules.archives import Entry, Refused, walk
from app.uploads.rules.kinds import PathUnusable, clean_path, kind_of
from app.uploads.rules.reasons import ARCHIVE_BROKEN, ARCHIVE_TOO_LARGE, OTHER_KIND
from app.uploads.rules.refusals import ArchiveRefused, ArchiveTooLarge
from app.uploads.rules.told import FINE
from app.uploads.service import limiting, measuring, receiving

READ_BYTES = 1 << 20


def unpack(session: Session, tenant: Tenant, file_id: UUID, first: int = 0) -> int | None:
    """Unpack an archive from its entry `first` on; one that is unpacked, replaced or left out is left alone.

    Killed in the middle it begins again at `first`: what was stored already is stored under the same hash. Gives the
    entry at which to go on, having asked for that, or None at the end.
    """
    archive = session.get(BatchFile, file_id)
    if archive is None or archive.state != "received" or archive.file_id is None or archive.kind != "archive":
        return None
    stored = session.get_one(files.StoredFile, archive.file_id)
    with files.on_disk(tenant, stored.sha256) as path, path.open("rb") as source:
        try:
            entries = islice(walk(source, limiting.of_archive(tenant)), first, None)
            done = _take_some(session, tenant, archive, entries)
        except ArchiveRefused as refusal:
            verdict = ARCHIVE_TOO_LARGE if isinstance(refusal, ArchiveTooLarge) else ARCHIVE_BROKEN
            archive.verdict, archive.state = verdict, "refused"
            measuring.arrived(session, archive.batch_id)
            return None
    if done is not None:
        ask = {"file": str(file_id), "first": first + done}
        jobs.ask(session, "uploads.unpack", ask, key=f"{stored.id}:{first + done}")
        return first + done
    archive.verdict, archive.state = FINE, "measured"
    _tell(session, tenant, archive)
    measuring.arrived(session, archive.batch_id)
    return None


def put_in(session: Session, actor: Actor, batch_id: UUID, path: str, found: tuple[str, int]) -> BatchFile:
    """Put a file that did not come through a browser into a batch, by the hash and the size under which it is stored.

    What stands there under this path gives way, unless it is of the same bytes.
    """
    before = session.scalar(_at(batch_id, path))
    if before is not None and _is_of(session, before, found[0]):
        return before
    if before is not None:
        receiving.forget(session, before)
    file = _row(batch_id, path, "receiving")
    file.size = found[1]
    session.add(file)
    session.flush()
    receiving.whole(session, actor, file, sha256=found[0], size=found[1])
    return file


def put_refused(session: Session, batch_id: UUID, path: str, verdict: str) -> None:
    """Tell in a batch of a file that is not taken; it takes nobody's place."""
    shown = path
    for number in count(2):
        before = session.scalar(_at(batch_id, shown))
        if before is None:
            break
        if before.verdict == verdict:
            return
        shown = f"{path} ({number})"
    file = _row(batch_id, shown, "refused")
    file.kind, file.verdict = kind_of(path), verdict
    session.add(file)
    session.flush()


def _at(batch_id: UUID, path: str) -> Select[BatchFile]:
    return select(BatchFile).where(BatchFile.batch_id == batch_id, BatchFile.path == path)


def _row(batch_id: UUID, path: str, state: str) -> BatchFile:
    return BatchFile(
        id=ids.new_id(), batch_id=batch_id, path=path, kind=kind_of(path), state=state, size=0, at=clock.now()
    )


def _take_some(session: Session, tenant: Tenant, archive: BatchFile, entries: Iterator[Entry | Refused]) -> int | None:
    """Take entries until it is enough for one transaction; gives how many, or None at the end of the archive."""
    done = unpacked = 0
    for entry in entries:
        if done >= tenant.limits.step_files or unpacked >= tenant.limits.step_bytes:
            return done
        _take(session, tenant, archive, entry)
        failpoint.reach("upload.unpacked")
        done, unpacked = done + 1, unpacked + (entry.size if isinstance(entry, Entry) else 0)
    return None


def _take(session: Session, tenant: Tenant, archive: BatchFile, entry: Entry | Refused) -> None:
    folder = archive.path.rpartition(".")[0]
    verdict = entry.rule if isinstance(entry, Refused) else ""
    try:
        path = clean_path(f"{folder}/{entry.name}")
    except PathUnusable:
        path, verdict = f"{folder}/{_harmless(entry.name)}", verdict or "name_unusable"
    if not verdict and kind_of(path) == "other":
        verdict = OTHER_KIND
    if isinstance(entry, Entry) and not verdict:
        found = _stored(tenant, entry)
        if found is not None:
            put_in(session, Actor.system(tenant), archive.batch_id, path, found)
            return
        verdict = ARCHIVE_BROKEN
    put_refused(session, archive.batch_id, path, verdict)


def _stored(tenant: Tenant, entry: Entry) -> tuple[str, int] | None:
    """Hash and size of an entry; None where its content cannot be read."""
    broken: list[ArchiveRefused] = []

    def chunks() -> Iterator[bytes]:
        # An exception would not come through the store as what it is.
        try:
            with entry.open() as content:
                while chunk := content.read(READ_BYTES):
                    yield chunk
        except ArchiveRefused as refusal:
            broken.append(refusal)

    found = files.put_object(tenant, chunks(), most_bytes=entry.size)
    return None if broken else found


def _harmless(name: str) -> str:
    """A name that could not be used, as a place among the others: it is shown, and opens nothing."""
    kept = "".join(letter if letter.isalnum() or letter in " ._-()" else "_" for letter in name)
    return re.sub(r"\.\.+", "_", kept)[:120].strip(" .") or "_"


def _is_of(session: Session, file: BatchFile, sha256: str) -> bool:
    stored = session.get(files.StoredFile, file.file_id) if file.file_id else None
    return stored is not None and stored.sha256 == sha256 and file.state != "refused"


def _tell(session: Session, tenant: Tenant, archive: BatchFile) -> None:
    batch = session.get_one(Batch, archive.batch_id)
    after = {"name": batch.name, "archive": archive.path}
    activity.record(
        session, Actor.system(tenant), "batch.files_unpacked", subject_type="batch", subject_id=batch.id, after=after
    )
