"""What comes back of an ACH file is given back to the payees it names, once, whatever else stands in the bank's file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import clock, db
from app.kernel.actor import Actor
from app.payouts.gateways.bankfile import ach_returns, nacha
from app.payouts.gateways.bankfile.reasons import RETURNS, problem_of_return
from app.payouts.gateways.rail import PROBLEMS
from app.payouts.models import PayoutFile, PayoutMethod
from app.payouts.rules.accounts import Typed
from app.payouts.rules.refusals import BankReportRefused
from app.payouts.service import bankfiles, methods, promises, requesting
from app.payouts.service.quoting import Asked
from app.payouts.service.requesting import Wish
from app.roster.models import Payee
from tests.factories.labels import a_label
from tests.factories.payouts import a_person, check_books, four_numbers, owed, the_payout, way
from tests.payouts.nacha import read
from tests.payouts.orders import AMERICAN, MADE_AT, PAYEE_US, order

USD = 1_000_000
BANK = "02100002"


def came_back(raw, codes, *, kind="99", entry_code="2", made="2611301200"):
    """The bank's file of returns: for entries of ours, by their place, the code they came back with."""
    entries = read(raw).entries
    records = [f"101 123456789 021000021{made}A094101{'OUR BANK':<23}{'FIRST BANK':<23}{'':8}"]
    records.append(f"5220{'KITE RECORDS':<16}{'':20}1123456789PPD{'ROYALTIES':<10}{'':6}261130   1{BANK}0000001")
    for trace, (place, code) in enumerate(codes, start=1):
        sent, own = entries[place], f"{BANK}{trace:07}"
        account = f"{sent.routing}{sent.number:<17}{sent.cents:010}{sent.known_as}{sent.name:<22}"
        records.append(f"6{sent.code[0]}{int(entry_code) - 1}{account}  1{own}")
        records.append(f"7{kind}{code}{sent.trace}{'':6}{sent.routing[:8]}{'':44}{own}")
    counted = 2 * len(codes)
    records.append(f"8220{counted:06}{0:010}{0:012}{0:012}1123456789{'':25}{BANK}0000001")
    records.append(f"9000001000001{counted:08}{0:010}{0:012}{0:012}{'':39}")
    return "\r\n".join(records).encode()


def told(raw):
    return [(each.known_as, each.cents, each.code, each.problem) for each in ach_returns.returns(raw)]


@pytest.fixture(scope="module")
def sent():
    return [order(1_250 + number, "USD", PAYEE_US) for number in range(3)]


@pytest.fixture(scope="module")
def raw(sent):
    return nacha.nacha_file(AMERICAN, sent, made_at=MADE_AT)


def test_each_return_names_its_payment_and_why(raw, sent):
    found = ach_returns.returns(came_back(raw, [(0, "R02"), (2, "R23")]))
    ends = [each.payout_id.hex.upper()[-15:] for each in sent]
    assert [(each.known_as, each.cents, each.problem) for each in found] == [
        (ends[0], 1_250, "account_closed"),
        (ends[2], 1_252, "bank_refused"),
    ]
    assert found[0].at == datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def test_lines_that_were_cut_or_never_broken_are_read_the_same(raw):
    whole = came_back(raw, [(0, "R03"), (1, "R99")])
    lines = whole.decode().split("\r\n")
    for other in (
        "\n".join(line.rstrip() for line in lines),
        "".join(lines),
        "\ufeff" + "\r\n".join([*lines, "9" * 94, ""]),
    ):
        assert told(other.encode()) == told(whole)
    assert [problem for *_, problem in told(whole)] == ["account_unknown", "other"]


def test_notices_of_change_and_returned_debits_are_no_word_on_a_payout(raw):
    assert told(came_back(raw, [(0, "C01")], kind="98")) == []
    assert told(came_back(raw, [(0, "R01")], entry_code="7")) == []


def test_every_code_of_a_return_is_one_of_our_problems():
    assert set(RETURNS.values()) <= set(PROBLEMS)
    assert (problem_of_return("R02"), problem_of_return("R24"), problem_of_return("")) == (
        "account_closed",
        "other",
        "other",
    )


