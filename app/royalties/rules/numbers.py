"""Amounts and counts as senders write them, made into plain decimals without losing a digit."""

from __future__ import annotations

from typing import Final, Literal

import polars as pl

Sign = Literal["point", "comma"]

LONGEST: Final = 1_000
PLAIN: Final = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$"
"""What PostgreSQL reads as NUMERIC, exactly, however long."""

_GROUPED_POINT: Final = r"^[+-]?[1-9][0-9]{0,2}(?:,[0-9]{2,3})*,[0-9]{3}(?:\.[0-9]*)?$"
_GROUPED_COMMA: Final = r"^[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]*)?$"
_WITH_COMMA: Final = r"^[+-]?(?:[0-9]+,?[0-9]*|,[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$"
_SURE: Final = (
    r"^[+-]?(?:[0-9]*{0}(?:[0-9]{{1,2}}|[0-9]{{4,}})|0*{0}[0-9]+|[0-9]{{4,}}{0}[0-9]+|"
    r"[0-9]{{1,3}}(?:{1}[0-9]{{3}})+{0}[0-9]+)(?:[eE][+-]?[0-9]+)?$"
)
"""Decimals that cannot be thousands: another number of digits than three, or a whole part that no sign sets apart."""


def bare(text: pl.Expr) -> pl.Expr:
    """A number without spaces, apostrophes and currencies around it; brackets and a last minus are its sign."""
    kept = text.str.replace_all(r"[\s\u00a0\u202f\u2009'’`\"\p{Sc}]|^[A-Z]{3}|[A-Z]{3}$", "").str.replace_all("−", "-")
    kept = kept.str.replace(r"^\((.+)\)$", "-$1").str.replace(r"^([0-9.,]+)-$", "-$1")
    return pl.when(kept.str.len_bytes() > 0).then(kept)


def decimal_signs(texts: pl.Series) -> set[Sign]:
    """Which signs certainly cut off decimals in these numbers."""
    said = texts.to_frame("n").select(bare(pl.col("n"))).to_series()
    sure: dict[Sign, str] = {"comma": _SURE.format(",", r"\."), "point": _SURE.format(r"\.", ",")}
    return {sign for sign, pattern in sure.items() if said.str.contains(pattern).any()}


def decimals(texts: pl.Series, sign: Sign) -> pl.Series:
    """Each number as a plain decimal; null where there is none, an empty text where it cannot be read as one."""
    is_plain = sign == "point" or not texts.str.contains(".", literal=True).any()
    if is_plain and texts.str.contains(PLAIN).all():
        plain = texts
    else:
        plain = texts.to_frame("n").with_columns(b=bare(pl.col("n"))).select(_plain(pl.col("b"), sign)).to_series()
    if plain.str.len_bytes().gt(LONGEST).any():
        kept = pl.when(pl.col("n").str.len_bytes() <= LONGEST).then("n").otherwise(pl.lit(""))
        plain = plain.to_frame("n").select(kept).to_series()
    return plain.alias(texts.name)


def _plain(text: pl.Expr, sign: Sign) -> pl.Expr:
    other, grouped = (",", _GROUPED_POINT) if sign == "point" else (".", _GROUPED_COMMA)
    whole = text.str.replace_all(other, "", literal=True)
    as_point = whole.str.replace(",", ".", literal=True) if sign == "comma" else whole
    simple = PLAIN if sign == "point" else _WITH_COMMA
    plain = text.str.replace(",", ".", literal=True) if sign == "comma" else text
    read = pl.when(text.str.contains(simple)).then(plain).when(text.str.contains(grouped)).then(as_point)
    return read.when(text.is_not_null()).then(pl.lit(""))
