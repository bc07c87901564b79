"""Money that changes its currency: both sides stay balanced, and what the rate made has an account of its own."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Refusal
from app.ledger.errors import AmountNotPositive, CurrenciesDiffer, PostedDifferently, RateUnusable
from app.ledger.rules import Account, Conversion, converted
from tests.ledger.books import DAY, account, all_balances, assert_balanced, convert, count, holds

DOLLARS, EUROS = account("receivable", 1, "USD"), account("clearing", currency="EUR")
OWED_DOLLARS, OWED_EUROS = account("payable", 7, "USD"), account("payable", 7, "EUR")
GAIN = account("fx_gain_loss")


def arrival(key: str = "paid:1", micros: int = 100_000_000, **details: Any) -> Conversion:
    """A source owes dollars, and euros arrive."""
    usual = {"key": key, "debit": EUROS, "credit": DOLLARS, "amount_micros": micros, "currency": "USD",
             "rate": Decimal("0.92"), "on": DAY, "reason": "Paid"}  # fmt: skip
    return Conversion(**(usual | details))


def exchange(**details: Any) -> Conversion:
    """A payee who is owed dollars is owed euros from now on."""
    return arrival(**({"debit": OWED_DOLLARS, "credit": OWED_EUROS} | details))


def test_what_leaves_in_one_currency_arrives_in_the_other(mine):
    assert convert(mine, arrival()) == (2, 0)
    assert (holds(mine, EUROS), holds(mine, DOLLARS)) == (92_000_000, -100_000_000)
    assert holds(mine, account("fx_position", currency="USD")) == -100_000_000
    assert holds(mine, account("fx_position", currency="EUR")) == 92_000_000
    assert_balanced(mine)


def test_an_amount_may_be_given_in_the_currency_that_arrives(mine):
    convert(mine, arrival(micros=92_000_000, currency="EUR", rate=Decimal("1.25")))
    assert (holds(mine, EUROS), holds(mine, DOLLARS)) == (92_000_000, -115_000_000)
    assert_balanced(mine)


@pytest.mark.parametrize(
    ("conversion", "gain"),
    [
        (arrival(book_rate=Decimal("0.90")), 2_000_000),
        (arrival(book_rate=Decimal("0.95")), -3_000_000),
        (arrival(book_rate=Decimal("0.92")), 0),
        (exchange(book_rate=Decimal("0.90")), -2_000_000),
        (exchange(book_rate=Decimal("0.95")), 3_000_000),
    ],
)
def test_what_the_rate_made_against_the_books_is_a_gain_or_a_loss(mine, conversion, gain):
    assert convert(mine, conversion) == (3 if gain else 2, 0)
    assert holds(mine, GAIN) == gain
    assert abs(holds(mine, account("fx_position"))) == 100_000_000 * conversion.book_rate
    assert_balanced(mine)


def test_the_same_conversion_again_is_harmless_and_another_is_a_conflict(mine):
    convert(mine, arrival(book_rate=Decimal("0.90")))
    assert convert(mine, arrival(book_rate=Decimal("0.90"))) == (0, 3)
    before = all_balances(mine)
    for other in ({"rate": Decimal("0.93")}, {"book_rate": Decimal("0.91")}, {"micros": 1}):
        with pytest.raises(PostedDifferently):
            convert(mine, arrival(**({"book_rate": Decimal("0.90")} | other)))
    assert (all_balances(mine), count(mine)) == (before, 3)


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"rate": Decimal(0)}, RateUnusable),
        ({"rate": Decimal(-1)}, RateUnusable),
        ({"rate": Decimal("NaN")}, RateUnusable),
        ({"rate": Decimal("Infinity")}, RateUnusable),
        ({"rate": Decimal("0.1"), "micros": 1}, RateUnusable),
        ({"book_rate": Decimal(0)}, RateUnusable),
        ({"micros": 0}, AmountNotPositive),
        ({"micros": -5}, AmountNotPositive),
        ({"rate": Decimal(10) ** 15}, AmountNotPositive),
        ({"currency": "JPY"}, CurrenciesDiffer),
        ({"debit": account("clearing", currency="USD")}, CurrenciesDiffer),
    ],
)
def test_a_conversion_that_cannot_be_is_refused(mine, wrong, refusal):
    with pytest.raises(refusal):
        convert(mine, arrival(**wrong))
    assert count(mine) == 0


RATES = st.decimals(min_value="0.000001", max_value="1000000", places=12, allow_nan=False)


@given(
    st.sampled_from([arrival, exchange]),
    st.sampled_from(["USD", "EUR"]),
    st.integers(1, 10**15),
    RATES,
    st.none() | RATES,
)
def test_no_conversion_loses_a_micro(kind, currency, micros, rate, book_rate):
    conversion = kind(micros=micros, currency=currency, rate=rate, book_rate=book_rate)
    try:
        entries = converted(conversion)
    except Refusal:
        exact = [Fraction(micros) * Fraction(each) for each in (rate, book_rate) if each is not None]
        assert min(exact) <= Fraction(1, 2)
        return
    held: dict[Account, int] = {}
    for entry in entries:
        assert entry.amount_micros > 0
        assert entry.debit.currency == entry.credit.currency
        held[entry.debit] = held.get(entry.debit, 0) + entry.amount_micros
        held[entry.credit] = held.get(entry.credit, 0) - entry.amount_micros
    other = "EUR" if currency == "USD" else "USD"
    amounts = {each.currency: abs(held[each]) for each in (conversion.debit, conversion.credit)}
    assert amounts[currency] == micros
    assert abs(amounts[other] - Fraction(micros) * Fraction(rate)) <= Fraction(1, 2), "rounded more than once"
    booked = abs(held[account("fx_position", currency=other)])
    assert abs(booked - Fraction(micros) * Fraction(rate if book_rate is None else book_rate)) <= Fraction(1, 2)
    for each in ("EUR", "USD"):
        assert sum(amount for which, amount in held.items() if which.currency == each) == 0
