"""Pictures of the shop: small copies, under addresses that nobody can guess and that never mean anything else.

A page may be kept for minutes and shown to anybody, so its pictures have no links that end. Only copies that the
product made of a picture are opened this way, never what somebody put in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from app.kernel import ids
from app.kernel.db import tenant_read
from app.kernel.errors import NotFound
from app.kernel.files import StoredFile, read_object
from app.kernel.web.realm import tenant_of
from app.roster.service.pictures import SIZES, copy_id
from app.storefront.pages.shopper import AnyRequest

FOR_EVER = {
    "cache-control": "public, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
}
KINDS = ("avif", "webp")


@dataclass(frozen=True, slots=True)
class Picture:
    """Addresses of a picture: the smallest, the largest, and per type a set of sizes."""

    small: str
    src: str
    sources: tuple[tuple[str, str], ...]


def picture(artwork: Mapping[str, Any] | None, *, most: int = 1_280) -> Picture | None:
    """The small copies of artwork up to a size in pixels; None while there are none."""
    copies = (artwork or {}).get("thumbnails") or {}
    sizes = {int(size): {kind: address(file_id) for kind, file_id in kinds.items()} for size, kinds in copies.items()}
    return _of(sizes, most)


def portrait(image_id: UUID | None, there: set[UUID], *, most: int = 640) -> Picture | None:
    """The small copies of an artist's picture that are there."""
    if image_id is None:
        return None
    known = {(size, kind): copy_id(image_id, size, kind) for size in SIZES for kind in KINDS}
    sizes: dict[int, dict[str, str]] = {}
    for (size, kind), file_id in known.items():
        if file_id in there:
            sizes.setdefault(size, {})[kind] = address(file_id)
    return _of(sizes, most)


def copies_of(image_ids: list[UUID]) -> list[UUID]:
    """The files that may be copies of artists' pictures."""
    return [copy_id(image_id, size, kind) for image_id in image_ids for size in SIZES for kind in KINDS]


def address(file_id: UUID | str) -> str:
    """Where a copy is opened."""
    return f"/pictures/{file_id}"


def _of(sizes: dict[int, dict[str, str]], most: int) -> Picture | None:
    fitting = sorted(size for size in sizes if size <= most) or sorted(sizes)[:1]
    if not fitting:
        return None
    sets = (
        (kind, ", ".join(f"{sizes[size][kind]} {size}w" for size in fitting if kind in sizes[size])) for kind in KINDS
    )
    sources = tuple((f"image/{kind}", found) for kind, found in sets if found)
    smallest, largest = sizes[fitting[0]], sizes[fitting[-1]]
    return Picture(_plain(smallest), _plain(largest), sources)


def _plain(kinds: dict[str, str]) -> str:
    return kinds.get("webp") or next(iter(kinds.values()))


@get("/pictures/{file_id:str}", sync_to_thread=True)
def open_picture(request: AnyRequest, file_id: FromPath[str]) -> Response[bytes]:
    """Send a small copy of a picture."""
    tenant, known = tenant_of(request), ids.parse_uuid(file_id)
    with tenant_read(tenant) as session:
        stored = session.get(StoredFile, known) if known else None
    is_copy = stored is not None and stored.is_derived and stored.media_type.startswith("image/")
    if stored is None or not is_copy or stored.removed_at is not None:
        raise NotFound
    body = b"".join(read_object(tenant, stored.sha256))
    return Response(body, media_type=stored.media_type, headers=FOR_EVER)


handlers = [open_picture]
