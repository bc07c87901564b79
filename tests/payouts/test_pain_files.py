"""The file for the bank is what the ISO schema says, and says what was ordered, to the last cent."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from app.kernel.money import exponent
from app.payouts.gateways.bankfile.debtor import Debtor
from app.payouts.gateways.bankfile.pain import VERSIONS, Version, is_between_sepa, members, pain_file
from app.payouts.gateways.rail import Destination, Order
from app.payouts.rules.letters import SEPA
from app.payouts.rules.refusals import BankFileRefused, OrderRefused, OwnAccountUnusable
from tests.payouts.orders import (
    AMERICAN,
    BANK,
    EMIRATI,
    GERMAN,
    MADE_AT,
    PAYEE,
    PAYEE_GB,
    PAYEE_US,
    order,
    orders,
    schema,
)

SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "payments"
BOTH = pytest.mark.parametrize("version", VERSIONS)
BRITISH_LABEL = Debtor("Hour Ltd", "gb", "31926819", "601613", "GB")
DEBTORS = (BANK, replace(BANK, routing="", currency="EUR", company_id="HRB 123"), AMERICAN, BRITISH_LABEL)


def made(sent: list[Order], debtor: Debtor = BANK, version: Version = "pain.001.001.09") -> bytes:
    return pain_file(debtor, sent, version=version, message_id="run-2026-11", made_at=MADE_AT)


def read(raw: bytes) -> etree._Element:
    root = etree.fromstring(raw)
    for element in root.iter():
        element.tag = etree.QName(element).localname
    return root


def valid(raw: bytes, version: str) -> etree._Element:
    schema(version).assertValid(etree.fromstring(raw))
    return read(raw)


@BOTH
def test_the_schemas_accept_what_a_bank_gave_as_an_example(version: Version):
    if not (sample := SAMPLES / f"{version}_sample.xml").exists():
        pytest.skip("the banks' examples are not here")
    schema(version).assertValid(etree.parse(sample))


@BOTH
def test_the_schemas_refuse_a_file_in_another_order_of_things(version: Version):
    raw = made([order()], version=version)
    moved = raw.replace(
        b"<PmtMtd>TRF</PmtMtd><BtchBookg>true</BtchBookg>", b"<BtchBookg>true</BtchBookg><PmtMtd>TRF</PmtMtd>"
    )
    assert moved != raw
    assert not schema(version).validate(etree.fromstring(moved))


@settings(max_examples=60, deadline=None)
@given(orders(), st.sampled_from(VERSIONS), st.sampled_from(DEBTORS))
def test_whatever_is_ordered_the_file_is_valid_and_says_the_same(sent: list[Order], version: Version, debtor: Debtor):
    root = valid(made(sent, debtor, version), version)
    by_id = {each.payout_id.hex: each for each in sent}
    found = root.findall(".//CdtTrfTxInf")
    assert len(found) == len(sent) == int(root.findtext(".//GrpHdr/NbOfTxs"))
    for each in found:
        wanted = by_id.pop(each.findtext("PmtId/EndToEndId"))
        amount = each.find("Amt/InstdAmt")
        assert amount.get("Ccy") == wanted.currency
        assert Decimal(amount.text).scaleb(exponent(wanted.currency)) == wanted.amount_minor
        assert len(amount.text.partition(".")[2]) == exponent(wanted.currency)
        number = each.findtext("CdtrAcct/Id/IBAN") or each.findtext("CdtrAcct/Id/Othr/Id")
        assert number == wanted.to.number
    assert not by_id


@settings(max_examples=40, deadline=None)
@given(orders(), st.sampled_from(VERSIONS))
def test_every_sum_and_count_is_that_of_its_payments(sent: list[Order], version: Version):
    root = read(made(sent, version=version))
    batches = root.findall(".//PmtInf")
    for batch in batches:
        amounts = [Decimal(each.text) for each in batch.findall(".//InstdAmt")]
        assert Decimal(batch.findtext("CtrlSum")) == sum(amounts)
        assert int(batch.findtext("NbOfTxs")) == len(amounts)
        assert len({each.get("Ccy") for each in batch.findall(".//InstdAmt")}) == 1
    assert Decimal(root.findtext(".//GrpHdr/CtrlSum")) == sum(Decimal(batch.findtext("CtrlSum")) for batch in batches)
    names = [batch.findtext("PmtInfId") for batch in batches]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 35 for name in names)


@settings(max_examples=40, deadline=None)
@given(orders())
def test_every_name_and_text_is_in_letters_that_each_bank_takes(sent: list[Order]):
    root = read(made(sent))
    said = [each.text for each in (*root.iter("Nm"), *root.iter("Ustrd"))]
    assert all(text and set(text) <= SEPA and "//" not in text and not text.startswith("/") for text in said)


@BOTH
def test_euros_between_accounts_they_reach_go_by_sepa_and_nothing_else_does(version: Version):
    sent = [
        order(),
        order(to=Destination("iban", "Layla", EMIRATI, "", "AE")),
        order(currency="USD"),
        order(currency="USD", to=PAYEE_US),
        order(currency="GBP", to=PAYEE_GB),
    ]
    root = valid(made(sent, version=version), version)
    services = {
        batch.findtext(".//EndToEndId"): (batch.findtext("PmtTpInf/SvcLvl/Cd"), batch.findtext("ChrgBr"))
        for batch in root.findall(".//PmtInf")
    }
    assert services[sent[0].payout_id.hex] == ("SEPA", "SLEV")
    assert Counter(services.values()) == {("SEPA", "SLEV"): 1, ("NURG", "SHAR"): 3}
    assert [is_between_sepa(BANK, each) for each in sent] == [True, False, False, False, False]
    assert not is_between_sepa(AMERICAN, sent[0])


@BOTH
def test_national_accounts_name_their_bank_by_its_clearing(version: Version):
    savings = replace(PAYEE_US, is_savings=True)
    root = valid(
        made([order(currency="USD", to=savings), order(currency="GBP", to=PAYEE_GB)], version=version), version
    )
    banks = {each.findtext(".//ClrSysId/Cd"): each.findtext(".//MmbId") for each in root.iter("CdtrAgt")}
    assert banks == {"USABA": "011401533", "GBDSC": "601613"}
    assert [each.text for each in root.iterfind(".//CdtrAcct/Tp/Cd")] == ["SVGS"]


@BOTH
def test_a_promise_of_at_once_is_asked_for_and_stands_in_a_batch_of_its_own(version: Version):
    root = valid(
        made([order(), order(speed="instant"), order(currency="USD", speed="instant")], version=version), version
    )
    kinds = {
        (each.findtext("SvcLvl/Cd"), each.findtext("LclInstrm/Cd")) for each in root.iterfind(".//PmtInf/PmtTpInf")
    }
    assert kinds == {("SEPA", None), ("SEPA", "INST"), ("URGP", None)}


@BOTH
def test_a_reference_that_books_understand_is_structured_and_any_other_text_is_a_text(version: Version):
    sent = [order(text="RF18 5390 0754 7034"), order(text="Räuber/Hörer"), order(text="")]
    root = valid(made(sent, version=version), version)
    assert [each.text for each in root.iter("Ref")] == ["RF18539007547034"]
    assert [each.text for each in root.iter("Ustrd")] == ["Raeuber/Hoerer"]
    assert len(list(root.iter("RmtInf"))) == 2


@BOTH
def test_minor_units_are_the_currencys_own(version: Version):
    sent = [order(1_200, "JPY"), order(1_200, "KWD"), order(5, "EUR"), order(99_999_999_999, "EUR")]
    root = valid(made(sent, version=version), version)
    amounts = {each.findtext(".//EndToEndId"): each.findtext(".//InstdAmt") for each in root.iter("CdtTrfTxInf")}
    assert [amounts[each.payout_id.hex] for each in sent] == ["1200", "1.200", "0.05", "999999999.99"]
    assert root.findtext(".//GrpHdr/CtrlSum") == "1000001201.240"


def test_the_same_orders_give_the_same_bytes_and_the_day_and_booking_are_kept():
    sent = [order(), order(on=date(2026, 12, 1))]
    assert made(sent) == made(sent)
    root = read(made(sent, replace(BANK, is_batch_booked=False)))
    assert [each.findtext("ReqdExctnDt/Dt") for each in root.iter("PmtInf")] == ["2026-11-27", "2026-12-01"]
    assert {each.text for each in root.iter("BtchBookg")} == {"false"}
    old = read(made(sent, version="pain.001.001.03"))
    assert [each.findtext("ReqdExctnDt") for each in old.iter("PmtInf")] == ["2026-11-27", "2026-12-01"]


def test_whom_a_bank_means_by_a_file_or_a_batch_is_known():
    sent = [order(), order(currency="USD"), order()]
    found = members(BANK, sent, "run-2026-11")
    root = read(made(sent))
    assert found["run-2026-11"] == tuple(each.payout_id for each in sent)
    for batch in root.iter("PmtInf"):
        inside = tuple(payout.hex for payout in found[batch.findtext("PmtInfId")])
        assert inside == tuple(each.text for each in batch.iter("EndToEndId"))
    assert len(found) == 3


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"amount_minor": 0}, OrderRefused.AMOUNT),
        ({"amount_minor": -5}, OrderRefused.AMOUNT),
        ({"amount_minor": True}, OrderRefused.AMOUNT),
        ({"amount_minor": 12.5}, OrderRefused.AMOUNT),
        ({"amount_minor": 100_000_000_000}, OrderRefused.AMOUNT),
        ({"currency": "EURO"}, OrderRefused.CURRENCY),
        ({"currency": '"/>'}, OrderRefused.CURRENCY),
        ({"to": Destination("stripe", "Mara", "acct_1")}, OrderRefused.ACCOUNT),
        ({"to": replace(PAYEE, number="NL92ABNA0417164300")}, OrderRefused.ACCOUNT),
        ({"to": replace(PAYEE, number="NL91ABNA0417164300</IBAN>")}, OrderRefused.ACCOUNT),
        ({"to": replace(PAYEE, number="nl91abna0417164300")}, OrderRefused.ACCOUNT),
        ({"to": replace(PAYEE, routing="ABNA")}, OrderRefused.ACCOUNT),
        ({"to": replace(PAYEE_US, routing="011401534")}, OrderRefused.ACCOUNT),
        ({"to": replace(PAYEE_GB, number="0")}, OrderRefused.ACCOUNT),
        ({"to": replace(PAYEE, holder="李小龙")}, OrderRefused.HOLDER),
        ({"to": replace(PAYEE, holder="\x00")}, OrderRefused.HOLDER),
    ],
)
def test_one_order_that_does_not_fit_refuses_the_whole_file_by_name(changes: dict[str, object], why: str):
    wrong = replace(order(), **changes)  # type: ignore[arg-type]
    with pytest.raises(OrderRefused) as told:
        made([order(), wrong, order()])
    assert told.value.msgid == why
    assert str(wrong.payout_id) in str(told.value)
    assert wrong.to.number not in str(told.value) or len(wrong.to.number) < 2


def test_one_payment_never_stands_in_a_file_twice():
    first = order()
    for second in (first, replace(order(), payout_id=first.payout_id), replace(order(), key=first.key)):
        with pytest.raises(OrderRefused) as told:
            made([first, second])
        assert told.value.msgid == OrderRefused.TWICE


def test_no_orders_no_own_account_and_no_name_of_a_file_are_refused():
    with pytest.raises(BankFileRefused):
        made([])
    for debtor in (replace(BANK, number=GERMAN[:-1]), replace(BANK, name=""), replace(BANK, currency="<x>")):
        with pytest.raises(OwnAccountUnusable):
            made([order()], debtor)
    for name in ("", "-", "a" * 33, "a<b", "ä"):
        with pytest.raises(BankFileRefused):
            pain_file(BANK, [order()], version="pain.001.001.09", message_id=name, made_at=MADE_AT)
    with pytest.raises(BankFileRefused):
        made([order(on=date.fromordinal(date(2026, 1, 1).toordinal() + day)) for day in range(100)])


def test_a_name_of_ten_megabytes_costs_nothing_and_is_cut():
    began = time.process_time()
    raw = made([order(to=replace(PAYEE, holder="é" * 10_000_000), text="ß" * 10_000_000)])
    assert time.process_time() - began < 1
    valid(raw, "pain.001.001.09")
    assert len(raw) < 3_000


def test_accounts_never_show_where_orders_are_printed():
    told = f"{order()!r} {BANK!r} {PAYEE!r}"
    assert GERMAN not in told
    assert PAYEE.number not in told


def test_ten_thousand_payments_are_written_in_two_seconds():
    sent = [order(to=replace(PAYEE, holder=f"Jörg Öztürk {number}"), text="Häuser") for number in range(10_000)]
    began = time.process_time()
    raw = made(sent)
    took = time.process_time() - began
    assert took < 2, took
    valid(raw, "pain.001.001.09")
