"""The files of a batch, received by the tus protocol (tus.io, 1.0.0: core, creation, checksum, termination).

The one place of this slice that is asynchronous: bytes stream in.
"""

from __future__ import annotations

import asyncio
import hashlib
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import AsyncIterator, Callable
from copy import copy
from typing import Any
from uuid import UUID

from litestar import HttpMethod, Request, Response, delete, get, patch, post, route
from litestar.exceptions import InternalServerException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from app.identity.pages import visitor_of
from app.identity.policies import Visitor, require
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Refusal
from app.kernel.files import parts
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash, strict
from app.kernel.web.languages import say_refusal
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.refusals import WrongContentType
from app.uploads.errors import (
    ChecksumWrong,
    PartTooLarge,
    ProtocolElsewhere,
    UploadUnreadable,
)
from app.uploads.models import BatchFile
from app.uploads.pages.batches import UPLOADS
from app.uploads.policies import batch_to_change, batch_to_read, file_of_batch
from app.uploads.service import bucket, leaving, receiving

FILES = f"{UPLOADS}/{{batch_id:str}}/files"
FILE = f"{FILES}/{{file_id:str}}"
VERSION = "1.0.0"
CHECKSUMS = ("sha256", "sha1", "md5")
LONGEST_LENGTH = 15
"""Digits of a length that is worth reading."""


OLDEST_MS = 4_000_000_000_000
"""More than a century."""


Asker = Callable[[Request[Any, Any, Any]], tuple[Visitor, Tenant]]
"""Says who asks, and of which label; refuses whoever may not upload."""


class Announced(strict.Strict, frozen=True):
    """A file that a browser has and would send."""

    path: str
    size: int
    unchanged_ms: int | None = None


class Announcement(strict.Strict, frozen=True):
    """Everything that was dropped at once, or a part of it."""

    files: list[Announced]


def _asked(request: Request[Any, Any, Any]) -> tuple[Visitor, Tenant]:
    elsewhere: Asker | None = request.route_handler.opt.get("asked")
    if elsewhere is not None:
        return elsewhere(request)
    visitor = visitor_of(request)
    require(visitor, "uploads.create")
    return visitor, tenant_of(request)


def _headers(**more: object) -> dict[str, str]:
    named = {name.replace("_", "-"): str(value) for name, value in more.items()}
    return {"tus-resumable": VERSION, "cache-control": "no-store", **named}


