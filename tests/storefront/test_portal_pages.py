"""Every page of the shop in the portal opens, empty and full, for whoever may see it."""

from __future__ import annotations

import re

import msgspec
import pytest

from app.kernel import db
from tests.factories.labels import a_label
from tests.factories.shop import a_product, an_order

STORE = "/portal/store"
PLACES = (
    "", "/orders", "/products", "/stock", "/customers", "/discounts", "/codes", "/markets", "/markets/sending",
    "/markets/taxes", "/markets/shop", "/pages", "/pages/menus", "/pages/front",
)  # fmt: skip
EXPORTS = ("/orders", "/products", "/stock", "/customers")


def test_every_place_of_a_new_shop_opens_and_says_what_to_do_first(client_as):
    label = a_label()
    client = client_as(label)
    opening = client.get(STORE)
    assert "Open your shop" in opening.text
    assert client.post(f"{STORE}/opening").status_code == 303
    for place in PLACES:
        shown = client.get(f"{STORE}{place}")
        assert shown.status_code == 200, (place, shown.text[:500])


def test_every_place_of_a_busy_shop_opens_and_can_be_taken_along(client_as, shop):
    a_product(shop, "physical", in_stock=5, title="Busy Shirt")
    an_order(shop, paid=True)
    client = client_as(shop)
    for place in PLACES:
        shown = client.get(f"{STORE}{place}")
        assert shown.status_code == 200, (place, shown.text[:500])
    for place in EXPORTS:
        for kind in ("csv", "xlsx"):
            answer = client.get(f"{STORE}{place}/export", params={"as": kind})
            assert answer.status_code == 200, place
            assert "attachment" in answer.headers["content-disposition"]
    assert "Busy Shirt" in client.get(f"{STORE}/stock/export").text
    told = client.get("/portal/settings/activity?action=stock.moved").text
    assert re.search(r'href="/portal/store/stock/[^"]+"><bdi>Busy Shirt', told), "what was counted is named"


@pytest.mark.parametrize(
    "query", ["days=x", "days=999999", "currency=ZZZ", "days=-1", "days=7&days=28", "currency=%00"]
)
def test_a_period_that_is_none_shows_the_usual_one(client_as, shop, query):
    assert client_as(shop).get(f"{STORE}?{query}").status_code in (200, 400, 422)


def test_a_shop_is_closed_and_opened_by_who_runs_it(client_as, shop):
    client = client_as(shop)
    assert client.post(f"{STORE}/state", data={"open": "0"}).status_code == 303
    assert "takes no orders" in client.get(STORE).text
    assert client_as(shop, role="artist").post(f"{STORE}/state", data={"open": "1"}).status_code == 403
    assert client.post(f"{STORE}/state", data={"open": "1"}).status_code == 303
    assert "takes no orders" not in client.get(STORE).text


def test_whoever_opens_a_shop_where_nothing_can_be_paid_is_told(client_as, shop, settings, monkeypatch):
    fresh, notice = a_label(), "this platform has no payment processor"
    assert notice not in client_as(shop).get(STORE).text
    monkeypatch.setattr(db.current(), "settings", msgspec.structs.replace(settings, boptone_env="production"))
    client = client_as(fresh)
    assert notice in client.get(STORE).text
    assert client.post(f"{STORE}/opening").status_code == 303
    told = client.get(STORE).text
    assert notice in told
    assert "only what is free can be ordered" in told
    busy = client_as(shop)
    for state in "01":
        assert busy.post(f"{STORE}/state", data={"open": state}).status_code == 303
    assert "The shop is open, and only what is free can be ordered" in busy.get(STORE).text


def test_a_label_without_a_shop_is_told_to_open_one_first(client_as, connected):
    a_shop_is_missing = client_as(a_label())
    for place in ("/markets", "/markets/shop", "/pages/front"):
        assert a_shop_is_missing.get(f"{STORE}{place}").status_code == 404, place
    made = a_shop_is_missing.post(f"{STORE}/products", data={"title": "X", "kind": "physical", "price": "1"})
    assert made.status_code == 404
