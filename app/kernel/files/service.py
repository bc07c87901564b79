"""Storing a file and handing out links to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.kernel import activity, clock, crypto, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.db.models import LabelModel
from app.kernel.errors import Conflict, Invalid, NotFound
from app.kernel.files import store
from app.kernel.files.belonging import belongings
from app.kernel.files.models import StoredFile
from app.kernel.files.rules import safe_media_type, safe_name
from app.kernel.tenant import Tenant

LINK_LIFE = timedelta(minutes=10)
KEPT_REMOVED = timedelta(days=30)
ORPHAN_AGE = timedelta(hours=6)
"""Younger objects may belong to a row that is about to be written."""


class FileUnknown(NotFound):
    """The label has no such file, or the asker may not know of it."""

    message = "This file could not be found."


class FileTooLarge(Invalid):
    """The file is longer than the label may store."""

    message = "This file is larger than %(megabytes)s MB, the most that can be stored here."


class FileInUse(Conflict):
    """Something of the label is made with this file."""

    message = "“%(name)s” is in use by a release, a recording, an artist, a batch or the brand. Replace it there first."


def store_stream(actor: Actor, chunks: Iterable[bytes], *, name: str, media_type: str) -> StoredFile:
    """Keep a file of the actor's label: first the object, whole and under its hash, then the row that names it.

    A crash in between leaves an object without a row, which the sweep removes; never a row without its object.
    """
    tenant = actor.tenant
    if tenant is None:
        raise FileUnknown
    try:
        sha256, size = store.put_object(tenant, chunks, most_bytes=tenant.limits.upload_bytes)
    except OverflowError:
        raise FileTooLarge(megabytes=tenant.limits.upload_bytes // 1_000_000) from None
    with tenant_work(tenant) as session:
        return note_object(session, actor, sha256=sha256, size=size, name=name, media_type=media_type)


def note_object(
    session: Session,
    actor: Actor,
    *,
    sha256: str,
    size: int,
    name: str,
    media_type: str,
    is_derived: bool = False,
    file_id: UUID | None = None,
) -> StoredFile:
    """Name an object that is stored already; what the product derived from another file is no news of its own."""
    stored = StoredFile(
        id=file_id or ids.new_id(),
        sha256=sha256,
        size=size,
        media_type=safe_media_type(media_type),
        name=safe_name(name),
        created_by=actor.id,
        created_at=clock.now(),
        is_derived=is_derived,
    )
    session.add(stored)
    session.flush()
    if not is_derived:
        _tell(session, actor, "file.stored", stored, after={"name": stored.name, "size": size})
    return stored


def keep_derived(
    session: Session, tenant: Tenant, data: bytes, *, name: str, media_type: str, file_id: UUID | None = None
) -> StoredFile:
    """Store what the product itself made from another file, and name it."""
    sha256, size = store.put_object(tenant, [data], most_bytes=len(data))
    told: dict[str, Any] = {"sha256": sha256, "size": size, "name": name, "media_type": media_type, "file_id": file_id}
    return note_object(session, Actor.system(tenant), is_derived=True, **told)


def file_to_read(session: Session, actor: Actor, file_id: UUID, *, even_removed: bool = False) -> StoredFile:
    """The door to a file: every member of the label may read its files."""
    found = session.get(StoredFile, file_id)
    if found is None or actor.tenant is None or (found.removed_at is not None and not even_removed):
        raise FileUnknown
    return found


def rename(session: Session, actor: Actor, file_id: UUID, *, name: str) -> StoredFile:
    """Call a file something else."""
    stored = file_to_read(session, actor, file_id)
    before, stored.name = stored.name, safe_name(name)
    _tell(session, actor, "file.renamed", stored, before={"name": before}, after={"name": stored.name})
    return stored


def remove(session: Session, actor: Actor, file_id: UUID) -> None:
    """Take a file away; its links open nothing from now on, and for `KEPT_REMOVED` it can be brought back."""
    stored = file_to_read(session, actor, file_id)
    session.refresh(stored, with_for_update=True)  # whoever is about to use it waits, and then meets a removed one
    if is_used(session, file_id):
        raise FileInUse(name=stored.name)
    if stored.removed_at is None:
        stored.removed_at = clock.now()
        _tell(session, actor, "file.removed", stored, before={"name": stored.name})


def is_used(session: Session, file_id: UUID) -> bool:
    """Whether a row of any kind refers to a file."""
    return bool(session.scalar(select(_referred_to(file_id))))


def _referred_to(file_id: UUID | InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    referring = [
        exists().where(column == file_id)
        for table in LabelModel.metadata.tables.values()
        for column in table.columns
        if any(key.target_fullname == "files.id" for key in column.foreign_keys)
    ]
    among_many = [exists().where(each.holds(file_id)) for each in belongings if each.is_many]
    return or_(false(), *referring, *among_many)


def bring_back(session: Session, actor: Actor, file_id: UUID) -> None:
    """Bring a removed file back."""
    stored = file_to_read(session, actor, file_id, even_removed=True)
    if stored.removed_at is not None:
        stored.removed_at = None
        _tell(session, actor, "file.brought_back", stored, after={"name": stored.name})


def _tell(session: Session, actor: Actor, action: str, stored: StoredFile, **change: Any) -> None:
    activity.record(session, actor, action, subject_type="file", subject_id=stored.id, **change)


def forget_removed(session: Session) -> int:
    """Delete the rows of files that were removed long ago; the sweep of orphans then deletes their objects.

    One that is in use again, as when taking a batch back restores what a release had before, stays.
    """
    old = (StoredFile.removed_at < clock.now() - KEPT_REMOVED) & ~_referred_to(StoredFile.id)
    return len(session.execute(delete(StoredFile).where(old).returning(StoredFile.id)).all())


def url(tenant: Tenant, file_id: UUID, *, attachment: bool = False, lasts: timedelta = LINK_LIFE) -> str:
    """A path that opens this file on this label's hosts for a while; nothing in it can be changed."""
    return "/files/" + crypto.sign("file", tenant, [str(file_id), attachment], expires_in=lasts)


def verify_link(tenant: Tenant, token: str) -> tuple[StoredFile, bool]:
    """The file a link opens and whether it is to be saved; the row must still be there at each use."""
    file_id, attachment = crypto.verify("file", tenant, token)
    with tenant_read(tenant) as session:
        found = session.get(StoredFile, UUID(file_id))
    if found is None or found.removed_at is not None:
        raise FileUnknown
    return found, bool(attachment)


def remove_orphans(tenant: Tenant) -> int:
    """Delete old objects that no row names, as a crash leaves them in the middle of an upload or before its row."""
    long_ago = clock.now() - ORPHAN_AGE
    removed = store.remove_unfinished(tenant.id, older_than=long_ago)
    for sha256 in store.object_hashes(tenant.id, older_than=long_ago):
        with tenant_read(tenant) as session:
            is_named = session.scalar(select(exists().where(StoredFile.sha256 == sha256)))
        if not is_named:
            store.delete_object(tenant.id, sha256)
            removed += 1
    return removed
