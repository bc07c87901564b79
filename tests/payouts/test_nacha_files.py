"""An ACH file adds up to the digit, and holds nothing but dollars between accounts of the United States."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.payouts.gateways.bankfile.nacha import nacha_file
from app.payouts.gateways.rail import Destination, Order
from app.payouts.rules.refusals import BankFileRefused, OrderRefused, OwnAccountUnusable
from tests.payouts.nacha import File, read
from tests.payouts.orders import (
    AMERICAN,
    BANK,
    HOLDERS,
    MADE_AT,
    PAYEE,
    PAYEE_GB,
    PAYEE_US,
    US_NUMBERS,
    order,
    orders,
    routing_numbers,
)

AMERICANS = st.builds(
    Destination,
    st.just("us"),
    HOLDERS,
    US_NUMBERS,
    routing_numbers(),
    st.just("US"),
    st.just("US"),
    st.booleans(),
    st.booleans(),
)


def made(sent: list[Order], *, modifier: str = "A", with_addenda: bool = True) -> bytes:
    return nacha_file(AMERICAN, sent, made_at=MADE_AT, modifier=modifier, with_addenda=with_addenda)


def dollars(cents: int = 1_250, **changes: object) -> Order:
    return order(cents, "USD", **({"to": PAYEE_US} | changes))  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(orders(AMERICANS, "USD"), st.booleans())
def test_whatever_is_ordered_a_strict_bank_reads_the_same(sent: list[Order], with_addenda: bool):
    found = read(made(sent, with_addenda=with_addenda))
    wanted = sorted(
        (each.to.routing, each.to.number, each.amount_minor, each.payout_id.hex.upper()[-15:]) for each in sent
    )
    assert sorted((each.routing, each.number, each.cents, each.known_as) for each in found.entries) == wanted
    if with_addenda:
        ids = sorted(entry.addenda[0].split(" ")[0] for entry in found.entries)
        assert ids == sorted(each.payout_id.hex.upper() for each in sent)
    else:
        assert not any(entry.addenda for entry in found.entries)


def test_persons_and_companies_and_days_have_batches_of_their_own():
    company = replace(PAYEE_US, is_company=True, is_savings=True)
    found = read(made([dollars(), dollars(to=company), dollars(on=date(2026, 12, 1)), dollars()]))
    assert [(batch.kind, batch.effective, len(batch.entries)) for batch in found.batches] == [
        ("CCD", "261127", 1),
        ("PPD", "261127", 2),
        ("PPD", "261201", 1),
    ]
    assert [entry.code for entry in found.entries] == ["32", "22", "22", "22"]
    assert {(batch.company, batch.company_id) for batch in found.batches} == {("KITE RECORDS LLC", "1123456789")}


def test_the_header_says_who_sends_to_whom_and_when():
    found = read(made([dollars()], modifier="B"))
    assert isinstance(found, File)
    assert (found.destination, found.origin, found.made, found.modifier) == (
        "021000021",
        "1123456789",
        "2611270930",
        "B",
    )


@pytest.mark.parametrize("count", range(1, 12))
def test_blocks_are_filled_up_however_many_entries_there_are(count: int):
    found = read(made([dollars(100 + number) for number in range(count)], with_addenda=False))
    assert len(found.entries) == count


def test_a_large_hash_loses_its_overflow_and_nothing_else():
    far = replace(PAYEE_US, routing="322271627")
    found = read(made([dollars(1, to=far) for _ in range(400)]))
    assert sum(int(entry.routing[:8]) for entry in found.entries) > 10**10


def test_another_currency_refuses_the_whole_file_and_names_the_order():
    foreign = order(100, "EUR", PAYEE_US)
    with pytest.raises(OrderRefused) as told:
        made([dollars(), foreign, dollars()])
    assert told.value.msgid == OrderRefused.CURRENCY
    assert str(foreign.payout_id) in str(told.value)
    assert "EUR" in str(told.value)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"to": PAYEE}, OrderRefused.ACCOUNT),
        ({"to": PAYEE_GB}, OrderRefused.ACCOUNT),
        ({"to": replace(PAYEE_US, routing="011401534")}, OrderRefused.ACCOUNT),
        ({"to": replace(PAYEE_US, routing="000000000")}, OrderRefused.ACCOUNT),
        ({"to": replace(PAYEE_US, number="1" * 18)}, OrderRefused.ACCOUNT),
        ({"to": replace(PAYEE_US, number="12\r\n9")}, OrderRefused.ACCOUNT),
        ({"to": replace(PAYEE_US, holder="北京")}, OrderRefused.HOLDER),
        ({"amount_minor": 10_000_000_000}, OrderRefused.AMOUNT),
        ({"speed": "instant"}, OrderRefused.INSTANT),
    ],
)
def test_one_order_that_does_not_fit_refuses_the_whole_file_by_name(changes: dict[str, object], why: str):
    wrong = replace(dollars(), **changes)  # type: ignore[arg-type]
    with pytest.raises(OrderRefused) as told:
        made([dollars(), wrong])
    assert told.value.msgid == why
    assert str(wrong.payout_id) in str(told.value)


def test_more_than_a_batch_can_count_is_refused():
    with pytest.raises(BankFileRefused) as told:
        made([dollars(9_999_999_999) for _ in range(101)])
    assert told.value.msgid == BankFileRefused.TOO_LARGE


def test_one_payment_never_stands_in_a_file_twice():
    first = dollars()
    with pytest.raises(OrderRefused):
        made([first, replace(dollars(), key=first.key)])


@pytest.mark.parametrize(
    "debtor",
    [
        BANK,
        replace(AMERICAN, company_id=""),
        replace(AMERICAN, company_id="12345678901"),
        replace(AMERICAN, company_id="1\n"),
        replace(AMERICAN, routing="123456789"),
        replace(AMERICAN, name="北京"),
    ],
)
def test_the_label_needs_an_account_that_a_bank_there_knows(debtor: object):
    with pytest.raises(OwnAccountUnusable):
        nacha_file(debtor, [dollars()], made_at=MADE_AT)  # type: ignore[arg-type]


def test_a_name_cannot_break_out_of_its_record():
    evil = replace(PAYEE_US, holder="Al\r\n9000001" + "9" * 50)
    (entry,) = read(made([dollars(to=evil, text="x\r\n8" * 10)])).entries
    assert entry.name.startswith("AL 9000001")
