"""What lies in a basket, and what may not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.storefront.models import Basket, Product
from app.storefront.rules.refusals import (
    BasketFull,
    BasketGone,
    CodeUnusable,
    NamedPriceUnusable,
    NotSoldHere,
    ProductUnknown,
    QuantityUnusable,
    SoldOut,
)
from app.storefront.service import baskets, discounts, quoting
from app.storefront.service.discounts import NewDiscount
from tests.factories.shop import UNIT, Held, a_basket, a_market, a_product, a_variant, an_order, variants_of


def _lines(tenant: Tenant, held: Held) -> list[tuple[int, int | None]]:
    with tenant_read(tenant) as session:
        lines = baskets.lines_of(session, session.get_one(Basket, held.basket.id))
        return [(line.quantity, line.named_micros) for line in lines]


def test_a_basket_is_found_by_its_secret_alone(shop: Tenant) -> None:
    held = a_basket(shop)
    with tenant_read(shop) as session:
        found = baskets.basket_of(session, held.token)
        assert found is not None
        assert found.id == held.basket.id
        assert held.token.encode() not in found.token_hash
        for wrong in (None, "", "x", held.token[:-1], "\udcff"):
            assert baskets.basket_of(session, wrong) is None


def test_the_same_again_is_more_of_it(shop: Tenant) -> None:
    variant = a_variant(shop)
    assert _lines(shop, a_basket(shop, (variant, 2), (variant, 3))) == [(5, None)]


def test_lines_change_and_go(shop: Tenant) -> None:
    held = a_basket(shop, (a_variant(shop), 2), a_variant(shop))
    with tenant_work(shop) as session:
        basket = session.get_one(Basket, held.basket.id)
        first, second = baskets.lines_of(session, basket)
        baskets.change(session, basket, first.id, 7)
        baskets.change(session, basket, second.id, 0)
        assert sum(line.quantity for line in baskets.lines_of(session, basket)) == 7
        baskets.remove(session, basket, first.id)
        baskets.remove(session, basket, first.id)
        assert baskets.lines_of(session, basket) == []


@pytest.mark.parametrize("quantity", [0, -1, 101, 10**9])
def test_absurd_numbers_are_refused(shop: Tenant, quantity: int) -> None:
    with pytest.raises(QuantityUnusable):
        a_basket(shop, (a_variant(shop), quantity))


def test_a_basket_holds_no_more_than_fifty_different_things(shop: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    assert baskets.MOST_LINES == 50
    monkeypatch.setattr(baskets, "MOST_LINES", 2)
    with pytest.raises(BasketFull):
        a_basket(shop, a_variant(shop), a_variant(shop), a_variant(shop))


def test_lines_of_another_basket_are_not_touched(shop: Tenant) -> None:
    mine, yours = a_basket(shop), a_basket(shop)
    with tenant_work(shop) as session:
        line = baskets.lines_of(session, session.get_one(Basket, yours.basket.id))[0].id
        basket = session.get_one(Basket, mine.basket.id)
        with pytest.raises(BasketGone):
            baskets.change(session, basket, line, 9)
        baskets.remove(session, basket, line)
    assert _lines(shop, yours) == [(1, None)]


def test_drafts_do_not_exist_for_fans(shop: Tenant) -> None:
    with pytest.raises(ProductUnknown):
        a_basket(shop, a_variant(shop, is_live=False))


def test_what_comes_later_or_is_sold_out_is_not_laid_in(shop: Tenant) -> None:
    with pytest.raises(NotSoldHere):
        a_basket(shop, a_variant(shop, on_sale_from=clock.now() + timedelta(days=1)))
    with pytest.raises(SoldOut):
        a_basket(shop, a_variant(shop, "physical", in_stock=0))


def test_a_price_is_named_from_the_least_on(shop: Tenant) -> None:
    variant = a_variant(shop, price=5 * UNIT, is_named_price=True)
    held = a_basket(shop, variant)
    with tenant_work(shop) as session:
        basket = session.get_one(Basket, held.basket.id)
        for wrong in (4_990_000, 0, -1, 5_000_001, 10**14):
            with pytest.raises(NamedPriceUnusable, match=r"€5\.00"):
                baskets.add(session, shop, basket, variant.id, named_micros=wrong)
        baskets.add(session, shop, basket, variant.id, named_micros=12_500_000)
        assert [line.unit_micros for line in quoting.quote(session, shop, basket).lines] == [5 * UNIT, 12_500_000]
    with tenant_work(shop) as session:
        product = session.get_one(Product, variant.product_id)
        variants_of(session, product)[0].price_micros = 6 * UNIT
    with tenant_read(shop) as session:
        quote = quoting.quote(session, shop, session.get_one(Basket, held.basket.id))
        assert [line.problem for line in quote.lines] == [None, None]
    with tenant_work(shop) as session:
        variants_of(session, session.get_one(Product, variant.product_id))[0].price_micros = 13 * UNIT
    with tenant_read(shop) as session:
        quote = quoting.quote(session, shop, session.get_one(Basket, held.basket.id))
        assert [line.problem for line in quote.lines] == [None, "price_gone"], "less was named than is asked now"


def test_where_no_price_may_be_named_what_is_named_counts_for_nothing(shop: Tenant) -> None:
    variant = a_variant(shop, price=5 * UNIT)
    with tenant_work(shop) as session:
        basket, _ = baskets.start(session, a_market(shop), "en")
        assert baskets.add(session, shop, basket, variant.id, named_micros=1).named_micros is None
        assert quoting.quote(session, shop, basket).total_micros == 5 * UNIT


def test_a_named_price_is_none_in_another_currency(shop: Tenant) -> None:
    variant = a_variant(shop, price=5 * UNIT, is_named_price=True)
    with tenant_work(shop) as session:
        basket, _ = baskets.start(session, a_market(shop), "en")
        baskets.add(session, shop, basket, variant.id, named_micros=50 * UNIT)
        baskets.move_to(session, basket, a_market(shop, "japan"), country="JP")
        quote = quoting.quote(session, shop, basket)
        assert (quote.currency, quote.total_micros) == ("JPY", 800 * UNIT)


def test_a_gift_says_to_whom_and_stays_a_line_of_its_own(shop: Tenant) -> None:
    variant = a_variant(shop)
    with tenant_work(shop) as session:
        basket, _ = baskets.start(session, a_market(shop), "en")
        baskets.add(session, shop, basket, variant.id)
        said = {"to": " Friend@Fans.test ", "from": "Ada", "words": "x" * 5_000, "other": "no"}
        gift = baskets.add(session, shop, basket, variant.id, gift=said)
        assert gift.gift is not None
        assert (gift.gift["to"], gift.gift["from"], len(gift.gift["words"])) == ("friend@fans.test", "Ada", 1_000)
        assert set(gift.gift) == {"to", "from", "words"}
        assert baskets.add(session, shop, basket, variant.id, gift={"to": "nobody"}).gift is None
        assert len(baskets.lines_of(session, basket)) == 2


def test_nobody_needs_a_membership_twice(shop: Tenant) -> None:
    variant = a_variant(shop, "membership", interval="month")
    assert _lines(shop, a_basket(shop, (variant, 3), variant)) == [(1, None)]


def test_a_code_counts_whatever_its_letters_and_only_while_it_runs(shop: Tenant) -> None:
    actor, now = Actor.system(shop), clock.now()
    with tenant_work(shop) as session:
        running = NewDiscount(name="Ten", kind="percent", code=" ten-off ", value=100_000)
        assert discounts.create(session, actor, running).code == "TEN-OFF"
        later = NewDiscount(name="Later", kind="percent", code="LATER", value=1, starts_at=now + timedelta(days=1))
        discounts.create(session, actor, later)
        ended = discounts.create(session, actor, NewDiscount(name="Ended", kind="percent", code="ENDED", value=1))
        discounts.end(session, actor, ended)
        discounts.end(session, actor, ended)
    held = a_basket(shop, codes=("Ten-Off", "TEN-OFF"))
    with tenant_work(shop) as session:
        basket = session.get_one(Basket, held.basket.id)
        assert basket.codes == ["TEN-OFF"]
        assert quoting.quote(session, shop, basket).discount_micros == UNIT
        for code in ("LATER", "ENDED", "NO SUCH", "", "x" * 10_000):
            with pytest.raises(CodeUnusable):
                baskets.add_code(session, basket, code)
        baskets.drop_code(session, basket, "ten-off")
        assert quoting.quote(session, shop, basket).discount_micros == 0


def test_two_lines_of_one_thing_do_not_take_more_than_there_are(shop: Tenant) -> None:
    product = a_product(shop, "physical", in_stock=2, is_named_price=True)
    with tenant_work(shop) as session:
        variant = variants_of(session, product)[0]
        basket, _ = baskets.start(session, a_market(shop), "en")
        baskets.add(session, shop, basket, variant.id, 2)
        with pytest.raises(baskets.OnlySoMany):
            baskets.add(session, shop, basket, variant.id, named_micros=20 * UNIT)


def test_a_rival_lays_nothing_in(shop: Tenant, rival: Tenant) -> None:
    variant = a_variant(shop)
    with tenant_work(rival) as session, pytest.raises(ProductUnknown):
        basket, _ = baskets.start(session, a_market(rival), "en")
        baskets.add(session, rival, basket, variant.id)
    assert an_order(shop, variant).state == "placed"
