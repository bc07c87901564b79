"""What is kept, promised and compared where a period is restated: as if it had been said right the first time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.catalog.models import Recording, Release, Track
from app.contracts.models import Contract
from app.contracts.rules.terms import Clause, Guarantee, Reserve, Share
from app.contracts.schemas import Scope
from app.contracts.service import drafting, holding
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.ledger.rules import Kind
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
    physical,
    publish,
    run_of,
    sold,
    terms,
    tracks_of,
)
from tests.royalties.test_corrections import ALL, restate

D = Decimal


def test_a_period_is_compared_with_all_that_was_said_of_the_one_before(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path, client_as: Callable[[Tenant], Any]
) -> None:
    """A restatement only says what changed: beside that alone, everything would be unusual."""
    a_contract(tenant, terms(a_payee(tenant), ALL))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="1000")])
    march = a_period(tenant, *MARCH)
    publish(tenant, a_run(tenant, march))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="150")])
    publish(tenant, again := a_run(tenant, march, restates=True))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="1100")], month=APRIL[0])
    usual = a_run(tenant, a_period(tenant, *APRIL))
    assert (again.anomalies, usual.anomalies) == ([], [])
    listed = client_as(tenant).get(f"/portal/royalties/runs/{usual.id}?sort=change").text
    assert "−$50.00" in listed or "-$50.00" in listed, "1,100 after 1,150"
    publish(tenant, usual)
    a_report(tenant, tmp_path, [sold(recordings[0], Net="160")], month=MAY[0])
    (found,) = a_run(tenant, a_period(tenant, *MAY)).anomalies
    assert (found["kind"], found["before"]) == ("drop", "1100.00")


def test_a_reserve_at_its_most_stays_there_while_enough_is_sold(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    deal = a_contract(tenant, terms(payee, ALL, reserve=Reserve(rate=D("0.5"), cap=D(40))))
    a_report(tenant, tmp_path, [physical(recordings[0], 10, Net="100"), physical(recordings[0], 10, Net="100")])
    period = a_period(tenant, *MARCH)
    publish(tenant, a_run(tenant, period))
    held = [owed(tenant, deal, payee, Kind.RESERVE)]
    half = Reserve(rate=D("0.5"), cap=D(40))
    for rate in ("0.9", "0.3", "0.6"):
        with tenant_work(tenant) as session:
            contract, actor = session.get_one(Contract, deal.id), Actor.system(tenant)
            drafting.amend(session, actor, contract, terms(payee, Clause(id="all", rate=D(rate)), reserve=half))
            holding.bring_into_force(session, actor, contract, effective_from=MARCH[0])
        restate(tenant, period)
        held.append(owed(tenant, deal, payee, Kind.RESERVE))
    assert held == [40, 40, 30, 40]


def test_a_restatement_changes_what_is_earned_back_of_a_guarantee(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    """March is raised by 30 to 100; April earns that back of whatever it comes to, and not of what it first came to."""
    payee = a_payee(tenant)
    promised = Guarantee(amount=D(100), per="year", is_recoupable=True)
    deal = a_contract(tenant, terms(payee, ALL, guarantee=promised), starts_on=date(2025, 4, 1))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="70")])
    run_of(tenant, MARCH)
    a_report(tenant, tmp_path, [sold(recordings[0], Net="50")], month=APRIL[0])
    april = a_period(tenant, *APRIL)
    publish(tenant, a_run(tenant, april))
    found = [owed(tenant, deal, payee)]
    for late in ("-40", "15", "60"):
        a_report(tenant, tmp_path, [sold(recordings[0], Net=late)], month=APRIL[0])
        restate(tenant, april)
        found.append(owed(tenant, deal, payee))
    assert found == [120, 100, 100, 155]


def test_a_guarantee_and_costs_that_come_first_are_divided_to_the_micro(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payees = [a_payee(tenant) for _ in range(3)]
    shares = tuple(
        Share(payee=each.id, share_ppm=ppm) for each, ppm in zip(payees, (333_334, 333_333, 333_333), strict=True)
    )
    promised = Guarantee(amount=D("100.000002"), per="period")
    promised_to = a_contract(
        tenant, terms(payees, ALL, shares=shares, guarantee=promised), scopes=[Scope("recording", recordings[0].id)]
    )
    shared_by = a_contract(
        tenant, terms(payees, ALL, shares=shares, recoups="all_receipts"), costs=[a_cost("33.000001")],
        scopes=[Scope("recording", recordings[1].id)],
    )  # fmt: skip
    a_report(tenant, tmp_path, [sold(recordings[0], Net="1"), sold(recordings[1], Net="50.000002")])
    run_of(tenant, MARCH)
    assert sum(owed(tenant, promised_to, each) for each in payees) == D("100.000002")
    assert sum(owed(tenant, shared_by, each) for each in payees) == D("17.000001")


def test_what_came_back_without_ever_having_been_sold_is_a_finding(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    a_contract(tenant, terms(a_payee(tenant)))
    a_report(tenant, tmp_path, [physical(recordings[0], 5, Net="50"), physical(recordings[1], -2, Net="-20")])
    run = a_run(tenant, a_period(tenant, *MARCH))
    assert [(each["kind"], each["what"]) for each in run.anomalies] == [("returned", f"{recordings[1].title} (2)")]
    publish(tenant, run)
    rows = [physical(recordings[0], -4, Net="-40"), physical(recordings[1], 9, Net="90")]
    a_report(tenant, tmp_path, rows, month=APRIL[0])
    assert [each["kind"] for each in a_run(tenant, a_period(tenant, *APRIL)).anomalies] == []


def test_returns_are_found_for_each_contract_and_are_not_told_again_by_a_restatement(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    """Two contracts of one title; the restatement only changes a rate, and brings nothing back."""
    payee = a_payee(tenant)
    deals = [
        a_contract(tenant, terms(payee), title="Same title", scopes=[Scope("recording", each.id)])
        for each in recordings
    ]
    a_report(tenant, tmp_path, [physical(each, -2 - place, Net="-9") for place, each in enumerate(recordings)])
    march = a_period(tenant, *MARCH)
    run = a_run(tenant, march)
    told = sorted(each["what"] for each in run.anomalies if each["kind"] == "returned")
    assert told == sorted(f"{each.title} ({2 + place})" for place, each in enumerate(recordings))
    publish(tenant, run)
    with tenant_work(tenant) as session:
        contract, actor = session.get_one(Contract, deals[0].id), Actor.system(tenant)
        drafting.amend(session, actor, contract, terms(payee, Clause(id="all", rate=D("0.9"))))
        holding.bring_into_force(session, actor, contract, effective_from=MARCH[0])
    again = a_run(tenant, march, restates=True)
    assert "returned" not in {each["kind"] for each in again.anomalies}


def test_parts_of_a_product_that_came_back_whole_are_no_finding(tenant: Tenant, tmp_path: Path) -> None:
    """A third of four and a third of six have more digits than are kept, and are a third of ten all the same."""
    tracks, payee = tracks_of(tenant, 3), a_payee(tenant)
    a_contract(tenant, terms(payee))
    a_contract(tenant, terms(payee), scopes=[Scope("recording", tracks[0].id)])
    with tenant_work(tenant) as session:
        query = select(Release).join(Track).where(Track.recording_id == tracks[0].id)
        session.scalars(query).one().upc = "036000291452"
    for month, rows in ((MARCH, (4, 7, 6)), (APRIL, (-4, -6, -7))):
        sold_ = [
            {"UPC": "036000291452", "Title": f"Album {place}", "Channel": "physical", "Quantity": units, "Net": units}
            for place, units in enumerate(rows)
        ]
        a_report(tenant, tmp_path, sold_, month=month[0])
        run = a_run(tenant, a_period(tenant, *month))
        publish(tenant, run)
        assert "returned" not in {each["kind"] for each in run.anomalies}
