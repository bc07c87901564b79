"""The same journey over the card processor's adapter: a stand-in speaks the processor's published shapes."""

from __future__ import annotations

import json

import httpx
import pytest

from app.kernel import db
from app.main import composition
from app.payouts.models import Payout
from app.payouts.service import hearing, reconciling, sending
from tests.browser.conftest import Site
from tests.browser.test_artist_app import SMALL, flaws
from tests.browser.test_payout_journey import apart, gets_paid, the_artists_payee
from tests.factories.labels import the_label
from tests.payouts.stripe_stand_in import KEY, SECRET, stand_in
from tests.payouts.test_stripe_journey import take_processor_account
from tests.servers import started, stopped

FUNDS = 10_000_000


@pytest.fixture(scope="module")
def processor():
    with stand_in() as processor:
        yield processor


@pytest.fixture(scope="module")
def site(site, services, processor):
    """The demo labels, served by a process whose payouts go over the processor."""
    keys = {"STRIPE_SECRET_KEY": KEY, "STRIPE_WEBHOOK_SECRET": SECRET, "STRIPE_API_BASE": processor.base}
    process, port = started(services, site.database, BOPTONE_ENV="development", **keys)
    yield Site(port, site.database)
    stopped(process)


@pytest.fixture
def seeded(services, site, processor):
    """This process, connected to the same database and the same processor."""
    keys = {"STRIPE_SECRET_KEY": KEY, "STRIPE_WEBHOOK_SECRET": SECRET, "STRIPE_API_BASE": processor.base}
    with composition.connected("test", services.settings(site.database, **keys)) as settings:
        yield settings


def told(site, processor, event):
    """The processor's word on its way in."""
    body = json.dumps(event).encode()
    headers = {"host": f"admin.localhost:{site.port}", "stripe-signature": processor.signed(body)}
    return httpx.post(f"http://127.0.0.1:{site.port}/hooks/stripe", content=body, headers=headers).status_code


@pytest.mark.parametrize(
    ("slug", "currency", "language", "rival"),
    [("bluehour", "EUR", "en", "kite"), ("kite", "USD", "en", "noor"), ("noor", "AED", "ar", "bluehour")],
)
def test_an_artist_is_paid_over_the_processor(
    visit, seeded, site, processor, tmp_path, slug, currency, language, rival
):
    tenant = the_label(slug)
    payee = apart(the_artists_payee, tenant, tmp_path, currency)
    processor.fund(FUNDS, currency)
    apart(take_processor_account, tenant, payee, processor, currency)
    here, found, before = visit(slug, who="artist", language=language, **SMALL), [], processor.paid_out(currency)
    whole = processor.money()
    for speed in ("instant", "standard"):
        flaw, place = gets_paid(here, speed, payee)
        found += flaw
        number = place.rpartition("/")[2]
        apart(sending.send_due, tenant)
        with db.tenant_read(tenant) as session:
            payout = session.get_one(Payout, number)
        assert (payout.state, payout.rail, payout.speed) == ("sent", "stripe", speed)
        assert [told(site, processor, processor.turn(payout.reference, "paid")) for _ in range(2)] == [200, 200]
        apart(hearing.hear, tenant)
        here.page.goto(place)
        assert here.page.locator(".standing .pill.success").count() == 1, "the money arrived"
        found += [f"paid: {flaw}" for flaw in flaws(here)]
        before += payout.sent_micros // 10_000
        assert processor.paid_out(currency) == before, "the bank has what the receipt says, once"
    assert processor.money() == whole
    assert apart(reconciling.reconcile, tenant) == 0
    assert visit(rival).go(f"/portal/payouts/{number}").status == 404
    assert not found + here.complaints, "\n".join(found + here.complaints)
