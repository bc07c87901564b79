"""What a rail says by itself: kept once, believed in nothing, heard in any order, and never a reason to pay twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update

from app.kernel import clock
from app.kernel.activity import Activity
from app.kernel.db import platform_read, tenant_read, tenant_work
from app.ledger.rules import Kind
from app.payouts.gateways import rails, sandbox
from app.payouts.gateways.rail import Report
from app.payouts.models import Payout, RailEvent, SandboxTransfer
from app.payouts.service import applying, hearing, methods, sending
from app.roster.models import Payee
from tests.factories.labels import a_label
from tests.factories.payouts import (
    a_day_later,
    a_person,
    ask,
    check_books,
    due_now,
    four_numbers,
    held_by,
    owed,
    the_payout,
)

EUR = 1_000_000
WHOLE = (1000 * EUR, 0, 0, 0)


@pytest.fixture
def label(connected):
    return a_label()


def says(label, reference, event_id, *, rail="sandbox", **more):
    with tenant_work(label) as session:
        return hearing.receive(
            session, rail=rail, event_id=event_id, kind="paid", reference=reference, payload=b"{}", **more
        )


def event(label, event_id):
    with tenant_read(label) as session:
        return session.scalars(select(RailEvent).where(RailEvent.event_id == event_id)).one()


def told(label):
    with tenant_read(label) as session:
        rows = session.execute(
            select(Activity.action, func.count()).where(Activity.action.like("payout.%")).group_by(Activity.action)
        )
        return dict(rows.all())


def bank_moves(label, *, is_told=True):
    with tenant_work(label) as session:
        moved = sandbox.move(session, all_of_them=True)
        if is_told:
            hearing.hear_of(session, moved)


def sent(label, payee, **more):
    (payout,) = ask(label, payee, 10_000, **more)
    sending.send_due(label)
    return the_payout(label, payout.id)


def test_paid_is_heard_ten_times_and_posted_once_and_so_is_what_comes_back(label, tmp_path):
    (payee,) = owed(label, tmp_path, endings=["0002"])
    payout = sent(label, payee, speed="instant")
    bank_moves(label)
    assert [says(label, payout.reference, "evt_1") for _ in range(5)] == [True] + [False] * 4
    assert all(says(label, payout.reference, f"evt_{number}") for number in range(2, 12))
    assert hearing.hear(label) == 12
    assert the_payout(label, payout.id).state == "paid"
    assert held_by(label, Kind.BANK) == -payout.sent_micros
    bank_moves(label)
    for number in range(12, 16):
        says(label, payout.reference, f"evt_{number}")
    hearing.hear(label)
    assert hearing.hear(label) == 0
    assert the_payout(label, payout.id).state == "returned"
    assert four_numbers(label, payee) == WHOLE
    assert told(label) == {"payout.asked": 1, "payout.sent": 1, "payout.paid": 1, "payout.returned": 1}
    check_books(label)


def test_news_that_come_before_the_answer_are_taken_and_the_answer_changes_nothing(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    (payout,) = ask(label, payee, 10_000, speed="instant")
    orders = [order for _, order in sending.claim(label)]
    answers = list(rails.named("sandbox").send(label, orders))  # and nobody has written them down yet
    bank_moves(label)
    hearing.hear(label)
    assert the_payout(label, payout.id).state == "paid"
    with tenant_work(label) as session:
        applying.apply(session, label, answers, answers=True)
    found = the_payout(label, payout.id)
    assert (found.state, found.reference) == ("paid", answers[0].reference)
    check_books(label)


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        (("paid", "accepted", "in_transit"), "paid"),
        (("returned", "paid", "accepted"), "returned"),
        (("accepted", "failed", "paid"), "failed"),
        (("paid", "failed", "paid", "returned"), "returned"),
        (("unknown", "accepted", "unknown", "paid", "unknown"), "paid"),
        (("refused", "accepted", "paid"), "failed"),
    ],
)
def test_words_in_any_order_never_lead_backwards(label, tmp_path, words, ends):
    (payee,) = owed(label, tmp_path)
    (payout,) = ask(label, payee, 10_000)
    sending.claim(label)
    for word in words:
        with tenant_work(label) as session:
            applying.apply(session, label, [Report(payout.id, word, "sb_1")])
    assert the_payout(label, payout.id).state == ends
    left = 900 * EUR if ends == "paid" else 1000 * EUR
    assert four_numbers(label, payee) == (left, 0, 0, 0)
    assert held_by(label, Kind.BANK) == (-90 * EUR if ends == "paid" else 0)


def test_a_name_that_a_rail_was_not_sure_of_is_not_kept(label, tmp_path):
    """A transfer that was made before its payout: later the rail speaks of the payout."""
    (payee,) = owed(label, tmp_path)
    (payout,) = ask(label, payee, 10_000)
    sending.claim(label)
    for report in (Report(payout.id, "unknown", "tr_1"), Report(payout.id, "accepted", "acct_1/po_1")):
        with tenant_work(label) as session:
            applying.apply(session, label, [report])
    found = the_payout(label, payout.id)
    assert (found.state, found.reference) == ("sent", "acct_1/po_1")


def test_news_that_are_a_day_late_cost_nobody_a_fee(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    payout = sent(label, payee, speed="instant")
    with clock.frozen_at(clock.now() + timedelta(minutes=5)):
        bank_moves(label, is_told=False)
    with clock.frozen_at(clock.now() + timedelta(days=1)):
        says(label, payout.reference, "evt_late")
        hearing.hear(label)
        found = the_payout(label, payout.id)
        assert (found.state, found.paid_at < found.promised_by) == ("paid", True)
    check_books(label)


def test_what_nobody_knows_is_put_aside_after_a_while_and_keeps_no_news_waiting(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    payout, many = sent(label, payee), hearing.BATCH + 5
    with tenant_work(label) as session:
        for number in range(many):
            hearing.receive(
                session, rail="sandbox", event_id=f"odd_{number}", kind="paid", reference=f"sb_odd{number}", payload=b""
            )
    bank_moves(label)
    assert hearing.hear(label) == many + 1
    assert the_payout(label, payout.id).state == "paid"
    assert event(label, "odd_0").state == "new"
    with tenant_work(label) as session:
        session.execute(update(RailEvent).where(RailEvent.state == "new").values(tries=hearing.MOST_TRIES - 1))
    hearing.hear(label)
    found = event(label, "odd_0")
    assert (found.state, found.why) == ("quarantined", "unknown object")
    assert hearing.hear(label) == 0
    check_books(label)


def test_news_of_another_labels_payout_change_nothing_there_or_here(label, rival, tmp_path):
    (payee,) = owed(label, tmp_path)
    payout = sent(label, payee)
    other = a_label()
    bank_moves(label, is_told=False)
    says(other, payout.reference, "evt_stray")
    hearing.hear(other)
    assert event(other, "evt_stray").state == "new"
    assert the_payout(label, payout.id).state == "sent"


def test_what_is_put_aside_at_the_door_is_never_asked_about(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    payout = sent(label, payee)
    bank_moves(label, is_told=False)
    says(label, payout.reference, "evt_test_mode", quarantine="of another mode")
    assert hearing.hear(label) == 0
    assert the_payout(label, payout.id).state == "sent"
    assert event(label, "evt_test_mode").why == "of another mode"


def test_a_rail_that_cannot_be_reached_from_here_keeps_no_other_waiting(label, tmp_path):
    """Its key was taken away, or its payouts go out in a file."""
    payee, other = owed(label, tmp_path, ["1000", "1000"])
    (stuck,), (payout,) = ask(label, payee, 10_000), ask(label, other, 10_000)
    with tenant_work(label) as session:
        session.execute(update(Payout).where(Payout.id == stuck.id).values(rail="stripe"))
    says(label, "acct_1/po_1", "evt_1", rail="stripe")
    assert sending.send_due(label) == 1
    bank_moves(label)
    hearing.hear(label)
    assert sending.ask_again(label) == 0
    assert [the_payout(label, key).state for key in (stuck.id, payout.id)] == ["approved", "paid"]
    assert event(label, "evt_1").state == "new"


def test_what_a_rail_never_had_goes_out_under_the_same_key(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    (payout,) = ask(label, payee, 10_000)
    sending.claim(label)  # and the worker is gone
    assert sending.ask_again(label) == 0, "nobody asks before its lease is over"
    due_now(label)
    assert sending.ask_again(label) == 1
    found = the_payout(label, payout.id)
    assert (found.state, found.attempts) == ("sent", 2)
    a_day_later(label)
    assert held_by(label, Kind.BANK) == -90 * EUR
    check_books(label)


def test_whoever_takes_payouts_up_leaves_word_to_ask_about_them_within_a_minute(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    ask(label, payee, 10_000)
    begun = clock.now()
    sending.claim(label)
    with platform_read() as session:
        waking = text("SELECT run_at FROM shared.outbox WHERE label = :label AND task = 'payouts.follow'")
        (due,) = session.execute(waking, {"label": label.id}).scalars()
    assert begun + timedelta(seconds=40) < due < begun + timedelta(seconds=60)


def test_an_account_removed_while_a_payout_is_in_doubt_gets_nothing_that_the_bank_never_had(label, tmp_path):
    payees = owed(label, tmp_path, ["1000", "1000"], endings=["1234", "0004"])
    lost, had = (ask(label, payee, 10_000)[0] for payee in payees)
    orders = {order.payout_id: order for _, order in sending.claim(label)}
    list(rails.named("sandbox").send(label, [orders[had.id]]))
    for payee in payees:
        with tenant_work(label) as session:
            (method,) = methods.methods_of(session, [payee.id])[payee.id]
            methods.remove(session, a_person(label), session.get_one(Payee, payee.id), method)
    due_now(label)
    sending.ask_again(label)
    states = [the_payout(label, each.id).state for each in (lost, had)]
    assert states == ["unknown", "sent"], "whoever took it up may still be about to hand it over"
    with clock.frozen_at(clock.now() + sending.QUIET * 2):
        sending.ask_again(label)
    found = the_payout(label, lost.id)
    assert (found.state, found.problem) == ("failed", "account_changed")
    assert four_numbers(label, payees[0]) == WHOLE
    a_day_later(label)
    assert the_payout(label, had.id).state == "paid"
    with tenant_read(label) as session:
        assert len(list(session.scalars(select(SandboxTransfer)))) == 1
    check_books(label)
