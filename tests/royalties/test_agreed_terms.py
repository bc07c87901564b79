"""Rounding, exchange rates and what is never used to earn costs back: terms of a contract, told and audited as agreed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.catalog.models import Recording
from app.contracts.models import Contract
from app.contracts.rules.terms import Clause, Controlled, Deduction, Escalation, Reserve, Step, Terms
from app.contracts.schemas import Scope
from app.contracts.service import recouping
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.ledger.rules import Kind
from app.royalties.models import RoyaltyRun, Statement
from app.royalties.rules import auditing
from app.royalties.rules.limits import days_of
from app.royalties.service import auditing as packs
from app.royalties.service import lines, rates
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


def verified(tenant: Tenant, told: Statement) -> auditing.Verdict:
    """What somebody finds who recomputes a statement without the database."""
    with tenant_work(tenant) as session:
        return auditing.verify(packs.pack(session, tenant, told))


@pytest.mark.parametrize(
    ("price", "rounding", "wanted"),
    [
        ("1.96", {"unit_places": 2}, "1.19"),  # 7 × 0.1666
        ("1.96", {"unit_places": 2, "rounding": "down"}, "1.12"),
        ("2", {"whole_units": True}, "1"),  # 5 of 5.95 units
        ("1.96", {"whole_units": True, "unit_places": 2}, "1"),
        ("1.96", {"whole_units": True, "unit_places": 2, "rounding": "down"}, "0.95"),
    ],
)
def test_units_are_rounded_as_agreed_and_returns_take_them_back(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path, price: str, rounding: dict[str, Any], wanted: str
) -> None:
    off = (Deduction(kind="free_goods", rate=D("0.15")),)
    clause = Clause(id="all", rate=D("0.1"), base=per_unit(price), deductions=off, **rounding)
    payee = a_payee(tenant)
    a_contract(tenant, terms(payee, clause))
    a_report(tenant, tmp_path, [physical(recordings[0], 7)])
    told = statement(tenant, run_of(tenant, MARCH), payee)
    a_report(tenant, tmp_path, [physical(recordings[0], -7)], month=APRIL[0])
    back = statement(tenant, run_of(tenant, APRIL), payee)
    assert (amount(told.earned_micros), back.earned_micros) == (D(wanted), -told.earned_micros)
    for each in (told, back):
        assert verified(tenant, each).problems == []


@pytest.mark.parametrize(("net", "rounding", "wanted"), [("10", "down", "1.50"), ("0.10", "half_up", "0.03")])
def test_what_a_unit_earns_to_the_last_place_is_not_rounded_to_less(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path, net: str, rounding: Any, wanted: str
) -> None:
    """15 % of a third of 10 is 0.50, though a third of 10 has no last place; of a third of 0.10 it is half a cent."""
    payee = a_payee(tenant)
    a_contract(tenant, terms(payee, Clause(id="all", rate=D("0.15"), unit_places=2, rounding=rounding)))
    a_report(tenant, tmp_path, [physical(recordings[0], 3, Net=net)])
    told = statement(tenant, run_of(tenant, MARCH), payee)
    assert amount(told.earned_micros) == D(wanted)
    assert verified(tenant, told).problems == []


def test_units_are_rounded_where_a_rate_may_grow_and_has_not_grown_yet(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    grows = Escalation(by="units", steps=(Step(above=D(1000), rate=D("0.2")),))
    clause = Clause(id="all", rate=D("0.1"), escalation=grows, unit_places=2, rounding="down")
    payee = a_payee(tenant)
    a_contract(tenant, terms(payee, clause))
    a_report(tenant, tmp_path, [physical(recordings[0], 100, Net="199")])
    told = statement(tenant, run_of(tenant, MARCH), payee)
    assert amount(told.earned_micros) == 19
    assert verified(tenant, told).problems == []


@pytest.mark.parametrize("steps", [(), (Step(above=D(5), rate=D("0.2")),)])
def test_no_more_is_kept_for_returns_than_the_part_of_what_rounded_units_earned(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path, steps: tuple[Step, ...]
) -> None:
    """Of single records an eighth is deducted: no whole one is left of any, and nothing was earned to keep a part of."""
    off = (Deduction(kind="free_goods", rate=D("0.125")),)
    grows = Escalation(by="units", mode="slab", steps=steps) if steps else None
    clause = Clause(id="all", rate=D("0.1"), deductions=off, whole_units=True, escalation=grows)
    payee = a_payee(tenant)
    deal = a_contract(tenant, terms(payee, clause, reserve=Reserve(rate=D("0.2"))))
    a_report(tenant, tmp_path, [physical(recordings[0], 1, Net="10") for _ in range(10)])
    told = statement(tenant, run_of(tenant, MARCH), payee)
    assert (told.earned_micros, told.reserve_micros, owed(tenant, deal, payee)) == (0, 0, 0)


def test_money_without_units_is_paid_where_units_are_rounded(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    """A store that corrects an amount sends a row of no units: nothing of one is left to round."""
    clause = Clause(id="all", rate=D("0.5"), unit_places=2, whole_units=True)
    payee = a_payee(tenant)
    a_contract(tenant, terms(payee, clause))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="-0.0301", Quantity=0)])
    told = statement(tenant, run_of(tenant, MARCH), payee)
    assert amount(told.earned_micros) == D("-0.01505")
    assert verified(tenant, told).problems == []


def test_an_exchange_rate_is_that_of_the_periods_end_or_of_the_day_on_which_the_money_came(
    tenant: Tenant, tmp_path: Path
) -> None:
    one, other = tracks_of(tenant, 2)
    payees = [a_payee(tenant), a_payee(tenant)]
    days = (date(2026, 2, 10), date(2026, 3, 20), MARCH[1])
    with tenant_work(tenant) as session:
        for day, rate in zip(days, ("1.5", "1.2", "1.1"), strict=True):
            rates.keep_rate(session, None, base="EUR", quote="USD", on=day, rate=D(rate), source="ECB")
    for payee, track, day in zip(payees, (one, other), ("receipt", "period_end"), strict=True):
        a_contract(tenant, terms(payee, rate_day=day), scopes=[Scope("recording", track.id)])
    for number, day in enumerate((days[0], date(2026, 3, 25)), 1):
        rows = [sold(track, Net=str(100 * number), Currency="EUR") for track in (one, other)]
        a_report(tenant, tmp_path, rows, received_on=day)
    run = run_of(tenant, MARCH)
    at_receipt, at_end = (statement(tenant, run, payee) for payee in payees)
    assert (amount(at_receipt.earned_micros), amount(at_end.earned_micros)) == (75 + 120, 55 + 110)
    assert sorted(run.rates) == ["EUR/USD", "EUR/USD@2026-02-10", "EUR/USD@2026-03-25"]
    with tenant_work(tenant) as session:
        found = lines.lines(session, at_receipt)
        told = [lines.provenance(session, at_receipt, line.number).rate for line in found]
    assert [(line.fx, rate["on"], rate["source"]) for line, rate in zip(found, told, strict=True)] == [
        (D("1.5"), "2026-02-10", "ECB"), (D("1.2"), "2026-03-20", "ECB"),
    ]  # fmt: skip
    for each in (at_receipt, at_end):
        assert verified(tenant, each).problems == []


@pytest.mark.parametrize("day", ["receipt", "period_end"])
def test_what_is_taken_back_at_another_exchange_rate_is_not_said_to_be_at_that_of_now(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path, day: Any
) -> None:
    payee, period = a_payee(tenant), a_period(tenant, *MARCH)
    a_contract(tenant, terms(payee, rate_day=day))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="100", Currency="EUR")], received_on=MARCH[1])
    for rate, restates in (("1.5", False), ("1.6", True)):
        with tenant_work(tenant) as session:
            rates.keep_rate(session, None, base="EUR", quote="USD", on=MARCH[1], rate=D(rate), source="ECB")
        run = a_run(tenant, period, restates=restates)
        publish(tenant, run)
    told = statement(tenant, run, payee)
    with tenant_work(tenant) as session:
        found = {line.fx: lines.provenance(session, told, line.number).rate for line in lines.lines(session, told)}
    assert found == {D("1.6"): {"rate": "1.6", "on": MARCH[1].isoformat(), "source": "ECB"}, D("1.5"): {}}


def test_neighbouring_rights_are_paid_whatever_is_still_to_be_earned_back(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    told = terms(payee, Clause(id="all", rate=D(1)), non_recoupable=("neighbouring",))
    deal = a_contract(tenant, told, costs=[a_cost("100")])
    closing, open_ = [], []
    for month, streams, radio in ((MARCH, "30", "20"), (APRIL, "0", "-5"), (MAY, "90", "1")):
        rows = [sold(recordings[0], Net=streams), sold(recordings[0], Net=radio, Channel="neighbouring")]
        a_report(tenant, tmp_path, rows, month=month[0])
        each = statement(tenant, run_of(tenant, month), payee)
        assert verified(tenant, each).problems == []
        closing.append(amount(each.payable_micros))
        open_.append(owed(tenant, deal, payee, Kind.UNRECOUPED))
        if month is MARCH:
            pay_out(tenant, deal, payee, each.payable_micros, on=MARCH[1])
    assert (closing, open_) == ([20, 0, 16], [70, 75, 0])  # what was returned after it was paid is earned back first


@pytest.mark.parametrize(
    ("pays_back", "first", "second"),
    [("own", ["-90", "9"], ["-85", "9"]), ("nothing", ["10", "9"], ["10", "9"]), ("all", ["-90", "9"], ["-76", "0"])],
)
def test_mechanicals_earn_back_what_the_contract_says(
    tenant: Tenant, tmp_path: Path, pays_back: Any, first: list[str], second: list[str]
) -> None:
    """One album owes 100 and has songs for 10; the other has songs for 9 and, where crossed, royalties of 5."""
    one, other = tracks_of(tenant, 2)
    payee = a_payee(tenant)
    songs = Controlled(statutory=D(1), portion=D(1), controlled_songs=1, pays_back=pays_back)
    deals = [
        a_contract(
            tenant, terms(payee, Clause(id="all", rate=D(1)), controlled=songs),
            scopes=[Scope("recording", each.id)], costs=costs,
        )
        for each, costs in ((one, [a_cost("100")]), (other, []))
    ]  # fmt: skip
    for month, sales, wanted in (
        (MARCH, [(one, 10, "0"), (other, 9, "0")], first),
        (APRIL, [(other, 0, "5")], second),
    ):
        if month is APRIL:
            with tenant_work(tenant) as session:
                payer = session.get_one(Contract, deals[1].id)
                recouping.cross(session, Actor.system(tenant), payer, [deals[0].id])
        rows = [sold(track, Net=net, Quantity=units, Channel="download") for track, units, net in sales]
        a_report(tenant, tmp_path, rows, month=month[0])
        run = run_of(tenant, month)
        assert [owed(tenant, deal, payee) for deal in deals] == [D(each) for each in wanted], month
    assert verified(tenant, statement(tenant, run, payee, deals[1])).problems == []
    total = sum(owed(tenant, deal, payee) - owed(tenant, deal, payee, Kind.UNRECOUPED) for deal in deals)
    assert total == 10 + 9 + 5 - 100


def test_what_stands_beside_an_empty_balance_is_paid_back_out_of_another_contract(
    tenant: Tenant, tmp_path: Path
) -> None:
    one, other = tracks_of(tenant, 2)
    payee = a_payee(tenant)
    whole = Clause(id="all", rate=D(1))
    debtor = a_contract(
        tenant, terms(payee, whole, non_recoupable=("neighbouring",)), scopes=[Scope("recording", one.id)],
        costs=[a_cost("100")],
    )  # fmt: skip
    payer = a_contract(tenant, terms(payee, whole), scopes=[Scope("recording", other.id)])
    with tenant_work(tenant) as session:
        recouping.cross(session, Actor.system(tenant), session.get_one(Contract, payer.id), [debtor.id])
    a_report(tenant, tmp_path, [sold(one, Net="20", Channel="neighbouring")])
    run_of(tenant, MARCH)
    pay_out(tenant, debtor, payee, 20_000_000, on=MARCH[1])
    a_report(tenant, tmp_path, [sold(other, Net="30")], month=APRIL[0])
    run_of(tenant, APRIL)
    assert (owed(tenant, payer, payee), owed(tenant, debtor, payee)) == (0, 0)
    assert owed(tenant, debtor, payee, Kind.UNRECOUPED) == 70


@pytest.mark.parametrize(
    ("first", "cost", "paid", "state", "wanted"),
    [
        (("50", "0"), "40", 50, "failed", (0, 0)),  # worked out anew, 20 are paid and 40 stand beside them
        (("0", "50"), "0", 50, "published", (20, 0)),
        (("50", "0"), "40", 10, "published", (20, 0)),
    ],
)
def test_a_run_stops_only_where_it_would_earn_back_out_of_what_is_never_used_for_that(
    tenant: Tenant,
    recordings: list[Recording],
    tmp_path: Path,
    first: Any,
    cost: str,
    paid: int,
    state: str,
    wanted: Any,
) -> None:
    """What is paid out until it is published may have been what costs were earned back out of."""
    payee = a_payee(tenant)
    costs = [a_cost(cost, on=APRIL[0])] if D(cost) else []
    told = terms(payee, Clause(id="all", rate=D(1)), non_recoupable=("neighbouring",))
    deal = a_contract(tenant, told, costs=costs)
    streams, radio = first
    a_report(
        tenant, tmp_path, [sold(recordings[0], Net=streams), sold(recordings[0], Net=radio, Channel="neighbouring")]
    )
    run_of(tenant, MARCH)
    a_report(tenant, tmp_path, [sold(recordings[0], Net="20", Channel="neighbouring")], month=APRIL[0])
    run = a_run(tenant, a_period(tenant, *APRIL))
    pay_out(tenant, deal, payee, paid * 1_000_000, on=APRIL[0])
    publish(tenant, run)
    with tenant_work(tenant) as session:
        assert session.get_one(RoyaltyRun, run.id).state == state
    assert (owed(tenant, deal, payee), owed(tenant, deal, payee, Kind.UNRECOUPED)) == wanted


@pytest.mark.parametrize(("records", "streams", "open_"), [("0", "-50", 50), ("100", "-150", 70)])
def test_what_other_sales_lost_takes_nothing_of_what_is_never_used_to_earn_back(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path, records: str, streams: str, open_: int
) -> None:
    """A month later the same would be paid: it is in one month, too. A fifth of the records is kept for returns."""
    payee = a_payee(tenant)
    own = terms(payee, Clause(id="all", rate=D(1)), reserve=Reserve(rate=D("0.2")), non_recoupable=("neighbouring",))
    deal = a_contract(tenant, own)
    rows = [sold(recordings[0], Net=streams), sold(recordings[0], Net="20", Channel="neighbouring")]
    a_report(tenant, tmp_path, [*rows, physical(recordings[0], 10, Net=records)])
    told = statement(tenant, run_of(tenant, MARCH), payee)
    assert (amount(told.payable_micros), owed(tenant, deal, payee, Kind.UNRECOUPED)) == (20, open_)


def test_what_was_kept_for_returns_of_what_is_never_used_to_earn_back_is_paid_once_it_is_let_go(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    own = terms(payee, Clause(id="all", rate=D(1)), reserve=Reserve(rate=D("0.2")), non_recoupable=("physical",))
    deal = a_contract(tenant, own, costs=[a_cost("100")])
    a_report(tenant, tmp_path, [physical(recordings[0], 10, Net="100"), sold(recordings[0], Net="50")])
    payable = []
    for month in (MARCH, APRIL):
        told = statement(tenant, run_of(tenant, month), payee)
        payable.append((amount(told.payable_micros), owed(tenant, deal, payee, Kind.UNRECOUPED)))
        pay_out(tenant, deal, payee, told.payable_micros, on=month[1])
    assert payable == [(80, 50), (20, 50)]


def test_who_is_told_on_a_leap_day_may_object_until_the_next_one_where_that_was_agreed() -> None:
    for years, day in ((1, date(2029, 2, 28)), (4, date(2032, 2, 29))):
        own = Terms(currency="USD", clauses=(), shares=(), objection_years=years)
        assert days_of(own, date(2027, 12, 31), date(2028, 2, 29)).objections_until == day


def test_a_statement_says_until_when_it_is_due_and_may_be_objected_to(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path, client_as: Callable[[Tenant], Any]
) -> None:
    payee = a_payee(tenant)
    a_contract(tenant, terms(payee, due_days=60, objection_years=2))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="1")])
    told = statement(tenant, run_of(tenant, MARCH), payee)
    shown = client_as(tenant).get(f"/portal/royalties/statements/{told.id}").text
    year = clock.day_in(tenant.time_zone).year + 2
    assert "Due by May 30, 2026" in shown
    assert re.search(rf"Objections until \w+ \d+, {year}", shown)
