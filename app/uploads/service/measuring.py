"""Looking at the files of a batch: each gets its facts and its verdict once."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.kernel import failpoint, files, jobs
from app.kernel.actor import Actor
from app.kernel.media import Fault, Unreadable, artwork, audio
from app.kernel.media.facts import ArtworkFacts, AudioFacts
from app.kernel.tenant import Tenant
from app.uploads.models import Batch, BatchFile
from app.uploads.queries import waiting
from app.uploads.rules.told import FINE
from app.uploads.service.batches import go

__all__ = ["arrived", "measure", "waiting"]

PATIENCE_SECONDS = 300
"""How long a file waits for a batch that is being checked or applied."""

_PASSING = frozenset({Fault.TOO_SLOW, Fault.TOO_HEAVY, Fault.CRASHED})
"""What a machine in trouble may say of a sound file: asked again, and not taken over from another file."""


class Found(msgspec.Struct, frozen=True):
    """What looking at a file brought out."""

    facts: dict[str, Any]
    verdict: str
    md5: str | None = None
    preview_id: UUID | None = None


def measure(session: Session, tenant: Tenant, file_id: UUID) -> None:
    """Look at a file and keep what was found; one that was looked at, replaced or left out is left alone.

    The file is not locked while its bytes are read: that takes long, and whoever ends second changes nothing.
    """
    file = session.get(BatchFile, file_id)
    if file is None or file.state != "received" or file.file_id is None or file.kind not in ("audio", "artwork"):
        return
    stored = session.get_one(files.StoredFile, file.file_id)
    found = _found_before(session, file, stored) or _looked_at(session, tenant, file, stored)
    failpoint.reach("upload.measured")
    settle(session, file, found)


def settle(session: Session, file: BatchFile, found: Found) -> None:
    """Give a file its verdict, unless it has one."""
    if session.scalar(select(BatchFile.state).where(BatchFile.id == file.id).with_for_update()) != "received":
        return
    file.facts, file.md5, file.preview_id = found.facts, found.md5, found.preview_id
    file.verdict, file.state = found.verdict, "measured" if found.verdict == FINE else "refused"
    arrived(session, file.batch_id)


def arrived(session: Session, batch_id: UUID) -> None:
    """Have a batch that waited for its files checked once the last of them is looked at.

    The batch is locked first: of two files that end at the same moment the second sees that of the first. One that was
    ready is checked anew, for something came or went.
    """
    session.flush()
    session.execute(text(f"SET LOCAL statement_timeout = '{PATIENCE_SECONDS}s'"))
    batch = session.get_one(Batch, batch_id, with_for_update=True, populate_existing=True)
    if batch.stage in ("measuring", "ready") and waiting(session, batch_id) == 0:
        go(session, batch, "checking")
        jobs.ask(session, "uploads.check", {"batch": str(batch.id)}, key=f"{batch.id}:{batch.version}")


def _found_before(session: Session, file: BatchFile, stored: files.StoredFile) -> Found | None:
    """What was found in the same bytes under a name of the same ending."""
    query = (
        select(BatchFile)
        .join(files.StoredFile, files.StoredFile.id == BatchFile.file_id)
        .where(
            files.StoredFile.sha256 == stored.sha256,
            BatchFile.kind == file.kind,
            BatchFile.state.in_(("measured", "refused")),
            BatchFile.facts.is_not(None),
            BatchFile.verdict.not_in(_PASSING),
        )
    )
    for other in session.scalars(query):
        if _ending(other.path) == _ending(file.path) and other.facts is not None and other.verdict is not None:
            return Found(other.facts, other.verdict, other.md5, other.preview_id)
    return None


def _looked_at(session: Session, tenant: Tenant, file: BatchFile, stored: files.StoredFile) -> Found:
    with files.on_disk(tenant, stored.sha256) as path:
        if file.kind == "audio":
            return _audio(session, tenant, file, path)
        return _artwork(session, tenant, file, path)


def _audio(session: Session, tenant: Tenant, file: BatchFile, path: Path) -> Found:
    name = file.path.rpartition("/")[2]
    facts: AudioFacts = audio.measure(path, name=name)
    if facts.fault in _PASSING:
        facts = audio.measure(path, name=name)
    preview_id = None
    if facts.fault is None:
        try:
            copy = audio.preview(path)
        except Unreadable:
            copy = b""
        preview_id = _derived(session, tenant, copy, f"{_stem(name)}.m4a", audio.PREVIEW_TYPE) if copy else None
    return Found(_plain(facts), facts.fault or FINE, facts.md5 or None, preview_id)


def _artwork(session: Session, tenant: Tenant, file: BatchFile, path: Path) -> Found:
    facts: ArtworkFacts = artwork.inspect(path)
    if facts.fault in _PASSING:
        facts = artwork.inspect(path)
    kept = _plain(facts)
    if facts.fault is None:
        kept["thumbnails"] = _thumbnails(session, tenant, file, path)
    return Found(kept, facts.fault or FINE)


def _thumbnails(session: Session, tenant: Tenant, file: BatchFile, path: Path) -> dict[str, dict[str, str]]:
    """The files of small copies by their longest side in pixels and their format."""
    made: dict[str, dict[str, str]] = {}
    stem = _stem(file.path.rpartition("/")[2])
    try:
        copies = artwork.thumbnails(path)
    except Unreadable:
        return made
    for copy in copies:
        kind = copy.media_type.rpartition("/")[2]
        name = f"{stem}-{copy.size}.{kind}"
        made.setdefault(str(copy.size), {})[kind] = str(_derived(session, tenant, copy.data, name, copy.media_type))
    return made


def _derived(session: Session, tenant: Tenant, content: bytes, name: str, media_type: str) -> UUID:
    sha256, size = files.put_object(tenant, [content], most_bytes=len(content))
    stored = files.note_object(
        session,
        Actor.system(tenant),
        sha256=sha256,
        size=size,
        name=name,
        media_type=media_type,
        is_derived=True,
    )
    return stored.id


def _plain(facts: AudioFacts | ArtworkFacts) -> dict[str, Any]:
    """Facts as JSON takes them; what strangers wrote into tags may hold letters that a database does not."""
    plain: dict[str, Any] = msgspec.to_builtins(facts)
    return {name: _clean(value) if isinstance(value, str) else value for name, value in plain.items()}


def _clean(value: str) -> str:
    return value.replace("\x00", "").encode(errors="replace").decode()


def _ending(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2].lower()


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
