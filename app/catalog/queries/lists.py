"""Releases and recordings as lists for pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Executable, Select, Text, cast, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.catalog.models import Credit, Finding, Recording, Release, ReleaseArtist, Track
from app.catalog.policies import may_see_recording, may_see_release
from app.catalog.queries.readiness import HAS_SAFE, PLACE, RANK, is_in
from app.identity.policies import Visitor
from app.kernel.collation import as_sorted
from app.lists.rules import Asked
from app.roster.models import Contributor, Imprint
from app.roster.queries.search import likeness, matches

SORTS: dict[str, Any] = {
    "date": func.coalesce(Release.release_date, ""),
    "title": as_sorted(Release.title),
    "artist": as_sorted(Release.artist_line),
    "added": cast(Release.created_at, Text),
    "readiness": PLACE,
}
PROBLEM = Finding.severity.in_(("block", "warn"))
HAS_PROBLEMS = exists().where(Finding.release_id == Release.id, PROBLEM)


def releases(visitor: Visitor, asked: Asked, *, after: list[str] | None, limit: int) -> Executable:
    """One row a release under a filter, from after a place; `place` is what the next page begins after."""
    value, backwards = SORTS[asked.sort.lstrip("-")], asked.sort.startswith("-")
    tracks = select(func.count()).where(Track.release_id == Release.id).scalar_subquery()
    problems = select(func.count()).where(Finding.release_id == Release.id, PROBLEM).scalar_subquery()
    query = (
        select(
            Release.id,
            Release.title,
            Release.version_title,
            Release.artist_line,
            Release.kind,
            Release.release_date,
            Release.catalog_number,
            Release.upc,
            Release.artwork,
            Imprint.name.label("imprint"),
            tracks.label("tracks"),
            problems.label("problems"),
            RANK.label("rank"),
            value.label("place"),
        )
        .join(Imprint, Imprint.id == Release.imprint_id)
        .where(may_see_release(visitor), *_chosen(asked))
        .limit(limit)
    )
    if after is not None:
        here = tuple_(value, Release.id)
        there = tuple_(after[0], UUID(after[1]))
        query = query.where(here < there if backwards else here > there)
    order = (value.desc(), Release.id.desc()) if backwards else (value, Release.id)
    return query.order_by(*order)


def fixable(visitor: Visitor, asked: Asked) -> Select[UUID]:
    """The releases under a filter of which a visitor may put something right without looking at it."""
    query = select(Release.id).join(Imprint, Imprint.id == Release.imprint_id)
    return query.where(may_see_release(visitor, "catalog.edit"), HAS_SAFE, *_chosen(asked)).order_by(Release.id)


def count(session: Session, query: Select[UUID]) -> int:
    """How many rows a query finds."""
    return session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0


def _chosen(asked: Asked) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = []
    if wanted := asked.get("q"):
        digits = "".join(char for char in wanted if char.isdigit())
        by_code = [func.lpad(Release.upc, 14, "0") == digits.zfill(14)] if len(digits) >= len("12345678") else []
        chosen.append(or_(matches(Release.folded, wanted), *by_code))
    if asked.get("kind"):
        chosen.append(Release.kind == asked.get("kind"))
    if asked.get("imprint"):
        chosen.append(Imprint.key == asked.get("imprint"))
    if asked.get("year"):
        chosen.append(Release.release_date.like(f"{asked.get('year')}%"))
    if asked.get("readiness"):
        chosen.append(is_in(asked.get("readiness")))
    if asked.get("problems"):
        chosen.append(HAS_PROBLEMS)
    return chosen


def tracks(release_id: UUID) -> Select[Track, Recording]:
    """The tracks of a release with their recordings, in order."""
    query = select(Track, Recording).join(Recording, Recording.id == Track.recording_id)
    return query.where(Track.release_id == release_id).order_by(Track.disc, Track.number)


def credited(release_id: UUID) -> Select[str, str, int]:
    """Who did what on the recordings of a release: name, role, and on how many tracks."""
    return (
        select(Contributor.name, Credit.role, func.count(func.distinct(Track.id)).label("tracks"))
        .join(Credit, Credit.contributor_id == Contributor.id)
        .join(Track, Track.recording_id == Credit.recording_id)
        .where(Track.release_id == release_id)
        .group_by(Contributor.name, Credit.role)
        .order_by(Credit.role, Contributor.name)
    )


def artists(release_id: UUID) -> Select[UUID, str, str]:
    """Who a release is by."""
    query = select(ReleaseArtist.artist_id, ReleaseArtist.credited_as, ReleaseArtist.role)
    return query.where(ReleaseArtist.release_id == release_id).order_by(ReleaseArtist.position)


def found_releases(session: Session, visitor: Visitor, wanted: str, limit: int) -> list[Any]:
    """The releases that fit best what somebody types."""
    query = select(Release.id, Release.title, Release.artist_line).where(
        may_see_release(visitor), matches(Release.folded, wanted)
    )
    return list(session.execute(query.order_by(likeness(Release.folded, wanted).desc(), Release.id).limit(limit)))


def found_recordings(session: Session, visitor: Visitor, wanted: str, limit: int) -> list[Any]:
    """The recordings that fit best."""
    query = select(Recording.id, Recording.title, Recording.artist_line, Recording.isrc).where(
        may_see_recording(visitor), matches(Recording.folded, wanted)
    )
    return list(session.execute(query.order_by(likeness(Recording.folded, wanted).desc(), Recording.id).limit(limit)))
