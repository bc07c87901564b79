"""From a basket to an order: at the price that was shown, once, and never what cannot be sold."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select

from app.catalog.models import Recording, Release, Track
from app.kernel import clock, db
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.storefront.models import (
    Basket,
    Market,
    Order,
    OrderLine,
    Payment,
    Product,
    ShippingRate,
    Stock,
    StoreSettings,
    Variant,
)
from app.storefront.rules.details import Details
from app.storefront.rules.products import NewVariant
from app.storefront.rules.quotes import Quote
from app.storefront.rules.refusals import (
    BasketEmpty,
    BasketGone,
    CountryElsewhere,
    DetailsIncomplete,
    MarketClosed,
    NotSentThere,
    NotSoldHere,
    OrderUnfit,
    PriceChanged,
    SoldOut,
)
from app.storefront.service import baskets, ordering, products, quoting, stock
from app.storefront.tasks import forget_baskets, lapse
from tests.factories.catalog import a_release
from tests.factories.shop import (
    UNIT,
    Held,
    a_basket,
    a_market,
    a_product,
    a_variant,
    an_address,
    an_order,
    registered,
    the_details,
    variants_of,
)


def _quote(tenant: Tenant, held: Held, **asked: Any) -> Quote:
    with tenant_read(tenant) as session:
        return quoting.quote(session, tenant, session.get_one(Basket, held.basket.id), **asked)


def _place(tenant: Tenant, held: Held, details: Details) -> Order:
    with tenant_work(tenant) as session:
        return ordering.place(session, tenant, Actor.system(tenant), session.get_one(Basket, held.basket.id), details)


def _lines(tenant: Tenant, order: Order) -> list[OrderLine]:
    with tenant_read(tenant) as session:
        query = select(OrderLine).where(OrderLine.order_id == order.id)
        return list(session.scalars(query.order_by(OrderLine.position)))


def test_an_order_keeps_what_the_quote_said(shop: Tenant) -> None:
    shirt = a_variant(shop, "physical", price=25 * UNIT, in_stock=4)
    held = a_basket(shop, (shirt, 2), a_variant(shop, price=9 * UNIT))
    said = _quote(shop, held)
    order = _place(shop, held, the_details(said.total_micros))
    assert (order.items_micros, order.shipping_micros, order.tax_micros, order.total_micros) == (
        said.items_micros, said.shipping_micros, said.tax_micros, said.total_micros,
    )  # fmt: skip
    assert order.total_micros == 59 * UNIT + 6_900_000
    assert [each["rate_ppm"] for each in order.taxes] == [190_000]
    lines = _lines(shop, order)
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
    first = _place(shop, held, the_details(10 * UNIT))
    again = _place(shop, held, the_details(99 * UNIT))
    assert first.id == again.id


def test_two_devices_at_once_place_one_order(shop: Tenant) -> None:
    variant = a_variant(shop, "physical", in_stock=5)
    held = a_basket(shop, variant)
    details = the_details(_quote(shop, held).total_micros)
    start, placed = threading.Barrier(4), []

    def order() -> None:
        start.wait()
        placed.append(_place(shop, held, details).id)

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
    shown = _quote(shop, held).total_micros
    with tenant_work(shop) as session:
        session.get_one(Variant, variant.id).price_micros = 12 * UNIT
    with pytest.raises(PriceChanged, match=r"€12\.00") as refused:
        _place(shop, held, the_details(shown))
    assert (refused.value.total_micros, refused.value.currency) == (12 * UNIT, "EUR")
    assert _place(shop, held, the_details(refused.value.total_micros)).total_micros == 12 * UNIT


def test_what_a_browser_says_of_prices_counts_for_nothing(shop: Tenant) -> None:
    with pytest.raises(PriceChanged):
        _place(shop, a_basket(shop), the_details(1))


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
            _place(shop, held, the_details(10 * UNIT))
    finally:
        turn(is_open=True)
    assert _place(shop, held, the_details(10 * UNIT)).state == "placed"


def test_a_country_of_another_market_has_other_prices(shop: Tenant) -> None:
    with pytest.raises(CountryElsewhere):
        _place(shop, a_basket(shop), the_details(10 * UNIT, "JP"))


def test_a_variant_that_is_not_sold_any_more_is_not_ordered(shop: Tenant) -> None:
    variant = a_variant(shop)
    held = a_basket(shop, variant)
    with tenant_work(shop) as session:
        products.archive(session, Actor.system(shop), session.get_one(Product, variant.product_id))
    assert [line.problem for line in _quote(shop, held).lines] == ["not_here"]
    assert _quote(shop, held).total_micros == 0
    with pytest.raises(NotSoldHere):
        _place(shop, held, the_details(10 * UNIT))
    with pytest.raises(NotSoldHere):
        a_basket(shop, variant)


def test_music_is_sold_where_its_release_may_be(shop: Tenant) -> None:
    release = a_release(shop, territories=["DE", "AT"])
    variant = a_variant(shop, release_id=release)
    an_order(shop, variant, country="AT")
    held = a_basket(shop, variant)
    assert [line.problem for line in _quote(shop, held, country="FR").lines] == ["not_here"]
    with pytest.raises(NotSoldHere):
        _place(shop, held, the_details(10 * UNIT, "FR"))
    record = a_variant(shop, "physical", release_id=release, in_stock=1)
    an_order(shop, record, country="FR")  # a record is a thing, and goes anywhere


def test_music_is_not_sold_where_its_release_is_left_out(shop: Tenant) -> None:
    variant = a_variant(shop, release_id=a_release(shop, excluded_territories=["FR"]))
    bundle = a_variant(shop, "bundle", parts=[(variant.id, 1)])
    for each in (variant, bundle):
        held = a_basket(shop, each)
        assert [line.problem for line in _quote(shop, held, country="FR").lines] == ["not_here"]
        assert [line.problem for line in _quote(shop, held, country="DE").lines] == [None]


def test_a_recording_is_sold_where_one_of_its_releases_may_be(shop: Tenant) -> None:
    release = a_release(shop, tracks=1, territories=["DE"])
    with tenant_read(shop) as session:
        recording = session.scalars(
            select(Recording.id).join(Track, Track.recording_id == Recording.id).where(Track.release_id == release)
        ).one()
        assert session.get_one(Release, release).territories == ["DE"]
    held = a_basket(shop, a_variant(shop, recording_id=recording, price=UNIT))
    assert [line.problem for line in _quote(shop, held, country="FR").lines] == ["not_here"]
    assert [line.problem for line in _quote(shop, held, country="DE").lines] == [None]


def test_what_goes_on_sale_later_is_not_ordered_before(shop: Tenant) -> None:
    variant = a_variant(shop)
    held = a_basket(shop, variant)
    with tenant_work(shop) as session:
        session.get_one(Product, variant.product_id).on_sale_from = clock.now() + timedelta(days=1)
    with pytest.raises(NotSoldHere):
        _place(shop, held, the_details(10 * UNIT))


def test_a_pre_order_says_when_it_ships(shop: Tenant) -> None:
    day = clock.now().date() + timedelta(days=30)
    variant = a_variant(shop, "physical", ships_on=day, in_stock=3)
    held = a_basket(shop, variant)
    assert _quote(shop, held).lines[0].ships_on == day.isoformat()
    order = _place(shop, held, the_details(_quote(shop, held).total_micros))
    assert [line.ships_on for line in _lines(shop, order)] == [day]
    with clock.frozen_at(clock.now() + timedelta(days=31)):
        assert _quote(shop, a_basket(shop, variant)).lines[0].ships_on is None


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
        _place(shop, held, the_details(_quote(shop, held).total_micros, **said))
    assert set(refused.value.fields) == {field}


def test_where_addresses_have_no_postcode_none_is_asked_for(shop: Tenant) -> None:
    order = an_order(
        shop, a_variant(shop, "physical", in_stock=1), market="emirates", country="AE",
        address=an_address("AE", city="Dubai", postcode=""),
    )  # fmt: skip
    assert (order.currency, order.tax_micros) == ("AED", 0)


def test_where_nothing_is_sent_nothing_is_ordered(shop: Tenant) -> None:
    market = a_market(shop, "korea")
    held = a_basket(shop, a_variant(shop, "physical", in_stock=1), market="korea", country="KR")
    with tenant_work(shop) as session:
        for rate in session.scalars(select(ShippingRate).where(ShippingRate.market_id == market.id)):
            rate.countries = ["JP"]
    quote = _quote(shop, held)
    assert (quote.needs_address, quote.ways, quote.way) == (True, [], None)
    with pytest.raises(NotSentThere):
        _place(shop, held, the_details(quote.total_micros, "KR", address=an_address("KR")))


def test_ways_of_sending_are_free_from_a_sum_on(shop: Tenant) -> None:
    held = a_basket(shop, (a_variant(shop, "physical", price=40 * UNIT, in_stock=3), 2))
    quote = _quote(shop, held)
    assert [(way.name, way.price_micros) for way in quote.ways] == [("Standard", 0), ("Express", 13_800_000)]
    assert quote.shipping_micros == 0
    dear = _quote(shop, held, way=quote.ways[1].key)
    assert (dear.shipping_micros, dear.total_micros) == (13_800_000, 93_800_000)
    order = _place(shop, held, the_details(dear.total_micros, way=quote.ways[1].key))
    assert order.shipping["name"] == "Express"


def test_an_empty_basket_orders_nothing(shop: Tenant) -> None:
    with tenant_work(shop) as session:
        basket, token = baskets.start(session, a_market(shop), "en")
    with pytest.raises(BasketEmpty):
        _place(shop, Held(basket, token), the_details(0))


def test_an_ordered_basket_takes_nothing_more(shop: Tenant) -> None:
    variant = a_variant(shop)
    held = a_basket(shop, variant)
    _place(shop, held, the_details(10 * UNIT))
    with tenant_work(shop) as session:
        assert baskets.basket_of(session, held.token) is None
        basket = baskets.basket_of(session, held.token, even_ordered=True)
        assert basket is not None
        with pytest.raises(BasketGone):
            baskets.add(session, shop, basket, variant.id)


def test_a_cancelled_order_gives_everything_back(shop: Tenant) -> None:
    variant = a_variant(shop, "physical", in_stock=2, most=2)
    held = a_basket(shop, (variant, 2))
    order = _place(shop, held, the_details(_quote(shop, held).total_micros))
    with tenant_work(shop) as session:
        assert stock.available(session, [variant.id])[variant.id] == 0
        for _ in range(2):
            ordering.cancel(session, shop, Actor.system(shop), session.get_one(Order, order.id), "changed my mind")
    with tenant_work(shop) as session:
        assert stock.available(session, [variant.id])[variant.id] == 2
        kept = session.get_one(Order, order.id)
        assert (kept.state, kept.why, kept.basket_id) == ("cancelled", "changed my mind", None)
    again = _place(shop, held, the_details(_quote(shop, held).total_micros))
    assert again.id != order.id


def test_what_was_paid_is_not_cancelled(shop: Tenant) -> None:
    order = an_order(shop, paid=True)
    with tenant_work(shop) as session, pytest.raises(OrderUnfit):
        ordering.cancel(session, shop, Actor.system(shop), session.get_one(Order, order.id), "no")


def test_unpaid_orders_lapse_unless_a_bank_is_still_at_it(shop: Tenant) -> None:
    variant = a_variant(shop, "physical", in_stock=5)
    lapsing, acting, paid = (an_order(shop, variant, paid=is_paid) for is_paid in (False, False, True))
    now = clock.now()
    with tenant_work(shop) as session:
        payment = Payment(
            id=acting.id, order_id=acting.id, gateway="sandbox", state="acting", currency="EUR",
            amount_micros=acting.total_micros, started_at=now,
        )  # fmt: skip
        session.add(payment)
    with clock.frozen_at(now + ordering.UNPAID_FOR - timedelta(minutes=1)), tenant_work(shop) as session:
        lapse(session, shop)
    assert _states(shop, lapsing, acting, paid) == ["placed", "placed", "paid"]
    with clock.frozen_at(now + ordering.UNPAID_FOR + timedelta(minutes=1)), tenant_work(shop) as session:
        lapse(session, shop)
    assert _states(shop, lapsing, acting, paid) == ["cancelled", "placed", "paid"]
    with tenant_read(shop) as session:
        assert session.scalars(select(Stock.reserved).where(Stock.variant_id == variant.id)).one() == 1


def _states(tenant: Tenant, *orders: Order) -> list[str]:
    with tenant_read(tenant) as session:
        return [session.get_one(Order, order.id).state for order in orders]


def test_old_baskets_are_forgotten_and_their_orders_stay(shop: Tenant) -> None:
    ordered, left, fresh = a_basket(shop), a_basket(shop), a_basket(shop)
    order = _place(shop, ordered, the_details(10 * UNIT))
    with clock.frozen_at(clock.now() + timedelta(days=baskets.KEPT_DAYS + 1)), tenant_work(shop) as session:
        baskets.touch(session, session.get_one(Basket, fresh.basket.id))
        forget_baskets(session, shop)
    with tenant_read(shop) as session:
        there = {
            held.token: baskets.basket_of(session, held.token, even_ordered=True) for held in (ordered, left, fresh)
        }
        assert [key for key, basket in there.items() if basket] == [fresh.token]
        assert session.get_one(Order, order.id).basket_id is None


def test_taxes_go_with_the_buyers_country(shop: Tenant) -> None:
    registered(shop, "oss", "DE")
    variant = a_variant(shop, price=12 * UNIT)
    assert an_order(shop, variant, country="FR").tax_micros == 2 * UNIT
    held = a_basket(shop, variant, market="world", country="NO")
    assert (_quote(shop, held).tax_micros, _quote(shop, held).total_micros) == (0, 12 * UNIT)


def test_yen_have_no_decimals_and_dinars_three(shop: Tenant) -> None:
    registered(shop, "domestic", "JP")
    variant = a_variant(shop, price=9 * UNIT)
    yen = an_order(shop, variant, market="japan", country="JP")
    assert (yen.currency, yen.total_micros, yen.tax_micros) == ("JPY", 1_500 * UNIT, 136 * UNIT)
    dinars = an_order(shop, variant, market="kuwait", country="KW")
    assert (dinars.currency, dinars.total_micros % 1_000) == ("KWD", 0)
    assert dinars.total_micros == 3_000_000


def test_states_add_their_tax_to_the_price(shop: Tenant) -> None:
    registered(shop, "state", "US", "TX")
    record = a_variant(shop, "physical", price=20 * UNIT, in_stock=9)
    held = a_basket(shop, record, market="us", country="US")
    quote = _quote(shop, held)
    assert (quote.needs_region, quote.tax_included, quote.tax_micros) == (True, False, 0)
    with pytest.raises(DetailsIncomplete) as refused:
        _place(shop, held, the_details(quote.total_micros, "US"))
    assert "region" in refused.value.fields
    order = an_order(shop, record, market="us", country="US", region="TX")
    before_tax = order.items_micros + order.shipping_micros
    assert order.total_micros == before_tax + order.tax_micros
    assert order.tax_micros == pytest.approx(before_tax * 0.0625, abs=10_000)
    assert an_order(shop, record, market="us", country="US", region="CA").tax_micros == 0


def test_a_bundle_is_ordered_as_its_parts_under_its_own_line(shop: Tenant) -> None:
    record, music = a_variant(shop, "physical", price=24 * UNIT, in_stock=5), a_variant(shop, price=8 * UNIT)
    bundle = a_variant(shop, "bundle", parts=[(record.id, 1), (music.id, 1)], price=28 * UNIT)
    order = an_order(shop, (bundle, 2))
    own, *parts = _lines(shop, order)
    assert (own.kind, own.quantity, own.unit_micros, own.amount_micros) == ("bundle", 2, 28 * UNIT, 0)
    assert {part.bundle_id for part in parts} == {own.id}
    assert [part.amount_micros for part in parts] == [42 * UNIT, 14 * UNIT]
    assert sum(part.amount_micros for part in parts) == order.items_micros
    with tenant_read(shop) as session:
        assert session.scalars(select(Stock.reserved).where(Stock.variant_id == record.id)).one() == 2


def test_what_making_costs_is_kept_in_the_orders_currency(shop: Tenant) -> None:
    variant = a_variant(shop, "physical", in_stock=5)
    with tenant_work(shop) as session:
        session.get_one(Variant, variant.id).cost_micros = 4 * UNIT
    assert [line.cost_micros for line in _lines(shop, an_order(shop, (variant, 2)))] == [8 * UNIT]
    sent = an_order(shop, variant, market="uk", country="GB", address=an_address("GB"))
    assert [line.cost_micros for line in _lines(shop, sent)] == [3_440_000]


def test_a_free_download_is_ordered_for_nothing(shop: Tenant) -> None:
    order = an_order(shop, a_variant(shop, price=0))
    assert (order.total_micros, order.tax_micros) == (0, 0)


def test_a_large_basket_asks_the_database_no_more_than_a_small_one(shop: Tenant) -> None:
    def mixed(count: int) -> Held:
        record = a_variant(shop, "physical", in_stock=99)
        bundles = [a_variant(shop, "bundle", parts=[(record.id, 1)]) for _ in range(count)]
        things = [a_variant(shop, "physical", in_stock=9) for _ in range(count)]
        return a_basket(shop, record, *bundles, *things, *[a_variant(shop) for _ in range(count)])

    small, large = mixed(1), mixed(6)
    asked = [_asked(lambda held=each: _quote(shop, held, country="DE")) for each in (small, large)]
    assert asked[0] == asked[1] <= 13
    totals = [the_details(_quote(shop, held).total_micros) for held in (small, large)]
    placed = [
        _asked(lambda held=held, said=said: _place(shop, held, said))
        for held, said in zip((small, large), totals, strict=True)
    ]
    assert placed[0] == placed[1] <= 25


def _asked(work: Callable[[], object]) -> int:
    """How many statements a piece of work sends."""
    sent: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    engine = db.current().engine("home")
    event.listen(engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(sent)


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
    total = _quote(shop, mine).total_micros
    _place(shop, mine, the_details(total))
    assert [line.problem for line in _quote(shop, yours).lines] == ["sold_out"]
    with pytest.raises(SoldOut):
        _place(shop, yours, the_details(total))
    assert _place(shop, mine, the_details(total)).state == "placed"


def test_one_thing_in_two_lines_is_counted_together(shop: Tenant) -> None:
    record = a_variant(shop, "physical", in_stock=3)
    bundle = a_variant(shop, "bundle", parts=[(record.id, 2)])
    held = a_basket(shop, bundle, (record, 2))
    assert [(line.problem, line.left) for line in _quote(shop, held).lines] == [(None, None), ("only_n", 1)]


def test_orders_are_numbered_one_after_the_other(shop: Tenant) -> None:
    first, second = an_order(shop), an_order(shop)
    assert second.number > first.number >= 1001


def test_variants_of_a_product_have_prices_of_their_own(shop: Tenant) -> None:
    sizes = [NewVariant(price_micros=price * UNIT, options={"size": name}) for name, price in (("S", 20), ("XL", 22))]
    product = a_product(shop, "physical", variants=sizes, in_stock=2)
    with tenant_read(shop) as session:
        small, large = variants_of(session, product)
    order = an_order(shop, small, large)
    assert [(line.variant, line.unit_micros) for line in _lines(shop, order)] == [("S", 20 * UNIT), ("XL", 22 * UNIT)]
