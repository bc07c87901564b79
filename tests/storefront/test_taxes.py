"""Which tax a sale bears, and whether the label collects it."""

from __future__ import annotations

from datetime import date

import pytest

from app.storefront.rules.taxes import LEVIES, OwnRate, Place, Registered, Tables, Taxes, table

DAY, SINCE = date(2026, 6, 1), date(2020, 1, 1)


def _tables(ships_from: str, *registered: tuple[str, str, str | None], own: tuple[OwnRate, ...] = ()) -> Taxes:
    return Tables(ships_from, [Registered(*each, SINCE) for each in registered], own)


def _rates(taxes: Taxes, country: str, region: str | None = None, *, kind: str = "goods", on: date = DAY) -> list[int]:
    return [levy.rate_ppm for levy in taxes.levies(kind, Place(country, region), on)]


BERLIN = _tables("DE", ("domestic", "DE", None), ("oss", "DE", None))
NEW_YORK = _tables("US", ("state", "US", "NY"), ("state", "US", "TX"))


@pytest.mark.parametrize(
    ("country", "ppm"), [("DE", 190_000), ("FR", 200_000), ("FI", 255_000), ("HU", 270_000), ("LU", 170_000)]
)
def test_with_the_oss_the_union_is_taxed_where_the_buyer_is(country: str, ppm: int) -> None:
    assert _rates(BERLIN, country) == _rates(BERLIN, country, kind="digital") == [ppm]


def test_without_the_oss_the_union_is_taxed_at_the_origin() -> None:
    small = _tables("DE", ("domestic", "DE", None))
    assert _rates(small, "FR") == _rates(small, "DE") == [190_000]


def test_a_second_registration_in_the_union_is_for_its_own_country() -> None:
    both = _tables("DE", ("domestic", "DE", None), ("domestic", "FR", None))
    assert (_rates(both, "FR"), _rates(both, "IT")) == ([200_000], [190_000])


@pytest.mark.parametrize("country", ["US", "GB", "CH", "NO", "JP", "AE", "BR", "KW"])
def test_exports_are_not_taxed(country: str) -> None:
    assert _rates(BERLIN, country) == []


def test_who_is_registered_nowhere_collects_nothing() -> None:
    assert _rates(_tables("DE"), "DE") == []


def test_from_outside_the_union_the_oss_is_for_what_has_no_body() -> None:
    outside = _tables("US", ("oss", "IE", None))
    assert _rates(outside, "DE", kind="digital") == [190_000]
    assert _rates(outside, "DE", kind="goods") == [], "the buyer imports it"


def test_states_tax_where_the_label_is_registered_and_what_they_tax() -> None:
    assert _rates(NEW_YORK, "US", "NY") == [40_000]
    assert _rates(NEW_YORK, "US", "NY", kind="digital") == [], "New York does not tax downloads"
    assert _rates(NEW_YORK, "US", "TX", kind="digital") == [62_500]
    assert _rates(NEW_YORK, "US", "CA") == _rates(NEW_YORK, "US") == []


def test_provinces_have_taxes_of_their_own_beside_the_countrys() -> None:
    federal = _tables("CA", ("domestic", "CA", None))
    assert (_rates(federal, "CA", "ON"), _rates(federal, "CA", "QC")) == ([130_000], [50_000])
    quebec = _tables("CA", ("domestic", "CA", None), ("state", "CA", "QC"))
    assert [levy.name for levy in quebec.levies("goods", Place("CA", "QC"), DAY)] == ["GST", "QST"]


@pytest.mark.parametrize(
    ("country", "ppm"),
    [("GB", 200_000), ("CH", 81_000), ("NO", 250_000), ("AE", 50_000), ("SA", 150_000), ("JP", 100_000),
     ("KR", 100_000), ("AU", 100_000)],
)  # fmt: skip
def test_elsewhere_the_country_taxes_who_is_registered_there(country: str, ppm: int) -> None:
    assert _rates(_tables("DE", ("domestic", country, None)), country) == [ppm]


def test_rates_count_from_and_to_their_days() -> None:
    assert _rates(_tables("FI", ("domestic", "FI", None)), "FI", on=date(2024, 8, 31)) == [240_000]
    assert _rates(_tables("FI", ("domestic", "FI", None)), "FI", on=date(2024, 9, 1)) == [255_000]
    ended = Tables("DE", [Registered("domestic", "DE", None, SINCE, date(2026, 5, 31))])
    assert (_rates(ended, "DE", on=date(2026, 5, 31)), _rates(ended, "DE")) == ([190_000], [])


def test_a_rate_of_the_labels_own_takes_the_place_of_the_tables() -> None:
    own = (
        OwnRate("DE", None, "digital", "USt", 70_000, SINCE),
        OwnRate("DE", None, "digital", "USt", 50_000, date(2027, 1, 1)),
        OwnRate("US", "NY", "goods", "Sales tax", 88_750, SINCE),
    )
    berlin = _tables("DE", ("domestic", "DE", None), own=own)
    assert (_rates(berlin, "DE", kind="digital"), _rates(berlin, "DE")) == ([70_000], [190_000])
    assert _rates(berlin, "DE", kind="digital", on=date(2027, 1, 1)) == [50_000]
    assert _rates(_tables("US", ("state", "US", "NY"), own=own), "US", "NY") == [88_750]
    assert _rates(_tables("US", own=own), "US", "NY") == [], "a rate alone collects nothing"


def test_what_is_untaxed_bears_none() -> None:
    assert _rates(BERLIN, "DE", kind="untaxed") == []


def test_every_member_of_the_union_has_exactly_one_rate_a_day() -> None:
    assert len(table().union) == 27
    for country in table().union:
        for on in (date(2023, 6, 1), DAY):
            assert len(table().rows_for(Place(country), on)) == 1, country


def test_no_place_has_two_rates_of_one_name_on_a_day() -> None:
    for country, rows in table().rows.items():
        for region in {row.region for row in rows}:
            names = [row.name for row in table().rows_for(Place(country, region), DAY)]
            assert len(names) == len(set(names)), (country, region)


def test_taxes_with_a_word_in_each_language_are_in_the_table() -> None:
    assert set(LEVIES) <= {row.name for rows in table().rows.values() for row in rows}


def test_a_rate_for_one_state_does_not_count_for_who_is_registered_in_another() -> None:
    own = (OwnRate("US", "NY", "goods", "Sales tax", 88_750, SINCE),)
    assert _rates(_tables("US", ("state", "US", "TX"), own=own), "US", "NY") == []
