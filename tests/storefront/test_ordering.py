"""From a basket to an order: at the price that was shown, once, and never what cannot be sold."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.catalog.models import Recording, Release, Track
from app.kernel import clock
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.storefront.models import (
    Basket,
    Market,
    Order,
    Product,
    ShippingRate,
    Stock,
    StoreSettings,
    Variant,
)
from app.storefront.rules.refusals import (
    BasketEmpty,
    BasketGone,
    CountryElsewhere,
    DetailsIncomplete,
    MarketClosed,
    NotSentThere,
    NotSoldHere,
    PriceChanged,
    SoldOut,
)
from app.storefront.service import baskets, ordering, products
from tests.factories.catalog import a_release
from tests.factories.shop import (
    UNIT,
    Held,
    a_basket,
    a_market,
    a_variant,
    an_address,
    an_order,
    the_details,
)
from tests.storefront.placing import lines_of, placed_by, quoted


def test_an_order_keeps_what_the_quote_said(shop: Tenant) -> None:
    shirt = a_variant(shop, "physical", price=25 * UNIT, in_stock=4)
    held = a_basket(shop, (shirt, 2), a_variant(shop, price=9 * UNIT))
    said = quoted(shop, held)
    order = placed_by(shop, held, the_details(said.total_micros))
    assert (order.items_micros, order.shipping_micros, order.tax_micros, order.total_micros) == (
        said.items_micros, said.shipping_micros, said.tax_micros, said.total_micros,
    )  # fmt: skip
    assert order.total_micros == 59 * UNIT + 6_900_000
    assert [each["rate_ppm"] for each in order.taxes] == [190_000]
    lines = lines_of(shop, order)
    assert [line.quantity for line in lines] == [2, 1]
    assert sum(line.tax_micros for line in lines) + order.shipping_tax_micros == order.tax_micros
    assert all(line.net_micros == line.amount_micros - line.tax_micros for line in lines)
    with tenant_read(shop) as session:
        told = select(Activity.after).where(Activity.action == "order.placed", Activity.subject_id == order.id)
        assert session.scalars(told).one()["number"] == order.number


def test_the_address_is_sealed_and_found_again(shop: Tenant, rival: Tenant) -> None:
    order = an_order(shop, a_variant(shop, "physical", in_stock=1))
    assert order.sealed is not None
    assert b"Gleimstr" not in order.sealed
    assert ordering.address_of(shop, order) == an_address()
    with pytest.raises(ValueError, match="sealed"):
        ordering.address_of(rival, order)
    assert an_order(shop).sealed is None, "nobody is asked where they live for a download"


def test_ordered_twice_is_one_order(shop: Tenant) -> None:
    held = a_basket(shop)
    first = placed_by(shop, held, the_details(10 * UNIT))
    again = placed_by(shop, held, the_details(99 * UNIT))
    assert first.id == again.id


def test_two_devices_at_once_place_one_order(shop: Tenant) -> None:
    variant = a_variant(shop, "physical", in_stock=5)
    held = a_basket(shop, variant)
    details = the_details(quoted(shop, held).total_micros)
    start, placed = threading.Barrier(4), []

    def order() -> None:
        start.wait()
        placed.append(placed_by(shop, held, details).id)

    threads = [threading.Thread(target=order) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(placed) == 4
    assert len(set(placed)) == 1
    with tenant_read(shop) as session:
        assert session.scalars(select(Stock.reserved).where(Stock.variant_id == variant.id)).one() == 1


def test_a_price_that_changed_is_said_and_nothing_is_ordered(shop: Tenant) -> None:
    variant = a_variant(shop)
    held = a_basket(shop, variant)
    shown = quoted(shop, held).total_micros
    with tenant_work(shop) as session:
        session.get_one(Variant, variant.id).price_micros = 12 * UNIT
    with pytest.raises(PriceChanged, match=r"€12\.00") as refused:
        placed_by(shop, held, the_details(shown))
    assert (refused.value.total_micros, refused.value.currency) == (12 * UNIT, "EUR")
    assert placed_by(shop, held, the_details(refused.value.total_micros)).total_micros == 12 * UNIT


def test_what_a_browser_says_of_prices_counts_for_nothing(shop: Tenant) -> None:
    with pytest.raises(PriceChanged):
        placed_by(shop, a_basket(shop), the_details(1))


@pytest.mark.parametrize("what", ["market", "shop"])
def test_a_closed_market_sells_nothing(shop: Tenant, what: str) -> None:
    held = a_basket(shop)

    def turn(*, is_open: bool) -> None:
        with tenant_work(shop) as session:
            market = session.get_one(Market, held.basket.market_id)
            row: Market | StoreSettings = market if what == "market" else session.get_one(StoreSettings, 1)
            row.is_open = is_open

    turn(is_open=False)
    try:
        with pytest.raises(MarketClosed):
            placed_by(shop, held, the_details(10 * UNIT))
    finally:
        turn(is_open=True)
    assert placed_by(shop, held, the_details(10 * UNIT)).state == "placed"


def test_a_country_of_another_market_has_other_prices(shop: Tenant) -> None:
    with pytest.raises(CountryElsewhere):
        placed_by(shop, a_basket(shop), the_details(10 * UNIT, "JP"))


def test_a_variant_that_is_not_sold_any_more_is_not_ordered(shop: Tenant) -> None:
    variant = a_variant(shop)
    held = a_basket(shop, variant)
    with tenant_work(shop) as session:
        products.archive(session, Actor.system(shop), session.get_one(Product, variant.product_id))
    assert [line.problem for line in quoted(shop, held).lines] == ["not_here"]
    assert quoted(shop, held).total_micros == 0
    with pytest.raises(NotSoldHere):
        placed_by(shop, held, the_details(10 * UNIT))
    with pytest.raises(NotSoldHere):
        a_basket(shop, variant)


def test_music_is_sold_where_its_release_may_be(shop: Tenant) -> None:
    release = a_release(shop, territories=["DE", "AT"])
    variant = a_variant(shop, release_id=release)
    an_order(shop, variant, country="AT")
    held = a_basket(shop, variant)
    assert [line.problem for line in quoted(shop, held, country="FR").lines] == ["not_here"]
    with pytest.raises(NotSoldHere):
        placed_by(shop, held, the_details(10 * UNIT, "FR"))
    record = a_variant(shop, "physical", release_id=release, in_stock=1)
    an_order(shop, record, country="FR")  # a record is a thing, and goes anywhere


def test_music_is_not_sold_where_its_release_is_left_out(shop: Tenant) -> None:
    variant = a_variant(shop, release_id=a_release(shop, excluded_territories=["FR"]))
    bundle = a_variant(shop, "bundle", parts=[(variant.id, 1)])
    for each in (variant, bundle):
        held = a_basket(shop, each)
        assert [line.problem for line in quoted(shop, held, country="FR").lines] == ["not_here"]
        assert [line.problem for line in quoted(shop, held, country="DE").lines] == [None]


def test_a_recording_is_sold_where_one_of_its_releases_may_be(shop: Tenant) -> None:
    release = a_release(shop, tracks=1, territories=["DE"])
    with tenant_read(shop) as session:
        recording = session.scalars(
            select(Recording.id).join(Track, Track.recording_id == Recording.id).where(Track.release_id == release)
        ).one()
        assert session.get_one(Release, release).territories == ["DE"]
    held = a_basket(shop, a_variant(shop, recording_id=recording, price=UNIT))
    assert [line.problem for line in quoted(shop, held, country="FR").lines] == ["not_here"]
    assert [line.problem for line in quoted(shop, held, country="DE").lines] == [None]


def test_what_goes_on_sale_later_is_not_ordered_before(shop: Tenant) -> None:
    variant = a_variant(shop)
    held = a_basket(shop, variant)
    with tenant_work(shop) as session:
        session.get_one(Product, variant.product_id).on_sale_from = clock.now() + timedelta(days=1)
    with pytest.raises(NotSoldHere):
        placed_by(shop, held, the_details(10 * UNIT))


def test_a_pre_order_says_when_it_ships(shop: Tenant) -> None:
    day = clock.now().date() + timedelta(days=30)
    variant = a_variant(shop, "physical", ships_on=day, in_stock=3)
    held = a_basket(shop, variant)
    assert quoted(shop, held).lines[0].ships_on == day.isoformat()
    order = placed_by(shop, held, the_details(quoted(shop, held).total_micros))
    assert [line.ships_on for line in lines_of(shop, order)] == [day]
    with clock.frozen_at(clock.now() + timedelta(days=31)):
        assert quoted(shop, a_basket(shop, variant)).lines[0].ships_on is None


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": f"{'a' * 300}@b.de"}, "email"),
        ({"address": None}, "street"),
        ({"address": an_address(postcode=" ")}, "postcode"),
        ({"address": an_address(city="")}, "city"),
        ({"address": an_address("FR")}, "country"),
        ({"way": "no such way"}, "way"),
    ],
)
def test_what_is_missing_is_named(shop: Tenant, said: dict[str, Any], field: str) -> None:
    held = a_basket(shop, a_variant(shop, "physical", in_stock=1))
    with pytest.raises(DetailsIncomplete) as refused:
        placed_by(shop, held, the_details(quoted(shop, held).total_micros, **said))
    assert set(refused.value.fields) == {field}


def test_where_addresses_have_no_postcode_none_is_asked_for(shop: Tenant) -> None:
    order = an_order(
        shop, a_variant(shop, "physical", in_stock=1), market="emirates", country="AE",
    )  # fmt: skip
    assert (order.currency, order.tax_micros) == ("AED", 0)


def test_where_nothing_is_sent_nothing_is_ordered(shop: Tenant) -> None:
    market = a_market(shop, "korea")
    held = a_basket(shop, a_variant(shop, "physical", in_stock=1), market="korea", country="KR")
    with tenant_work(shop) as session:
        for rate in session.scalars(select(ShippingRate).where(ShippingRate.market_id == market.id)):
            rate.countries = ["JP"]
    quote = quoted(shop, held)
    assert (quote.needs_address, quote.ways, quote.way) == (True, [], None)
    with pytest.raises(NotSentThere):
        placed_by(shop, held, the_details(quote.total_micros, "KR"))


def test_ways_of_sending_are_free_from_a_sum_on(shop: Tenant) -> None:
    held = a_basket(shop, (a_variant(shop, "physical", price=40 * UNIT, in_stock=3), 2))
    quote = quoted(shop, held)
    assert [(way.name, way.price_micros) for way in quote.ways] == [("Standard", 0), ("Express", 13_800_000)]
    assert quote.shipping_micros == 0
    dear = quoted(shop, held, way=quote.ways[1].key)
    assert (dear.shipping_micros, dear.total_micros) == (13_800_000, 93_800_000)
    order = placed_by(shop, held, the_details(dear.total_micros, way=quote.ways[1].key))
    assert order.shipping["name"] == "Express"


def test_an_empty_basket_orders_nothing(shop: Tenant) -> None:
    with tenant_work(shop) as session:
        basket, token = baskets.start(session, a_market(shop), "en")
    with pytest.raises(BasketEmpty):
        placed_by(shop, Held(basket, token), the_details(0))


def test_an_ordered_basket_takes_nothing_more(shop: Tenant) -> None:
    variant = a_variant(shop)
    held = a_basket(shop, variant)
    placed_by(shop, held, the_details(10 * UNIT))
    with tenant_work(shop) as session:
        assert baskets.basket_of(session, held.token) is None
        basket = baskets.basket_of(session, held.token, even_ordered=True)
        assert basket is not None
        with pytest.raises(BasketGone):
            baskets.add(session, shop, basket, variant.id)


def test_a_rival_has_no_such_basket(shop: Tenant, rival: Tenant) -> None:
    held = a_basket(shop)
    a_market(rival)
    with tenant_read(rival) as session:
        assert baskets.basket_of(session, held.token) is None
        assert session.get(Basket, held.basket.id) is None
        assert session.scalar(select(func.count()).select_from(Order)) == 0


def test_the_last_one_is_not_sold_out_for_whoever_has_ordered_it(shop: Tenant) -> None:
    variant = a_variant(shop, "physical", in_stock=1)
    mine, yours = a_basket(shop, variant), a_basket(shop, variant)
    total = quoted(shop, mine).total_micros
    placed_by(shop, mine, the_details(total))
    assert [line.problem for line in quoted(shop, yours).lines] == ["sold_out"]
    with pytest.raises(SoldOut):
        placed_by(shop, yours, the_details(total))
    assert placed_by(shop, mine, the_details(total)).state == "placed"


def test_one_thing_in_two_lines_is_counted_together(shop: Tenant) -> None:
    record = a_variant(shop, "physical", in_stock=3)
    bundle = a_variant(shop, "bundle", parts=[(record.id, 2)])
    held = a_basket(shop, bundle, (record, 2))
    assert [(line.problem, line.left) for line in quoted(shop, held).lines] == [(None, None), ("only_n", 1)]
