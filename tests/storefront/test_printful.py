"""Printful prints what fans order: once each, whatever gets lost, and without anybody waiting for it."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select, text, update

from app.kernel import cache, clock, db, ids, limits
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Busy
from app.storefront.gateways import printful
from app.storefront.gateways.printful import Printful
from app.storefront.models import Fulfilment, PrintedVariant, PrinterLink, Product, StoreEvent, Variant
from app.storefront.rules.printing_refusals import PrinterBusy, TokenUnusable
from app.storefront.service import printed_goods, printed_news, printed_orders, printed_rates, printing, products
from tests.factories.labels import a_label
from tests.factories.shop import UNIT, a_basket, a_shop, a_variant, an_order
from tests.storefront.paid import give_back, pay, the_order
from tests.storefront.placing import quoted
from tests.storefront.printful_wire import STORE, TOKEN, printer_here

_shops = {}
PAGE = "/portal/store/printful"
RATES = [
    {"id": "STANDARD", "name": "Flat Rate (Estimated delivery: Jun 20-27)", "rate": "4.29", "currency": "EUR", "minDeliveryDays": 3, "maxDeliveryDays": 6},
    {"id": "EXPRESS", "name": "Express", "rate": "11.00", "currency": "USD", "minDeliveryDays": 1, "maxDeliveryDays": 3},
]  # fmt: skip


@pytest.fixture(scope="module")
def printer():
    with printer_here() as found:
        yield found


@pytest.fixture(autouse=True)
def _as_new(printer):
    yield
    printer.trouble.clear()
    printer.asked.clear()
    printer.products.clear()
    printer.token, printer.rates = TOKEN, []


@pytest.fixture
def connected(settings, printer):
    """This process, connected as where Printful is the one on this machine."""
    from app.kernel import observe
    from app.main import composition

    chosen = msgspec.structs.replace(settings, printful_api_base=printer.base, printful_files_base=printer.base)
    observe.configure(chosen, process="test")
    composition.load_slices()
    composition.connect(chosen, "test")
    _count_anew()
    return chosen


def _count_anew(token=TOKEN):
    bucket = Printful(token)._bucket
    for name, limit in ((bucket, printful.PER_MINUTE), (f"{bucket}:background", printful.IN_BACKGROUND)):
        limits.clear(None, name, limit)
    cache.shared().delete(f"{bucket}:until")


@pytest.fixture
def shop(connected):
    """A label whose shop is connected, and whose list was looked through."""
    if "shop" not in _shops:
        _shops["shop"] = a_label(currency="EUR", time_zone="Europe/Berlin")
        a_shop(_shops["shop"])
        printing.connect(_shops["shop"], Actor.system(_shops["shop"]), TOKEN, "https://shop.test")
    cache.of(_shops["shop"]).delete(printed_rates.AWAY)
    return _shops["shop"]


def a_shirt(shop, printer, **details):
    """A product of the printer's on sale; gives its first variant."""
    said = printer.add(**details)
    printed_goods.sync(shop, 0)
    with tenant_work(shop) as session:
        product = the_product(session, said)
        products.publish(session, Actor.system(shop), product)
        return variants(session, product)[0]


def the_product(session, said):
    return session.scalars(select(Product).where(Product.printful_id == str(said["sync_product"]["id"]))).one()


def variants(session, product):
    return list(session.scalars(select(Variant).where(Variant.product_id == product.id).order_by(Variant.position)))


def the_print(shop, order):
    with tenant_read(shop) as session:
        query = select(Fulfilment).where(Fulfilment.order_id == order.id, Fulfilment.kind == "printful")
        return session.scalars(query).one()


def a_paid(shop, shirt, count=1):
    order = pay(shop, an_order(shop, (shirt, count)))
    return order, the_print(shop, order)


def hours_later(shop):
    with tenant_work(shop) as session:
        session.execute(update(Fulfilment).values(asked_at=clock.now() - timedelta(hours=7)))


