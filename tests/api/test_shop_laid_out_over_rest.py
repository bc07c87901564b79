"""Where the shop sells, what sending and taxes are there, and what lies where, as programs arrange it."""

from __future__ import annotations

import pytest

from tests.api.held import held
from tests.factories.labels import a_label
from tests.factories.shop import a_shop, a_variant, an_order

NORDICS = {"key": "nordics", "name": "Nordics", "currency": "SEK", "countries": ["IS"], "languages": ["en"]}


@pytest.fixture
def label(connected):
    made = a_label()
    a_shop(made)
    return made


@pytest.fixture
def api(client_of, label):
    return held(client_of, label)


def test_a_market_is_added_changed_closed_and_taken_away(api):
    made = api("POST", "/markets", NORDICS)
    path = f"/markets/{made['id']}"
    assert api("GET", path) == made
    changed = api.changes(path, {"currency": "EUR", "languages": ["en", "de"], "is_open": False})
    assert (changed["currency"], changed["languages"], changed["is_open"]) == ("EUR", ["en", "de"], False)
    assert (changed["key"], changed["countries"], changed["name"]) == ("nordics", ["IS"], "Nordics")
    api.refused("PATCH", path, 428, {"name": "North"})
    api.refused("PATCH", path, 412, {"name": "North"}, if_match='"old"')
    api.refused("PATCH", path, 422, {"key": "north"}, if_match="*")
    api.refused("PATCH", path, 422, {"languages": ["zz"]}, if_match="*")
    api.refused("POST", "/markets", 422, NORDICS | {"key": "other"})  # its country is taken
    api.refused("POST", "/markets", 422, NORDICS | {"is_rest": True})
    api.refused("DELETE", path, 428)
    api("DELETE", path, if_match=api.raw("GET", path).headers["etag"])
    api.refused("GET", path, 404)
    rest = next(each for each in api("GET", "/markets")["items"] if each["is_rest"])
    api.refused("DELETE", f"/markets/{rest['id']}", 422, if_match="*")
    assert api.changes(f"/markets/{rest['id']}", {"name": "World"})["is_rest"]


def test_a_market_has_names_by_language_that_are_merged_one_by_one(api):
    rest = next(each for each in api("GET", "/markets")["items"] if each["is_rest"])
    path = f"/markets/{rest['id']}"
    assert rest["names"]["de"] == "Rest der Welt"
    changed = api.changes(path, {"names": {"de": "Überall sonst", "fr": None}})
    assert changed["names"] == {key: name for key, name in rest["names"].items() if key != "fr"} | {
        "de": "Überall sonst"
    }
    api.refused("PATCH", path, 422, {"names": {"xx": "Elsewhere"}}, if_match="*")


def test_a_market_that_was_sold_in_is_closed_instead_of_taken_away(api, label):
    order = an_order(label, a_variant(label))
    path = f"/markets/{order.market_id}"
    api("DELETE", path, if_match="*")
    left = api("GET", path)
    assert (left["is_open"], left["countries"]) == (False, [])


def test_what_sending_costs_is_said_for_a_market_at_once(api):
    market = api("GET", "/markets")["items"][0]
    path = f"/markets/{market['id']}/shipping-rates"
    parcel = {"name": "Parcel", "price_micros": 4_900_000, "names": {"de": "Paket"}, "most_grams": 2_000}
    said = api("PUT", path, {"items": [parcel, parcel | {"price_micros": 9_900_000, "most_grams": None}]})
    assert said == api("GET", path)
    assert [(each["price_micros"], each["most_grams"]) for each in said["items"]] == [
        (4_900_000, 2_000),
        (9_900_000, None),
    ]
    assert said["currency"] == market["currency"]
    api.refused("PUT", path, 422, {"items": [parcel | {"price_micros": 1}]})  # no whole cent
    api.refused("PUT", path, 422, {"items": [parcel | {"days_from": 6}]})
    api.refused("PUT", path, 422, {"items": [parcel | {"market_id": market["id"]}]})
    assert api("GET", path) == said
    assert api("PUT", path, {"items": []})["items"] == []


