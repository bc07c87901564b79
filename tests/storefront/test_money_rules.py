"""What a basket comes to always adds up: to the minor unit, in every currency, with tax in prices or on top."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.money import allocate
from app.storefront.rules.discounts import Goods, Offer, savings, worth
from app.storefront.rules.reckoning import Item, Part, Piece, Reckoned, divided, rate_of, reckon
from app.storefront.rules.rounding import ROUNDINGS, converted, half_up, is_whole_minor, minor_step, rounded
from app.storefront.rules.shipping import Rate, ways
from app.storefront.rules.taxes import Levy

CURRENCIES = ("EUR", "USD", "GBP", "JPY", "AED", "BRL", "CAD", "AUD", "CHF", "SEK", "KRW", "KWD")
UNIT = 1_000_000
VAT, GST, QST = Levy("VAT", 190_000), Levy("GST", 50_000), Levy("QST", 99_750)

products = st.integers(1, 6).map(lambda n: UUID(int=n))
levies = st.sampled_from([(), (VAT,), (GST, QST), (Levy("VAT", 255_000),), (Levy("GST", 50_000),)])
amounts = st.one_of(st.integers(0, 5), st.integers(0, 20_000), st.integers(0, 10_000_000))
parts = st.builds(Part, quantity=st.integers(1, 4), weight=amounts, levies=levies, is_sent=st.booleans())
items = st.builds(
    Item,
    product_id=products,
    quantity=st.integers(1, 12),
    unit=amounts,
    levies=levies,
    is_sent=st.booleans(),
    parts=st.one_of(st.just(()), st.lists(parts, min_size=1, max_size=4).map(tuple)),
)
offers = st.one_of(
    st.builds(Offer, st.uuids(), st.none(), st.just("p"), st.just("percent"), st.integers(1, UNIT), stacks=st.booleans()),
    st.builds(Offer, st.uuids(), st.none(), st.just("a"), st.just("amount"), st.integers(1, 50_000), stacks=st.booleans()),
    st.builds(
        Offer, st.uuids(), st.none(), st.just("b"), st.just("buy_x"), st.just(0), st.integers(1, 3), st.integers(1, 2),
        st.frozensets(products, max_size=2), stacks=st.booleans(),
    ),
    st.builds(Offer, st.uuids(), st.none(), st.just("f"), st.just("free_shipping"), least=amounts, stacks=st.booleans()),
)  # fmt: skip


def _add_up(found: Reckoned, basket: list[Item], *, tax_included: bool) -> None:
    assert found.items == sum(item.quantity * item.unit for item in basket)
    assert found.discount == sum(line.discount for line in found.lines)
    assert found.tax == sum(line.tax for line in found.lines) + found.shipping_tax
    assert found.tax == sum(each.tax for each in found.taxes)
    on_top = 0 if tax_included else found.tax
    assert found.total == sum(line.amount for line in found.lines) + found.shipping + on_top
    assert found.total == found.items - found.discount + found.shipping + on_top
    assert min(found.total, found.discount, found.shipping, found.tax, found.shipping_tax) >= 0
    for item, line in zip(basket, found.lines, strict=True):
        assert 0 <= line.discount <= item.quantity * item.unit
        assert line.amount == item.quantity * item.unit - line.discount
        assert line.net == line.amount - (line.tax if tax_included else 0) >= 0
        for total, name in ((line.amount, "amount"), (line.discount, "discount"), (line.tax, "tax"), (line.net, "net")):
            assert sum(getattr(piece, name) for piece in line.pieces) == total
        for piece in line.pieces:
            assert piece.amount == piece.quantity * piece.unit - piece.discount >= 0
            assert 0 <= piece.tax <= max(piece.amount, 0)


@settings(max_examples=150)
@given(
    st.lists(items, max_size=8),
    st.lists(offers, max_size=4),
    amounts,
    st.one_of(st.none(), amounts),
    st.booleans(),
)
def test_lines_discounts_sending_and_taxes_add_up_to_the_total(
    basket: list[Item], chosen: list[Offer], shipping: int, free_from: int | None, tax_included: bool
) -> None:
    found = reckon(basket, chosen, shipping=shipping, free_from=free_from, tax_included=tax_included)
    _add_up(found, basket, tax_included=tax_included)
    assert found.shipping in (0, shipping)


@settings(max_examples=150)
@given(st.lists(items, max_size=8), st.lists(offers, min_size=1, max_size=4), amounts)
def test_no_single_discount_saves_more_than_what_counts(basket: list[Item], chosen: list[Offer], shipping: int) -> None:
    goods = [Goods(item.product_id, item.quantity, item.unit) for item in basket]
    best = savings(goods, chosen, shipping)
    for offer in chosen:
        assert worth(best, shipping) >= worth(savings(goods, [offer], shipping), shipping)
    if len(best) > 1:
        assert all(saving.offer.stacks for saving in best)


@given(st.integers(0, 10**9), levies)
def test_tax_in_the_price_and_on_top_of_what_is_left_differ_by_a_rounding(amount: int, taxes: tuple[Levy, ...]) -> None:
    item = Item(UUID(int=1), 1, amount, taxes)
    inside = reckon([item], [], shipping=0, tax_included=True).lines[0]
    again = reckon([Item(UUID(int=1), 1, inside.net, taxes)], [], shipping=0, tax_included=False).lines[0]
    assert abs(again.tax - inside.tax) <= 1
    assert rate_of(taxes) or inside.tax == 0


@given(
    st.integers(0, 10**6), st.lists(st.integers(1, 20), min_size=1, max_size=4), st.integers(0, 500_000), st.booleans()
)
def test_a_piece_that_comes_from_several_places_is_still_the_whole(
    unit: int, quantities: list[int], off_ppm: int, tax_included: bool
) -> None:
    whole = unit * sum(quantities)
    discount = whole * off_ppm // UNIT
    amount = whole - discount
    tax = half_up(amount * 190_000, 1_190_000 if tax_included else UNIT)
    piece = Piece(sum(quantities), unit, discount, amount, tax, 190_000, amount - tax if tax_included else amount)
    split = divided(piece, [(quantity, unit) for quantity in quantities])
    for name in ("quantity", "discount", "amount", "tax", "net"):
        assert sum(getattr(each, name) for each in split) == getattr(piece, name)
    assert all(each.amount == each.quantity * unit - each.discount >= 0 for each in split)


@given(st.integers(0, 10**13), st.sampled_from(CURRENCIES), st.sampled_from(ROUNDINGS))
def test_a_rounded_price_can_be_paid_is_near_and_is_never_nothing(micros: int, currency: str, rounding: str) -> None:
    price = rounded(micros, currency, rounding)
    assert is_whole_minor(price, currency)
    assert price >= 0
    step = minor_step(currency)
    unit = step * {0: 100, 2: 100, 3: 1000}[{"JPY": 0, "KRW": 0, "KWD": 3}.get(currency, 2)]
    if micros >= step:
        assert price > 0
    if micros >= unit:
        assert abs(price - micros) <= unit // 2 + step
    assert rounded(price, currency, rounding) == price


@pytest.mark.parametrize(
    ("amount", "currency", "rounding", "price"),
    [
        ("12.34", "EUR", "none", "12.34"),
        ("12.34", "EUR", "whole", "12"),
        ("12.50", "EUR", "whole", "13"),
        ("12.34", "CHF", "five", "12.35"),
        ("12.32", "CHF", "five", "12.30"),
        ("12.34", "EUR", "nine", "11.90"),
        ("12.41", "EUR", "nine", "12.90"),
        ("12.34", "EUR", "ninety_nine", "11.99"),
        ("12.50", "EUR", "ninety_nine", "12.99"),
        ("0.20", "EUR", "ninety_nine", "0.99"),
        ("1482", "JPY", "none", "1482"),
        ("1482", "JPY", "whole", "1500"),
        ("1482", "JPY", "nine", "1490"),
        ("1482", "JPY", "ninety_nine", "1499"),
        ("1482.5", "JPY", "none", "1483"),
        ("3.1415", "KWD", "none", "3.142"),
        ("3.1415", "KWD", "five", "3.150"),
        ("3.1415", "KWD", "whole", "3"),
        ("3.1415", "KWD", "ninety_nine", "2.990"),
        ("0", "EUR", "ninety_nine", "0"),
    ],
)
def test_prices_end_as_a_market_likes_them(amount: str, currency: str, rounding: str, price: str) -> None:
    assert rounded(int(Decimal(amount) * UNIT), currency, rounding) == int(Decimal(price) * UNIT)


def test_a_price_is_converted_once_and_half_up() -> None:
    assert converted(9_990_000, Decimal("162.517"), "JPY") == 1_624 * UNIT
    assert converted(10_000_000, Decimal("0.33245"), "KWD") == 3_325_000
    assert converted(10_000_000, Decimal(1) / Decimal(3), "EUR") == 3_330_000


def test_a_bundle_is_taxed_part_by_part_and_its_money_divided_by_what_parts_cost() -> None:
    record, download = Part(1, 24 * UNIT, (VAT,), is_sent=True), Part(1, 9 * UNIT, (Levy("VAT", 70_000),))
    found = reckon([Item(UUID(int=1), 1, 3_000, parts=(record, download))], [], shipping=490, tax_included=True)
    pieces = found.lines[0].pieces
    assert [piece.amount for piece in pieces] == [2_182, 818] == allocate(3_000, [24, 9])
    assert [piece.tax for piece in pieces] == [half_up(2_182 * 19, 119), half_up(818 * 7, 107)]
    assert found.shipping_tax == half_up(490 * 19, 119), "sending goes with what is sent"


def test_three_of_a_part_that_do_not_divide_evenly_are_two_lines() -> None:
    found = reckon([Item(UUID(int=1), 1, 1_000, parts=(Part(3, 1),))], [], shipping=0, tax_included=True)
    assert [(piece.quantity, piece.unit) for piece in found.lines[0].pieces] == [(2, 333), (1, 334)]


def test_taxes_of_one_line_are_told_apart() -> None:
    found = reckon([Item(UUID(int=1), 1, 999, (GST, QST))], [], shipping=0, tax_included=False)
    assert found.tax == half_up(999 * 149_750, UNIT) == 150
    assert [(each.name, each.tax) for each in found.taxes] == [("GST", 50), ("QST", 100)]


def test_the_cheapest_are_free() -> None:
    goods = [Goods(UUID(int=1), 2, 2_500), Goods(UUID(int=2), 2, 900)]
    two_plus_one = Offer(UUID(int=9), "3FOR2", "three", "buy_x", buy=2, get=1)
    assert savings(goods, [two_plus_one], 0)[0].by_line == (0, 900)
    one_plus_one = Offer(UUID(int=9), "BOGO", "two", "buy_x", buy=1, get=1)
    assert savings(goods, [one_plus_one], 0)[0].by_line == (0, 1_800)


def test_what_stacks_is_taken_off_one_after_the_other_and_a_better_single_one_wins() -> None:
    goods = [Goods(UUID(int=1), 1, 10_000)]
    ten = Offer(UUID(int=1), "TEN", "ten", "percent", 100_000, stacks=True)
    five = Offer(UUID(int=2), "FIVE", "five", "amount", 500, stacks=True)
    single = Offer(UUID(int=3), "SINGLE", "single", "percent", 150_000)
    assert [saving.by_line for saving in savings(goods, [five, ten], 0)] == [(1_000,), (500,)]
    assert sum(savings(goods, [five, ten, single], 0)[0].by_line) == 1_000, (
        "1 500 both ways: those that stack come first"
    )
    better = Offer(UUID(int=4), "BETTER", "better", "percent", 200_000)
    assert [saving.offer.name for saving in savings(goods, [five, ten, better], 0)] == ["better"]


def test_free_sending_counts_as_what_it_saves() -> None:
    goods = [Goods(UUID(int=1), 1, 1_000)]
    free, ten = (
        Offer(UUID(int=1), "SHIP", "ship", "free_shipping"),
        Offer(UUID(int=2), "TEN", "ten", "percent", 100_000),
    )
    assert savings(goods, [free, ten], 490)[0].offer.name == "ship"
    assert savings(goods, [free, ten], 90)[0].offer.name == "ten"
    too_little = Offer(UUID(int=1), "SHIP", "ship", "free_shipping", least=1_001)
    assert savings(goods, [too_little], 490) == []


def test_a_parcel_goes_by_what_leads_there_and_carries_it() -> None:
    light = Rate("a", "Letter", ("DE",), 500, 2 * UNIT, None, 1, 3)
    parcel = Rate("b", "Parcel", ("DE",), 10_000, 5 * UNIT, None, 2, 4)
    heavier = Rate("c", "Parcel", ("DE",), 30_000, 12 * UNIT, None, 2, 4)
    anywhere = Rate("d", "Post", (), None, 15 * UNIT, None, 5, 9)
    rates = [light, parcel, heavier, anywhere]
    assert [way.key for way in ways(rates, country="DE", grams=500)] == ["a", "b", "d"]
    assert [way.key for way in ways(rates, country="DE", grams=20_000)] == ["c", "d"]
    assert [way.key for way in ways(rates, country="FR", grams=100)] == ["d"]
    assert [way.key for way in ways(rates, country=None, grams=100)] == ["d"]
