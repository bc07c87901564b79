"""Dates as people write them, in numbers or with the names of months in any of our languages."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, Literal

import polars as pl

DateOrder = Literal["dmy", "mdy"]

LANGUAGES: Final = ("en", "de", "fr", "es", "pt", "it", "nl", "pl", "ja", "ko", "zh", "ar")
_ISO = r"^(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?:[tT ]\d{1,2}:\d{2}.*)?$"
_COMPACT = r"^((?:1[89]|20)\d{2})(\d{2})(\d{2})$"
_TURNED = r"^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})$"
_MONTH_YEAR = r"^(\d{1,2})[-/. ]((?:1[89]|20)\d{2})$"


def read_dates(written: pl.Series, order: DateOrder | None) -> pl.DataFrame:
    """Give for each text a partial ISO `date` ("YYYY", "YYYY-MM", "YYYY-MM-DD") and whether it `is_ambiguous`.

    The date is null where the calendar has none such; "1999-03-00" has no day. `order` says how "03/04/1999" is read;
    without it such a date is null and ambiguous, unless only one of the two can be a day.
    """
    texts = written.alias("text").to_frame()
    said = _in_numbers(texts.filter(pl.col("text").is_not_null()).unique())
    iso, compact, turned, month = (pl.col(name) for name in ("iso", "compact", "turned", "month"))
    first, second = turned.struct[0], turned.struct[1]
    read = (
        said.with_columns(day_first=_day_first(first, second, order))
        .with_columns(
            day=pl.when("day_first").then(first).when(~pl.col("day_first")).then(second),
            month_of=pl.when("day_first").then(second).when(~pl.col("day_first")).then(first),
        )
        .with_columns(
            year=pl.coalesce(compact.struct[0], iso.struct[0], turned.struct[2], month.struct[1]),
            month_of=pl.coalesce(compact.struct[1], iso.struct[1], "month_of", month.struct[0]),
            day=pl.coalesce(compact.struct[2], iso.struct[2], "day"),
            is_ambiguous=first.is_between(1, 12) & second.is_between(1, 12) & pl.col("day_first").is_null(),
        )
        .select("text", "is_ambiguous", date=pl.when(~pl.col("is_ambiguous").fill_null(value=False)).then(_calendar()))
    )
    return texts.join(read, on="text", how="left", maintain_order="left").select(
        "date", pl.col("is_ambiguous").fill_null(value=False)
    )


def date_order(written: list[pl.Series]) -> DateOrder | None:
    """The order in which most dates that can only be read one way are written; None where none is, or as many each."""
    score = 0
    for texts in written:
        turned = _in_numbers(texts.drop_nulls().alias("text").to_frame())["turned"].struct
        can_only_be_day = [turned.field(f"field_{index}").is_between(13, 31).sum() for index in (0, 1)]
        score += int(can_only_be_day[0]) - int(can_only_be_day[1])
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


def _in_numbers(texts: pl.DataFrame) -> pl.DataFrame:
    """The texts with what each way of writing a date finds in them: structs of numbers, null where it finds none."""
    lowered = texts.with_columns(said=pl.col("text").str.to_lowercase().str.strip_chars())
    is_asian, is_worded = pl.col("said").str.contains(r"[年월년월]"), pl.col("said").str.contains(r"\p{L}{3}")
    plain = pl.concat([
        lowered.filter(is_asian).with_columns(_of_asian()),
        lowered.filter(~is_asian & is_worded).with_columns(_of_words()),
        lowered.filter(~is_asian & ~is_worded),
    ])  # fmt: skip
    patterns = {"iso": _ISO, "compact": _COMPACT, "turned": _TURNED, "month": _MONTH_YEAR}
    found = plain.with_columns(
        pl.col("said").str.extract_groups(pattern).alias(name) for name, pattern in patterns.items()
    )
    return found.with_columns(_as_numbers(name, re.compile(pattern).groups) for name, pattern in patterns.items())


def _as_numbers(name: str, count: int) -> pl.Expr:
    fields = (pl.col(name).struct[index].cast(pl.Int64, strict=False).alias(f"field_{index}") for index in range(count))
    return pl.struct(*fields).alias(name)


def _of_asian() -> pl.Expr:
    dashed = pl.col("said").str.replace_all(r"(\d)\s*[年月년월]\s*", "${1}-").str.replace(r"(\d)\s*[日일]", "${1}")
    return dashed.str.strip_chars_end("-")


def _of_words() -> pl.Expr:
    names = _months()
    return (
        pl.col("said")
        .str.replace_many(list(names), [f" m{month:02} " for month in names.values()], leftmost=True)
        .str.replace_all(r"(\d)(?:st|nd|rd|th|er|º|ª)\b", "${1}")
        .str.replace_all(r"\b(?:de|del|di|du|of|the|le|den)\b", " ")
        .str.replace_all(r"[\s.,-]+", "-")
        .str.strip_chars("-")
        .str.replace(r"^(\d{1,2})-m(\d{2})-(\d{4})$", "${3}-${2}-${1}")
        .str.replace(r"^m(\d{2})-(\d{1,2})-(\d{4})$", "${3}-${1}-${2}")
        .str.replace(r"^m(\d{2})-(\d{4})$", "${2}-${1}")
        .str.replace(r"^(\d{4})-m(\d{2})", "${1}-${2}")
    )


@cache
def _months() -> dict[str, int]:
    """Names of months in every language, long ones first, so that "mar" is not found in "marzo"."""
    from babel.dates import get_month_names

    found: dict[str, int] = {}
    for language in LANGUAGES:
        names = (
            get_month_names("wide", "format", language),
            get_month_names("wide", "stand-alone", language),
            get_month_names("abbreviated", "format", language),
        )
        for month, name in (pair for each in names for pair in each.items()):
            if re.fullmatch(r"[^\W\d]{3,}\.?", name):
                found.setdefault(name.casefold().rstrip("."), month)
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def _calendar() -> pl.Expr:
    """The date of `year`, `month_of` and `day`, the later ones null or zero where they are not known."""
    year, month, day = pl.col("year"), pl.col("month_of"), pl.col("day")
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
