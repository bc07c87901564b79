"""Money: nothing is lost in a division, nothing is rounded twice, nothing that is no amount gets in."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal, InvalidOperation, localcontext
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.kernel import money
from app.kernel.money import AmountMalformed, CurrencyUnknown, SharesUnusable

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine is shared
totals = st.integers(-(10**18), 10**18)
shares = st.lists(st.integers(0, 10**9), min_size=1, max_size=40).filter(any)
currencies = st.sampled_from(["JPY", "EUR", "KWD", "CLF", "IQD", "UGX"])


@unhurried
@given(totals, shares)
def test_the_parts_of_an_allocation_add_up_to_the_whole(total, weights):
    assert sum(money.allocate(total, weights)) == total


@unhurried
@given(totals, shares)
def test_no_part_is_a_whole_micro_away_from_its_exact_share(total, weights):
    whole = sum(weights)
    for part, weight in zip(money.allocate(total, weights), weights, strict=True):
        assert abs(part - Fraction(total * weight, whole)) < 1


@unhurried
@given(totals, shares)
def test_a_share_of_nothing_gets_nothing_and_a_greater_share_never_less(total, weights):
    parts = money.allocate(abs(total), weights)
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)
    by_share = sorted(zip(weights, parts, strict=True))
    for (lesser, its), (greater, others) in pairwise(by_share):
        assert lesser == greater or its <= others


@unhurried
@given(totals, shares)
def test_a_reversal_undoes_an_allocation_to_the_micro(total, weights):
    there, back = money.allocate(total, weights), money.allocate(-total, weights)
    assert [part + undone for part, undone in zip(there, back, strict=True)] == [0] * len(weights)


@unhurried
@given(totals, shares, st.randoms(use_true_random=False))
def test_what_a_share_gets_does_not_depend_on_the_order(total, weights, chance):
    shuffled = list(weights)
    chance.shuffle(shuffled)
    before = Counter(zip(weights, money.allocate(total, weights), strict=True))
    assert Counter(zip(shuffled, money.allocate(total, shuffled), strict=True)) == before


def test_of_equal_shares_the_earlier_place_gets_the_odd_micro():
    assert money.allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert money.allocate(-100, [1, 1, 1]) == [-34, -33, -33]
    assert money.allocate(1, [1] * 7) == [1, 0, 0, 0, 0, 0, 0]


def test_of_equal_remainders_the_larger_share_comes_first():
    assert money.allocate(10, [1, 3]) == [2, 8]


def test_a_third_each_of_a_million_parts_still_adds_up():
    parts = money.allocate(10_000, [333_333, 333_333, 333_333])
    assert sum(parts) == 10_000
    assert max(parts) - min(parts) == 1


@pytest.mark.parametrize("unusable", [[], [0], [0, 0, 0], [-1], [5, -1], [-1, 1]])
def test_shares_that_divide_nothing_are_refused(unusable):
    with pytest.raises(SharesUnusable):
        money.allocate(100, unusable)


@unhurried
@given(totals, currencies)
def test_a_payment_and_what_stays_behind_are_the_whole_amount(micros, currency):
    paid = money.to_minor(micros, currency)
    assert money.from_minor(paid.minor, currency) + paid.remainder_micros == micros
    assert abs(money.from_minor(paid.minor, currency)) <= abs(micros)
    assert abs(paid.remainder_micros) < 10 ** (6 - money.exponent(currency))
    assert paid.minor * micros >= 0
    assert paid.remainder_micros * micros >= 0


@pytest.mark.parametrize(
    ("currency", "minor", "remainder"),
    [("JPY", 1234, 567_899), ("EUR", 123_456, 7_899), ("KWD", 1_234_567, 899), ("CLF", 12_345_678, 99)],
)
def test_minor_units_follow_the_currencys_exponent_towards_zero(currency, minor, remainder):
    assert money.to_minor(1_234_567_899, currency) == (minor, remainder)
    assert money.to_minor(-1_234_567_899, currency) == (-minor, -remainder)


def test_exponents_are_those_of_iso_4217_and_not_of_the_shop_window():
    found = {code: money.exponent(code) for code in ("HUF", "IDR", "IQD", "COP", "TWD", "KRW", "BHD", "UYW")}
    assert found == {"HUF": 2, "IDR": 2, "IQD": 3, "COP": 2, "TWD": 2, "KRW": 0, "BHD": 3, "UYW": 4}


@pytest.mark.parametrize("code", ["", "eur", "EURO", "EU", "ÉUR", "ZZZ", "EUR\n", "EUR\x00", "€", "123", "__proto__"])
def test_what_is_no_currency_is_refused(code):
    assert not money.is_currency(code)
    with pytest.raises(CurrencyUnknown):
        money.to_minor(1, code)
    with pytest.raises(CurrencyUnknown):
        money.from_minor(1, code)


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("0.0000005", 0),
        ("0.0000015", 2),
        ("0.0000025", 2),
        ("-0.0000015", -2),
        ("0.00000050000001", 1),
        ("1.5", 1_500_000),
    ],
)
def test_a_decimal_becomes_micros_half_to_even(text, micros):
    assert money.to_micros(money.parse_decimal(text)) == micros


@unhurried
@given(st.integers(0, 10**24 - 1), st.integers(0, 10**40 - 1), st.sampled_from(["", "-"]))
def test_an_amount_is_rounded_once_whatever_its_length(before, after, sign):
    text = f"{sign}{before}.{after:040d}"
    assert money.to_micros(money.parse_decimal(text)) == round(Fraction(text) * 1_000_000)


def test_a_hair_above_the_half_is_rounded_up_even_behind_many_digits():
    """Sixty-odd digits do not fit the context: rounding to fifty first would make it a half, and then less."""
    text = "123456789012345678901234.0000005" + "0" * 32 + "1"
    assert money.to_micros(money.parse_decimal(text)) == 123456789012345678901234_000001


@unhurried
@given(st.integers(-(10**30), 10**30))
def test_micros_become_a_decimal_and_come_back(micros):
    with localcontext(prec=5):  # whoever calls may have another precision
        assert money.to_micros(money.from_micros(micros)) == micros


def test_sums_of_usage_lines_are_exact_where_the_default_context_rounds():
    lines = [Decimal("123456.789012345678901234567890123"), Decimal("0.000000000000000000000000000000001")] * 3
    with money.exact():
        assert Fraction(sum(lines)) == sum(map(Fraction, lines))
    assert Fraction(sum(lines)) != sum(map(Fraction, lines))


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 ", "1\n", "1,5", "1e3", "1E+999999", "NaN", "sNaN", "inf", "-Infinity", "0x10", "1_000", ".5", "5.",
     "１２", "٣", "1.2.3", "--1", "+-1", "9" * 25, "1." + "0" * 41, "1\x00", "\ud800", "½"],
)  # fmt: skip
def test_what_is_no_plain_decimal_is_refused_with_a_sentence(text):
    with pytest.raises(AmountMalformed, match="is not an amount"):
        money.parse_decimal(text)


@pytest.mark.parametrize(
    "amount", [Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), Decimal("1E+999999"), 1.5, 1]
)
def test_what_has_no_exact_micros_is_refused(amount):
    with pytest.raises(AmountMalformed):
        money.to_micros(amount)


@unhurried
@given(st.text(max_size=60))
def test_a_refusal_never_carries_more_than_a_little_of_what_it_refused(text):
    with pytest.raises(AmountMalformed) as refused:
        money.parse_decimal(f"x{text * 100}")
    assert len(str(refused.value)) < 200


def test_an_amount_reads_as_its_locale_writes_it():
    plain = {
        ("EUR", "de"): "1.234,57 €", ("EUR", "en"): "€1,234.57", ("JPY", "en"): "¥1,235", ("KWD", "en"): "KWD1,234.568",
    }  # fmt: skip
    for (currency, locale), wanted in plain.items():
        read = money.format_money(1_234_567_890, currency, locale)
        assert read.replace("\xa0", " ").replace("KWD ", "KWD") == wanted
    assert money.format_money(-500_000, "USD", "en") == "-$0.50"
    assert "\u2066-0.50\u2069" in money.format_money(-500_000, "AED", "ar"), "the sign stays before the digits"


def test_the_longest_amount_that_can_be_read_can_be_written():
    largest = money.to_micros(money.parse_decimal("9" * 24))
    try:
        assert money.format_money(largest, "EUR", "en") == "€" + ",".join(["999"] * 8) + ".00"
    except InvalidOperation:
        pytest.fail("the amount is too long to be written")
