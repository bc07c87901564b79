"""What an order shows its buyer, by its link and in the account."""

from __future__ import annotations

import re

import pytest

from app.storefront.service.links import order_path
from tests.factories.fans import a_fan, signed_in
from tests.factories.shop import UNIT, a_variant, an_order
from tests.storefront.paid import pay

PAGE = {"accept": "text/html"}


@pytest.fixture
def fan(shop):
    return a_fan(shop)


def pages_of(client_of, shop, fan, order):
    """The order by its link, as anybody has it, and in its fan's account."""
    host = f"{shop.slug}.localhost"
    in_account = signed_in(client_of(host), shop, fan).get(f"/en/account/orders/{order.id}", headers=PAGE)
    return client_of(host).get(order_path(shop, "en", order.id), headers=PAGE).text, in_account.text


def test_a_bundle_is_shown_with_its_price_and_what_is_in_it(client_of, shop, fan):
    shirt = a_variant(shop, "physical", title="Night Shirt", in_stock=5, artist_id=None)
    song = a_variant(shop, title="Night Song")
    bundle = a_variant(shop, "bundle", title="The Whole Night", parts=[(shirt.id, 1), (song.id, 1)], price=28 * UNIT)
    order = pay(shop, an_order(shop, bundle, fan_id=fan.id, email=fan.email))
    for shown in pages_of(client_of, shop, fan, order):
        parcel = shown.partition('id="parcel-1"')[2].partition("</section>")[0]
        assert "Night Shirt" in parcel
        assert "The Whole Night" not in parcel
        receipt = shown.partition('id="receipt"')[2]
        row = receipt.partition("The Whole Night")[2].partition("</tr>")[0]
        assert "€28.00" in row
        assert "Night Shirt" in row
        assert "Night Song" in row
        assert "€0.00" not in receipt
        assert re.search(r'href="/en/orders/[\w-]+/receipt\.pdf"', shown), "a link says when it was made"


def test_what_waits_to_be_paid_leads_to_where_that_is_done(client_of, shop, fan):
    order = an_order(shop, fan_id=fan.id, email=fan.email)
    by_link, in_account = pages_of(client_of, shop, fan, order)
    assert f'action="{order_path(shop, "en", order.id)}/payment"' in by_link
    assert f'href="{order_path(shop, "en", order.id)}"' in in_account
    assert "receipt.pdf" not in by_link + in_account


def test_a_rivals_fan_sees_none_of_it(client_of, shop, fan, rival):
    order = pay(shop, an_order(shop, fan_id=fan.id, email=fan.email))
    other = signed_in(client_of(f"{shop.slug}.localhost"), shop)
    assert other.get(f"/en/account/orders/{order.id}", headers=PAGE).status_code == 404
    assert client_of(f"{rival.slug}.localhost").get(order_path(shop, "en", order.id)).status_code == 404
