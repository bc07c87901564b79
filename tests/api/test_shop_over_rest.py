"""The shop, as programs run it: products, stock, orders, parcels, refunds, discounts, pages."""

from __future__ import annotations

import pytest

from tests.api.held import fewest, held
from tests.factories.labels import a_label
from tests.factories.shop import a_shop, a_variant, an_order


@pytest.fixture
def label(connected):
    made = a_label()
    a_shop(made)
    return made


@pytest.fixture
def api(client_of, label):
    return held(client_of, label)


SHIRT = {"kind": "physical", "title": "Shirt", "variants": [{"price_micros": 20_000_000, "options": {"size": "M"}}]}


def test_a_product_is_made_changed_sold_and_taken_off_sale(api):
    made = api("POST", "/products", SHIRT, idempotency_key="shirt")
    assert api("POST", "/products", SHIRT, idempotency_key="shirt") == made
    path = f"/products/{made['id']}"
    market = api("GET", "/markets")["items"][0]
    price = {"market_id": market["id"], "price_micros": 22_000_000}
    kept = {"id": made["variants"][0]["id"], "price_micros": 21_000_000, "prices": [price]}
    more = {"price_micros": 19_000_000, "options": {"size": "S"}}
    changed = api.changes(path, {"titles": {"de": "Hemd"}, "variants": [kept, more]})
    assert [each["price_micros"] for each in changed["variants"]] == [21_000_000, 19_000_000]
    assert changed["variants"][0]["prices"][0]["price_micros"] == 22_000_000
    untouched = api.changes(path, {"most": 100})
    assert untouched["variants"] == changed["variants"]
    stale = api.raw("GET", path).headers["etag"]
    api.changes(path, {"most": 90})
    api.refused("PATCH", path, 412, {"most": 80}, if_match=stale)
    api.refused("PATCH", path, 428, {"most": 80})
    api.refused("PATCH", path, 422, {"sold": 80}, if_match="*")
    api.refused("POST", "/products", 422, SHIRT | {"variants": [{"price_micros": 20_000_001}]})
    assert api("PUT", f"{path}/publication")["state"] == "live"
    assert [each["id"] for each in api("GET", "/products?q=hemd&state=live")["items"]] == [made["id"]]
    assert api("DELETE", f"{path}/publication")["state"] == "archived"


def test_stock_is_moved_with_a_reason_and_never_below_what_is_spoken_for(api):
    variant = api("POST", "/products", SHIRT)["variants"][0]["id"]
    place = api("GET", "/stock/locations")["items"][0]["id"]
    moved = api("POST", f"/variants/{variant}/stock/moves", {"location_id": place, "quantity": 5})
    assert moved["levels"] == [{"location_id": place, "on_hand": 5, "reserved": 0, "low_at": None}]
    api.refused(
        "POST", f"/variants/{variant}/stock/moves", 422, {"location_id": place, "quantity": -6, "reason": "lost"}
    )
    assert [each["quantity"] for each in api("GET", f"/variants/{variant}/stock/moves")["items"]] == [5]


def test_an_order_is_read_cancelled_and_not_refunded_without_money(api, label):
    order = an_order(label, a_variant(label))
    shown = api("GET", f"/orders/{order.id}")
    assert shown["lines"][0]["amount_micros"] > 0
    assert [each["id"] for each in api("GET", f"/orders?state=placed&email={shown['email']}")["items"]] == [
        str(order.id)
    ]
    api("GET", f"/orders/{order.id}/address")
    api.refused("POST", f"/orders/{order.id}/refunds", 409, {"reason": "Damaged"})
    assert api("POST", f"/orders/{order.id}/cancellation", {})["state"] == "cancelled"
    assert [each["email"] for each in api("GET", "/customers")["items"]] == [shown["email"]]
    assert fewest(api, "/orders?limit=50") == fewest(api, "/orders?limit=1")


def test_discounts_are_made_and_ended(api):
    said = {"name": "Summer", "kind": "percent", "code": "summer", "value": 100_000}
    made = api("POST", "/discounts", said)
    assert made["code"] == "SUMMER"
    api.refused("POST", "/discounts", 422, said | {"code": "other", "value": 0})
    assert api("DELETE", f"/discounts/{made['id']}")["ended_at"]
    assert [each["id"] for each in api("GET", "/discounts?is_over=true")["items"]] == [made["id"]]


def test_pages_of_the_shop_are_written_in_a_language_and_cleaned(api, label):
    page = api("POST", "/store-pages", {"kind": "page", "title": "About"})
    path = f"/store-pages/{page['id']}"
    body = "<p>Hello</p><script>alert(1)</script>"
    written = api.changes(path, {"language": label.languages[0], "body": body})
    assert "script" not in written["bodies"][label.languages[0]]
    assert api("PUT", f"{path}/publication")["published_at"]
    assert api("DELETE", f"{path}/publication")["published_at"] is None
    api("DELETE", path, if_match=api.raw("GET", path).headers["etag"])
    api.refused("GET", path, 404)


@pytest.mark.parametrize("path", ["/products", "/orders", "/markets", "/discounts", "/store-pages", "/customers"])
def test_without_the_scope_nothing_of_the_shop_is_shown(client_of, label, path):
    assert "store:read" in held(client_of, label, "catalog:read").refused("GET", path, 403)["detail"]
