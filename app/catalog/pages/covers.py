"""Artwork: shown in the size that is needed, taken in, removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath

from app.catalog.errors import ArtworkMissing, ArtworkRefused
from app.catalog.pages.release import RELEASE, show_release
from app.catalog.pages.releases import RELEASES
from app.catalog.policies import release_to_change, release_to_edit, release_to_read
from app.catalog.service import artwork
from app.identity.pages import visitor_of
from app.kernel.activity.changes import first_change
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.realm import tenant_of

READ_BYTES = 1 << 20


def _chunks(upload: UploadFile) -> Iterator[bytes]:
    while chunk := upload.file.read(READ_BYTES):
        yield chunk


@post(f"{RELEASE}/artwork", sync_to_thread=True)
def set_artwork(
    request: Request[Any, Any, Any],
    release_id: FromPath[str],
    data: Annotated[dict[str, Any], BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Give the release its artwork, or say why the picture cannot be it."""
    visitor, tenant, known = visitor_of(request), tenant_of(request), parse_uuid(release_id)
    upload = data.get("file")
    try:
        with tenant_read(tenant) as session:
            release_to_edit(session, visitor, known)
        if not isinstance(upload, UploadFile) or not upload.filename:
            raise ArtworkMissing
        item = artwork.taken(visitor.actor, _chunks(upload), name=upload.filename)
    except (ArtworkRefused, ArtworkMissing) as refusal:
        with tenant_read(tenant) as session:
            return show_release(request, session, release_to_read(session, visitor, known), problem=refusal)
    return _set(request, known, item, sentence("The artwork was added."))


@post(f"{RELEASE}/artwork/removal", sync_to_thread=True)
def remove_artwork(request: Request[Any, Any, Any], release_id: FromPath[str]) -> Response[Any]:
    """Take the artwork away."""
    return _set(request, parse_uuid(release_id), None, sentence("The artwork was removed."))


def _set(request: Request[Any, Any, Any], known: UUID | None, item: dict[str, Any] | None, said: str) -> Response[Any]:
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        release = release_to_change(session, visitor, known)
        artwork.set_artwork(session, visitor.actor, release, item)
        first = first_change(session, [release.id])
    address = f"{RELEASES}/{known}"
    return flash.done(address, tenant, said, undo=f"{address}/restorations/{first}" if first else None)


handlers = [set_artwork, remove_artwork]
