"""The trade's worked examples, through the real engine: signed contract, imported file, statement read back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.catalog.models import Recording
from app.contracts.rules.statutory import us_rate, us_rates
from app.contracts.rules.terms import (
    Base,
    Clause,
    Controlled,
    Deduction,
    Escalation,
    Guarantee,
    Reserve,
    Share,
    Step,
    Trigger,
    When,
)
from app.contracts.schemas import Scope
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from tests.factories.money import (
    APRIL,
    MARCH,
    a_contract,
    a_cost,
    a_payee,
    a_report,
    amount,
    pay_out,
    per_unit,
    physical,
    run_of,
    sold,
    statement,
    terms,
    tracks_of,
)  # fmt: skip

D = Decimal


def test_g01_a_royalty_on_ninety_percent_of_retail_less_everything_recoupable(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    clause = Clause(id="records", rate=D("0.13"), base=Base(kind="retail", portion=D("0.90")))
    costs = [a_cost("250000"), a_cost("40000", "producer"), a_cost("25000", "marketing"), a_cost("50000", "buyout")]
    a_contract(tenant, terms(payee, clause), costs=costs)
    a_report(tenant, tmp_path, [physical(recordings[0], 250_000, **{"Retail price": "12.00"})])
    told = statement(tenant, run_of(tenant, MARCH), payee)
    assert amount(told.earned_micros) == D("351000.00")
    assert amount(told.closing_micros) == D("-14000.00")
    assert told.payable_micros == 0


def test_g03_deductions_rounded_per_unit_then_the_mechanical_excess(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    clause = Clause(
        id="records",
        rate=D("0.15"),
        base=Base(kind="retail"),
        deductions=(Deduction(kind="free_goods", rate=D("0.15")), Deduction(kind="packaging", rate=D("0.25"))),
        unit_places=2,
    )
    controlled = Controlled(statutory=D("0.091"), outside_songs=10)
    a_contract(tenant, terms(payee, clause, controlled=controlled))
    a_report(tenant, tmp_path, [physical(recordings[0], 1000, **{"Retail price": "10.00"})])
    told = statement(tenant, run_of(tenant, MARCH), payee)
    assert amount(told.earned_micros) == 1000 * D("0.96")
    assert amount(told.closing_micros) == 1000 * D("0.7325")


@pytest.mark.parametrize(
    ("units", "at", "credit"),
    [(199_999, "combined", "0"), (200_000, "combined", "10000"), (239_999, "net", "0"), (240_000, "net", "14000")],
)
def test_g05_a_producer_is_paid_from_record_one_once_costs_are_earned_back(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path, units: int, at: Any, credit: str
) -> None:
    artist, producer = a_payee(tenant), a_payee(tenant)
    everything = Clause(id="records", rate=D(1), base=per_unit("0.60"))
    deal = a_contract(tenant, terms(artist, everything), costs=[a_cost("120000", "recording")])
    points = terms(
        producer, Clause(id="points", rate=D(1), base=per_unit("0.10")), trigger=Trigger(contract=deal.id, at=at)
    )
    mine = a_contract(tenant, points, kind="producer", costs=[a_cost("10000")])
    a_report(tenant, tmp_path, [physical(recordings[0], units)])
    told = statement(tenant, run_of(tenant, MARCH), producer, mine)
    assert amount(max(0, told.closing_micros)) == D(credit)


def test_g07_neighbouring_rights_with_a_producer_paid_out_of_the_featured_share(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    owner, featured, fund, producer = (a_payee(tenant) for _ in range(4))
    shares = (
        Share(payee=owner.id, share_ppm=500_000),
        Share(payee=featured.id, share_ppm=450_000),
        Share(payee=fund.id, share_ppm=50_000),
        Share(payee=producer.id, share_ppm=200_000, of=featured.id),
    )
    a_contract(tenant, terms(owner, Clause(id="all", rate=D(1)), shares=shares))
    a_report(tenant, tmp_path, [sold(recordings[0], Channel="neighbouring", Net="10000")])
    run = run_of(tenant, MARCH)
    earned = {each.id: amount(statement(tenant, run, each).earned_micros) for each in (owner, featured, fund, producer)}
    assert list(earned.values()) == [D(5000), D(3600), D(500), D(900)]


def test_g09_outside_songs_over_the_cap_come_off_the_controlled_ones(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    controlled = Controlled(statutory=D("0.091"), controlled_songs=10, outside_songs=2)
    nothing = Clause(id="records", rate=D(0))
    a_contract(tenant, terms(payee, nothing, controlled=controlled))
    a_report(tenant, tmp_path, [physical(recordings[0], 1)])
    assert amount(statement(tenant, run_of(tenant, MARCH), payee).closing_micros) == D("0.5005")


@pytest.mark.parametrize(("on", "rate"), [(None, "0.131"), (date(2024, 5, 1), "0.124"), (date(2005, 1, 1), "0.091")])
def test_songs_cost_what_the_law_says_on_the_day_that_the_contract_names(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path, on: date | None, rate: str
) -> None:
    payee = a_payee(tenant)
    controlled = Controlled(statutory_on=on, portion=D(1), controlled_songs=1)
    a_contract(tenant, terms(payee, Clause(id="records", rate=D(0)), controlled=controlled))
    a_report(tenant, tmp_path, [physical(recordings[0], 1000)])
    told = statement(tenant, run_of(tenant, MARCH), payee)
    assert amount(told.closing_micros) == 1000 * D(rate)


def test_a_long_song_costs_what_each_of_its_begun_minutes_does(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    """Two songs of the artist's, one of them of six begun minutes, at three quarters; and eight minutes of others'."""
    payee = a_payee(tenant)
    minutes = {"controlled_minutes": (6,), "outside_minutes": (8,)}
    songs = Controlled(controlled_songs=2, outside_songs=1, **minutes)  # type: ignore[arg-type]
    a_contract(tenant, terms(payee, Clause(id="records", rate=D(0)), controlled=songs))
    a_report(tenant, tmp_path, [physical(recordings[0], 100)])
    told = statement(tenant, run_of(tenant, MARCH), payee)
    own = (D("0.131") + 6 * D("0.0252")) * D("0.75")
    excess = max(D(0), own + 8 * D("0.0252") - 10 * D("0.131") * D("0.75"))
    assert (excess, amount(told.closing_micros)) == (0, 100 * own)


def test_the_rates_of_the_law_count_from_their_days_on() -> None:
    days = [each.valid_from for each in us_rates()]
    assert days == sorted(set(days))
    for day, rate in (
        ("2022-12-31", "0.091"),
        ("2023-01-01", "0.12"),
        ("2024-12-31", "0.124"),
        ("2025-01-01", "0.127"),
    ):
        assert us_rate(date.fromisoformat(day)).per_song == D(rate)
    assert us_rate(date.max) == us_rates()[-1]


def test_g11_a_reserve_is_held_for_one_period(tenant: Tenant, recordings: list[Recording], tmp_path: Path) -> None:
    payee = a_payee(tenant)
    deal = a_contract(tenant, terms(payee, Clause(id="all", rate=D(1)), reserve=Reserve(rate=D("0.10"))))
    a_report(tenant, tmp_path, [physical(recordings[0], 10, Net="1000")])
    first = statement(tenant, run_of(tenant, MARCH), payee)
    assert (amount(first.payable_micros), amount(first.reserve_micros)) == (D(900), D(100))
    pay_out(tenant, deal, payee, first.payable_micros, on=APRIL[0])
    a_report(tenant, tmp_path, [physical(recordings[0], 20, Net="2000")], month=APRIL[0])
    second = statement(tenant, run_of(tenant, APRIL), payee)
    assert (amount(second.payable_micros), amount(second.reserve_micros)) == (D(1900), D(200))
    assert amount(second.earned_micros) == D(2000)


def test_g13_what_a_guarantee_falls_short_of_is_paid(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    deal = terms(payee, Clause(id="all", rate=D(1)), guarantee=Guarantee(amount=D(10_000)))
    a_contract(tenant, deal, starts_on=date(2025, 4, 1))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="8000")])
    told = statement(tenant, run_of(tenant, MARCH), payee)
    assert amount(told.payable_micros - told.earned_micros) == D(2000)


def test_g15_a_guarantee_paid_ahead_is_earned_out_at_twice_its_amount(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    a_contract(tenant, terms(payee), costs=[a_cost("100000")])
    a_report(tenant, tmp_path, [sold(recordings[0], Net="200000")])
    assert statement(tenant, run_of(tenant, MARCH), payee).closing_micros == 0
    a_report(tenant, tmp_path, [sold(recordings[0], Net="50000")], month=APRIL[0])
    assert amount(statement(tenant, run_of(tenant, APRIL), payee).payable_micros) == D(25_000)


@pytest.mark.parametrize("is_crossed", [False, True])
def test_g17_two_albums_with_and_without_cross_collateral(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path, is_crossed: bool
) -> None:
    from app.contracts.models import Contract
    from app.contracts.service import recouping
    from app.kernel.actor import Actor

    payee = a_payee(tenant)
    one, two = (
        a_contract(
            tenant,
            terms(payee, Clause(id="all", rate=D(1))),
            scopes=[Scope("recording", each.id)],
            costs=[a_cost("200000")],
        )
        for each in recordings
    )
    if is_crossed:
        with tenant_work(tenant) as session:
            recouping.cross(session, Actor.system(tenant), session.get_one(Contract, two.id), [one.id])
    a_report(tenant, tmp_path, [sold(recordings[0], Net="20000"), sold(recordings[1], Net="220000")])
    run = run_of(tenant, MARCH)
    first, second = (statement(tenant, run, payee, each) for each in (one, two))
    if is_crossed:
        assert (amount(first.closing_micros), second.payable_micros) == (D(-160_000), 0)
    else:
        assert (amount(first.closing_micros), amount(second.payable_micros)) == (D(-180_000), D(20_000))


def test_g19_half_after_recoupment_from_the_artists_share(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    a_contract(tenant, terms(payee), costs=[a_cost("5000")])
    a_report(tenant, tmp_path, [sold(recordings[0], Net="10")])
    assert amount(statement(tenant, run_of(tenant, MARCH), payee).closing_micros) == D(-4995)
    a_report(tenant, tmp_path, [sold(recordings[0], Net="10000")], month=APRIL[0])
    second = statement(tenant, run_of(tenant, APRIL), payee)
    assert (amount(second.closing_micros), amount(second.payable_micros)) == (D(5), D(5))


def test_g21_half_until_the_labels_half_has_paid_the_costs_then_everything(tenant: Tenant, tmp_path: Path) -> None:
    from app.royalties.models import Earning

    payee, recordings = a_payee(tenant), tracks_of(tenant, 4)
    grows = Escalation(by="recoupment", steps=(Step(above=D(1), rate=D(1)),))
    clause = Clause(id="all", rate=D("0.5"), escalation=grows)
    a_contract(tenant, terms(payee, clause), costs=[a_cost("10.00", "recording", recoupable_ppm=0)])
    nets = ["5.00", "5.00", "5.00", "10.00"]
    days = [date(2026, month, 1) for month in (1, 2, 3, 4)]
    for recording, net, day in zip(recordings, nets, days, strict=True):
        a_report(tenant, tmp_path, [sold(recording, Net=net)], month=day)
    run = run_of(tenant, (date(2026, 1, 1), date(2026, 4, 30)))
    with tenant_work(tenant) as session:
        rows = session.scalars(select(Earning).where(Earning.run_id == run.id).order_by(Earning.sold_month)).all()
    assert [row.amount for row in rows] == [D("2.50"), D("2.50"), D("2.50"), D("7.50")]
    assert sum(D(net) for net in nets) - amount(statement(tenant, run, payee).earned_micros) == D(10)


def test_g23_a_row_keeps_every_digit(tenant: Tenant, recordings: list[Recording], tmp_path: Path) -> None:
    from app.royalties.models import Earning

    payee = a_payee(tenant)
    a_contract(tenant, terms(payee, Clause(id="all", rate=D("0.85"))))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="0.00164130103450794")])
    run = run_of(tenant, MARCH)
    with tenant_work(tenant) as session:
        exact = session.scalars(select(Earning.amount).where(Earning.run_id == run.id)).one()
    assert exact == D("0.00164130103450794") * D("0.85")
    assert f"{exact:.15g}" == "0.00139510587933175"


def test_g29_a_schedule_that_holds_for_everything_once_reached(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    schedule = [(5000, "0.0675"), (7500, "0.07"), (10_000, "0.08"), (15_000, "0.085"), (20_000, "0.0925")]
    steps = tuple(Step(above=D(above), rate=D(rate)) for above, rate in [*schedule, (25_000, "0.0975")])
    clause = Clause(
        id="all",
        rate=D("0.0625"),
        base=Base(kind="net_source"),
        when=When(channels=("stream",)),
        escalation=Escalation(by="units", steps=steps, mode="slab"),
    )
    a_contract(tenant, terms(payee, clause))
    a_report(tenant, tmp_path, [sold(recordings[0], Quantity=12_000, Gross="100000", Net="70000")])
    assert amount(statement(tenant, run_of(tenant, MARCH), payee).earned_micros) == D(8000)
