"""Printful prints what fans order: once each, whatever gets lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.kernel import clock
from app.kernel.db import tenant_work
from app.storefront.models import Product
from app.storefront.service import printed_news, printed_orders
from tests.factories.labels import a_label
from tests.storefront.paid import give_back, the_order
from tests.storefront.printing.printed import (
    PAGE,
    a_paid,
    a_shirt,
    events,
    hours_later,
    the_print,
    told,
)
from tests.storefront.test_pay_killed import killed_at


def test_a_paid_order_is_printed_once_and_the_fan_is_told_when_it_leaves(shop, printer, client_of):
    shirt = a_shirt(shop, printer)
    order, sent = a_paid(shop, shirt, 2)
    assert sent.state == "open"
    printed_orders.send(shop, sent.id)
    printed_orders.send(shop, sent.id)
    printed_orders.send_open(shop)
    made = printer.orders[sent.id.hex]
    assert printer.count("POST /orders") == 1
    assert made["recipient"]["country_code"] == "DE"
    assert [(item["sync_variant_id"], item["quantity"]) for item in made["items"]] == [(int(shirt.printful_id), 2)]
    sent = the_print(shop, order)
    assert (sent.state, sent.reference) == ("asked", f"printful:{made['id']}")
    assert the_order(shop, order).state == "in_fulfilment"
    event = printer.ship(sent.id.hex)
    assert told(client_of, shop, event) == 200
    assert told(client_of, shop, event | {"retries": 1}) == 200
    printed_news.hear(shop)
    sent = the_print(shop, order)
    assert (sent.state, sent.carrier, sent.tracking) == ("shipped", "UPS", "1Z999")
    assert the_order(shop, order).state == "shipped"
    (kept,) = [each for each in events(shop, "package_shipped") if each.reference == sent.id.hex]
    assert kept.state == "applied"
    assert told(client_of, shop, printer.event("package_returned", {"reason": "x", "order": made})) == 200
    printed_news.hear(shop)
    assert the_print(shop, order).state == "returned"


@pytest.mark.parametrize("trouble", ["lost", "silent", "500"])
def test_an_order_of_which_nobody_knows_is_looked_for_before_it_is_placed_again(shop, printer, trouble):
    order, sent = a_paid(shop, a_shirt(shop, printer))
    printer.trouble["POST /orders"] = trouble
    printed_orders.send(shop, sent.id)
    sent = the_print(shop, order)
    assert (sent.state, sent.reference) == ("asked", None)
    printer.trouble.clear()
    printed_orders.send(shop, sent.id)
    assert the_print(shop, order).reference is None, "whoever asks now may ask at the same time as another"
    hours_later(shop)
    printed_orders.send(shop, sent.id)
    assert the_print(shop, order).reference == f"printful:{printer.orders[sent.id.hex]['id']}"
    assert printer.count("POST /orders") == (1 if trouble == "lost" else 2)


def test_eight_workers_at_once_place_one_order(shop, printer):
    order, sent = a_paid(shop, a_shirt(shop, printer))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: printed_orders.send(shop, sent.id), range(8)))
    assert printer.count("POST /orders") == 1
    assert the_print(shop, order).reference is not None


def test_what_the_printer_refuses_is_told_and_may_be_asked_again(shop, printer, client_as):
    order, sent = a_paid(shop, a_shirt(shop, printer))
    printer.trouble["POST /orders"] = "refused"
    printed_orders.send(shop, sent.id)
    sent = the_print(shop, order)
    assert (sent.state, sent.problem) == ("failed", "Recipient: ZIP code is missing")
    client = client_as(shop)
    assert "ZIP code is missing" in client.get(PAGE).text
    rival = client_as(a_label(currency="EUR"))
    assert rival.post(f"{PAGE}/orders/{order.id}/{sent.id}").status_code == 404
    printer.trouble.clear()
    assert client.post(f"{PAGE}/orders/{order.id}/{sent.id}").status_code == 303
    printed_orders.send_open(shop)
    assert the_print(shop, order).reference is not None


def test_what_was_given_back_before_it_was_asked_for_is_not_made(shop, printer):
    order, sent = a_paid(shop, a_shirt(shop, printer))
    give_back(shop, order)
    printed_orders.send(shop, sent.id)
    assert the_print(shop, order).state == "cancelled"
    assert printer.count("POST /orders") == 0


def test_an_order_that_the_printer_cancels_or_fails_says_so(shop, printer, client_of):
    shirt = a_shirt(shop, printer)
    for status, kind, state in (("canceled", "order_canceled", "cancelled"), ("failed", "order_failed", "failed")):
        order, sent = a_paid(shop, shirt)
        printed_orders.send(shop, sent.id)
        made = printer.orders[sent.id.hex]
        told(client_of, shop, printer.event(kind, {"reason": "x", "order": made}))
        printed_news.hear(shop)
        assert the_print(shop, order).state == "asked", "what is said is read again, not believed"
        made["status"] = status
        told(client_of, shop, printer.event(kind, {"reason": "y", "order": made}))
        printed_news.hear(shop)
        assert the_print(shop, order).state == state


@pytest.mark.parametrize("place", ["store.print_claimed", "store.print_asked"])
def test_whoever_is_killed_while_asking_leaves_one_order(shop, printer, connected, monkeypatch, place):
    monkeypatch.setenv("BOPTONE_ENV", "test")
    order, sent = a_paid(shop, a_shirt(shop, printer))
    assert killed_at(place, connected, lambda: printed_orders.send(shop, sent.id))
    assert (the_print(shop, order).state, the_print(shop, order).reference) == ("asked", None)
    hours_later(shop)
    printed_orders.send_open(shop)
    assert the_print(shop, order).reference is not None
    assert printer.count("POST /orders") == 1


def test_a_silent_printer_is_asked_for_one_of_many_and_for_all_when_it_is_back(shop, printer):
    shirt = a_shirt(shop, printer)
    waiting = [a_paid(shop, shirt) for _ in range(3)]
    printer.trouble["POST /orders"] = "500"
    printed_orders.send_open(shop)
    assert printer.count("POST /orders") == 1
    printer.trouble.clear()
    hours_later(shop)
    printed_orders.send_open(shop)
    assert all(the_print(shop, order).reference is not None for order, _ in waiting)
    assert printer.count("POST /orders") == 4


def test_what_comes_out_later_is_printed_on_its_day(shop, printer):
    shirt, day = a_shirt(shop, printer), clock.day_in(shop.time_zone) + timedelta(days=1)
    with tenant_work(shop) as session:
        session.get_one(Product, shirt.product_id).ships_on = day
    order, sent = a_paid(shop, shirt)
    printed_orders.send_open(shop)
    printed_orders.send(shop, sent.id)
    assert (the_print(shop, order).state, printer.count("POST /orders")) == ("open", 0)
    midnight = datetime.combine(day, time(0), ZoneInfo(shop.time_zone)).astimezone(UTC)
    assert midnight.date() < day, "the label's day begins before that of UTC"
    with clock.frozen_at(midnight + timedelta(minutes=1)):
        printed_orders.send_open(shop)
    assert printer.count("POST /orders") == 1
