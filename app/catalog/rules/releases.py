"""Rules about rights, dates, territories, genres, languages and explicit words (AR08, EX, GE, CP, DA)."""

from __future__ import annotations

from typing import Any

import polars as pl

from app.catalog.rules import dates
from app.catalog.rules.prepare import EXPLICIT_WORDS, explicit_said
from app.catalog.rules.registry import BOTH, RELEASE, TRACK, Rule, Sheets, column, enter, relation
from app.catalog.rules.vocabulary import GENRE_ALIASES, GENRES, LANGUAGE_NAMES, LANGUAGES, TERRITORIES, WORLDWIDE
from app.kernel.sentences import sentence

FIRST_RECORDING = 1877
_RELEASED, _ORIGINAL, _PREORDER = pl.col("release_date"), pl.col("original_release_date"), pl.col("preorder_date")
_EXPLICIT, _LANGUAGE, _GENRE = pl.col("explicit"), pl.col("language"), pl.col("genre")
_HERE: dict[str, Any] = {"scopes": RELEASE, "stage": "delivery"}
_SYMBOL = r"^\s*(?:\([PpCc]\)|[℗©])\s*(?:\d{4}\s+)?|^\s*\d{4}\s+"
_TAG = r"^[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|\d{3}))?$"
_SCRIPTS = {
    "ko": r"\p{Hangul}",
    "ja": r"[\p{Hiragana}\p{Katakana}]",
    "he": r"\p{Hebrew}",
    "el": r"\p{Greek}",
    "th": r"\p{Thai}",
}
_BY_SCRIPT = pl.coalesce(
    pl.when(pl.col("title").str.contains(script)).then(pl.lit(language)) for language, script in _SCRIPTS.items()
)
_NAMED = _LANGUAGE.str.to_lowercase().replace_strict(LANGUAGE_NAMES, default=None, return_dtype=pl.String)


@column(
    "AR08",
    scopes=BOTH,
    field="language",
    stage="load",
    severity="block",
    fix=_NAMED,
    safe=True,
    sentence=sentence("This is no code of a language: write en, de or pt-BR."),
)
def language_is_unknown() -> pl.Expr:
    return ~(_LANGUAGE.str.contains(_TAG) & _LANGUAGE.str.split("-").list.first().is_in(LANGUAGES))


@column(
    "AR08.missing",
    **_HERE,
    field="language",
    severity="block",
    fix=_BY_SCRIPT,
    sentence=sentence("Stores must know the language of the title."),
)
def language_is_missing() -> pl.Expr:
    return _LANGUAGE.is_null()


@column(
    "AR08.lyrics",
    scopes=TRACK,
    stage="delivery",
    field="lyrics_language",
    severity="block",
    sentence=sentence("Say the language of the lyrics, or that there are none."),
)
def lyrics_language_is_missing() -> pl.Expr:
    return pl.col("lyrics_language").is_null() & ~pl.col("instrumental").fill_null(value=False)


@column(
    "AR08.none",
    scopes=TRACK,
    stage="delivery",
    field="lyrics_language",
    severity="block",
    fix=pl.lit("zxx"),
    sentence=sentence("An instrumental has no language of lyrics."),
)
def instrumental_has_lyrics() -> pl.Expr:
    return pl.col("instrumental") & pl.col("lyrics_language").is_not_null() & (pl.col("lyrics_language") != "zxx")


@column(
    "AR08.explicit",
    scopes=TRACK,
    stage="delivery",
    field="explicit",
    severity="block",
    fix=pl.lit("none"),
    sentence=sentence("An instrumental cannot be explicit."),
)
def instrumental_is_explicit() -> pl.Expr:
    return pl.col("instrumental") & (_EXPLICIT == "explicit")


@column(
    "EX01",
    scopes=BOTH,
    stage="load",
    field="explicit",
    severity="block",
    fix=explicit_said(),
    safe=True,
    sentence=sentence("Explicit is one of: explicit, clean, none."),
)
def explicit_is_another_word() -> pl.Expr:
    return ~_EXPLICIT.is_in(EXPLICIT_WORDS)


