"""What Printful takes to send things, without anybody waiting for it, and no more often than it allows."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from app.kernel import ids
from app.kernel.errors import Busy
from app.storefront.gateways.printful import Printful
from app.storefront.rules.printing_refusals import PrinterBusy
from app.storefront.service import printed_orders, printed_rates
from tests.factories.shop import a_basket, a_variant, an_order
from tests.storefront.paid import pay
from tests.storefront.placing import quoted
from tests.storefront.printing.printed import (
    RATES,
    a_paid,
    a_shirt,
    count_anew,
    the_print,
)
from tests.storefront.test_buying import bought, lay_in


def test_a_basket_is_sent_at_what_the_printer_takes_and_asked_once(shop, printer):
    printer.rates = RATES
    basket = a_basket(shop, (a_shirt(shop, printer), 2))
    first = quoted(shop, basket)
    printed_rates.ask(shop, first.printed)
    found = quoted(shop, basket)
    assert [(way.key, way.name, way.price_micros) for way in found.ways] == [
        ("printful:STANDARD", "Flat Rate", 4_290_000), ("printful:EXPRESS", "Express", 10_190_000),
    ]  # fmt: skip
    assert (found.shipping_micros, found.printed) == (4_290_000, None)
    assert quoted(shop, basket, way="printful:EXPRESS").shipping_micros == 10_190_000
    assert printer.count("POST /shipping/rates") == 1


def test_things_of_the_label_and_of_the_printer_cost_both_to_send(shop, printer):
    printer.rates = RATES
    shirt, record = a_shirt(shop, printer), a_variant(shop, "physical", in_stock=5)
    alone = quoted(shop, a_basket(shop, record))
    both = a_basket(shop, record, shirt)
    printed_rates.ask(shop, quoted(shop, both).printed)
    assert quoted(shop, both).shipping_micros == alone.shipping_micros + 4_290_000


@pytest.mark.parametrize("trouble", ["silent", "slow", "500", "429"])
def test_a_printer_that_does_not_answer_keeps_no_fan_waiting(shop, printer, trouble):
    basket = a_basket(shop, (a_shirt(shop, printer), 1))
    printer.trouble["POST /shipping"] = trouble
    began = time.monotonic()
    first = quoted(shop, basket)
    printed_rates.ask(shop, first.printed)
    assert time.monotonic() - began < printed_rates.PATIENCE + 1.5
    found = quoted(shop, basket)
    assert found.printed is None
    assert found.ways
    assert found.ways == first.ways


def test_a_checkout_shows_the_printers_ways_and_orders_by_the_one_that_was_chosen(shop, printer):
    printer.rates = RATES
    shirt = a_shirt(shop, printer)
    printed_rates.ask(shop, quoted(shop, a_basket(shop, shirt)).printed)
    order = pay(shop, an_order(shop, shirt, way="printful:EXPRESS"))
    sent = the_print(shop, order)
    printed_orders.send(shop, sent.id)
    assert printer.orders[sent.id.hex]["shipping"] == "EXPRESS"


def test_no_more_than_its_limit_is_asked_in_a_minute_by_all_at_once(connected, printer):
    printer.token = token = f"token-{ids.new_id().hex}"

    def ask(_):
        try:
            return Printful(token, in_background=False).stores().kind
        except Busy as busy:
            return busy.retry_after

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(ask, range(150)))
    assert said.count("done") == printer.count("GET /stores") == 120
    assert all(1 <= each <= 60 for each in said if each != "done")


def test_work_that_nobody_waits_for_leaves_room_for_fans(connected, printer):
    printer.token = token = f"token-{ids.new_id().hex}"
    for _ in range(90):
        Printful(token).stores()
    with pytest.raises(Busy):
        Printful(token).stores()
    assert Printful(token, in_background=False).stores().kind == "done"


def test_when_it_says_wait_everybody_waits_as_long(shop, printer):
    order, sent = a_paid(shop, a_shirt(shop, printer))
    printer.trouble["POST /orders"] = "429"
    with pytest.raises(PrinterBusy) as busy:
        printed_orders.send(shop, sent.id)
    assert busy.value.retry_after == 7
    assert the_print(shop, order).state == "open"
    printer.trouble.clear()
    asked = len(printer.asked)
    with pytest.raises(PrinterBusy):
        printed_orders.send(shop, sent.id)
    assert len(printer.asked) == asked
    count_anew()
    printed_orders.send(shop, sent.id)
    assert the_print(shop, order).state == "asked"


def test_a_fan_is_shown_the_printers_price_in_the_checkout_and_pays_it(shop, printer, client_of):
    printer.rates = RATES
    shirt, fan = a_shirt(shop, printer), client_of(f"{shop.slug}.localhost")
    assert "€29.29" in lay_in(fan, shirt).text
    page = fan.post("/en/checkout", data={"country": "DE", "step": "look", "way": "printful:EXPRESS"})
    assert "€35.19" in page.text
    assert "/pay/" in bought(fan, way="printful:EXPRESS").headers["location"]
    assert printer.count("POST /shipping") == 1


def test_a_fan_whom_the_printer_keeps_waiting_buys_at_the_labels_own_rate(shop, printer, client_of):
    printer.trouble["POST /shipping"] = "slow"
    shirt, fan = a_shirt(shop, printer), client_of(f"{shop.slug}.localhost")
    assert "€25.00" in lay_in(fan, shirt, quantity="3").text
    assert "/pay/" in bought(fan).headers["location"]
    assert printer.count("POST /shipping") == 1


def test_two_processes_share_one_limit(connected, printer):
    printer.token = token = f"token-{ids.new_id().hex}"
    children = []
    for _ in range(2):
        child = os.fork()
        if child == 0:
            try:
                for _ in range(80):
                    with suppress(Busy):
                        Printful(token, in_background=False).stores()
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    assert printer.count("GET /stores") == 120
