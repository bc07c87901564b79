"""Codes of the trade: the shared vectors, some of our own, and that a column and a value are judged alike."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.rules import columns, identifiers

SHARED = Path(__file__).parents[3] / "shared" / "data"
VECTORS = SHARED / "identifiers" / "vectors.json"
ONE = {
    "isrc": identifiers.is_isrc,
    "gtin": identifiers.is_gtin,
    "iswc": identifiers.is_iswc,
    "ipi_name": identifiers.is_ipi_name,
    "isni": identifiers.is_isni,
    "dpid": identifiers.is_dpid,
    "grid": identifiers.is_grid,
}
MANY = {
    "isrc": lambda text: columns.isrc_is_formed(text) & columns.isrc_is_allocated(text),
    **{kind: getattr(columns, f"is_{kind}") for kind in (*ONE, "ipi_base", "catalog_number") if kind != "isrc"},
}
OWN = [
    ("isrc", "gb-xwz-08-00015", True),
    ("isrc", "XXABC1234567", False),
    ("gtin", "718752155427", True),
    ("gtin", "718752155428", False),
    ("gtin", "00000000", False),
    ("iswc", "T-034.524.680-1", True),
    ("iswc", "T-034.524.680-2", False),
    ("ipi_name", "00014107338", True),
    ("ipi_name", "014107338", True),
    ("ipi_name", "14107338", False),
    ("ipi_base", "I-001068130-6", True),
    ("ipi_base", "I-001068130-7", False),
    ("isni", "0000 0001 2146 438X", True),
    ("isni", "0000 0001 2146 4388", False),
    ("dpid", "PADPIDA2014021302H", True),
    ("dpid", "PADPIDA2014021302I", False),
    ("grid", "A1-2425G-ABC1234002-M", True),
    ("grid", "A1-2425G-ABC1234002-Q", False),
    ("catalog_number", "SK 032", True),
    ("catalog_number", "718752155427", False),
    ("catalog_number", "GBXWZ0800015", False),
    ("catalog_number", "", False),
]


def _column(kind: str, values: list[str | None]) -> list[bool | None]:
    return (
        pl.DataFrame({"text": values}, schema={"text": pl.String})
        .select(MANY[kind](pl.col("text")))
        .to_series()
        .to_list()
    )


@pytest.mark.parametrize(("kind", "value", "valid"), OWN)
def test_a_code_is_right_or_wrong(kind, value, valid):
    assert kind not in ONE or ONE[kind](value) is valid
    assert _column(kind, [value]) == [valid]


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not on this machine")
def test_every_shared_vector_is_judged_as_it_says():
    vectors = json.loads(VECTORS.read_text())
    for kind, cases in vectors.items():
        said = [case["valid"] for case in cases]
        assert [ONE[kind](case["value"]) for case in cases] == said, kind
        assert _column(kind, [case["value"] for case in cases]) == said, kind
    assert sum(map(len, vectors.values())) == 80


@pytest.mark.skipif(not SHARED.exists(), reason="the shared list of agencies is not on this machine")
def test_prefixes_of_all_agencies_are_allocated():
    with (SHARED / "catalog" / "isrc_country_agencies.csv").open(encoding="utf-8-sig") as file:
        codes = {row["Country Code"] for row in csv.DictReader(file)}
    assert {code for code in codes if len(code) == 2} <= identifiers.ISRC_PREFIXES


@given(
    st.sampled_from(sorted(ONE)),
    st.lists(st.text("0123456789AGIPDTX-. ", max_size=20) | st.from_regex(r"\d{8,14}", fullmatch=True), max_size=8),
)
def test_a_column_is_judged_as_its_values(kind, values):
    assert _column(kind, values) == [ONE[kind](value) for value in values]


@pytest.mark.parametrize("kind", sorted(MANY))
def test_nothing_said_is_not_wrong(kind):
    assert _column(kind, [None, ""])[0] is None


@given(st.integers(10**10, 10**11 - 1))
def test_exactly_one_last_digit_makes_a_barcode(head):
    assert sum(identifiers.is_gtin(f"{head}{digit}") for digit in range(10)) == 1


@given(st.integers(1, 10**13 - 1), st.integers(0, 9))
def test_barcodes_compare_alike_however_many_zeros_they_have(head, zeros):
    code = next(
        f"{head:011d}{digit}" for digit in range(10) if identifiers.is_gtin(f"{head:011d}{digit}") or digit == 9
    )
    assert identifiers.gtin("0" * zeros + code) == identifiers.gtin(code)


@pytest.mark.parametrize(
    ("cell", "barcode"),
    [
        ("7.24384960650E+11", "0724384960650"),
        ("724384960650.0", "0724384960650"),
        ("4,006381333931e12", "4006381333931"),
        ("7.24E+11", None),
        ("7.2438496065E+11", None),
        ("724384960650", None),
        ("724384960651.0", None),
    ],
)
def test_a_barcode_that_became_a_number_comes_back_only_whole(cell, barcode):
    assert pl.DataFrame({"cell": [cell]}).select(columns.repaired_gtin(pl.col("cell"))).item() == barcode
