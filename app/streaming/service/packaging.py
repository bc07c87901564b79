"""Asking for packages: one of each format, made anew when what goes into it has changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.catalog.models import Recording, Release
from app.kernel import clock, files, ids, jobs
from app.kernel.files import StoredFile
from app.kernel.media import audio
from app.kernel.tenant import Tenant
from app.streaming import queries
from app.streaming.errors import MasterMissing, PackageFailed, PackageNotReady, PackageUnknown
from app.streaming.models import Package
from app.streaming.rules.contents import Contents, Format, Piece, copyright_line, fingerprint, full_title

TRIED_AGAIN: Final = timedelta(hours=1)
"""How long what could not be made is left alone, however often somebody asks."""

LINK_LIFE: Final = timedelta(hours=2)
"""Long enough for an album over a slow line."""


def ask_package(
    session: Session,
    tenant: Tenant,  # noqa: ARG001 the session is the label's; who calls says whose it is
    *,
    release_id: UUID | None = None,
    recording_id: UUID | None = None,
    format: Format,  # noqa: A002 the field's own word
) -> Package:
    """The package of a release or a recording in a format; asked for where it is not there as it should be now.

    Who may have it is for the caller to know: what somebody bought they keep, wherever they are.
    """
    if format not in audio.FORMATS:
        raise PackageUnknown
    _lock(session, release_id, recording_id)
    fresh = fingerprint(contents_of(session, release_id=release_id, recording_id=recording_id), format)
    held = session.scalar(select(Package).where(_is_of(release_id, recording_id, format)))
    if held is not None and held.fingerprint == fresh:
        if held.state == "failed" and held.asked_at < clock.now() - TRIED_AGAIN:
            held.state, held.problem, held.asked_at = "asked", None, clock.now()
            _ask(session, held)
        return held
    if held is not None:
        held.retire(clock.now())
        session.flush()
    package = Package(
        id=ids.new_id(),
        release_id=release_id,
        recording_id=recording_id,
        format=format,
        fingerprint=fresh,
        state="asked",
        asked_at=clock.now(),
    )
    session.add(package)
    session.flush()
    _ask(session, package)
    return package


def package_url(tenant: Tenant, package: Package, *, lasts: timedelta = LINK_LIFE) -> str:
    """A link that saves a package under its own name and ends after a while."""
    if package.state == "failed":
        raise PackageFailed
    if package.file_id is None:
        raise PackageNotReady
    return files.url(tenant, package.file_id, attachment=True, lasts=lasts)


def contents_of(session: Session, *, release_id: UUID | None, recording_id: UUID | None) -> Contents:
    """What goes into a package now; refused while a track has no master."""
    if recording_id is not None:
        release_id = session.scalar(queries.release_of(recording_id))
        rows = session.execute(queries.track_of(recording_id)).all()
    else:
        rows = session.execute(queries.tracks_of(release_id)).all() if release_id else []
    release = session.get(Release, release_id) if release_id else None
    if not rows or (release is None and recording_id is None):
        raise PackageUnknown
    if any(row.sha256 is None for row in rows):
        raise MasterMissing
    first = rows[0]
    return Contents(
        title=full_title(release.title, release.version_title) if release else first.title,
        artist=release.artist_line if release else first.artist_line,
        date=(release.release_date or release.original_release_date or "") if release else str(first.p_year or ""),
        cover=_cover(session, release),
        pieces=tuple(_piece(row, release) for row in rows),
        is_release=recording_id is None,
    )


def _piece(row: Any, release: Release | None) -> Piece:
    p = (row.p_year, row.p_owner) if row.p_owner or release is None else (release.p_year, release.p_owner)
    return Piece(
        recording_id=row.recording_id,
        sha256=row.sha256,
        title=full_title(row.track_title or row.title, row.version_title),
        artist=row.artist_line,
        disc=row.disc,
        number=row.number,
        isrc=row.isrc or "",
        genre=row.genre or (release.genre if release else None) or "",
        copyright=copyright_line(p, (release.c_year, release.c_owner) if release else (None, None)),
        duration_ms=row.duration_ms or 0,
    )


def _cover(session: Session, release: Release | None) -> str:
    if release is None or release.artwork_id is None:
        return ""
    query = select(StoredFile.sha256).where(StoredFile.id == release.artwork_id, StoredFile.removed_at.is_(None))
    return session.scalar(query) or ""


def _lock(session: Session, release_id: UUID | None, recording_id: UUID | None) -> None:
    """Let those who ask for the same wait for one another."""
    if (release_id is None) == (recording_id is None):
        raise PackageUnknown
    release = select(Release.id).where(Release.id == release_id)
    recording = select(Recording.id).where(Recording.id == recording_id)
    wanted = recording if release_id is None else release
    if session.scalar(wanted.with_for_update(key_share=True)) is None:
        raise PackageUnknown


def _is_of(release_id: UUID | None, recording_id: UUID | None, form: Format) -> ColumnElement[bool]:
    whose = Package.recording_id == recording_id if release_id is None else Package.release_id == release_id
    return whose & (Package.format == form) & Package.retired_at.is_(None)


def _ask(session: Session, package: Package) -> None:
    key = f"{package.id}:{package.asked_at.isoformat()}"
    jobs.ask(session, "streaming.pack", {"package": str(package.id)}, key=key)
