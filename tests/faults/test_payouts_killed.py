"""Workers that are killed between every two steps of a payout: one transfer each, and nothing set aside is lost."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.kernel import clock, db
from app.payouts.models import Payout, PayoutHold, PayoutRun, PayoutSchedule, RailCheck, RailDifference, SandboxTransfer
from app.payouts.rules.schedules import Schedule
from app.payouts.service import holds, runs, scheduling, sending
from app.roster.models import Payee
from tests.factories.labels import a_label
from tests.factories.payouts import a_day_later, a_person, ask, check_books, due_now, four_numbers, owed, ways
from tests.faults.paying import WITHIN, all_are, all_is_well, killed_at, states, transfers, wake
from tests.kernel.jobs.nursery import nursery
from tests.kernel.jobs.work import eventually, process

EUR = 1_000_000

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def mine(connected):
    return a_label()


@pytest.fixture
def environment(patient):
    return patient


def asked(label, folder, *, endings=("1234", "1234")):
    """An instant and a standard payout that wait to be sent."""
    payees = owed(label, folder, ["1000", "1000"], endings=endings)
    ask(label, payees[0], 10_000, speed="instant")
    ask(label, payees[1], 20_000)
    return payees


@pytest.mark.parametrize("place", ["claiming", "claimed", "bank_committed", "answered", "applied", "noted"])
def test_a_payout_whose_sender_dies_is_sent_once(mine, environment, tmp_path, place):
    payees = asked(mine, tmp_path)
    with process("scheduler", environment), killed_at(mine, environment, f"payouts.{place}"):
        assert sum(four_numbers(mine, payee)[2] for payee in payees) == 300 * EUR
        assert eventually(all_are(mine, "sent", "paid"), WITHIN)
    all_is_well(mine, 2)
    assert [four_numbers(mine, payee)[0] for payee in payees] == [900 * EUR, 800 * EUR]


@pytest.mark.parametrize("place", ["lost", "found", "applied"])
def test_whoever_dies_while_asking_about_a_lost_answer_sends_nothing_again(mine, environment, tmp_path, place):
    asked(mine, tmp_path, endings=("0004", "0004"))
    sending.send_due(mine)
    assert states(mine) == ["unknown", "unknown"]
    due_now(mine)
    wake(mine, "payouts.follow")
    with process("scheduler", environment), killed_at(mine, environment, f"payouts.{place}"):
        due_now(mine)  # the pause after a question that nobody heard the answer of
        wake(mine, "payouts.follow")
        assert eventually(all_are(mine, "sent", "paid"), WITHIN)
    all_is_well(mine, 2)


@pytest.mark.parametrize("place", ["bank_moved", "heard", "applied", "taken"])
def test_news_whose_hearer_dies_are_heard_once(mine, environment, tmp_path, place):
    asked(mine, tmp_path)
    sending.send_due(mine)
    with db.tenant_work(mine) as session:
        session.execute(update(SandboxTransfer).values(moves_at=clock.now() - timedelta(seconds=1)))
    wake(mine, "payouts.bank")
    with process("scheduler", environment), killed_at(mine, environment, f"payouts.{place}"):
        assert eventually(all_are(mine, "paid"), WITHIN)
    all_is_well(mine, 2)


@pytest.mark.parametrize("place", ["reserved", "scheduled"])
def test_a_schedule_whose_worker_dies_pays_once(mine, environment, tmp_path, place):
    payees = owed(mine, tmp_path, ["500", "600"])
    with db.tenant_work(mine) as session:
        for payee in payees:
            held = scheduling.set_schedule(session, a_person(mine), session.get_one(Payee, payee.id), Schedule("daily"))
            held.next_on = clock.now().date()
    wake(mine, "payouts.schedule")
    with process("scheduler", environment), killed_at(mine, environment, f"payouts.{place}"):
        assert eventually(lambda: transfers(mine) == 2, WITHIN)
    with db.tenant_read(mine) as session:
        assert all(each.next_on > clock.now().date() for each in session.scalars(select(PayoutSchedule)))
    all_is_well(mine, 2)
    assert [four_numbers(mine, payee) for payee in payees] == [(0, 0, 0, 0)] * 2


def test_a_fee_whose_giver_dies_is_given_back_once_and_a_hold_is_let_go_of(mine, environment, tmp_path):
    payee, other = asked(mine, tmp_path, endings=("0003", "1234"))
    sending.send_due(mine)
    with db.tenant_work(mine) as session:
        kept = holds.hold(session, a_person(mine), other, currency="EUR", amount_micros=50 * EUR, reason="disputed")
        kept.ends_at = clock.now() - timedelta(seconds=1)
        session.execute(
            update(Payout)
            .where(Payout.speed == "instant")
            .values(promised_by=clock.now(), asked_at=clock.now() - timedelta(hours=1))
        )
    wake(mine, "payouts.keep_promises")
    with process("scheduler", environment), killed_at(mine, environment, "payouts.promised"):
        assert eventually(lambda: four_numbers(mine, payee)[0] == 900 * EUR + 900_000, WITHIN)
        assert eventually(lambda: four_numbers(mine, other)[3] == 0, WITHIN)
    with db.tenant_read(mine) as session:
        assert session.scalars(select(PayoutHold)).one().released_at is not None
    all_is_well(mine, 2)
    assert four_numbers(mine, payee)[0] == 900 * EUR + 900_000


@pytest.mark.parametrize("place", ["listed", "compared"])
def test_a_comparison_whose_worker_dies_is_made_after_all(mine, environment, tmp_path, place):
    asked(mine, tmp_path)
    sending.send_due(mine)
    wake(mine, "payouts.reconcile")
    with process("scheduler", environment), killed_at(mine, environment, f"payouts.{place}"):
        assert eventually(lambda: bool(rows_of(mine, RailCheck)), WITHIN)
    assert rows_of(mine, RailDifference) == []
    all_is_well(mine, 2)


def rows_of(label, model):
    with db.tenant_read(label) as session:
        return list(session.scalars(select(model)))


APPROVE = """
import sys
from uuid import UUID
from app.kernel import db, ids
from app.kernel.actor import Actor
from app.main import composition
from app.payouts.models import PayoutRun
from app.payouts.service import runs
from tenants.registry.queries import fresh_tenant
with composition.connected("test"):
    tenant = fresh_tenant(sys.argv[1])
    with db.tenant_work(tenant) as session:
        run = session.get_one(PayoutRun, UUID(sys.argv[2]), with_for_update=True)
        actor = Actor(kind="member", id=ids.new_id(), tenant=tenant, name="Eve")
        runs.approve(session, tenant, actor, run, seen_hash=run.batch_hash)
"""


def test_a_run_whose_approval_dies_is_not_approved_and_is_paid_once_when_it_is(mine, environment, tmp_path):
    payees = owed(mine, tmp_path, ["500", "600"])
    with db.tenant_work(mine) as session:
        run = runs.open_run(session, mine, a_person(mine), ways(mine))
        runs.submit(session, a_person(mine), run)

    def approved(**more):
        env = os.environ | environment | more
        return nursery().python(APPROVE, mine.id, str(run.id), environment=env).returncode

    assert approved(CRASH_AT="payouts.run_approved") == -9
    assert [each.state for each in rows_of(mine, PayoutRun)] == ["submitted"]
    assert [four_numbers(mine, payee) for payee in payees] == [(500 * EUR, 0, 0, 0), (600 * EUR, 0, 0, 0)]
    check_books(mine)
    assert approved() == 0
    sending.send_due(mine)
    all_is_well(mine, 2)
    a_day_later(mine)
    assert [four_numbers(mine, payee) for payee in payees] == [(0, 0, 0, 0)] * 2
