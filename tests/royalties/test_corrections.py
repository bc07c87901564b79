"""What is corrected after it was told: restated, returned, contested, confirmed, twice over; nobody gains by it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from app.catalog.models import Recording
from app.contracts.models import Contract, SplitSheet
from app.contracts.rules.terms import Clause, Escalation, Guarantee, Reserve, Share, Step, Trigger, Withholding
from app.contracts.schemas import Scope
from app.contracts.service import drafting, holding, splitting
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.ledger.rules import Account, Kind
from app.roster.models import Payee
from app.royalties.models import RoyaltyPeriod
from app.royalties.service import lines
from tests.factories.ledger import balance
from tests.factories.money import (
    APRIL,
    MARCH,
    MAY,
    a_contract,
    a_cost,
    a_payee,
    a_period,
    a_report,
    a_run,
    amount,
    owed,
    pay_out,
    physical,
    publish,
    run_of,
    sold,
    statement,
    terms,
)

D = Decimal
ALL = Clause(id="all", rate=D(1))


def restate(tenant: Tenant, period: RoyaltyPeriod) -> None:
    """Work a published period out anew, and publish what changes."""
    publish(tenant, a_run(tenant, period, restates=True))


def shared(tenant: Tenant, recording: Recording, shares: dict[Payee, int]) -> SplitSheet:
    """A split sheet, since ever, that nobody answered yet."""
    with tenant_work(tenant) as session:
        named = {payee.id: ppm for payee, ppm in shares.items()}
        return splitting.propose(session, Actor.system(tenant), recording.id, named, effective_from=date(2020, 1, 1))


def answer(tenant: Tenant, sheet: SplitSheet, payee: Payee, *, agrees: bool) -> None:
    """Confirm or contest a share."""
    with tenant_work(tenant) as session:
        splitting.answer(session, Actor.system(tenant), session.merge(sheet), payee.id, agrees=agrees)


def test_a_period_is_restated_as_often_as_it_takes(tenant: Tenant, recordings: list[Recording], tmp_path: Path) -> None:
    payee = a_payee(tenant)
    deal = a_contract(tenant, terms(payee, ALL))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="100"), sold(recordings[1], Net="7", Store="Deezer")])
    period = a_period(tenant, *MARCH)
    publish(tenant, a_run(tenant, period))
    found = []
    for late in ("20", "3", "-13"):
        a_report(tenant, tmp_path, [sold(recordings[0], Net=late)])
        restate(tenant, period)
        found.append(owed(tenant, deal, payee))
    restate(tenant, period)
    assert [*found, owed(tenant, deal, payee)] == [127, 130, 117, 117]


def test_what_a_restatement_could_pay_to_nobody_counts_once_in_the_next(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    deal = a_contract(tenant, terms(payee, ALL), scopes=[Scope("recording", recordings[0].id)])
    a_report(tenant, tmp_path, [sold(recordings[0], Net="100"), sold(recordings[1], Net="7")])
    period = a_period(tenant, *MARCH)
    publish(tenant, a_run(tenant, period))
    other = a_contract(tenant, terms(payee, ALL), scopes=[Scope("recording", recordings[1].id)])
    restate(tenant, period)
    restate(tenant, period)
    assert (owed(tenant, deal, payee), owed(tenant, other, payee)) == (100, 7)


def test_a_restatement_takes_back_from_those_who_shared_then(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    """A sheet is proposed anew for the same day, and a contract's shares are amended back to a day in the past."""
    artist, partner, guest, writer = (a_payee(tenant) for _ in range(4))
    deal = a_contract(tenant, terms([artist, partner], ALL))
    sheet = shared(tenant, recordings[0], {guest: 300_000})
    answer(tenant, sheet, guest, agrees=True)
    a_report(tenant, tmp_path, [sold(recordings[0], Net="100"), sold(recordings[1], Net="10")])
    period = a_period(tenant, *MARCH)
    publish(tenant, a_run(tenant, period))
    everybody = (artist, partner, guest, writer)
    assert [owed(tenant, deal, each) for each in everybody] == [40, 40, 30, 0]
    sheet = shared(tenant, recordings[0], {guest: 200_000, writer: 200_000})
    answer(tenant, sheet, guest, agrees=True)
    answer(tenant, sheet, writer, agrees=True)
    restate(tenant, period)
    assert [owed(tenant, deal, each) for each in everybody] == [35, 35, 20, 20]
    with tenant_work(tenant) as session:
        contract, actor = session.get_one(Contract, deal.id), Actor.system(tenant)
        shares = (Share(payee=artist.id, share_ppm=750_000), Share(payee=partner.id, share_ppm=250_000))
        drafting.amend(session, actor, contract, terms(artist, ALL, shares=shares))
        holding.bring_into_force(session, actor, contract, effective_from=MARCH[0])
    restate(tenant, period)
    assert [owed(tenant, deal, each) for each in everybody] == [D("52.5"), D("17.5"), 20, 20]
    restate(tenant, period)
    assert [owed(tenant, deal, each) for each in everybody] == [D("52.5"), D("17.5"), 20, 20]


