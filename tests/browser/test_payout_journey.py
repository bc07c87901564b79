"""An artist of each demo label is paid on a phone: at once and on the next banking day, in euros, dollars and dirhams."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.kernel import clock, db
from app.kernel.actor import Actor
from app.main import composition
from app.payouts.models import Payout
from app.payouts.service import methods, promising, sending
from app.payouts.service.quoting import methods_of
from app.payouts.service.standing import standings
from app.roster.models import Artist, Payee
from tests.browser.test_artist_app import APP, RULES, SMALL, flaws
from tests.factories.labels import the_label
from tests.factories.payouts import a_day_later, a_method, check_books, owed

MONEY = f"{APP}/money"
LEAST = 200_000_000
ENOUGH = "100"


@pytest.fixture
def seeded(services, site):
    """This process, connected to the database that the product of the browser serves."""
    with composition.connected("test", services.settings(site.database)) as settings:
        yield settings


def apart(work, *values):
    """Work in a thread without the browser's loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work, *values).result()


def the_artists_payee(tenant, folder, currency):
    """The payee of the label's artist, with an account that may be used, and something to be paid out."""
    with db.tenant_read(tenant) as session:
        query = select(Payee).join(Artist, Artist.party_id == Payee.party_id).where(Payee.currency == currency)
        payee = session.scalars(query.limit(1)).first()
        found = standings(session, [payee]) if payee else []
        has_account = bool(payee and methods_of(session, [payee.id]))
    if payee is None or max(each.available_micros for each in found) < LEAST:
        (payee,), has_account = owed(tenant, folder, ["1000"], currency=currency), True
        with db.tenant_work(tenant) as session:
            act = session.scalars(select(Artist).where(Artist.party_id.is_not(None)).limit(1)).one()
            act.party_id = payee.party_id
    if not has_account:
        a_method(tenant, payee)
    return payee


def with_another_account(tenant, folder, currency, ending="1234"):
    """The artist's payee, who has enough and takes it on an account alone that ends in these digits."""
    payee = the_artists_payee(tenant, folder, currency)
    with db.tenant_work(tenant) as session:
        held = session.get_one(Payee, payee.id)
        for method in methods_of(session, [payee.id])[payee.id]:
            methods.remove(session, Actor.system(tenant), held, method)
    a_method(tenant, payee, ending)
    return payee


def gets_paid(here, speed, payee=None):
    """From the money tab over the quote to what was asked for; each screen's flaws, and the address of the payout."""
    here.go(f"{MONEY}/{payee.id}" if payee else MONEY)
    found = [f"money: {flaw}" for flaw in flaws(here)]
    form = here.page.locator("form:has([name=speed])").first
    form.locator("[name=amount]").fill(ENOUGH)
    form.locator(f"label.speed:has([value={speed}])").tap()
    form.locator("button.primary").tap()
    here.page.wait_for_url("**/quote?*")
    found += [f"quote: {flaw}" for flaw in flaws(here)]
    (confirm,) = here.page.locator("main .btn.primary").all()
    gets = here.page.locator(".steps .last dd").inner_text()
    assert gets in confirm.inner_text().replace("\u2066", "").replace("\u2069", "")
    box = confirm.bounding_box()
    assert box["y"] + box["height"] <= here.page.locator(".tabs").bounding_box()["y"], "within a thumb's reach"
    confirm.tap()
    here.page.wait_for_url("**/artist/money/payouts/*")
    assert here.page.locator(".standing h1").inner_text() == gets
    return found + [f"payout: {flaw}" for flaw in flaws(here)], here.page.url


