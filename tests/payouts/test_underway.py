"""What changes while money is under way: refunds, accounts, returns; and currencies with no minor unit, and with three."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Refusal
from app.ledger.rules import Account, Kind
from app.ledger.service import balances, freezing
from app.payouts.errors import BelowMinimum, NotEnough
from app.payouts.gateways import sandbox
from app.payouts.models import Payout, PayoutMethod, SandboxTransfer
from app.payouts.rules.promises import FROZEN_FOR
from app.payouts.rules.schedules import Schedule
from app.payouts.service import hearing, holds, methods, promising, reconciling, scheduling, sending
from app.roster.models import Payee
from tests.factories.labels import a_label
from tests.factories.payouts import (
    a_day_later,
    a_method,
    a_person,
    ask,
    behind,
    check_books,
    due_now,
    earn,
    four_numbers,
    held_by,
    owed,
    the_payout,
)

EUR = 1_000_000


@pytest.fixture
def label(connected):
    return a_label()


def payables(label):
    with tenant_read(label) as session:
        return [micros for _, micros in balances(session, kind=Kind.PAYABLE).items()]


def removes(label, payee, place=0):
    with tenant_work(label) as session:
        method = methods.methods_of(session, [payee.id])[payee.id][place]
        methods.remove(session, a_person(label), session.get_one(Payee, payee.id), method)


@pytest.mark.parametrize("ending", ["1234", "0002", "0001"])
def test_a_refund_while_a_payout_is_under_way_is_earned_back_before_anything_is_paid(label, tmp_path, ending):
    (payee,) = owed(label, tmp_path, endings=[ending])
    (payout,) = ask(label, payee, 80_000)
    earn(label, payee, -500 * EUR)
    assert payables(label) == [-300 * EUR]
    assert four_numbers(label, payee) == (0, 0, 800 * EUR, 0)
    assert behind(label, payee) == -300 * EUR
    with pytest.raises(Refusal):
        ask(label, payee, 2_000)
    with pytest.raises(Refusal):
        ask(label, payee)
    check_books(label)
    sending.send_due(label)
    for _ in range(2):
        a_day_later(label)
    state = the_payout(label, payout.id).state
    assert state == {"1234": "paid", "0002": "returned", "0001": "failed"}[ending]
    assert four_numbers(label, payee)[0] == (0 if state == "paid" else 500 * EUR)
    assert behind(label, payee) == (-300 * EUR if state == "paid" else 0)
    if state == "paid":
        earn(label, payee, 310 * EUR)
        with pytest.raises(BelowMinimum):
            ask(label, payee)
        with pytest.raises(NotEnough, match=r"€10\.00 can be paid out now"):
            ask(label, payee, 2_000)
        earn(label, payee, 20 * EUR)
        (later,) = ask(label, payee)
        assert later.gross_micros == 30 * EUR
        assert payables(label) == [0]
    check_books(label)


def test_an_account_changed_while_money_is_on_its_way_there_changes_where_the_next_goes(label, tmp_path):
    (payee,) = owed(label, tmp_path, endings=["1111"])
    (first,) = ask(label, payee, 10_000)
    sending.send_due(label)
    removes(label, payee)
    a_method(label, payee, "2222")
    (second,) = ask(label, payee, 10_000)
    sending.send_due(label)
    a_day_later(label)
    assert [the_payout(label, each.id).state for each in (first, second)] == ["paid", "paid"]
    with tenant_read(label) as session:
        rows = {row.payout_id: row.account for row in session.scalars(select(SandboxTransfer))}
    assert rows == {first.id: "•••• 1111", second.id: "•••• 2222"}
    check_books(label)


def test_a_lost_payout_to_an_account_that_was_changed_meanwhile_is_paid_once_where_it_went(label, tmp_path):
    (payee,) = owed(label, tmp_path, endings=["0004"])
    (payout,) = ask(label, payee, 10_000)
    sending.send_due(label)
    removes(label, payee)
    a_method(label, payee, "2222")
    due_now(label)
    sending.ask_again(label)
    a_day_later(label)
    found = the_payout(label, payout.id)
    assert (found.state, found.attempts) == ("paid", 1)
    assert four_numbers(label, payee) == (900 * EUR, 0, 0, 0)
    check_books(label)


def test_a_new_account_gets_nothing_for_three_days_though_others_may(label, tmp_path):
    (payee,) = owed(label, tmp_path, endings=["1111"])
    fresh = a_method(label, payee, "2222", is_old=False)
    assert fresh.usable_from - fresh.added_at == FROZEN_FOR == timedelta(hours=72)
    (payout,) = ask(label, payee)
    with tenant_read(label) as session:
        assert session.get_one(PayoutMethod, payout.method_id).masked.endswith("1111")
    assert payout.gross_micros == 1000 * EUR


def test_a_share_too_small_for_the_bank_goes_to_the_other_account(label, tmp_path):
    (payee,) = owed(label, tmp_path, endings=["1111"])
    other = a_method(label, payee, "2222")
    with tenant_work(label) as session:
        one = next(each for each in methods.methods_of(session, [payee.id])[payee.id] if each.id != other.id)
        methods.share(session, a_person(label), session.get_one(Payee, payee.id), {one.id: 980_000, other.id: 20_000})
    (payout,) = ask(label, payee, 2_000)
    assert (payout.method_id, payout.gross_micros) == (one.id, 20 * EUR)
    parts = ask(label, payee, 90_000)
    assert sorted(each.gross_micros for each in parts) == [18 * EUR, 882 * EUR]
    check_books(label)


@pytest.mark.parametrize(
    ("currency", "earned", "step", "least", "gross", "parts"),
    [
        # 0.5 yen stays; 10 % and then 1 % of the rest, each rounded half up to a whole yen
        ("JPY", "9999.5", 1_000_000, 3_000, 9_999, (1_000, 90, 8_909)),
        ("KWD", "123.4567", 1_000, 7_000, 123_456, (12_346, 1_111, 109_999)),
        ("EUR", "99.999", 10_000, 2_000, 9_999, (1_000, 90, 8_909)),
    ],
)
def test_a_currency_is_paid_in_its_own_smallest_unit_and_what_is_smaller_stays(
    label, tmp_path, currency, earned, step, least, gross, parts
):
    (payee,) = owed(label, tmp_path, [earned], currency=currency)
    whole = four_numbers(label, payee)[0]
    with pytest.raises(BelowMinimum):
        ask(label, payee, least - 1)
    with pytest.raises(NotEnough):
        ask(label, payee, gross + 1)
    (payout,) = ask(label, payee, speed="instant")
    assert payout.gross_micros == gross * step
    found = (payout.platform_micros, payout.fee_micros, payout.sent_micros)
    assert found == tuple(part * step for part in parts)
    sending.send_due(label)
    a_day_later(label)
    assert the_payout(label, payout.id).state == "paid"
    assert held_by(label, Kind.BANK, currency) == -parts[2] * step
    rest = whole - gross * step
    assert 0 < rest < step
    assert four_numbers(label, payee) == (rest, 0, 0, 0)
    check_books(label)


def test_currencies_of_one_payee_do_not_mix(label, tmp_path):
    yen, euro = owed(label, tmp_path, ["9000", "1000"], currency=["JPY", "EUR"])
    for payee in (yen, euro):
        ask(label, payee)
    sending.send_due(label)
    a_day_later(label)
    assert (held_by(label, Kind.BANK, "JPY"), held_by(label, Kind.BANK)) == (-8_100 * EUR, -900 * EUR)
    with tenant_read(label) as session:
        assert {account.currency for account in balances(session) if isinstance(account, Account)} == {"EUR", "JPY"}
    check_books(label)


def test_books_that_are_frozen_keep_every_worker_waiting_and_nobody_loses_anything(label, tmp_path):
    sent, waits, late, weekly, kept = owed(label, tmp_path, ["1000"] * 5, endings=["1234", "1234", "0003"])
    ask(label, sent, 10_000)
    ask(label, late, 10_000, speed="instant")
    sending.send_due(label)
    ask(label, waits, 10_000)
    with tenant_work(label) as session:
        hearing.hear_of(session, sandbox.move(session, all_of_them=True))
        row = session.scalars(select(SandboxTransfer).where(SandboxTransfer.ending == "0003")).one()
        row.state = "accepted"
        held = session.get_one(Payee, weekly.id)
        scheduling.set_schedule(session, a_person(label), held, Schedule("daily")).next_on = clock.now().date()
        holds.hold(session, a_person(label), kept, currency="EUR", amount_micros=EUR, reason="disputed")
    with clock.frozen_at(clock.now() + timedelta(days=40)):
        with tenant_work(label) as session:
            freezing.freeze(session, Actor.system(label), ["the sum of a report is wrong"])
        assert work(label) == [0] * 7
        assert states(label) == {"sent": 2, "approved": 1}
        with tenant_work(label) as session:
            freezing.lift(session, a_person(label), reason="looked at")
        assert all(work(label))
    assert states(label) == {"paid": 1, "sent": 3}
    check_books(label)


def work(label):
    """What each kind of worker gets done."""
    return [
        reconciling.reconcile(label) if is_frozen(label) else 1,
        promising.keep(label),
        hearing.hear(label),
        scheduling.pay_scheduled(label),
        holds.release_over(label),
        sending.send_due(label),
        sending.ask_again(label) if is_frozen(label) else 1,
    ]


def is_frozen(label):
    with tenant_read(label) as session:
        return freezing.frozen(session) is not None


def states(label):
    with tenant_read(label) as session:
        return Counter(session.scalars(select(Payout.state)))
