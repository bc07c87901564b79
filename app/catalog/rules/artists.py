"""Rules about artists and contributors (AR01 to AR07)."""

from __future__ import annotations

from typing import Any

import polars as pl

from app.catalog.rules.prepare import folded
from app.catalog.rules.registry import BOTH, RELEASE, TRACK, Sheets, column, relation
from app.kernel.sentences import sentence

MOST_PRIMARY = 3
VARIOUS = "Various Artists"
LIKENESS = 0.92

_ARTISTS, _FEATURING = pl.col("artists"), pl.col("featuring")
_ON_ARTISTS: dict[str, Any] = {"scopes": BOTH, "field": "artists", "stage": "delivery"}
_GUEST = r"(?i)\s+(?:feat\.?|ft\.?|featuring|vs\.?)\s+"
_JOINED = r"\s+&\s+|,\s+|\s+[xX]\s+"
_VARIOUS = (
    r"(?i)^(?:various(?: artists)?|v\.?/?a\.?|verschiedene(?: interpreten)?|varios(?: artistas)?|artistes divers)$"
)
_EXTRA = r"(?i)https?://|www\.|\.(?:com|net|org)\b|[(\[]\s*(?:\d{4}|vocals?|guitars?|drums|bass|piano|keys|producer|dj)\s*[)\]]"
_GENERIC = (
    r"(?i)^(?:yoga|top hits|chorus|choir|orchestra|karaoke|meditation|relaxing music|singer|band|unknown(?: artist)?)$"
)
_HOMONYM = r"\s\(\d{1,3}\)$"
_WRITES = r"(?i)compos|lyric|writ|songwriter|words|music by|author|traditional"
_SINGLE = r"^\S+$"


def _any(names: pl.Expr, pattern: str) -> pl.Expr:
    return names.list.eval(pl.element().str.contains(pattern)).list.any()


def _split(pattern: str) -> pl.Expr:
    return _ARTISTS.list.eval(pl.element().str.replace_all(pattern, "\n")).list.join("\n").str.split("\n")


@column(
    "AR01",
    **_ON_ARTISTS,
    severity="block",
    fix=_split(_GUEST),
    sentence=sentence("One field names several artists: name each by itself."),
)
def guest_stands_in_name() -> pl.Expr:
    return _any(_ARTISTS, _GUEST)


@relation(
    "AR01.joined",
    scopes=TRACK,
    field="artists",
    stage="delivery",
    severity="warn",
    sentence=sentence("This may be several artists: name each by itself, or add the act to the roster."),
)
def track_artists_are_joined(sheets: Sheets) -> pl.DataFrame:
    return _joined(sheets.tracks, sheets)


@relation(
    "AR01.release",
    scopes=RELEASE,
    field="artists",
    stage="delivery",
    severity="warn",
    sentence=sentence("This may be several artists: name each by itself, or add the act to the roster."),
)
def release_artists_are_joined(sheets: Sheets) -> pl.DataFrame:
    return _joined(sheets.releases, sheets)


def _joined(frame: pl.DataFrame, sheets: Sheets) -> pl.DataFrame:
    """Many acts are called so, and those of the roster are known: it asks, and does not stand in the way."""
    names = frame.select(name=_ARTISTS.explode()).drop_nulls().unique()
    joined = names.filter(pl.col("name").str.contains(_JOINED)).join(sheets.known.artists, on="name", how="anti")
    wanted = joined["name"].to_list()
    found = frame.filter(_ARTISTS.list.eval(pl.element().is_in(wanted)).list.any())
    return found.with_columns(suggestion=_split(_JOINED))


@column(
    "AR02",
    scopes=RELEASE,
    field="artists",
    stage="delivery",
    severity="block",
    fix=pl.concat_list(pl.lit(VARIOUS)),
    sentence=sentence("Four and more main artists of a release are called Various Artists."),
)
def release_has_many_artists() -> pl.Expr:
    return _ARTISTS.list.len() > MOST_PRIMARY


@column(
    "AR02.spelling",
    scopes=RELEASE,
    field="artists",
    stage="delivery",
    severity="warn",
    fix=_ARTISTS.list.eval(pl.element().str.replace(_VARIOUS, VARIOUS)),
    safe=True,
    sentence=sentence("Stores know this only as “Various Artists”."),
)
def various_is_spelled_otherwise() -> pl.Expr:
    only = _ARTISTS.list.first()
    return (_ARTISTS.list.len() == 1) & only.str.contains(_VARIOUS) & (only != VARIOUS)


@column(
    "AR03",
    scopes=TRACK,
    field="artists",
    stage="delivery",
    severity="block",
    sentence=sentence("A track names its artists; only a release is by Various Artists."),
)
def track_is_by_various() -> pl.Expr:
    return _any(_ARTISTS, _VARIOUS)


