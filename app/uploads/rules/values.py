"""Written durations, numbers, words and lists, as expressions that give what they mean, or null where it is nothing."""

from __future__ import annotations

import polars as pl

_CLOCK = r"^(?:(\d{1,2}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d{1,3}))?$"
_UNITS = (
    r"(?i)^(?:pt)?\s*(?:(\d+)\s*(?:h|hrs?|hours?|std\.?))?\s*(?:(\d+)\s*(?:m|min|mins|minutes?|minuten|['’′]))?"
    r"\s*(?:(\d+)(?:[.,](\d+))?\s*(?:s|secs?|seconds?|sek|sekunden|\"|”|″|''))?$"
)
_MILLISECONDS_FROM = 20_000
"""A bare number from here on is in milliseconds: nobody writes a track of five hours in seconds."""


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
