"""Which audio and artwork the catalogue holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Text, any_, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, UUID
from sqlalchemy.orm import Session

from app.catalog.models import Recording, Release

_AUDIO: Mapping[str, Any] = {
    "id": pl.String,
    "audio_id": pl.String,
    "preview_id": pl.String,
    "audio": pl.String,
    "audio_md5": pl.String,
    "duration_ms": pl.UInt32,
}
_ARTWORK: Mapping[str, Any] = {
    "id": pl.String, "artwork_id": pl.String, "artwork": pl.String, "sha256": pl.String
}  # fmt: skip
_ALIKE: Mapping[str, Any] = {"audio_md5": pl.String, "recording_id": pl.String, "title": pl.String}


def audio_of(session: Session, recording_ids: pl.Series) -> pl.DataFrame:
    """What these recordings sound like so far."""
    query = select(
        cast(Recording.id, Text),
        cast(Recording.audio_id, Text),
        cast(Recording.preview_id, Text),
        cast(Recording.audio, Text),
        Recording.audio_md5,
        Recording.duration_ms,
    ).where(_is_one_of(Recording.id))
    return _frame(session, query, _AUDIO, recording_ids)


def artwork_of(session: Session, release_ids: pl.Series) -> pl.DataFrame:
    """What these releases look like so far."""
    query = select(
        cast(Release.id, Text),
        cast(Release.artwork_id, Text),
        cast(Release.artwork, Text),
        Release.artwork["sha256"].astext,
    ).where(_is_one_of(Release.id))
    return _frame(session, query, _ARTWORK, release_ids)


def recordings_of_audio(session: Session, md5s: pl.Series) -> pl.DataFrame:
    """The recordings that sound exactly so, with a title to name them by."""
    title = func.concat_ws(" – ", Recording.artist_line, Recording.title, Recording.isrc)
    query = select(Recording.audio_md5, cast(Recording.id, Text), title).where(
        Recording.audio_md5 == any_(bindparam("keys", type_=ARRAY(Text)))
    )
    return _frame(session, query, _ALIKE, md5s)


def _is_one_of(column: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column == any_(bindparam("keys", type_=ARRAY(UUID(as_uuid=False))))
    return found


def _frame(session: Session, query: Any, schema: Mapping[str, Any], keys: pl.Series) -> pl.DataFrame:
    wanted = keys.drop_nulls().unique().to_list()
    rows: Iterable[Any] = session.execute(query, {"keys": wanted}).all() if wanted else []
    return pl.DataFrame([tuple(row) for row in rows], schema=dict(schema), orient="row")
