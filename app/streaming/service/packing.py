"""Making packages: each track from its master, with its tags and cover, and of many one archive."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from sqlalchemy.orm import Session

from app.kernel import activity, clock, failpoint, files
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Refusal
from app.kernel.media import Unreadable, artwork, audio
from app.kernel.media.facts import Tags
from app.kernel.tenant import Tenant
from app.streaming.errors import MasterMissing, PackageUnknown
from app.streaming.models import Package
from app.streaming.rules.contents import Contents, Format, Piece, file_names, fingerprint, package_name
from app.streaming.service.packaging import contents_of
from app.streaming.service.rendering import EVEN, PASSING

ARCHIVE_TYPE: Final = "application/zip"
COVER_NAME: Final = "cover.jpg"
_EARLIEST: Final = 1980
"""ZIP tells no older dates."""

_READABLE: Final = 0o644 << 16


def pack(tenant: Tenant, package_id: UUID) -> None:
    """Make a package that waits to be made; called twice it is made once, killed in the middle it is made anew."""
    with tenant_read(tenant) as session:
        package = session.get(Package, package_id)
    if package is None or package.state != "asked" or package.retired_at is not None:
        return
    form: Format = package.format  # type: ignore[assignment]  # a CHECK keeps it to these
    try:
        with tenant_read(tenant) as session:
            contents = contents_of(session, release_id=package.release_id, recording_id=package.recording_id)
        with tempfile.TemporaryDirectory(prefix="boptone-") as folder:
            made = _made(tenant, contents, form, Path(folder))
            with made.open("rb") as source:
                stored = files.put_file(tenant, source)
    except (Unreadable, MasterMissing, PackageUnknown) as refusal:
        with tenant_work(tenant, even=EVEN) as session:
            _fail(session, tenant, package_id, refusal)
        return
    failpoint.reach("stream.packed")
    with tenant_work(tenant, even=EVEN) as session:
        _keep(session, tenant, package_id, contents, form, stored)


def _made(tenant: Tenant, contents: Contents, form: Format, folder: Path) -> Path:
    """The package as a file; never more than one track lies beside the archive."""
    ending, _ = audio.FORMATS[form]
    cover = _cover(tenant, contents)
    track = folder / "track"
    if not contents.is_release:
        _encode(tenant, contents, contents.pieces[0], form, track, cover)
        return track
    archive = folder / "archive"
    with ZipFile(archive, "w", ZIP_STORED) as target:
        for piece, name in zip(contents.pieces, file_names(contents, ending), strict=True):
            _encode(tenant, contents, piece, form, track, cover)
            with track.open("rb") as source, _entry(target, contents, name, track.stat().st_size) as entry:
                shutil.copyfileobj(source, entry, 1 << 20)
        if cover:
            with _entry(target, contents, COVER_NAME, len(cover)) as entry:
                entry.write(cover)
    return archive


@contextmanager
def _entry(target: ZipFile, contents: Contents, name: str, size: int) -> Iterator[BinaryIO]:
    """A place in an archive, with the release's day as its date, so that the same contents are the same bytes."""
    info = ZipInfo(name, _moment(contents.date))
    info.compress_type, info.external_attr, info.file_size = ZIP_STORED, _READABLE, size
    with target.open(info, "w") as entry:
        yield entry  # type: ignore[misc]  # it writes bytes


def _moment(partial: str) -> tuple[int, int, int, int, int, int]:
    year, month, day = (int(partial[begin:end] or 1) for begin, end in ((0, 4), (5, 7), (8, 10)))
    return (year, month, day, 0, 0, 0) if year >= _EARLIEST else (_EARLIEST, 1, 1, 0, 0, 0)


def _encode(tenant: Tenant, contents: Contents, piece: Piece, form: Format, track: Path, cover: bytes) -> None:
    tags = Tags(
        title=piece.title,
        artist=piece.artist,
        album=contents.title,
        album_artist=contents.artist,
        track=piece.number,
        tracks=contents.tracks(piece.disc) if piece.number else 0,
        disc=piece.disc,
        discs=contents.discs,
        date=contents.date,
        isrc=piece.isrc,
        genre=piece.genre,
        copyright=piece.copyright,
    )
    limits = audio.limits_for(piece.duration_ms)
    with files.on_disk(tenant, piece.sha256) as master:
        for is_last in (False, True):
            with track.open("wb") as into:
                try:
                    audio.encode(master, form, tags, into, limits, cover=cover)
                except Unreadable as refusal:
                    if is_last or refusal.fault not in PASSING:
                        raise
                else:
                    return


def _cover(tenant: Tenant, contents: Contents) -> bytes:
    """The artwork as every player shows it; a package without one is better than none."""
    if not contents.cover:
        return b""
    with files.on_disk(tenant, contents.cover) as picture:
        try:
            return artwork.cover(picture)
        except Unreadable:
            return b""


def _waiting(session: Session, package_id: UUID) -> Package | None:
    package = session.get(Package, package_id, with_for_update=True)
    return package if package is not None and package.state == "asked" else None


def _keep(
    session: Session, tenant: Tenant, package_id: UUID, contents: Contents, form: Format, stored: tuple[str, int]
) -> None:
    package = _waiting(session, package_id)
    if package is None:
        return
    ending, media_type = audio.FORMATS[form] if not contents.is_release else ("zip", ARCHIVE_TYPE)
    sha256, size = stored
    file = files.note_object(
        session,
        Actor.system(tenant),
        sha256=sha256,
        size=size,
        name=package_name(contents, ending),
        media_type=media_type,
        is_derived=True,
    )
    package.state, package.file_id, package.size, package.made_at = "made", file.id, size, clock.now()
    package.fingerprint = fingerprint(contents, form)


def _fail(session: Session, tenant: Tenant, package_id: UUID, refusal: Refusal) -> None:
    package = _waiting(session, package_id)
    if package is None:
        return
    package.state, package.problem = "failed", str(refusal)
    of = ("release", package.release_id) if package.release_id else ("recording", package.recording_id)
    system, after = Actor.system(tenant), {"format": package.format, "problem": package.problem}
    activity.record(session, system, "package.failed", subject_type=of[0], subject_id=of[1], after=after)
