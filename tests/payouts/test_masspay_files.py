"""A table for mass-payment systems says what was ordered, and no cell of it ever runs."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.payouts.gateways.bankfile.masspay import HEADS, cell, masspay_file
from app.payouts.gateways.rail import Destination, Order
from app.payouts.rules.refusals import BankFileRefused, OrderRefused
from tests.payouts.orders import PAYEE, PAYEE_US, order, orders


def read(raw: bytes) -> list[dict[str, str]]:
    found = list(csv.DictReader(io.StringIO(raw.decode(), newline="")))
    assert not found or tuple(found[0]) == HEADS
    return found


@settings(max_examples=50, deadline=None)
@given(orders())
def test_whatever_is_ordered_every_row_says_the_same_and_nothing_runs(sent: list[Order]):
    rows = read(masspay_file(sent))
    assert [row["reference"] for row in rows] == [each.payout_id.hex for each in sent]
    assert [row["account"] for row in rows] == [each.to.number for each in sent]
    assert [row["currency"] for row in rows] == [each.currency for each in sent]
    assert [int(row["amount"].replace(".", "")) for row in rows] == [each.amount_minor for each in sent]
    assert not any(value[:1] in tuple("=+-@|%\t\r\n＝＋－＠") for row in rows for value in row.values() if value)


@given(st.text(max_size=300))
def test_a_cell_is_one_printable_line(text: str):
    shown = cell(text)
    assert shown == "" or shown.isprintable()
    assert len(shown) <= 141


def test_formulas_in_every_field_that_people_write_are_defused():
    evil = Destination("iban", "=cmd|' /C calc'!A0", PAYEE.number, "", "=1", "@x")
    (row,) = read(masspay_file([order(to=evil, text="\t+1+1")]))
    assert row["name"] == "'=cmd|' /C calc'!A0"
    assert (row["bank_country"], row["holder_country"], row["text"]) == ("'=1", "'@x", "'+1+1")


def test_names_stay_as_people_write_them_and_kinds_of_account_are_told():
    sent = [
        order(1_200, "JPY", replace(PAYEE, holder="محمد «Jörg»")),
        order(1_200, "KWD", replace(PAYEE_US, is_savings=True, is_company=True)),
    ]
    first, second = read(masspay_file(sent))
    assert (first["name"], first["amount"], first["account_kind"], first["pay_on"]) == (
        "محمد «Jörg»",
        "1200",
        "",
        "2026-11-27",
    )
    assert (second["amount"], second["account_kind"], second["is_company"]) == ("1.200", "savings", "yes")


@pytest.mark.parametrize(
    "to", [Destination("stripe", "Mara", "acct_1"), replace(PAYEE, number="=1+1"), replace(PAYEE, holder="\x00\x00")]
)
def test_what_is_no_account_or_no_name_refuses_the_whole_file(to: Destination):
    with pytest.raises(OrderRefused):
        masspay_file([order(), order(to=to)])


def test_nothing_and_twice_the_same_are_refused():
    with pytest.raises(BankFileRefused):
        masspay_file([])
    first = order()
    with pytest.raises(OrderRefused):
        masspay_file([first, first])
