"""Whoever decided what a payee gets, or where it goes, does not also let it be paid."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.contracts.models import Contract
from app.contracts.rules.terms import unpacked
from app.contracts.service import drafting, recouping, splitting
from app.kernel import activity, clock
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.payouts.errors import EditedByYou
from app.payouts.models import Payout, PayoutRun
from app.payouts.rules.accounts import Typed
from app.payouts.service import apart, methods, requesting, runs, sending
from app.roster.models import Payee
from app.royalties.models import Earning, Statement
from tests.factories.labels import a_label
from tests.factories.money import a_cost
from tests.factories.payouts import a_day_later, a_person, an_iban, ask, earn, owed, ways

EUR = 1_000_000


@pytest.fixture
def label(connected):
    return a_label()


def adds_account(session, label, editor, payee):
    typed = Typed(scheme="iban", holder=payee.name, number=an_iban())
    methods.add(session, label, editor, session.get_one(Payee, payee.id), typed)


def removes_account(session, label, editor, payee):
    one, _ = methods.methods_of(session, [payee.id])[payee.id]
    methods.remove(session, editor, session.get_one(Payee, payee.id), one)


def shares_accounts(session, label, editor, payee):
    one, other = methods.methods_of(session, [payee.id])[payee.id]
    methods.share(session, editor, session.get_one(Payee, payee.id), {one.id: 400_000, other.id: 600_000})


def amends_contract(session, label, editor, payee):
    contract = contract_of(session, payee)
    drafting.amend(session, editor, contract, unpacked(drafting.latest(session, contract.id).terms))


def approves_cost(session, label, editor, payee):
    cost = recouping.propose(session, Actor.system(label), contract_of(session, payee), a_cost("1"))
    recouping.decide(session, editor, cost, approved=True)


def proposes_split(session, label, editor, payee):
    recording = session.scalars(
        select(Earning.recording_id).where(Earning.contract_id == contract_of(session, payee).id)
    ).first()
    splitting.propose(session, editor, recording, {payee.id: 100_000}, effective_from=date(2026, 1, 1))


def keeps_rate(session, label, editor, payee):
    activity.record(session, editor, "rate.kept", subject_type="exchange_rate", after={"base": "USD"})


EDITS = (
    adds_account, removes_account, shares_accounts, amends_contract, approves_cost, proposes_split, keeps_rate,
)  # fmt: skip


def contract_of(session, payee):
    key = session.scalars(select(Statement.contract_id).where(Statement.payee_id == payee.id)).first()
    return session.get_one(Contract, key)


def with_two_accounts(label, folder):
    payee, other = owed(label, folder, ["1000", "1000"])
    with tenant_work(label) as session:
        adds_account(session, label, Actor.system(label), payee)
        for method in methods.methods_of(session, [payee.id])[payee.id]:
            method.usable_from = clock.now() - timedelta(minutes=1)
    return payee, other


def approve(label, actor, payees):
    with tenant_work(label) as session:
        run = runs.open_run(session, label, a_person(label), ways(label), [payee.id for payee in payees])
        runs.submit(session, a_person(label), run)
    with tenant_work(label) as session:
        held = session.get_one(PayoutRun, run.id, with_for_update=True)
        return runs.approve(session, label, actor, held, seen_hash=held.batch_hash)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_editor_does_not_approve_a_run_that_holds_the_payee(label, tmp_path, edit):
    payee, other = with_two_accounts(label, tmp_path)
    editor, support = a_person(label), a_person(label)
    with tenant_work(label) as session:
        edit(session, label, editor, payee)
    with pytest.raises(EditedByYou, match=payee.name):
        approve(label, editor, [payee, other])
    with tenant_read(label) as session:
        everybodys = edit is keeps_rate
        assert apart.edited_by(session, editor.id, [payee.id, other.id]) == (
            {payee.id, other.id} if everybodys else {payee.id}
        )
    if not everybodys:
        assert approve(label, editor, [other]) == 1
    assert approve(label, support, [payee]) >= 1


def test_an_editor_does_not_let_a_large_payout_go_either(label, tmp_path):
    (payee,), editor = owed(label, tmp_path, ["20000"]), a_person(label)
    with tenant_work(label) as session:
        adds_account(session, label, editor, payee)
    (payout,) = ask(label, payee)
    with tenant_work(label) as session, pytest.raises(EditedByYou):
        requesting.approve(session, editor, session.get_one(Payout, payout.id, with_for_update=True))


def test_once_somebody_else_let_it_be_paid_the_editor_may_approve_again(label, tmp_path):
    (payee,), editor = owed(label, tmp_path), a_person(label)
    with tenant_work(label) as session:
        adds_account(session, label, editor, payee)
    assert approve(label, a_person(label), [payee]) == 1
    sending.send_due(label)
    a_day_later(label)
    earn(label, payee, 500 * EUR)
    assert approve(label, editor, [payee]) == 1


def test_what_nobody_approved_does_not_make_an_editor_an_approver(label, tmp_path):
    """Otherwise the smallest payout, asked for by the payee, would wash an edit clean."""
    (payee,), editor = owed(label, tmp_path), a_person(label)
    with tenant_work(label) as session:
        adds_account(session, label, editor, payee)
    ask(label, payee, 2_000)
    sending.send_due(label)
    a_day_later(label)
    with pytest.raises(EditedByYou):
        approve(label, editor, [payee])


def test_an_edit_while_money_is_under_way_is_not_washed_clean_by_its_arrival(label, tmp_path):
    (payee,), editor = owed(label, tmp_path), a_person(label)
    assert approve(label, a_person(label), [payee]) == 1
    sending.send_due(label)
    with tenant_work(label) as session:
        adds_account(session, label, editor, payee)
    a_day_later(label)
    earn(label, payee, 500 * EUR)
    with pytest.raises(EditedByYou):
        approve(label, editor, [payee])


def test_an_editor_who_approved_before_does_not_count_as_somebody_else(label, tmp_path):
    (payee,), editor = owed(label, tmp_path), a_person(label)
    assert approve(label, editor, [payee]) == 1
    sending.send_due(label)
    a_day_later(label)
    earn(label, payee, 500 * EUR)
    with clock.frozen_at(clock.now() - timedelta(hours=1)), tenant_work(label) as session:  # the clock was wrong
        adds_account(session, label, editor, payee)
    with pytest.raises(EditedByYou):
        approve(label, editor, [payee])