# “None” is a promise to stores, which only people can give.
@column(
    "EX01.missing",
    scopes=TRACK,
    stage="delivery",
    field="explicit",
    severity="warn",
    fix=pl.lit("none"),
    sentence=sentence("Nothing is said about explicit words."),
)
def explicit_is_missing() -> pl.Expr:
    return _EXPLICIT.is_null()


@column(
    "EX02",
    **_HERE,
    field="explicit",
    severity="block",
    fix=pl.lit("explicit"),
    safe=True,
    sentence=sentence("A release with an explicit track is explicit."),
)
def release_is_explicit() -> pl.Expr:
    return pl.col("any_explicit") & explicit_said().ne_missing("explicit")


@column(
    "EX03",
    scopes=TRACK,
    stage="delivery",
    field="explicit",
    severity="warn",
    sentence=sentence("A clean version needs an explicit one, with an ISRC of its own."),
)
def clean_has_no_explicit() -> pl.Expr:
    partner = (_EXPLICIT == "explicit").any().over("title_key")
    shares = (_EXPLICIT == "explicit").any().over("isrc") & pl.col("isrc").is_not_null()
    return (_EXPLICIT == "clean") & (~partner | shares)


_MAPPED = _GENRE.str.to_lowercase().replace_strict(GENRE_ALIASES, default=None, return_dtype=pl.String)


@column(
    "GE01",
    scopes=BOTH,
    stage="delivery",
    field="genre",
    severity="block",
    fix=_MAPPED,
    safe=True,
    sentence=sentence("Stores do not know this genre."),
)
def genre_is_unknown() -> pl.Expr:
    return ~_GENRE.is_in(list(GENRES))


@column("GE01.missing", **_HERE, field="genre", severity="block", sentence=sentence("A release has a genre."))
def genre_is_missing() -> pl.Expr:
    return _GENRE.is_null()


@column(
    "GE01.sub",
    **_HERE,
    field="subgenre",
    severity="block",
    sentence=sentence("This subgenre belongs to another genre."),
)
def subgenre_is_elsewhere() -> pl.Expr:
    pairs = [f"{genre}\n{sub}" for genre, subs in GENRES.items() for sub in subs]
    return ~(_GENRE + "\n" + pl.col("subgenre")).is_in(pairs)


def _notice(side: str) -> None:
    """Rules of the (P) and the (C) line, which are alike."""
    year, owner = pl.col(f"{side}_year"), pl.col(f"{side}_owner")
    enter(
        Rule(
            code=f"CP01.{side}",
            **_HERE,
            field=f"{side}_owner",
            severity="block",
            sentence=MISSING_NOTICE,
            fails=year.is_null() | owner.is_null(),
        )
    )
    impossible = ~year.is_between(FIRST_RECORDING, pl.col("today").dt.year() + 1)
    enter(
        Rule(
            code=f"CP01.{side}_year",
            scopes=RELEASE,
            stage="load",
            field=f"{side}_year",
            severity="block",
            sentence=NOTICE_YEAR,
            fails=impossible,
        )
    )
    stripped = owner.str.replace(_SYMBOL, "").str.strip_chars()
    enter(
        Rule(
            code=f"CP01.{side}_symbol",
            **_HERE,
            field=f"{side}_owner",
            severity="block",
            sentence=NOTICE_SYMBOL,
            fails=owner.str.contains(_SYMBOL),
            fix=stripped,
            safe=True,
        )
    )


MISSING_NOTICE = sentence("The ℗ and © lines need a year and an owner.")
NOTICE_YEAR = sentence("This year lies before the first recording or in the future.")
NOTICE_SYMBOL = sentence("The sign and the year have places of their own: name the owner alone.")
_notice("p")
_notice("c")


@column(
    "CP02", **_HERE, field="label", severity="block", sentence=sentence("A release names the imprint it comes out on.")
)
def imprint_is_missing() -> pl.Expr:
    return pl.col("label").is_null()


