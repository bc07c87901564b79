"""Rules about capitals, spaces, marks and encodings (TI01 to TI03, TI14, TI15)."""

from __future__ import annotations

from typing import Any

import polars as pl

from app.catalog.rules.registry import BOTH, TRACK, column
from app.catalog.rules.text import EMOJI, MOJIBAKE, read_again, tidied
from app.kernel.sentences import sentence

SENTENCE_CASE = ("fr", "it", "sv", "pl", "cs", "sk", "ru", "uk", "bg", "sr", "hr", "sl")
EITHER_CASE = ("es", "pt")
SMALL_WORDS = (
    "a", "an", "and", "as", "at", "but", "by", "for", "from", "in", "into", "nor", "of", "or", "so", "the", "to",
    "with", "yet",
)  # fmt: skip

_TITLE = pl.col("title")
_ON_TITLE: dict[str, Any] = {"scopes": BOTH, "field": "title", "stage": "delivery"}
_WORDS = _TITLE.str.replace_all(r"[(\[](?:feat\.|with) [^()\[\]]*[)\]]", "")
_SMALL = {f" {word.title()} ": f" {word} " for word in SMALL_WORDS}
_ENDINGS = {
    f"{mark}{ending.title()}": f"{mark}{ending}" for mark in "'’" for ending in ("s", "t", "re", "ve", "ll", "d", "m")
}
_BIG_IN_MIDDLE = rf"[\p{{L}}\p{{N}}'’,] (?:{'|'.join(word.title() for word in SMALL_WORDS)}) \p{{L}}"
_SMALL_AT_EDGE = r"^\p{Ll}|[(\[]\p{Ll}|\s\p{Ll}[\p{L}'’]*$"
_LONG_AND_SMALL = r"\s\p{Ll}[\p{L}'’]{4,}[\s,.)\]]"
_EVERY_WORD_BIG = r"^\p{Lu}\S*(?:\s+[\p{Lu}\d(\[]\S*){2,}$"


def title_cased(text: pl.Expr) -> pl.Expr:
    """English titles as stores write them; abbreviations lose their capitals, so somebody must look."""
    cased = text.str.to_titlecase().str.replace_many(_ENDINGS)
    # Twice, because “Of The” shares its space.
    return cased.str.replace_many(_SMALL).str.replace_many(_SMALL)


_CASED = title_cased(_TITLE)
_IS_ONE_CASE = (
    _TITLE.str.contains(r"\p{Lu}(?:\P{L}*\p{Lu}){4}") & ~_TITLE.str.contains(r"\p{Ll}")
    | _TITLE.str.contains(r"\p{Ll}\p{Ll}") & ~_TITLE.str.contains(r"\p{Lu}")
    | _TITLE.str.contains(r"\p{Ll}\p{Lu}+\p{Ll}+\p{Lu}")
)


@column(
    "TI01",
    **_ON_TITLE,
    severity="warn",
    fix=_CASED,
    sentence=sentence("The title is all capitals, all small, or a mix of both."),
)
def case_is_odd() -> pl.Expr:
    # Four letters in capitals may be an abbreviation; an artist may be known for a way of writing.
    return _IS_ONE_CASE & ~pl.col("stylised")


@column(
    "TI02",
    **_ON_TITLE,
    severity="warn",
    fix=_CASED,
    sentence=sentence("English titles have capitals, but for small words in the middle."),
)
def english_case_is_odd() -> pl.Expr:
    english = pl.col("language").str.starts_with("en") & ~pl.col("stylised") & ~_IS_ONE_CASE
    odd = _WORDS.str.contains(_BIG_IN_MIDDLE) | _WORDS.str.contains(_SMALL_AT_EDGE)
    return english & (odd | _WORDS.str.contains(_LONG_AND_SMALL))


# German capitals follow from grammar, which no rule here knows.
@column(
    "TI03",
    **_ON_TITLE,
    severity="info",
    sentence=sentence("In this language only the first word and names have a capital."),
)
def sentence_case_is_expected() -> pl.Expr:
    return pl.col("language").str.slice(0, 2).is_in(SENTENCE_CASE) & _TITLE.str.contains(_EVERY_WORD_BIG)


@column(
    "TI03.mixed",
    scopes=TRACK,
    field="title",
    stage="delivery",
    severity="info",
    sentence=sentence("Some titles of this release have capitals in every word and some do not."),
)
def cases_are_mixed() -> pl.Expr:
    long = pl.col("language").str.slice(0, 2).is_in(EITHER_CASE) & _TITLE.str.contains(r"\S+\s+\S+\s+\S+")
    big = _TITLE.str.contains(_EVERY_WORD_BIG)
    return long & big & (long & ~big).any().over("release")


@column(
    "TI14",
    **_ON_TITLE,
    severity="warn",
    fix=tidied(_TITLE),
    safe=True,
    sentence=sentence("There are spaces too many, or marks that nobody sees."),
)
def spaces_are_odd() -> pl.Expr:
    return tidied(_TITLE) != _TITLE


@column(
    "TI14.emoji",
    **_ON_TITLE,
    severity="warn",
    fix=tidied(_TITLE.str.replace_all(EMOJI, "")),
    sentence=sentence("Stores refuse pictograms in titles."),
)
def emoji_stands_in_title() -> pl.Expr:
    return _TITLE.str.contains(EMOJI)


@column(
    "TI14.quotes",
    **_ON_TITLE,
    severity="info",
    fix=_TITLE.str.replace_all("’", "'", literal=True).str.replace_all("[“”]", '"'),
    sentence=sentence("Straight and curly quotation marks are mixed."),
)
def quotes_are_mixed() -> pl.Expr:
    return _TITLE.str.contains("['\"]") & _TITLE.str.contains("[’“”]")


MISREAD = sentence("Letters of this text were misread on the way.")


# What was lost cannot be delivered, and would be stored for ever: it does not come in.
@column("TI15", scopes=BOTH, field="title", stage="load", severity="block", fix=read_again(_TITLE), sentence=MISREAD)
def title_is_misread() -> pl.Expr:
    return _TITLE.str.contains(MOJIBAKE)


@column(
    "TI15.artists",
    scopes=BOTH,
    field="artists",
    stage="load",
    severity="block",
    fix=pl.col("artists").list.eval(read_again(pl.element())),
    sentence=MISREAD,
)
def artist_is_misread() -> pl.Expr:
    return pl.col("artists").list.eval(pl.element().str.contains(MOJIBAKE)).list.any()
