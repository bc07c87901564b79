"""Addresses are asked for and written as each country does it."""

from __future__ import annotations

import pytest

from app.storefront.rules import addresses
from app.storefront.rules.addresses import Address, AddressUnusable

COUNTRIES = ("DE", "AT", "US", "GB", "AE", "SA", "JP", "KR", "BR", "CA", "AU", "CH", "SE", "KW", "FR", "IT", "NL", "PL")


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_form_asks_once_for_what_a_parcel_needs(country: str) -> None:
    names = [field.name for field in addresses.fields(country)]
    assert len(names) == len(set(names))
    assert {"name", "street", "phone"} <= set(names)
    needed = {field.name for field in addresses.fields(country) if field.is_needed}
    assert needed <= set(names)
    with pytest.raises(AddressUnusable) as refused:
        addresses.check(Address(country=country))
    assert needed <= set(refused.value.fields)


def test_a_japanese_address_begins_with_its_postcode() -> None:
    names = [field.name for field in addresses.fields("JP")]
    assert names.index("postcode") < names.index("region") < names.index("street")
    home = Address(country="JP", name="山田太郎", street="神宮前1-1", region="東京都", postcode="150-0001")
    assert addresses.lines(addresses.check(home))[0] == "〒150-0001"


def test_an_emirate_is_chosen_by_the_name_that_its_reader_knows() -> None:
    chosen = {field.name: field for field in addresses.fields("AE")}["region"].choices
    spoken = {field.name: field for field in addresses.fields("AE", local=True)}["region"].choices
    assert [key for key, _ in chosen] == [key for key, _ in spoken]
    assert "Dubai" in [name for _, name in chosen]
    assert any("دبي" in name for _, name in spoken)


def test_what_was_typed_keeps_its_case() -> None:
    home = addresses.check(Address(country="DE", name=" Ann\nBerg ", street="Weg 1", city="Berlin", postcode="10115"))
    assert (home.name, home.city) == ("Ann Berg", "Berlin")
    assert addresses.lines(home) == ["Ann Berg", "Weg 1", "10115 BERLIN"]  # as sorting machines like it


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"postcode": "ABC"}, "postcode"),
        ({"postcode": ""}, "postcode"),
        ({"region": "Bavaria"}, "region"),
        ({"street": "x" * 201}, "street"),
        ({"name": ""}, "name"),
    ],
)
def test_a_field_that_cannot_be_right_is_named(wrong: dict[str, str], field: str) -> None:
    right = {
        "country": "US",
        "name": "Ann",
        "street": "1 Main St",
        "city": "Austin",
        "region": "TX",
        "postcode": "78701",
    }
    addresses.check(Address(**right))
    with pytest.raises(AddressUnusable) as refused:
        addresses.check(Address(**{**right, **wrong}))
    assert field in refused.value.fields
