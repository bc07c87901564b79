"""The catalogue as frames, for whole comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Executable, Text, any_, bindparam, cast, exists, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, UUID, distinct_on
from sqlalchemy.orm import Session

from app.catalog.models import Recording, Release, Track
from app.catalog.rules.frames import Known
from app.catalog.rules.merging import RECORDING_FIELDS, RELEASE_FIELDS
from app.roster.models import Artist, Contributor, Imprint
from app.roster.rules import name_keys

BETWEEN = "\x1f"
NAMED = {"name_key": pl.String, "id": pl.String}
_TYPES: Mapping[str, Any] = {
    "p_year": pl.Int16,
    "c_year": pl.Int16,
    "duration_ms": pl.UInt32,
    "is_instrumental": pl.Boolean,
    "styles": pl.List(pl.String),
    "territories": pl.List(pl.String),
    "excluded_territories": pl.List(pl.String),
    "disc": pl.UInt16,
    "number": pl.UInt16,
    "version_count": pl.Int32,
}


def imprint_ids(session: Session, keys: pl.Series) -> pl.DataFrame:
    """Imprints by comparable name, the oldest of each."""
    return _named(session, Imprint, keys)


def artist_ids(session: Session, keys: pl.Series) -> pl.DataFrame:
    """Artists by comparable name, the oldest of each."""
    return _named(session, Artist, keys)


def contributor_ids(session: Session, keys: pl.Series) -> pl.DataFrame:
    """Contributors by comparable name, without those that a remark tells apart; who was merged is who they became."""
    meant = func.coalesce(Contributor.merged_into_id, Contributor.id)
    return _named(session, Contributor, keys, Contributor.remark == "", key=meant)


def _named(session: Session, model: Any, keys: pl.Series, *only: ColumnElement[bool], key: Any = None) -> pl.DataFrame:
    query = (
        select(model.name_key, cast(model.id if key is None else key, Text))
        .where(_is_one_of(model.name_key), *only)
        .ext(distinct_on(model.name_key))
        .order_by(model.name_key, model.id)
    )
    return _frame(session, query, NAMED, keys)


def releases_like(session: Session, upcs: pl.Series, catalog_numbers: pl.Series) -> pl.DataFrame:
    """Releases that have one of these UPCs or catalogue numbers, with every field that can be compared."""
    columns = list(RELEASE_FIELDS.values())
    padded = func.lpad(Release.upc, 14, "0")
    query = select(
        cast(Release.id, Text), cast(Release.imprint_id, Text), padded, *(getattr(Release, name) for name in columns)
    ).where(or_(padded == any_(_texts("upcs")), Release.catalog_number == any_(_texts("numbers"))))
    rows = session.execute(query, {"upcs": _said(upcs.str.zfill(14)), "numbers": _said(catalog_numbers)}).all()
    return _as_frame(rows, _schema("id", "imprint_id", "upc14", *columns))


def tracks_of(session: Session, release_ids: pl.Series) -> pl.DataFrame:
    """The tracks of these releases with their recordings' fields."""
    columns = list(RECORDING_FIELDS.values())
    query = (
        select(
            cast(Track.id, Text),
            cast(Track.release_id, Text),
            cast(Track.recording_id, Text),
            Track.disc,
            Track.number,
            *(getattr(Recording, name) for name in columns),
        )
        .join(Recording, Recording.id == Track.recording_id)
        .where(Track.release_id == any_(cast(_texts("keys"), ARRAY(UUID))))
    )
    schema = _schema("track_id", "release_id", "recording_id", "disc", "number", *columns)
    return _frame(session, query, schema, release_ids)


def recordings_by_isrc(session: Session, isrcs: pl.Series) -> pl.DataFrame:
    """Which recordings these codes name already."""
    query = select(Recording.isrc, cast(Recording.id, Text)).where(_is_one_of(Recording.isrc))
    return _frame(session, query, {"isrc": pl.String, "known_id": pl.String}, isrcs)


def known(session: Session, releases: pl.DataFrame, tracks: pl.DataFrame, *, today: date) -> Known:
    """What the catalogue holds that these releases might clash with, apart from the releases themselves."""
    theirs = session.execute(
        select(Recording.isrc, Recording.duration_ms, Recording.audio_md5).where(
            or_(Recording.isrc == any_(_texts("isrcs")), Recording.audio_md5 == any_(_texts("md5s"))),
            ~_stands_on_one_of_them(),
        ),
        {
            "isrcs": _said(tracks["isrc"]),
            "md5s": _said(tracks["audio_md5"]),
            "upcs": _said(releases["upc"].str.zfill(14)),
            "numbers": _said(releases["catalog_number"]),
        },
    ).all()
    acts = pl.concat([frame[column].explode() for frame in (releases, tracks) for column in ("artists", "featuring")])
    alike = session.execute(
        select(Artist.name, Artist.keeps_style).where(_is_one_of(Artist.name_key)), {"keys": _keys(acts)}
    ).all()
    return Known(
        today=today,
        recordings=_as_frame(theirs, {"isrc": pl.String, "duration_ms": pl.UInt32, "audio_md5": pl.String}),
        artists=_as_frame(alike, {"name": pl.String, "stylised": pl.Boolean}),
        imprints=_as_frame(session.execute(select(Imprint.name)).all(), {"name": pl.String}),
    )


def _stands_on_one_of_them() -> ColumnElement[bool]:
    """Whether a recording is on a release that is being looked at: its other audio or length is a correction."""
    return exists(
        select(Track.id)
        .join(Release, Release.id == Track.release_id)
        .where(
            Track.recording_id == Recording.id,
            or_(
                func.lpad(Release.upc, 14, "0") == any_(_texts("upcs")),
                Release.catalog_number == any_(_texts("numbers")),
            ),
        )
    )


def _keys(names: pl.Series) -> str:
    return _said(pl.DataFrame({"name": names}).select(name_keys(pl.col("name"))).to_series())


def _is_one_of(column: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column == any_(_texts("keys"))
    return found


def _texts(name: str) -> Any:
    """Many texts as one, which the server takes apart sooner than the driver writes an array."""
    return func.string_to_array(bindparam(name, type_=Text), BETWEEN)


def _said(values: pl.Series) -> str:
    """Each value once; one that holds the separator itself is none that the catalogue knows."""
    return str(values.drop_nulls().unique().str.join(BETWEEN).item())


def _frame(session: Session, query: Executable, schema: Mapping[str, Any], keys: pl.Series) -> pl.DataFrame:
    wanted = _said(keys)
    rows = session.execute(query, {"keys": wanted}).all() if wanted else []
    return _as_frame(rows, schema)


def _as_frame(rows: Iterable[Any], schema: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([tuple(row) for row in rows], schema=dict(schema), orient="row")


def _schema(*columns: str) -> dict[str, Any]:
    return {name: _TYPES.get(name, pl.String) for name in columns}
