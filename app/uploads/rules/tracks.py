"""Tracks of a manifest: a row each."""

from __future__ import annotations

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
_YES_NO: Final = ("instrumental", "preorder_only", "instant_grat")


def read(reading: Reading) -> pl.DataFrame:
    """The tracks, in the order of their release; `artists` null where only the release names them."""
    values = {
        "disc": whole_number(pl.col("track.disc"), pl.UInt16),
        "number": whole_number(pl.col("track.number"), pl.UInt16),
        "sequence": whole_number(pl.col("track.sequence"), pl.UInt32),
        "duration_ms": pl.coalesce(
            whole_number(pl.col("track.duration_ms"), pl.UInt32), duration_ms(pl.col("track.duration"))
        ),
        "explicit": word(pl.col("track.explicit"), EXPLICIT),
        "ai_use": word(pl.col("track.ai_use"), AI_USE),
        "language": language_code(pl.col("track.language")),
        "lyrics_language": language_code(pl.col("track.lyrics_language")),
        **{name: word(pl.col(f"track.{name}"), YES_NO) == "yes" for name in _YES_NO},
    }
    _require(reading, values)
    rows = reading.rows.select(
        "release",
        "row",
        *(pl.col(f"track.{name}").alias(name) for name in _AS_WRITTEN),
        *(several(pl.col(f"track.{name}")).alias(name) for name in ("artists", "featuring")),
        *(value.alias(name) for name, value in values.items()),
    )
    rows = placed(rows.sort("release", "sequence", "row", nulls_last=True, maintain_order=True))
    position = "track.position"
    reading.note(rows, position, ~pl.col("is_readable"), "position_unreadable", pl.col("position"))
    return _credited(rows, reading)


def _require(reading: Reading, values: dict[str, pl.Expr]) -> None:
    rules = {
        "disc": "number_unreadable", "number": "number_unreadable", "sequence": "number_unreadable",
        "explicit": "explicit_unreadable", "ai_use": "ai_use_unreadable", "language": "language_unreadable",
        "lyrics_language": "language_unreadable", **dict.fromkeys(_YES_NO, "yes_no_unreadable"),
    }  # fmt: skip
    for name, rule in rules.items():
        reading.require(f"track.{name}", rule, values[name])
    reading.require("track.duration", "duration_unreadable", duration_ms(pl.col("track.duration")))
    reading.require("track.duration_ms", "number_unreadable", whole_number(pl.col("track.duration_ms"), pl.UInt32))


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
    everyone = pl.concat([found.select("row", "name", "role").with_columns(pl.col("role").fill_null("Performer")), *by_role])
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
