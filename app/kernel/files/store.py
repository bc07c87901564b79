"""Objects in a folder or a bucket: one prefix per label, named by the SHA-256 of their bytes, sealed with its key.

An object is a header and chunks of 1 MiB, each AES-256-GCM under a key derived from the label's own, with the chunk's
place and whether it is the last as authenticated data: cut, swapped or foreign chunks do not open, and erasing the
label's key erases its files wherever copies of them lie.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from queue import Empty, Queue
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit
from uuid import UUID

import obstore
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from obstore.store import from_url

from app.kernel import crypto, ids
from app.kernel.db import current
from app.kernel.errors import Unavailable
from app.kernel.tenant import Tenant, is_tenant_id

CHUNK = 1 << 20
NONCE = 8
TAG = 16
MAGIC = b"bf1\x00"
HEADER = len(MAGIC) + NONCE
AHEAD = 4

_T = TypeVar("_T")


class ObjectBroken(ValueError):
    """The stored bytes are not what was stored."""


class StoreUnavailable(Unavailable):
    """The folder is full or the bucket does not answer; nothing was kept."""

    message = "Files cannot be kept just now: there is no room or no answer where they lie. Try again in a few minutes."
    retry_after = 15


@cache
def _store_at(url: str) -> Any:
    return from_url(url, mkdir=True) if url.startswith("file://") else from_url(url)


def objects() -> Any:
    """The folder or bucket of this machine."""
    return _store_at(current().settings.objects_url)


def prefix_of(tenant_id: str) -> str:
    """Where everything of a label lies."""
    if not is_tenant_id(tenant_id):
        raise ValueError("not a label id")
    return f"labels/{tenant_id}/"


def path_of(tenant_id: str, sha256: str) -> str:
    """Where an object lies."""
    return f"{prefix_of(tenant_id)}sha256/{sha256[:2]}/{sha256}"


def _archive_path(tenant_id: str, name: UUID) -> str:
    return f"{prefix_of(tenant_id)}archives/{name}"


def put_object(tenant: Tenant, chunks: Iterable[bytes], *, most_bytes: int) -> tuple[str, int]:
    """Store a stream in bounded memory and give back its SHA-256 and size in bytes.

    Nothing appears under its name before all of it is there; `OverflowError` when it is longer than `most_bytes`.
    """
    return _put(tenant, chunks, lambda sha256: path_of(tenant.id, sha256), most_bytes=most_bytes)


def put_archive(tenant: Tenant, name: UUID, chunks: Iterable[bytes]) -> tuple[str, int]:
    """Store an archive of a label beside its objects, so that no archive holds another; the same name replaces it."""
    return _put(tenant, chunks, lambda _: _archive_path(tenant.id, name), most_bytes=1 << 62)


def read_archive(tenant: Tenant, name: UUID, sha256: str) -> Iterator[bytes]:
    """The bytes of a stored archive, in bounded memory."""
    return read_at(tenant, _archive_path(tenant.id, name), sha256, start=0, end=None)


def delete_archive(tenant_id: str, name: UUID) -> None:
    """Delete a stored archive; one that is gone already is no trouble."""
    delete_quietly(_archive_path(tenant_id, name))


def incoming_path(tenant_id: str) -> str:
    """Where bytes lie while they come in; what stays there is swept."""
    return f"{prefix_of(tenant_id)}incoming/{ids.new_id()}"


def _put(tenant: Tenant, chunks: Iterable[bytes], path_of: Callable[[str], str], *, most_bytes: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    temporary = incoming_path(tenant.id)

    def measured() -> Iterator[bytes]:
        nonlocal size
        for chunk in chunks:
            size += len(chunk)
            if size > most_bytes:
                raise OverflowError
            digest.update(chunk)
            yield chunk

    try:
        obstore.put(objects(), temporary, _sealed(tenant, measured()))
        sha256 = digest.hexdigest()
        obstore.rename(objects(), temporary, path_of(sha256))
    except obstore.exceptions.BaseError as problem:
        delete_quietly(temporary)
        raise StoreUnavailable from problem
    except BaseException:
        delete_quietly(temporary)
        raise
    return sha256, size


def read_object(tenant: Tenant, sha256: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The bytes of an object from `start` up to (not including) `end`, in bounded memory."""
    return read_at(tenant, path_of(tenant.id, sha256), sha256, start=start, end=end)


