"""Written dates, durations and words, as expressions that give what they mean, or null where they mean nothing."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, Literal

import polars as pl

DateOrder = Literal["dmy", "mdy"]

LANGUAGES: Final = ("en", "de", "fr", "es", "pt", "it", "nl", "pl", "ja", "ko", "zh", "ar")
_ISO = r"^(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?:[T ]\d{1,2}:\d{2}.*)?$"
_COMPACT = r"^((?:1[89]|20)\d{2})(\d{2})(\d{2})$"
_TURNED = r"^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})$"
_MONTH_YEAR = r"^(\d{1,2})[-/. ]((?:1[89]|20)\d{2})$"
_CLOCK = r"^(?:(\d{1,2}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d{1,3}))?$"
_UNITS = (
    r"(?i)^(?:pt)?\s*(?:(\d+)\s*(?:h|hrs?|hours?|std\.?))?\s*(?:(\d+)\s*(?:m|min|mins|minutes?|minuten|['’′]))?"
    r"\s*(?:(\d+)(?:[.,](\d+))?\s*(?:s|secs?|seconds?|sek|sekunden|\"|”|″|''))?$"
)
_MILLISECONDS_FROM: Final = 20_000
"""A bare number from here on is in milliseconds: nobody writes a track of five hours in seconds."""


def date(text: pl.Expr, order: DateOrder | None) -> pl.Expr:
    """A partial ISO date ("YYYY", "YYYY-MM" or "YYYY-MM-DD") of what is written; null where it is no date of a calendar.

    "1999-03-00" has no day. `order` says how "03/04/1999" is read; without it such a date is null unless one of the
    two can only be a day.
    """
    said = _plain(text)
    iso, compact, turned, month = (_parts(said, pattern) for pattern in (_ISO, _COMPACT, _TURNED, _MONTH_YEAR))
    first, second = turned.struct.field("1"), turned.struct.field("2")
    day_first = _day_first(first, second, order)
    day = pl.when(day_first).then(first).when(~day_first).then(second)
    month_of = pl.when(day_first).then(second).when(~day_first).then(first)
    return pl.coalesce(
        _calendar(compact.struct.field("1"), compact.struct.field("2"), compact.struct.field("3")),
        _calendar(iso.struct.field("1"), iso.struct.field("2"), iso.struct.field("3")),
        pl.when(day_first.is_not_null()).then(_calendar(turned.struct.field("3"), month_of, day)),
        _calendar(month.struct.field("2"), month.struct.field("1"), pl.lit(None, pl.Int64)),
    )


def is_ambiguous_date(text: pl.Expr) -> pl.Expr:
    """Tell whether day and month could be either of the first two numbers, and are not the same."""
    turned = _parts(_plain(text), _TURNED)
    first, second = turned.struct.field("1"), turned.struct.field("2")
    return first.is_between(1, 12) & second.is_between(1, 12) & (first != second)


def date_order(texts: list[pl.Series]) -> DateOrder | None:
    """The order in which most dates that can only be read one way are written; None where none is, or as many each."""
    score = 0
    for text in texts:
        turned = _parts(_plain(pl.col(text.name)), _TURNED)
        first, second = turned.struct.field("1"), turned.struct.field("2")
        counts = text.to_frame().select(a=(first.is_between(13, 31)).sum(), b=(second.is_between(13, 31)).sum()).row(0)
        score += counts[0] - counts[1]
    return None if score == 0 else "dmy" if score > 0 else "mdy"


def _day_first(first: pl.Expr, second: pl.Expr, order: DateOrder | None) -> pl.Expr:
    return (
        pl.when(first > 12)
        .then(pl.lit(value=True))
        .when(second > 12)
        .then(pl.lit(value=False))
        .when((first == second) | pl.lit(order is not None))
        .then(pl.lit(order != "mdy"))
    )


def _plain(text: pl.Expr) -> pl.Expr:
    """The date as it is written in numbers, or, where a month has a name, as year-month-day."""
    lowered = text.str.to_lowercase().str.strip_chars()
    east_asian = lowered.str.replace_all(r"(\d)\s*[年月년월]\s*", "${1}-").str.replace(r"(\d)\s*[日일]", "${1}")
    names = _months()
    worded = (
        lowered.str.replace_many(list(names), [f" m{month:02} " for month in names.values()], leftmost=True)
        .str.replace_all(r"(\d)(?:st|nd|rd|th|er|º|ª)\b", "${1}")
        .str.replace_all(r"\b(?:de|del|di|du|of|the|le|den)\b", " ")
        .str.replace_all(r"[\s.,-]+", "-").str.strip_chars("-")
        .str.replace(r"^(\d{1,2})-m(\d{2})-(\d{4})$", "${3}-${2}-${1}")
        .str.replace(r"^m(\d{2})-(\d{1,2})-(\d{4})$", "${3}-${1}-${2}")
        .str.replace(r"^m(\d{2})-(\d{4})$", "${2}-${1}")
        .str.replace(r"^(\d{4})-m(\d{2})", "${1}-${2}")
    )  # fmt: skip
    return (
        pl.when(lowered.str.contains(r"[年월년月]"))
        .then(east_asian.str.strip_chars_end("-"))
        .when(lowered.str.contains(r"\p{L}{3}"))
        .then(worded)
        .otherwise(lowered)
    )


@cache
def _months() -> dict[str, int]:
    """Names of months in every language, long ones first, so that "mar" is not found in "marzo"."""
    from babel.dates import get_month_names

    found: dict[str, int] = {}
    for language in LANGUAGES:
        for width, context in (("wide", "format"), ("wide", "stand-alone"), ("abbreviated", "format")):
            for month, name in get_month_names(width, context, language).items():
                if re.fullmatch(r"[^\W\d]{3,}\.?", name):
                    found.setdefault(name.casefold().rstrip("."), month)
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def _parts(text: pl.Expr, pattern: str) -> pl.Expr:
    """The numbers in the groups of a pattern, as a struct with fields "1", "2", …"""
    groups = text.str.extract_groups(pattern)
    count = re.compile(pattern).groups
    return pl.struct(groups.struct[index].cast(pl.Int64, strict=False).alias(str(index + 1)) for index in range(count))


def _calendar(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    """The date of three numbers, the later ones null or zero where they are not known."""
    padded = year.cast(pl.String).str.zfill(4)
    has_month, has_day = month.fill_null(0) > 0, day.fill_null(0) > 0
    to_month = padded + "-" + month.cast(pl.String).str.zfill(2)
    to_day = to_month + "-" + day.cast(pl.String).str.zfill(2)
    exists = to_day.str.to_date("%Y-%m-%d", strict=False).is_not_null()
    in_reach = year.is_between(1000, 9999)
    return (
        pl.when(in_reach & ~has_month & ~has_day)
        .then(padded)
        .when(in_reach & month.is_between(1, 12) & ~has_day)
        .then(to_month)
        .when(in_reach & has_month & has_day & exists)
        .then(to_day)
    )


def duration_ms(text: pl.Expr) -> pl.Expr:
    """Milliseconds of "4:45", "1:02:03", "4m45s", "PT4M45S", "285" (seconds) or "285000" (milliseconds); else null."""
    said = text.str.strip_chars()
    clock = said.str.extract_groups(_CLOCK)
    units = said.str.extract_groups(_UNITS)
    number = said.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    plain = pl.when(number >= _MILLISECONDS_FROM).then(number).otherwise(number * 1000)
    read = pl.coalesce(
        pl.when(clock.struct[2].cast(pl.Int64, strict=False) < 60).then(_milliseconds(clock)),
        pl.when(said.str.contains(r"^\d+([.,]\d+)?$")).then(plain.round().cast(pl.Int64, strict=False)),
        pl.when(said.str.contains(r"\d") & ~said.str.contains(r"^\d+$")).then(_milliseconds(units)),
    )
    return pl.when(read.is_between(1, 2**32 - 1)).then(read).cast(pl.UInt32, strict=False)


def _milliseconds(groups: pl.Expr) -> pl.Expr:
    """Of hours, minutes, seconds and their decimals, where at least one is there."""
    hours, minutes, seconds = (groups.struct[index].cast(pl.Int64, strict=False) for index in range(3))
    decimals = ("0." + groups.struct[3]).cast(pl.Float64, strict=False).fill_null(0)
    total = hours.fill_null(0) * 3600 + minutes.fill_null(0) * 60 + seconds.fill_null(0)
    known = hours.is_not_null() | minutes.is_not_null() | seconds.is_not_null()
    return pl.when(known).then(total * 1000 + (decimals * 1000).round().cast(pl.Int64))


def whole_number(text: pl.Expr, dtype: type[pl.DataType]) -> pl.Expr:
    """The number of "7", "07", "7." or "7.0"; else null."""
    return text.str.extract(r"^\s*(\d+)(?:\.0*)?\s*$").cast(dtype, strict=False)


def word(text: pl.Expr, words: dict[str, str]) -> pl.Expr:
    """What `words` (a table by lower-case letters and digits) says of a text; else null."""
    bare = text.str.to_lowercase().str.replace_all(r"[^\p{L}\p{M}\p{N}]", "")
    return bare.replace_strict(list(words), list(words.values()), default=None, return_dtype=pl.String)


def several(text: pl.Expr) -> pl.Expr:
    """The parts of a list that "|", ";" or " / " separates, trimmed; null where there are none."""
    parts = text.str.replace_all(r"\s+/\s+", "|").str.replace_all(";", "|", literal=True).str.split("|")
    kept = parts.list.eval(pl.element().str.strip_chars().replace("", None).drop_nulls())
    return pl.when(kept.list.len() > 0).then(kept)
