"""The catalogue as it stands, in the shape in which rules see it: a few statements, however many releases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import polars as pl
from sqlalchemy import Executable, Text, all_, any_, bindparam, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.dialects.postgresql import UUID as IDS
from sqlalchemy.orm import Session

from app.catalog.models import (
    Credit,
    Recording,
    RecordingArtist,
    RecordingWork,
    Release,
    ReleaseArtist,
    Track,
    Work,
)
from app.catalog.queries.frames import known
from app.catalog.rules.frames import RELEASES, TRACKS, Known
from app.catalog.rules.measured import of_artwork, of_audio
from app.catalog.rules.merging import RECORDING_FIELDS, RELEASE_FIELDS
from app.catalog.rules.text import PARENTAL_MARK
from app.kernel.files import StoredFile
from app.roster.models import Contributor, Imprint

VARIOUS = "Various Artists"
_IDS = bindparam("ids", type_=ARRAY(IDS(as_uuid=False)))
_ACTS: Mapping[str, Any] = {"owner": pl.String, "artists": pl.List(pl.String), "featuring": pl.List(pl.String)}
_WITHOUT_DRAWING = literal("waveform")
"""The longest fact of a sound, at which no rule looks."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Releases and tracks (`rules.frames`), and whose rows they are.

    `release_rows` has `release` and `id`; `track_rows` has `release`, `row`, `track_id`, `id` (of the
    recording) and `is_titled`, true where the place has a title of its own.
    """

    releases: pl.DataFrame
    tracks: pl.DataFrame
    release_rows: pl.DataFrame
    track_rows: pl.DataFrame


def sheet(session: Session, release_ids: Sequence[UUID]) -> Sheet:
    """These releases and their tracks."""
    wanted = {"ids": [str(release_id) for release_id in release_ids]}
    rows = _releases(session, wanted)
    number = {row["id"]: place for place, row in enumerate(rows)}
    releases = _framed([row | {"release": number[row["id"]]} for row in rows], {**RELEASES, "id": pl.String()})
    releases = releases.with_columns(*of_artwork(row["artwork"] for row in rows))
    releases = _marked(_with_acts(releases, _acts(session, ReleaseArtist, ReleaseArtist.release_id, wanted)))
    tracks = _tracks(session, wanted, number, releases)
    return Sheet(
        releases=releases.select(list(RELEASES)),
        tracks=tracks.select(list(TRACKS)),
        release_rows=releases.select("release", "id"),
        track_rows=tracks.select("release", "row", "track_id", "id", "is_titled"),
    )


def _releases(session: Session, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    said = [getattr(Release, column).label(name) for name, column in RELEASE_FIELDS.items()]
    query = select(cast(Release.id, Text).label("id"), Imprint.name.label("label"), Release.artwork, *said)
    query = query.join(Imprint, Imprint.id == Release.imprint_id).where(Release.id == any_(_IDS)).order_by(Release.id)
    rows = session.execute(query, wanted).mappings()
    return [dict(row) for row in rows]


def _tracks(
    session: Session, wanted: Mapping[str, Any], number: Mapping[str, int], releases: pl.DataFrame
) -> pl.DataFrame:
    found = [row | {"release": number[row["release_id"]]} for row in _track_rows(session, wanted)]
    schema = {**TRACKS, "id": pl.String(), "track_id": pl.String(), "is_titled": pl.Boolean()}
    tracks = _framed(found, schema).with_columns(*of_audio(row["audio"] for row in found))
    tracks = tracks.with_columns(row=pl.int_range(1, pl.len() + 1).over("release").cast(pl.UInt32))
    recordings = {"ids": tracks["id"].unique().to_list()}
    tracks = _with_acts(tracks, _acts(session, RecordingArtist, RecordingArtist.recording_id, recordings))
    credited = _credits(session, recordings)
    tracks = tracks.drop("contributors").join(credited, on="id", how="left", maintain_order="left")
    return _marked(_inheriting(tracks, releases))


def _marked(frame: pl.DataFrame) -> pl.DataFrame:
    """Where a title says that something is explicit or clean, a field that says neither says nothing."""
    silent = pl.col("title").str.contains(PARENTAL_MARK) & (pl.col("explicit") == "none")
    return frame.with_columns(explicit=pl.when(~silent.fill_null(value=False)).then("explicit"))


def _track_rows(session: Session, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    own = ("artist_line", "title")
    said = [getattr(Recording, column).label(name) for name, column in RECORDING_FIELDS.items() if name not in own]
    iswc = (
        select(func.min(Work.iswc))
        .join(RecordingWork, RecordingWork.work_id == Work.id)
        .where(RecordingWork.recording_id == Recording.id)
        .scalar_subquery()
    )
    query = (
        select(
            cast(Track.release_id, Text).label("release_id"),
            cast(Track.id, Text).label("track_id"),
            cast(Recording.id, Text).label("id"),
            Track.disc,
            Track.number,
            Track.position,
            func.coalesce(Track.title, Recording.title).label("title"),
            Track.title.is_not(None).label("is_titled"),
            Track.is_preorder_only.label("preorder_only"),
            Track.is_instant_grat.label("instant_grat"),
            StoredFile.name.label("file"),
            Recording.audio.op("-")(_WITHOUT_DRAWING).label("audio"),
            iswc.label("iswc"),
            *said,
        )
        .join(Recording, Recording.id == Track.recording_id)
        .outerjoin(StoredFile, StoredFile.id == Recording.audio_id)
        .where(Track.release_id == any_(_IDS))
        .order_by(Track.release_id, Track.disc, Track.number, Track.id)
    )
    return [dict(row) for row in session.execute(query, wanted).mappings()]


def _acts(session: Session, model: Any, owner: Any, wanted: Mapping[str, Any]) -> pl.DataFrame:
    """Main artists and guests of each owner, in order."""
    named = func.array_agg(aggregate_order_by(model.credited_as, model.position))
    main, guests = (named.filter(model.role == role) for role in ("main", "featured"))
    query = select(cast(owner, Text), main, guests).where(owner == any_(_IDS)).group_by(owner)
    rows = session.execute(query, wanted).all()
    return pl.DataFrame([tuple(row) for row in rows], schema=dict(_ACTS), orient="row")


def _with_acts(frame: pl.DataFrame, acts: pl.DataFrame) -> pl.DataFrame:
    return frame.drop("artists", "featuring").join(
        acts.rename({"owner": "id"}), on="id", how="left", maintain_order="left"
    )


def _credits(session: Session, wanted: Mapping[str, Any]) -> pl.DataFrame:
    query = select(cast(Credit.recording_id, Text), Contributor.name, Credit.role)
    query = query.join(Contributor, Contributor.id == Credit.contributor_id).where(Credit.recording_id == any_(_IDS))
    rows = session.execute(query.order_by(Credit.recording_id, Credit.position), wanted).all()
    named = pl.DataFrame(
        [tuple(row) for row in rows], schema=dict.fromkeys(("id", "name", "role"), pl.String), orient="row"
    )
    return named.group_by("id").agg(contributors=pl.struct("name", "role"))


def _inheriting(tracks: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """A track by its release's artists names none of its own, so that what is wrong with them is said once."""
    of_release = releases.select("release", of_release=pl.col("artists").list.join("\n"))
    tracks = tracks.join(of_release, on="release", how="left", maintain_order="left")
    names = pl.col("artists").list.join("\n")
    same = (names == pl.col("of_release")) & (names != VARIOUS)
    return tracks.with_columns(artists=pl.when(~same.fill_null(value=False)).then("artists")).drop("of_release")


