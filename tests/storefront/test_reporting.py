"""The shop is a source of sales like any other: from an order to a statement's line, and back when money goes back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.contracts.rules.terms import Clause, When
from app.contracts.schemas import Scope
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.money import from_micros
from app.kernel.tenant import Tenant
from app.ledger.models import Posting
from app.ledger.rules import Kind
from app.royalties.models import SalesReport
from app.royalties.service import lines as statement_lines
from app.royalties.service.rows import row_cells
from app.settings import Settings
from app.storefront.models import OrderLine, StoreSale
from app.storefront.service import booking, reporting, sharing, telling
from tests.factories.labels import a_label
from tests.factories.money import a_contract, a_payee, a_period, a_run, publish, statement, terms
from tests.factories.shop import a_shop, a_variant, an_order
from tests.storefront.paid import accounts, an_artist, check_money, give_back, held, lines_of, pay, sales_of, the_order

HALF = Clause(id="all", rate=Decimal("0.5"))


@pytest.fixture
def house(connected: Settings) -> Tenant:
    """A label of this test's own: contracts about everything must not meet another test's sales."""
    label = a_label(currency="EUR", time_zone="Europe/Berlin")
    a_shop(label)
    return label


def report(tenant: Tenant) -> SalesReport | None:
    with tenant_work(tenant) as session:
        return reporting.report(session, tenant, Actor.system(tenant), until=clock.day_in(tenant.time_zone))


def this_month(house: Tenant) -> tuple[date, date]:
    first = clock.day_in(house.time_zone).replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def test_an_order_becomes_a_line_of_a_statement_that_opens_down_to_it(house: Tenant) -> None:
    payee = a_payee(house, currency="EUR")
    a_contract(house, terms(payee, HALF, currency="EUR"))
    order = pay(house, an_order(house))
    made = report(house)
    assert made is not None
    (sale,) = sales_of(house, order)
    assert (made.state, made.layout, made.source, sale.report_id) == ("imported", "shop", "shop", made.id)
    assert {code: Decimal(total) for code, total in made.totals.items()} == {"EUR": from_micros(sale.net_micros)}
    assert report(house) is None
    run = a_run(house, a_period(house, *this_month(house)))
    publish(house, run)
    told = statement(house, run, payee)
    assert told.earned_micros == sale.net_micros // 2
    with tenant_read(house) as session:
        (line,) = statement_lines.lines(session, told)
        (source,) = statement_lines.sources(session, told, line.number)
        cells = dict(row_cells(session, house, session.get_one(SalesReport, source.report_id), source.row))
        row = session.scalars(select(StoreSale).where(StoreSale.number == int(cells["Row"]))).one()
    assert (row.line_id, source.channel, source.match) == (sale.line_id, "download", "own")
    assert cells["Order"] == str(order.number)
    receivable = booking.receivable("EUR")
    assert held(house, Kind.RECEIVABLE, subject=receivable.subject) == 0
    assert held(house, Kind.SUSPENSE) == 0
    check_money(house)


def test_a_sale_is_of_the_day_that_it_is_where_the_label_is(connected: Settings) -> None:
    """In the evening of London it is the next day in Tokyo: the last evening of a month belongs to the next one."""
    label = a_label(currency="EUR", time_zone="Asia/Tokyo")
    a_shop(label)
    evening = datetime.combine(clock.now().date() + timedelta(days=1), time(20), UTC)
    with clock.frozen_at(evening):
        order = pay(label, an_order(label))
        give_back(label, order)
    assert {sale.sold_on for sale in sales_of(label, order)} == {evening.date() + timedelta(days=1)}
    with tenant_read(label) as session:
        days = set(session.scalars(select(Posting.booked_on).where(Posting.subject_id == order.id)))
    assert days == {evening.date() + timedelta(days=1)}


def test_what_was_given_back_is_taken_back_in_the_next_report(house: Tenant) -> None:
    payee = a_payee(house, currency="EUR")
    a_contract(house, terms(payee, HALF, currency="EUR"))
    order = pay(house, an_order(house))
    report(house)
    give_back(house, order)
    made = report(house)
    assert made is not None
    assert made.rows == 1
    run = a_run(house, a_period(house, *this_month(house)))
    publish(house, run)
    assert statement(house, run, payee).earned_micros == 0
    assert held(house, Kind.RECEIVABLE, subject=booking.receivable("EUR").subject) == 0
    assert held(house, Kind.INCOME) == 0
    assert set(accounts(house, order)) == {Kind.PAYMENT_FEES, Kind.CLEARING}
    check_money(house)


def test_a_shirt_reaches_the_artists_contract_and_nobody_elses(house: Tenant) -> None:
    artist, other = an_artist(house), an_artist(house)
    payee, stranger = a_payee(house, currency="EUR"), a_payee(house, currency="EUR")
    merch = Clause(id="merch", rate=Decimal("0.25"), when=When(channels=("merch",)))
    a_contract(house, terms(payee, merch, currency="EUR"), scopes=[Scope("artist", artist)])
    a_contract(house, terms(stranger, HALF, currency="EUR"), scopes=[Scope("artist", other)])
    shirt = a_variant(house, "physical", artist_id=artist, in_stock=5)
    order = pay(house, an_order(house, shirt))
    with tenant_work(house) as session:
        sharing.share(session, order)
    (sale,) = sales_of(house, order)
    share = lines_of(house, order)[0].artists_micros
    assert share == round(sale.net_micros / 4)
    report(house)
    run = a_run(house, a_period(house, *this_month(house)))
    publish(house, run)
    told = statement(house, run, payee)
    assert told.earned_micros == share
    with tenant_read(house) as session:
        (line,) = statement_lines.lines(session, told)
    assert line.channel == "merch"
    with pytest.raises(Exception, match="No row"):
        statement(house, run, stranger)


def test_the_receipt_says_what_the_artists_get_and_what_is_tax(house: Tenant) -> None:
    payee = a_payee(house, currency="EUR")
    a_contract(house, terms(payee, HALF, currency="EUR"))
    order = pay(house, an_order(house, language="de"))
    with tenant_work(house) as session:
        sharing.share(session, order)
        lines = list(session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)))
        said = list(telling.receipt(house, the_order(house, order), lines))
        telling.thank(session, house, order)
    share = sum(line.artists_micros or 0 for line in lines)
    assert share == sum(sale.net_micros for sale in sales_of(house, order)) // 2
    assert any("Davon gehen" in line for line in said)


def test_without_a_contract_nobody_is_told_a_share(house: Tenant) -> None:
    order = pay(house, an_order(house))
    with tenant_work(house) as session:
        sharing.share(session, order)
    assert lines_of(house, order)[0].artists_micros is None


def test_a_month_is_reported_once_it_is_over(house: Tenant) -> None:
    pay(house, an_order(house))
    with tenant_work(house) as session:
        assert reporting.report_month(session, house) is None
