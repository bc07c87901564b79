"""Releases of a manifest: several rows each, of which the first that says something counts."""

from __future__ import annotations

from typing import Final

import polars as pl

from app.uploads.rules.languages import language_code
from app.uploads.rules.reading import Reading
from app.uploads.rules.tracks import is_various
from app.uploads.rules.values import DateOrder, date, date_order, is_ambiguous_date, several, whole_number, word
from app.uploads.rules.words import AI_USE, EXPLICIT, KINDS, WORLDWIDE

_DATES: Final = ("original_release_date", "release_date", "preorder_date")
_AS_WRITTEN: Final = (
    "title", "version", "label", "catalog_number", "upc", "grid", "subgenre", "p_line", "c_line", "format", "country",
)  # fmt: skip
_LISTS: Final = ("artists", "featuring", "styles")
_SHARED: Final = (
    *_AS_WRITTEN, *_LISTS, *_DATES, "genre", "kind", "language", "explicit", "ai_use", "p_year", "p_owner", "c_year",
    "c_owner", "territories", "excluded_territories",
)  # fmt: skip
_LINE = r"(?i)^\s*(?:[℗©]|\([pc]\))?\s*(?:((?:1[89]|20)\d{2})\b[\s,:-]*)?(.*?)\s*$"
_MOST_OF_A_SINGLE, _MOST_OF_AN_EP = 3, 6
_TEN_MINUTES, _HALF_AN_HOUR = 600_000, 1_800_000
VARIOUS_ARTISTS: Final = "Various Artists"


def read(reading: Reading, tracks: pl.DataFrame, order: DateOrder | None) -> pl.DataFrame:
    """The releases, with a guess at their kind where none is said (from `tracks`)."""
    _differences(reading)
    first = reading.rows.group_by("release", maintain_order=True).agg(
        pl.col("row").first(),
        *(pl.col(f"release.{name}").drop_nulls().first() for name in _SHARED),
        pl.col("track.artists").drop_nulls().unique(maintain_order=True).alias("track.artists"),
    )
    of_releases = Reading(first, reading.headers, reading.problems)
    values = _words(of_releases) | _dates(of_releases, order)
    releases = first.select(
        "release",
        *(pl.col(f"release.{name}").alias(name) for name in _AS_WRITTEN),
        *(several(pl.col(f"release.{name}")).alias(name) for name in _LISTS),
        *(value.alias(name) for name, value in values.items()),
        *_lines(),
        *_genres(),
        _territories("territories").alias("territories"),
        _territories("excluded_territories").alias("excluded_territories"),
        several(pl.when(pl.col("track.artists").list.len() == 1).then(pl.col("track.artists").list.first())).alias("sole"),
    )
    return _guessed(releases, tracks)


def _differences(reading: Reading) -> None:
    """Tell of rows that say something else of their release than its first row does."""
    for name in (f"release.{name}" for name in _SHARED):
        if reading.has(name):
            first = pl.col(name).drop_nulls().first().over("release")
            reading.note(reading.rows, name, pl.col(name) != first, "release_differs", pl.col(name), first)


def _words(reading: Reading) -> dict[str, pl.Expr]:
    kind, language = word(pl.col("release.kind"), KINDS), language_code(pl.col("release.language"))
    explicit, ai_use = word(pl.col("release.explicit"), EXPLICIT), word(pl.col("release.ai_use"), AI_USE)
    reading.require("release.kind", "kind_unreadable", kind)
    reading.require("release.language", "language_unreadable", language)
    reading.require("release.explicit", "explicit_unreadable", explicit)
    reading.require("release.ai_use", "ai_use_unreadable", ai_use)
    for year in ("release.p_year", "release.c_year"):
        reading.require(year, "number_unreadable", whole_number(pl.col(year), pl.Int16))
    return {"kind": kind, "language": language, "explicit": explicit, "ai_use": ai_use}


def _dates(reading: Reading, order: DateOrder | None) -> dict[str, pl.Expr]:
    columns = [f"release.{name}" for name in _DATES if reading.has(f"release.{name}")]
    order = order or date_order([reading.rows[column] for column in columns])
    found = {name: date(pl.col(f"release.{name}"), order) for name in _DATES}
    for column in columns:
        text, read_as = pl.col(column), date(pl.col(column), order)
        doubtful = read_as.is_null() & is_ambiguous_date(text)
        wrong = text.is_not_null() & read_as.is_null() & ~is_ambiguous_date(text).fill_null(value=False)
        reading.note(reading.rows, column, doubtful, "date_ambiguous", text)
        reading.note(reading.rows, column, wrong, "date_unreadable", text)
    return found


def _lines() -> list[pl.Expr]:
    """Year and owner of both lines: from columns of their own, else out of the line."""
    found = []
    for line in ("p", "c"):
        parts = pl.col(f"release.{line}_line").str.extract_groups(_LINE)
        year = pl.coalesce(whole_number(pl.col(f"release.{line}_year"), pl.Int16), parts.struct[0].cast(pl.Int16, strict=False))
        found.append(year.alias(f"{line}_year"))
        found.append(pl.coalesce(f"release.{line}_owner", parts.struct[1].replace("", None)).alias(f"{line}_owner"))
    return found


def _genres() -> list[pl.Expr]:
    """The first genre; commas belong to it ("Folk, World, & Country")."""
    return [several(pl.col("release.genre")).list.first().alias("genre")]


def _territories(name: str) -> pl.Expr:
    listed = several(pl.col(f"release.{name}").str.replace_all(",", "|", literal=True))
    bare = pl.element().str.to_lowercase().str.replace_all(r"[^\p{L}\p{M}]", "")
    code = pl.when(pl.element().str.contains(r"(?i)^[a-z]{2}$")).then(pl.element().str.to_uppercase())
    return listed.list.eval(
        pl.when(bare.is_in(list(WORLDWIDE))).then(pl.lit("Worldwide")).otherwise(pl.coalesce(code, pl.element()))
    )


def _guessed(releases: pl.DataFrame, tracks: pl.DataFrame) -> pl.DataFrame:
    """Releases with artists and kind, where these are not said: by whom and how long their tracks are."""
    counts = tracks.group_by("release").agg(
        tracks=pl.len(), total=pl.col("duration_ms").sum(), longest=pl.col("duration_ms").max(),
        has_artists=pl.col("artists").is_not_null().any(),
    )  # fmt: skip
    joined = releases.join(counts, on="release", how="left", maintain_order="left")
    various = is_various(pl.col("artists")) | (pl.col("artists").is_null() & pl.col("sole").is_null() & pl.col("has_artists"))
    artists = pl.when(various).then(pl.lit([VARIOUS_ARTISTS])).otherwise(pl.coalesce("artists", "sole"))
    return joined.with_columns(
        artists=artists, kind=pl.coalesce("kind", pl.when(various & (pl.col("tracks") > _MOST_OF_AN_EP)).then(
            pl.lit("compilation")).otherwise(_kind())),
    )  # fmt: skip


def _kind() -> pl.Expr:
    """What stores make of a release: up to three short tracks are a single, up to six within half an hour an EP."""
    is_short = pl.col("longest").fill_null(0) < _TEN_MINUTES
    return (
        pl.when((pl.col("total") > _HALF_AN_HOUR) | (pl.col("tracks") > _MOST_OF_AN_EP))
        .then(pl.lit("album"))
        .when((pl.col("tracks") <= _MOST_OF_A_SINGLE) & is_short)
        .then(pl.lit("single"))
        .otherwise(pl.lit("ep"))
    )
