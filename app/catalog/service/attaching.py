"""Audio and artwork as part of a plan: what a load gives to recordings and releases, and what it takes from them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog import queries
from app.catalog.rules.merging import CHANGES
from app.catalog.service.planning import Plan
from app.kernel.files import StoredFile

AUDIO = {"audio_id": pl.String, "preview_id": pl.String, "audio": pl.String, "audio_md5": pl.String}
"""Columns of a recording that one sound file fills; `audio` is its facts as JSON."""

ARTWORK = {"artwork_id": pl.String, "artwork": pl.String}
"""Columns of a release that one picture fills."""

OF_RECORDING = {"audio_id": "audio_id", "preview_id": "preview_id", "audio": "audio", "audio_md5": "sound_md5"}
"""Column of a recording to column of a plan's tracks, which have their own `audio_md5` for rules to look at."""


def with_files(session: Session, plan: Plan, audio: pl.DataFrame, covers: pl.DataFrame) -> Plan:
    """The plan with these files in it.

    `audio` has `release`, `row`, `AUDIO` and `duration_ms`, `covers` `release`, `ARTWORK` and `sha256`. The same sound
    and the same picture are left as they are, whatever file they come in; a duration is taken where there was none.
    """
    sounds = plan.tracks.select("release", "row", "recording_id", "recording_is_known").join(
        audio, on=["release", "row"], maintain_order="left"
    )
    sounds = sounds.unique("recording_id", keep="first", maintain_order=True)
    pictures = plan.releases.select("release", "release_id", "release_is_new").join(
        covers, on="release", maintain_order="left"
    )
    changes = [plan.changes, *_audio_changes(session, sounds, plan.changes), *_artwork_changes(session, pictures)]
    return replace(
        plan,
        tracks=_with_audio(plan.tracks, sounds),
        releases=plan.releases.join(
            pictures.select("release", *ARTWORK), on="release", how="left", maintain_order="left"
        ),
        changes=pl.concat(changes),
    )


def _with_audio(tracks: pl.DataFrame, sounds: pl.DataFrame) -> pl.DataFrame:
    fresh = sounds.select(
        "recording_id", *AUDIO.keys() - {"audio_md5"}, sound_md5="audio_md5", sound_ms="duration_ms"
    ).select("recording_id", *OF_RECORDING.values(), "sound_ms")
    joined = tracks.join(fresh, on="recording_id", how="left", maintain_order="left")
    return joined.with_columns(duration_ms=pl.coalesce("duration_ms", "sound_ms")).drop("sound_ms")


def _audio_changes(session: Session, sounds: pl.DataFrame, planned: pl.DataFrame) -> list[pl.DataFrame]:
    known = sounds.filter("recording_is_known").rename({"recording_id": "id"})
    both = known.join(queries.audio_of(session, known["id"]), on="id", suffix="_held", maintain_order="left")
    other = both.filter(pl.col("audio_md5").ne_missing(pl.col("audio_md5_held")))
    timed = planned.filter((pl.col("kind") == "recording") & (pl.col("field") == "duration_ms"))
    untimed = both.filter(pl.col("duration_ms_held").is_null()).join(timed, on="id", how="anti")
    return [*_changes(other, "recording", AUDIO), *_changes(untimed, "recording", {"duration_ms": pl.UInt32})]


def _artwork_changes(session: Session, pictures: pl.DataFrame) -> list[pl.DataFrame]:
    known = pictures.filter(~pl.col("release_is_new")).rename({"release_id": "id"})
    both = known.join(queries.artwork_of(session, known["id"]), on="id", suffix="_held", maintain_order="left")
    other = both.filter(pl.col("sha256").ne_missing(pl.col("sha256_held")))
    return _changes(other.with_columns(row=pl.lit(None, pl.UInt32)), "release", ARTWORK)


def _changes(rows: pl.DataFrame, kind: str, fields: dict[str, Any]) -> list[pl.DataFrame]:
    return [
        rows.select(
            pl.lit(kind).alias("kind"),
            "id",
            "release",
            "row",
            pl.lit(field).alias("field"),
            pl.col(f"{field}_held").cast(pl.String).alias("before"),
            pl.col(field).cast(pl.String).alias("after"),
        ).select(pl.col(name).cast(dtype) for name, dtype in CHANGES.items())
        for field in fields
        if rows.height
    ]


def told(session: Session, changes: pl.DataFrame) -> pl.DataFrame:
    """Changes as history tells them: of a file its name, and nothing of what merely follows from it."""
    files = {"audio_id": "audio", "artwork_id": "artwork"}
    chosen = pl.col("field").is_in([*files])
    if not changes.select(chosen.any()).item():
        return changes
    ids = pl.concat([changes.filter(chosen)["before"], changes.filter(chosen)["after"]]).drop_nulls().unique().to_list()
    names = {
        str(row.id): row.name
        for row in session.execute(select(StoredFile.id, StoredFile.name).where(StoredFile.id.in_(ids)))
    }
    named = [
        pl.when(chosen).then(pl.col(side).replace(names)).otherwise(side).alias(side) for side in ("before", "after")
    ]
    kept = changes.filter(~pl.col("field").is_in(["audio", "artwork", "preview_id", "audio_md5"]))
    return kept.with_columns(*named, field=pl.col("field").replace(files))
