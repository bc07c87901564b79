"""Rules about identifiers (ID01 to ID12)."""

from __future__ import annotations

from typing import Any

import polars as pl

from app.catalog.rules import columns as is_right
from app.catalog.rules.registry import PARTY, RELEASE, TRACK, Rule, Sheets, column, enter, relation
from app.kernel.sentences import sentence

MOST_MS_APART = 2_000
USUAL_FORM = sentence("Write it in its usual form.")
WRONG_CODE = sentence("This code has a wrong character: its check digit does not fit.")

_ISRC, _UPC, _GRID, _ISWC = (pl.col(name) for name in ("isrc", "upc", "grid", "iswc"))
_REPAIRED = pl.col("repaired")
_ON_ISRC: dict[str, Any] = {"scopes": TRACK, "field": "isrc"}
_ON_UPC: dict[str, Any] = {"scopes": RELEASE, "field": "upc"}


def _formed(code: str, wrong: pl.Expr, fix: pl.Expr, **parts: object) -> None:
    """A code that is right but written in another way is put right without asking."""
    field = pl.col(str(parts["field"]))
    enter(
        Rule(code=code, severity="info", stage="load", sentence=USUAL_FORM, fails=~wrong & (field != fix), fix=fix,
             safe=True, **parts)  # type: ignore[arg-type]
    )  # fmt: skip


@column(
    "ID01",
    **_ON_ISRC,
    severity="block",
    stage="load",
    sentence=sentence("An ISRC has two letters, three letters or digits, and seven digits."),
)
def isrc_has_no_form() -> pl.Expr:
    return ~is_right.isrc_is_formed(_ISRC)


_formed("ID01.form", ~is_right.isrc_is_formed(_ISRC), is_right.bare(_ISRC), **_ON_ISRC)


@column(
    "ID02",
    **_ON_ISRC,
    severity="warn",
    stage="load",
    sentence=sentence("No registry gives out ISRCs that begin with these letters."),
)
def isrc_prefix_is_unknown() -> pl.Expr:
    return is_right.isrc_is_formed(_ISRC) & ~is_right.isrc_is_allocated(_ISRC)


@relation(
    "ID03",
    **_ON_ISRC,
    severity="block",
    stage="load",
    sentence=sentence("Another recording has this ISRC: the audio or the length differs, or the release has it twice."),
)
def isrc_names_two_recordings(sheets: Sheets) -> pl.DataFrame:
    """A single and its album may share a recording, so the same code alone is no mistake."""
    tracks = sheets.tracks.filter(_ISRC.is_not_null()).with_columns(code=is_right.bare(_ISRC))
    known = sheets.known.recordings.select(
        code=is_right.bare(_ISRC), ms=pl.col("duration_ms"), audio_md5="audio_md5", release=pl.lit(None, pl.UInt32)
    )
    all_of = pl.concat([tracks.select(known.columns), known.filter(pl.col("code").is_in(tracks["code"].implode()))])
    clashing = all_of.group_by("code").agg(
        clash=(pl.col("audio_md5").drop_nulls().n_unique() > 1)
        | ((pl.col("ms").max() - pl.col("ms").min()) > MOST_MS_APART).fill_null(value=False)
        | pl.col("release").drop_nulls().is_duplicated().any()
    )
    return tracks.join(clashing.filter("clash"), on="code", how="semi", maintain_order="left")


# Not asked of what is loaded: back catalogue from before digital sale has none, and a label issues its own.
@column(
    "ID04",
    **_ON_ISRC,
    severity="block",
    stage="delivery",
    sentence=sentence("Stores need an ISRC. You can have one assigned."),
)
def isrc_is_missing() -> pl.Expr:
    return _ISRC.is_null()


@column(
    "ID05",
    **_ON_UPC,
    severity="block",
    stage="load",
    sentence=sentence("A barcode has 8, 12, 13 or 14 digits, the last of which follows from the others."),
)
def barcode_is_wrong() -> pl.Expr:
    return ~is_right.is_gtin(_UPC) & ~is_right.is_number_like(_UPC)


_formed("ID05.form", ~is_right.is_gtin(_UPC), is_right.gtin(_UPC), **_ON_UPC)


@relation("ID06", **_ON_UPC, severity="block", stage="load", sentence=sentence("Another release has this barcode."))
def barcode_is_taken(sheets: Sheets) -> pl.DataFrame:
    """Numbers that another distributor gave out long ago are known only where they are in the catalogue."""
    coded = sheets.releases.filter(_UPC.is_not_null()).with_columns(code=is_right.gtin(_UPC))
    taken = pl.col("code").is_in(sheets.known.releases.select(is_right.gtin(_UPC)).drop_nulls()["upc"].implode())
    return coded.filter(pl.col("code").is_duplicated() | taken)


