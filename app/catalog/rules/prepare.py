"""What rules need beside a row's own columns, worked out once for all of them."""

from __future__ import annotations

import polars as pl

from app.catalog.rules.columns import repaired_gtin
from app.catalog.rules.frames import RELEASES, TRACKS, Known, conform
from app.catalog.rules.registry import Sheets
from app.catalog.rules.text import EXPLICIT_MARK

OF_RELEASE = ("title", "kind", "upc", "language", "artists", "preorder_date")
"""What a track may need to know of its release, as `of_title` and so on."""


EXPLICIT_WORDS = ("explicit", "clean", "none")
_OTHER_WORDS = {
    **dict.fromkeys(("yes", "y", "true", "1", "e", "explicit"), "explicit"),
    **dict.fromkeys(("cleaned", "censored", "clean"), "clean"),
    **dict.fromkeys(("no", "n", "false", "0", "not explicit", "none"), "none"),
}


def explicit_said() -> pl.Expr:
    """What is said about explicit words, in the words of the schema; null where it is none of them."""
    return (
        pl.col("explicit")
        .str.strip_chars()
        .str.to_lowercase()
        .replace_strict(_OTHER_WORDS, default=None, return_dtype=pl.String)
    )


def folded(text: pl.Expr) -> pl.Expr:
    """Text as it is compared: small letters and digits alone, without accents."""
    return text.str.to_lowercase().str.normalize("NFKD").str.replace_all(r"[^\p{L}\p{N}]", "")


def prepare(releases: pl.DataFrame, tracks: pl.DataFrame, known: Known) -> Sheets:
    """Releases and tracks with what the rules need besides."""
    releases, tracks = conform(releases, RELEASES), conform(tracks, TRACKS)
    about = releases.select("release", *(pl.col(name).alias(f"of_{name}") for name in OF_RELEASE))
    tracks = tracks.join(about, on="release", how="left", maintain_order="left")
    own = known.artists.filter("stylised")["name"].to_list()
    releases = releases.join(_sums(tracks), on="release", how="left", maintain_order="left").with_columns(
        today=pl.lit(known.today), stylised=_any_in(pl.col("artists"), own), repaired=repaired_gtin(pl.col("upc"))
    )
    tracks = tracks.with_columns(
        title_key=folded(pl.col("title")),
        stylised=_any_in(pl.coalesce("artists", "of_artists"), own),
        ms=pl.coalesce("audio_ms", "duration_ms"),
    )
    return Sheets(releases, tracks, known)


def _sums(tracks: pl.DataFrame) -> pl.DataFrame:
    """What a release must know of its tracks."""
    length = pl.coalesce("audio_ms", "duration_ms")
    marked = pl.col("title").str.contains(EXPLICIT_MARK) & pl.col("explicit").is_null()
    return tracks.group_by("release").agg(
        track_count=pl.len(),
        only_title=pl.col("title").first(),
        any_explicit=(pl.coalesce(explicit_said(), pl.when(marked).then(pl.lit("explicit"))) == "explicit").any(),
        any_instant=pl.col("instant_grat").any(),
        timed_tracks=length.count(),
        long_tracks=(length > 45_000).sum(),
        formats=pl.struct("audio_rate", "audio_bits", "audio_channels")
        .filter(pl.col("audio_rate").is_not_null())
        .n_unique(),
    )


def _any_in(names: pl.Expr, wanted: list[str]) -> pl.Expr:
    if not wanted:
        return pl.lit(value=False)
    return names.list.eval(pl.element().is_in(wanted)).list.any().fill_null(value=False)
