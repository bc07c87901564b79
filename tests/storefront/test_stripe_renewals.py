"""The card processor charges members again: a card that was kept for that, once, with nobody there."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import update

from app.kernel import clock
from app.kernel.db import tenant_work
from app.storefront.models import Membership, Payment
from app.storefront.service import hearing, members, paying, reconciling, renewing
from tests.factories.shop import UNIT, a_variant, an_order
from tests.storefront import test_stripe_till as stripe_till
from tests.storefront.paid import give_back, later, payments_of, start, the_order
from tests.storefront.test_renewals import a_fan, of_fan, renewals_of, the_member
from tests.storefront.test_stripe_till import page_of, told

connected, shop, processor = stripe_till.connected, stripe_till.shop, stripe_till.processor


@pytest.fixture(autouse=True)
def _quiet(processor):
    yield
    processor.faults.clear()
    processor.declines_again = ""


def a_member(shop, processor):
    """A member whose next period begins today."""
    fan = a_fan(shop)
    order = an_order(shop, a_variant(shop, "membership", price=5 * UNIT, interval="month"), fan_id=fan.id)
    step = start(shop, order)
    asked = processor.made("POST", "/v1/checkout/sessions")[-1]
    assert asked.params["payment_intent_data"]["setup_future_usage"] == "off_session"
    assert asked.params["customer_creation"] == "always"
    processor.pay(page_of(step))
    paying.look(shop, order.id)
    member = of_fan(shop, fan)
    with tenant_work(shop) as session:
        session.execute(update(Membership).where(Membership.id == member.id).values(renews_on=members.today(shop)))
    return the_member(shop, member)


def order_of(shop, member):
    ((_, order),) = renewals_of(shop, member)
    return order


def test_a_card_that_was_kept_is_charged_again_and_given_back(shop, processor, client_of):
    member = a_member(shop, processor)
    assert (member.gateway, member.reference.startswith("cus_")) == ("stripe", True)
    renewing.renew(shop, member.id)
    asked = processor.made("POST", "/v1/payment_intents")[-1]
    assert (asked.params["off_session"], asked.params["confirm"], asked.params["amount"]) == ("true", "true", "500")
    order = order_of(shop, member)
    (payment,) = payments_of(shop, order)
    assert (order.state, payment.state, payment.reference[:3]) == ("delivered", "paid", "pi_")
    assert asked.key == f"{shop.id}-pay-{payment.id}"
    assert payment.fee_micros > 0
    assert the_member(shop, member).renews_on > date.today() + timedelta(days=20)  # noqa: DTZ011
    event = processor.event("payment_intent.succeeded", processor.intents[payment.reference])
    assert told(client_of, event) == 200
    hearing.hear(shop)
    assert reconciling.reconcile(shop) == 0
    assert give_back(shop, order).state == "done"
    assert the_order(shop, order).state == "refunded"


def test_a_card_that_is_declined_makes_its_member_late(shop, processor):
    processor.declines_again = "authentication_required"
    member = a_member(shop, processor)
    renewing.renew(shop, member.id)
    (payment,) = payments_of(shop, order_of(shop, member))
    assert (payment.state, payment.problem) == ("failed", "challenge_failed")
    assert the_member(shop, member).state == "late"


@pytest.mark.parametrize("trouble", ["drop", "garbage"])
def test_an_answer_that_gets_lost_charges_once(shop, processor, trouble):
    member = a_member(shop, processor)
    many = len(processor.intents)
    processor.fail(trouble, "POST /v1/payment_intents", committed=True)
    renewing.renew(shop, member.id)
    assert payments_of(shop, order_of(shop, member))[0].state == "open"
    assert the_member(shop, member).state == "active"
    renewing.renew(shop, member.id)
    later(shop)
    paying.follow(shop)
    assert [each.state for each in payments_of(shop, order_of(shop, member))] == ["paid"]
    assert len(processor.intents) == many + 1


def test_after_the_key_is_forgotten_the_list_is_searched(shop, processor):
    member = a_member(shop, processor)
    processor.fail("drop", "POST /v1/payment_intents", committed=True)
    renewing.renew(shop, member.id)
    order = order_of(shop, member)
    with tenant_work(shop) as session:
        past = clock.now() - timedelta(hours=25)
        session.execute(update(Payment).where(Payment.order_id == order.id).values(started_at=past))
    for intent in processor.intents.values():
        if intent["metadata"].get("payment_id") == str(payments_of(shop, order)[0].id):
            intent["created"] -= 25 * 3600
    asked = len(processor.made("POST", "/v1/payment_intents"))
    paying.follow(shop)
    assert the_order(shop, order).state == "delivered"
    assert len(processor.made("POST", "/v1/payment_intents")) == asked
