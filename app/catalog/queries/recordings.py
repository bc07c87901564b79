"""Recordings across releases, and what is known of one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Executable, Select, and_, cast, exists, func, literal, select, tuple_
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from app.catalog.models import (
    Credit,
    Finding,
    Recording,
    RecordingArtist,
    RecordingWork,
    Release,
    Track,
    Work,
    WorkWriter,
)
from app.catalog.policies import may_see_contributor, may_see_recording, may_see_release, may_see_work
from app.catalog.queries.lists import PROBLEM
from app.identity.policies import Visitor
from app.kernel.collation import as_sorted
from app.lists.rules import Asked
from app.roster.models import Contributor, Imprint
from app.roster.queries.search import found_artists, likeness, matches

RELEASES_OF = (
    select(func.count(func.distinct(Track.release_id))).where(Track.recording_id == Recording.id).scalar_subquery()
)
HAS_PROBLEMS = exists().where(Track.recording_id == Recording.id, Finding.track_id == Track.id, PROBLEM)
SORTS: dict[str, Any] = {
    "title": as_sorted(Recording.title),
    "artist": as_sorted(Recording.artist_line),
    "isrc": func.coalesce(Recording.isrc, ""),
    "duration": func.lpad(cast(func.coalesce(Recording.duration_ms, 0), Text), 10, "0"),
    "genre": as_sorted(func.coalesce(Recording.genre, "")),
    "language": func.coalesce(Recording.language, ""),
    "releases": func.lpad(cast(RELEASES_OF, Text), 6, "0"),
    "added": cast(Recording.created_at, Text),
}
"""Every sort as text, so that a page's marker holds one kind of value."""


def recordings(
    visitor: Visitor,
    asked: Asked,
    *,
    after: list[str] | None,
    limit: int,
    among: Collection[UUID] | None = None,
) -> Executable:
    """One row a recording under a filter, from after a place, with one of the releases that it is on."""
    value, backwards = SORTS[asked.sort.lstrip("-")], asked.sort.startswith("-")
    on = select(Track.release_id).join(Release, Release.id == Track.release_id).where(may_see_release(visitor))
    on = on.where(Track.recording_id == Recording.id).order_by(Release.release_date.desc().nulls_last(), Track.id)
    release_id = on.limit(1).scalar_subquery()
    query = select(
        Recording.id,
        Recording.title,
        Recording.version_title,
        Recording.artist_line,
        Recording.isrc,
        Recording.duration_ms,
        Recording.genre,
        Recording.language,
        Recording.parental,
        Recording.p_year,
        Recording.p_owner,
        Recording.created_at,
        Recording.audio_id.is_not(None).label("has_audio"),
        RELEASES_OF.label("releases"),
        release_id.label("release_id"),
        value.label("place"),
    ).where(may_see_recording(visitor), *_chosen(asked))
    if among is not None:
        query = query.where(Recording.id.in_(among))
    if after is not None:
        here = tuple_(value, Recording.id)
        there = tuple_(after[0], UUID(after[1]))
        query = query.where(here < there if backwards else here > there)
    order = (value.desc(), Recording.id.desc()) if backwards else (value, Recording.id)
    return query.order_by(*order).limit(limit)


def _chosen(asked: Asked) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = []
    if wanted := asked.get("q"):
        chosen.append(matches(Recording.folded, wanted))
    chosen.extend(
        func.lower(getattr(Recording, part)) == asked.get(part).lower()
        for part in ("genre", "language")
        if asked.get(part)
    )
    if asked.get("parental"):
        chosen.append(Recording.parental == asked.get("parental"))
    if asked.get("lacks"):
        chosen.append(lacks(asked.get("lacks")))
    if asked.get("imprint"):
        chosen.append(_on_release(Imprint.key == asked.get("imprint")))
    if asked.get("problems"):
        chosen.append(HAS_PROBLEMS)
    return chosen


_LACKS: dict[str, ColumnElement[bool]] = {
    "isrc": Recording.isrc.is_(None),
    "audio": Recording.audio_id.is_(None),
    "genre": Recording.genre.is_(None),
    "language": Recording.language.is_(None),
    "credits": ~exists().where(Credit.recording_id == Recording.id),
    "lyrics": and_(Recording.lyrics.is_(None), Recording.is_instrumental.is_(False)),
}
LACKS = frozenset(_LACKS)


def lacks(what: str) -> ColumnElement[bool]:
    """Whether a recording lacks one of `LACKS`."""
    return _LACKS[what]


