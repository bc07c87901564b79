"""Rules about what titles and versions say (TI04 to TI13, TI16)."""

from __future__ import annotations

from typing import Any

import polars as pl

from app.catalog.rules.prepare import folded
from app.catalog.rules.registry import BOTH, RELEASE, TRACK, column
from app.catalog.rules.text import EXPLICIT_MARK, PARENTAL_MARK, tidied
from app.kernel.sentences import sentence

_TITLE, _VERSION = pl.col("title"), pl.col("version")
_ON_TITLE: dict[str, Any] = {"scopes": BOTH, "field": "title", "stage": "delivery"}

_NUMBER = r"(\d+|[IVX]{2,})\b"
_PART = rf"\s*[(\[]\s*(?:[Pp]art|PART|[Pp]t)\.?\s*{_NUMBER}\s*[)\]]"
_PART_BARE = rf"\s*[,:–-]?\s+(?:[Pp]art|PART|[Pp]t)\b\.?\s*{_NUMBER}"
_VOLUME, _VOLUME_BARE = (
    pattern.replace("(?:[Pp]art|PART|[Pp]t)", "(?:[Vv]olume|VOLUME|[Vv]ol)") for pattern in (_PART, _PART_BARE)
)
_FEATURING = r"([(\[])\s*(?i:featuring|feat|ft)\b\.?\s+"
_FEATURING_BARE = r"^(.*\S)\s+(?i:featuring|feat\.?|ft\.?)\s+([^()\[\]]+)$"
_STANDARD = r"(?i)\s*[(\[]\s*(?:original mix|original version|album version)\s*[)\]]\s*$"
_EDITED = r"(?i)[(\[]\s*edited(?: version)?\s*[)\]]"
_VERSION_WORDS = (
    r"(?i)[(\[]([^()\[\]]*\b(?:remix|mix|edit|version|live|remaster(?:ed)?|acoustic|instrumental|demo|dub))[)\]]$"
)
_SELLING = (
    r"(?i)(?:[(\[–]|\s-\s)[^()\[\]]*\b(?:exclusive|limited edition|official|digital|mp3|cd|vinyl)\b"
    r"|now streaming|out now|[$€£]\s?\d"
)
_CREDITED = r"[(\[](?:feat\.|with) ([^()\[\]]+)[)\]]"


def _abbreviated(title: pl.Expr) -> pl.Expr:
    """“Song (Part 2)” is “Song, Pt. 2”."""
    parts = title.str.replace(_PART, ", Pt. $1").str.replace(_PART_BARE, ", Pt. $1")
    return parts.str.replace(_VOLUME, ", Vol. $1").str.replace(_VOLUME_BARE, ", Vol. $1")


@column(
    "TI04",
    **_ON_TITLE,
    severity="warn",
    fix=_abbreviated(_TITLE),
    safe=True,
    sentence=sentence("Stores write “Pt. 2” and “Vol. 2”, after a comma."),
)
def part_is_written_out() -> pl.Expr:
    return _abbreviated(_TITLE) != _TITLE


def _featuring(title: pl.Expr) -> pl.Expr:
    return title.str.replace_all(_FEATURING, "${1}feat. ").str.replace_all(r"([(\[])\s*[Ww]/\s*", "${1}with ")


@column(
    "TI05",
    **_ON_TITLE,
    severity="warn",
    fix=_featuring(_TITLE),
    safe=True,
    sentence=sentence("A guest is named as “(feat. …)” or “(with …)”."),
)
def guest_is_named_otherwise() -> pl.Expr:
    return _featuring(_TITLE) != _TITLE


@column(
    "TI05.bare",
    **_ON_TITLE,
    severity="warn",
    fix=_TITLE.str.replace(_FEATURING_BARE, "$1 (feat. $2)"),
    sentence=sentence("A guest stands in brackets: “(feat. …)”."),
)
def guest_stands_without_brackets() -> pl.Expr:
    return _TITLE.str.contains(_FEATURING_BARE)


def _names_in_title() -> pl.Expr:
    credited = _TITLE.str.extract(_CREDITED, 1).str.replace_all(" & ", ", ", literal=True)
    return credited.str.split(", ").list.eval(folded(pl.element()))


def _credits() -> pl.Expr:
    names = pl.concat_list(pl.col("artists").fill_null([]), pl.col("featuring").fill_null([]))
    return names.list.eval(folded(pl.element()))


@column(
    "TI06", **_ON_TITLE, severity="block", sentence=sentence("The title names a guest whom the credits do not name.")
)
def guest_has_no_credit() -> pl.Expr:
    # An act like “Simon & Garfunkel” is one credit though it reads like two.
    whole = folded(_TITLE.str.extract(_CREDITED, 1)).is_in(_credits())
    return _TITLE.str.contains(_CREDITED) & ~whole & (_names_in_title().list.set_difference(_credits()).list.len() > 0)


@column(
    "TI06.credit",
    **_ON_TITLE,
    severity="warn",
    sentence=sentence("The credits name a guest whom the title does not name."),
)
def guest_is_not_in_title() -> pl.Expr:
    # Many stores add the guest themselves, so this direction of the rule does not stand in the way.
    guests = pl.col("featuring").list.eval(folded(pl.element()))
    named = pl.concat_str(_TITLE, _VERSION, ignore_nulls=True)
    return (guests.list.len() > 0) & ~named.str.contains(_CREDITED)


