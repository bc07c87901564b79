"""When a contract is accounted for, and what a run rests on until it is published."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.catalog.models import Recording
from app.contracts.models import Contract, ContractVersion
from app.contracts.rules.terms import Clause, Guarantee, Reserve, Terms
from app.contracts.schemas import Scope
from app.contracts.service import recouping
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.ledger.rules import Kind
from app.royalties.errors import RunOutdated, RunUnfit
from app.royalties.models import RoyaltyPeriod, RoyaltyRun
from app.royalties.rules.stretches import Stretch, guaranteed, is_due
from app.royalties.service import catching_up, running
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
    tracks_of,
)
from tests.statements import statements_sent

D = Decimal
ALL = Clause(id="all", rate=D(1))
FEBRUARY = (date(2026, 2, 1), date(2026, 2, 28))
JUNE = (date(2026, 6, 1), date(2026, 6, 30))
JULY = (date(2026, 7, 1), date(2026, 7, 31))


def plain(cadence: str, **more: object) -> Terms:
    """Terms that are only about time."""
    return Terms(currency="USD", clauses=(), shares=(), cadence=cadence, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cadence", "starts_on", "ends_on", "wanted"),
    [
        ("monthly", *FEBRUARY, True),
        ("quarterly", *FEBRUARY, False),
        ("quarterly", *MARCH, True),
        ("quarterly", date(2025, 12, 1), FEBRUARY[1], True),
        ("half_yearly", *MARCH, False),
        ("half_yearly", date(2026, 4, 1), JUNE[1], True),
        ("half_yearly", date(2025, 7, 1), JUNE[1], True),
        ("quarterly", date(2026, 2, 22), date(2026, 3, 28), True),
        ("quarterly", date(2026, 3, 29), date(2026, 4, 25), False),
        ("half_yearly", JUNE[0], date(2026, 6, 15), False),
    ],
)
def test_a_contract_is_due_where_its_quarter_ends(cadence: str, starts_on: date, ends_on: date, wanted: bool) -> None:
    assert is_due(plain(cadence), Stretch(starts_on, ends_on)) is wanted


def test_a_guaranteed_year_ends_in_the_statement_that_accounts_for_it() -> None:
    own = plain("half_yearly", guarantee=Guarantee(amount=D(1)))
    months = [Stretch(date(2025, m, 1), date.fromordinal(date(2025, m + 1, 1).toordinal() - 1)) for m in range(1, 7)]
    span = {"starts_on": date(2024, 3, 1), "ends_on": None}
    assert guaranteed(own, **span, before=months[:5], period=months[5]) == date(2024, 2, 29)
    december, later = Stretch(date(2025, 7, 1), date(2025, 12, 31)), Stretch(date(2026, 1, 1), date(2026, 6, 30))
    assert guaranteed(own, **span, before=months, period=december) is None
    before = [*months, december]
    assert guaranteed(own, **span, before=before, period=later) == months[5].ends_on, "all of June counted already"
    leap = {"starts_on": date(2024, 2, 29), "ends_on": None}
    monthly = plain("monthly", guarantee=Guarantee(amount=D(1)))
    assert guaranteed(monthly, **leap, before=[], period=Stretch(*FEBRUARY)) == date(2025, 2, 27)


def test_a_half_yearly_guarantee_and_its_reserve_count_half_years(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    promised, reserve = Guarantee(amount=D(100), per="period"), Reserve(rate=D("0.5"))
    own = terms(payee, ALL, cadence="half_yearly", guarantee=promised, reserve=reserve)
    deal = a_contract(tenant, own)
    found = []
    for month in (APRIL, MAY, JUNE, JULY):
        a_report(tenant, tmp_path, [physical(recordings[0], 10, Net="20")], month=month[0])
        run_of(tenant, month)
        found.append((owed(tenant, deal, payee), owed(tenant, deal, payee, Kind.RESERVE)))
    assert found == [(0, 0), (0, 0), (70, 30), (70, 30)]


def test_a_debt_that_is_not_accounted_for_yet_is_paid_back_all_the_same(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    from app.contracts.schemas import Scope

    payee = a_payee(tenant)
    later = a_contract(
        tenant, terms(payee, ALL, cadence="half_yearly"), costs=[a_cost("50")],
        scopes=[Scope("recording", recordings[1].id)],
    )  # fmt: skip
    run_of(tenant, (date(2025, 12, 1), date(2025, 12, 31)))
    assert owed(tenant, later, payee) == -50
    monthly = a_contract(tenant, terms(payee, ALL), scopes=[Scope("recording", recordings[0].id)])
    with tenant_work(tenant) as session:
        held = session.get_one(Contract, monthly.id)
        recouping.cross(session, Actor.system(tenant), held, [later.id])
    a_report(tenant, tmp_path, [sold(recordings[0], Net="80")])
    run_of(tenant, MARCH)
    assert (owed(tenant, monthly, payee), owed(tenant, later, payee)) == (30, 0)


def test_an_advance_of_millions_is_recouped(tenant: Tenant, recordings: list[Recording], tmp_path: Path) -> None:
    """Ten million are nothing unusual in yen, and a few hundred in won are."""
    payee = a_payee(tenant, currency="KRW")
    a_contract(tenant, terms(payee, ALL, currency="KRW"), costs=[a_cost("2000000000", recoupable_ppm=500_000)])
    a_report(tenant, tmp_path, [sold(recordings[0], Net="100", Currency="KRW")])
    assert amount(statement(tenant, run_of(tenant, MARCH), payee).closing_micros) == 100 - 1_000_000_000


def test_of_two_runs_of_different_periods_the_second_rests_on_the_first(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    """What February left would be paid by both, and the advance charged twice."""
    a_report(tenant, tmp_path, [sold(recordings[0], Net="100")], month=FEBRUARY[0])
    run_of(tenant, FEBRUARY)
    payee = a_payee(tenant)
    deal = a_contract(tenant, terms(payee, ALL), costs=[a_cost("5")])
    actor = Actor.system(tenant)
    april = a_period(tenant, *APRIL)
    march, both = a_run(tenant, a_period(tenant, *MARCH)), a_run(tenant, april)
    publish(tenant, march)
    with tenant_work(tenant) as session:
        held = session.get_one(RoyaltyRun, both.id)
        with pytest.raises(RunOutdated):
            running.approve(session, actor, held)
        held.state = "publishing"
        session.flush()
        running.tell_payees(session, tenant, held.id)
        assert (held.state, held.published_at) == ("failed", None)
    assert owed(tenant, deal, payee) == 95
    publish(tenant, a_run(tenant, april))
    assert owed(tenant, deal, payee) == 95


def test_what_is_paid_out_until_a_run_is_published_is_no_more_in_its_balances(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    deal = a_contract(tenant, terms(payee, ALL, minimum=D(25)))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="100")])
    run_of(tenant, MARCH)
    a_report(tenant, tmp_path, [sold(recordings[0], Net="20")], month=APRIL[0])
    run = a_run(tenant, a_period(tenant, *APRIL))
    pay_out(tenant, deal, payee, 90_000_000, on=APRIL[0])
    publish(tenant, run)
    told = statement(tenant, run, payee)
    assert [amount(each) for each in (told.opening_micros, told.closing_micros, told.payable_micros)] == [10, 30, 30]
    assert owed(tenant, deal, payee) == 30


def test_statements_catch_up_together_however_many_moved(tenant: Tenant, tmp_path: Path) -> None:
    tracks, payees = tracks_of(tenant, 5), [a_payee(tenant) for _ in range(5)]
    deals = [
        a_contract(tenant, terms(payee, ALL), scopes=[Scope("recording", track.id)])
        for payee, track in zip(payees, tracks, strict=True)
    ]
    a_report(tenant, tmp_path, [sold(track, Net="100") for track in tracks])
    run_of(tenant, MARCH)
    run, asked = a_run(tenant, a_period(tenant, *APRIL)), []
    for few in (slice(1), slice(1, None)):
        for deal, payee in zip(deals[few], payees[few], strict=True):
            pay_out(tenant, deal, payee, 1_000_000, on=APRIL[0])
        with tenant_work(tenant) as session:
            held = session.get_one(RoyaltyRun, run.id)
            with statements_sent() as sent:
                assert catching_up.catch_up(session, held, APRIL[1])
        asked.append(len(sent))
    assert asked[0] == asked[1]
    assert {amount(statement(tenant, run, each).opening_micros) for each in payees} == {99}


def test_a_run_whose_steps_rest_on_what_was_paid_out_since_stops(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    from app.contracts.schemas import Scope

    payee = a_payee(tenant)
    one, other = (
        a_contract(tenant, terms(payee, Clause(id="all", rate=D(1))), scopes=[Scope("recording", each.id)])
        for each in recordings
    )
    a_report(tenant, tmp_path, [sold(recordings[0], Net="100")])
    run_of(tenant, MARCH)
    actor = Actor.system(tenant)
    with tenant_work(tenant) as session:
        recouping.cross(session, actor, session.get_one(Contract, one.id), [other.id])
        cost = recouping.propose(session, actor, session.get_one(Contract, other.id), a_cost("60"))
        recouping.decide(session, actor, cost, approved=True)
    run = a_run(tenant, a_period(tenant, *APRIL))
    pay_out(tenant, one, payee, 100_000_000, on=APRIL[0])
    publish(tenant, run)
    with tenant_work(tenant) as session:
        stopped = session.get_one(RoyaltyRun, run.id)
        assert stopped.state == "failed"
        assert "money moved" in (stopped.problem or "")
    assert (owed(tenant, one, payee), owed(tenant, other, payee)) == (0, 0)


def test_a_producers_guarantee_is_paid_in_its_own_half_year_though_sales_are_told_each_month(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    from app.contracts.schemas import Scope

    artist, producer = a_payee(tenant), a_payee(tenant)
    a_contract(tenant, terms(artist, ALL))
    promised = Guarantee(amount=D(100), per="period")
    points = terms(producer, Clause(id="points", rate=D("0.1")), cadence="half_yearly", guarantee=promised)
    mine = a_contract(tenant, points, kind="producer", scopes=[Scope("recording", recordings[0].id)])
    found = []
    for month in (APRIL, MAY, JUNE):
        a_report(tenant, tmp_path, [sold(recordings[0], Net="100")], month=month[0])
        run_of(tenant, month)
        found.append(owed(tenant, mine, producer))
    assert found == [10, 20, 100]


def test_of_two_runs_that_are_published_at_once_one_stops(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    a_report(tenant, tmp_path, [sold(recordings[0], Net="100")], month=FEBRUARY[0])
    run_of(tenant, FEBRUARY)
    payee = a_payee(tenant)
    deal = a_contract(tenant, terms(payee, ALL), costs=[a_cost("5")])
    runs = [a_run(tenant, a_period(tenant, *month)) for month in (MARCH, APRIL)]
    with tenant_work(tenant) as session:
        session.execute(update(RoyaltyRun).where(RoyaltyRun.state == "checking").values(state="publishing"))
    start = threading.Barrier(2)

    def tell(run: RoyaltyRun) -> None:
        start.wait()
        with tenant_work(tenant) as session:
            running.tell_payees(session, tenant, run.id)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(tell, runs))
    with tenant_work(tenant) as session:
        states = session.scalars(select(RoyaltyRun.state).where(RoyaltyRun.id.in_([run.id for run in runs])))
        assert sorted(states) == ["failed", "published"]
    assert owed(tenant, deal, payee) == 95


def test_two_people_who_approve_at_once_approve_once(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    a_contract(tenant, terms(a_payee(tenant), ALL))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="100")])
    run = a_run(tenant, a_period(tenant, *MARCH))
    start = threading.Barrier(2)

    def approve(_: int) -> str:
        start.wait()
        with tenant_work(tenant) as session:
            held = session.get_one(RoyaltyRun, run.id)
            session.refresh(held, with_for_update=True)  # as its door does
            try:
                running.approve(session, Actor.system(tenant), held)
            except RunUnfit:
                return "too late"
        return "approved"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(approve, range(2))) == ["approved", "too late"]


def test_nothing_is_counted_with_terms_that_nobody_signed(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    deal = a_contract(tenant, terms(payee), title="Night deal")
    a_contract(tenant, terms(payee), scopes=[Scope("recording", recordings[1].id)], is_signed=False)
    a_report(tenant, tmp_path, [sold(recordings[0], Net="100"), sold(recordings[1], Net="10")])
    period = a_period(tenant, *MARCH)
    run = a_run(tenant, period)
    assert amount(statement(tenant, run, payee, deal).earned_micros) == 55, "the draft pays nothing"
    with tenant_work(tenant) as session:
        running.discard(session, Actor.system(tenant), session.get_one(RoyaltyRun, run.id))
        (version,) = session.scalars(select(ContractVersion).where(ContractVersion.contract_id == deal.id))
        version.terms = version.terms.replace('"rate":"0.5"', '"rate":"0.9"')
        again = running.start_run(session, Actor.system(tenant), session.get_one(RoyaltyPeriod, period.id))
        running.calculate(session, tenant, again.id)
        assert again.state == "failed"
        assert "“Night deal” is not signed" in (again.problem or "")