# Who belongs to a band the sheets do not say, so of its own members nothing is checked.
@column(
    "AR04",
    scopes=BOTH,
    field="featuring",
    stage="delivery",
    severity="block",
    fix=_FEATURING.list.set_difference(_ARTISTS),
    sentence=sentence("A main artist is named as a guest too."),
)
def guest_is_main_artist() -> pl.Expr:
    guests, main = (names.list.eval(folded(pl.element())) for names in (_FEATURING, _ARTISTS))
    return guests.list.set_intersection(main).list.len() > 0


@column(
    "AR05",
    **_ON_ARTISTS,
    severity="block",
    sentence=sentence("This is not a name alone: leave out roles, years and addresses."),
)
def name_says_more() -> pl.Expr:
    return _any(_ARTISTS, _EXTRA) | _any(_ARTISTS, _GENERIC)


@column(
    "AR05.number",
    **_ON_ARTISTS,
    severity="warn",
    fix=_ARTISTS.list.eval(pl.element().str.replace(_HOMONYM, "")),
    sentence=sentence("The number after this name belongs to a database, not to the artist."),
)
def name_has_a_number() -> pl.Expr:
    return _any(_ARTISTS, _HOMONYM)


@relation(
    "AR06",
    scopes=TRACK,
    field="artists",
    stage="delivery",
    severity="warn",
    sentence=sentence("An artist of the roster is spelled almost like this."),
)
def track_artist_is_almost_known(sheets: Sheets) -> pl.DataFrame:
    return _almost_known(sheets.tracks, sheets)


@relation(
    "AR06.release",
    scopes=RELEASE,
    field="artists",
    stage="delivery",
    severity="warn",
    sentence=sentence("An artist of the roster is spelled almost like this."),
)
def release_artist_is_almost_known(sheets: Sheets) -> pl.DataFrame:
    return _almost_known(sheets.releases, sheets)


def _almost_known(frame: pl.DataFrame, sheets: Sheets) -> pl.DataFrame:
    """Names that are at least 0.92 alike: the same letters, or one letter more, less or other.

    Two names that differ so share a text once a letter is left out of each, which a join finds for all at once.
    """
    known = sheets.known.artists.select("name").drop_nulls().unique()
    new = frame.select(name=_ARTISTS.explode()).drop_nulls().unique().join(known, on="name", how="anti")
    if not known.height or not new.height:
        return frame.clear().with_columns(suggestion=pl.lit(None, pl.String))
    near = _shortened(new).join(_shortened(known), on="shorter", suffix="_known")
    one, other = pl.col("key").str.len_chars(), pl.col("key_known").str.len_chars()
    edits = pl.when(pl.col("key") == pl.col("key_known")).then(0).when(one == other).then(2).otherwise(1)
    alike = near.filter(
        ((one.cast(pl.Int32) - other.cast(pl.Int32)).abs() <= 1) & (1 - edits / (one + other) >= LIKENESS)
    )
    best = alike.sort("name", edits, "name_known").unique("name", keep="first").select("name", suggestion="name_known")
    told = frame.with_row_index("_place").select("_place", name="artists").explode("name").join(best, on="name")
    told = told.group_by("_place").agg(pl.col("suggestion").first())
    return frame.with_row_index("_place").join(told, on="_place", how="inner", maintain_order="left").drop("_place")


def _shortened(names: pl.DataFrame) -> pl.DataFrame:
    """Each name folded, with every text that is left when one letter is taken out, and itself."""
    keyed = names.with_columns(key=folded(pl.col("name"))).filter(pl.col("key") != "")
    places = keyed.with_columns(place=pl.int_ranges(0, pl.col("key").str.len_chars() + 1)).explode("place")
    rest = pl.col("key").str.slice(pl.col("place") + 1)
    return places.with_columns(shorter=pl.col("key").str.slice(0, pl.col("place")) + rest).drop("place").unique()


@column(
    "AR07",
    scopes=TRACK,
    field="contributors",
    stage="delivery",
    severity="block",
    sentence=sentence("Nobody is named who wrote this: add a composer or lyricist."),
)
def nobody_wrote_it() -> pl.Expr:
    roles = pl.col("contributors").list.eval(pl.element().struct.field("role").str.contains(_WRITES))
    return ~roles.list.any().fill_null(value=False)


@column(
    "AR07.name",
    scopes=TRACK,
    field="contributors",
    stage="delivery",
    severity="warn",
    sentence=sentence("Writers are named with first and last name."),
)
def writer_has_one_name() -> pl.Expr:
    # People do write under one name, so this asks and does not stand in the way.
    writes = pl.element().struct.field("role").str.contains(_WRITES)
    name = pl.element().struct.field("name")
    single = name.str.contains(_SINGLE) & (name.str.to_lowercase() != "traditional")
    return pl.col("contributors").list.eval(writes & single).list.any()
