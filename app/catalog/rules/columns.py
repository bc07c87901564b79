"""The checks of `identifiers` for whole columns at once; what each of them promises stands there."""

from __future__ import annotations

from functools import reduce
from operator import add
from string import ascii_uppercase, digits

import polars as pl

from app.catalog.rules.identifiers import ISRC_FORM, ISRC_PREFIXES, LONGEST_CATALOG_NUMBER

_ALPHABET = digits + ascii_uppercase
_FLOAT = r"^\s*(\d+)[.,]0*\s*$"
_SCIENTIFIC = r"^\s*(\d)[.,](\d+)[eE]\+?(\d{1,2})\s*$"


def bare(text: pl.Expr) -> pl.Expr:
    """Identifiers in capitals, without spaces, dots and hyphens."""
    return text.str.replace_all(r"[\s.\-]", "").str.to_uppercase()


def isrc_is_formed(text: pl.Expr) -> pl.Expr:
    """Whether recordings' codes have the form."""
    return bare(text).str.contains(ISRC_FORM)


def isrc_is_allocated(text: pl.Expr) -> pl.Expr:
    """Whether recordings' codes begin with a prefix that was given out."""
    return bare(text).str.slice(0, 2).is_in(sorted(ISRC_PREFIXES))


def is_gtin(text: pl.Expr) -> pl.Expr:
    """Whether barcodes are right."""
    code = bare(text)
    number = code.str.extract(r"^(\d{8}|\d{12,14})$").cast(pl.UInt64)
    # Digits by division: one cast and integers, instead of fourteen slices of text.
    total = reduce(add, ((number // 10**place % 10) * (3 if place % 2 else 1) for place in range(14)))
    return ((total % 10 == 0) & (number > 0)).fill_null(value=False)


def gtin(text: pl.Expr) -> pl.Expr:
    """Barcodes as they are kept and compared."""
    return bare(text).str.strip_chars_start("0").str.zfill(13)


def is_number_like(text: pl.Expr) -> pl.Expr:
    """Whether a spreadsheet made numbers of barcodes."""
    return text.str.contains(_FLOAT) | text.str.contains(r"^\s*\d([.,]\d+)?[eE]\+?\d{1,2}\s*$")


def repaired_gtin(text: pl.Expr) -> pl.Expr:
    """The barcodes that a spreadsheet made numbers of, null where digits were lost."""
    decimals, exponent = text.str.extract(_SCIENTIFIC, 2), text.str.extract(_SCIENTIFIC, 3).cast(pl.UInt32)
    written = text.str.extract(_SCIENTIFIC, 1) + decimals
    whole = (decimals.str.len_chars() >= exponent) & (exponent >= 7)
    whole &= written.str.slice(exponent + 1).str.strip_chars("0") == ""
    number = pl.coalesce(text.str.extract(_FLOAT, 1), pl.when(whole).then(written.str.slice(0, exponent + 1)))
    padded = number.str.zfill(12)
    return pl.when(is_gtin(number)).then(gtin(number)).when(is_gtin(padded)).then(gtin(padded))


def is_iswc(text: pl.Expr) -> pl.Expr:
    """Whether works' codes are right."""
    number = bare(text).str.extract(r"^T(\d{10})$").cast(pl.UInt64)
    total = reduce(add, (place * (number // 10 ** (10 - place) % 10) for place in range(1, 10))) + 1
    return ((total + number % 10) % 10 == 0).fill_null(value=False)


def grid(text: pl.Expr) -> pl.Expr:
    """GRids as they are kept."""
    return bare(text).str.strip_prefix("GRID:")


def is_grid(text: pl.Expr) -> pl.Expr:
    """Whether GRids are right."""
    code = grid(text)
    return code.str.contains(r"^A1[A-Z0-9]{16}$") & (_mod_37_36(code, length=18) == 1)


def _mod_37_36(code: pl.Expr, *, length: int) -> pl.Expr:
    """ISO 7064 mod 37,36 of codes of one length; 1 where the check character is right."""
    check: pl.Expr = pl.lit(18, dtype=pl.Int64)
    values = dict(zip(_ALPHABET, range(36), strict=True))
    for place in range(length):
        value = code.str.slice(place, 1).replace_strict(values, default=None, return_dtype=pl.Int64)
        # The step before stands here once only: twice, and the expression would double with every character.
        check = (((check + 35) % 36 + 1) * 2 % 37 + value) % 36
    return check


def is_catalog_number(text: pl.Expr) -> pl.Expr:
    """Whether catalogue numbers are there, not too long, and no other code in the wrong column."""
    number = text.str.strip_chars()
    looks_like_isrc = isrc_is_formed(number) & isrc_is_allocated(number)
    return number.str.len_chars().is_between(1, LONGEST_CATALOG_NUMBER) & ~looks_like_isrc & ~is_gtin(number)
