"""What orders are made of, and how they end that nobody pays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.storefront.models import (
    Basket,
    Order,
    Payment,
    Stock,
    Variant,
)
from app.storefront.rules.products import NewVariant
from app.storefront.rules.refusals import (
    DetailsIncomplete,
    OrderUnfit,
)
from app.storefront.service import baskets, ordering, stock
from app.storefront.tasks import forget_baskets, lapse
from tests.factories.shop import (
    UNIT,
    Held,
    a_basket,
    a_product,
    a_variant,
    an_address,
    an_order,
    registered,
    the_details,
    variants_of,
)
from tests.storefront.placing import lines_of, placed_by, quoted, statements_of


def test_a_cancelled_order_gives_everything_back(shop: Tenant) -> None:
    variant = a_variant(shop, "physical", in_stock=2, most=2)
    held = a_basket(shop, (variant, 2))
    order = placed_by(shop, held, the_details(quoted(shop, held).total_micros))
    with tenant_work(shop) as session:
        assert stock.available(session, [variant.id])[variant.id] == 0
        for _ in range(2):
            ordering.cancel(session, shop, Actor.system(shop), session.get_one(Order, order.id), "changed my mind")
    with tenant_work(shop) as session:
        assert stock.available(session, [variant.id])[variant.id] == 2
        kept = session.get_one(Order, order.id)
        assert (kept.state, kept.why, kept.basket_id) == ("cancelled", "changed my mind", None)
    again = placed_by(shop, held, the_details(quoted(shop, held).total_micros))
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
    order = placed_by(shop, ordered, the_details(10 * UNIT))
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
    assert (quoted(shop, held).tax_micros, quoted(shop, held).total_micros) == (0, 12 * UNIT)


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
    quote = quoted(shop, held)
    assert (quote.needs_region, quote.tax_included, quote.tax_micros) == (True, False, 0)
    with pytest.raises(DetailsIncomplete) as refused:
        placed_by(shop, held, the_details(quote.total_micros, "US"))
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
    own, *parts = lines_of(shop, order)
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
    assert [line.cost_micros for line in lines_of(shop, an_order(shop, (variant, 2)))] == [8 * UNIT]
    sent = an_order(shop, variant, market="uk", country="GB", address=an_address("GB"))
    assert [line.cost_micros for line in lines_of(shop, sent)] == [3_440_000]


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
    asked = [statements_of(lambda held=each: quoted(shop, held, country="DE")) for each in (small, large)]
    assert asked[0] == asked[1] <= 13
    totals = [the_details(quoted(shop, held).total_micros) for held in (small, large)]
    placed = [
        statements_of(lambda held=held, said=said: placed_by(shop, held, said))
        for held, said in zip((small, large), totals, strict=True)
    ]
    assert placed[0] == placed[1] <= 25


def test_orders_are_numbered_one_after_the_other(shop: Tenant) -> None:
    first, second = an_order(shop), an_order(shop)
    assert second.number > first.number >= 1001


def test_variants_of_a_product_have_prices_of_their_own(shop: Tenant) -> None:
    sizes = [NewVariant(price_micros=price * UNIT, options={"size": name}) for name, price in (("S", 20), ("XL", 22))]
    product = a_product(shop, "physical", variants=sizes, in_stock=2)
    with tenant_read(shop) as session:
        small, large = variants_of(session, product)
    order = an_order(shop, small, large)
    assert [(line.variant, line.unit_micros) for line in lines_of(shop, order)] == [("S", 20 * UNIT), ("XL", 22 * UNIT)]
