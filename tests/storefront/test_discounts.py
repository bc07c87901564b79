"""Discounts are counted exactly, however many use them at once."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Busy, Unavailable
from app.kernel.tenant import Tenant
from app.storefront.models import Basket, Discount, Order
from app.storefront.rules.quotes import Quote
from app.storefront.rules.refusals import CodeUnusable, DiscountUnusable, PriceChanged
from app.storefront.service import discounts, ordering, quoting
from app.storefront.service.discounts import NewDiscount
from tests.factories.shop import UNIT, Held, a_basket, a_market, a_variant, an_order, the_details


def _discount(tenant: Tenant, **wish: Any) -> Discount:
    said = {"name": "Off", "kind": "percent", "value": 100_000 if wish.get("kind", "percent") == "percent" else 0}
    with tenant_work(tenant) as session:
        return discounts.create(session, Actor.system(tenant), NewDiscount(**(said | wish)))


def _quote(tenant: Tenant, held: Held, **asked: Any) -> Quote:
    with tenant_read(tenant) as session:
        return quoting.quote(session, tenant, session.get_one(Basket, held.basket.id), **asked)


def _used(tenant: Tenant, discount: Discount) -> int:
    with tenant_read(tenant) as session:
        return session.get_one(Discount, discount.id).used


def _orders(tenant: Tenant, held: list[Held], total: int, emails: list[str]) -> Counter[str]:
    start, outcomes, lock = threading.Barrier(len(held)), Counter[str](), threading.Lock()

    def order(each: Held, email: str) -> None:
        start.wait()
        while True:
            try:
                with tenant_work(tenant) as session:
                    basket = session.get_one(Basket, each.basket.id)
                    ordering.place(session, tenant, Actor.system(tenant), basket, the_details(total, email=email))
                came = "ordered"
            except (Busy, Unavailable):
                continue
            except Exception as problem:  # noqa: BLE001 what went wrong is what is counted
                came = type(problem).__name__
            with lock:
                outcomes[came] += 1
            return

    threads = [threading.Thread(target=order, args=each) for each in zip(held, emails, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_a_code_for_three_is_used_by_three_of_twelve_at_once(shop: Tenant) -> None:
    discount, variant = _discount(shop, code="THREE", most_uses=3), a_variant(shop)
    held = [a_basket(shop, variant, codes=("THREE",)) for _ in range(12)]
    came = _orders(shop, held, 9 * UNIT, [f"fan{number}@fans.test" for number in range(12)])
    assert came["ordered"] == _used(shop, discount) == 3
    assert came["CodeUnusable"] + came["PriceChanged"] == 9, "refused while it was counted, or dearer before"


def test_one_buyer_uses_a_code_once_even_in_two_windows(shop: Tenant) -> None:
    discount, variant = _discount(shop, code="ONCE", once_each=True), a_variant(shop)
    held = [a_basket(shop, variant, codes=("ONCE",)) for _ in range(4)]
    came = _orders(shop, held, 9 * UNIT, ["same@fans.test", "Same@Fans.test"] * 2)
    assert came == {"ordered": 1, "CodeUnusable": 3}
    assert _used(shop, discount) == 1
    an_order(shop, variant, codes=("ONCE",), email="other@fans.test")


def test_a_cancelled_order_gives_its_use_back(shop: Tenant) -> None:
    discount = _discount(shop, code="BACK", most_uses=1, once_each=True)
    order = an_order(shop, codes=("BACK",), email="back@fans.test")
    assert (order.discount_micros, order.total_micros, _used(shop, discount)) == (UNIT, 9 * UNIT, 1)
    with pytest.raises(CodeUnusable, match="used up"):
        a_basket(shop, codes=("BACK",))
    with tenant_work(shop) as session:
        ordering.cancel(session, shop, Actor.system(shop), session.get_one(Order, order.id), "no")
    assert _used(shop, discount) == 0
    assert an_order(shop, codes=("BACK",), email="back@fans.test").discount_micros == UNIT


def test_a_code_that_ended_meanwhile_makes_the_price_another(shop: Tenant) -> None:
    discount = _discount(shop, code="ENDING")
    held = a_basket(shop, codes=("ENDING",))
    with tenant_work(shop) as session:
        discounts.end(session, Actor.system(shop), session.get_one(Discount, discount.id))
        with pytest.raises(PriceChanged):
            basket = session.get_one(Basket, held.basket.id)
            ordering.place(session, shop, Actor.system(shop), basket, the_details(9 * UNIT))


def test_an_amount_is_converted_and_divided_among_lines(shop: Tenant) -> None:
    _discount(shop, code="FIVER", kind="amount", value=5 * UNIT, currency="EUR")
    dear, cheap = a_variant(shop, price=20 * UNIT), a_variant(shop, price=10 * UNIT)
    quote = _quote(shop, a_basket(shop, dear, cheap, codes=("FIVER",)))
    assert [line.discount_micros for line in quote.lines] == [3_330_000, 1_670_000]
    abroad = _quote(shop, a_basket(shop, dear, market="japan", country="JP", codes=("FIVER",)))
    assert abroad.discount_micros == 813 * UNIT
    cheaper = _quote(shop, a_basket(shop, a_variant(shop, price=3 * UNIT), codes=("FIVER",)))
    assert (cheaper.discount_micros, cheaper.total_micros) == (3 * UNIT, 0)


def test_a_discount_counts_for_its_products_and_markets_and_from_its_sum_on(shop: Tenant) -> None:
    one, other = a_variant(shop), a_variant(shop)
    _discount(shop, code="ONEONLY", product_ids=[one.product_id])
    assert [line.discount_micros for line in _quote(shop, a_basket(shop, one, other, codes=("ONEONLY",))).lines] == [
        UNIT,
        0,
    ]
    _discount(shop, code="JAPANONLY", market_ids=[a_market(shop, "japan").id])
    with pytest.raises(CodeUnusable):
        a_basket(shop, codes=("JAPANONLY",))
    assert _quote(shop, a_basket(shop, market="japan", country="JP", codes=("JAPANONLY",))).discount_micros > 0
    _discount(shop, code="FROM15", least_micros=15 * UNIT)
    assert _quote(shop, a_basket(shop, one, codes=("FROM15",))).discount_micros == 0
    assert _quote(shop, a_basket(shop, one, other, codes=("FROM15",))).discount_micros == 2 * UNIT


def test_sending_is_free_by_a_code(shop: Tenant) -> None:
    discount = _discount(shop, code="SHIPFREE", kind="free_shipping")
    record = a_variant(shop, "physical", price=20 * UNIT, in_stock=5)
    quote = _quote(shop, a_basket(shop, record, codes=("SHIPFREE",)))
    assert (quote.shipping_micros, quote.discount_micros, quote.total_micros) == (0, 0, 20 * UNIT)
    assert [(each.kind, each.micros) for each in quote.discounts] == [("free_shipping", 6_900_000)]
    assert an_order(shop, record, codes=("SHIPFREE",)).total_micros == 20 * UNIT
    assert _used(shop, discount) == 1


def test_codes_that_stack_count_together_and_one_that_does_not_counts_where_it_saves_more(shop: Tenant) -> None:
    variant = a_variant(shop, price=100 * UNIT)
    here: dict[str, Any] = {"product_ids": [variant.product_id]}
    _discount(shop, code="TENTH", stacks=True, **here)
    _discount(shop, code="FIVE", kind="amount", value=5 * UNIT, currency="EUR", stacks=True, **here)
    _discount(shop, code="SINGLE", value=120_000, **here)
    _discount(shop, code="QUARTER", value=250_000, **here)
    together = an_order(shop, variant, codes=("FIVE", "TENTH", "SINGLE"))
    assert [(each["code"], each["micros"]) for each in together.discounts] == [("TENTH", 10 * UNIT), ("FIVE", 5 * UNIT)]
    alone = an_order(shop, variant, codes=("FIVE", "TENTH", "QUARTER"))
    assert [(each["code"], each["micros"]) for each in alone.discounts] == [("QUARTER", 25 * UNIT)]
    assert (together.total_micros, alone.total_micros) == (85 * UNIT, 75 * UNIT)


def test_what_counts_by_itself_counts_without_a_code(shop: Tenant) -> None:
    variant = a_variant(shop)
    discount = _discount(shop, name="Three for two", kind="buy_x", buy=2, get=1, product_ids=[variant.product_id])
    order = an_order(shop, (variant, 3))
    assert (order.discount_micros, order.total_micros) == (10 * UNIT, 20 * UNIT)
    assert order.discounts[0]["name"] == "Three for two"
    with tenant_work(shop) as session:
        discounts.end(session, Actor.system(shop), session.get_one(Discount, discount.id))


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"name": " "}, "name"),
        ({"code": "no spaces"}, "code"),
        ({"code": "x"}, "code"),
        ({"value": 0}, "value"),
        ({"value": 1_000_001}, "value"),
        ({"kind": "amount", "value": UNIT}, "currency"),
        ({"kind": "amount", "value": 1, "currency": "EUR"}, "value"),
        ({"kind": "percent", "currency": "EUR"}, "currency"),
        ({"kind": "buy_x", "buy": 1}, "value"),
        ({"kind": "buy_x", "buy": 0, "get": 1}, "value"),
        ({"kind": "sorcery"}, "value"),
        ({"most_uses": 0}, "most_uses"),
        ({"starts_at": clock.now(), "ends_at": clock.now() - timedelta(days=1)}, "ends_at"),
    ],
)
def test_a_discount_that_makes_no_sense_is_refused(shop: Tenant, wish: dict[str, Any], field: str) -> None:
    with pytest.raises(DiscountUnusable) as refused:
        _discount(shop, **wish)
    assert field in refused.value.fields


def test_a_code_is_there_once(shop: Tenant) -> None:
    _discount(shop, code="SAME")
    with pytest.raises(DiscountUnusable) as refused:
        _discount(shop, code="same")
    assert set(refused.value.fields) == {"code"}


def test_a_rival_knows_no_code(shop: Tenant, rival: Tenant) -> None:
    discount = _discount(shop, code="SECRET")
    a_market(rival)
    with pytest.raises(CodeUnusable):
        a_basket(rival, codes=("SECRET",), market="eu")
    with tenant_read(rival) as session:
        assert session.get(Discount, UUID(str(discount.id))) is None
