"""Who is paid only once another contract has earned its costs back: from record one, or from then on."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.catalog.models import Recording
from app.contracts.models import Contract
from app.contracts.rules.terms import Clause, Escalation, Reserve, Step, Trigger
from app.contracts.service import drafting, holding
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.ledger.rules import Kind
from app.roster.models import Payee
from app.royalties.models import RoyaltyRun, Statement, StatementEntry
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
    owed,
    per_unit,
    physical,
    publish,
    run_of,
    sold,
    statement,
    terms,
    tracks_of,
)

D = Decimal
ALL = Clause(id="all", rate=D(1), base=per_unit("1"))
POINTS = Clause(id="points", rate=D(1), base=per_unit("0.1"))
EVERY = (Kind.PAYABLE, Kind.DEFERRED, Kind.RESERVE)


def with_points(
    tenant: Tenant, *, costs: str = "100", deal: dict[str, Any] | None = None, **points: Any
) -> tuple[Recording, Payee, Contract]:
    """A recording whose producer is paid ten cents a unit once the artist's contract has earned its costs back."""
    (recording,) = tracks_of(tenant, 1)
    artist, producer = a_payee(tenant), a_payee(tenant)
    first = a_contract(tenant, terms(artist, ALL, **(deal or {})), costs=[a_cost(costs)])
    trigger = Trigger(contract=first.id, is_retroactive=points.pop("is_retroactive"))
    mine = a_contract(tenant, terms(producer, POINTS, trigger=trigger, **points), kind="producer")
    return recording, producer, mine


def stands(tenant: Tenant, mine: Contract, producer: Payee) -> list[Decimal]:
    """What is owed now, what waits, and what is kept for returns."""
    return [owed(tenant, mine, producer, kind) for kind in EVERY]


def steps_of(tenant: Tenant, run: RoyaltyRun, payee: Payee) -> list[str]:
    with tenant_work(tenant) as session:
        query = select(StatementEntry.kind).join(Statement, Statement.id == StatementEntry.statement_id)
        query = query.where(Statement.run_id == run.id, Statement.payee_id == payee.id)
        return list(session.scalars(query.order_by(StatementEntry.position)))


@pytest.mark.parametrize(("is_retroactive", "waits", "due"), [(False, 0, 6), (True, 6, 12)])
def test_a_producer_is_paid_from_recoupment_on_or_from_record_one_and_nothing_waits_for_ever(
    tenant: Tenant, tmp_path: Path, is_retroactive: bool, waits: int, due: int
) -> None:
    recording, producer, mine = with_points(tenant, is_retroactive=is_retroactive)
    balances, steps = [], []
    for month in (MARCH, APRIL):
        a_report(tenant, tmp_path, [physical(recording, 60)], month=month[0])
        run = run_of(tenant, month)
        balances.append(stands(tenant, mine, producer))
        steps.append(steps_of(tenant, run, producer))
    assert balances == [[0, waits, 0], [due, 0, 0]]
    assert steps == ([["deferred"], ["deferred_released"]] if is_retroactive else [["before_trigger"], []])


def test_no_reserve_is_kept_of_what_is_paid_to_nobody(tenant: Tenant, tmp_path: Path) -> None:
    """Else it would be let go of, and so be paid, once the moment has come."""
    keeps = Reserve(rate=D("0.5"))
    recording, producer, mine = with_points(tenant, is_retroactive=False, reserve=keeps)
    for month in (MARCH, APRIL, MAY):
        rows = [physical(recording, 60)] if month != MAY else []
        if rows:
            a_report(tenant, tmp_path, rows, month=month[0])
        run_of(tenant, month)
    assert stands(tenant, mine, producer) == [6, 0, 0]