def read_at(tenant: Tenant, path: str, sha256: str | None, *, start: int, end: int | None) -> Iterator[bytes]:
    """The bytes of what lies at a path, held against its hash where that is known."""
    stored = _size(path)
    nonce = _nonce(path)
    cipher, digest = AESGCM(crypto.label_key(tenant, "files")), hashlib.sha256()
    place, is_last = start // CHUNK, False
    while not is_last:
        offset = HEADER + place * (CHUNK + TAG)
        length = min(CHUNK + TAG, stored - offset)
        if length < TAG:
            raise ObjectBroken("the stored bytes are cut off")
        is_last = offset + length == stored
        chunk, nonce = _read_chunk(cipher, path, nonce, place, offset, length, is_last=is_last)
        digest.update(chunk)
        if sha256 and is_last and start < CHUNK and digest.hexdigest() != sha256:
            raise ObjectBroken("the stored bytes are those of another file")
        low = max(0, start - place * CHUNK)
        high = len(chunk) if end is None else min(len(chunk), end - place * CHUNK)
        if high <= low:
            return
        yield chunk[low:high]
        place += 1


def object_hashes(tenant_id: str, *, older_than: datetime | None = None) -> Iterator[str]:
    """The hashes of every object of a label, or of those that were stored before a moment."""
    for batch in obstore.list(objects(), prefix=f"{prefix_of(tenant_id)}sha256/"):
        for found in batch:
            if older_than is None or found["last_modified"] < older_than:
                yield found["path"].rpartition("/")[2]


@contextmanager
def read_ahead(chunks: Iterable[_T], most: int = AHEAD) -> Iterator[Iterator[_T]]:
    """Read chunks in a thread of their own, some ahead: what is being put may not itself wait for the store."""
    held: Queue[_T | BaseException | None] = Queue(most)

    def read() -> None:
        try:
            for chunk in chunks:
                held.put(chunk)
        except BaseException as problem:  # noqa: BLE001 whoever waits for the chunks raises it
            held.put(problem)
        else:
            held.put(None)

    reader = threading.Thread(target=read, name="read-ahead", daemon=True)
    reader.start()
    try:
        yield _taken(held)
    finally:
        while reader.is_alive():  # nobody took all of it
            with suppress(Empty):
                held.get(timeout=0.02)


def _taken(held: Queue[_T | BaseException | None]) -> Iterator[_T]:
    while (chunk := held.get()) is not None:
        if isinstance(chunk, BaseException):
            raise chunk
        yield chunk


def erase_label(tenant_id: str) -> int:
    """Delete every object of a label and tell how many there were."""
    erased = 0
    for batch in obstore.list(objects(), prefix=prefix_of(tenant_id)):
        paths = [found["path"] for found in batch]
        obstore.delete(objects(), paths)
        erased += len(paths)
    if (folder := _folder(tenant_id)) is not None:
        shutil.rmtree(folder, ignore_errors=True)
    return erased


def remove_unfinished(tenant_id: str, *, older_than: datetime) -> int:
    """Delete what uploads left that died in the middle; parts a bucket holds back are for its own lifecycle rule."""
    if (folder := _folder(tenant_id)) is not None:
        # A killed process leaves parts that the folder store itself does not list.
        parts = [part for part in folder.glob("incoming/*") if _changed_at(part) < older_than]
        for part in parts:
            part.unlink(missing_ok=True)
        return len(parts)
    removed = 0
    for batch in obstore.list(objects(), prefix=f"{prefix_of(tenant_id)}incoming/"):
        paths = [found["path"] for found in batch if found["last_modified"] < older_than]
        obstore.delete(objects(), paths)
        removed += len(paths)
    return removed


