"""Buyers pay at the card processor: one page and one payment whatever gets lost, and calls are only hints."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select, update

from app.kernel import clock
from app.kernel.db import tenant_read, tenant_work
from app.ledger.rules import Kind
from app.storefront.gateways import gateways
from app.storefront.gateways.stripe.gateway import StripeGateway
from app.storefront.models import Dispute, GatewayDifference, Payment, Refund, StoreEvent
from app.storefront.service import hearing, paying, reconciling, returning
from tests.factories.labels import a_label
from tests.factories.shop import a_market, a_shop, a_variant, an_order
from tests.payouts.stripe_stand_in import KEY, SECRET
from tests.storefront.paid import (
    accounts,
    ask_refund,
    give_back,
    later,
    payments_of,
    refunds_of,
    sales_of,
    start,
    the_order,
)
from tests.storefront.stripe_till import till

_shops = {}


@pytest.fixture(scope="module")
def processor():
    with till() as found:
        yield found


@pytest.fixture(autouse=True)
def _quiet(processor):
    yield
    processor.faults.clear()
    processor.refund_status, processor.settles_in = "succeeded", None


@pytest.fixture
def connected(settings, processor, monkeypatch):
    """This process, connected as where buyers pay at the processor."""
    from app.kernel import observe
    from app.main import composition

    keys = {"stripe_secret_key": KEY, "stripe_webhook_secret": SECRET, "stripe_api_base": processor.base}
    chosen = msgspec.structs.replace(settings, **keys)
    observe.configure(chosen, process="test")
    composition.load_slices()
    composition.connect(chosen, "test")
    gateway = StripeGateway(KEY, processor.base, timeouts=(2.0, 2.0))
    monkeypatch.setattr(gateways, "_stripe", lambda *_: gateway)
    return chosen


@pytest.fixture
def shop(connected, request):
    """A shop of each file's own: another file's processor begins its numbers anew."""
    name = request.node.path.stem
    if name not in _shops:
        _shops[name] = a_label(currency="EUR")
        a_shop(_shops[name])
    return _shops[name]


def told(client_of, event, *, secret=SECRET, ago=0):
    """The processor's event on its way in; gives the status of the answer."""
    body, at = json.dumps(event).encode(), int(time.time()) - ago
    mac = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    headers = {"stripe-signature": f"t={at},v1={mac}", "content-type": "application/json"}
    return client_of("anything.example").post("/hooks/store/stripe", content=body, headers=headers).status_code


def page_of(step):
    return step.url.rpartition("/")[2]


