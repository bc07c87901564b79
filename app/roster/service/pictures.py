"""An artist's picture: checked, kept as it came, and copied small for browsers."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.kernel import activity, clock, files
from app.kernel.actor import Actor
from app.kernel.files import StoredFile
from app.kernel.media import Limits, Thumbnail, Unreadable, artwork
from app.kernel.tenant import Tenant
from app.roster.errors import PictureMissing, PictureTooSmall, PictureUnusable
from app.roster.models import Artist

LARGEST = 20 << 20
SMALLEST = 300
SIZES = (96, 320, 640)
KINDS = ("avif", "webp")


def copy_id(image_id: UUID, size: int, kind: str) -> UUID:
    """The file of a small copy: it follows from the picture's own, so that nothing has to remember it."""
    return uuid5(image_id, f"{size}.{kind}")


def checked(raw: bytes) -> list[Thumbnail]:
    """Small copies of a picture that can be used; refused with what is wrong with it."""
    if not raw:
        raise PictureMissing(fields={"file": PictureMissing.message})
    try:
        looked = artwork.looked_at(raw, Limits(picture_bytes=LARGEST), sizes=SIZES)
    except Unreadable as unreadable:
        raise PictureUnusable(unreadable.fault.sentence) from None
    if min(looked.facts.width, looked.facts.height) < SMALLEST:
        raise PictureTooSmall(least=SMALLEST)
    return looked.copies


def keep(actor: Actor, raw: bytes, *, name: str, media_type: str) -> StoredFile:
    """Store a picture as it came."""
    return files.store_stream(actor, [raw], name=name, media_type=media_type)


def show(
    session: Session, tenant: Tenant, visitor: Visitor, artist: Artist, image: StoredFile, copies: list[Thumbnail]
) -> None:
    """Show an artist by a picture from now on; the one before stays among the files."""
    for copy in copies:
        kind = copy.media_type.rpartition("/")[2]
        name, file_id = f"{copy.size}.{kind}", copy_id(image.id, copy.size, kind)
        files.keep_derived(session, tenant, copy.data, name=name, media_type=copy.media_type, file_id=file_id)
    _change(session, visitor, artist, image.id)


def hide(session: Session, visitor: Visitor, artist: Artist) -> None:
    """Show an artist by no picture any more."""
    if artist.image_id is not None:
        _change(session, visitor, artist, None)


def _change(session: Session, visitor: Visitor, artist: Artist, image_id: UUID | None) -> None:
    before = artist.change({"image_id": image_id}, clock.now())["image_id"]
    known = session.scalars(select(StoredFile).where(StoredFile.id.in_([before, image_id])))
    names: dict[UUID | None, str] = {row.id: row.name for row in known}
    told = {"before": {"picture": names.get(before)}, "after": {"picture": names.get(image_id)}}
    activity.record(session, visitor.actor, "artist.changed", subject_type="artist", subject_id=artist.id, **told)


def copies_of(session: Session, tenant: Tenant, artist: Artist) -> dict[str, list[tuple[int, str]]]:
    """The small copies of an artist's picture as links that last a while, by format; empty without a picture."""
    if artist.image_id is None:
        return {}
    wanted = {copy_id(artist.image_id, size, kind): (size, kind) for size in SIZES for kind in KINDS}
    there = set(
        session.scalars(select(StoredFile.id).where(StoredFile.id.in_(wanted), StoredFile.removed_at.is_(None)))
    )
    return {kind: list(_links(tenant, wanted, there, kind)) for kind in KINDS if there}


def _links(
    tenant: Tenant, wanted: dict[UUID, tuple[int, str]], there: set[UUID], kind: str
) -> Iterator[tuple[int, str]]:
    for file_id, (size, of_kind) in wanted.items():
        if of_kind == kind and file_id in there:
            yield size, files.url(tenant, file_id)
