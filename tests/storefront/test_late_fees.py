"""A fee that the processor tells after the sale is borne by the lines as if it had been known from the beginning."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.money import from_minor
from app.ledger.rules import Kind
from app.storefront.gateways.gateway import Report
from app.storefront.models import SandboxCharge
from app.storefront.service import paying, reporting, settling
from app.storefront.service.refunding import RefundLine
from tests.factories.shop import a_variant, an_order
from tests.storefront.paid import (
    accounts,
    check_money,
    give_back,
    lines_of,
    pay_with,
    payments_of,
    sales_of,
    start,
    the_order,
)

FEE_MINOR = 137


def tell_fee(shop, order, minor=FEE_MINOR):
    (payment,) = payments_of(shop, order)
    said = Report(payment.id, "paid", payment.reference, fee_minor=minor, currency=payment.currency)
    with tenant_work(shop) as session:
        session.execute(update(SandboxCharge).where(SandboxCharge.payment_id == payment.id).values(fee_minor=minor))
        settling.apply(session, shop, [said])
    return from_minor(minor, payment.currency)


def an_unsaid_order(shop, *wanted):
    """An order that was paid, while the processor does not say yet what it keeps."""
    order = an_order(shop, *wanted)
    pay_with(shop, start(shop, order))
    with tenant_work(shop) as session:
        mine = SandboxCharge.payment_id == payments_of(shop, order)[0].id
        session.execute(update(SandboxCharge).where(mine).values(fee_minor=0))
    paying.look(shop, order.id)
    assert payments_of(shop, order)[0].fee_micros == 0
    return order


def test_each_line_bears_its_part_and_the_books_say_so(shop):
    shirt, record = a_variant(shop, "physical", in_stock=5), a_variant(shop)
    order = an_unsaid_order(shop, (shirt, 2), record)
    before, net = accounts(shop, order), sum(sale.net_micros for sale in sales_of(shop, order))
    fee = tell_fee(shop, order)
    after, sales = accounts(shop, order), sales_of(shop, order)
    borne = sum(sale.fee_micros for sale in sales)
    assert 0 < borne <= fee, "sending bears its own part"
    assert sum(sale.net_micros for sale in sales) == net - borne
    assert after[Kind.PAYMENT_FEES] == fee
    assert after[Kind.INCOME] == borne
    assert after[Kind.RECEIVABLE] == before[Kind.RECEIVABLE] + borne, "it is below zero, and less so"
    assert after[Kind.CLEARING] == before[Kind.CLEARING] - fee
    check_money(shop)
    rows = len(sales)
    tell_fee(shop, order)
    assert len(sales_of(shop, order)) == rows, "told again, it says nothing new"


@pytest.mark.parametrize("when", ["before", "between", "after"])
def test_whenever_it_is_told_a_whole_refund_leaves_nothing_but_the_fee(shop, when):
    shirt = a_variant(shop, "physical", price=9_990_000, in_stock=9)
    order = an_unsaid_order(shop, (shirt, 3))
    (line,) = lines_of(shop, order)
    fee = tell_fee(shop, order) if when == "before" else 0
    give_back(shop, order, [RefundLine(line.id, 1)])
    fee = tell_fee(shop, order) if when == "between" else fee
    give_back(shop, order, [RefundLine(line.id, 0, 1_230_000)])
    give_back(shop, order)
    fee = tell_fee(shop, order) if when == "after" else fee
    assert the_order(shop, order).state == "refunded"
    assert accounts(shop, order) == {Kind.PAYMENT_FEES: fee, Kind.CLEARING: -fee}
    assert sum(sale.net_micros for sale in sales_of(shop, order)) == 0
    check_money(shop)


def test_what_was_reported_already_is_corrected_by_the_next_report(shop):
    order = an_unsaid_order(shop, a_variant(shop))
    (sold,) = sales_of(shop, order)
    with tenant_work(shop) as session:
        first = reporting.report(session, shop, Actor.system(shop), until=sold.sold_on)
    tell_fee(shop, order)
    with tenant_work(shop) as session:
        second = reporting.report(session, shop, Actor.system(shop), until=sold.sold_on)
    reported = {sale.report_id for sale in sales_of(shop, order)}
    assert reported == {first.id, second.id}
    assert second.rows == 1
