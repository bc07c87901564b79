"""Files that arrive in parts, however often the line breaks: what came is kept as an object until the file is whole.

The only place where objects are written asynchronously: bytes stream in at the pace of somebody's line.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import obstore

from app.kernel.files import store
from app.kernel.files.store import Sealer, StoreUnavailable
from app.kernel.tenant import Tenant

WAITING_PIECES = 16


@dataclass(frozen=True, slots=True)
class Incoming:
    """Bytes that came in and lie where nothing names them yet: what they were, and how many."""

    path: str
    sha256: str
    size: int


async def receive(tenant: Tenant, body: AsyncIterator[bytes], *, most_bytes: int) -> Incoming:
    """Keep what comes until the body ends, for whatever reason it ends, in bounded memory.

    `OverflowError`, and nothing kept, when it is longer than `most_bytes`.
    """
    sealer = await asyncio.to_thread(Sealer, tenant)
    path, digest, size = store.incoming_path(tenant.id), hashlib.sha256(), 0
    pipe: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING_PIECES)
    keeping = asyncio.ensure_future(_kept(path, sealer, pipe))
    try:
        async for piece in body:
            size += len(piece)
            if size > most_bytes:
                raise OverflowError
            digest.update(piece)
            await _hand_over(pipe, piece, keeping)
        await _hand_over(pipe, None, keeping)
        await keeping
    except BaseException:
        keeping.cancel()
        with suppress(asyncio.CancelledError, StoreUnavailable):
            await keeping
        await asyncio.to_thread(store.delete_quietly, path)
        raise
    return Incoming(path, digest.hexdigest(), size)


async def _kept(path: str, sealer: Sealer, pipe: asyncio.Queue[bytes | None]) -> None:
    async def sealed() -> AsyncIterator[bytes]:
        yield sealer.header
        while (piece := await pipe.get()) is not None:
            for chunk in sealer.push(piece):
                yield chunk
        yield sealer.end()

    try:
        await obstore.put_async(store.objects(), path, sealed())
    except obstore.exceptions.BaseError as problem:
        raise StoreUnavailable from problem


async def _hand_over(pipe: asyncio.Queue[bytes | None], piece: bytes | None, keeping: asyncio.Future[None]) -> None:
    """Wait for room, or for the news that nobody will make any."""
    with suppress(asyncio.QueueFull):
        pipe.put_nowait(piece)
        return
    putting = asyncio.ensure_future(pipe.put(piece))
    await asyncio.wait({putting, keeping}, return_when=asyncio.FIRST_COMPLETED)
    if not putting.done():
        putting.cancel()
        await keeping


def keep_whole(tenant: Tenant, incoming: Incoming) -> None:
    """Make what came in an object of the label, under its hash."""
    _move(incoming.path, store.path_of(tenant.id, incoming.sha256))


def keep_part(tenant: Tenant, incoming: Incoming, *, of: UUID, start: int) -> str:
    """Keep what came in as the part of a file that begins at this byte; gives the name by which it is read."""
    name = f"{of}/{start:020d}-{incoming.path.rpartition('/')[2]}"
    _move(incoming.path, _part_path(tenant.id, name))
    return name


def drop(incoming: Incoming) -> None:
    """Forget what came in."""
    store.delete_quietly(incoming.path)


def read_part(tenant: Tenant, name: str) -> Iterator[bytes]:
    """The bytes of a part, in bounded memory."""
    return store.read_at(tenant, _part_path(tenant.id, name), None, start=0, end=None)


def delete_part(tenant_id: str, name: str) -> None:
    """Delete one part; one that is gone already is no trouble."""
    store.delete_quietly(_part_path(tenant_id, name))


def delete_parts(tenant_id: str, *, of: UUID) -> None:
    """Delete every part of a file."""
    for found in _listed(_part_path(tenant_id, f"{of}/")):
        store.delete_quietly(found["path"])


def old_parts(tenant_id: str, *, older_than: datetime) -> Iterator[tuple[UUID, str]]:
    """The file and the name of every part that has lain since before a moment."""
    for found in _listed(_part_path(tenant_id, "")):
        if found["last_modified"] < older_than:
            of, _, rest = found["path"].rpartition("/parts/")[2].partition("/")
            yield UUID(of), f"{of}/{rest}"


def _part_path(tenant_id: str, name: str) -> str:
    return f"{store.prefix_of(tenant_id)}parts/{name}"


def _listed(prefix: str) -> Iterator[Any]:
    for batch in obstore.list(store.objects(), prefix=prefix):
        yield from batch


def _move(source: str, target: str) -> None:
    try:
        obstore.rename(store.objects(), source, target)
    except obstore.exceptions.BaseError as problem:
        raise StoreUnavailable from problem
