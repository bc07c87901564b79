"""Fans buy: music and a shirt in Berlin, in German; in Dubai, in Arabic from right to left; in Tokyo, in whole yen."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from app.kernel import db
from app.kernel.money import to_minor
from app.storefront.models import Fulfilment, Order, OrderLine, Owned, Payment, Stock, StoreSale
from app.storefront.service import refunding
from tests.browser.test_payout_journey import apart, seeded
from tests.factories.labels import the_label
from tests.storefront.paid import check_money, give_back, move, order_accounts

__all__ = ["seeded"]
HOMES = {
    "DE": {"name": "Ada Berg", "street": "Weg 1", "city": "Berlin", "postcode": "10115"},
    "AE": {"name": "ليلى حداد", "street": "شارع الخليج 7", "region": 1},
    "JP": {"name": "山田花子", "street": "神宮前1-1", "postcode": "150-0001", "region": "Tokyo"},
}
WHERE = [
    ("bluehour", "de", "DE", "Europe/Berlin", "EUR", "€"),
    ("noor", "ar", "AE", "Asia/Dubai", "AED", "د.إ"),
    ("bluehour", "en", "JP", "Asia/Tokyo", "JPY", "¥"),
]


def fan(visit, slug, language, country):
    """A fan's browser in a country, reading a language, at the shop's front page."""
    here = visit(slug, who=None, language=f"{language}-{country}")
    here.go("/")
    here.page.wait_for_url(f"**/{language}*")
    return here


def lay_music_in(here, language):
    """From the list of releases to one that can be had at once, and into the basket."""
    here.go(f"/{language}/releases?sort=oldest")
    here.page.locator("main a[href*='/releases/']").last.click()
    here.page.wait_for_url("**/releases/*")
    found = here.flaws()
    here.page.locator("form:has(input[name=variant]) button.primary").first.click()
    here.page.wait_for_url(f"**/{language}/basket")
    return found


def lay_shirt_in(here, language):
    """From the merch to a shirt, and into the basket."""
    here.go(f"/{language}/merch")
    here.page.locator("main a[href$='t-shirt'], main a[href*='shirt']").first.click()
    here.page.wait_for_url("**/merch/*")
    found = here.flaws()
    here.page.locator("main form[action$='/basket/lines'] button.primary").first.click()
    here.page.wait_for_url(f"**/{language}/basket")
    return found


def check_out(here, language, country):
    """The checkout, filled in as one would there, to the gateway's page."""
    page = here.page
    page.locator("a[href$='/checkout']").click()
    page.wait_for_url("**/checkout")
    found = here.flaws()
    page.fill("#email", "ada@fans.test")
    for name, value in HOMES[country].items():
        if name == "region":
            page.select_option("#region", **{"index" if isinstance(value, int) else "label": value})
        else:
            page.fill(f"#{name}", value)
    page.check("input[name=terms]")
    page.locator("button[value=buy]").click()
    page.wait_for_url("**/pay/*")
    return found


def give_all_back(tenant, order):
    """Give everything back, into stock too, until the gateway has done it."""
    give_back(tenant, order, restock=True)
    move(tenant)


def the_order(tenant):
    with db.tenant_read(tenant) as session:
        order = session.scalars(select(Order).order_by(Order.number.desc()).limit(1)).one()
        lines = list(session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)))
        payment = session.scalars(select(Payment).where(Payment.order_id == order.id)).one()
    return order, lines, payment


def stock_of(tenant, lines):
    wanted = [line.variant_id for line in lines if line.kind == "physical"]
    with db.tenant_read(tenant) as session:
        return session.scalar(select(func.sum(Stock.on_hand)).where(Stock.variant_id.in_(wanted)))


@pytest.mark.parametrize(("slug", "language", "country", "zone", "currency", "sign"), WHERE)
def test_a_fan_buys_where_they_are_and_books_stock_and_downloads_agree(
    visit, seeded, slug, language, country, zone, currency, sign
):
    tenant = the_label(slug)
    here = fan(visit, slug, language, country)
    assert here.page.evaluate("document.documentElement.dir") == ("rtl" if language == "ar" else "ltr")
    found = lay_music_in(here, language) + lay_shirt_in(here, language)
    assert sign in here.page.locator(".sums .total").inner_text()
    found += here.flaws() + check_out(here, language, country)
    here.page.locator("button[value=pay]").click()
    here.page.wait_for_url("**/orders/*")
    assert here.page.locator("#music").count() == 1, "the music is there at once"
    found += here.flaws()
    total = here.page.locator(".sums .total dd").inner_text()
    order, lines, payment = the_order(tenant)
    assert (order.currency, order.language, order.country) == (currency, language, country)
    assert (payment.state, payment.amount_micros) == ("paid", order.total_micros)
    digits = re.sub(r"\D", "", total.translate(str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")))
    assert int(digits) == to_minor(order.total_micros, currency).minor, "the page says what is charged"
    if currency == "JPY":
        assert order.total_micros % 1_000_000 == 0
        assert "." not in total
    with db.tenant_read(tenant) as session:
        owned = session.scalars(select(Owned).where(Owned.order_id == order.id)).all()
        parcels = session.scalars(select(Fulfilment).where(Fulfilment.order_id == order.id)).all()
        sold = session.scalars(select(StoreSale).where(StoreSale.line_id.in_([line.id for line in lines]))).all()
    assert len(owned) == 1
    assert {parcel.kind for parcel in parcels} == {"digital", "parcel"}
    assert sum(sale.gross_micros for sale in sold) == sum(line.amount_micros for line in lines)
    shelf = stock_of(tenant, lines)
    apart(give_all_back, tenant, order)
    assert stock_of(tenant, lines) == shelf + 1
    with db.tenant_read(tenant) as session:
        left = order_accounts(session, order.id)
        assert refunding.left(session, session.get_one(Order, order.id)) == ([], 0)
    assert set(left.values()) <= {payment.fee_micros, -payment.fee_micros}, "what is left is what the gateway keeps"
    apart(check_money, tenant)
    here.page.reload()
    found += here.flaws()
    assert not found + here.complaints, "\n".join(found + here.complaints)
