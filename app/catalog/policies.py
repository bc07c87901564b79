"""Doors to releases and recordings, as narrowly as each visitor is let in."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, false, func, or_, select, true
from sqlalchemy.orm import Session

from app.catalog.errors import RecordingUnknown, ReleaseUnknown, TrackUnknown, WorkUnknown
from app.catalog.models import (
    Credit,
    Recording,
    RecordingArtist,
    RecordingWork,
    Release,
    ReleaseArtist,
    Track,
    Work,
    WorkWriter,
)
from app.identity.errors import PermissionMissing
from app.identity.policies import Visitor, granted_for, require_somewhere
from app.identity.rules.permissions import Permission
from app.kernel.files.belonging import belongs
from app.roster.errors import ContributorUnknown
from app.roster.models import Artist, Contributor, Imprint
from app.roster.policies import may_see_artist, reach, require_whole


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


belongs(Release.artwork_id, may_see_release, is_kept=False)
belongs(Recording.audio_id, may_see_recording, is_kept=False)


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


def may_see_contributor(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `contributors` a visitor sees: all, or who is credited where they see something."""
    if visitor.scope.is_whole and "catalog.view" in visitor.permissions:
        return true()
    played = select(Credit.contributor_id).join(Recording, Recording.id == Credit.recording_id)
    wrote = select(WorkWriter.contributor_id).join(Work, Work.id == WorkWriter.work_id)
    return or_(
        Contributor.id.in_(played.where(may_see_recording(visitor))),
        Contributor.id.in_(wrote.where(may_see_work(visitor))),
        Contributor.artist_id.in_(select(Artist.id).where(may_see_artist(visitor))),
    )


def contributor_to_read(session: Session, visitor: Visitor, contributor_id: UUID | None) -> Contributor:
    """Somebody who is credited and whom the visitor may know of; who was merged leads to who they are."""
    require_somewhere(visitor, "catalog.view")
    named = select(Contributor.merged_into_id).where(Contributor.id == contributor_id).scalar_subquery()
    meant = Contributor.id == func.coalesce(named, contributor_id)
    found = session.scalar(select(Contributor).where(meant, may_see_contributor(visitor)))
    if found is None:
        raise ContributorUnknown
    return found


def contributor_to_change(session: Session, visitor: Visitor, contributor_id: UUID | None) -> Contributor:
    """The same, locked, for somebody who edits the whole catalogue: credits reach across all of it."""
    found = contributor_to_read(session, visitor, contributor_id)
    require_whole(visitor)
    session.refresh(found, with_for_update=True)
    return found


def contributors_to_merge(
    session: Session, visitor: Visitor, one_id: UUID | None, other_id: UUID | None
) -> tuple[Contributor, Contributor]:
    """Two who are one, locked in the order of their ids, for the same people; neither was merged before."""
    require_somewhere(visitor, "catalog.view")
    query = select(Contributor).where(Contributor.id.in_([one_id, other_id]), Contributor.merged_into_id.is_(None))
    query = query.where(may_see_contributor(visitor)).order_by(Contributor.id).with_for_update()
    found = {row.id: row for row in session.scalars(query)}
    one, other = (found.get(key) if key else None for key in (one_id, other_id))
    if one is None or other is None:
        raise ContributorUnknown
    require_whole(visitor)
    return one, other


def merger_to_end(session: Session, visitor: Visitor, contributor_id: UUID | None) -> tuple[Contributor, Contributor]:
    """Who was merged, and into whom, locked, for the same people."""
    target = contributor_to_change(session, visitor, contributor_id)
    merged = session.scalar(select(Contributor).where(Contributor.id == contributor_id).with_for_update())
    if merged is None or merged.id == target.id:
        raise ContributorUnknown
    return merged, target


def is_credited(artist_id: UUID) -> ColumnElement[bool]:
    """Whether a release is by an artist."""
    return exists().where(ReleaseArtist.release_id == Release.id, ReleaseArtist.artist_id == artist_id)