def test_a_higher_rate_for_earlier_periods_is_paid_once_whatever_is_restated(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    grows = Escalation(by="units", steps=(Step(above=D(150), rate=D("0.2")),), mode="slab")
    deal = a_contract(tenant, terms(payee, Clause(id="all", rate=D("0.1"), escalation=grows)))
    a_report(tenant, tmp_path, [physical(recordings[0], 100, Net="1000")])
    run_of(tenant, MARCH)
    a_report(tenant, tmp_path, [physical(recordings[0], 100, Net="1000")], month=APRIL[0])
    period = a_period(tenant, *APRIL)
    publish(tenant, a_run(tenant, period))
    assert owed(tenant, deal, payee) == 400
    restate(tenant, period)
    assert owed(tenant, deal, payee) == 400
    a_report(tenant, tmp_path, [physical(recordings[0], -60, Net="-600")], month=APRIL[0])
    restate(tenant, period)
    assert owed(tenant, deal, payee) == 140, "1400 at the first rate: the step is not reached any more"


def test_units_in_reserve_bring_the_step_for_all_once_they_are_let_go_of(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    grows = Escalation(by="units", steps=(Step(above=D(80), rate=D("0.2")),), mode="slab")
    reserve = Reserve(rate=D("0.4"), counts_held=False)
    deal = a_contract(tenant, terms(payee, Clause(id="all", rate=D("0.1"), escalation=grows), reserve=reserve))
    a_report(tenant, tmp_path, [physical(recordings[0], 100, Net="100")])
    run_of(tenant, MARCH)
    for month in (APRIL, MAY):
        a_report(tenant, tmp_path, [physical(recordings[0], 1, Net="1")], month=month[0])
        run_of(tenant, month)
    whole = owed(tenant, deal, payee) + owed(tenant, deal, payee, Kind.RESERVE)
    assert whole == D("20.4"), "102 at the higher rate"


def test_a_restatement_lets_go_of_no_reserve_before_its_time_and_of_what_was_not_sold_after_all(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    deal = a_contract(tenant, terms(payee, ALL, reserve=Reserve(rate=D("0.5"), release=(D("0.5"), D("0.5")))))
    a_report(tenant, tmp_path, [physical(recordings[0], 10, Net="100")])
    period = a_period(tenant, *MARCH)
    publish(tenant, a_run(tenant, period))
    restate(tenant, period)
    assert (owed(tenant, deal, payee), owed(tenant, deal, payee, Kind.RESERVE)) == (50, 50)
    with tenant_work(tenant) as session:
        contract, actor = session.get_one(Contract, deal.id), Actor.system(tenant)
        half = Clause(id="all", rate=D("0.6"))
        reserve = Reserve(rate=D("0.5"), release=(D("0.5"), D("0.5")))
        drafting.amend(session, actor, contract, terms(payee, half, reserve=reserve))
        holding.bring_into_force(session, actor, contract, effective_from=MARCH[0])
    restate(tenant, period)
    found = [(owed(tenant, deal, payee), owed(tenant, deal, payee, Kind.RESERVE))]
    for month in (APRIL, MAY):
        run_of(tenant, month)
        found.append((owed(tenant, deal, payee), owed(tenant, deal, payee, Kind.RESERVE)))
    assert found == [(30, 30), (45, 15), (60, 0)]


@pytest.mark.parametrize("is_recoupable", [False, True])
def test_a_guarantee_is_paid_once_and_falls_with_what_was_earned_after_all(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path, is_recoupable: bool
) -> None:
    payee = a_payee(tenant)
    promised = Guarantee(amount=D(100), per="period", is_recoupable=is_recoupable)
    deal = a_contract(tenant, terms(payee, ALL, guarantee=promised))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="70")])
    period = a_period(tenant, *MARCH)
    publish(tenant, a_run(tenant, period))
    found = [owed(tenant, deal, payee)]
    for late in ("0", "10", "40"):
        a_report(tenant, tmp_path, [sold(recordings[0], Net=late)])
        restate(tenant, period)
        found.append(owed(tenant, deal, payee))
    assert found == [100, 100, 100, 120]


