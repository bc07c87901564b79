"""From a buyer's card to an artist's bank and back: every account of the books explained by papers, whatever happens."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.contracts.models import Recoupable
from app.contracts.rules.terms import Clause, Reserve, Share
from app.kernel import clock, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.money import to_micros
from app.kernel.tenant import Tenant
from app.ledger import service as ledger
from app.ledger.rules import Kind
from app.payouts.models import Payout
from app.payouts.service import promising, sending
from app.royalties.models import Earning, RoyaltyRun, SalesReport, Statement, StatementEntry
from app.royalties.rules import auditing
from app.royalties.service import auditing as packs
from app.royalties.service import examining
from app.settings import Settings
from app.storefront.models import Order, Payment, Refund, StoreSale, Variant
from app.storefront.service import discounts, reporting
from app.storefront.service.discounts import NewDiscount
from app.storefront.service.refunding import RefundLine
from app.tax.models import TaxSettings
from tests.factories.labels import a_label
from tests.factories.money import a_contract, a_cost, a_payee, a_period, a_run, publish, terms
from tests.factories.payouts import a_day_later, a_method, ask, check_books, the_payout
from tests.factories.shop import a_shop, a_variant, an_order, registered
from tests.storefront.paid import check_money, give_back, lines_of, pay

PLACES = (("eu", "DE", None), ("us", "US", "TX"), ("japan", "JP", None), ("kuwait", "KW", None))
Sums = Counter[tuple[Kind, str]]


@pytest.fixture
def house(connected: Settings) -> Tenant:
    """A label that pays tax in the United States, with a shop, a code, and a deal of two payees about everything."""
    label = a_label(currency="EUR", time_zone="Europe/Berlin")
    a_shop(label)
    registered(label, "domestic", "DE")
    registered(label, "state", "US", "TX")
    with tenant_work(label) as session:
        session.add(TaxSettings(id=ids.new_id(), country="US", changed_at=clock.now()))
        new = NewDiscount(name="Off", kind="percent", value=130_000, code="LESS")
        discounts.create(session, Actor.system(label), new)
    return label


def this_month(house: Tenant) -> tuple[date, date]:
    first = clock.day_in(house.time_zone).replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def orders_of(house: Tenant, *, codes: tuple[str, ...] = ()) -> list[Order]:
    """A paid order of everything in every market: with tax in the price and on top, without minor units and with three."""
    record = a_variant(house, "physical", price=234_570_000, in_stock=90, variants=None)
    with tenant_work(house) as session:
        session.get_one(Variant, record.id).cost_micros = 71_310_000
    music = a_variant(house, price=99_930_000)
    return [
        pay(house, an_order(house, (record, 3), (music, 1), market=market, country=country, region=region, codes=codes))
        for market, country, region in PLACES
    ]


def report(house: Tenant) -> None:
    """Bring in what was sold and given back."""
    with tenant_work(house) as session:
        reporting.report(session, house, Actor.system(house), until=clock.day_in(house.time_zone) + timedelta(days=1))


def check(house: Tenant) -> None:
    """The books stand, everything in them is explained, and every statement can be worked out anew."""
    check_money(house)
    check_books(house)
    with tenant_read(house) as session:
        assert examining.problems(session) == []
        found: Sums = Counter()
        for account, micros in ledger.balances(session).items():
            found[account.kind, account.currency] += micros
        wanted = explained(session)
        assert {key: micros for key, micros in found.items() if micros} == {
            key: micros for key, micros in wanted.items() if micros
        }
        told = select(Statement).join(RoyaltyRun).where(RoyaltyRun.state == "published")
        for statement in session.scalars(told):
            assert auditing.verify(packs.pack(session, house, statement)).problems == []


def explained(session: Session) -> Sums:
    """What papers say each kind of account holds: orders, payments, refunds, reports, statements, costs, payouts."""
    sums: Sums = Counter()
    _shop(session, sums)
    _royalties(session, sums)
    _payouts(session, sums)
    return sums


def _shop(session: Session, sums: Sums) -> None:
    for payment in session.scalars(select(Payment).where(Payment.state == "paid")):
        sums[Kind.CLEARING, payment.currency] += payment.amount_micros - payment.fee_micros
        sums[Kind.PAYMENT_FEES, payment.currency] += payment.fee_micros
    for refund, order in session.execute(select(Refund, Order).join(Order).where(Refund.state == "done")):
        sums[Kind.CLEARING, order.currency] -= refund.amount_micros
    for order in session.scalars(select(Order).where(Order.paid_at.is_not(None))):
        back = select(func.sum(Refund.shipping_micros)).where(Refund.order_id == order.id, Refund.state == "done")
        is_left = not session.scalar(back)  # these tests give all of it back or nothing
        net = order.shipping_micros - (order.shipping_tax_micros if order.tax_included else 0)
        sums[Kind.SHIPPING, order.currency] += net * is_left
        sums[Kind.SALES_TAX, order.currency] += order.shipping_tax_micros * is_left
    for sale in session.scalars(select(StoreSale)):
        sums[Kind.SALES_TAX, sale.currency] += sale.tax_micros
        sums[Kind.COST_OF_GOODS, sale.currency] += sale.cost_micros
        sums[Kind.INCOME, sale.currency] += sale.fee_micros
        sums[Kind.RECEIVABLE, sale.currency] -= sale.net_micros


def _royalties(session: Session, sums: Sums) -> None:
    runs = {run.id: run for run in session.scalars(select(RoyaltyRun).where(RoyaltyRun.state == "published"))}
    for made in session.scalars(select(SalesReport)) if runs else ():
        if session.scalar(select(StoreSale.number).where(StoreSale.report_id == made.id).limit(1)) and _is_in(
            session, made, runs
        ):
            for currency, total in made.totals.items():
                sums[Kind.RECEIVABLE, currency] += to_micros(Decimal(total))
                sums[Kind.SUSPENSE, currency] += to_micros(Decimal(total))
    query = select(Earning.run_id, Earning.currency, func.sum(Earning.net)).group_by(Earning.run_id, Earning.currency)
    for run, currency, net in session.execute(query):
        if run in runs:
            sums[Kind.SUSPENSE, currency] -= to_micros(net)
            sums[Kind.INCOME, currency] += to_micros(net)
    for statement in session.scalars(select(Statement).where(Statement.run_id.in_(runs))):
        sums[Kind.ROYALTY_EXPENSE, "EUR"] += statement.earned_micros
        sums[Kind.PAYABLE, "EUR"] += statement.earned_micros
        for step in session.scalars(select(StatementEntry).where(StatementEntry.statement_id == statement.id)):
            sums[Kind.PAYABLE, "EUR"] += step.amount_micros
            kind = {"reserve_held": Kind.RESERVE, "reserve_released": Kind.RESERVE, "charge": Kind.ADVANCE}[step.kind]
            sums[kind, "EUR"] += step.amount_micros if kind is Kind.ADVANCE else -step.amount_micros
    for cost in session.scalars(select(Recoupable)):
        sums[Kind.ADVANCE, "EUR"] += cost.amount_micros
        sums[Kind.CLEARING, "EUR"] -= cost.amount_micros


def _is_in(session: Session, made: SalesReport, runs: Any) -> bool:
    from app.royalties.models import RunReport

    query = select(RunReport.run_id).where(RunReport.report_id == made.id, RunReport.run_id.in_(runs))
    return session.scalar(query.limit(1)) is not None


def _payouts(session: Session, sums: Sums) -> None:
    for payout in session.scalars(select(Payout)):
        fee = 0 if payout.fee_returned_at else payout.fee_micros
        if payout.state == "paid":
            sums[Kind.PAYABLE, "EUR"] -= payout.gross_micros - payout.fee_micros + fee
            sums[Kind.BANK, "EUR"] -= payout.sent_micros
            sums[Kind.PLATFORM, "EUR"] += payout.platform_micros
            sums[Kind.WITHHOLDING, "EUR"] += payout.withheld_micros
            sums[Kind.PAYOUT_FEE, "EUR"] += fee
        elif payout.state not in ("returned", "failed", "cancelled", "rejected"):
            sums[Kind.PAYABLE, "EUR"] -= payout.gross_micros - payout.fee_micros + fee
            sums[Kind.PAYOUT, "EUR"] += payout.gross_micros - payout.fee_micros + fee


def test_every_cent_is_where_its_papers_say(house: Tenant) -> None:
    payees = [a_payee(house, currency="EUR") for _ in range(2)]
    shares = (
        Share(payee=payees[0].id, share_ppm=666_667),
        Share(payee=payees[1].id, share_ppm=333_333, of=payees[0].id),
    )
    own = terms(
        payees[0], Clause(id="all", rate=Decimal("0.37")), currency="EUR", shares=shares,
        reserve=Reserve(rate=Decimal("0.25")),
    )  # fmt: skip
    a_contract(house, own, costs=[a_cost("3.33")])
    for payee in payees:
        a_method(house, payee, "0002" if payee is payees[0] else "1234")
    orders = [order for codes in ((), ("LESS",)) for order in orders_of(house, codes=codes)]
    check(house)
    for order in orders[:4]:
        line = next(each for each in lines_of(house, order) if each.quantity == 3)
        give_back(house, order, [RefundLine(line.id, 1)])
    give_back(house, orders[4])
    check(house)
    report(house)
    period = a_period(house, *this_month(house))
    publish(house, a_run(house, period))
    check(house)
    for order in orders[:3]:
        give_back(house, order)
    report(house)
    publish(house, a_run(house, period, restates=True))
    check(house)
    paid_then_returned(house, payees)
    give_back(house, orders[5])
    report(house)
    publish(house, a_run(house, period, restates=True))
    check(house)


def paid_then_returned(house: Tenant, payees: list[Any]) -> None:
    """One is paid at once, late and without its fee in the end; what the other was paid comes back from the bank."""
    (slow,) = ask(house, payees[0], 2_100)
    (fast,) = ask(house, payees[1], 2_000, speed="instant")
    check(house)
    sending.send_due(house)
    with clock.frozen_at(clock.now() + timedelta(hours=2)):
        promising.keep(house)
        check(house)
        a_day_later(house)
        check(house)
    with clock.frozen_at(clock.now() + timedelta(days=3)):
        a_day_later(house)
        check(house)
    states = {the_payout(house, each.id).state for each in (slow, fast)}
    assert states == {"paid", "returned"}
    assert the_payout(house, fast.id).withheld_micros == 5_400_000, "30 % of what the platform leaves"
