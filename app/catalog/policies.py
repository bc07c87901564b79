"""Doors to releases and recordings, as narrowly as each visitor is let in."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, false, select, true
from sqlalchemy.orm import Session

from app.catalog.errors import RecordingUnknown, ReleaseUnknown, TrackUnknown, WorkUnknown
from app.catalog.models import Recording, RecordingArtist, RecordingWork, Release, ReleaseArtist, Track, Work
from app.identity.errors import PermissionMissing
from app.identity.policies import Visitor, granted_for, require_somewhere
from app.identity.rules.permissions import Permission
from app.roster.models import Artist, Imprint
from app.roster.policies import reach


def may_see_release(visitor: Visitor, permission: Permission = "catalog.view") -> ColumnElement[bool]:
    """For which rows of `releases` a visitor has a permission: of their scope, and by artists who granted it."""
    own = _own_releases(visitor) if permission in visitor.permissions else false()
    granted = granted_for(visitor, permission)
    return own | Release.id.in_(_by_artists(granted)) if granted else own


def _by_artists(keys: frozenset[str]) -> Select[UUID]:
    by = select(ReleaseArtist.release_id).join(Artist, Artist.id == ReleaseArtist.artist_id)
    return by.where(Artist.key.in_(sorted(keys)))


def _own_releases(visitor: Visitor) -> ColumnElement[bool]:
    """Of their imprints, and by their artists."""
    scope = visitor.scope
    seen: ColumnElement[bool] = true()
    if scope.imprints is not None:
        seen &= Release.imprint_id.in_(select(Imprint.id).where(Imprint.key.in_(sorted(scope.imprints))))
    if scope.artists is not None:
        seen &= Release.id.in_(_by_artists(scope.artists))
    return seen


def may_see_recording(visitor: Visitor, permission: Permission = "catalog.view") -> ColumnElement[bool]:
    """For which rows of `recordings` a visitor has a permission: those on a release for which they have it."""
    if visitor.scope.is_whole and permission in visitor.permissions:
        return true()
    on = select(Track.recording_id).join(Release, Release.id == Track.release_id)
    return Recording.id.in_(on.where(may_see_release(visitor, permission)))


def may_see_work(visitor: Visitor, permission: Permission = "catalog.view") -> ColumnElement[bool]:
    """For which rows of `works` a visitor has a permission: those that a recording plays for which they have it."""
    if visitor.scope.is_whole and permission in visitor.permissions:
        return true()
    played = select(RecordingWork.work_id).join(Recording, Recording.id == RecordingWork.recording_id)
    return Work.id.in_(played.where(may_see_recording(visitor, permission)))


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
    require_somewhere(visitor, "catalog.view")
    found = session.scalar(select(Release).where(Release.id == release_id, may_see_release(visitor)))
    if found is None:
        raise ReleaseUnknown
    return found


def release_to_edit(session: Session, visitor: Visitor, release_id: UUID | None) -> Release:
    """The same for somebody who edits the catalogue."""
    release = release_to_read(session, visitor, release_id)
    if not may_change_release(session, visitor, release.id):
        raise PermissionMissing
    return release


def release_to_change(session: Session, visitor: Visitor, release_id: UUID | None) -> Release:
    """The same, locked."""
    release = release_to_edit(session, visitor, release_id)
    session.refresh(release, with_for_update=True)
    return release


def may_change_release(session: Session, visitor: Visitor, release_id: UUID) -> bool:
    """Whether a visitor edits the catalogue where this release is."""
    mine = select(Release.id).where(Release.id == release_id, may_see_release(visitor, "catalog.edit"))
    return session.scalar(mine) is not None


def releases_to_change(session: Session, visitor: Visitor, wanted: Collection[UUID | None]) -> list[UUID]:
    """Releases, locked in the order of their ids, for somebody who edits the catalogue; all of them, or none."""
    require_somewhere(visitor, "catalog.view")
    chosen = [one for one in wanted if one]
    query = select(Release.id).where(Release.id.in_(chosen), may_see_release(visitor))
    found = list(session.scalars(query.order_by(Release.id).with_for_update()))
    if set(found) != set(wanted):
        raise ReleaseUnknown
    mine = select(Release.id).where(Release.id.in_(chosen), may_see_release(visitor, "catalog.edit"))
    if set(session.scalars(mine)) != set(found):
        raise PermissionMissing
    return found


def track_to_change(session: Session, release: Release, track_id: UUID | None) -> Track:
    """A track of a release whose door was opened for changing it."""
    found = session.scalar(select(Track).where(Track.id == track_id, Track.release_id == release.id))
    if found is None:
        raise TrackUnknown
    return found


def recording_to_read(session: Session, visitor: Visitor, recording_id: UUID | None) -> Recording:
    """A recording that the visitor may look at."""
    require_somewhere(visitor, "catalog.view")
    found = session.scalar(select(Recording).where(Recording.id == recording_id, may_see_recording(visitor)))
    if found is None:
        raise RecordingUnknown
    return found


def may_change_recording(session: Session, visitor: Visitor, recording_id: UUID) -> bool:
    """Whether a visitor edits the catalogue where this recording is."""
    mine = select(Recording.id).where(Recording.id == recording_id, may_see_recording(visitor, "catalog.edit"))
    return session.scalar(mine) is not None


def recording_to_edit(session: Session, visitor: Visitor, recording_id: UUID | None) -> Recording:
    """The same for somebody who edits the catalogue."""
    recording = recording_to_read(session, visitor, recording_id)
    if not may_change_recording(session, visitor, recording.id):
        raise PermissionMissing
    return recording


def recording_to_change(session: Session, visitor: Visitor, recording_id: UUID | None) -> Recording:
    """The same, locked."""
    recording = recording_to_edit(session, visitor, recording_id)
    session.refresh(recording, with_for_update=True)
    return recording


def work_to_read(session: Session, visitor: Visitor, work_id: UUID | None) -> Work:
    """A work that the visitor may look at."""
    require_somewhere(visitor, "catalog.view")
    found = session.scalar(select(Work).where(Work.id == work_id, may_see_work(visitor)))
    if found is None:
        raise WorkUnknown
    return found


def may_change_work(session: Session, visitor: Visitor, work_id: UUID) -> bool:
    """Whether a visitor edits the catalogue where this work is played."""
    return session.scalar(select(Work.id).where(Work.id == work_id, may_see_work(visitor, "catalog.edit"))) is not None


def work_to_edit(session: Session, visitor: Visitor, work_id: UUID | None) -> Work:
    """The same for somebody who edits the catalogue."""
    work = work_to_read(session, visitor, work_id)
    if not may_change_work(session, visitor, work.id):
        raise PermissionMissing
    return work


def work_to_change(session: Session, visitor: Visitor, work_id: UUID | None) -> Work:
    """The same, locked."""
    work = work_to_edit(session, visitor, work_id)
    session.refresh(work, with_for_update=True)
    return work


def recordings_to_edit(session: Session, visitor: Visitor, wanted: Collection[UUID]) -> dict[UUID, Recording]:
    """Recordings that the visitor edits; all of them, or none."""
    require_somewhere(visitor, "catalog.edit")
    query = select(Recording).where(Recording.id.in_(wanted), may_see_recording(visitor, "catalog.edit"))
    found = {row.id: row for row in session.scalars(query)} if wanted else {}
    if set(found) != set(wanted):
        raise RecordingUnknown
    return found


def recordings_to_change(session: Session, visitor: Visitor, wanted: Collection[UUID | None]) -> dict[UUID, Recording]:
    """Recordings, locked in the order of their ids, for somebody who edits the catalogue; all of them, or none."""
    require_somewhere(visitor, "catalog.view")
    query = select(Recording).where(Recording.id.in_([one for one in wanted if one]), may_see_recording(visitor))
    found = {row.id: row for row in session.scalars(query.order_by(Recording.id).with_for_update())}
    if set(found) != set(wanted):
        raise RecordingUnknown
    mine = select(Recording.id).where(Recording.id.in_(found), may_see_recording(visitor, "catalog.edit"))
    if set(session.scalars(mine)) != set(found):
        raise PermissionMissing
    return found


def is_credited(artist_id: UUID) -> ColumnElement[bool]:
    """Whether a release is by an artist."""
    return exists().where(ReleaseArtist.release_id == Release.id, ReleaseArtist.artist_id == artist_id)
