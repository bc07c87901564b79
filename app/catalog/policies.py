"""Doors to releases and recordings, as narrowly as each visitor is let in."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select, true
from sqlalchemy.orm import Session

from app.catalog.errors import RecordingUnknown, ReleaseUnknown
from app.catalog.models import Recording, RecordingArtist, Release, ReleaseArtist, Track
from app.identity.policies import Visitor, require
from app.roster.models import Artist, Imprint
from app.roster.policies import reach


def may_see_release(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `releases` a visitor sees: of their imprints, and by their artists."""
    scope = visitor.scope
    seen: ColumnElement[bool] = true()
    if scope.imprints is not None:
        seen &= Release.imprint_id.in_(select(Imprint.id).where(Imprint.key.in_(sorted(scope.imprints))))
    if scope.artists is not None:
        by = select(ReleaseArtist.release_id).join(Artist, Artist.id == ReleaseArtist.artist_id)
        seen &= Release.id.in_(by.where(Artist.key.in_(sorted(scope.artists))))
    return seen


def may_see_recording(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `recordings` a visitor sees: those on a release they see."""
    if visitor.scope.is_whole:
        return true()
    on = select(Track.recording_id).join(Release, Release.id == Track.release_id)
    return Recording.id.in_(on.where(may_see_release(visitor)))


@reach
def of_imprints(keys: frozenset[str]) -> ColumnElement[bool]:
    """An artist belongs to an imprint on which something of theirs came out."""
    on_releases = (
        select(ReleaseArtist.artist_id)
        .join(Release, Release.id == ReleaseArtist.release_id)
        .join(Imprint, Imprint.id == Release.imprint_id)
        .where(Imprint.key.in_(sorted(keys)))
    )
    on_recordings = (
        select(RecordingArtist.artist_id)
        .join(Track, Track.recording_id == RecordingArtist.recording_id)
        .join(Release, Release.id == Track.release_id)
        .join(Imprint, Imprint.id == Release.imprint_id)
        .where(Imprint.key.in_(sorted(keys)))
    )
    return Artist.id.in_(on_releases) | Artist.id.in_(on_recordings)


def release_to_read(session: Session, visitor: Visitor, release_id: UUID | None) -> Release:
    """A release that the visitor may look at."""
    require(visitor, "catalog.view")
    found = session.scalar(select(Release).where(Release.id == release_id, may_see_release(visitor)))
    if found is None:
        raise ReleaseUnknown
    return found


def release_to_change(session: Session, visitor: Visitor, release_id: UUID | None) -> Release:
    """The same, locked, for somebody who edits the catalogue."""
    release = release_to_read(session, visitor, release_id)
    require(visitor, "catalog.edit")
    session.refresh(release, with_for_update=True)
    return release


def recordings_to_change(session: Session, visitor: Visitor, wanted: Collection[UUID | None]) -> dict[UUID, Recording]:
    """Recordings, locked in the order of their ids, for somebody who edits the catalogue; all of them, or none."""
    require(visitor, "catalog.view")
    query = select(Recording).where(Recording.id.in_([one for one in wanted if one]), may_see_recording(visitor))
    found = {row.id: row for row in session.scalars(query.order_by(Recording.id).with_for_update())}
    if set(found) != set(wanted):
        raise RecordingUnknown
    require(visitor, "catalog.edit")
    return found


def is_credited(artist_id: UUID) -> ColumnElement[bool]:
    """Whether a release is by an artist."""
    return exists().where(ReleaseArtist.release_id == Release.id, ReleaseArtist.artist_id == artist_id)
