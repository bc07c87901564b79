"""What stands on which release, which renditions there are, and which are missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, Text, cast, exists, func, literal, null, select
from sqlalchemy.orm import Session

from app.catalog.models import Recording, Release, Track
from app.kernel.files import StoredFile
from app.streaming.models import PreviewChoice, Rendition
from app.streaming.rules.rights import Offer


def offers_of(session: Session, recording_ids: Collection[UUID]) -> dict[UUID, list[Offer]]:
    """On which releases recordings stand, and what these say of when and where."""
    query = (
        select(
            Track.recording_id,
            Release.territories,
            Release.excluded_territories,
            func.coalesce(Release.release_date, Release.original_release_date),
            Release.preorder_date,
            Track.is_instant_grat,
        )
        .join(Release, Release.id == Track.release_id)
        .where(Track.recording_id.in_(recording_ids))
    )
    offers: dict[UUID, list[Offer]] = defaultdict(list)
    for recording_id, places, excluded, released, preorder, at_once in session.execute(query):
        offers[recording_id].append(Offer(places, excluded, released, preorder, at_once))
    return offers


def current_renditions(recording_id: UUID, kind: str) -> Select[*tuple[Any, ...]]:
    """The renditions that players get, best last."""
    return (
        select(Rendition)
        .where(
            Rendition.recording_id == recording_id,
            Rendition.kind == kind,
            Rendition.retired_at.is_(None),
            Rendition.state == "made",
        )
        .order_by(Rendition.codec, Rendition.bitrate)
    )


def missing(limit: int) -> Select[*tuple[Any, ...]]:
    """Recordings with a master whose renditions are not made of it, or whose preview is not the chosen one.

    Newest first, with what makes asking for them another request: their version, that of the choice, the master.
    """
    is_whole = _is_there("full", StoredFile.sha256)
    is_heard = _is_there("preview", preview_source())
    return (
        select(Recording.id, Recording.version, func.coalesce(PreviewChoice.version, 0), StoredFile.sha256)
        .join(StoredFile, StoredFile.id == Recording.audio_id)
        .outerjoin(PreviewChoice, PreviewChoice.recording_id == Recording.id)
        .where(~(is_whole & is_heard), StoredFile.removed_at.is_(None))
        .order_by(Recording.updated_at.desc(), Recording.id.desc())
        .limit(limit)
    )


def preview_source() -> ColumnElement[str]:
    """What a preview is made from, over `files` and `preview_choices`: the master and, if any was, the choice."""
    start, length = cast(PreviewChoice.start_ms, Text), cast(PreviewChoice.length_ms, Text)
    return StoredFile.sha256.concat(func.coalesce(literal(":").concat(start).concat(":").concat(length), ""))


def _is_there(kind: str, source: SQLColumnExpression[str]) -> ColumnElement[bool]:
    same = (Rendition.recording_id == Recording.id) & (Rendition.source == source)
    return exists().where(same, Rendition.kind == kind, Rendition.retired_at.is_(None))


def source_of(recording_id: UUID) -> Select[*tuple[Any, ...]]:
    """A recording's master: its hash, how long it is, what was measured and chosen, and what sources are called."""
    return (
        select(
            StoredFile.sha256,
            StoredFile.name,
            Recording.duration_ms,
            Recording.audio,
            PreviewChoice.start_ms,
            PreviewChoice.length_ms,
            preview_source().label("preview_source"),
        )
        .join(StoredFile, StoredFile.id == Recording.audio_id)
        .outerjoin(PreviewChoice, PreviewChoice.recording_id == Recording.id)
        .where(Recording.id == recording_id, StoredFile.removed_at.is_(None))
    )


def excerpts_of(release_id: UUID) -> Select[*tuple[Any, ...]]:
    """The tracks of a release that have a master, with what was chosen of each and whether it is made."""
    return (
        select(
            Recording.id,
            func.coalesce(Track.title, Recording.title).label("title"),
            Recording.duration_ms,
            Recording.audio,
            PreviewChoice.start_ms,
            PreviewChoice.length_ms,
            _is_there("preview", preview_source()).label("is_made"),
        )
        .join(Track, Track.recording_id == Recording.id)
        .join(StoredFile, StoredFile.id == Recording.audio_id)
        .outerjoin(PreviewChoice, PreviewChoice.recording_id == Recording.id)
        .where(Track.release_id == release_id)
        .order_by(Track.disc, Track.number)
    )


def tracks_of(release_id: UUID) -> Select[*tuple[Any, ...]]:
    """The tracks of a release as a package has them, in their order; without a master `sha256` is empty."""
    return (
        select(*_TRACK, Track.disc, Track.number, Track.title.label("track_title"))
        .join(Recording, Recording.id == Track.recording_id)
        .outerjoin(StoredFile, StoredFile.id == Recording.audio_id)
        .where(Track.release_id == release_id)
        .order_by(Track.disc, Track.number)
    )


def track_of(recording_id: UUID) -> Select[*tuple[Any, ...]]:
    """A recording as a package of its own has it."""
    return (
        select(*_TRACK, literal(0).label("disc"), literal(0).label("number"), null().label("track_title"))
        .outerjoin(StoredFile, StoredFile.id == Recording.audio_id)
        .where(Recording.id == recording_id)
    )


def release_of(recording_id: UUID) -> Select[*tuple[Any, ...]]:
    """The release that a recording by itself is kept as part of: the one that came first."""
    return (
        select(Release.id)
        .join(Track, Track.release_id == Release.id)
        .where(Track.recording_id == recording_id)
        .order_by(Release.release_date.nulls_last(), Release.id)
        .limit(1)
    )


_TRACK = (
    Recording.id.label("recording_id"),
    StoredFile.sha256,
    Recording.title,
    Recording.version_title,
    Recording.artist_line,
    Recording.isrc,
    Recording.genre,
    Recording.p_year,
    Recording.p_owner,
    Recording.duration_ms,
)