@column(
    "ID07",
    **_ON_UPC,
    severity="block",
    stage="load",
    sentence=sentence("A spreadsheet made a number of this barcode, and digits are lost."),
)
def barcode_lost_digits() -> pl.Expr:
    return is_right.is_number_like(_UPC) & _REPAIRED.is_null()


@column(
    "ID07.form",
    **_ON_UPC,
    severity="info",
    stage="load",
    safe=True,
    fix=_REPAIRED,
    sentence=sentence("A spreadsheet made a number of this barcode, and it can be brought back."),
)
def barcode_became_a_number() -> pl.Expr:
    return is_right.is_number_like(_UPC) & _REPAIRED.is_not_null()


# Eleven wrong digits fit by chance once in ten times, so the zero is offered and not put back.
@column(
    "ID07.zero",
    **_ON_UPC,
    severity="info",
    stage="load",
    fix=is_right.gtin(_UPC),
    sentence=sentence("The leading zero of this barcode seems to be lost."),
)
def barcode_lost_its_zero() -> pl.Expr:
    return is_right.bare(_UPC).str.contains(r"^\d{11}$") & is_right.is_gtin(is_right.bare(_UPC).str.zfill(12))


@column("ID08", scopes=RELEASE, field="grid", severity="block", stage="load", sentence=WRONG_CODE)
def grid_is_wrong() -> pl.Expr:
    return ~is_right.is_grid(_GRID)


_formed("ID08.form", ~is_right.is_grid(_GRID), is_right.grid(_GRID), scopes=RELEASE, field="grid")


@column("ID09", scopes=TRACK, field="iswc", severity="warn", stage="load", sentence=WRONG_CODE)
def iswc_is_wrong() -> pl.Expr:
    return ~is_right.is_iswc(_ISWC)


_formed("ID09.form", ~is_right.is_iswc(_ISWC), is_right.bare(_ISWC), scopes=TRACK, field="iswc")


@column("ID10", scopes=PARTY, field="isni", severity="warn", stage="load", sentence=WRONG_CODE)
def isni_is_wrong() -> pl.Expr:
    return ~is_right.is_isni(pl.col("isni"))


@column("ID10.name", scopes=PARTY, field="ipi_name", severity="warn", stage="load", sentence=WRONG_CODE)
def ipi_name_is_wrong() -> pl.Expr:
    return ~is_right.is_ipi_name(pl.col("ipi_name"))


_formed(
    "ID10.pad",
    ~is_right.is_ipi_name(pl.col("ipi_name")),
    is_right.ipi_name(pl.col("ipi_name")),
    scopes=PARTY,
    field="ipi_name",
)


@column("ID10.base", scopes=PARTY, field="ipi_base", severity="warn", stage="load", sentence=WRONG_CODE)
def ipi_base_is_wrong() -> pl.Expr:
    return ~is_right.is_ipi_base(pl.col("ipi_base"))


# “ERROR on DDEX export”: it keeps nobody from being in the roster.
@column("ID11", scopes=PARTY, field="dpid", severity="block", stage="delivery", sentence=WRONG_CODE)
def dpid_is_wrong() -> pl.Expr:
    return ~is_right.is_dpid(pl.col("dpid"))


@column(
    "ID12",
    scopes=RELEASE,
    field="catalog_number",
    severity="warn",
    stage="delivery",
    sentence=sentence("A catalogue number has 1 to 64 characters, and is no ISRC and no barcode."),
)
def catalog_number_is_odd() -> pl.Expr:
    return ~is_right.is_catalog_number(pl.col("catalog_number").fill_null(""))


@relation(
    "ID12.taken",
    scopes=RELEASE,
    field="catalog_number",
    severity="warn",
    stage="load",
    sentence=sentence("Another release of this imprint has this catalogue number."),
)
def catalog_number_is_taken(sheets: Sheets) -> pl.DataFrame:
    numbered = sheets.releases.filter(pl.col("catalog_number").is_not_null())
    key = [
        pl.col(name).str.to_lowercase().str.replace_all(r"\s", "").alias(f"_{name}")
        for name in ("label", "catalog_number")
    ]
    keyed, known = numbered.with_columns(key), sheets.known.releases.select(key)
    names = ["_label", "_catalog_number"]
    twice = keyed.filter(pl.struct(names).is_duplicated())
    taken = keyed.join(known, on=names, how="semi", nulls_equal=True, maintain_order="left")
    return pl.concat([twice, taken]).unique("release", maintain_order=True)
