"""Our books beside the bank's list: every difference is found in one run, named, and found once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from app.kernel import clock, ids
from app.kernel.activity import Activity
from app.kernel.db import tenant_read, tenant_work
from app.ledger.rules import Kind
from app.payouts.models import Payout, PayoutMethod, RailDifference, SandboxTransfer
from app.payouts.service import reconciling, sending
from tests.factories.labels import a_label
from tests.factories.payouts import a_day_later, a_person, ask, check_books, four_numbers, held_by, owed, the_payout

EUR = 1_000_000


@pytest.fixture
def label(connected):
    return a_label()


def paid(label, folder, how_many=3):
    """Payouts that arrived half an hour ago, and their payees."""
    payees = owed(label, folder, ["1000"] * how_many)
    payouts = [ask(label, payee, 10_000)[0] for payee in payees]
    with clock.frozen_at(clock.now() - timedelta(minutes=30)):
        with tenant_work(label) as session:
            earlier = clock.now()
            session.execute(update(Payout).values(due_at=earlier, asked_at=earlier - timedelta(minutes=1)))
            session.execute(update(PayoutMethod).values(usable_from=earlier))
        sending.send_due(label)
        a_day_later(label)
    return payees, payouts


def change(label, payout, **values):
    with tenant_work(label) as session:
        session.execute(update(SandboxTransfer).where(SandboxTransfer.payout_id == payout.id).values(**values))


def extra(label, payout_id, *, key, state="paid"):
    """Money that the bank moved and nobody asked it to."""
    with tenant_work(label) as session:
        now = clock.now()
        session.add(
            SandboxTransfer(
                key=key, reference=f"sb_{key}", payout_id=payout_id, speed="standard", amount_minor=7_777,
                currency="EUR", account="•••• 9999", body_hash=b"", state=state, created_at=now, changed_at=now,
            )
        )  # fmt: skip


def differences(label):
    with tenant_read(label) as session:
        rows = session.scalars(select(RailDifference).order_by(RailDifference.kind))
        return [(row.kind, row.reference, row.payout_id) for row in rows]


def test_books_that_agree_have_no_differences(label, tmp_path):
    paid(label, tmp_path)
    assert reconciling.reconcile(label) == 0
    check_books(label)


def test_one_missing_one_extra_and_one_of_another_amount_are_found_in_one_run_and_once(label, rival, tmp_path):
    _, (gone, other, _) = paid(label, tmp_path)
    gone, other = the_payout(label, gone.id), the_payout(label, other.id)
    with tenant_work(label) as session:
        session.execute(delete(SandboxTransfer).where(SandboxTransfer.payout_id == gone.id))
    change(label, other, amount_minor=9_001)
    extra(label, ids.new_id(), key="odd")
    assert reconciling.reconcile(label) == 3
    assert differences(label) == [
        ("amount", other.reference, other.id), ("extra", "sb_odd", None), ("missing", gone.reference, gone.id),
    ]  # fmt: skip
    odd = 77_770_000 + 10_000  # what nobody asked for, and the cent that was too much
    assert held_by(label, Kind.SUSPENSE) == -odd
    assert held_by(label, Kind.BANK) == -3 * 90 * EUR - odd
    assert [reconciling.reconcile(label) for _ in range(2)] == [0, 0]
    with tenant_work(label) as session:
        for row in reconciling.open_differences(session):
            reconciling.resolve(session, a_person(label), row, "looked at")
    assert reconciling.reconcile(label) == 0, "what a person settled is not found anew"
    assert len(differences(label)) == 3
    assert held_by(label, Kind.SUSPENSE) == -odd
    with tenant_read(label) as session:
        found = session.scalars(select(Activity).where(Activity.action == "rail_difference.found"))
        assert len(list(found)) == 3
    assert differences(rival) == []


def test_money_nobody_asked_for_leaves_suspense_when_it_comes_back(label, tmp_path):
    paid(label, tmp_path, 1)
    extra(label, ids.new_id(), key="odd")
    reconciling.reconcile(label)
    with tenant_work(label) as session:
        session.execute(
            update(SandboxTransfer).where(SandboxTransfer.key == "odd").values(state="returned", changed_at=clock.now())
        )
    assert [reconciling.reconcile(label) for _ in range(2)] == [0, 0]
    assert (held_by(label, Kind.SUSPENSE), held_by(label, Kind.BANK)) == (0, -90 * EUR)
    check_books(label, extras=["odd"])


@pytest.mark.parametrize("state", ["paid", "failed", "returned"])
def test_a_second_transfer_in_a_payouts_name_says_nothing_of_the_first(label, tmp_path, state):
    """Were it believed, a payout that arrived would be given back, and paid again."""
    (payee,), (payout,) = paid(label, tmp_path, 1)
    extra(label, payout.id, key="twin", state=state)
    assert reconciling.reconcile(label) == 1
    assert [kind for kind, _, _ in differences(label)] == ["extra"]
    assert the_payout(label, payout.id).state == "paid"
    assert four_numbers(label, payee) == (900 * EUR, 0, 0, 0)
    check_books(label, extras=["twin"])


def test_news_that_were_lost_are_made_up_for(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    (payout,) = ask(label, payee, 10_000)
    sending.send_due(label)
    change(label, payout, state="paid", changed_at=clock.now())
    assert reconciling.reconcile(label) == 0
    assert the_payout(label, payout.id).state == "paid"
    check_books(label)


def test_what_leaves_just_before_one_comparison_is_looked_for_in_the_next(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    (payout,) = ask(label, payee, 10_000)
    sending.send_due(label)
    with tenant_work(label) as session:
        session.execute(delete(SandboxTransfer))
    assert reconciling.reconcile(label) == 0, "a bank may take a while to list what it took on"
    with clock.frozen_at(clock.now() + timedelta(hours=1)):
        assert reconciling.reconcile(label) == 1
    assert differences(label) == [("missing", the_payout(label, payout.id).reference, payout.id)]


def test_a_payout_that_we_gave_back_and_the_bank_paid_is_named_and_its_money_not_lost_sight_of(label, tmp_path):
    (payee,) = owed(label, tmp_path, endings=["0001"])
    (payout,) = ask(label, payee, 10_000)
    sending.send_due(label)
    assert the_payout(label, payout.id).state == "failed"
    change(label, payout, state="paid", changed_at=clock.now())
    assert [reconciling.reconcile(label) for _ in range(2)] == [1, 0]
    assert [kind for kind, _, _ in differences(label)] == ["state"]
    assert (held_by(label, Kind.BANK), held_by(label, Kind.SUSPENSE)) == (-90 * EUR, -90 * EUR)
    change(label, payout, state="returned", changed_at=clock.now())
    assert [reconciling.reconcile(label) for _ in range(2)] == [0, 0]
    assert (held_by(label, Kind.BANK), held_by(label, Kind.SUSPENSE)) == (0, 0)


def test_many_that_compare_at_once_find_each_difference_once(label, tmp_path):
    paid(label, tmp_path, 1)
    extra(label, ids.new_id(), key="odd")
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: reconciling.reconcile(label), range(4))) == 1
    assert len(differences(label)) == 1
    assert held_by(label, Kind.SUSPENSE) == -77_770_000


def test_nothing_is_sent_while_the_bank_lists_money_that_nobody_explains(label, tmp_path):
    payees, _ = paid(label, tmp_path, 2)
    extra(label, ids.new_id(), key="nobody-asked")
    assert reconciling.reconcile(label) == 1
    waiting = ask(label, payees[0], 5_000)[0]
    assert sending.send_due(label) == 0
    assert the_payout(label, waiting.id).state == "approved"
    with tenant_work(label) as session:
        found = session.scalars(select(RailDifference).where(RailDifference.resolved_at.is_(None))).one()
        reconciling.resolve(session, a_person(label), found, "The bank's own test payment")
    assert sending.send_due(label) == 1
    assert the_payout(label, waiting.id).state == "sent"
