"""Runs: money is neither made nor lost, the same input gives the same, and what is closed stays closed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from app.catalog.models import Recording
from app.contracts.errors import ContractContradicts
from app.contracts.models import Contract
from app.contracts.rules.terms import Clause, Escalation, Reserve, Share, Step, When
from app.contracts.schemas import Scope
from app.contracts.service import splitting
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.money import exact
from app.kernel.tenant import Tenant
from app.ledger.models import Posting
from app.ledger.service import auditing as books
from app.royalties.errors import (
    AnomaliesOpen,
    PeriodClosed,
    PeriodOverlaps,
    RestatementTooLate,
    RunUnderway,
    SecondPersonNeeded,
)
from app.royalties.models import Earning, RoyaltyPeriod, RoyaltyRun, SalesLine, Statement, StatementEntry
from app.royalties.service import calculating, examining, lines, rates, running
from tests.factories.labels import a_label
from tests.factories.money import (
    APRIL,
    MARCH,
    WHOLE,
    a_contract,
    a_cost,
    a_payee,
    a_period,
    a_report,
    a_run,
    amount,
    physical,
    publish,
    run_of,
    sold,
    statement,
    terms,
    tracks_of,
)

D = Decimal
RATES = st.decimals(min_value=0, max_value=1, places=4)


def sales_of(places: int) -> Any:
    """A few sales whose amounts have so many decimals: six are added up as whole numbers, twelve as decimals."""
    nets = st.decimals(min_value=-50, max_value=5_000, places=places, allow_nan=False, allow_infinity=False)
    kinds, territories = st.sampled_from(["stream", "physical"]), st.sampled_from(["US", "DE"])
    sale = st.tuples(st.integers(0, 2), nets, st.integers(-3, 90), kinds, territories)
    return st.lists(sale, min_size=1, max_size=12)


SALES = st.sampled_from((6, 12)).flatmap(sales_of)
DEALS = st.tuples(RATES, RATES, st.lists(st.integers(1, 400_000), min_size=2, max_size=2), st.integers(0, 900))


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(sales=SALES, deal=DEALS, advance=st.integers(0, 2_000))
def test_money_is_neither_made_nor_lost(connected: Any, tmp_path: Path, sales: Any, deal: Any, advance: int) -> None:
    """Whatever the contract and the sales: sums agree to the micro, and nobody is below zero without an advance."""
    tenant = a_label()
    recordings = tracks_of(tenant, 3)
    streams, records, shares, held = deal
    payees = [a_payee(tenant) for _ in shares]
    own = terms(
        payees,
        Clause(id="s", rate=streams, when=When(channels=("stream",))),
        Clause(id="r", rate=records, when=When(channels=("physical",))),
        shares=tuple(Share(payee=payee.id, share_ppm=ppm) for payee, ppm in zip(payees, shares, strict=True)),
        reserve=Reserve(rate=D(held) / 1000, release=(D("0.5"), D("0.5"))),
    )
    contract = a_contract(tenant, own, costs=[a_cost(str(advance))] if advance else [])
    rows = [
        sold(recordings[which], Net=f"{net:f}", Quantity=units, Channel=channel, Territory=place)
        for which, net, units, channel, place in sales
    ]
    a_report(tenant, tmp_path, rows)
    run = a_run(tenant, a_period(tenant, *MARCH))
    publish(tenant, run)
    with tenant_work(tenant) as session:
        told = session.scalars(select(Statement).where(Statement.run_id == run.id)).all()
        exactly = session.scalar(select(func.sum(Earning.amount)).where(Earning.run_id == run.id))
        for each in told:
            entries = session.scalars(
                select(StatementEntry.amount_micros).where(StatementEntry.statement_id == each.id)
            )
            assert each.opening_micros + each.earned_micros + sum(entries) == each.closing_micros
            assert sum(line.amount_micros for line in lines.lines(session, each)) == each.earned_micros
            assert each.payable_micros in (0, each.closing_micros)
            assert each.closing_micros >= 0 or advance or each.earned_micros < 0 or held
        assert books.problems(session) == []
        assert session.get_one(Contract, contract.id).state == "active"
    with exact():
        wanted = sum((net * (streams if channel == "stream" else records) for _, net, _, channel, _ in sales), D(0))
        assert exactly == wanted
        share = D(sum(shares)) / WHOLE
        assert abs(amount(sum(each.earned_micros for each in told)) - wanted * share) <= D("0.0000005")


def test_a_rerun_says_the_same(tenant: Tenant, recordings: list[Recording], tmp_path: Path) -> None:
    payees = [a_payee(tenant) for _ in range(3)]
    a_contract(tenant, terms(payees), costs=[a_cost("10")])
    a_report(tenant, tmp_path, [sold(recordings[n % 2], Net=f"{n}.333333333333", Quantity=n) for n in range(40)])
    period = a_period(tenant, *MARCH)
    first = a_run(tenant, period)
    with tenant_work(tenant) as session:
        running.discard(session, Actor.system(tenant), session.get_one(RoyaltyRun, first.id))
    second, trial = a_run(tenant, period), a_run(tenant, period, is_trial=True)
    assert first.digest == second.digest == trial.digest


def test_a_trial_posts_nothing_and_cannot_be_approved(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    a_contract(tenant, terms(a_payee(tenant)))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="10")])
    trial = a_run(tenant, a_period(tenant, *MARCH), is_trial=True)
    with tenant_work(tenant) as session, pytest.raises(Exception, match="stands"):
        running.approve(session, Actor.system(tenant), session.get_one(RoyaltyRun, trial.id))
    with tenant_work(tenant) as session:
        assert session.scalar(select(func.count()).select_from(Posting)) == 0


def test_a_period_is_closed_once_and_stays_closed(tenant: Tenant, recordings: list[Recording], tmp_path: Path) -> None:
    payee = a_payee(tenant)
    a_contract(tenant, terms(payee))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="10")])
    run = run_of(tenant, MARCH)
    actor = Actor.system(tenant)
    with tenant_work(tenant) as session:
        running.tell_payees(session, tenant, run.id)
        period = session.get_one(RoyaltyPeriod, run.period_id)
        with pytest.raises(PeriodClosed):
            running.start_run(session, actor, period)
        with pytest.raises(PeriodOverlaps):
            running.open_period(session, actor, starts_on=MARCH[1], ends_on=APRIL[1])
    a_report(tenant, tmp_path, [sold(recordings[1], Net="20")])
    late = statement(tenant, run_of(tenant, APRIL), payee)
    assert amount(late.earned_micros) == D(10), "what came late for March is paid with April"


def test_two_people_who_start_a_run_at_once_start_one(tenant: Tenant, recordings: list[Recording]) -> None:
    period = a_period(tenant, *MARCH)

    def start() -> str:
        with tenant_work(tenant) as session:
            held = session.get_one(RoyaltyPeriod, period.id)
            running.start_run(session, Actor.system(tenant), held)
        return "started"

    def tried() -> str:
        try:
            return start()
        except RunUnderway:
            return "refused"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(lambda _: tried(), range(2))) == ["refused", "started"]


def test_a_large_run_needs_a_second_person_and_every_finding_a_look(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    from tests.factories.members import a_member

    a_contract(tenant, terms(a_payee(tenant)))
    a_report(
        tenant, tmp_path, [sold(recordings[0], Net="90000"), {"ISRC": "QZZZZ2600001", "Title": "Who knows", "Net": "5"}]
    )
    run = a_run(tenant, a_period(tenant, *MARCH))
    one, other = (a_member(tenant, role="owner") for _ in range(2))
    actors = [Actor(kind="member", id=each.id, tenant=tenant, name=each.name) for each in (one, other)]
    with tenant_work(tenant) as session:
        held = session.get_one(RoyaltyRun, run.id)
        held.created_by = one.id
        assert [each["why"] for each in held.anomalies] == ["unmatched"]
        with pytest.raises(AnomaliesOpen):
            running.approve(session, actors[1], held)
        running.sign_off(session, actors[0], held, 1)
        with pytest.raises(SecondPersonNeeded):
            running.approve(session, actors[0], held)
        running.approve(session, actors[1], held)
        assert held.state == "approved"


def test_a_missing_exchange_rate_is_told_and_a_noted_one_used(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant, currency="EUR")
    a_contract(tenant, terms(payee, currency="EUR"))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="10", Currency="USD")])
    period = a_period(tenant, *MARCH)
    with tenant_work(tenant) as session:
        run = running.start_run(session, Actor.system(tenant), session.get_one(RoyaltyPeriod, period.id))
    with tenant_work(tenant) as session:
        running.calculate(session, tenant, run.id)
        failed = session.get_one(RoyaltyRun, run.id)
        assert failed.state == "failed"
        assert "USD → EUR" in (failed.problem or "")
        assert session.scalar(select(func.count()).select_from(Earning)) == 0
        rates.keep_rate(session, None, base="USD", quote="EUR", on=MARCH[1], rate=D("0.9"), source="ECB")
    told = statement(tenant, a_run(tenant, period), payee)
    assert amount(told.earned_micros) == D("4.5")


def test_a_contested_share_waits_while_the_others_are_paid(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    artist, guest, producer = (a_payee(tenant) for _ in range(3))
    a_contract(tenant, terms(artist, Clause(id="all", rate=D(1))))
    actor = Actor.system(tenant)
    with tenant_work(tenant) as session:
        shares = {guest.id: 300_000, producer.id: 100_000}
        sheet = splitting.propose(session, actor, recordings[0].id, shares, effective_from=date(2020, 1, 1))
        splitting.answer(session, actor, sheet, guest.id, agrees=True)
        splitting.answer(session, actor, sheet, producer.id, agrees=False, note="It was 15 %.")
    a_report(tenant, tmp_path, [sold(recordings[0], Net="100")])
    run = run_of(tenant, MARCH)
    paid = [amount(statement(tenant, run, each).payable_micros) for each in (artist, guest, producer)]
    assert paid == [D(60), D(30), D(0)]
    with tenant_work(tenant) as session:
        held = session.merge(sheet)
        splitting.answer(session, actor, held, producer.id, agrees=True)
    later = statement(tenant, run_of(tenant, APRIL), producer)
    assert amount(later.payable_micros) == D(10)


def test_the_most_specific_contract_pays_and_a_tie_is_refused_when_signed(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    house, single, abroad = (a_payee(tenant) for _ in range(3))
    a_contract(tenant, terms(house))
    a_contract(tenant, terms(single), scopes=[Scope("recording", recordings[0].id)])
    a_contract(tenant, terms(abroad), scopes=[Scope("recording", recordings[0].id, "JP")])
    with pytest.raises(ContractContradicts):
        a_contract(tenant, terms(house), scopes=[Scope("recording", recordings[0].id, "JP")])
    rows = [
        sold(recordings[1], Net="2"),
        sold(recordings[0], Net="20"),
        sold(recordings[0], Net="200", Territory="JP"),
    ]
    a_report(tenant, tmp_path, rows)
    run = run_of(tenant, MARCH)
    assert [amount(statement(tenant, run, each).earned_micros) for each in (house, single, abroad)] == [1, 10, 100]


def test_an_albums_sale_is_divided_among_tracks_that_have_deals_of_their_own(tenant: Tenant, tmp_path: Path) -> None:
    from app.catalog.models import Release, Track

    recordings = tracks_of(tenant, 3)
    artist, producer = a_payee(tenant), a_payee(tenant)
    a_contract(tenant, terms(artist, Clause(id="all", rate=D("0.15"))))
    points = terms(producer, Clause(id="points", rate=D("0.03")))
    a_contract(tenant, points, kind="producer", scopes=[Scope("recording", recordings[0].id)])
    with tenant_work(tenant) as session:
        release = session.scalars(select(Release).join(Track).where(Track.recording_id == recordings[0].id)).one()
        release.upc = "036000291452"
    a_report(tenant, tmp_path, [{"UPC": "036000291452", "Title": release.title, "Net": "30", "Channel": "physical"}])
    run = run_of(tenant, MARCH)
    assert [amount(statement(tenant, run, each).earned_micros) for each in (artist, producer)] == [D("4.5"), D("0.3")]


def test_a_step_passed_in_a_later_period_is_paid_back_for_the_earlier_ones(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    grows = Escalation(by="units", steps=(Step(above=D(150), rate=D("0.2")),), mode="slab")
    a_contract(tenant, terms(payee, Clause(id="all", rate=D("0.1"), escalation=grows)))
    told = []
    for month in (MARCH, APRIL, (date(2026, 5, 1), date(2026, 5, 31))):
        a_report(tenant, tmp_path, [physical(recordings[0], 100, Net="1000")], month=month[0])
        told.append(statement(tenant, run_of(tenant, month), payee))
    closings = [amount(each.closing_micros) for each in told]
    assert closings == [D(100), D(100 + 200 + 100), D(400 + 200)]


def test_a_marginal_step_counts_only_what_lies_above(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    grows = Escalation(by="units", steps=(Step(above=D(150), rate=D("0.2")),))
    a_contract(tenant, terms(payee, Clause(id="all", rate=D("0.1"), escalation=grows)))
    a_report(tenant, tmp_path, [physical(recordings[0], 100, Net="1000")])
    run_of(tenant, MARCH)
    a_report(tenant, tmp_path, [physical(recordings[0], 100, Net="1000")], month=APRIL[0])
    assert amount(statement(tenant, run_of(tenant, APRIL), payee).earned_micros) == D(150)


def test_of_a_month_that_passes_a_step_every_sale_has_the_same_rate(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    """Which of them was first nobody knows, and who shares in one of them is paid by no accident."""
    artist, guests = a_payee(tenant), [a_payee(tenant) for _ in recordings]
    grows = Escalation(by="units", steps=(Step(above=D(100), rate=D("0.2")),))
    a_contract(tenant, terms(artist, Clause(id="all", rate=D("0.1"), escalation=grows)))
    with tenant_work(tenant) as session:
        for recording, guest in zip(recordings, guests, strict=True):
            whole, actor = {guest.id: 1_000_000}, Actor.system(tenant)
            sheet = splitting.propose(session, actor, recording.id, whole, effective_from=date(2020, 1, 1))
            splitting.answer(session, actor, sheet, guest.id, agrees=True)
    rows = [physical(recording, 100, Net="1000") for recording in recordings]
    late = {"Sold from": date(2026, 2, 1), "Sold until": date(2026, 2, 28)}
    a_report(tenant, tmp_path, [*rows, physical(recordings[0], 50, Net="500", **late)])
    run = run_of(tenant, MARCH)
    earned = [amount(statement(tenant, run, each).earned_micros) for each in guests]
    assert earned == [50 + 175, 175], "of 200 in March a quarter lies below the step, for each of them"


def test_lines_of_a_calculated_run_are_those_of_the_reports(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    a_contract(tenant, terms(a_payee(tenant)))
    a_report(tenant, tmp_path, [sold(recordings[n % 2], Net=str(n)) for n in range(30)])
    run = a_run(tenant, a_period(tenant, *MARCH))
    with tenant_work(tenant) as session:
        counted = session.scalar(select(func.sum(Earning.lines)).where(Earning.run_id == run.id))
        assert counted == session.scalar(select(func.count()).select_from(SalesLine))
        calculating.forget(session, session.get_one(RoyaltyRun, run.id))
        assert session.scalar(select(func.count()).select_from(Earning)) == 0


def test_a_restatement_tells_what_changed_line_by_line(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    deal = a_contract(tenant, terms(payee), scopes=[Scope("recording", recordings[0].id)])
    a_report(tenant, tmp_path, [sold(recordings[0], Net="100"), sold(recordings[0], Net="7", Store="Deezer")])
    period = a_period(tenant, *MARCH)
    first = a_run(tenant, period)
    publish(tenant, first)
    a_report(tenant, tmp_path, [sold(recordings[0], Net="20")])
    again = a_run(tenant, period, restates=True)
    publish(tenant, again)
    told = statement(tenant, again, payee)
    with tenant_work(tenant) as session:
        found = [(line.store, amount(line.amount_micros)) for line in lines.lines(session, told)]
        assert sorted(found) == [("Spotify", D(-50)), ("Spotify", D(60))], "Deezer did not change"
        assert books.problems(session) == []
        held = session.get_one(RoyaltyPeriod, period.id)
        assert held.closed_at is not None
    assert amount(told.earned_micros) == D(10)
    assert amount(told.closing_micros) == D("63.5")
    a_report(tenant, tmp_path, [sold(recordings[0], Net="2")], month=APRIL[0])
    assert amount(statement(tenant, run_of(tenant, APRIL), payee, deal).earned_micros) == D(1)
    with tenant_work(tenant) as session, pytest.raises(RestatementTooLate):
        running.start_run(session, Actor.system(tenant), session.get_one(RoyaltyPeriod, period.id), restates=True)


def test_a_restatement_without_a_change_changes_nothing(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    a_contract(tenant, terms(payee))
    a_report(tenant, tmp_path, [sold(recordings[n % 2], Net=f"{n}.77", Quantity=n) for n in range(20)])
    period = a_period(tenant, *MARCH)
    publish(tenant, a_run(tenant, period))
    again = a_run(tenant, period, restates=True)
    told = statement(tenant, again, payee)
    with tenant_work(tenant) as session:
        assert lines.lines(session, told) == []
    assert (told.earned_micros, told.closing_micros) == (0, told.opening_micros)


def test_whatever_is_changed_after_publishing_is_named(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    a_contract(tenant, terms(payee))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="10"), sold(recordings[1], Net="-3")])
    run = run_of(tenant, MARCH)
    told = statement(tenant, run, payee)
    with tenant_work(tenant) as session:
        assert examining.problems(session) == []
        session.execute(update(Earning).where(Earning.run_id == run.id).values(rate=D("0.6")))
        session.execute(update(Statement).where(Statement.id == told.id).values(earned_micros=1))
        found = examining.problems(session)
        session.rollback()
    assert len(found) == 3
    assert str(told.id) in found[0]
    assert str(run.id) in found[2]
