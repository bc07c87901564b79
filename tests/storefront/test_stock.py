"""Nothing is sold twice, whoever is how quick."""

from __future__ import annotations

import threading
from collections import Counter
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select

from app.kernel import clock, ids
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Busy, Unavailable
from app.kernel.tenant import Tenant
from app.storefront.models import (
    Basket,
    BasketLine,
    Order,
    OrderLine,
    Product,
    Stock,
    StockLocation,
    StockMove,
    Variant,
)
from app.storefront.rules.refusals import OnlySoMany, ProductUnknown, SoldOut, StockUnusable
from app.storefront.service import arranging, ordering, stock
from tests.factories.shop import (
    UNIT,
    a_basket,
    a_market,
    a_place,
    a_product,
    a_variant,
    an_order,
    the_details,
    variants_of,
)

BUYERS = 200


def _baskets(tenant: Tenant, variant: Variant, count: int) -> list[UUID]:
    """So many baskets with one of a variant each."""
    market, now = a_market(tenant), clock.now()
    keys = [ids.new_id() for _ in range(count)]
    fixed = {
        "market_id": market.id,
        "language": "en",
        "country": "DE",
        "codes": [],
        "created_at": now,
        "touched_at": now,
    }
    with tenant_work(tenant) as session:
        session.execute(insert(Basket), [{"id": key, "token_hash": key.bytes, **fixed} for key in keys])
        line = {"variant_id": variant.id, "quantity": 1, "added_at": now}
        session.execute(insert(BasketLine), [{"id": ids.new_id(), "basket_id": key, **line} for key in keys])
    return keys


def _at_once(tenant: Tenant, baskets: list[UUID], total: int) -> Counter[str]:
    """What came of it when everybody ordered in the same moment."""
    start, outcomes, lock = threading.Barrier(len(baskets)), Counter[str](), threading.Lock()

    def order(key: UUID) -> None:
        start.wait()
        while True:
            try:
                with tenant_work(tenant) as session:
                    basket = session.get_one(Basket, key)
                    ordering.place(session, tenant, Actor.system(tenant), basket, the_details(total))
                came = "ordered"
            except (Busy, Unavailable):
                continue  # as whoever is told to try again in a moment does
            except Exception as problem:  # noqa: BLE001 what went wrong is what is counted
                came = type(problem).__name__
            with lock:
                outcomes[came] += 1
            return

    threads = [threading.Thread(target=order, args=[key]) for key in baskets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def _there(tenant: Tenant, variant: Variant) -> tuple[int, int]:
    with tenant_read(tenant) as session:
        row = session.execute(
            select(func.sum(Stock.on_hand), func.sum(Stock.reserved)).where(Stock.variant_id == variant.id)
        ).one()
        return int(row[0]), int(row[1])


@pytest.mark.slow
def test_two_hundred_buyers_of_the_last_one_buy_one(shop: Tenant) -> None:
    variant = a_variant(shop, "physical", price=20 * UNIT, in_stock=1)
    total = int(an_order_total(shop, variant))
    assert _at_once(shop, _baskets(shop, variant, BUYERS), total) == {"ordered": 1, "SoldOut": BUYERS - 1}
    assert _there(shop, variant) == (1, 1)


@pytest.mark.slow
def test_two_hundred_buyers_of_a_limited_edition_buy_what_there_is_of_it(shop: Tenant) -> None:
    variant = a_variant(shop, "digital", price=20 * UNIT, most=7)
    assert _at_once(shop, _baskets(shop, variant, BUYERS), 20 * UNIT) == {"ordered": 7, "SoldOut": BUYERS - 7}
    with tenant_read(shop) as session:
        assert session.get_one(Product, variant.product_id).sold == 7
        sold = select(func.sum(OrderLine.quantity)).where(OrderLine.product_id == variant.product_id)
        assert session.scalar(sold) == 7


def an_order_total(tenant: Tenant, variant: Variant) -> int:
    """What one of it costs, sent home."""
    from app.storefront.service.quoting import quote

    held = a_basket(tenant, variant)
    with tenant_read(tenant) as session:
        return quote(session, tenant, session.get_one(Basket, held.basket.id), country="DE").total_micros


def test_what_is_ordered_is_set_aside_and_what_is_paid_is_taken(shop: Tenant) -> None:
    variant = a_variant(shop, "physical", in_stock=5)
    an_order(shop, (variant, 2))
    assert _there(shop, variant) == (5, 2)
    an_order(shop, (variant, 1), paid=True)
    assert _there(shop, variant) == (4, 2)
    with tenant_read(shop) as session:
        assert stock.available(session, [variant.id]) == {variant.id: 2}
        moves = select(func.sum(StockMove.quantity)).where(StockMove.variant_id == variant.id)
        assert session.scalar(moves) == 4, "moves add up to what is on hand"


def test_what_does_not_lie_anywhere_never_ends(shop: Tenant) -> None:
    variant = a_variant(shop)
    an_order(shop, (variant, 50))
    with tenant_read(shop) as session:
        assert stock.available(session, [variant.id]) == {variant.id: None}


def test_a_bundle_ends_with_the_first_of_its_parts(shop: Tenant) -> None:
    record, bag = a_variant(shop, "physical", in_stock=7), a_variant(shop, "physical", in_stock=2)
    bundle = a_variant(shop, "bundle", parts=[(record.id, 3), (bag.id, 1)], price=50 * UNIT)
    with tenant_read(shop) as session:
        assert stock.available(session, [bundle.id, bag.id]) == {bundle.id: 2, bag.id: 2}
    an_order(shop, bundle, bag)
    with tenant_read(shop) as session:
        assert stock.available(session, [bundle.id, record.id]) == {bundle.id: 0, record.id: 4}
    with pytest.raises(SoldOut):
        a_basket(shop, bundle)


def test_what_lies_at_two_places_is_taken_from_one_where_that_is_enough(shop: Tenant) -> None:
    actor = Actor.system(shop)
    variant = a_variant(shop, "physical", in_stock=2)
    with tenant_work(shop) as session:
        first = a_place(session).id
        second = arranging.add_location(session, actor, name="Upstairs", country="DE").id
        stock.move(session, actor, variant.id, second, 3, "counted")
    whole = an_order(shop, (variant, 3))
    split = an_order(shop, (variant, 2), paid=True)
    assert _places(shop, whole) == {second: 3}
    assert _places(shop, split) == {first: 2}


def test_what_no_place_has_alone_is_ordered_in_two_lines_that_add_up(shop: Tenant) -> None:
    actor = Actor.system(shop)
    variant = a_variant(shop, "physical", price=9_990_000, in_stock=2)
    with tenant_work(shop) as session:
        cellar = arranging.add_location(session, actor, name="Cellar", country="DE").id
        stock.move(session, actor, variant.id, cellar, 3, "counted")
    order = an_order(shop, (variant, 5))
    assert sorted(_places(shop, order).values()) == [2, 3]
    with tenant_read(shop) as session:
        lines = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).all()
        assert sum(line.amount_micros for line in lines) == order.items_micros == 5 * 9_990_000
        assert sum(line.tax_micros for line in lines) == order.tax_micros - order.shipping_tax_micros


