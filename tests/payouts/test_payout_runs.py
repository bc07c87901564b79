"""Paying many: what was seen is what is paid, two people stand behind it, and it is paid once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from app.identity.errors import SamePerson
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Refusal
from app.ledger.rules import Kind
from app.payouts.errors import RunChanged, RunEmpty, RunUnfit
from app.payouts.models import Payout, PayoutRun, PayoutRunLine
from app.payouts.service import methods, runs, sending
from app.roster.models import Payee
from tests.factories.labels import a_label
from tests.factories.payouts import (
    a_day_later,
    a_method,
    a_person,
    ask,
    check_books,
    earn,
    four_numbers,
    held_by,
    owed,
    ways,
)

EUR = 1_000_000


@pytest.fixture
def label(connected):
    return a_label()


def opened(label, by=None):
    with tenant_work(label) as session:
        return runs.open_run(session, label, by or a_person(label), ways(label))


def submitted(label, by=None):
    run = opened(label, by)
    with tenant_work(label) as session:
        runs.submit(session, by or a_person(label), held(session, run))
    return run


def held(session, run):
    return session.get_one(PayoutRun, run.id, with_for_update=True)


def approved(label, run, by=None, *, seen=None):
    with tenant_work(label) as session:
        row = held(session, run)
        return runs.approve(session, label, by or a_person(label), row, seen_hash=seen or row.batch_hash)


def lines(label, run):
    with tenant_read(label) as session:
        rows = session.scalars(select(PayoutRunLine).where(PayoutRunLine.run_id == run.id))
        return {row.payee_id: row for row in rows}


def state(label, run):
    with tenant_read(label) as session:
        return session.get_one(PayoutRun, run.id).state


def test_a_run_pays_what_was_seen_and_says_why_it_pays_others_not(label, tmp_path):
    payees = owed(label, tmp_path, ["1000", "5", "700", "800", "20000"])
    with tenant_work(label) as session:
        for payee in payees[2:4]:
            (method,) = methods.methods_of(session, [payee.id])[payee.id]
            methods.remove(session, a_person(label), session.get_one(Payee, payee.id), method)
    a_method(label, payees[3], is_old=False)
    run = opened(label)
    why = [lines(label, run)[payee.id].why_not for payee in payees]
    assert why == [None, "little", "no_account", "frozen", None]
    with tenant_work(label) as session:
        runs.set_lines(
            session, a_person(label), held(session, run), [lines(label, run)[payees[4].id].number], excluded=True
        )
        runs.submit(session, a_person(label), held(session, run))
    assert approved(label, run) == 1
    sending.send_due(label)
    a_day_later(label)
    assert [four_numbers(label, payee)[0] // EUR for payee in payees] == [0, 5, 700, 800, 20_000]
    assert held_by(label, Kind.BANK) == -900 * EUR
    check_books(label)


def test_a_large_run_is_approved_by_somebody_who_neither_made_nor_submitted_it(label, tmp_path):
    owed(label, tmp_path, ["20000"])
    maker, submitter = a_person(label), a_person(label)
    run = opened(label, maker)
    with tenant_work(label) as session:
        runs.submit(session, submitter, held(session, run))
    for person in (maker, submitter):
        with pytest.raises(SamePerson):
            approved(label, run, person)
    assert approved(label, run) == 1


@pytest.mark.parametrize("column", ["gross_micros", "sent_micros", "method_id", "payee_id", "excluded_by"])
def test_lines_that_are_not_those_that_were_submitted_are_not_paid(label, tmp_path, column):
    payees = owed(label, tmp_path, ["1000", "700"])
    run = submitted(label)
    other = lines(label, run)[payees[1].id]
    value = {
        "gross_micros": 999 * EUR, "sent_micros": 1, "method_id": other.method_id, "payee_id": payees[1].id,
        "excluded_by": a_person(label).id,
    }[column]  # fmt: skip
    with tenant_work(label) as session:
        changed = update(PayoutRunLine).where(PayoutRunLine.payee_id == payees[0].id)
        session.execute(changed.values({column: value}))
    with pytest.raises(RunChanged):
        approved(label, run)
    assert four_numbers(label, payees[0]) == (1000 * EUR, 0, 0, 0)


def test_what_an_approver_looked_at_is_what_is_approved(label, tmp_path):
    payees = owed(label, tmp_path, ["1000", "700"])
    run = submitted(label)
    with tenant_read(label) as session:
        seen = session.get_one(PayoutRun, run.id).batch_hash
    with tenant_work(label) as session:
        runs.reopen(session, a_person(label), held(session, run))
        runs.set_lines(
            session, a_person(label), held(session, run), [lines(label, run)[payees[1].id].number], excluded=True
        )
        runs.submit(session, a_person(label), held(session, run))
    with pytest.raises(RunChanged):
        approved(label, run, seen=seen)
    assert approved(label, run) == 1


def test_lines_of_a_submitted_run_stand_and_a_run_of_nobody_is_not_submitted(label, tmp_path):
    owed(label, tmp_path, ["1000"])
    run = submitted(label)
    with tenant_work(label) as session, pytest.raises(RunUnfit):
        runs.set_lines(session, a_person(label), held(session, run), [1], excluded=True)
    with tenant_work(label) as session:
        runs.reopen(session, a_person(label), held(session, run))
        runs.set_lines(session, a_person(label), held(session, run), [1], excluded=True)
    with tenant_work(label) as session, pytest.raises(RunEmpty):
        runs.submit(session, a_person(label), held(session, run))
    with tenant_work(label) as session:
        runs.cancel(session, a_person(label), held(session, run))
    for act in (runs.submit, runs.reopen, runs.cancel):
        with tenant_work(label) as session, pytest.raises(RunUnfit):
            act(session, a_person(label), held(session, run))


def test_a_payee_whose_balance_shrank_is_left_out_and_told(label, tmp_path):
    payees = owed(label, tmp_path, ["1000", "700", "500"])
    run = submitted(label)
    ask(label, payees[0], 10_000)
    earn(label, payees[1], -1 * EUR)
    assert approved(label, run) == 1
    found = lines(label, run)
    assert [found[payee.id].why_not for payee in payees] == ["balance", "balance", None]
    assert [found[payee.id].payout_id is None for payee in payees] == [True, True, False]
    assert [four_numbers(label, payee) for payee in payees] == [
        (900 * EUR, 0, 100 * EUR, 0), (699 * EUR, 0, 0, 0), (0, 0, 500 * EUR, 0),
    ]  # fmt: skip
    check_books(label)


def test_a_payee_with_several_accounts_is_paid_whole_or_told_so_line_by_line(label, tmp_path):
    (payee,) = owed(label, tmp_path, ["1000"])
    a_method(label, payee, "5678")
    run = submitted(label)
    earn(label, payee, -400 * EUR)
    assert approved(label, run) == 1, "one account's part is there"
    assert four_numbers(label, payee) == (100 * EUR, 0, 500 * EUR, 0)
    sending.send_due(label)
    a_day_later(label)
    assert held_by(label, Kind.BANK) == -450 * EUR
    check_books(label)


@pytest.mark.parametrize("people", ["one run", "two runs"])
def test_a_run_approved_by_many_at_once_and_two_runs_at_once_pay_each_payee_once(label, tmp_path, people):
    payees = owed(label, tmp_path, ["1000", "700", "500"])
    first = submitted(label)
    both = [first, first] if people == "one run" else [first, submitted(label)]
    together = threading.Barrier(4)

    def approves(number):
        together.wait()
        try:
            return approved(label, both[number % 2])
        except Refusal as refusal:
            return type(refusal)

    with ThreadPoolExecutor(4) as pool:
        came = list(pool.map(approves, range(4)))
    assert sum(each for each in came if isinstance(each, int)) == 3
    assert {each for each in came if not isinstance(each, int)} <= {RunUnfit, RunChanged}
    with tenant_read(label) as session:
        assert len(list(session.scalars(select(Payout)))) == 3
    assert all(four_numbers(label, payee)[0] == 0 for payee in payees)
    check_books(label)


def test_an_account_that_is_removed_after_approval_gets_nothing(label, tmp_path):
    payees = owed(label, tmp_path, ["1000", "700"])
    run = submitted(label)
    with tenant_work(label) as session:
        (method,) = methods.methods_of(session, [payees[0].id])[payees[0].id]
        method.removed_at = method.added_at  # as by somebody whose transaction ends while the run is approved
    assert approved(label, run) == 2
    assert sending.send_due(label) == 1
    assert four_numbers(label, payees[0]) == (1000 * EUR, 0, 0, 0)
    assert state(label, run) == "approved"
    check_books(label)


def test_each_currency_of_a_run_is_held_to_what_the_rail_takes_of_it(label, tmp_path):
    euro, yen = owed(label, tmp_path, ["500", "90000"], currency=["EUR", "JPY"])
    with tenant_work(label) as session:
        only_euro = runs.open_run(session, label, a_person(label), ways(label))
        both = runs.open_run(session, label, a_person(label), ways(label, "EUR", "JPY"))
        found = {
            run.id: {
                line.payee_id: line.why_not
                for line in session.scalars(select(PayoutRunLine).where(PayoutRunLine.run_id == run.id))
            }
            for run in (only_euro, both)
        }
    assert found[only_euro.id] == {euro.id: None, yen.id: "not_taken"}
    assert found[both.id] == {euro.id: None, yen.id: None}