def delete_object(tenant_id: str, sha256: str) -> None:
    """Delete one object of a label."""
    obstore.delete(objects(), path_of(tenant_id, sha256))


def _folder(tenant_id: str) -> Path | None:
    """Where a label's objects lie on disk, unless they lie in a bucket."""
    parts = urlsplit(current().settings.objects_url)
    return Path(unquote(parts.path)) / prefix_of(tenant_id) if parts.scheme == "file" else None


def _changed_at(part: Path) -> datetime:
    return datetime.fromtimestamp(part.stat().st_mtime, UTC)


def _size(path: str) -> int:
    try:
        size = int(obstore.head(objects(), path)["size"])
    except FileNotFoundError:
        raise ObjectBroken("the stored bytes are gone") from None
    if size < HEADER + TAG:
        raise ObjectBroken("the stored bytes are cut off")
    return size


def _nonce(path: str) -> bytes:
    header = _bytes_at(path, 0, HEADER)
    if header[: len(MAGIC)] != MAGIC:
        raise ObjectBroken("not an object of ours")
    return header[len(MAGIC) :]


def _bytes_at(path: str, start: int, length: int) -> bytes:
    try:
        return bytes(obstore.get_range(objects(), path, start=start, length=length))
    except FileNotFoundError:
        raise ObjectBroken("the stored bytes are gone") from None


def _read_chunk(
    cipher: AESGCM, path: str, nonce: bytes, place: int, offset: int, length: int, *, is_last: bool
) -> tuple[bytes, bytes]:
    """One chunk and the nonce it opened under.

    Somebody may store the same bytes again while they are read: the object is then another, of the same content.
    """
    try:
        return _open_chunk(cipher, nonce, place, _bytes_at(path, offset, length), is_last=is_last), nonce
    except ObjectBroken:
        newer = _nonce(path)
        if newer == nonce:
            raise
        return _open_chunk(cipher, newer, place, _bytes_at(path, offset, length), is_last=is_last), newer


def _sealed(tenant: Tenant, chunks: Iterator[bytes]) -> Iterator[bytes]:
    sealer = Sealer(tenant)
    yield sealer.header
    for piece in chunks:
        yield from sealer.push(piece)
    yield sealer.end()


class Sealer:
    """Turns the bytes of one object into what is stored of it, as they come."""

    def __init__(self, tenant: Tenant) -> None:
        self._cipher, self._nonce = AESGCM(crypto.label_key(tenant, "files")), os.urandom(NONCE)
        self._place, self._held = 0, bytearray()

    @property
    def header(self) -> bytes:
        """What an object begins with."""
        return MAGIC + self._nonce

    def push(self, piece: bytes) -> Iterator[bytes]:
        """Take bytes and give the chunks that are full and not the last."""
        self._held += piece
        while len(self._held) > CHUNK:
            yield self._seal(bytes(self._held[:CHUNK]), is_last=False)
            del self._held[:CHUNK]

    def end(self) -> bytes:
        """The last chunk."""
        return self._seal(bytes(self._held), is_last=True)

    def _seal(self, chunk: bytes, *, is_last: bool) -> bytes:
        nonce = self._nonce + self._place.to_bytes(4)
        self._place += 1
        return self._cipher.encrypt(nonce, chunk, b"last" if is_last else b"more")


def _open_chunk(cipher: AESGCM, nonce: bytes, place: int, sealed: bytes, *, is_last: bool) -> bytes:
    try:
        return cipher.decrypt(nonce + place.to_bytes(4), sealed, b"last" if is_last else b"more")
    except InvalidTag:
        raise ObjectBroken("the stored bytes were changed or belong to another label") from None


def delete_quietly(path: str) -> None:
    """Delete what may be gone already, or be deleted later."""
    try:
        obstore.delete(objects(), path)
    except (OSError, obstore.exceptions.BaseError):
        return