def test_a_file_that_was_cut_off_or_is_none_is_refused(raw):
    whole = came_back(raw, [(0, "R02"), (1, "R02")])
    lines = whole.split(b"\r\n")
    cut = [lines[:-1], lines[:2] + lines[4:], [*lines, lines[-1]], [lines[0] + b"x", *lines[1:]], [*lines, b"ABC"]]
    for broken in (*map(b"\r\n".join, cut), b"101", whole.replace(b"0000001250", b"000000125X")):
        with pytest.raises(BankReportRefused):
            ach_returns.returns(broken)


@given(st.binary(max_size=400))
def test_nothing_but_a_refusal_comes_of_what_is_no_file(tail):
    with pytest.raises(BankReportRefused):
        ach_returns.returns(b"101" + tail)


def an_american(label, payee):
    """Let a payee be paid to an account in the United States."""
    with db.tenant_work(label) as session:
        held = session.get_one(Payee, payee.id)
        for method in methods.methods_of(session, [payee.id])[payee.id]:
            methods.remove(session, Actor.system(label), held, method)
        typed = Typed("us", "Sam Poe", "000123456789", "011401533", "checking")
        method = methods.add(session, label, Actor.system(label), held, typed)
        method.usable_from = clock.now() - timedelta(minutes=1)


@pytest.fixture
def label(connected):
    return a_label()


@pytest.fixture
def paid(label, tmp_path):
    """Two payees whose money went out in a file, and that file."""
    payees = owed(label, tmp_path, ["1000", "500"], currency="USD")
    by_file = way(label, "USD", rail="bank_file")
    payouts = []
    for payee in payees:
        an_american(label, payee)
        with db.tenant_work(label) as session:
            wish = Wish(payee.id, Asked("USD", 10_000, "standard"), f"k{len(payouts)}")
            payouts += requesting.request(session, label, a_person(label), wish, by_file)
    with db.tenant_work(label) as session:
        own = methods.read_account(
            Typed("us", "Kite Records LLC", "123456789", "021000021", "checking", is_company=True)
        )
        promises.set_debtor(session, label, Actor.system(label), own, "1123456789")
        made = bankfiles.make(session, label, Actor.system(label), form="nacha", currency="USD")
        assert isinstance(made, PayoutFile)
        orders = [
            bankfiles.sending.order_of(label, each, session.get_one(PayoutMethod, each.method_id)) for each in payouts
        ]
    return payees, payouts, nacha.nacha_file(AMERICAN, orders, made_at=MADE_AT)


def uploaded(client, raw):
    return client.post("/portal/payouts/bank/reports", files={"report": ("returns.ach", raw, "text/plain")})


def test_a_return_gives_the_payee_the_money_back_once_with_the_reason(client_as, label, paid):
    (payee, other), (payout, steady), raw = paid
    owner = client_as(label)
    back = came_back(raw, [(0, "R02")])
    for _ in range(2):
        assert uploaded(owner, back).status_code == 303
    found = the_payout(label, payout.id)
    assert (found.state, found.problem) == ("returned", "account_closed")
    assert "The account is closed." in owner.get(f"/portal/payouts/{payout.id}").text
    assert the_payout(label, steady.id).state == "sent"
    assert four_numbers(label, payee) == (1000 * USD, 0, 0, 0)
    assert four_numbers(label, other) == (400 * USD, 0, 100 * USD, 0)
    check_books(label)


def test_a_return_of_another_amount_or_of_a_rivals_payout_changes_nothing(client_as, label, rival, paid):
    _, payouts, raw = paid
    back = came_back(raw, [(0, "R02"), (1, "R03")])
    assert uploaded(client_as(rival), back).status_code == 303
    assert uploaded(client_as(label), back.replace(b"0000009000", b"0000009001")).status_code == 303
    assert [the_payout(label, each.id).state for each in payouts] == ["sent", "sent"]
    assert uploaded(client_as(label), b"101 nothing").status_code == 422
    assert client_as(label, role="artist").post("/portal/payouts/bank/reports").status_code in (403, 404)
