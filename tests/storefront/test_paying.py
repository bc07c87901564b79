"""Orders are paid once, whatever happens on the way, and everything that follows happens with it or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.ledger.rules import Kind
from app.settings import Settings
from app.storefront.models import Fulfilment, Order, Owned, Payment, Stock, StoreEvent
from app.storefront.rules.payment_refusals import MethodMissing
from app.storefront.service import hearing, ordering, paying, reconciling
from tests.factories.labels import a_label
from tests.factories.shop import UNIT, a_market, a_variant, an_order
from tests.storefront.paid import (
    BACK,
    DECLINED,
    GOOD,
    LATER,
    NEVER,
    POOR,
    PROVES,
    SILENT,
    accounts,
    check_money,
    later,
    move,
    pay,
    pay_with,
    payments_of,
    refunds_of,
    sales_of,
    start,
    the_order,
    token_of,
    told,
)


def test_a_digital_order_is_paid_and_delivered_at_once(shop: Tenant) -> None:
    order = pay(shop, an_order(shop))
    assert order.state == "delivered"
    (payment,) = payments_of(shop, order)
    assert (payment.state, payment.method) == ("paid", "card •••• 4242")
    with tenant_read(shop) as session:
        (owned,) = session.scalars(select(Owned).where(Owned.order_id == order.id))
        (sent,) = session.scalars(select(Fulfilment).where(Fulfilment.order_id == order.id))
    assert owned.opens_at <= clock.now()
    assert (sent.kind, sent.state) == ("digital", "delivered")
    check_money(shop)


def test_a_parcel_waits_to_be_packed_and_its_stock_has_left_the_shelf(shop: Tenant) -> None:
    shirt = a_variant(shop, "physical", in_stock=3)
    order = pay(shop, an_order(shop, (shirt, 2)))
    assert order.state == "paid"
    with tenant_read(shop) as session:
        stock = session.scalars(select(Stock).where(Stock.variant_id == shirt.id)).one()
        sent = session.scalars(select(Fulfilment).where(Fulfilment.order_id == order.id)).one()
    assert (stock.on_hand, stock.reserved) == (1, 0)
    assert (sent.kind, sent.state) == ("parcel", "open")


def test_the_books_say_where_the_price_went(shop: Tenant) -> None:
    shirt = a_variant(shop, "physical", in_stock=3)
    order = pay(shop, an_order(shop, shirt))
    (payment,), (sale,) = payments_of(shop, order), sales_of(shop, order)
    left = accounts(shop, order)
    assert left[Kind.CLEARING] == order.total_micros - payment.fee_micros
    assert left.get(Kind.SALES_TAX, 0) == order.tax_micros
    assert left[Kind.RECEIVABLE] == -sale.net_micros
    assert left[Kind.PAYMENT_FEES] == payment.fee_micros > 0
    assert left[Kind.INCOME] == sale.fee_micros
    assert left.get(Kind.SHIPPING, 0) == order.shipping_micros - order.shipping_tax_micros
    check_money(shop)


def test_a_click_twice_and_two_devices_are_one_try(shop: Tenant) -> None:
    order = an_order(shop)
    with ThreadPoolExecutor(4) as pool:
        steps = list(pool.map(lambda _: start(shop, order), range(4)))
    assert {step.kind for step in steps} == {"redirect"}
    assert len({step.url for step in steps}) == 1
    assert len(payments_of(shop, order)) == 1
    pay_with(shop, steps[0])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: paying.look(shop, order.id), range(4)))
    assert len(sales_of(shop, order)) == 1
    check_money(shop)


def test_a_paid_order_is_not_paid_again(shop: Tenant) -> None:
    order = pay(shop, an_order(shop))
    assert start(shop, order) == ("done", BACK, "")
    assert len(payments_of(shop, order)) == 1


def test_another_way_to_pay_ends_the_first(shop: Tenant) -> None:
    order = an_order(shop)
    first = start(shop, order)
    assert start(shop, order, "wallet").kind == "done"
    assert the_order(shop, order).paid_at
    assert [each.state for each in payments_of(shop, order)] == ["cancelled", "paid"]
    with pytest.raises(Exception, match="over"):
        pay_with(shop, first)
    check_money(shop)


def test_each_market_offers_its_own_ways_to_pay(connected: Settings) -> None:
    label = a_label(currency="EUR")
    market, other = a_market(label, "eu", methods=["card"]), a_market(label, "us")
    assert paying.methods(label, market, UNIT) == ("card",)
    assert len(paying.methods(label, other, UNIT)) > 1
    order = an_order(label)
    with pytest.raises(MethodMissing):
        start(label, order, "wallet")
    assert start(label, order, "card").kind == "redirect"


def test_a_way_that_is_not_offered_is_refused(shop: Tenant) -> None:
    with pytest.raises(MethodMissing):
        start(shop, an_order(shop), "cheque")


@pytest.mark.parametrize("card", [DECLINED, POOR])
def test_a_declined_card_leaves_room_for_another(shop: Tenant, card: str) -> None:
    order = an_order(shop)
    step = start(shop, order)
    assert pay_with(shop, step, card).problem
    paying.look(shop, order.id)
    assert the_order(shop, order).state == "placed"
    pay_with(shop, step, GOOD)
    paying.look(shop, order.id)
    assert the_order(shop, order).paid_at
    check_money(shop)


def test_the_bank_asks_whether_it_is_the_buyer(shop: Tenant) -> None:
    from app.storefront.gateways import sandbox

    order = an_order(shop)
    step = start(shop, order)
    pay_with(shop, step, PROVES)
    paying.look(shop, order.id)
    (payment,) = payments_of(shop, order)
    assert (payment.state, the_order(shop, order).state) == ("acting", "placed")
    with tenant_work(shop) as session:
        sandbox.prove(session, token_of(step), is_me=False)
    paying.look(shop, order.id)
    assert payments_of(shop, order)[0].problem == "challenge_failed"
    pay_with(shop, step, PROVES)
    with tenant_work(shop) as session:
        sandbox.prove(session, token_of(step), is_me=True)
    paying.look(shop, order.id)
    assert the_order(shop, order).paid_at


def test_money_that_takes_its_time_is_heard_of(shop: Tenant) -> None:
    order, lost = an_order(shop), an_order(shop)
    pay(shop, order, LATER)
    pay(shop, lost, NEVER)
    assert (the_order(shop, order).state, the_order(shop, lost).state) == ("placed", "placed")
    move(shop)
    assert the_order(shop, order).state == "delivered"
    assert (the_order(shop, lost).state, payments_of(shop, lost)[0].state) == ("placed", "failed")
    check_money(shop)


def test_an_answer_that_was_lost_is_found_by_itself(shop: Tenant) -> None:
    order = an_order(shop)
    pay_with(shop, start(shop, order), SILENT)
    later(shop)
    paying.follow(shop)
    assert the_order(shop, order).state == "delivered"
    check_money(shop)


def test_a_call_comes_before_the_answer_twice_and_a_day_late(shop: Tenant) -> None:
    order = an_order(shop)
    charge = pay_with(shop, start(shop, order))
    with tenant_work(shop) as session:  # our own note of the reference was lost
        session.execute(update(Payment).where(Payment.order_id == order.id).values(reference=""))
    assert told(shop, charge.reference)
    assert not told(shop, charge.reference)
    hearing.hear(shop)
    assert the_order(shop, order).state == "delivered"
    assert told(shop, charge.reference, "paid-again")
    hearing.hear(shop)
    with tenant_read(shop) as session:
        events = list(session.scalars(select(StoreEvent).where(StoreEvent.reference == charge.reference)))
    assert [event.state for event in events] == ["applied", "applied"]
    assert len(sales_of(shop, order)) == 1
    check_money(shop)


def test_a_call_about_somebody_elses_order_is_put_aside(shop: Tenant, rival: Tenant) -> None:
    from tests.factories.shop import a_shop

    a_shop(rival)
    theirs = an_order(rival)
    charge = pay_with(rival, start(rival, theirs))
    told(shop, charge.reference)
    for _ in range(hearing.MOST_TRIES):
        hearing.hear(shop)
    with tenant_read(shop) as session:
        event = session.scalars(select(StoreEvent).where(StoreEvent.reference == charge.reference)).one()
    assert event.state == "quarantined"
    assert the_order(rival, theirs).state == "placed"


def test_whoever_pays_after_the_order_lapsed_gets_it_while_it_is_there(shop: Tenant) -> None:
    shirt = a_variant(shop, "physical", in_stock=1)
    order = an_order(shop, shirt)
    step = start(shop, order)
    _lapse(shop, order)
    assert the_order(shop, order).state == "cancelled"
    pay_with(shop, step)
    paying.look(shop, order.id)
    assert the_order(shop, order).state == "paid"
    with tenant_read(shop) as session:
        stock = session.scalars(select(Stock).where(Stock.variant_id == shirt.id)).one()
    assert (stock.on_hand, stock.reserved) == (0, 0)
    check_money(shop)


def test_whoever_pays_after_somebody_else_bought_the_last_one_gets_the_money_back(shop: Tenant) -> None:
    shirt = a_variant(shop, "physical", in_stock=1)
    order = an_order(shop, shirt)
    step = start(shop, order)
    _lapse(shop, order)
    assert pay(shop, an_order(shop, shirt)).state == "paid"
    pay_with(shop, step)
    paying.look(shop, order.id)
    assert the_order(shop, order).state == "cancelled"
    (refund,) = refunds_of(shop, order)
    assert (refund.reason, refund.amount_micros) == ("too_late", order.total_micros)
    _send_refunds(shop)
    assert refunds_of(shop, order)[0].state == "done"
    assert set(accounts(shop, order)) == {Kind.PAYMENT_FEES, Kind.CLEARING}
    check_money(shop)


def test_an_order_that_was_paid_twice_gives_the_second_back(shop: Tenant) -> None:
    order = an_order(shop)
    first = start(shop, order)
    with tenant_work(shop) as session:  # as if the first could not be stopped any more
        session.execute(
            update(Payment).where(Payment.order_id == order.id).values(facts={"method": "other"}, reference="")
        )
    second = start(shop, order)
    assert first.url != second.url
    pay_with(shop, first)
    pay_with(shop, second)
    for payment in payments_of(shop, order):
        with tenant_work(shop) as session:
            session.execute(
                update(Payment).where(Payment.id == payment.id).values(facts=payment.facts | {"back_url": BACK})
            )
        paying.settle(shop, payment.id)
    assert sorted(each.state for each in payments_of(shop, order)) == ["cancelled", "paid"]
    (refund,) = refunds_of(shop, order)
    assert refund.reason == "twice"
    _send_refunds(shop)
    assert the_order(shop, order).state == "delivered"
    check_money(shop)


def test_an_order_that_costs_nothing_needs_no_payment(shop: Tenant) -> None:
    free = a_variant(shop, price=0)
    order = an_order(shop, free)
    assert start(shop, order, "nothing").kind == "done"
    assert the_order(shop, order).state == "delivered"
    assert payments_of(shop, order) == []
    check_money(shop)


def test_a_gateways_list_is_compared_with_the_books(shop: Tenant) -> None:
    from app.storefront.service import comparing

    order = pay(shop, an_order(shop))
    quiet = an_order(shop)
    pay_with(shop, start(shop, quiet), SILENT)
    reconciling.reconcile(shop)
    assert the_order(shop, quiet).state == "delivered"
    with tenant_work(shop) as session:
        reference = payments_of(shop, order)[0].reference
        assert comparing.note(session, shop, "sandbox", "missing", reference, None, {}) == 1
        assert comparing.note(session, shop, "sandbox", "missing", reference, None, {}) == 0
        assert [each.reference for each in comparing.open_differences(session)][:1] == [reference]
    check_money(shop)


def _send_refunds(shop: Tenant) -> None:
    from app.storefront.service import returning

    later(shop)
    returning.send_open(shop)


def _lapse(shop: Tenant, order: Order) -> None:
    with tenant_work(shop) as session:
        ordering.cancel(session, shop, Actor.system(shop), session.get_one(Order, order.id), "lapsed")