def _framed(rows: list[dict[str, Any]], schema: Mapping[str, Any]) -> pl.DataFrame:
    """Rows in a frame; what is none of the schema's is left out, and what does not fit into it is not known."""
    return pl.DataFrame({name: pl.Series(name, [row.get(name) for row in rows], dtype, strict=False)
                         for name, dtype in schema.items()})  # fmt: skip


def known_beside(session: Session, held: Sheet, *, today: date) -> Known:
    """What the rest of the catalogue holds that these releases might clash with."""
    everything = known(session, held.releases, held.tracks, today=today)
    return replace(everything, recordings=_other_recordings(session, held), releases=_other_releases(session, held))


def _other_recordings(session: Session, held: Sheet) -> pl.DataFrame:
    """Recordings with the same audio; one with the same ISRC there cannot be twice."""
    query = select(Recording.isrc, Recording.duration_ms, Recording.audio_md5)
    query = query.where(Recording.id != all_(_IDS), Recording.audio_md5 == any_(_texts("md5s")))
    schema = {"isrc": pl.String, "duration_ms": pl.UInt32, "audio_md5": pl.String}
    md5s = _said(held.tracks["audio_md5"])
    return _looked_up(session, query, schema, {"ids": held.track_rows["id"].to_list(), "md5s": md5s}, is_idle=not md5s)


def _other_releases(session: Session, held: Sheet) -> pl.DataFrame:
    """Releases with the same catalogue number or cover; one with the same UPC there cannot be twice."""
    numbers, covers = _said(held.releases["catalog_number"]), _said(held.releases["artwork_hash"])
    cover = Release.artwork["perceptual_hash"].astext
    query = select(Release.upc, Release.catalog_number, Imprint.name, cover)
    query = query.join(Imprint, Imprint.id == Release.imprint_id).where(Release.id != all_(_IDS))
    alike = [Release.catalog_number == any_(_texts("numbers")), *([cover == any_(_texts("covers"))] if covers else [])]
    schema = dict.fromkeys(("upc", "catalog_number", "label", "artwork_hash"), pl.String)
    said = {"ids": held.release_rows["id"].to_list(), "numbers": numbers, "covers": covers}
    return _looked_up(session, query.where(or_(*alike)), schema, said, is_idle=not numbers and not covers)


def _looked_up(
    session: Session, query: Executable, schema: Mapping[str, Any], said: dict[str, Any], *, is_idle: bool
) -> pl.DataFrame:
    rows = [] if is_idle else session.execute(query, said).all()
    return pl.DataFrame([tuple(row) for row in rows], schema=dict(schema), orient="row")


def _texts(name: str) -> Any:
    return bindparam(name, type_=ARRAY(Text))


def _said(values: pl.Series) -> list[str]:
    return values.drop_nulls().unique().to_list()