def test_tax_is_collected_somewhere_until_a_day_and_at_rates_of_the_labels_own(api):
    texas = {"scheme": "state", "country": "US", "region": "TX", "number": "1"}
    made = api("POST", "/store-tax/registrations", texas)
    assert made["ends_on"] is None
    again = api("POST", "/store-tax/registrations", texas | {"number": "2"})
    assert (again["id"], again["number"]) == (made["id"], "2")
    assert [each["id"] for each in api("GET", "/store-tax/registrations?country=US")["items"]] == [made["id"]]
    api.refused("POST", "/store-tax/registrations", 422, texas | {"region": None})
    api.refused("POST", "/store-tax/registrations", 422, texas | {"rate_ppm": 1})
    assert api("DELETE", f"/store-tax/registrations/{made['id']}")["ends_on"]
    rate = {"country": "DE", "tax_class": "digital", "name": "VAT", "rate_ppm": 70_000}
    own = api("POST", "/store-tax/rates", rate)
    assert [each["rate_ppm"] for each in api("GET", "/store-tax/rates?country=DE")["items"]] == [70_000]
    api.refused("POST", "/store-tax/rates", 422, rate | {"rate_ppm": 500_001})
    api("DELETE", f"/store-tax/rates/{own['id']}")
    assert api("GET", "/store-tax/rates")["items"] == []


def test_stock_is_listed_across_variants_counted_anew_and_told_of_when_low(api, label):
    shirt = a_variant(label, "physical", title="Night Shirt", in_stock=5)
    endless = a_variant(label, "physical", title="Poster")
    place = api("GET", "/stock/locations")["items"][0]
    rows = {row["variant_id"]: row for row in api("GET", "/stock")["items"]}
    assert (rows[str(shirt.id)]["on_hand"], rows[str(shirt.id)]["location"]) == (5, place["name"])
    assert rows[str(endless.id)]["on_hand"] is None
    threshold = f"/variants/{shirt.id}/stock/{place['id']}/threshold"
    assert api("PUT", threshold, {"low_at": 5})["levels"][0]["low_at"] == 5
    assert [row["variant_id"] for row in api("GET", "/stock?is_low=true")["items"]] == [str(shirt.id)]
    assert [row["variant_id"] for row in api("GET", "/stock?is_uncounted=true")["items"]] == [str(endless.id)]
    assert [each["action"] for each in api("GET", f"/activity?subject_id={shirt.id}&action=stock.low")["items"]]
    assert api("PUT", threshold, {"low_at": None})["levels"][0]["low_at"] is None
    api.refused("PUT", f"/variants/{endless.id}/stock/{place['id']}/threshold", 404, {"low_at": 5})
    api.refused("PUT", threshold, 422, {"low_at": 5, "on_hand": 5})
    api.refused("GET", "/stock?is_low=maybe", 400)
    page = api("GET", "/stock?limit=1")
    assert [row["variant_id"] for row in page["items"]] == [str(shirt.id)]
    assert api("GET", f"/stock?limit=1&after={page['next']}")["items"][0]["variant_id"] == str(endless.id)
    counts = {"location_id": place["id"], "counts": [{"sku": shirt.sku, "on_hand": 3}]}
    assert api("POST", "/stock/counts", counts) == {"changed": 1}
    assert api("GET", f"/variants/{shirt.id}/stock")["levels"][0]["on_hand"] == 3
    twice = counts | {"counts": [{"sku": shirt.sku, "on_hand": 9}, {"sku": shirt.sku.lower(), "on_hand": 8}]}
    api.refused("POST", "/stock/counts", 422, twice)
    api.refused("POST", "/stock/counts", 422, counts | {"counts": [{"sku": "NOBODYS", "on_hand": 1}]})
    assert api("GET", f"/variants/{shirt.id}/stock")["levels"][0]["on_hand"] == 3


CHANGES = [
    ("POST", "/markets", NORDICS),
    ("PUT", "/markets/1/shipping-rates", {"items": []}),
    ("POST", "/store-tax/registrations", {"scheme": "domestic", "country": "DE"}),
    ("POST", "/store-tax/rates", {"country": "DE", "tax_class": "goods", "name": "VAT", "rate_ppm": 1}),
    ("POST", "/stock/counts", {"location_id": "01936f0e-7d2b-7c41-9a55-0c8f5ad8e1b2", "counts": []}),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_whoever_may_only_look_at_the_shop_changes_nothing_of_it(client_of, label, method, path, body):
    assert "store:write" in held(client_of, label, "store:read").refused(method, path, 403, body)["detail"]


@pytest.mark.parametrize("path", ["/stock", "/store-tax/rates", "/store-tax/registrations", "/markets"])
def test_without_the_scope_nothing_of_it_is_shown(client_of, label, path):
    assert "store:read" in held(client_of, label, "catalog:read").refused("GET", path, 403)["detail"]