def told(client_of, shop, event, *, secret=None, host=None):
    with tenant_read(shop) as session:
        known = printing._secrets(shop, session.get_one(PrinterLink, 1)).hook.rpartition("/")[2]
    client = client_of(host or f"{shop.slug}.localhost")
    del client.headers["origin"]
    headers = {"content-type": "application/json"}
    return client.post(
        f"/hooks/store/printful/{secret or known}", content=json.dumps(event), headers=headers
    ).status_code


def events(shop, kind):
    with tenant_read(shop) as session:
        return list(
            session.scalars(select(StoreEvent).where(StoreEvent.gateway == "printful", StoreEvent.kind == kind))
        )


def test_its_list_becomes_drafts_whose_names_and_prices_are_the_labels_from_then_on(shop, printer):
    said = printer.add("Night Shirt", price="25.00")
    printed_goods.sync(shop, 0)
    with tenant_work(shop) as session:
        product = the_product(session, said)
        small, large = variants(session, product)
        assert (product.state, product.kind, product.fulfilled_by) == ("draft", "physical", "printful")
        assert (small.price_micros, small.options) == (25 * UNIT, {"Color": "Black", "Size": "S"})
        assert small.cost_micros == 8_800_000
        assert large.printful_id == str(said["sync_variants"][1]["id"])
        assert product.image_id is not None
        product.title, small.price_micros, picture = "Nachthemd", 30 * UNIT, product.image_id
    said["sync_product"]["name"] = "Something else"
    for each in said["sync_variants"]:
        each["retail_price"] = "99.00"
    printed_goods.sync(shop, 0)
    with tenant_read(shop) as session:
        again = the_product(session, said)
        assert (again.id, again.title, again.image_id) == (product.id, "Nachthemd", picture)
        assert [row.price_micros for row in variants(session, again)] == [30 * UNIT, 25 * UNIT]
        assert session.get_one(PrinterLink, 1).synced_at is not None
    assert printer.hook["types"] == list(printed_news.NEWS)
    assert said["sync_variants"][0]["product"]["product_id"] in printer.hook["params"]["stock_updated"]["product_ids"]


def test_what_the_printer_has_no_more_is_off_sale_and_what_it_adds_is_on(shop, printer):
    said = printer.add("Fading", sizes=("S", "M"))
    printed_goods.sync(shop, 0)
    gone = said["sync_variants"].pop()
    said["sync_variants"].append(gone | {"id": next(printer.names), "size": "XXL"})
    printed_goods.sync(shop, 0)
    with tenant_read(shop) as session:
        rows = variants(session, the_product(session, said))
    assert [(row.options["Size"], row.is_active) for row in rows] == [("S", True), ("M", False), ("XXL", True)]


def test_more_than_a_page_is_looked_through_page_by_page(shop, printer):
    for number in range(printful.PAGE + 1):
        printer.add(f"Poster {number}", sizes=("A3",))["sync_product"]["is_ignored"] = True
    with tenant_read(shop) as session:
        before = session.get_one(PrinterLink, 1).synced_at
    printed_goods.sync(shop, 0)
    with tenant_read(shop) as session:
        assert session.get_one(PrinterLink, 1).synced_at == before
    with db.platform_work("home") as session:
        asked = session.execute(
            text("SELECT args FROM shared.outbox WHERE label = :label AND task = 'storefront.sync_printer'"),
            {"label": shop.id},
        )
        assert {"offset": printful.PAGE} in [row.args for row in asked]
    printed_goods.sync(shop, printful.PAGE)
    with tenant_read(shop) as session:
        assert session.get_one(PrinterLink, 1).synced_at > (before or clock.now() - timedelta(hours=1))


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


def test_what_cannot_be_made_is_off_sale_until_it_can_and_what_the_label_took_off_stays_off(shop, printer, client_of):
    shirt = a_shirt(shop, printer)
    with tenant_read(shop) as session:
        kind = int(session.get_one(PrintedVariant, shirt.id).catalog_product)
        other = variants(session, session.get_one(Product, shirt.product_id))[1]
    with tenant_work(shop) as session:
        session.get_one(Variant, other.id).is_active = False

    def is_sold(in_stock):
        for each in printer.catalog[kind]["variants"]:
            each["in_stock"] = in_stock
        event = printer.event("stock_updated", {"product_id": kind, "variant_stock": {"1": str(ids.new_id())}})
        assert told(client_of, shop, event) == 200
        printed_news.hear(shop)
        with tenant_read(shop) as session:
            return [session.get_one(Variant, each.id).is_active for each in (shirt, other)]

    assert is_sold(in_stock=False) == [False, False]
    assert is_sold(in_stock=True) == [True, False]


