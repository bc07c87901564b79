"""Orders that were paid, as programs send and refund them: the parcel is followed, and the money really goes back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.kernel.db import tenant_read
from app.storefront.models import SandboxBack, Stock
from tests.api.held import held
from tests.factories.labels import a_label
from tests.factories.shop import UNIT, a_shop, a_variant, an_order
from tests.identity.post import forget_waiting, mails_to, work
from tests.storefront.paid import check_money, pay, payments_of

DHL = {"carrier": "dhl", "tracking": "JD014600006281230000"}


@pytest.fixture
def label(connected):
    made = a_label(currency="EUR")
    a_shop(made)
    return made


@pytest.fixture
def api(client_of, label):
    return held(client_of, label)


@pytest.fixture
def shirt(label):
    return a_variant(label, "physical", title="Night Shirt", price=20 * UNIT, in_stock=5)


def paid(label, *wanted):
    """An order that a buyer paid at the sandbox's processor."""
    forget_waiting()
    order = pay(label, an_order(label, *wanted))
    work()
    return order


def at_processor(label):
    """What the processor gave back, in minor units."""
    with tenant_read(label) as session:
        rows = session.scalars(select(SandboxBack).where(SandboxBack.kind == "refund", SandboxBack.state == "done"))
        return [row.amount_minor for row in rows]


def on_hand(label, variant):
    with tenant_read(label) as session:
        return session.scalars(select(Stock.on_hand).where(Stock.variant_id == variant.id)).one()


def test_a_refund_pays_out_once_and_the_books_and_the_shelf_know(api, label, shirt):
    order = paid(label, (shirt, 2))
    path = f"/orders/{order.id}"
    (line,) = api("GET", path)["lines"]
    said = {"reason": "Did not fit", "lines": [{"line_id": line["id"], "quantity": 1}], "is_restocked": True}
    asked = api("POST", f"{path}/refunds", said, idempotency_key="refund")
    (refund,) = asked["refunds"]
    assert (refund["state"], at_processor(label)) == ("asked", [])
    assert api("POST", f"{path}/refunds", said, idempotency_key="refund") == asked  # twice is once
    work()
    (done,) = api("GET", path)["refunds"]
    assert (done["id"], done["state"]) == (refund["id"], "done")
    assert at_processor(label) == [done["amount_micros"] // 10_000]
    assert done["amount_micros"] >= 20 * UNIT
    assert on_hand(label, shirt) == 4
    work()
    assert len(at_processor(label)) == 1
    check_money(label)


def test_all_of_an_order_goes_back_and_no_cent_more(api, label, shirt):
    order = paid(label, shirt)
    path = f"/orders/{order.id}"
    shown = api("GET", path)
    lines = [{"line_id": each["id"], "quantity": each["quantity"]} for each in shown["lines"]]
    sending = shown["shipping_micros"]
    over = {"reason": "Lost", "lines": [{**lines[0], "quantity": 2}]}
    api.refused("POST", f"{path}/refunds", 422, over)
    api.refused("POST", f"{path}/refunds", 422, {"reason": "Lost", "lines": lines, "payment_id": shown["id"]})
    api("POST", f"{path}/refunds", {"reason": "Lost", "lines": lines, "shipping_micros": sending})
    work()
    assert api("GET", path)["state"] == "refunded"
    assert sum(at_processor(label)) == payments_of(label, order)[0].amount_micros // 10_000
    api.refused("POST", f"{path}/refunds", 409, {"reason": "Lost", "lines": lines})
    check_money(label)


def test_a_refund_needs_the_right_to_run_the_shop(api, client_of, label, shirt):
    order = paid(label, shirt)
    path = f"/orders/{order.id}/refunds"
    held(client_of, label, "store:read").refused("POST", path, 403, {"reason": "Lost"})
    work()
    assert at_processor(label) == []


def test_a_parcel_is_sent_arrives_and_comes_back(api, label, shirt, settings):
    order = paid(label, (shirt, 2))
    (parcel,) = [each for each in api("GET", f"/orders/{order.id}")["parcels"] if each["kind"] == "parcel"]
    place = f"/orders/{order.id}/parcels/{parcel['id']}"
    api.refused("PUT", f"{place}/arrival", 409)  # it has not left
    api.refused("PUT", f"{place}/return", 409)
    api.refused("PUT", f"{place}/dispatch", 422, DHL | {"tracking": "<b>1</b>"})
    api.refused("PUT", f"{place}/dispatch", 422, DHL | {"state": "delivered"})
    sent = api("PUT", f"{place}/dispatch", DHL)
    (shipped,) = sent["parcels"]
    assert (sent["state"], shipped["state"], shipped["tracking"]) == ("shipped", "shipped", DHL["tracking"])
    assert shipped["shipped_at"]
    assert DHL["tracking"] in shipped["tracking_url"]
    api.refused("PUT", f"{place}/dispatch", 409, DHL)
    work()
    letters = [each for each in mails_to(settings, label, order.email) if DHL["tracking"] in each.text]
    assert len(letters) == 1
    arrived = api("PUT", f"{place}/arrival")
    assert (arrived["state"], arrived["parcels"][0]["state"]) == ("delivered", "delivered")
    assert arrived["parcels"][0]["delivered_at"]
    back = api("PUT", f"{place}/return")
    assert back["parcels"][0]["state"] == "returned"
    assert on_hand(label, shirt) == 3  # it goes into stock with a refund


def test_a_parcel_of_another_order_is_not_found_and_whoever_only_looks_sends_nothing(api, client_of, label, shirt):
    order, other = paid(label, shirt), paid(label, shirt)
    parcel = api("GET", f"/orders/{other.id}")["parcels"][0]
    api.refused("PUT", f"/orders/{order.id}/parcels/{parcel['id']}/dispatch", 404, DHL)
    looks = held(client_of, label, "store:read")
    for step, body in (("dispatch", DHL), ("arrival", None), ("return", None)):
        looks.refused("PUT", f"/orders/{other.id}/parcels/{parcel['id']}/{step}", 403, body)
    assert api("GET", f"/orders/{other.id}")["parcels"][0]["state"] == "open"
