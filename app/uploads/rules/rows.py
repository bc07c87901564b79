"""From a table of text to releases and their tracks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from app.catalog.rules.frames import RELEASES, TRACKS, conform
from app.uploads.rules import releases, tracks
from app.uploads.rules.aliases import ALIASES
from app.uploads.rules.dates import DateOrder
from app.uploads.rules.manifest import Manifest
from app.uploads.rules.problems import PROBLEMS
from app.uploads.rules.reading import Reading

_NO_CATALOG_NUMBER: Final = r"(?i)^(?:none|n/?a|-+|keine|sans)$"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a manifest says, in the frames of the catalogue's rules, and what of it could not be read.

    `sources` tells which rows of the manifest make up a release (`release`, `row`), `covers` which file a release names
    as its cover (`release`, `file`).
    """

    releases: pl.DataFrame
    tracks: pl.DataFrame
    problems: pl.DataFrame
    sources: pl.DataFrame
    covers: pl.DataFrame


def to_catalogue(
    manifest: Manifest, mapping: Mapping[str, str | None], *, date_order: DateOrder | None = None
) -> Catalogue:
    """Read releases and tracks by `mapping` (header → field). A value that cannot be read is null and told of.

    Rows belong to one release by the sender's own id, else the UPC, else catalogue number, title and label together.
    `date_order` says how "03/04/2026" is read; without it the dates that can only be read one way decide.
    """
    rows = _fields(manifest, mapping)
    headers = {field: header for header, field in mapping.items() if field is not None}
    reading = Reading(rows.with_columns(_release_key(rows).rank("dense").cast(pl.UInt32).alias("release")), headers)
    reading = reading.renumbered()
    of_tracks = tracks.read(reading)
    of_releases = releases.read(reading, of_tracks, date_order)
    of_tracks = tracks.with_artists_of_release(of_tracks, of_releases)
    return Catalogue(
        releases=conform(of_releases, RELEASES),
        tracks=conform(of_tracks, TRACKS),
        problems=pl.concat([manifest.problems, *reading.problems, pl.DataFrame(schema=PROBLEMS)]).sort(
            "row", maintain_order=True
        ),
        sources=reading.rows.select("release", "row"),
        covers=_covers(reading),
    )


def _covers(reading: Reading) -> pl.DataFrame:
    if not reading.has("release.artwork"):
        return pl.DataFrame(schema={"release": pl.UInt32, "file": pl.String})
    return reading.rows.select("release", file="release.artwork").drop_nulls().unique(maintain_order=True)


def _fields(manifest: Manifest, mapping: Mapping[str, str | None]) -> pl.DataFrame:
    """The manifest with a column for every field there is, null where the sender has none, and `row`."""
    by_field = {field: header for header, field in mapping.items() if field is not None}
    return manifest.cells.select(
        manifest.rows.alias("row"),
        *(
            pl.col(by_field[field]).alias(field) if field in by_field else pl.lit(None, pl.String).alias(field)
            for field in ALIASES
        ),
    )


def _release_key(rows: pl.DataFrame) -> pl.Expr:
    """What rows of one release have in common.

    The sender's own id comes first: two releases with one UPC are a mistake to be told of, not one release.
    """
    upc = pl.col("release.upc").str.replace_all(r"\D", "").str.strip_chars_start("0").replace("", None)
    catalog_number = pl.col("release.catalog_number").str.replace(_NO_CATALOG_NUMBER, "").replace("", None)
    loose = [
        pl.col("release.title"), catalog_number, pl.col("release.label"), pl.col("release.artists"),
    ]  # fmt: skip
    if rows["release.title"].is_null().all():
        loose = loose[1:]
    together = pl.concat_str([part.fill_null("").str.to_lowercase() for part in loose], separator="\x1f")
    is_said = pl.any_horizontal(part.is_not_null() for part in loose[:2])
    return pl.coalesce(
        "i" + pl.col("release.id"),
        "u" + upc,
        pl.when(is_said).then("t" + together),
        "r" + pl.col("row").cast(pl.String),
    )