def test_news_that_is_not_for_the_label_finds_nothing(shop, printer, client_of):
    event = printer.event("order_failed", {"order": {"id": 1, "external_id": ids.new_id().hex}})
    rival = a_label(currency="EUR")
    assert told(client_of, shop, event, secret="guessed") == 404
    assert told(client_of, shop, event, host=f"{rival.slug}.localhost") == 404
    assert told(client_of, shop, event) == 200
    printed_news.hear(shop)
    assert [each.state for each in events(shop, "order_failed") if each.reference == event["data"]["order"]["external_id"]] == ["quarantined"]  # fmt: skip
    client = client_of(f"{shop.slug}.localhost")
    with tenant_read(shop) as session:
        hook = printing._secrets(shop, session.get_one(PrinterLink, 1)).hook.removeprefix("https://shop.test")
    assert client.post(hook, content=b"{").status_code == 422
    assert client.post(hook, content=b"x" * 2_000_000).status_code == 422


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
    _count_anew()
    printed_orders.send(shop, sent.id)
    assert the_print(shop, order).state == "asked"


def test_pictures_come_from_nowhere_but_the_configured_place(shop, printer):
    said = printer.add("Elsewhere")
    said["sync_product"]["thumbnail_url"] = printer.base.replace("127.0.0.1", "localhost") + "/files/1.png"
    printed_goods.sync(shop, 0)
    with tenant_read(shop) as session:
        assert the_product(session, said).image_id is None


def test_a_label_connects_and_parts_in_the_portal_and_its_token_is_sealed(connected, printer, client_as):
    tenant = a_label(currency="EUR")
    a_shop(tenant)
    client = client_as(tenant)
    assert "Connect your store" in client.get(PAGE).text
    refused = client.post(PAGE, data={"token": "wrong"})
    assert refused.status_code == 422
    assert "does not accept this token" in refused.text
    printer.stores.append({"id": 11, "name": "Another"})
    assert "opens several stores" in client.post(PAGE, data={"token": TOKEN}).text
    printer.stores.pop()
    assert client.post(PAGE, data={"token": TOKEN}).status_code == 303
    with tenant_read(tenant) as session:
        link = session.get_one(PrinterLink, 1)
        assert (link.store_id, TOKEN.encode() in link.sealed) == (str(STORE), False)
    shirt = a_shirt(tenant, printer)
    page = client.get(PAGE).text
    assert "Kite Shop" in page
    assert TOKEN not in page
    assert client_as(tenant, role="viewer").post(f"{PAGE}/removal").status_code in (403, 404)
    assert client.post(f"{PAGE}/list").status_code == 303
    assert client.post(f"{PAGE}/removal").status_code == 303
    assert printer.hook is None
    with tenant_read(tenant) as session:
        assert session.get(PrinterLink, 1) is None
        assert not session.get_one(Variant, shirt.id).is_active
    assert client.post(f"{PAGE}/list").status_code == 409


def test_a_token_that_is_taken_back_stops_the_asking_and_is_told(connected, printer):
    tenant = a_label(currency="EUR")
    a_shop(tenant)
    printing.connect(tenant, Actor.system(tenant), TOKEN, "https://shop.test")
    printer.token = "another"
    printed_goods.sync(tenant, 0)
    with tenant_read(tenant) as session:
        assert session.get_one(PrinterLink, 1).state == "refused"
    asked = len(printer.asked)
    printed_goods.sync(tenant, 0)
    assert len(printer.asked) == asked
    with pytest.raises(TokenUnusable):
        printing.connect(tenant, Actor.system(tenant), "not a token", "https://shop.test")
