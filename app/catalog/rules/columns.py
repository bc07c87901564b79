"""The checks of `identifiers` for whole columns at once; what each of them promises stands there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from app.catalog.rules.identifiers import ISRC_FORM, ISRC_PREFIXES, LONGEST_CATALOG_NUMBER

Values = np.ndarray[tuple[int, int], np.dtype[np.int64]]
"""One row a code, one column a character: 0 to 9 for digits, 10 to 35 for letters."""

Truths = np.ndarray[tuple[int], np.dtype[np.bool_]]

_FLOAT = r"^\s*([0-9]+)[.,]0*\s*$"
_SCIENTIFIC = r"^\s*([0-9])[.,]([0-9]+)[eE]\+?([0-9]{1,2})\s*$"


def bare(text: pl.Expr) -> pl.Expr:
    """Identifiers in capitals, without spaces, dots and hyphens."""
    return text.str.replace_all(r"[\s.\-]", "").str.to_uppercase()


def _checked(code: pl.Expr, form: str, check: Callable[[Values], Truths]) -> pl.Expr:
    """Whether codes of one length have their form and pass their check; null where nothing is said.

    Arithmetic over characters is numpy's: as expressions it took longer to plan than to run.
    """

    def looked_at(codes: pl.Series) -> pl.Series:
        formed = codes.str.contains(form).fill_null(value=False)
        right = formed.to_numpy().copy()
        if fitting := codes.filter(formed).to_list():
            characters = np.frombuffer("".join(fitting).encode(), dtype=np.uint8).reshape(len(fitting), -1)
            right[right] = check(np.where(characters < ord("A"), characters - ord("0"), characters - ord("A") + 10))
        return pl.Series(codes.name, right).set(codes.is_null(), None)

    return code.map_batches(looked_at, return_dtype=pl.Boolean, is_elementwise=True)


def isrc_is_formed(text: pl.Expr) -> pl.Expr:
    """Whether recordings' codes have the form."""
    return bare(text).str.contains(ISRC_FORM)


def isrc_is_allocated(text: pl.Expr) -> pl.Expr:
    """Whether recordings' codes begin with a prefix that was given out."""
    return bare(text).str.slice(0, 2).is_in(sorted(ISRC_PREFIXES))


def is_gtin(text: pl.Expr) -> pl.Expr:
    """Whether barcodes are right."""
    code = bare(text)
    full = pl.when(code.str.contains(r"^(?:[0-9]{8}|[0-9]{12,14})$")).then(code.str.zfill(14)).otherwise(code)
    weights = np.array([3, 1] * 7)
    return _checked(full, r"^[0-9]{14}$", lambda values: ((values @ weights) % 10 == 0) & values.any(axis=1))


def gtin(text: pl.Expr) -> pl.Expr:
    """Barcodes as they are kept and compared."""
    return bare(text).str.strip_chars_start("0").str.zfill(13)


def is_number_like(text: pl.Expr) -> pl.Expr:
    """Whether a spreadsheet made numbers of barcodes."""
    return text.str.contains(rf"{_FLOAT}|^\s*[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{{1,2}}\s*$")


def repaired_gtin(text: pl.Expr) -> pl.Expr:
    """The barcodes that a spreadsheet made numbers of, null where digits were lost."""
    decimals, exponent = text.str.extract(_SCIENTIFIC, 2), text.str.extract(_SCIENTIFIC, 3).cast(pl.UInt32)
    written = text.str.extract(_SCIENTIFIC, 1) + decimals
    whole = (decimals.str.len_chars() >= exponent) & (exponent >= 7)
    whole &= written.str.slice(exponent + 1).str.strip_chars("0") == ""
    number = pl.coalesce(text.str.extract(_FLOAT, 1), pl.when(whole).then(written.str.slice(0, exponent + 1)))
    padded = pl.when(number.str.contains(r"^[0-9]{9,11}$")).then(number.str.zfill(12)).otherwise(number)
    return pl.when(is_gtin(padded)).then(gtin(padded))


def is_iswc(text: pl.Expr) -> pl.Expr:
    """Whether works' codes are right."""
    return _checked(bare(text), r"^T[0-9]{10}$", lambda values: _is_weighted(values, first=1))


def is_ipi_base(text: pl.Expr) -> pl.Expr:
    """Whether IPI base numbers are right."""
    return _checked(bare(text), r"^I[0-9]{10}$", lambda values: _is_weighted(values, first=2))


def _is_weighted(values: Values, *, first: int) -> Truths:
    return np.asarray((first + values[:, 1:10] @ np.arange(1, 10) + values[:, 10]) % 10 == 0)


def ipi_name(text: pl.Expr) -> pl.Expr:
    """IPI name numbers as they are kept."""
    code = bare(text)
    return pl.when(code.str.len_chars() >= 9).then(code.str.zfill(11)).otherwise(code)


def is_ipi_name(text: pl.Expr) -> pl.Expr:
    """Whether IPI name numbers are right."""

    def check(values: Values) -> Truths:
        rest = values[:, :9] @ np.arange(10, 1, -1) % 101
        expected = np.where(rest == 0, 0, (101 - rest) % 100)
        return np.asarray((values[:, 9] * 10 + values[:, 10] == expected) & values.any(axis=1))

    return _checked(ipi_name(text), r"^[0-9]{11}$", check)


def is_isni(text: pl.Expr) -> pl.Expr:
    """Whether names' codes are right."""

    def check(values: Values) -> Truths:
        last = np.where(values[:, 15] > 9, 10, values[:, 15])
        return np.asarray((values[:, :15] @ (2 ** np.arange(15, 0, -1)) + last) % 11 == 1)

    return _checked(bare(text), r"^[0-9]{15}[0-9X]$", check)


def is_dpid(text: pl.Expr) -> pl.Expr:
    """Whether DDEX parties' codes are right."""
    return _checked(bare(text), r"^PADPIDA[A-Z0-9]{11}$", _is_mod_37_36)


def grid(text: pl.Expr) -> pl.Expr:
    """GRids as they are kept."""
    return bare(text).str.strip_prefix("GRID:")


def is_grid(text: pl.Expr) -> pl.Expr:
    """Whether GRids are right."""
    return _checked(grid(text), r"^A1[A-Z0-9]{16}$", _is_mod_37_36)


def _is_mod_37_36(values: Values) -> Truths:
    """ISO 7064 mod 37,36, the last character being the check."""
    check = np.full(len(values), 18)
    for place in range(values.shape[1]):
        check = (np.where(check == 0, 36, check) * 2 % 37 + values[:, place]) % 36
    return np.asarray(check == 1)


def is_catalog_number(text: pl.Expr) -> pl.Expr:
    """Whether catalogue numbers are there, not too long, and no other code in the wrong column."""
    number = text.str.strip_chars()
    looks_like_isrc = isrc_is_formed(number) & isrc_is_allocated(number)
    return number.str.len_chars().is_between(1, LONGEST_CATALOG_NUMBER) & ~looks_like_isrc & ~is_gtin(number)
