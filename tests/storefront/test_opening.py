"""Music that was ordered early is delivered on its day: no sooner, once, and not where its money went back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from app.catalog.models import Release
from app.fans.service import erasing
from app.kernel import clock
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.storefront import tasks
from app.storefront.models import Basket, BasketLine, Fulfilment, Order, OrderLine, Owned, Product, Variant
from app.storefront.queries.orders import count_to_send
from app.storefront.rules.fan_refusals import ErasureMustWait
from app.storefront.service import opening, ordering, sending
from app.storefront.service.links import order_path
from app.storefront.service.quoting import quote
from app.storefront.service.refunding import RefundLine
from tests.api.held import held
from tests.factories.catalog import a_release
from tests.factories.fans import a_fan
from tests.factories.shop import UNIT, a_basket, a_variant, an_order, the_details
from tests.identity.post import forget_waiting, work
from tests.storefront.paid import give_back, lines_of, pay, the_order
from tests.storefront.placing import statements_of

DAY = (clock.now() + timedelta(days=30)).date()
EVE, LATER = (datetime.combine(DAY + timedelta(days=days), time(12), UTC) for days in (-1, 3))


def early(shop: Tenant, **said: Any) -> Variant:
    """Music that comes out on a day to come."""
    return a_variant(shop, release_id=a_release(shop, release_date=DAY.isoformat()), **said)


def sent_of(shop: Tenant, order: Order) -> list[Fulfilment]:
    with tenant_read(shop) as session:
        query = select(Fulfilment).where(Fulfilment.order_id == order.id)
        return list(session.scalars(query.order_by(Fulfilment.kind, Fulfilment.state)))


def states_of(shop: Tenant, order: Order) -> list[tuple[str, str]]:
    return [(each.kind, each.state) for each in sent_of(shop, order)]


def delivered(shop: Tenant, order: Order) -> list[tuple[Any, Any]]:
    """What was recorded of an order's deliveries."""
    with tenant_read(shop) as session:
        query = select(Activity).where(Activity.action == "order.delivered", Activity.subject_id == order.id)
        return [(row.before, row.after) for row in session.scalars(query.order_by(Activity.seq))]


def open_at(shop: Tenant, when: datetime) -> None:
    with clock.frozen_at(when), tenant_work(shop) as session:
        tasks.open_today(session, shop)


def test_a_pre_order_is_delivered_once_its_day_has_come_and_is_no_parcel_until_then(
    client_as: Any, client_of: Any, shop: Tenant
) -> None:
    order = pay(shop, an_order(shop, early(shop)))
    open_at(shop, EVE)
    (sent,) = sent_of(shop, order)
    assert (the_order(shop, order).state, sent.kind, sent.state) == ("paid", "digital", "open")
    assert (sent.shipped_at, sent.delivered_at) == (None, None)
    shown = client_as(shop).get(f"/portal/store/orders/{order.id}").text
    assert "Not out yet" in shown
    assert "To be packed" not in shown
    bought = client_of(f"{shop.slug}.localhost").get(order_path(shop, "en", order.id), headers={"accept": "text/html"})
    assert "Opens on" in bought.text
    assert "Being packed" not in bought.text
    api = held(client_of, shop)
    assert api("GET", f"/orders/{order.id}")["parcels"][0]["state"] == "open"
    assert api("GET", "/orders?waits=true")["items"] == []
    with tenant_read(shop) as session:
        assert count_to_send(session) == 0
    for _ in range(2):  # on the day itself nothing ran
        open_at(shop, LATER)
    (sent,) = sent_of(shop, order)
    assert (the_order(shop, order).state, sent.state) == ("delivered", "delivered")
    assert sent.shipped_at == sent.delivered_at == LATER
    assert delivered(shop, order) == [({"state": "paid"}, {"parcel": sent.number, "state": "delivered"})]


def test_a_gift_that_is_not_out_yet_is_delivered_on_its_day_too(shop: Tenant) -> None:
    basket_id = a_basket(shop, early(shop)).basket.id
    with tenant_work(shop) as session:
        session.execute(update(BasketLine).where(BasketLine.basket_id == basket_id).values(gift={"to": "b@fans.test"}))
    with tenant_work(shop) as session:
        basket = session.get_one(Basket, basket_id)
        total = quote(session, shop, basket, country="DE").total_micros
        order = ordering.place(session, shop, Actor.system(shop), basket, the_details(total))
    assert pay(shop, order).state == "paid"
    open_at(shop, LATER)
    assert the_order(shop, order).state == "delivered"


def test_a_shirt_is_sent_before_the_music_of_its_order_is_out(shop: Tenant) -> None:
    fan = a_fan(shop)
    shirt = a_variant(shop, "physical", in_stock=3)
    order = pay(shop, an_order(shop, shirt, a_variant(shop), early(shop), fan_id=fan.id, email=fan.email))
    assert states_of(shop, order) == [("digital", "delivered"), ("digital", "open"), ("parcel", "open")]
    assert order.state == "paid"
    with pytest.raises(ErasureMustWait), tenant_work(shop) as session:
        erasing.erase(session, shop, fan)
    parcel, actor = sent_of(shop, order)[2], Actor.system(shop)
    with tenant_work(shop) as session:
        whole, sent = session.get_one(Order, order.id), session.get_one(Fulfilment, parcel.id)
        sending.ship(session, shop, actor, whole, sent, sending.Parcel("dhl"))
        assert whole.state == "in_fulfilment"
        sending.deliver(session, actor, whole, sent)
        assert whole.state == "in_fulfilment"
        erasing.erase(session, shop, fan)  # nothing needs an address any more
    open_at(shop, LATER)
    assert the_order(shop, order).state == "delivered"


