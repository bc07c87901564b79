"""Rules about how sheets and files fit together (FI01 to FI03)."""

from __future__ import annotations

import polars as pl

from app.catalog.rules import columns as is_right
from app.catalog.rules.registry import RELEASE, TRACK, Rule, Sheets, column, enter, relation
from app.kernel.sentences import sentence

_STEM = pl.col("file").str.replace(r"^.*[/\\]", "").str.replace(r"\.[^.]*$", "")
_PLACED = r"^(\d{8,14})_(\d{2})_(\d{3})$"


@column(
    "FI01", scopes=TRACK, stage="delivery", field="file", severity="block", sentence=sentence("There is no audio yet.")
)
def file_is_missing() -> pl.Expr:
    return pl.col("file").is_null()


@relation(
    "FI01.other",
    scopes=TRACK,
    stage="delivery",
    field="file",
    severity="block",
    sentence=sentence("The name of the file belongs to another track."),
)
def file_is_of_another_track(sheets: Sheets) -> pl.DataFrame:
    """Names that are an ISRC, or a barcode with disc and track; most files have another name and are left out first."""
    code, isrc = is_right.bare(_STEM), is_right.bare(pl.col("isrc"))
    coded = is_right.isrc_is_formed(_STEM) & is_right.isrc_is_allocated(_STEM)
    named = sheets.tracks.filter(coded | _STEM.str.contains(_PLACED))
    upc, disc, number = (_STEM.str.extract(_PLACED, place) for place in (1, 2, 3))
    elsewhere = (disc.cast(pl.UInt16) != pl.col("disc")) | (number.cast(pl.UInt16) != pl.col("number"))
    elsewhere |= is_right.gtin(upc) != is_right.gtin(pl.col("of_upc"))
    return named.filter((_STEM.str.contains(_PLACED) & elsewhere) | (~_STEM.str.contains(_PLACED) & (code != isrc)))


@relation(
    "FI02",
    scopes=TRACK,
    stage="load",
    field="number",
    severity="block",
    sentence=sentence("Two tracks of a disc have the same number."),
)
def number_is_taken(sheets: Sheets) -> pl.DataFrame:
    """Which of them comes first nobody can know, so nothing is renumbered."""
    place = pl.struct("release", pl.col("disc").fill_null(1), "number")
    return sheets.tracks.filter(pl.col("number").is_not_null()).filter(place.is_duplicated())


@relation(
    "FI02.gap",
    scopes=TRACK,
    stage="load",
    field="number",
    severity="warn",
    safe=True,
    sentence=sentence("The numbers of tracks count from 1 without gaps."),
)
def numbers_have_gaps(sheets: Sheets) -> pl.DataFrame:
    """Tracks without any number are counted in the order of their rows; a disc with only some numbers is left alone."""
    disc = ["release", "_disc"]
    tracks = sheets.tracks.with_columns(_disc=pl.col("disc").fill_null(1))
    number = pl.col("number")
    counted = (number.null_count().over(disc) == 0) & (number.n_unique().over(disc) == pl.len().over(disc))
    uncounted = number.null_count().over(disc) == pl.len().over(disc)
    rank = pl.coalesce(number.cast(pl.UInt32), "row").rank("ordinal").over(disc)
    return tracks.with_columns(suggestion=rank).filter((counted | uncounted) & number.ne_missing(pl.col("suggestion")))


@column(
    "FI02.some",
    scopes=TRACK,
    stage="load",
    field="number",
    severity="block",
    sentence=sentence("Some tracks of this disc have a number and this one has none."),
)
def number_is_missing() -> pl.Expr:
    disc = ["release", "disc"]
    return pl.col("number").is_null() & pl.col("number").is_not_null().any().over(disc)


@relation(
    "FI02.discs",
    scopes=RELEASE,
    stage="load",
    field="title",
    severity="block",
    sentence=sentence("The numbers of discs count from 1 without gaps."),
)
def discs_have_gaps(sheets: Sheets) -> pl.DataFrame:
    """A missing disc may be missing music, so nothing is renumbered."""
    disc = pl.col("disc").fill_null(1)
    odd = sheets.tracks.group_by("release").agg(odd=(disc.max() != disc.n_unique()) | (disc.min() != 1))
    return sheets.releases.join(odd.filter("odd"), on="release", how="semi", maintain_order="left")


enter(
    Rule(
        code="FI03",
        scopes=RELEASE,
        stage="load",
        field="title",
        severity="info",
        sentence=sentence("A sheet’s encoding, separator and headings are recognised."),
        unseen=sentence("Not checked here: it is found out when a sheet is read."),
    )
)