@route(FILES, http_method=HttpMethod.OPTIONS, status_code=204, sync_to_thread=True)
def abilities(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> Response[None]:
    """Tell which parts of the protocol are spoken."""
    visitor, tenant = _asked(request)
    with tenant_read(tenant) as session:
        batch_to_read(session, visitor, parse_uuid(batch_id))
    headers = _headers(
        tus_version=VERSION,
        tus_extension="creation,checksum,termination",
        tus_checksum_algorithm=",".join(CHECKSUMS),
        tus_max_size=tenant.limits.upload_bytes,
    )
    return Response(None, status_code=204, headers=headers)


@get(FILES, sync_to_thread=True)
def list_files(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> list[dict[str, Any]]:
    """Tell what has come with a batch so far."""
    visitor, tenant = _asked(request)
    with tenant_read(tenant) as session:
        batch = batch_to_read(session, visitor, parse_uuid(batch_id))
        return [_told(file) for file in receiving.all_files(session, batch.id)]


@post(FILES, status_code=201, sync_to_thread=True)
def create(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> Response[bytes]:
    """Take note of one file that is about to be sent."""
    visitor, tenant = _asked(request)
    with tenant_work(tenant) as session:
        batch = batch_to_change(session, visitor, parse_uuid(batch_id))
        _check_version(request)
        size = _number(request, "upload-length")
        metadata = _metadata(request.headers.get("upload-metadata", ""))
        path = metadata.get("relativePath") or metadata.get("filename") or ""
        (answer,) = receiving.announce(session, visitor.actor, batch, [receiving.Wanted(path, size)])
        if isinstance(answer, Refusal):
            raise answer
        where = f"{request.url.path}/{answer.id}"
        headers = _headers(location=where, upload_offset=answer.received)
        return Response(b"", media_type="text/plain", status_code=201, headers=headers)


@post(f"{UPLOADS}/{{batch_id:str}}/announcements", status_code=200)
async def announce(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> list[dict[str, Any]]:
    """Take note of many files at once, and tell of each how much is here already or why it is not taken."""
    body = await request.body()
    return await asyncio.to_thread(_announce, request, batch_id, body)


def _announce(request: Request[Any, Any, Any], batch_id: str, body: bytes) -> list[dict[str, Any]]:
    visitor, tenant = _asked(request)
    with tenant_work(tenant) as session:
        batch = batch_to_change(session, visitor, parse_uuid(batch_id))
        wanted = strict.decode(body, request.headers.get("content-type"), Announcement)
        if any(file.size < 0 or not 0 <= (file.unchanged_ms or 0) <= OLDEST_MS for file in wanted.files):
            raise UploadUnreadable
        announced = [receiving.Wanted(file.path, file.size, file.unchanged_ms) for file in wanted.files]
        answers = receiving.announce(session, visitor.actor, batch, announced)
        language = realm_of(request).language
        return [
            {"path": file.path, "refused": say_refusal(answer, language)}
            if isinstance(answer, Refusal)
            else {**_told(answer), "path": file.path}
            for file, answer in zip(announced, answers, strict=True)
        ]


@get(FILE, sync_to_thread=True)
def look(request: Request[Any, Any, Any], batch_id: FromPath[str], file_id: FromPath[str]) -> Response[dict[str, Any]]:
    """Tell how much of a file is here; a HEAD is answered by the same."""
    visitor, tenant = _asked(request)
    with tenant_read(tenant) as session:
        batch = batch_to_read(session, visitor, parse_uuid(batch_id))
        file = file_of_batch(session, batch, parse_uuid(file_id))
    return Response(_told(file), headers=_headers(upload_offset=file.received, upload_length=file.size))


@patch(FILE, status_code=204)
async def append(request: Request[Any, Any, Any], batch_id: FromPath[str], file_id: FromPath[str]) -> Response[None]:
    """Take the next bytes of a file; what came before the line broke is kept."""
    visitor, tenant, file, offset, left = await asyncio.to_thread(_begin, request, batch_id, file_id)
    body = _Body(request)
    try:
        incoming = await parts.receive(tenant, body.pieces(), most_bytes=left)
    except OverflowError:
        raise PartTooLarge from None
    offset = await asyncio.to_thread(_end, visitor, tenant, (file.batch_id, file.id), offset, incoming, body)
    if body.cancelled is not None:
        raise body.cancelled
    return Response(None, status_code=204, headers=_headers(upload_offset=offset))


@delete(FILE, status_code=204, sync_to_thread=True)
def leave_out(request: Request[Any, Any, Any], batch_id: FromPath[str], file_id: FromPath[str]) -> Response[None]:
    """Leave one file out of the batch, whether it is here or on its way."""
    visitor, tenant = _asked(request)
    with tenant_work(tenant) as session:
        batch = batch_to_change(session, visitor, parse_uuid(batch_id))
        file = file_of_batch(session, batch, parse_uuid(file_id), locked=True)
        leaving.leave_out(session, visitor.actor, batch, file)
        leaving.go_on(session, batch)
    return Response(None, status_code=204, headers=_headers())


@post(f"{UPLOADS}/{{batch_id:str}}/imports", sync_to_thread=True)
def fetch(request: Request[Any, Any, Any], batch_id: FromPath[str], data: URLEncodedBody[dict[str, str]]) -> Redirect:
    """Have files fetched from the place that the label has for it."""
    visitor, tenant = _asked(request)
    with tenant_work(tenant) as session:
        batch = batch_to_change(session, visitor, parse_uuid(batch_id))
        bucket.ask_import(session, visitor.actor, batch, data.get("folder", ""))
    return flash.done(f"{UPLOADS}/{batch.id}", tenant, sentence("The files are being fetched."))


class _Body:
    """The body of a request for as long as it comes: the end of the line is its end, whatever the reason."""

    def __init__(self, request: Request[Any, Any, Any]) -> None:
        self._request = request
        self.cancelled: asyncio.CancelledError | None = None
        self.is_cut = False
        name, _, self._said = request.headers.get("upload-checksum", "").partition(" ")
        if name and name not in CHECKSUMS:
            raise UploadUnreadable
        self._digest = hashlib.new(name, usedforsecurity=False) if name else None

    async def pieces(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._request.stream():
                realm_of(self._request).more_time()
                if self._digest is not None:
                    self._digest.update(piece)
                if piece:
                    yield piece
        except InternalServerException:
            self.is_cut = True
        except asyncio.CancelledError as cancelled:
            self.is_cut, self.cancelled = True, cancelled

    @property
    def is_as_sent(self) -> bool:
        """Whether it is what its sender said; without a checksum nobody knows."""
        if self._digest is None:
            return True
        try:
            return b64decode(self._said, validate=True) == self._digest.digest()
        except NotBase64:
            return False


def _begin(request: Request[Any, Any, Any], batch_id: str, file_id: str) -> tuple[Visitor, Tenant, BatchFile, int, int]:
    """Whose file it is, from where it goes on, and how much may come."""
    visitor, tenant = _asked(request)
    with tenant_read(tenant) as session:
        batch = batch_to_read(session, visitor, parse_uuid(batch_id))
        file = file_of_batch(session, batch, parse_uuid(file_id))
        _check_version(request)
        if request.headers.get("content-type") != "application/offset+octet-stream":
            raise WrongContentType
        receiving.check_open(batch)
        offset = _number(request, "upload-offset")
        left = receiving.check_next(session, file, offset)
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:LONGEST_LENGTH]) > left:
        raise PartTooLarge
    return visitor, tenant, file, offset, left


def _end(
    visitor: Visitor,
    tenant: Tenant,
    which: tuple[UUID, UUID],
    offset: int,
    incoming: parts.Incoming,
    body: _Body,
) -> int:
    """Keep what came, if anything did and it is what was sent; gives the offset at which the file goes on."""
    try:
        if not body.is_as_sent:
            raise ChecksumWrong
        if incoming.size == 0:
            parts.drop(incoming)
            return offset
        with tenant_work(tenant) as session:
            batch = batch_to_read(session, visitor, which[0])
            file = file_of_batch(session, batch, which[1], locked=True)
            receiving.take(session, visitor.actor, file, offset, incoming)
            return file.received
    except Refusal:
        parts.drop(incoming)
        raise


def _told(file: BatchFile) -> dict[str, Any]:
    return {
        "id": str(file.id),
        "path": file.path,
        "size": file.size,
        "received": file.received,
        "state": file.state,
        "verdict": file.verdict,
    }


def _check_version(request: Request[Any, Any, Any]) -> None:
    if request.headers.get("tus-resumable") != VERSION:
        raise ProtocolElsewhere


def _number(request: Request[Any, Any, Any], name: str) -> int:
    said = request.headers.get(name, "")
    if not said.isascii() or not said.isdecimal() or len(said) > LONGEST_LENGTH:
        raise UploadUnreadable
    return int(said)


def _metadata(header: str) -> dict[str, str]:
    """The pairs of an Upload-Metadata header: a name, a space, and its value in Base64."""
    found = {}
    for pair in filter(None, (pair.strip() for pair in header.split(","))):
        name, _, value = pair.partition(" ")
        try:
            found[name] = b64decode(value, validate=True).decode()
        except (NotBase64, UnicodeDecodeError):
            raise UploadUnreadable from None
    return found


def elsewhere(base: str, asked: Asker) -> list[HTTPRouteHandler]:
    """The protocol's routes under another address than the portal's, where `asked` says who asks."""
    twins = [copy(handler) for handler in (list_files, create, look, append, leave_out)]
    for twin in twins:
        twin.paths = {path.replace(UPLOADS, base) for path in twin.paths}
        twin.opt = {**twin.opt, "asked": asked}
    return twins


handlers = [abilities, list_files, create, announce, look, append, leave_out, fetch]