def _on_release(*only: ColumnElement[bool]) -> ColumnElement[bool]:
    on = select(Track.recording_id).join(Release, Release.id == Track.release_id)
    return Recording.id.in_(on.join(Imprint, Imprint.id == Release.imprint_id).where(*only))


def release_titles(release_ids: list[UUID]) -> Select[UUID, str]:
    """What these releases are called."""
    return select(Release.id, Release.title).where(Release.id.in_(release_ids))


def releases_of(visitor: Visitor, recording_id: UUID) -> Select[Any]:
    """The releases that a recording is on, as far as the visitor sees them, the newest first."""
    columns = (Release.id, Release.title, Release.kind, Release.release_date, Release.artwork, Track.disc, Track.number)
    query = select(*columns).join(Track, Track.release_id == Release.id).where(Track.recording_id == recording_id)
    return query.where(may_see_release(visitor)).order_by(Release.release_date.desc().nulls_last(), Release.id)


def artists_of(recording_id: UUID) -> Select[UUID, str, str]:
    """Who a recording is by."""
    query = select(RecordingArtist.artist_id, RecordingArtist.credited_as, RecordingArtist.role)
    return query.where(RecordingArtist.recording_id == recording_id).order_by(RecordingArtist.position)


def works_of(recording_id: UUID) -> Executable:
    """The works that a recording plays, a row for each writer."""
    query = (
        select(Work.id, Work.title, Work.iswc, Contributor.name, WorkWriter.role, WorkWriter.share_ppm)
        .join(RecordingWork, RecordingWork.work_id == Work.id)
        .outerjoin(WorkWriter, WorkWriter.work_id == Work.id)
        .outerjoin(Contributor, Contributor.id == WorkWriter.contributor_id)
    )
    return query.where(RecordingWork.recording_id == recording_id).order_by(Work.title, Work.id, Contributor.name)


def recordings_of_work(visitor: Visitor, work_id: UUID) -> Select[UUID, str, str]:
    """The recordings that play a work, as far as the visitor sees them."""
    query = select(Recording.id, Recording.title, Recording.artist_line)
    query = query.join(RecordingWork, RecordingWork.recording_id == Recording.id)
    return query.where(RecordingWork.work_id == work_id, may_see_recording(visitor)).order_by(Recording.title)


def named(session: Session, visitor: Visitor, kind: str, wanted: str, limit: int) -> list[Any]:
    """What is called something like what somebody types: `id`, `name` and `note`, the best first."""
    query = _NAMED[kind](visitor, wanted)
    return list(session.execute(query.limit(limit)))


def _artists_named(visitor: Visitor, wanted: str) -> Any:
    return found_artists(visitor, wanted).add_columns(literal("").label("note"))


def _people_named(visitor: Visitor, wanted: str) -> Any:
    """Everybody who is credited; whoever is narrowed to a part finds those of the recordings they see."""
    query = select(Contributor.id, Contributor.name, Contributor.remark.label("note"))
    query = query.where(func.lower(Contributor.name).contains(wanted.lower(), autoescape=True))
    query = query.where(Contributor.merged_into_id.is_(None), may_see_contributor(visitor))
    return query.order_by(func.length(Contributor.name), Contributor.name, Contributor.id)


def _works_named(visitor: Visitor, wanted: str) -> Any:
    query = select(Work.id, Work.title.label("name"), func.coalesce(Work.iswc, "").label("note"))
    query = query.where(may_see_work(visitor), func.lower(Work.title).contains(wanted.lower(), autoescape=True))
    return query.order_by(func.length(Work.title), Work.title, Work.id)


def _recordings_named(visitor: Visitor, wanted: str) -> Any:
    note = func.concat_ws(" · ", Recording.version_title, Recording.artist_line, Recording.isrc).label("note")
    query = select(Recording.id, Recording.title.label("name"), note)
    query = query.where(may_see_recording(visitor), matches(Recording.folded, wanted))
    return query.order_by(likeness(Recording.folded, wanted).desc(), Recording.id)


def _releases_named(visitor: Visitor, wanted: str) -> Any:
    note = func.concat_ws(" · ", Release.version_title, Release.artist_line, Release.upc).label("note")
    query = select(Release.id, Release.title.label("name"), note)
    query = query.where(may_see_release(visitor), matches(Release.folded, wanted))
    return query.order_by(likeness(Release.folded, wanted).desc(), Release.id)


_NAMED = {
    "artists": _artists_named,
    "people": _people_named,
    "works": _works_named,
    "recordings": _recordings_named,
    "releases": _releases_named,
}
NAMED = frozenset(_NAMED)
