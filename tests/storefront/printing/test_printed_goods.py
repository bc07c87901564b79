"""Printful's list becomes the label's products, and a label connects and parts as it likes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from app.kernel import clock, db, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.royalties.service import rates
from app.storefront.gateways import printful
from app.storefront.models import PrintedVariant, PrinterLink, Product, Variant
from app.storefront.rules.printing_refusals import TokenUnusable
from app.storefront.service import printed_goods, printed_news, printing
from tests.factories.labels import a_label
from tests.factories.shop import UNIT, a_shop
from tests.storefront.printful_wire import STORE, TOKEN
from tests.storefront.printing.printed import (
    PAGE,
    a_shirt,
    events,
    the_product,
    told,
    variants,
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


def test_what_the_printer_asks_for_is_not_taken_for_nothing_where_no_rate_is_noted(connected, printer, client_as):
    """It waits off sale under its name until a rate is noted; what the label took off sale itself stays off."""
    tenant = a_label(currency="EUR", time_zone="Europe/Berlin")
    a_shop(tenant, with_rates=False)
    printing.connect(tenant, Actor.system(tenant), TOKEN, "https://shop.test")
    said = printer.add("Unpriced Shirt", price="25.00", sizes=("S", "M"))
    printed_goods.sync(tenant, 0)
    with tenant_read(tenant) as session:
        rows = variants(session, the_product(session, said))
    assert [(row.price_micros, row.cost_micros, row.is_active) for row in rows] == [(25 * UNIT, 0, False)] * 2
    assert "Unpriced Shirt" in client_as(tenant).get("/portal/store/printful").text
    with tenant_work(tenant) as session:
        session.get_one(PrintedVariant, rows[1].id).is_out = False
        today = clock.day_in(tenant.time_zone)
        rates.keep_rate(session, None, base="EUR", quote="USD", on=today, rate=Decimal("1.08"), source="test")
    printed_goods.sync(tenant, 0)
    with tenant_read(tenant) as session:
        rows = variants(session, the_product(session, said))
    assert [(row.cost_micros, row.is_active) for row in rows] == [(8_800_000, True), (8_800_000, False)]
    assert "Unpriced Shirt" not in client_as(tenant).get("/portal/store/printful").text


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