@relation(
    "CP02.unknown", **_HERE, field="label", severity="block", sentence=sentence("This imprint is not on your list.")
)
def imprint_is_unknown(sheets: Sheets) -> pl.DataFrame:
    named = sheets.releases.filter(pl.col("label").is_not_null())
    return named.join(sheets.known.imprints, left_on="label", right_on="name", how="anti", maintain_order="left")


for _field in ("release_date", "original_release_date", "preorder_date"):
    _date = pl.col(_field)
    _tidy = dates.tidy(_date)
    _code = f"DA01.{_field}"
    NO_DATE = sentence("This is no date: write 2024, 2024-05 or 2024-05-31.")
    ZEROS = sentence("Parts of a date that nobody knows are left out.")
    enter(
        Rule(
            code=_code,
            scopes=RELEASE,
            stage="load",
            field=_field,
            severity="block",
            sentence=NO_DATE,
            fails=~dates.is_partial_date(_tidy),
        )
    )
    enter(
        Rule(
            code=f"{_code}_zeros",
            scopes=RELEASE,
            stage="load",
            field=_field,
            severity="info",
            sentence=ZEROS,
            fails=dates.is_partial_date(_tidy) & (_tidy != _date),
            fix=_tidy,
            safe=True,
        )
    )


@column(
    "DA01",
    scopes=RELEASE,
    stage="load",
    field="original_release_date",
    severity="block",
    sentence=sentence("The first release lies after this release."),
)
def original_is_later() -> pl.Expr:
    return dates.is_after(dates.tidy(_ORIGINAL), dates.tidy(_RELEASED))


_LEAD = (dates.first_day(_RELEASED) - pl.col("today")).dt.total_days()


@column("DA02", **_HERE, field="release_date", severity="warn", sentence=sentence("Stores need more than five days."))
def release_is_in_days() -> pl.Expr:
    return _LEAD.is_between(0, 4)


@column(
    "DA02.weeks",
    **_HERE,
    field="release_date",
    severity="info",
    sentence=sentence("Editors of playlists want four weeks."),
)
def release_is_in_weeks() -> pl.Expr:
    return _LEAD.is_between(5, 27)


@column(
    "DA03",
    **_HERE,
    field="preorder_date",
    severity="block",
    sentence=sentence("Pre-orders begin 1 to 366 days before the release."),
)
def preorder_is_out_of_range() -> pl.Expr:
    days = (dates.first_day(_RELEASED) - dates.first_day(dates.tidy(_PREORDER))).dt.total_days()
    return ~days.is_between(1, 366)


# Prices and the territories of pre-orders belong to deals, which these sheets do not have.
@column(
    "DA04",
    scopes=TRACK,
    stage="delivery",
    field="instant_grat",
    severity="block",
    sentence=sentence("A track can be had at once only where there are pre-orders."),
)
def instant_track_has_no_preorder() -> pl.Expr:
    return pl.col("instant_grat") & pl.col("of_preorder_date").is_null()


@column(
    "DA05",
    scopes=RELEASE,
    stage="load",
    field="territories",
    severity="block",
    sentence=sentence("This is no country: write two letters as in DE, or Worldwide."),
)
def territory_is_unknown() -> pl.Expr:
    return pl.col("territories").list.eval(~pl.element().is_in([*TERRITORIES, WORLDWIDE])).list.any()


@column(
    "DA05.excluded",
    scopes=RELEASE,
    stage="load",
    field="excluded_territories",
    severity="block",
    sentence=sentence("Countries are excluded from Worldwide only, and by their two letters."),
)
def exclusion_is_odd() -> pl.Expr:
    excluded = pl.col("excluded_territories")
    unknown = excluded.list.eval(~pl.element().is_in(TERRITORIES)).list.any()
    return (excluded.list.len() > 0) & (unknown | ~pl.col("territories").list.contains(WORLDWIDE).fill_null(value=True))
