"""Tracks of a manifest: a row each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

from app.uploads.rules import credits as people
from app.uploads.rules.aliases import BY_ROLE
from app.uploads.rules.languages import language_code
from app.uploads.rules.positions import placed
from app.uploads.rules.reading import Reading
from app.uploads.rules.values import duration_ms, several, whole_number, word
from app.uploads.rules.words import AI_USE, EXPLICIT, VARIOUS, YES_NO

_AS_WRITTEN: Final = ("position", "title", "version", "isrc", "iswc", "lyrics", "genre", "file")


def read(reading: Reading) -> pl.DataFrame:
    """The tracks, in the order of their release; `artists` null where only the release names them."""
    rows = reading.rows.select(
        "release",
        "row",
        *(pl.col(f"track.{name}").alias(name) for name in _AS_WRITTEN),
        *(several(pl.col(f"track.{name}")).alias(name) for name in ("artists", "featuring")),
    ).with_columns(_values(reading))
    rows = placed(rows.sort("release", "sequence", "row", nulls_last=True, maintain_order=True))
    position = "track.position"
    reading.note(rows, position, ~pl.col("is_readable"), "position_unreadable", pl.col("position"))
    return _credited(rows, reading)


def _values(reading: Reading) -> list[pl.Series]:
    """The fields that are more than text."""
    found = [reading.read(f"track.{name}", make(f"track.{name}"), dtype, rule) for name, make, dtype, rule in _FIELDS]
    durations = [
        reading.read("track.duration_ms", _number("track.duration_ms", pl.UInt32), pl.UInt32, "number_unreadable"),
        reading.read("track.duration", duration_ms(pl.col("track.duration")), pl.UInt32, "duration_unreadable"),
    ]
    duration = durations[0].fill_null(durations[1]) if reading.has("track.duration_ms") else durations[1]
    return [*(series.rename(series.name.removeprefix("track.")) for series in found), duration.rename("duration_ms")]


def _number(column: str, dtype: type[pl.DataType]) -> pl.Expr:
    return whole_number(pl.col(column), dtype)


def _yes(column: str) -> pl.Expr:
    return word(pl.col(column), YES_NO) == "yes"


_FIELDS: Final[tuple[tuple[str, Callable[[str], pl.Expr], type[pl.DataType], str], ...]] = (
    ("disc", lambda column: _number(column, pl.UInt16), pl.UInt16, "number_unreadable"),
    ("number", lambda column: _number(column, pl.UInt16), pl.UInt16, "number_unreadable"),
    ("sequence", lambda column: _number(column, pl.UInt32), pl.UInt32, "number_unreadable"),
    ("explicit", lambda column: word(pl.col(column), EXPLICIT), pl.String, "explicit_unreadable"),
    ("ai_use", lambda column: word(pl.col(column), AI_USE), pl.String, "ai_use_unreadable"),
    ("language", lambda column: language_code(pl.col(column)), pl.String, "language_unreadable"),
    ("lyrics_language", lambda column: language_code(pl.col(column)), pl.String, "language_unreadable"),
    ("instrumental", _yes, pl.Boolean, "yes_no_unreadable"),
    ("preorder_only", _yes, pl.Boolean, "yes_no_unreadable"),
    ("instant_grat", _yes, pl.Boolean, "yes_no_unreadable"),
)


def _credited(rows: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """The tracks with their `contributors`, and with those among them who are featured."""
    found = people.exploded_credits(reading.rows.select("row", credits=pl.col("track.contributors")))
    unknown = ~pl.col("is_known")
    reading.note(found, "track.contributors", unknown, "role_unknown", pl.col("said"))
    by_role = [
        reading.rows.select("row", name=several(pl.col(column))).explode("name").drop_nulls("name").with_columns(
            role=pl.lit(role)
        )
        for column, role in BY_ROLE.items()
        if reading.has(column)
    ]  # fmt: skip
    everyone = pl.concat(
        [found.select("row", "name", "role").with_columns(pl.col("role").fill_null("Performer")), *by_role]
    )
    grouped = (
        everyone.unique(maintain_order=True)
        .group_by("row", maintain_order=True)
        .agg(
            contributors=pl.struct("name", "role"),
            featured=pl.col("name").filter(pl.col("role") == "FeaturedArtist"),
        )
    )
    joined = rows.join(grouped, on="row", how="left", maintain_order="left")
    featuring = pl.concat_list(
        pl.col("featuring").fill_null([]), pl.col("featured").fill_null([])
    ).list.unique(maintain_order=True)  # fmt: skip
    return joined.with_columns(featuring=pl.when(featuring.list.len() > 0).then(featuring))


def with_artists_of_release(tracks: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """The tracks, by the artists of their release where they name none, unless those are various."""
    joined = tracks.join(
        releases.select("release", of_release="artists"), on="release", how="left", maintain_order="left"
    )  # fmt: skip
    named = pl.when(~is_various(pl.col("of_release"))).then(pl.col("of_release"))
    return joined.with_columns(artists=pl.coalesce("artists", named)).drop("of_release")


def is_various(artists: pl.Expr) -> pl.Expr:
    """Tell whether a list of artists is one name that stands for many."""
    bare = artists.list.first().str.to_lowercase().str.replace_all(r"[^\p{L}\p{M}\p{N}]", "")
    return (bare.is_in(list(VARIOUS)) & (artists.list.len() == 1)).fill_null(value=False)
