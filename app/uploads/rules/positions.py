"""Where a track stands: disc and number from "3", "2-03", "CD1-5", "A1", "B", with the text kept beside them."""

from __future__ import annotations

from string import ascii_lowercase

import polars as pl

_NUMBERED = r"(?i)^(?:(?:no|nr|track)\.?\s*)?(\d{1,4})\.?$"
_ON_A_DISC = r"(?i)^([a-z]*?)[ -]?(\d{0,3})\s*([-–./:])\s*(\d{1,4}|video)\s*(?:\(?[a-z]\)?|\.\d{1,2})?$"
_SIDE = (
    r"(?i)^(?:(?:lp|vinyl|side|mc|cass)?[ -]?(\d{0,2})[ -]?)([a-z]{1,2})"
    r"[\s.-]*(\d{0,3})(?:[\s.-]*\(?[a-z]\)?|\.\d{1,2})?$"
)
_SUBTRACK = r"(?i)^(\d{1,4})\s*(?:[a-z]|\.[a-z])$"
_SIDES = [*ascii_lowercase, *(one + other for one in ascii_lowercase for other in ascii_lowercase)]
_DISC_OF_SIDE = {
    # "AA" is the second A-side of a single disc; "AB" comes after "Z".
    side: 1 if side == "aa" else index // 2 + 1
    for index, side in enumerate(_SIDES)
}


def placed(tracks: pl.DataFrame) -> pl.DataFrame:
    """`tracks` with `disc` and `number` (u16) filled where they were null.

    Needs `release`, `position`, `disc`, `number` and `is_readable` is added: false where `position` says nothing.
    Discs of one release are numbered as written where all are of one medium, else in order of appearance ("CD-1" and
    "DVD-1" are two). Sides hold a disc in pairs. A number that sides or sub-tracks hide is counted in order of rows.
    """
    position = pl.col("position").str.strip_chars()
    read = (
        tracks.with_columns(
            _on_disc=position.str.extract_groups(_ON_A_DISC),
            _side=position.str.extract(_SIDE, 2).str.to_lowercase(),
            _numbered=position.str.extract(_NUMBERED).cast(pl.UInt16, strict=False),
            _is_subtrack=position.str.contains(_SUBTRACK),
        )
        .with_columns(
            _medium=pl.col("_on_disc").struct[0].str.to_lowercase().replace("", None),
            _disc=pl.col("_on_disc").struct[1].cast(pl.UInt16, strict=False),
            _is_dotted=(pl.col("_on_disc").struct[2] == ".").fill_null(value=False),
            _number=pl.col("_on_disc").struct[3].cast(pl.UInt16, strict=False),
            _pair=pl.col("_side").replace_strict(_DISC_OF_SIDE, default=None, return_dtype=pl.UInt16),
        )
        .with_row_index("_order")
    )
    read = read.with_columns(
        # Among tracks that have no dot, "1.2" is the second part of the first.
        _is_disc=(pl.col("_disc").is_not_null() | pl.col("_medium").is_not_null())
        & (~pl.col("_is_dotted") | pl.col("_is_dotted").all().over("release")),
        is_readable=position.is_null()
        | pl.any_horizontal(pl.col("_numbered", "_side", "_disc", "_medium").is_not_null(), "_is_subtrack"),
    )
    return _numbered(_on_discs(read)).drop(pl.selectors.starts_with("_"))


def _on_discs(read: pl.DataFrame) -> pl.DataFrame:
    """Every track on a disc: the one that is said, else the one that its medium, its sides or its number speak for."""
    medium = pl.col("_medium").fill_null("")
    on = pl.coalesce(pl.when("_is_disc").then("_disc"), "_pair").fill_null(1)
    ranked = (
        read.with_columns(_on=on, _mixed=medium.n_unique().over("release") > 1)
        .with_columns(_first=pl.col("_order").min().over("release", medium, "_on"))
        .with_columns(_appearance=pl.col("_first").rank("dense").over("release").cast(pl.UInt16))
    )
    return ranked.with_columns(disc=pl.coalesce("disc", pl.when("_mixed").then("_appearance").otherwise("_on")))


def _numbered(read: pl.DataFrame) -> pl.DataFrame:
    """Every track with a number: as written where each track of the disc has one of its own, else counted."""
    said = pl.coalesce("number", "_numbered", pl.when("_is_disc").then("_number"))
    place = ["release", "disc"]
    clear = (said.is_not_null().all() & (said.n_unique() == pl.len())).over(place)
    counted = (pl.int_range(pl.len(), dtype=pl.UInt16) + 1).over(place)
    # What a person wrote into a column for numbers stays, even where it is wrong: a rule will say so.
    return read.with_columns(pl.coalesce("number", pl.when(clear).then(said).otherwise(counted)).alias("number"))