def _places(tenant: Tenant, order: Order) -> dict[UUID, int]:
    with tenant_read(tenant) as session:
        query = select(OrderLine.location_id, OrderLine.quantity).where(OrderLine.order_id == order.id)
        return {location: quantity for location, quantity in session.execute(query) if location}


def test_what_lies_where_nothing_is_sent_from_cannot_be_had(shop: Tenant) -> None:
    variant = a_variant(shop, "physical")
    actor = Actor.system(shop)
    with tenant_work(shop) as session:
        attic = arranging.add_location(session, actor, name="Attic", country="DE")
        stock.move(session, actor, variant.id, attic.id, 3, "counted")
        session.get_one(StockLocation, attic.id).is_active = False
    with tenant_read(shop) as session:
        assert stock.available(session, [variant.id]) == {variant.id: 0}


def test_the_label_is_told_once_that_few_are_left(shop: Tenant) -> None:
    variant = a_variant(shop, "physical", in_stock=5)
    actor = Actor.system(shop)
    with tenant_work(shop) as session:
        place = a_place(session).id
        row = session.get_one(Stock, (variant.id, place))
        stock.set_low(session, row, 3)
    an_order(shop, (variant, 1), paid=True)
    assert _told(shop, variant) == 0
    for _ in range(2):
        an_order(shop, (variant, 1), paid=True)
    assert _told(shop, variant) == 1, "not again for every one less"
    with tenant_work(shop) as session:
        stock.move(session, actor, variant.id, place, 5, "counted")
        stock.move(session, actor, variant.id, place, -5, "lost")
    assert _told(shop, variant) == 2, "again after there were more"


def _told(tenant: Tenant, variant: Variant) -> int:
    with tenant_read(tenant) as session:
        told = select(func.count()).where(Activity.action == "stock.low", Activity.subject_id == variant.id)
        return session.scalar(told) or 0


def test_what_is_spoken_for_cannot_be_taken_away(shop: Tenant) -> None:
    variant = a_variant(shop, "physical", in_stock=3)
    an_order(shop, (variant, 2))
    with tenant_work(shop) as session, pytest.raises(StockUnusable):
        stock.move(session, Actor.system(shop), variant.id, a_place(session).id, -2, "lost")


def test_more_than_there_are_is_refused_with_how_many_there_are(shop: Tenant) -> None:
    variant = a_variant(shop, "physical", in_stock=3)
    with pytest.raises(OnlySoMany, match="only 3 are left"):
        a_basket(shop, (variant, 4))


def test_a_rival_moves_nothing(shop: Tenant, rival: Tenant) -> None:
    variant = a_variant(shop, "physical", in_stock=3)
    a_variant(rival, "physical", in_stock=1)
    with tenant_work(rival) as session, pytest.raises(ProductUnknown):
        stock.move(session, Actor.system(rival), variant.id, a_place(session).id, 5, "stolen")
    with tenant_read(rival) as session:
        assert stock.available(session, [variant.id]) == {}


def test_everything_counted_adds_up(shop: Tenant) -> None:
    product = a_product(shop, "physical", in_stock=4)
    with tenant_read(shop) as session:
        moved = select(StockMove.variant_id, func.sum(StockMove.quantity)).group_by(StockMove.variant_id)
        lies = select(Stock.variant_id, func.sum(Stock.on_hand)).group_by(Stock.variant_id)
        assert dict(session.execute(moved).all()) == dict(session.execute(lies).all())
        assert len(variants_of(session, product)) == 1
