"""Our minor units in the processor's and back: nothing is lost, nothing is made up, and what it has no amount for is refused."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.kernel.money import currencies, exponent
from app.payouts.gateways.stripe.amounts import (
    THREE_DECIMAL,
    WHOLE_ONLY,
    ZERO_DECIMAL,
    Unpayable,
    from_units,
    minimum_minor,
    step_minor,
    to_units,
)
from app.payouts.rules.amounts import Terms, parts_of, stepped


def _is_known(currency: str) -> bool:
    try:
        step_minor(currency)
    except Unpayable:
        return False
    return True


KNOWN = sorted(filter(_is_known, currencies()))
AMOUNTS = st.integers(min_value=1, max_value=10**13)


@pytest.mark.parametrize(
    ("minor", "currency", "units"),
    [
        (2_000, "EUR", 2_000), (2_000, "JPY", 2_000), (20_000, "KWD", 20_000), (20_010, "KWD", 20_010),
        (700_000, "HUF", 700_000), (80_000, "TWD", 80_000), (5, "ISK", 500), (75_000, "UGX", 7_500_000),
        (13_230_000, "MGA", 132_300), (7_345, "AED", 7_345),
    ],
)  # fmt: skip
def test_amounts_in_the_processors_units(minor, currency, units):
    assert to_units(minor, currency) == units
    assert from_units(units, currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency"),
    [
        (20_001, "KWD"), (104_5, "HUF"), (80_045, "TWD"), (13_230_001, "MGA"), (0, "EUR"), (-1, "EUR"), (100, "IQD"),
        (100, "LYD"), (100, "XYZ"), (100, "eur"), (100, ""), (100, "CLF"), (100, "UYI"),
    ],
)  # fmt: skip
def test_amounts_that_it_has_not(minor, currency):
    with pytest.raises(Unpayable):
        to_units(minor, currency)


@given(AMOUNTS, st.sampled_from(KNOWN))
def test_what_can_be_paid_is_the_same_money(minor, currency):
    try:
        units = to_units(minor, currency)
    except Unpayable:
        assert minor % step_minor(currency)
        return
    decimals = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    assert units * 10 ** exponent(currency) == minor * 10**decimals
    assert from_units(units, currency) == minor
    assert units % 10 == 0 or currency not in THREE_DECIMAL
    assert units % 100 == 0 or currency not in WHOLE_ONLY


@given(AMOUNTS, st.sampled_from(KNOWN))
def test_every_multiple_of_the_step_can_be_paid_and_nothing_between(minor, currency):
    step = step_minor(currency)
    assert to_units(minor * step, currency) > 0
    if minor % step:
        with pytest.raises(Unpayable):
            to_units(minor, currency)


@given(st.integers(min_value=0, max_value=10**13), st.sampled_from(KNOWN))
def test_a_balance_is_never_read_as_more_than_it_is(units, currency):
    minor = from_units(units, currency)
    assert minor >= 0
    if minor and minor % step_minor(currency) == 0:
        assert to_units(minor, currency) <= units


@pytest.mark.parametrize("currency", KNOWN)
def test_the_least_can_be_paid(currency):
    assert to_units(minimum_minor(currency), currency) > 0


def test_the_currencies_of_the_demo_labels_are_known():
    assert {"EUR", "USD", "AED", "GBP", "JPY", "KWD"} <= set(KNOWN)
    assert not {"IQD", "LYD"} & set(KNOWN)


@given(
    st.integers(1, 10**9), st.sampled_from((1, 10, 100)), st.integers(0, 300_000), st.integers(0, 300_000),
    st.sampled_from((0, 0, 90, -90, 10**6, -(10**6))),
)  # fmt: skip
def test_what_arrives_is_a_multiple_of_the_step_and_little_stays(gross, step, platform, withheld, exempt):
    terms = Terms(platform, 10_000, withheld)
    parts = stepped(gross, terms, step, exempt)
    assert parts.sent % step == 0
    assert parts.sent >= 0
    assert parts == parts_of(parts.gross, terms, exempt)
    more = parts_of(parts.gross + 4 * step, terms, exempt)
    assert parts.gross <= gross < more.gross


@given(st.integers(1, 10**9), st.integers(0, 300_000), st.integers(0, 1_000_000), st.integers(-(10**9), 10**6))
@example(1_000, 0, 800_000, -1_000)
@example(1_000, 40_000, 1_000_000, -1_000)
def test_however_much_tax_is_withheld_nothing_is_owed_for_what_went_out_whole(gross, platform, withheld, exempt):
    parts = parts_of(gross, Terms(platform, 10_000, withheld), exempt)
    assert min(parts.platform, parts.withheld, parts.fee, parts.sent) >= 0
    assert -gross // 4 <= parts.exempt <= gross