def seen_by_staff(here, payee, payout):
    """What is wrong with the label's own pages of payouts on a narrow phone; lists fit without being pushed aside."""
    here.go("/portal/payouts")
    here.page.locator("form[action$='/payouts/runs'] button").tap()
    here.page.wait_for_url("**/portal/payouts/runs/*")
    paths = [
        here.page.url.partition(f":{here.site.port}")[2],
        f"/portal/payees/{payee}",
        f"/portal/payees/{payee}/accounts",
    ]
    paths += ["/portal/payouts", f"/portal/payouts/{payout}", "/portal/payouts/runs", "/portal/payouts/bank"]
    found = []
    for path in [*paths, "/portal/settings/payouts"]:
        assert here.go(path).status == 200, path
        found += [f"{path}: wider than its window"] if here.overflows() else []
        found += [f"{path}: a list is cut off"] * here.page.evaluate(
            "[...document.querySelectorAll('.grid-wrap')].filter(each => each.scrollWidth > each.clientWidth + 1).length"
        )
        found += [f"{path}: {fault}" for fault in here.faults(RULES)]
    return found + here.complaints


@pytest.mark.parametrize(
    ("slug", "currency", "language"), [("bluehour", "EUR", "en"), ("kite", "USD", "en"), ("noor", "AED", "ar")]
)
def test_an_artist_is_paid_instantly_and_by_standard_on_a_phone(visit, seeded, tmp_path, slug, currency, language):
    tenant = the_label(slug)
    payee = apart(the_artists_payee, tenant, tmp_path, currency)
    here = visit(slug, who="artist", language=language, **SMALL)
    found = []
    for speed in ("instant", "standard"):
        flaw, place = gets_paid(here, speed)
        found += flaw
        assert here.page.locator(".pill.info").count() == 1
        apart(sending.send_due, tenant)
        apart(a_day_later, tenant)
        here.page.goto(place)
        assert here.page.locator(".standing .pill.success").count() == 1, "the money arrived"
        found += [f"paid: {flaw}" for flaw in flaws(here)]
        with db.tenant_read(tenant) as session:
            payout = session.get_one(Payout, place.rpartition("/")[2])
        assert (payout.state, payout.speed, payout.currency) == ("paid", speed, currency)
        assert payout.sent_micros == 90_000_000 - payout.withheld_micros - payout.fee_micros
        assert payout.fee_micros == ((90_000_000 - payout.withheld_micros) // 100 if speed == "instant" else 0)
        with here.page.expect_download() as receipt:
            here.page.locator(f"a[href$='{place.rpartition('/artist')[2]}/receipt']").tap()
        assert receipt.value.suggested_filename.endswith(f"payout-{payout.number}.pdf")
    here.go(MONEY)
    assert here.page.locator("a.way .pill.success").count() == 2
    found += seen_by_staff(visit(slug, language=language, **SMALL), payee.id, payout.id)
    apart(check_books, tenant)
    assert payee.currency == currency
    assert not found + here.complaints, "\n".join(found + here.complaints)


def an_hour_later(tenant):
    with clock.frozen_at(clock.now() + timedelta(minutes=61)):
        assert promising.keep(tenant) == 1


@pytest.mark.parametrize(("slug", "currency"), [("bluehour", "EUR"), ("kite", "USD"), ("noor", "AED")])
def test_one_that_the_bank_delays_gives_its_fee_back_before_the_artists_eyes(visit, seeded, tmp_path, slug, currency):
    tenant = the_label(slug)
    payee = apart(with_another_account, tenant, tmp_path, currency, "0003")
    here = visit(slug, who="artist", **SMALL)
    found, place = gets_paid(here, "instant", payee)
    apart(sending.send_due, tenant)
    apart(an_hour_later, tenant)
    here.page.goto(place)
    (told,) = here.page.locator(".notice.success").all_inner_texts()
    with db.tenant_read(tenant) as session:
        payout = session.get_one(Payout, place.rpartition("/")[2])
    assert (payout.state, payout.fee_returned_at is not None) == ("sent", True)
    assert "was given back" in told
    assert f"{payout.fee_micros / 1_000_000:.2f}" in told
    found += [f"late: {flaw}" for flaw in flaws(here)]
    apart(a_day_later, tenant)
    here.page.goto(place)
    assert here.page.locator(".standing .pill.success").count() == 1, "it arrived all the same"
    apart(check_books, tenant)
    assert not found + here.complaints, "\n".join(found + here.complaints)
