"""Releases of a manifest: several rows each, of which the first that says something counts."""

from __future__ import annotations

from typing import Final

import polars as pl

from app.uploads.rules.dates import DateOrder, date_order, read_dates
from app.uploads.rules.languages import language_code
from app.uploads.rules.reading import Reading
from app.uploads.rules.tracks import is_various
from app.uploads.rules.values import several, whole_number, word
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
    releases = first.select(
        "release",
        *(pl.col(f"release.{name}").alias(name) for name in _AS_WRITTEN),
        *(several(pl.col(f"release.{name}")).alias(name) for name in _LISTS),
        several(pl.col("release.genre")).list.first().alias("genre"),
        _territories("territories").alias("territories"),
        _territories("excluded_territories").alias("excluded_territories"),
        several(pl.when(pl.col("track.artists").list.len() == 1).then(pl.col("track.artists").list.first())).alias(
            "sole"
        ),
    ).with_columns(*_words(of_releases), *_dates(of_releases, order), *_lines(of_releases))
    return _guessed(releases, tracks)


def _differences(reading: Reading) -> None:
    """Tell of rows that say something else of their release than its first row does."""
    for name in (f"release.{name}" for name in _SHARED):
        if reading.has(name):
            rows = reading.rows.with_columns(first=pl.col(name).drop_nulls().first().over("release"))
            differs = pl.col(name) != pl.col("first")
            reading.note(rows, name, differs, "release_differs", pl.col(name), pl.col("first"))


def _words(reading: Reading) -> list[pl.Series]:
    """The fields with a fixed choice."""
    found = [
        reading.read("release.kind", word(pl.col("release.kind"), KINDS), pl.String, "kind_unreadable"),
        reading.read("release.explicit", word(pl.col("release.explicit"), EXPLICIT), pl.String, "explicit_unreadable"),
        reading.read("release.ai_use", word(pl.col("release.ai_use"), AI_USE), pl.String, "ai_use_unreadable"),
        reading.read("release.language", language_code(pl.col("release.language")), pl.String, "language_unreadable"),
    ]
    return [series.rename(series.name.removeprefix("release.")) for series in found]


def _dates(reading: Reading, order: DateOrder | None) -> list[pl.Series]:
    columns = {name: f"release.{name}" for name in _DATES}
    order = order or date_order([reading.rows[column] for column in columns.values() if reading.has(column)])
    found = []
    for name, column in columns.items():
        read = read_dates(reading.rows[column], order)
        reading.refuse(column, read["is_ambiguous"], "date_ambiguous")
        reading.refuse(column, read["date"].is_null() & ~read["is_ambiguous"], "date_unreadable")
        found.append(read["date"].rename(name))
    return found


def _lines(reading: Reading) -> list[pl.Series]:
    """Year and owner of both lines: from columns of their own, else out of the line."""
    found = []
    for line in ("p", "c"):
        column = f"release.{line}_year"
        said = reading.read(column, whole_number(pl.col(column), pl.Int16), pl.Int16, "number_unreadable")
        parts = reading.rows.select(parts=pl.col(f"release.{line}_line").str.extract_groups(_LINE)).unnest("parts")
        of_line, owner = parts.to_series(0).cast(pl.Int16, strict=False), parts.to_series(1).replace("", None)
        found.append(said.fill_null(of_line).rename(f"{line}_year"))
        found.append(reading.rows[f"release.{line}_owner"].fill_null(owner).rename(f"{line}_owner"))
    return found


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
    various = is_various(pl.col("artists")) | (
        pl.col("artists").is_null() & pl.col("sole").is_null() & pl.col("has_artists")
    )
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
