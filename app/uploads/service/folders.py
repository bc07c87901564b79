"""A folder of this machine as the files of a batch: the command line's way in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.kernel import files
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.uploads.models import BatchFile
from app.uploads.rules.kinds import PathUnusable, clean_path, is_noise, kind_of
from app.uploads.rules.reasons import OTHER_KIND, REASON_SENTENCES
from app.uploads.service import measuring, unpacking

READ_BYTES = 1 << 20

_TAKE_TIME = text("SET LOCAL idle_in_transaction_session_timeout = '3600s'")

Progress = Callable[[str, int, int], object]
"""Hears what is done, how many of it are done, and of how many."""


def take_folder(tenant: Tenant, batch_id: UUID, folder: Path, progress: Progress) -> None:
    """Receive every file below a folder, unpack archives, and look at everything with all processors."""
    found = sorted(_below(folder))
    for number, (path, source) in enumerate(found):
        progress("Receiving", number, len(found))
        _receive(tenant, batch_id, path, source)
    for archive_id in _waiting(tenant, batch_id, "archive"):
        _unpack(tenant, archive_id)
    waiting = [*_waiting(tenant, batch_id, "audio"), *_waiting(tenant, batch_id, "artwork")]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for number, _ in enumerate(pool.map(lambda file_id: _measure(tenant, file_id), waiting)):
            progress("Measuring", number + 1, len(waiting))


def told_of_files(session: Session, batch_id: UUID) -> dict[str, Any]:
    """How many files can be used, and which cannot, and why."""
    query = select(BatchFile).where(BatchFile.batch_id == batch_id, BatchFile.kind != "archive")
    everything = list(session.scalars(query.order_by(BatchFile.path)))
    refused = [
        {"file": file.path, "verdict": file.verdict, "message": REASON_SENTENCES.get(file.verdict or "", "")}
        for file in everything
        if file.state == "refused"
    ]
    return {"usable": sum(file.state == "measured" for file in everything), "refused": refused}


def _below(folder: Path) -> Iterator[tuple[str, Path]]:
    for source in folder.rglob("*"):
        path = source.relative_to(folder).as_posix()
        if source.is_file() and not is_noise(path):
            yield path, source


def _receive(tenant: Tenant, batch_id: UUID, said: str, source: Path) -> None:
    verdict = OTHER_KIND if kind_of(said) == "other" else ""
    if source.stat().st_size > tenant.limits.upload_bytes:
        verdict = "too_large"
    try:
        path = clean_path(said)
    except PathUnusable:
        path, verdict = source.name.encode(errors="replace").decode(), "name_unusable"
    stored = None if verdict else files.put_object(tenant, _chunks(source), most_bytes=tenant.limits.upload_bytes)
    with tenant_work(tenant) as session:
        if stored is None:
            unpacking.put_refused(session, batch_id, path, verdict)
        else:
            unpacking.put_in(session, Actor.system(tenant), batch_id, path, stored)


def _unpack(tenant: Tenant, archive_id: UUID) -> None:
    first: int | None = 0
    while first is not None:
        with tenant_work(tenant) as session:
            session.execute(_TAKE_TIME)
            first = unpacking.unpack(session, tenant, archive_id, first)


def _measure(tenant: Tenant, file_id: UUID) -> None:
    with tenant_work(tenant) as session:
        session.execute(_TAKE_TIME)
        measuring.measure(session, tenant, file_id)


def _waiting(tenant: Tenant, batch_id: UUID, kind: str) -> list[UUID]:
    query = select(BatchFile.id).where(
        BatchFile.batch_id == batch_id, BatchFile.state == "received", BatchFile.kind == kind
    )
    with tenant_read(tenant) as session:
        return list(session.scalars(query.order_by(BatchFile.path)))


def _chunks(source: Path) -> Iterator[bytes]:
    with source.open("rb") as content:
        while chunk := content.read(READ_BYTES):
            yield chunk
