"""The sandbox's page: a buyer chooses a card, answers the bank, or leaves; where real money moves it is not there."""

from __future__ import annotations

from app.kernel.tenant import Tenant
from tests.factories.shop import an_order
from tests.storefront.paid import DECLINED, GOOD, PROVES, SILENT, start, the_order


def page_of(tenant: Tenant, client_of, order, method: str = "card"):
    browser = client_of(f"{tenant.slug}.localhost")
    return browser, start(tenant, order, method).url


def test_a_buyer_pays_and_comes_back(shop, client_of):
    order = an_order(shop)
    browser, url = page_of(shop, client_of, order)
    shown = browser.get(url)
    assert (shown.status_code, "4242 4242 4242 4242" in shown.text) == (200, True)
    assert shown.headers["cache-control"] == "private, no-store"
    declined = browser.post(url, data={"do": "pay", "card": DECLINED})
    assert (declined.status_code, 'role="alert"' in declined.text) == (200, True)
    paid = browser.post(url, data={"do": "pay", "card": GOOD})
    assert (paid.status_code, the_order(shop, order).state) == (303, "delivered")
    assert browser.get(url).status_code == 303
    assert browser.post(url, data={"do": "pay", "card": GOOD}).status_code == 409


def test_the_bank_asks_first(shop, client_of):
    order = an_order(shop)
    browser, url = page_of(shop, client_of, order)
    assert 'value="confirm"' in browser.post(url, data={"do": "pay", "card": PROVES}).text
    assert 'value="pay"' in browser.post(url, data={"do": "refuse"}).text
    browser.post(url, data={"do": "pay", "card": PROVES})
    assert browser.post(url, data={"do": "confirm"}).status_code == 303
    assert the_order(shop, order).state == "delivered"


def test_somebody_leaves_and_can_begin_anew(shop, client_of):
    order = an_order(shop)
    browser, url = page_of(shop, client_of, order)
    assert browser.post(url, data={"do": "leave"}).status_code == 303
    again = start(shop, order)
    assert again.url != url
    assert browser.post(again.url, data={"do": "pay", "card": SILENT}).status_code == 303
    assert the_order(shop, order).state == "placed"


def test_a_rival_label_finds_no_page_and_no_card_is_made_up(shop, rival, client_of):
    order = an_order(shop)
    browser, url = page_of(shop, client_of, order)
    assert client_of(f"{rival.slug}.localhost").get(url).status_code == 404
    assert browser.post(url, data={"do": "pay", "card": "5555555555554444"}).status_code == 422
    assert browser.get(url.replace("/en/", "/xx/")).status_code == 404
    assert browser.get("/en/pay/nothing").status_code == 404


def test_a_receipt_is_a_document_once_the_order_is_paid(shop, rival, client_of):
    from app.storefront.service.links import order_path
    from tests.storefront.paid import pay

    order = an_order(shop, language="de")
    path = f"{order_path(shop, 'de', order.id)}/receipt.pdf"
    browser = client_of(f"{shop.slug}.localhost")
    assert browser.get(path).status_code == 404
    pay(shop, order)
    shown = browser.get(path)
    assert (shown.status_code, shown.headers["content-type"], shown.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert client_of(f"{rival.slug}.localhost").get(path).status_code == 404
