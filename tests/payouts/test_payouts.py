"""Asking for money, sending it, and what becomes of it: the books are right after each step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.kernel.db import tenant_work
from app.kernel.errors import Refusal
from app.ledger.rules import Kind
from app.payouts.errors import BelowMinimum, InstantUsedUp, KeyReused, KeyUnusable, NoAccount, NotEnough
from app.payouts.models import Payout
from app.payouts.service import methods, requesting, sending
from app.payouts.service.quoting import Asked, Way
from app.payouts.service.requesting import Wish
from app.roster.models import Payee
from tests.factories.labels import a_label
from tests.factories.payouts import (
    a_day_later,
    a_method,
    a_person,
    ask,
    check_books,
    due_now,
    four_numbers,
    held_by,
    owed,
    the_payout,
    way,
)

EUR = 1_000_000


@pytest.fixture
def label(connected):
    return a_label()


def test_a_standard_payout_arrives_with_its_split_and_its_books(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    assert four_numbers(label, payee) == (1000 * EUR, 0, 0, 0)
    (payout,) = ask(label, payee)
    assert (payout.state, payout.gross_micros, payout.platform_micros, payout.fee_micros) == (
        "approved", 1000 * EUR, 100 * EUR, 0,
    )  # fmt: skip
    assert four_numbers(label, payee) == (0, 0, 1000 * EUR, 0)
    assert sending.send_due(label) == 1
    assert the_payout(label, payout.id).state == "sent"
    check_books(label)
    a_day_later(label)
    assert the_payout(label, payout.id).state == "paid"
    assert held_by(label, Kind.BANK) == -900 * EUR
    assert held_by(label, Kind.PLATFORM) == 100 * EUR
    assert four_numbers(label, payee) == (0, 0, 0, 0)
    check_books(label)


def test_an_instant_payout_costs_one_percent_of_what_the_artist_side_gets(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    (payout,) = ask(label, payee, 10_000, speed="instant")
    assert (payout.platform_micros, payout.fee_micros, payout.sent_micros) == (10 * EUR, 900_000, 89_100_000)
    sending.send_due(label)
    a_day_later(label)
    assert held_by(label, Kind.PAYOUT_FEE) == 900_000
    assert four_numbers(label, payee) == (900 * EUR, 0, 0, 0)
    check_books(label)


def test_the_same_wish_twice_is_one_payout_and_another_under_its_key_is_refused(label, tmp_path):
    (payee,), actor = owed(label, tmp_path), a_person(label)
    first = ask(label, payee, 5_000, key="once", actor=actor)
    again = ask(label, payee, 5_000, key="once", actor=actor)
    assert [each.id for each in again] == [each.id for each in first]
    with pytest.raises(KeyReused):
        ask(label, payee, 6_000, key="once", actor=actor)
    assert four_numbers(label, payee)[2] == 50 * EUR


def test_what_was_refused_does_not_use_its_key_up(label, tmp_path):
    (payee,), actor = owed(label, tmp_path), a_person(label)
    with pytest.raises(BelowMinimum):
        ask(label, payee, 100, key="once", actor=actor)
    assert ask(label, payee, 5_000, key="once", actor=actor)


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x00b", "schlüssel", "line\nbreak"])
def test_a_key_that_is_none_is_refused(label, tmp_path, key):
    (payee,) = owed(label, tmp_path)
    with pytest.raises(KeyUnusable):
        ask(label, payee, 5_000, key=key)
    assert four_numbers(label, payee)[2] == 0


def test_more_than_there_is_and_less_than_the_least_are_refused_in_a_sentence(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    with pytest.raises(NotEnough, match=r"€1,000\.00 can be paid out now; €1,000\.01 were asked for"):
        ask(label, payee, 100_001)
    with pytest.raises(BelowMinimum, match=r"The least that is paid out is €20\.00"):
        ask(label, payee, 1_999)
    assert four_numbers(label, payee) == (1000 * EUR, 0, 0, 0)


def test_without_an_account_or_with_a_new_one_nothing_goes_out(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    with tenant_work(label) as session:
        held = session.get_one(Payee, payee.id)
        (method,) = methods.methods_of(session, [payee.id])[payee.id]
        methods.remove(session, a_person(label), held, method)
    with pytest.raises(NoAccount):
        ask(label, payee)
    a_method(label, payee, is_old=False)
    with pytest.raises(Refusal, match="For safety nothing goes there before"):
        ask(label, payee)


def test_several_accounts_share_a_payout_to_the_cent(label, tmp_path):
    (payee,) = owed(label, tmp_path, ["100.01"])
    a_method(label, payee, "5678")
    a_method(label, payee, "9876")
    payouts = ask(label, payee)
    assert len(payouts) == 3
    assert sum(each.gross_micros for each in payouts) == 100_010_000
    sending.send_due(label)
    a_day_later(label)
    assert four_numbers(label, payee) == (0, 0, 0, 0)
    check_books(label)


def test_a_bank_that_refuses_gives_everything_back(label, tmp_path):
    (payee,) = owed(label, tmp_path, endings=["0001"])
    (payout,) = ask(label, payee, 10_000, speed="instant")
    sending.send_due(label)
    found = the_payout(label, payout.id)
    assert (found.state, found.problem) == ("failed", "account_unknown")
    assert four_numbers(label, payee) == (1000 * EUR, 0, 0, 0)
    check_books(label)


def test_money_that_comes_back_is_the_payees_again_with_fee_and_share(label, tmp_path):
    (payee,) = owed(label, tmp_path, endings=["0002"])
    (payout,) = ask(label, payee, 10_000, speed="instant")
    sending.send_due(label)
    a_day_later(label)
    assert the_payout(label, payout.id).state == "paid"
    a_day_later(label)
    assert the_payout(label, payout.id).state == "returned"
    assert four_numbers(label, payee) == (1000 * EUR, 0, 0, 0)
    assert {held_by(label, kind) for kind in (Kind.BANK, Kind.PLATFORM, Kind.PAYOUT_FEE)} == {0}
    check_books(label)


def test_an_answer_that_is_lost_is_asked_for_and_never_sent_twice(label, tmp_path):
    (payee,) = owed(label, tmp_path, endings=["0004"])
    (payout,) = ask(label, payee, 10_000)
    sending.send_due(label)
    assert the_payout(label, payout.id).state == "unknown"
    assert four_numbers(label, payee)[2] == 100 * EUR
    due_now(label)
    assert sending.ask_again(label) == 1
    found = the_payout(label, payout.id)
    assert (found.state, found.attempts) == ("sent", 1)
    a_day_later(label)
    assert held_by(label, Kind.BANK) == -90 * EUR
    check_books(label)


def test_past_the_days_cap_only_standard_is_left(label, tmp_path):
    (payee,) = owed(label, tmp_path, ["300000"])
    with pytest.raises(InstantUsedUp):
        ask(label, payee, 25_000_001, speed="instant")
    (payout,) = ask(label, payee, 25_000_001)
    assert payout.state == "reserved", "a large one waits for somebody of the label"


def test_a_large_payout_is_approved_by_somebody_else(label, tmp_path):
    (payee,), who = owed(label, tmp_path, ["20000"]), a_person(label)
    (payout,) = ask(label, payee, actor=who)
    assert sending.send_due(label) == 0
    with tenant_work(label) as session, pytest.raises(Refusal):
        requesting.approve(session, who, session.get_one(Payout, payout.id))
    with tenant_work(label) as session:
        requesting.approve(session, a_person(label), session.get_one(Payout, payout.id))
    assert sending.send_due(label) == 1
    check_books(label)


def test_a_payout_taken_back_before_it_left_is_the_payees_again(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    (payout,) = ask(label, payee)
    with tenant_work(label) as session:
        requesting.stop(session, a_person(label), session.get_one(Payout, payout.id, with_for_update=True))
    assert four_numbers(label, payee) == (1000 * EUR, 0, 0, 0)
    assert sending.send_due(label) == 0
    with tenant_work(label) as session, pytest.raises(Refusal):
        requesting.stop(session, a_person(label), session.get_one(Payout, payout.id))
    check_books(label)


def test_an_account_removed_midway_stops_what_was_to_go_there(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    (payout,) = ask(label, payee)
    with tenant_work(label) as session:
        (method,) = methods.methods_of(session, [payee.id])[payee.id]
        methods.remove(session, a_person(label), session.get_one(Payee, payee.id), method)
    assert the_payout(label, payout.id).state == "cancelled"
    assert four_numbers(label, payee) == (1000 * EUR, 0, 0, 0)
    check_books(label)


def test_many_small_wishes_of_a_day_are_let_go_of_by_a_second_person_like_a_large_one(label, tmp_path):
    (payee,) = owed(label, tmp_path, ["30000"])
    asked = [ask(label, payee, 400_000)[0] for _ in range(3)]
    assert [each.state for each in asked] == ["approved", "approved", "reserved"]
    with tenant_work(label) as session:
        requesting.approve(session, a_person(label), session.get_one(Payout, asked[2].id))
    assert ask(label, payee, 100_000)[0].state == "approved", "what a second person let go of counts no more"


def test_people_who_ask_at_once_share_what_is_left_of_the_rails_cap(label, tmp_path):
    one, other = owed(label, tmp_path, ["9000", "9000"])
    limits = way(label)
    tight = Way(limits.rail, replace(limits.limits, instant_left_minor=150_000))
    with tenant_work(label) as session:
        requesting.request(session, label, a_person(label), Wish(one.id, Asked("EUR", 100_000, "instant"), "a"), tight)
    with pytest.raises(InstantUsedUp), tenant_work(label) as session:
        requesting.request(
            session, label, a_person(label), Wish(other.id, Asked("EUR", 100_000, "instant"), "b"), tight
        )