def test_a_guarantee_for_a_whole_contract_is_made_up_once(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    promised = Guarantee(amount=D(100), per="life")
    deal = a_contract(tenant, terms(payee, ALL, guarantee=promised), ends_on=MARCH[1])
    a_report(tenant, tmp_path, [sold(recordings[0], Net="70")])
    for month in (MARCH, APRIL, MAY):
        run_of(tenant, month)
        assert owed(tenant, deal, payee) == 100


def test_a_contested_share_stays_held_whatever_else_is_sold(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    artist, guest = a_payee(tenant), a_payee(tenant)
    deal = a_contract(tenant, terms(artist, ALL))
    sheets = [shared(tenant, recording, {guest: 300_000}) for recording in recordings]
    for sheet in sheets:
        answer(tenant, sheet, guest, agrees=False)
    a_report(tenant, tmp_path, [sold(recordings[0], Net="100"), sold(recordings[1], Net="10")])
    run_of(tenant, MARCH)
    assert (owed(tenant, deal, guest), owed(tenant, deal, guest, Kind.CONTESTED)) == (0, 33)
    run_of(tenant, APRIL)
    assert (owed(tenant, deal, guest), owed(tenant, deal, guest, Kind.CONTESTED)) == (0, 33), "nothing was answered"
    answer(tenant, sheets[1], guest, agrees=True)
    a_report(tenant, tmp_path, [sold(recordings[0], Net="-20"), sold(recordings[1], Net="1")], month=MAY[0])
    run_of(tenant, MAY)
    assert (owed(tenant, deal, guest), owed(tenant, deal, guest, Kind.CONTESTED)) == (D("3.3"), 24), "one of two"


def test_of_a_payee_whom_the_contract_pays_too_only_the_contested_share_is_held(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    artist, guest = a_payee(tenant), a_payee(tenant)
    keeps = Reserve(rate=D("0.5"), release=(D(1),))
    both = (Share(payee=artist.id, share_ppm=500_000), Share(payee=guest.id, share_ppm=500_000))
    deal = a_contract(tenant, terms(artist, ALL, shares=both, reserve=keeps))
    sheet = shared(tenant, recordings[0], {artist: 200_000})
    answer(tenant, sheet, artist, agrees=False)
    a_report(tenant, tmp_path, [physical(recordings[0], 10, Net="100")])
    period = a_period(tenant, *MARCH)
    run = a_run(tenant, period)
    publish(tenant, run)
    found = [owed(tenant, deal, artist, kind) for kind in (Kind.CONTESTED, Kind.RESERVE, Kind.PAYABLE)]
    assert found == [20, 20, 20], "60 earned: a fifth is contested; of the 40 by the contract half is kept for returns"
    with tenant_work(tenant) as session:
        (line,) = lines.lines(session, statement(tenant, run, artist, deal))
    assert (line.share, line.held, line.held_micros) == (D("0.6"), D("0.2"), 20_000_000)
    a_report(tenant, tmp_path, [physical(recordings[0], -5, Net="-50")])
    restate(tenant, period)
    found = [owed(tenant, deal, artist, kind) for kind in (Kind.CONTESTED, Kind.RESERVE, Kind.PAYABLE)]
    assert found == [10, 20, 0], "of the return a fifth is taken from what is contested"
    answer(tenant, sheet, artist, agrees=True)
    run_of(tenant, APRIL)
    assert (owed(tenant, deal, artist), owed(tenant, deal, artist, Kind.CONTESTED)) == (30, 0)


def test_what_everybody_agrees_on_is_let_go_of_without_another_sale(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    artist, guest = a_payee(tenant), a_payee(tenant)
    deal = a_contract(tenant, terms(artist, ALL))
    sheet = shared(tenant, recordings[0], {guest: 1_000_000})
    answer(tenant, sheet, guest, agrees=False)
    a_report(tenant, tmp_path, [sold(recordings[0], Net="100")])
    run_of(tenant, MARCH)
    answer(tenant, sheet, guest, agrees=True)
    run_of(tenant, APRIL)
    assert owed(tenant, deal, guest) == 100


def test_who_only_shares_in_a_recording_takes_a_balance_along(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    artist, guest = a_payee(tenant), a_payee(tenant)
    a_contract(tenant, terms(artist, ALL, minimum=D(50)))
    answer(tenant, shared(tenant, recordings[0], {guest: 300_000}), guest, agrees=True)
    paid = []
    for month in (MARCH, APRIL):
        a_report(tenant, tmp_path, [sold(recordings[0], Net="100")], month=month[0])
        paid.append(amount(statement(tenant, run_of(tenant, month), guest).payable_micros))
    assert paid == [0, 60]


def test_what_waited_for_another_contract_is_due_without_a_sale_of_its_own(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    artist, producer = a_payee(tenant), a_payee(tenant)
    first = a_contract(tenant, terms(artist, ALL), costs=[a_cost("100")], scopes=[Scope("recording", recordings[0].id)])
    waits = terms(producer, ALL, trigger=Trigger(contract=first.id))
    mine = a_contract(tenant, waits, scopes=[Scope("recording", recordings[1].id)])
    a_report(tenant, tmp_path, [sold(recordings[0], Net="50"), sold(recordings[1], Net="10")])
    run_of(tenant, MARCH)
    assert owed(tenant, mine, producer) == 0
    a_report(tenant, tmp_path, [sold(recordings[0], Net="60")], month=APRIL[0])
    run_of(tenant, APRIL)
    assert owed(tenant, mine, producer) == 10


@pytest.mark.parametrize("gross_up", [False, True])
def test_tax_on_what_was_not_earned_after_all_is_given_back_before_it_is_paid(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path, gross_up: bool
) -> None:
    payee = a_payee(tenant)
    deal = a_contract(tenant, terms(payee, ALL, withholding=Withholding(rate=D("0.3"), gross_up=gross_up)))
    for month, net in ((MARCH, "100"), (APRIL, "-120"), (MAY, "70")):
        a_report(tenant, tmp_path, [sold(recordings[0], Net=net)], month=month[0])
        run_of(tenant, month)
    with tenant_work(tenant) as session:
        tax = amount(balance(session, Account(Kind.WITHHOLDING, None, "USD")))
    wanted = (D(50), D("21.428571")) if gross_up else (D(35), D(15))
    assert (owed(tenant, deal, payee), tax) == wanted


def test_tax_on_what_was_paid_stays_where_it_is(tenant: Tenant, recordings: list[Recording], tmp_path: Path) -> None:
    payee = a_payee(tenant)
    deal = a_contract(tenant, terms(payee, ALL, withholding=Withholding(rate=D("0.3"))))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="100")])
    run_of(tenant, MARCH)
    pay_out(tenant, deal, payee, 70_000_000, on=MARCH[1])
    for month, net in ((APRIL, "-50"), (MAY, "50")):
        a_report(tenant, tmp_path, [sold(recordings[0], Net=net)], month=month[0])
        run_of(tenant, month)
    assert owed(tenant, deal, payee) == 0


def test_costs_that_come_first_are_open_again_when_receipts_are_returned(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    deal = a_contract(tenant, terms(payee, recoups="all_receipts"), kind="profit_share", costs=[a_cost("80")])
    found = []
    for month, net in ((MARCH, "100"), (APRIL, "-50"), (MAY, "60")):
        a_report(tenant, tmp_path, [sold(recordings[0], Net=net)], month=month[0])
        run_of(tenant, month)
        found.append(owed(tenant, deal, payee))
    assert found == [10, 0, 15]


def test_a_higher_rate_for_earlier_periods_goes_to_whom_their_sales_went(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    """A guest shares in one recording, and a part of everything stays with the label."""
    artist, guest = a_payee(tenant), a_payee(tenant)
    grows = Escalation(by="units", steps=(Step(above=D(150), rate=D("0.2")),), mode="slab")
    half = (Share(payee=artist.id, share_ppm=500_000),)
    deal = a_contract(tenant, terms(artist, Clause(id="all", rate=D("0.1"), escalation=grows), shares=half))
    answer(tenant, shared(tenant, recordings[0], {guest: 300_000}), guest, agrees=True)
    a_report(tenant, tmp_path, [physical(recordings[0], 100, Net="1000"), physical(recordings[1], 20, Net="200")])
    run_of(tenant, MARCH)
    assert (owed(tenant, deal, artist), owed(tenant, deal, guest)) == (45, 30)
    a_report(tenant, tmp_path, [physical(recordings[1], 100, Net="1000")], month=APRIL[0])
    run_of(tenant, APRIL)
    assert (owed(tenant, deal, artist), owed(tenant, deal, guest)) == (190, 60)


def test_a_guarantee_makes_nothing_up_to_whom_it_was_not_promised(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    """Who only shares in a recording bears their part of what is returned."""
    artist, guest = a_payee(tenant), a_payee(tenant)
    deal = a_contract(tenant, terms(artist, ALL, guarantee=Guarantee(amount=D(100), per="period")))
    answer(tenant, shared(tenant, recordings[0], {guest: 300_000}), guest, agrees=True)
    a_report(tenant, tmp_path, [sold(recordings[0], Net="-10")])
    run_of(tenant, MARCH)
    assert (owed(tenant, deal, artist), owed(tenant, deal, guest)) == (100, -3)
