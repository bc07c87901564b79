"""How the shop stands and does, how people pay in its markets, and its legal pages, as programs look after them."""

from __future__ import annotations

from datetime import date

import pytest

from tests.api.held import held
from tests.factories.catalog import a_release
from tests.factories.labels import a_label
from tests.factories.shop import a_shop, a_variant, an_order


@pytest.fixture
def label(connected):
    return a_label(languages=("en", "de"), currency="EUR")


@pytest.fixture
def api(client_of, label):
    return held(client_of, label)


def test_a_shop_is_made_opened_once_and_sells_every_release_that_is_out(api, label):
    for path in ("/shop", "/shop/sales", "/shop/tasks"):
        api.refused("GET", path, 404)
    api.refused("POST", "/shop/downloads", 404)
    api.refused("POST", "/shop/openings", 422, {"ships_from": "ZZ"})
    api.refused("POST", "/shop/openings", 422, {"is_open": False})
    made = api("POST", "/shop/openings", {"ships_from": "FR"}, idempotency_key="shop")
    assert (made["is_open"], made["ships_from"]) == (True, "FR")
    assert api("POST", "/shop/openings", {"ships_from": "FR"}, idempotency_key="shop") == made
    assert api("POST", "/shop/openings", {"ships_from": "DE"})["ships_from"] == "FR"
    assert api("GET", "/markets")["items"]
    assert api("GET", "/shop/tasks")["unsold_releases"] == 0
    release = a_release(label, "Night Drive", release_date=date(2024, 5, 1).isoformat())
    waits = api("GET", "/shop/tasks")["unsold_releases"]
    products = api("POST", "/shop/downloads", idempotency_key="all")["product_ids"]
    assert len(products) == waits
    assert api("POST", "/shop/downloads", idempotency_key="all")["product_ids"] == products
    assert api("POST", "/shop/downloads")["product_ids"] == []
    assert [api("GET", f"/products/{each}")["release_id"] for each in products] == [str(release)] * waits


def test_where_the_shop_sends_from_is_said_by_whoever_saw_it_as_it_is(api, label):
    a_shop(label)
    tag = api.raw("GET", "/shop").headers["etag"]
    said = {"ships_from": "AT", "order_prefix": "BH-", "returns_days": 30}
    api.refused("PUT", "/shop/details", 428, said)
    kept = api.raw("PUT", "/shop/details", said, if_match=tag)
    assert kept.json() == said | {"is_open": True} == api("GET", "/shop")
    assert kept.headers["etag"] == api.raw("GET", "/shop").headers["etag"]
    api.refused("PUT", "/shop/details", 412, said, if_match=tag)
    for bad in ({"ships_from": "ZZ"}, {"order_prefix": "B H"}, {"order_prefix": "123456789"}, {"returns_days": 366},
                {"sections": []}):  # fmt: skip
        api.refused("PUT", "/shop/details", 422, said | bad, if_match="*")
    done = api("GET", "/activity?action=shop.changed")["items"][0]
    assert (done["actor_kind"], done["after"]["order_prefix"]) == ("client", "BH-")
    assert api("PUT", "/shop", {"is_open": False}) == {"is_open": False}
    assert api("GET", "/shop")["is_open"] is False


def test_how_the_shop_does_is_told_by_currency_and_day(api, label):
    a_shop(label)
    an_order(label, a_variant(label))
    found = api("GET", "/shop/sales?days=7")
    assert found["days"] == 7
    for each in found["items"]:
        assert len(each["days"]) == 7
        assert sum(day["gross_micros"] for day in each["days"]) == each["gross_micros"]
        assert each["days"][-1]["on"] == found["until"]
    api.refused("GET", "/shop/sales?days=3", 400)
    api.refused("GET", "/shop/sales?currency=EUR", 400)
    assert set(api("GET", "/shop/tasks")) >= {"parcels", "failed_refunds", "open_differences"}


def test_a_market_has_the_ways_to_pay_that_were_chosen_of_those_there_are(api, label):
    a_shop(label)
    market = api("GET", "/markets")["items"][0]
    path = f"/markets/{market['id']}"
    assert market["methods"] == []
    there = api("GET", f"{path}/payment-methods")
    assert there["possible"] == there["offered"] == ["card", "wallet"]  # the sandbox's
    assert api.changes(path, {"methods": ["wallet", "klarna"]})["methods"] == ["wallet", "klarna"]
    assert api("GET", f"{path}/payment-methods")["offered"] == ["wallet"]
    refused = api.refused("PATCH", path, 422, {"methods": ["klarna"]}, if_match="*")
    assert "methods" in str(refused["errors"])
    api.refused("PATCH", path, 422, {"methods": ["cash"]}, if_match="*")
    assert api.changes(path, {"name": "Home"})["methods"] == ["wallet", "klarna"]
    assert api.changes(path, {"methods": []})["methods"] == []
    nordics = {"key": "nordics", "name": "Nordics", "currency": "SEK", "countries": ["IS"], "methods": ["card"]}
    assert api("POST", "/markets", nordics)["methods"] == ["card"]


def test_the_legal_pages_are_begun_once_in_the_labels_first_language(api, label):
    made = api("POST", "/store-pages/legal", idempotency_key="legal")
    assert api("POST", "/store-pages/legal", idempotency_key="legal") == made
    assert {"terms", "privacy", "imprint"} <= {each["slug"] for each in made["items"]}
    assert all(each["titles"].keys() == {"en"} for each in made["items"])
    page = api("GET", f"/store-pages/{made['items'][0]['id']}")
    assert (page["kind"], page["published_at"]) == ("legal", None)
    assert api("POST", "/store-pages/legal")["items"] == []


def test_a_rival_meets_its_own_shop_and_nobody_elses(api, client_of, label, rival):
    a_shop(label)
    market = api("GET", "/markets")["items"][0]
    stranger = held(client_of, rival)
    stranger.refused("GET", f"/markets/{market['id']}/payment-methods", 404)
    stranger.refused("PATCH", f"/markets/{market['id']}", 404, {"methods": ["card"]}, if_match="*")
    assert api("GET", f"/markets/{market['id']}")["methods"] == []


WRITES = [
    ("PUT", "/shop/details", {"ships_from": "AT", "order_prefix": "", "returns_days": 1}),
    ("POST", "/shop/openings", {}),
    ("POST", "/shop/downloads", None),
    ("POST", "/store-pages/legal", None),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_whoever_may_only_look_changes_nothing_of_the_shop(client_of, label, method, path, body):
    api = held(client_of, label, "store:read")
    assert "store:write" in api.refused(method, path, 403, body, if_match="*")["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [*WRITES, *(("GET", path, None) for path in ("/shop", "/shop/sales", "/shop/tasks"))],
)
def test_a_program_for_a_part_of_the_label_has_no_shop(client_of, label, method, path, body):
    a_shop(label)
    a_release(label, "Night Drive")
    few = held(client_of, label, artists=("mira-sol",))
    few.refused(method, path, 403, body, if_match="*")


@pytest.mark.parametrize("path", ["/shop", "/shop/sales", "/shop/tasks"])
def test_without_the_scope_nothing_of_how_the_shop_does_is_shown(client_of, label, path):
    assert "store:read" in held(client_of, label, "catalog:read").refused("GET", path, 403)["detail"]
