"""Releases of the visitor's own artists."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from app.artist.policies import own_artists, own_releases, own_splits
from app.catalog.models import Recording, Release, Track
from app.catalog.queries.readiness import RANK
from app.identity.policies import Visitor
from app.kernel.collation import as_sorted
from app.roster.models import Artist, Imprint


def releases(visitor: Visitor, *, limit: int, skip: int = 0) -> Select[Any]:
    """One row a release, what comes out last first."""
    query = (
        select(
            Release.id, Release.title, Release.version_title, Release.artist_line, Release.kind,
            Release.release_date, Release.artwork, RANK.label("rank"),
        )
        .where(own_releases(visitor))
        .order_by(func.coalesce(Release.release_date, "9999").desc(), Release.id.desc())
    )  # fmt: skip
    return query.limit(limit).offset(skip)


def imprint(release: Release) -> Select[str]:
    """On which imprint a release comes out."""
    return select(Imprint.name).where(Imprint.id == release.imprint_id)


def artists(visitor: Visitor) -> Select[Artist]:
    """The visitor's own artists, by name."""
    return select(Artist).where(own_artists(visitor)).order_by(as_sorted(Artist.sort_name), Artist.id)


def split_among(visitor: Visitor, release_id: UUID) -> Select[UUID]:
    """The recordings of a release of whose splits the visitor may know."""
    on = select(Track.recording_id).where(Track.release_id == release_id)
    return select(Recording.id).where(Recording.id.in_(on), Recording.id.in_(own_splits(visitor)))
