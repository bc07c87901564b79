"""Files for a batch from a bucket or a folder: only from the one place that the operator wrote into the label's limits.

Nobody at the label names an address, only a folder below that place, so that no request leads elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import obstore
from obstore.store import from_url
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.kernel import activity, failpoint, files, ids, jobs
from app.kernel.actor import Actor
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.uploads.errors import ImportNotSetUp
from app.uploads.models import Batch, BatchFile
from app.uploads.rules.kinds import PathUnusable, clean_path, is_noise, kind_of
from app.uploads.rules.reasons import OTHER_KIND
from app.uploads.service import measuring
from app.uploads.service.receiving import OPEN_STAGES, check_open, wait_for_files
from app.uploads.service.unpacking import put_in, put_refused

READ_BYTES = 1 << 20
SCHEMES = ("s3", "gs", "az", "file")
UNREACHABLE = sentence("The files could not be fetched: the place does not answer. Try again later, or ask us.")
FULL = sentence("Not all files were fetched: a batch holds no more. Put the rest into another batch.")


def ask_import(session: Session, actor: Actor, batch: Batch, folder: str) -> None:
    """Have the files below a folder of the label's import place fetched, the batch being locked."""
    tenant = _tenant(actor)
    if not tenant.limits.import_from:
        raise ImportNotSetUp
    check_open(batch)
    folder = clean_path(folder.strip().strip("/")) if folder.strip().strip("/") else ""
    wait_for_files(session, batch)
    jobs.ask(session, "uploads.import_prefix", {"batch": str(batch.id), "folder": folder}, key=str(ids.new_id()))
    after = {"name": batch.name, "folder": folder}
    activity.record(session, actor, "batch.import_asked", subject_type="batch", subject_id=batch.id, after=after)


def import_prefix(session: Session, tenant: Tenant, batch_id: UUID, folder: str, after: str) -> None:
    """Fetch what lies below a folder, behind the name `after`; some at once, then the task asks for itself again."""
    batch = session.get(Batch, batch_id)
    if batch is None or not tenant.limits.import_from or batch.stage not in OPEN_STAGES:
        return
    room = tenant.limits.batch_files - (session.scalar(_count(batch_id)) or 0)
    try:
        last = _fetch_some(session, tenant, batch_id, folder, after, most=min(tenant.limits.step_files, room))
    except (obstore.exceptions.BaseError, OSError):
        _finish(session, tenant, batch_id, folder, problem=UNREACHABLE)
        return
    if last is None:
        _finish(session, tenant, batch_id, folder)
    elif room <= tenant.limits.step_files:
        _finish(session, tenant, batch_id, folder, problem=FULL)
    else:
        again = {"batch": str(batch_id), "folder": folder, "after": last}
        jobs.ask(session, "uploads.import_prefix", again, key=str(ids.new_id()))


def _fetch_some(session: Session, tenant: Tenant, batch_id: UUID, folder: str, after: str, *, most: int) -> str | None:
    """Fetch until it is enough for one transaction; gives the last name, or None where nothing is left."""
    count = size = 0
    last = after
    for name, length in sorted(_listed(tenant, folder)):
        if name <= after or is_noise(name):
            continue
        if count >= most or size >= tenant.limits.step_bytes:
            return last
        _fetch(session, tenant, batch_id, folder, name, length)
        failpoint.reach("upload.fetched")
        last, count, size = name, count + 1, size + length
    return None


def _finish(session: Session, tenant: Tenant, batch_id: UUID, folder: str, problem: str | None = None) -> None:
    batch = session.get_one(Batch, batch_id, with_for_update=True, populate_existing=True)
    told = {"name": batch.name, "folder": folder}
    activity.record(
        session,
        Actor.system(tenant),
        "batch.files_fetched",
        subject_type="batch",
        subject_id=batch_id,
        after=told,
    )
    measuring.arrived(session, batch_id)
    batch.problem = problem or batch.problem


def _fetch(session: Session, tenant: Tenant, batch_id: UUID, folder: str, name: str, length: int) -> None:
    try:
        path = clean_path(name.removeprefix(f"{folder}/" if folder else ""))
    except PathUnusable:
        return
    verdict = "too_large" if length > tenant.limits.upload_bytes else ""
    verdict = OTHER_KIND if kind_of(path) == "other" else verdict
    if verdict:
        put_refused(session, batch_id, path, verdict)
        return
    source = obstore.get(_source(tenant), name)
    with files.read_ahead(bytes(chunk) for chunk in source.stream(min_chunk_size=READ_BYTES)) as chunks:
        stored = files.put_object(tenant, chunks, most_bytes=tenant.limits.upload_bytes)
    put_in(session, Actor.system(tenant), batch_id, path, stored)


def _listed(tenant: Tenant, folder: str) -> Iterator[tuple[str, int]]:
    """The name and the length in bytes of everything below a folder; links lead out of it and are not followed."""
    parts = urlsplit(tenant.limits.import_from)
    if parts.scheme != "file":
        for batch in obstore.list(_source(tenant), prefix=folder or None):
            yield from ((found["path"], found["size"]) for found in batch)
        return
    root = Path(unquote(parts.path)).resolve()
    if not (root / folder).resolve().is_relative_to(root):
        return
    for place, _, names in os.walk(root / folder):
        for found in (Path(place) / name for name in names):
            if found.is_file() and not found.is_symlink():
                yield found.relative_to(root).as_posix(), found.stat().st_size


def _source(tenant: Tenant) -> Any:
    place = tenant.limits.import_from
    if urlsplit(place).scheme not in SCHEMES:
        raise ImportNotSetUp
    return _store_at(place)


@cache
def _store_at(place: str) -> Any:
    return from_url(place)


def _count(batch_id: UUID) -> Select[int]:
    return select(func.count()).where(BatchFile.batch_id == batch_id)


def _tenant(actor: Actor) -> Tenant:
    assert actor.tenant is not None  # noqa: S101 whoever holds a batch acts for a label
    return actor.tenant
