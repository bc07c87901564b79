"""Objects in a folder or a bucket: one prefix per label, named by the SHA-256 of their bytes, sealed with its key.

An object is a header and chunks of 1 MiB, each AES-256-GCM under a key derived from the label's own, with the chunk's
place and whether it is the last as authenticated data: cut, swapped or foreign chunks do not open, and erasing the
label's key erases its files wherever copies of them lie.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from typing import Any

import obstore
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from obstore.store import from_url

from app.kernel import crypto, ids
from app.kernel.db import current
from app.kernel.tenant import Tenant, is_tenant_id

CHUNK = 1 << 20
NONCE = 8
TAG = 16
MAGIC = b"bf1\x00"


class ObjectBroken(ValueError):
    """The stored bytes are not what was stored."""


@cache
def _store_at(url: str) -> Any:
    return from_url(url, mkdir=True) if url.startswith("file://") else from_url(url)


def _store() -> Any:
    return _store_at(current().settings.objects_url)


def _prefix(tenant_id: str) -> str:
    if not is_tenant_id(tenant_id):
        raise ValueError("not a label id")
    return f"labels/{tenant_id}/"


def _path(tenant_id: str, sha256: str) -> str:
    return f"{_prefix(tenant_id)}sha256/{sha256[:2]}/{sha256}"


def put_object(tenant: Tenant, chunks: Iterable[bytes], *, most_bytes: int) -> tuple[str, int]:
    """Store a stream in bounded memory and give back its SHA-256 and size in bytes.

    Nothing appears under its name before all of it is there; `OverflowError` when it is longer than `most_bytes`.
    """
    digest, size = hashlib.sha256(), 0
    temporary = f"{_prefix(tenant.id)}incoming/{ids.new_id()}"

    def measured() -> Iterator[bytes]:
        nonlocal size
        for chunk in chunks:
            size += len(chunk)
            if size > most_bytes:
                raise OverflowError
            digest.update(chunk)
            yield chunk

    try:
        obstore.put(_store(), temporary, _sealed(tenant, measured()))
        sha256 = digest.hexdigest()
        obstore.rename(_store(), temporary, _path(tenant.id, sha256))
    except BaseException:
        _delete_quietly(temporary)
        raise
    return sha256, size


def read_object(tenant: Tenant, sha256: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The bytes of an object from `start` up to (not including) `end`, in bounded memory."""
    first = start // CHUNK
    path = _path(tenant.id, sha256)
    stored = obstore.head(_store(), path)["size"]
    header = bytes(obstore.get_range(_store(), path, start=0, end=len(MAGIC) + NONCE))
    if header[: len(MAGIC)] != MAGIC:
        raise ObjectBroken("not an object of ours")
    cipher, nonce = AESGCM(crypto.label_key(tenant, "files")), header[len(MAGIC) :]
    place, offset = first, len(header) + first * (CHUNK + TAG)
    while offset < stored:
        length = min(CHUNK + TAG, stored - offset)
        sealed = bytes(obstore.get_range(_store(), path, start=offset, length=length))
        chunk = _open_chunk(cipher, nonce, place, sealed, is_last=offset + length == stored)
        low = max(0, start - place * CHUNK)
        high = len(chunk) if end is None else min(len(chunk), end - place * CHUNK)
        if high <= low:
            return
        yield chunk[low:high]
        place, offset = place + 1, offset + length


def object_hashes(tenant_id: str, *, older_than: datetime | None = None) -> Iterator[str]:
    """The hashes of every object of a label, or of those that were stored before a moment."""
    for batch in obstore.list(_store(), prefix=f"{_prefix(tenant_id)}sha256/"):
        for found in batch:
            if older_than is None or found["last_modified"] < older_than:
                yield found["path"].rpartition("/")[2]


def copy_objects(source: Tenant, target: Tenant) -> int:
    """Give another label its own copy of every object, under its own key."""
    copied = 0
    for sha256 in object_hashes(source.id):
        put_object(target, read_object(source, sha256), most_bytes=1 << 62)
        copied += 1
    return copied


def erase_label(tenant_id: str) -> int:
    """Delete every object of a label and tell how many there were."""
    erased = 0
    for batch in obstore.list(_store(), prefix=_prefix(tenant_id)):
        paths = [found["path"] for found in batch]
        obstore.delete(_store(), paths)
        erased += len(paths)
    return erased


def delete_object(tenant_id: str, sha256: str) -> None:
    """Delete one object of a label."""
    obstore.delete(_store(), _path(tenant_id, sha256))


def _sealed(tenant: Tenant, chunks: Iterator[bytes]) -> Iterator[bytes]:
    cipher, nonce = AESGCM(crypto.label_key(tenant, "files")), os.urandom(NONCE)
    yield MAGIC + nonce
    place, held = 0, b""
    for piece in chunks:
        held += piece
        while len(held) > CHUNK:
            yield _seal_chunk(cipher, nonce, place, held[:CHUNK], is_last=False)
            place, held = place + 1, held[CHUNK:]
    yield _seal_chunk(cipher, nonce, place, held, is_last=True)


def _seal_chunk(cipher: AESGCM, nonce: bytes, place: int, chunk: bytes, *, is_last: bool) -> bytes:
    return cipher.encrypt(nonce + place.to_bytes(4), chunk, b"last" if is_last else b"more")


def _open_chunk(cipher: AESGCM, nonce: bytes, place: int, sealed: bytes, *, is_last: bool) -> bytes:
    try:
        return cipher.decrypt(nonce + place.to_bytes(4), sealed, b"last" if is_last else b"more")
    except InvalidTag:
        raise ObjectBroken("the stored bytes were changed or belong to another label") from None


def _delete_quietly(path: str) -> None:
    try:
        obstore.delete(_store(), path)
    except (OSError, obstore.exceptions.BaseError):
        return
