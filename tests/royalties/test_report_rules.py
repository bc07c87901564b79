"""Numbers, dates and cells as senders write them."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from app.royalties.rules.dates import span, span_in_name
from app.royalties.rules.numbers import PLAIN, decimal_signs, decimals
from app.royalties.rules.opening import tables
from app.royalties.rules.places import territory
from app.royalties.rules.prints import of_rows
from app.royalties.rules.reading import TextTable, cells_of, nth_record

AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=9)
SPACES = ("", "\u00a0", "\u202f", "'", " ")


def read(text: str, sign: str = "point") -> str | None:
    return decimals(pl.Series("n", [text]), sign)[0]  # type: ignore[arg-type]


@given(AMOUNTS, st.sampled_from(SPACES), st.booleans())
def test_an_amount_is_read_however_its_thousands_are_set_apart(amount: Decimal, space: str, comma: bool):
    whole, _, rest = f"{abs(amount):,.9f}".replace(",", space).partition(".")
    text = ("-" if amount < 0 else "") + whole + ("," if comma else ".") + rest
    found = read(text, "comma" if comma else "point")
    assert found
    assert Decimal(found) == amount


@given(AMOUNTS, st.booleans())
def test_signs_of_thousands_and_decimals_are_told_apart(amount: Decimal, comma: bool):
    text = f"{amount:,.9f}"
    if comma:
        text = text.translate(str.maketrans(",.", ".,"))
    (sign,) = decimal_signs(pl.Series("n", [text]))
    assert sign == ("comma" if comma else "point")
    assert Decimal(decimals(pl.Series("n", [text]), sign)[0]) == amount


@given(st.text(max_size=20))
def test_what_is_no_number_is_told_and_what_is_one_is_plain(text: str):
    for sign in ("point", "comma"):
        found = read(text, sign)
        assert not found or pl.Series([found]).str.contains(PLAIN).item()


@given(AMOUNTS)
def test_brackets_and_a_last_minus_are_signs(amount: Decimal):
    text = f"{abs(amount):f}"
    assert Decimal(read(f"({text})") or 0) == Decimal(read(f"{text}-") or 0) == -abs(amount)
    assert Decimal(read(f"€ {text}") or 0) == Decimal(read(f"'{text}") or 0) == abs(amount)


def test_damaged_and_ambiguous_numbers():
    assert read("7.24E+11") == "7.24E+11"
    assert (read(".021330"), read("-7."), read("1e-7")) == (".021330", "-7.", "1e-7")
    assert [read(text) for text in ("1.2.3", "12,34", "0,050", "1e9999", "0x10", "NaN", "१२", "--1")] == [""] * 8
    assert (read("1,234"), read("1,234", "comma"), read("1.234", "comma")) == ("1234", "1.234", "1234")
    assert (read(""), read("  ")) == (None, None)


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)), st.sampled_from(("ymd", "dmy", "mdy")))
def test_a_day_is_read_in_the_order_of_its_layout(day: date, order: str):
    written = {"ymd": "%Y/%m/%d", "dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y"}[order]
    assert span(day.strftime(written), order) == (day, day)  # type: ignore[arg-type]
    assert span(f"{day.strftime(written)} 11:45am", order) == (day, day)  # type: ignore[arg-type]
    assert span(day.isoformat(), order) == span(day.strftime("%Y%m%d"), order) == (day, day)  # type: ignore[arg-type]


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_month_is_its_first_to_its_last_day(day: date):
    first = day.replace(day=1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    for written in ("%Y-%m", "%Y_%m", "%m-%Y", "%b-%y", "%B %Y", "%Y%m"):
        assert span(day.strftime(written).upper()) == (first, last)


@given(st.text(max_size=15))
def test_what_is_no_date_is_none_and_never_breaks(text: str):
    for order in ("ymd", "dmy", "mdy"):
        found = span(text, order)  # type: ignore[arg-type]
        assert found is None or found[0] <= found[1]


def test_a_name_of_a_file_says_a_month_or_nothing():
    assert span_in_name("spotify-202605.tsv") == (date(2026, 5, 1), date(2026, 5, 31))
    assert span_in_name("prs 2026 Q2.csv") == (date(2026, 4, 1), date(2026, 6, 30))
    assert span_in_name("2026-05 to 2026-06.csv") is None
    assert span_in_name("4006381333931.csv") is None


def test_countries_by_codes_and_by_name():
    said = {"USA": "US", "gbr": "GB", "UK": "GB", "Deutschland": "DE", "Korea, Republic of": "KR", "Worldwide": "ZZ"}
    assert {text: territory(text) for text in said} == said
    assert territory("Atlantis") is None


CELLS = st.text(st.characters(exclude_characters="\r\0", exclude_categories=("Cs",)), max_size=12)


@settings(max_examples=60)
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=2, max_size=40))
def test_every_cell_is_read_as_it_was_written_and_every_row_is_found_again(rows: list[list[str]]):
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["a", "b", "c"], *rows])
    body = text.getvalue().encode()
    (table,) = tables("x.csv", iter([body[:40], body[40:]]))
    assert isinstance(table, TextTable)
    for records in table.heads():
        if records[0] == ["a", "b", "c"]:
            break
    (block,) = table.blocks(1, 3)
    assert [[cell or "" for cell in row] for row in block.cells.iter_rows()] == rows
    assert block.starts is not None
    for number, row in enumerate(rows):
        record = nth_record(iter([body[int(block.starts[0]) :]]), number)
        assert record is not None
        assert cells_of(record, ",") == row


@given(st.lists(st.text(max_size=30), min_size=1, max_size=20))
def test_a_row_has_the_same_fingerprint_in_whatever_company(texts: list[str]):
    def prints(said: list[str]) -> list[int]:
        ones = pl.Series([1] * len(said), dtype=pl.UInt64)
        return of_rows(ones, ones, pl.Series(said, dtype=pl.String)).tolist()

    alone = [prints([text])[0] for text in texts]
    assert prints(texts) == alone