def test_music_whose_money_went_back_is_not_delivered_and_the_rest_of_its_order_is(shop: Tenant) -> None:
    order = pay(shop, an_order(shop, a_variant(shop), early(shop), early(shop)))
    _, first, second = lines_of(shop, order)
    give_back(shop, order, [RefundLine(first.id, 1)])
    assert states_of(shop, order) == [("digital", "cancelled"), ("digital", "delivered"), ("digital", "open")]
    give_back(shop, order, [RefundLine(second.id, 1)])
    assert the_order(shop, order).state == "delivered"
    whole = pay(shop, an_order(shop, early(shop)))
    give_back(shop, whole)
    part = pay(shop, an_order(shop, early(shop, price=9 * UNIT)))
    give_back(shop, part, [RefundLine(lines_of(shop, part)[0].id, micros=UNIT)])
    open_at(shop, LATER)
    assert states_of(shop, order) == [("digital", "cancelled"), ("digital", "cancelled"), ("digital", "delivered")]
    assert (the_order(shop, whole).state, states_of(shop, whole)) == ("refunded", [("digital", "cancelled")])
    assert (the_order(shop, part).state, states_of(shop, part)) == ("delivered", [("digital", "delivered")])
    assert delivered(shop, order) == delivered(shop, whole) == []


def test_many_pre_orders_open_in_as_few_statements_as_one_and_go_on_where_they_are_too_many(
    shop: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(orders: int) -> int:
        made = [pay(shop, an_order(shop, early(shop), a_variant(shop))) for _ in range(orders)]
        sent = statements_of(lambda: open_at(shop, LATER))
        assert {the_order(shop, order).state for order in made} == {"delivered"}
        return sent

    assert opened(3) == opened(1)
    made = [pay(shop, an_order(shop, early(shop))) for _ in range(2)]
    monkeypatch.setattr(opening, "AT_ONCE", 1)
    with clock.frozen_at(LATER), tenant_work(shop) as session:
        assert opening.open_today(session, shop)
    assert [the_order(shop, order).state for order in made] == ["delivered", "paid"]


def opens(shop: Tenant, order: Order) -> list[date]:
    with tenant_read(shop) as session:
        query = select(Owned.opens_at).where(Owned.order_id == order.id).order_by(Owned.opens_at)
        return [each.astimezone(ZoneInfo(shop.time_zone)).date() for each in session.scalars(query)]


def release_of(shop: Tenant, variant: Variant, day: str) -> None:
    """The catalogue says another day."""
    with tenant_work(shop) as session:
        product = session.get_one(Product, variant.product_id)
        session.get_one(Release, product.release_id).release_date = day


def follow(shop: Tenant) -> None:
    with tenant_work(shop) as session:
        tasks.follow_days(session, shop)


def test_music_that_is_put_off_stays_shut_until_its_new_day_and_what_is_open_stays_open(shop: Tenant) -> None:
    variant = early(shop)
    before, out = pay(shop, an_order(shop, variant)), pay(shop, an_order(shop, a_variant(shop)))
    assert opens(shop, before) == [DAY]
    release_of(shop, variant, (DAY + timedelta(days=60)).isoformat())
    follow(shop)
    assert opens(shop, before) == [DAY + timedelta(days=60)]
    open_at(shop, LATER)
    assert [the_order(shop, each).state for each in (before, out)] == ["paid", "delivered"]
    assert opens(shop, out) == [clock.day_in(shop.time_zone)]
    release_of(shop, variant, "2099")
    follow(shop)
    assert opens(shop, before) == [clock.day_in(shop.time_zone)], "a year says no day: as when it is bought"


def test_the_day_of_a_product_moves_what_was_bought_of_it_and_of_nothing_else(client_of: Any, shop: Tenant) -> None:
    variant, shirt, other = early(shop), a_variant(shop, "physical", in_stock=3), early(shop)
    api = held(client_of, shop)

    def put_off(of: Variant, day: date) -> None:
        forget_waiting()
        api.changes(f"/products/{of.product_id}", {"ships_on": day.isoformat()})
        work()

    put_off(shirt, DAY)
    order = pay(shop, an_order(shop, variant, shirt, other))
    today, later = clock.day_in(shop.time_zone), DAY + timedelta(days=9)
    put_off(shirt, later)
    put_off(variant, later)
    assert opens(shop, order) == [DAY, later]
    put_off(variant, today)
    assert opens(shop, order) == [today, DAY]
    with tenant_read(shop) as session:
        days = select(OrderLine.product_id, OrderLine.ships_on).where(OrderLine.order_id == order.id)
        sent = dict(session.execute(days).all())
    assert sent == {shirt.product_id: later, variant.product_id: None, other.product_id: None}
    put_off(variant, later)
    assert opens(shop, order) == [today, DAY], "what has come out is not taken away again"