def test_a_buyer_pays_on_the_processors_page_and_the_call_settles_it(shop, processor, client_of):
    order = an_order(shop)
    step = start(shop, order)
    assert step.url.startswith("https://checkout.stripe.com/")
    asked = processor.made("POST", "/v1/checkout/sessions")[-1]
    assert asked.params["line_items"]["0"]["price_data"]["unit_amount"] == str(order.total_micros // 10_000)
    assert asked.key == f"{shop.id}-pay-{payments_of(shop, order)[0].id}"
    event = processor.pay(page_of(step))
    assert told(client_of, event) == 200
    assert told(client_of, event) == 200
    hearing.hear(shop)
    assert the_order(shop, order).state == "delivered"
    (payment,) = payments_of(shop, order)
    assert (payment.method, payment.fee_micros > 0) == ("visa •••• 4242", True)
    with tenant_read(shop) as session:
        events = list(session.scalars(select(StoreEvent).where(StoreEvent.reference == page_of(step))))
    assert [each.state for each in events] == ["applied"]


def test_what_the_processor_did_not_sign_is_refused(shop, processor, client_of):
    order = an_order(shop)
    event = processor.pay(page_of(start(shop, order)))
    assert told(client_of, event, secret="whsec_forged_secret") == 422
    assert told(client_of, event, ago=301) == 422
    hearing.hear(shop)
    assert the_order(shop, order).state == "placed"


def test_a_call_about_another_label_or_world_changes_nothing(shop, processor, client_of):
    order = an_order(shop)
    step = start(shop, order)
    event = processor.pay(page_of(step))
    live = {**event, "id": "evt_live1", "livemode": True}
    assert told(client_of, live) == 200
    rival = a_label(currency="EUR")
    a_shop(rival)
    moved = json.loads(json.dumps(event).replace(shop.id, rival.id)) | {"id": "evt_moved1"}
    for _ in range(20):
        if told(client_of, moved) == 200:
            break
    for _ in range(hearing.MOST_TRIES):
        hearing.hear(rival)
    hearing.hear(shop)
    assert the_order(shop, order).state == "placed"
    with tenant_read(shop) as session:
        (kept,) = session.scalars(select(StoreEvent).where(StoreEvent.event_id == "evt_live1"))
    assert (kept.state, kept.why) == ("quarantined", "livemode")


@pytest.mark.parametrize("trouble", ["delay", "drop", "500", "garbage"])
def test_an_answer_that_gets_lost_is_asked_for_again_under_the_same_key(shop, processor, trouble):
    order = an_order(shop)
    processor.fail(
        trouble, "POST /v1/checkout/sessions", committed=trouble != "500", seconds=2.5 if trouble == "delay" else 0
    )
    pages = len(processor.pages)
    first = start(shop, order)
    assert (first.kind, first.problem) == ("failed", "unreachable")
    again = start(shop, order)
    if trouble == "500":  # said again under the same key: for certain nothing was done, and a new try has a new key
        assert (again.kind, payments_of(shop, order)[0].state) == ("failed", "failed")
        again = start(shop, order)
    assert again.kind == "redirect"
    assert len(processor.pages) == pages + 1
    processor.pay(page_of(again))
    paying.look(shop, order.id)
    assert the_order(shop, order).paid_at
    assert [each.state for each in payments_of(shop, order)].count("paid") == 1


def test_after_the_key_is_forgotten_the_lists_are_searched(shop, processor):
    order, never = an_order(shop), an_order(shop)
    processor.fail("drop", "POST /v1/checkout/sessions", committed=True)
    start(shop, order)
    processor.fail("drop", "POST /v1/checkout/sessions", committed=False)
    start(shop, never)
    past = clock.now() - timedelta(hours=25)
    marks = {str(payments_of(shop, each)[0].id) for each in (order, never)}
    with tenant_work(shop) as session:
        session.execute(update(Payment).where(Payment.order_id.in_([order.id, never.id])).values(started_at=past))
    for page in processor.pages.values():
        if page["client_reference_id"] in marks:
            page["created"] -= 25 * 3600
            processor.pay(page["id"])
    asked = len(processor.made("POST", "/v1/checkout/sessions"))
    paying.follow(shop)
    assert the_order(shop, order).paid_at
    assert payments_of(shop, never)[0].state == "failed"
    assert len(processor.made("POST", "/v1/checkout/sessions")) == asked


def test_money_that_comes_later_is_followed(shop, processor):
    order = an_order(shop)
    page = page_of(start(shop, order, "sepa_debit"))
    processor.pay(page, later=True)
    paying.look(shop, order.id)
    assert payments_of(shop, order)[0].state == "acting"
    processor.pay(page)
    later(shop)
    paying.follow(shop)
    assert the_order(shop, order).paid_at


def test_a_page_that_is_left_can_be_closed_for_another_way(shop, processor):
    order = an_order(shop)
    first = start(shop, order)
    second = start(shop, order, "klarna")
    assert processor.pages[page_of(first)]["status"] == "expired"
    processor.pay(page_of(second))
    paying.look(shop, order.id)
    assert [each.state for each in payments_of(shop, order)] == ["cancelled", "paid"]


def test_a_refund_is_given_once_though_its_answer_is_lost(shop, processor):
    order = an_order(shop)
    processor.pay(page_of(start(shop, order)))
    paying.look(shop, order.id)
    processor.fail("drop", "POST /v1/refunds", committed=True)
    made = give_back(shop, order)
    assert made.state == "asked"
    later(shop)
    returning.send_open(shop)
    assert refunds_of(shop, order)[0].state == "done"
    assert the_order(shop, order).state == "refunded"
    assert len([each for each in processor.refunds.values() if each["metadata"]["refund_id"] == str(made.id)]) == 1
    fee = payments_of(shop, order)[0].fee_micros
    assert accounts(shop, order) == {Kind.PAYMENT_FEES: fee, Kind.CLEARING: -fee}


def test_a_refund_that_takes_its_time_is_heard_of_and_may_fail_in_the_end(shop, processor, client_of):
    processor.refund_status = "pending"
    order = an_order(shop)
    processor.pay(page_of(start(shop, order)))
    paying.look(shop, order.id)
    made = give_back(shop, order)
    assert made.state == "sent"
    processor.refunds[made.reference]["status"] = "failed"
    assert told(client_of, processor.event("refund.failed", processor.refunds[made.reference])) == 200
    hearing.hear(shop)
    assert refunds_of(shop, order)[0].state == "failed"
    assert the_order(shop, order).refunded_micros == 0


def test_a_dispute_finds_its_label_by_its_payment(shop, processor, client_of):
    order = an_order(shop)
    page = page_of(start(shop, order))
    processor.pay(page)
    paying.look(shop, order.id)
    assert told(client_of, processor.dispute(page, "warning_needs_response")) == 200
    hearing.hear(shop)
    assert accounts(shop, order).get(Kind.DISPUTED, 0) == 0
    assert told(client_of, processor.dispute(page)) == 200
    hearing.hear(shop)
    assert accounts(shop, order)[Kind.DISPUTED] == order.total_micros
    assert told(client_of, processor.dispute(page, "lost")) == 200
    hearing.hear(shop)
    assert the_order(shop, order).state == "refunded"
    assert accounts(shop, order)[Kind.LOSSES] == 15_000_000
    with tenant_read(shop) as session:
        assert session.scalars(select(Dispute.state).where(Dispute.reference == f"du_{page[3:]}")).one() == "lost"


def test_fees_in_another_currency_count_in_the_orders(shop, processor):
    processor.settles_in = ("usd", 1.08)
    order = an_order(shop)
    processor.pay(page_of(start(shop, order)))
    paying.look(shop, order.id)
    units = order.total_micros // 10_000
    assert abs(payments_of(shop, order)[0].fee_micros // 10_000 - (units * 14 // 1000 + 25)) <= 1
    assert sum(each.fee_micros for each in sales_of(shop, order)) == payments_of(shop, order)[0].fee_micros


def test_yen_and_dinars_are_asked_for_in_the_processors_units(shop, processor):
    for market, country, places in (("japan", "JP", 0), ("kuwait", "KW", 3)):
        a_market(shop, market)
        order = an_order(shop, a_variant(shop), market=market, country=country)
        step = start(shop, order)
        asked = processor.made("POST", "/v1/checkout/sessions")[-1]
        assert step.kind == "redirect", step
        assert int(asked.params["line_items"]["0"]["price_data"]["unit_amount"]) == order.total_micros // 10 ** (
            6 - places
        )


def test_the_processors_list_is_compared_with_the_books(shop, processor):
    order, quiet = an_order(shop), an_order(shop)
    processor.pay(page_of(start(shop, order)))
    paying.look(shop, order.id)
    processor.pay(page_of(start(shop, quiet)))
    intent = payments_of(shop, order)[0].facts["payment_intent"]
    processor._refund(
        {"amount": "100", "payment_intent": intent, "metadata": {}}
    )  # by hand, on the processor's own pages
    assert reconciling.reconcile(shop) == 1
    assert the_order(shop, quiet).paid_at
    with tenant_read(shop) as session:
        (found,) = session.scalars(select(GatewayDifference))
    assert (found.kind, found.facts["kind"]) == ("extra", "refund")
    assert reconciling.reconcile(shop) == 0


def test_a_refund_that_the_processor_refuses_counts_as_not_given_back(shop, processor):
    order = an_order(shop)
    processor.pay(page_of(start(shop, order)))
    paying.look(shop, order.id)
    processor.fail("400", "POST /v1/refunds", code="charge_already_refunded")
    made = ask_refund(shop, order)
    returning.send(shop, made.id)
    with tenant_read(shop) as session:
        assert session.get_one(Refund, made.id).state == "failed"
    assert the_order(shop, order).refunded_micros == 0