def _square(title: pl.Expr) -> pl.Expr:
    return title.str.replace(r"(\([^()]*\))\s*\(([^()]*)\)", "$1 [$2]")


@column(
    "TI07",
    **_ON_TITLE,
    severity="warn",
    fix=_square(_TITLE),
    safe=True,
    sentence=sentence("A second pair of brackets is square."),
)
def second_brackets_are_round() -> pl.Expr:
    return _square(_TITLE) != _TITLE


@column(
    "TI07.split",
    **_ON_TITLE,
    severity="warn",
    fix=_TITLE.str.replace(_VERSION_WORDS, "").str.strip_chars(),
    sentence=sentence("The version has a field of its own."),
)
def version_stands_in_title() -> pl.Expr:
    return _TITLE.str.contains(_VERSION_WORDS) & ~_TITLE.str.contains(_STANDARD)


@column(
    "TI08",
    scopes=TRACK,
    field="title",
    stage="delivery",
    severity="warn",
    fix=_TITLE.str.replace(_STANDARD, ""),
    safe=True,
    sentence=sentence("The standard version has no name of its own."),
)
def title_names_standard_version() -> pl.Expr:
    return _TITLE.str.contains(_STANDARD)


@column(
    "TI08.version",
    scopes=TRACK,
    field="version",
    stage="delivery",
    severity="warn",
    fix=pl.lit(""),
    safe=True,
    sentence=sentence("The standard version has no name of its own."),
)
def version_is_standard() -> pl.Expr:
    return (
        _VERSION.str.to_lowercase()
        .str.strip_chars("()[] ")
        .is_in(["original mix", "original version", "album version"])
    )


@column(
    "TI09",
    **_ON_TITLE,
    severity="block",
    fix=tidied(_TITLE.str.replace_all(PARENTAL_MARK, "")),
    safe=True,
    sentence=sentence("Explicit and clean are said by a field, not by the title."),
)
def title_says_explicit() -> pl.Expr:
    return _TITLE.str.contains(PARENTAL_MARK)


@column(
    "TI09.flag",
    scopes=BOTH,
    field="explicit",
    stage="delivery",
    severity="warn",
    fix=pl.when(_TITLE.str.contains(EXPLICIT_MARK)).then(pl.lit("explicit")).otherwise(pl.lit("clean")),
    safe=True,
    sentence=sentence("The title says whether it is explicit, the field does not."),
)
def mark_is_not_in_field() -> pl.Expr:
    return _TITLE.str.contains(PARENTAL_MARK) & pl.col("explicit").is_null()


# “Edited” may mean cleaned or shortened, which only people know.
@column(
    "TI09.edited",
    **_ON_TITLE,
    severity="block",
    sentence=sentence("“Edited” does not stand in a title: say clean, or name the edit."),
)
def title_says_edited() -> pl.Expr:
    return _TITLE.str.contains(_EDITED)


@column(
    "TI10",
    **_ON_TITLE,
    severity="block",
    sentence=sentence("A title does not advertise, and names no format or price."),
)
def title_advertises() -> pl.Expr:
    # Outside of brackets these are words like any other: “Digital Love” is a title.
    return _TITLE.str.contains(_SELLING)


@column(
    "TI11",
    **_ON_TITLE,
    severity="warn",
    sentence=sentence("Write the word out, and mark the track as explicit: stores hide letters themselves."),
)
def title_censors_itself() -> pl.Expr:
    return _TITLE.str.contains(r"\p{L}\*+\p{L}|\p{L}\*{2,}|(?:^|\s)\*{2,}\p{L}")


@column(
    "TI12",
    scopes=RELEASE,
    field="title",
    stage="delivery",
    severity="block",
    fix=pl.col("only_title"),
    sentence=sentence("A release of one track is called like its track."),
)
def single_has_another_title() -> pl.Expr:
    return (pl.col("track_count") == 1) & (_TITLE.str.replace(r" - (Single|EP)$", "") != pl.col("only_title"))


@column(
    "TI13",
    scopes=RELEASE,
    field="title",
    stage="delivery",
    severity="info",
    fix=_TITLE.str.replace_all(r"(\p{L}{3,})\s*/\s*(\p{L}{3,})", "$1 / $2"),
    sentence=sentence("Several titles are joined by a stroke with spaces around it."),
)
def titles_are_joined_tightly() -> pl.Expr:
    return _TITLE.str.contains(r"\p{L}{3,}/\s?\p{L}{3,}|\p{L}{3,}\s/\p{L}{3,}")


@column(
    "TI16",
    scopes=TRACK,
    field="title",
    stage="delivery",
    severity="warn",
    sentence=sentence("Another track of this release has the same title and version."),
)
def title_is_on_release_twice() -> pl.Expr:
    same = pl.len().over("release", "title_key", "version")
    return (same > 1) & (pl.col("title_key") != "")


@column(
    "TI16.generic",
    scopes=TRACK,
    field="title",
    stage="delivery",
    severity="warn",
    sentence=sentence("This is a number, not a title."),
)
def title_is_generic() -> pl.Expr:
    return _TITLE.str.contains(r"(?i)^(?:track|untitled|audio track|titel|piste|pista)\s*#?\d+$")
