"""Money goes back as it came: exactly, once, never more than was paid, and the shelf and the library know."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Refusal
from app.kernel.tenant import Tenant
from app.ledger.rules import Kind
from app.storefront.gateways import sandbox
from app.storefront.models import Dispute, Owned, Stock
from app.storefront.rules.payment_refusals import RefundEmpty, RefundTooMuch, RefundUnfit
from app.storefront.rules.portions import Sale, fees, given_back
from app.storefront.service import hearing
from app.storefront.service.refunding import RefundLine, price_of
from tests.factories.shop import UNIT, a_product, a_variant, an_order, registered, variants_of
from tests.storefront.paid import (
    NO_REFUNDS,
    accounts,
    ask_refund,
    check_money,
    give_back,
    lines_of,
    move,
    pay,
    payments_of,
    refunds_of,
    sales_of,
    the_order,
)


def test_a_whole_refund_leaves_nothing_but_the_fee_that_the_processor_keeps(shop: Tenant) -> None:
    registered(shop, "domestic", "DE")
    shirt, record = a_variant(shop, "physical", in_stock=5), a_variant(shop)
    order = pay(shop, an_order(shop, (shirt, 2), record))
    assert order.tax_micros > 0
    made = give_back(shop, order, restock=True)
    assert (made.state, the_order(shop, order).state) == ("done", "refunded")
    fee = payments_of(shop, order)[0].fee_micros
    assert accounts(shop, order) == {Kind.PAYMENT_FEES: fee, Kind.CLEARING: -fee}
    assert sum(sale.net_micros for sale in sales_of(shop, order)) == 0
    with tenant_read(shop) as session:
        stock = session.scalars(select(Stock).where(Stock.variant_id == shirt.id)).one()
        owned = session.scalars(select(Owned).where(Owned.order_id == order.id)).one()
    assert (stock.on_hand, stock.reserved) == (5, 0)
    assert owned.revoked_at is not None
    check_money(shop)


def test_parts_that_go_back_add_up_to_the_whole(shop: Tenant) -> None:
    shirt = a_variant(shop, "physical", price=9_990_000, in_stock=9)
    order = pay(shop, an_order(shop, (shirt, 3)))
    (line,) = lines_of(shop, order)
    give_back(shop, order, [RefundLine(line.id, 1)])
    assert the_order(shop, order).state == "paid"
    give_back(shop, order, [RefundLine(line.id, 0, 1_230_000)])
    give_back(shop, order, [RefundLine(line.id, 2)])
    assert the_order(shop, order).state == "paid"
    give_back(shop, order)  # what is left is the sending
    assert the_order(shop, order).state == "refunded"
    fee = payments_of(shop, order)[0].fee_micros
    assert accounts(shop, order) == {Kind.PAYMENT_FEES: fee, Kind.CLEARING: -fee}
    assert [sale.quantity for sale in sales_of(shop, order)] == [3, -1, 0, -2]
    check_money(shop)


def test_more_than_is_left_is_refused(shop: Tenant) -> None:
    order = pay(shop, an_order(shop))
    (line,) = lines_of(shop, order)
    with pytest.raises(RefundTooMuch):
        ask_refund(shop, order, [RefundLine(line.id, 2)])
    with pytest.raises(RefundTooMuch):
        ask_refund(shop, order, [RefundLine(line.id, 1, price_of(line) + 10_000)])
    with pytest.raises(RefundTooMuch):
        ask_refund(shop, order, [RefundLine(line.id, 1)], shipping=10_000)
    with pytest.raises(RefundEmpty):
        ask_refund(shop, order, [])
    with pytest.raises(RefundEmpty):
        ask_refund(shop, order, [RefundLine(line.id, 0, 1)])  # a payment has no micros
    with pytest.raises(RefundUnfit):
        ask_refund(shop, an_order(shop))
    check_money(shop)


def test_two_who_give_back_together_give_back_once(shop: Tenant) -> None:
    order = pay(shop, an_order(shop))
    (line,) = lines_of(shop, order)

    def one(_: int) -> str:
        try:
            return ask_refund(shop, order, [RefundLine(line.id, 1)]).state
        except Refusal as refusal:
            return type(refusal).__name__

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(one, range(4)))
    assert said == ["RefundTooMuch", "RefundTooMuch", "RefundTooMuch", "asked"]
    check_money(shop)


def test_a_refund_that_fails_counts_as_not_given_back(shop: Tenant) -> None:
    order = pay(shop, an_order(shop), NO_REFUNDS)
    made = give_back(shop, order)
    assert made.state == "sent"
    assert the_order(shop, order).refunded_micros == order.total_micros
    move(shop)
    assert refunds_of(shop, order)[0].state == "failed"
    assert the_order(shop, order).refunded_micros == 0
    assert len(sales_of(shop, order)) == 1
    again = give_back(shop, order)
    assert again.state == "sent"
    check_money(shop)


def test_a_dispute_that_is_lost_takes_the_order_back_and_costs_its_fee(shop: Tenant) -> None:
    order = pay(shop, an_order(shop))
    with tenant_work(shop) as session:
        found = sandbox.dispute(session, payments_of(shop, order)[0].reference)
        hearing.hear_of(session, [(found.reference, "open")])
    hearing.hear(shop)
    assert accounts(shop, order)[Kind.DISPUTED] == order.total_micros
    with tenant_work(shop) as session:
        sandbox.decide(session, found.reference, is_won=False)
        hearing.hear_of(session, [(found.reference, "lost")])
    hearing.hear(shop)
    fee = payments_of(shop, order)[0].fee_micros
    assert the_order(shop, order).state == "refunded"
    assert accounts(shop, order) == {
        Kind.PAYMENT_FEES: fee, Kind.LOSSES: 15 * UNIT, Kind.CLEARING: -fee - 15 * UNIT,
    }  # fmt: skip
    assert sum(sale.net_micros for sale in sales_of(shop, order)) == 0
    check_money(shop)


def test_a_dispute_that_is_won_costs_its_fee_alone(shop: Tenant) -> None:
    order = pay(shop, an_order(shop))
    before = accounts(shop, order)
    for is_over in (False, True):
        with tenant_work(shop) as session:
            reference = payments_of(shop, order)[0].reference
            found = (
                sandbox.decide(session, f"sd_{reference[3:]}", is_won=True)
                if is_over
                else sandbox.dispute(session, reference)
            )
            hearing.hear_of(session, [(found.reference, found.state)])
        hearing.hear(shop)
    with tenant_read(shop) as session:
        assert session.scalars(select(Dispute.state).where(Dispute.reference == found.reference)).one() == "won"
    after = accounts(shop, order)
    assert after.pop(Kind.LOSSES) == 15 * UNIT
    assert after.pop(Kind.CLEARING) == before.pop(Kind.CLEARING) - 15 * UNIT
    assert after == before
    check_money(shop)


def test_a_dispute_after_a_part_went_back_takes_what_is_left_and_loses_the_rest(shop: Tenant) -> None:
    shirt = a_variant(shop, "physical", in_stock=5)
    order = pay(shop, an_order(shop, (shirt, 2)))
    (line,) = lines_of(shop, order)
    give_back(shop, order, [RefundLine(line.id, 1)])
    with tenant_work(shop) as session:
        reference = payments_of(shop, order)[0].reference
        found = sandbox.dispute(session, reference)
        sandbox.decide(session, found.reference, is_won=False)
        hearing.hear_of(session, [(found.reference, "lost")])
    hearing.hear(shop)
    assert the_order(shop, order).state == "refunded"
    assert accounts(shop, order).get(Kind.DISPUTED, 0) == 0
    assert accounts(shop, order)[Kind.LOSSES] == 15 * UNIT + refunds_of(shop, order)[0].amount_micros
    check_money(shop)


def test_a_bundles_money_goes_back_by_its_parts(shop: Tenant) -> None:
    first, second = a_variant(shop, "physical", price=20 * UNIT, in_stock=4), a_variant(shop, price=7 * UNIT)
    bundle = a_product(shop, "bundle", price=25 * UNIT, parts=[(first.id, 1), (second.id, 1)])
    with tenant_read(shop) as session:
        whole = variants_of(session, bundle)[0]
    order = pay(shop, an_order(shop, whole))
    lines = lines_of(shop, order)
    assert len(lines) == 2
    give_back(shop, order, [RefundLine(lines[0].id, 1)])
    give_back(shop, order)
    fee = payments_of(shop, order)[0].fee_micros
    assert accounts(shop, order) == {Kind.PAYMENT_FEES: fee, Kind.CLEARING: -fee}
    check_money(shop)


def test_yen_go_back_whole(shop: Tenant) -> None:
    from tests.factories.shop import a_market

    a_market(shop, "japan")
    order = pay(shop, an_order(shop, a_variant(shop), market="japan", country="JP"))
    assert order.currency == "JPY"
    (line,) = lines_of(shop, order)
    with pytest.raises(RefundEmpty):
        ask_refund(shop, order, [RefundLine(line.id, 0, UNIT // 2)])
    give_back(shop, order, [RefundLine(line.id, 0, 333 * UNIT)])
    give_back(shop, order)
    fee = payments_of(shop, order)[0].fee_micros
    assert accounts(shop, order) == {Kind.PAYMENT_FEES: fee, Kind.CLEARING: -fee}
    check_money(shop)


_micros = st.integers(0, 10**12)


@given(st.tuples(_micros, _micros, _micros, _micros), st.lists(st.integers(1, 10**11), max_size=6))
def test_what_goes_back_in_parts_is_what_was_sold(sold: tuple[int, int, int, int], parts: list[int]) -> None:
    sale, before = Sale(*sold), 0
    whole = sale.gross or 7
    left = sale
    for part in [*parts, whole]:
        now = min(part, whole - before)
        back = given_back(sale, before=before, now=now, whole=whole)
        left, before = left.minus(back), before + now
    assert left == Sale(0, 0, 0, 0)


@given(st.integers(0, 10**9), st.lists(_micros, min_size=1, max_size=9))
def test_a_fee_is_divided_without_loss(fee: int, grosses: list[int]) -> None:
    assert sum(fees(fee, grosses)) == fee