@pytest.mark.parametrize("is_retroactive", [False, True])
def test_a_restatement_finds_the_period_on_the_other_side_of_that_moment(
    tenant: Tenant, tmp_path: Path, is_retroactive: bool
) -> None:
    recording, producer, mine = with_points(tenant, is_retroactive=is_retroactive)
    a_report(tenant, tmp_path, [physical(recording, 60)])
    run_of(tenant, MARCH)
    a_report(tenant, tmp_path, [physical(recording, 60)], month=APRIL[0])
    april = a_period(tenant, *APRIL)
    publish(tenant, a_run(tenant, april))
    earlier, found = (6 if is_retroactive else 0), []
    for late in (-30, 40, 0):
        if late:
            a_report(tenant, tmp_path, [physical(recording, late)], month=APRIL[0])
        publish(tenant, a_run(tenant, april, restates=True))
        found.append(stands(tenant, mine, producer))
    assert found[0] == [0, 9 if is_retroactive else 0, 0], "90 of 100: it is not earned back after all"
    assert found[1:] == [[earlier + 7, 0, 0]] * 2, "130 of 100"


def test_costs_that_come_first_are_earned_back_by_receipts(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    """Half of the profit is the artist's; what they earn never covers costs that came back before it."""
    artist, producer = a_payee(tenant), a_payee(tenant)
    half = Clause(id="all", rate=D("0.5"))
    deal = terms(artist, half, recoups="all_receipts")
    first = a_contract(tenant, deal, kind="profit_share", costs=[a_cost("80", "recording")])
    points = terms(producer, Clause(id="points", rate=D("0.1")), trigger=Trigger(contract=first.id))
    mine = a_contract(tenant, points, kind="producer")
    found = []
    for month, net in ((MARCH, "60"), (APRIL, "30")):
        a_report(tenant, tmp_path, [sold(recordings[0], Net=net)], month=month[0])
        run_of(tenant, month)
        found.append(owed(tenant, mine, producer))
    assert found == [0, 9]


@pytest.mark.parametrize("what", ["trigger", "reserve"])
def test_what_was_kept_is_let_go_of_once_the_contract_keeps_nothing_any_more(
    tenant: Tenant, tmp_path: Path, what: str
) -> None:
    keeps: dict[str, Any] = {"reserve": Reserve(rate=D("0.5"), release=(D(0), D(0), D(1)))} if what == "reserve" else {}
    recording, producer, mine = with_points(
        tenant, is_retroactive=True, costs="1000" if what == "trigger" else "0.000001", **keeps
    )
    a_report(tenant, tmp_path, [physical(recording, 60)])
    run_of(tenant, MARCH)
    assert stands(tenant, mine, producer) == ([0, 6, 0] if what == "trigger" else [3, 0, 3])
    with tenant_work(tenant) as session:
        contract, actor = session.get_one(Contract, mine.id), Actor.system(tenant)
        drafting.amend(session, actor, contract, terms(producer, POINTS))
        holding.bring_into_force(session, actor, contract, effective_from=APRIL[0])
    run = run_of(tenant, APRIL)
    assert stands(tenant, mine, producer) == [6, 0, 0]
    assert statement(tenant, run, producer).reserve_micros == 0


def test_a_higher_rate_for_earlier_periods_covers_costs_too(tenant: Tenant, tmp_path: Path) -> None:
    """100, then 200 and another 100 for March: 400 of the 350 that somebody waits for; May earns nothing."""
    (recording,) = tracks_of(tenant, 1)
    artist, producer = a_payee(tenant), a_payee(tenant)
    grows = Escalation(by="units", steps=(Step(above=D(150), rate=D("0.2")),), mode="slab")
    clause = Clause(id="all", rate=D("0.1"), escalation=grows)
    first = a_contract(tenant, terms(artist, clause), costs=[a_cost("350")])
    mine = a_contract(tenant, terms(producer, POINTS, trigger=Trigger(contract=first.id)), kind="producer")
    found = []
    for month, units in ((MARCH, 100), (APRIL, 100), (MAY, 1)):
        a_report(tenant, tmp_path, [physical(recording, units, Net=f"{units * 10}")], month=month[0])
        run_of(tenant, month)
        found.append(stands(tenant, mine, producer))
    assert found == [[0, 10, 0], [20, 0, 0], [D("20.1"), 0, 0]]
