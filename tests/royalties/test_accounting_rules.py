"""Every rule of royalty accounting that a contract can state, each through a signed contract and an imported file."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.catalog.models import Recording
from app.contracts.errors import FavouredCycle, TermsUnusable
from app.contracts.models import Contract
from app.contracts.rules.terms import (
    Base,
    Clause,
    Controlled,
    Deduction,
    Escalation,
    Guarantee,
    Reduction,
    Reserve,
    Share,
    Step,
    When,
    Withholding,
)
from app.contracts.schemas import Scope
from app.contracts.service import drafting, holding, recouping
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.ledger.rules import Account, Kind
from app.royalties.models import Statement
from tests.factories.ledger import balance
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
)

D = Decimal
MAY = (date(2026, 5, 1), date(2026, 5, 31))
JUNE = (date(2026, 6, 1), date(2026, 6, 30))


def earned(
    tenant: Tenant, folder: Path, clauses: Clause | tuple[Clause, ...], *rows: dict[str, Any], **details: Any
) -> Statement:
    """What one payee is told of some sales of March under some clauses."""
    payee = a_payee(tenant)
    a_contract(tenant, terms(payee, *([clauses] if isinstance(clauses, Clause) else clauses), **details))
    a_report(tenant, folder, rows)
    return statement(tenant, run_of(tenant, MARCH), payee)


@pytest.mark.parametrize(
    ("base", "wanted"),
    [
        (Base(kind="net_receipt"), "70"),
        (Base(kind="net_source"), "90"),
        (Base(kind="ppd"), "80"),
        (Base(kind="retail"), "120"),
        (Base(kind="retail", portion=D("0.9")), "108"),
        (per_unit("1.5"), "15"),
        (Base(kind="ppd", either="max", other=Base(kind="net_receipt")), "80"),
        (Base(kind="ppd", either="min", other=Base(kind="net_receipt")), "70"),
    ],
)
def test_the_base_of_a_rate(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path, base: Base, wanted: str
) -> None:
    row = physical(recordings[0], 10, Net="70", Gross="90", **{"Unit price": "8", "Retail price": "12"})
    told = earned(tenant, tmp_path, Clause(id="all", rate=D(1), base=base), row)
    assert amount(told.earned_micros) == D(wanted)


def test_a_list_price_stands_in_for_a_line_without_one(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    base = Base(kind="ppd", amount=D(9))
    told = earned(tenant, tmp_path, Clause(id="all", rate=D("0.1"), base=base), physical(recordings[0], 10))
    assert amount(told.earned_micros) == D(9)


def test_returns_take_back_what_the_better_of_two_bases_gave(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    base = Base(kind="ppd", either="max", other=Base(kind="net_receipt"))
    rows = [physical(recordings[0], units, Net=net, **{"Unit price": "8"}) for units, net in ((10, "70"), (-10, "-70"))]
    assert earned(tenant, tmp_path, Clause(id="all", rate=D("0.5"), base=base), *rows).earned_micros == 0


def test_deductions_come_off_in_their_order_each_from_what_is_left(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    off = (
        Deduction(kind="packaging", rate=D("0.25")),
        Deduction(kind="distribution_fee", rate=D("0.2")),
        Deduction(kind="tax", rate=D("0.1")),
    )
    told = earned(tenant, tmp_path, Clause(id="all", rate=D(1), deductions=off), sold(recordings[0], Net="100"))
    assert amount(told.earned_micros) == 100 * D("0.9") * D("0.8") * D("0.75")


@pytest.mark.parametrize(("stacks", "wanted"), [(True, "37.5"), (False, "50")])
def test_reductions_stack_or_take_each_others_place(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path, stacks: bool, wanted: str
) -> None:
    foreign = Reduction(kind="foreign", factor=D("0.75"), when=When(except_territories=("US",)))
    budget = Reduction(kind="budget", factor=D("0.5"), when=When(price_bands=("budget",)), stacks=stacks)
    clause = Clause(id="all", rate=D(1), reductions=(foreign, budget))
    row = sold(recordings[0], Net="100", Territory="DE", **{"Price band": "budget"})
    assert amount(earned(tenant, tmp_path, clause, row).earned_micros) == D(wanted)


def test_rates_differ_by_territory_channel_configuration_model_source_and_date(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    clauses = (
        Clause(id="all", rate=D("0.1")),
        Clause(id="vinyl", rate=D("0.2"), when=When(configurations=("lp",))),
        Clause(id="jp", rate=D("0.3"), when=When(territories=("JP",))),
        Clause(id="jp-late", rate=D("0.4"), when=When(territories=("JP",), sold_from=date(2026, 3, 15))),
        Clause(id="free", rate=D("0.5"), when=When(channels=("stream",), commercial_models=("ad",))),
    )
    rows = [
        sold(recordings[0], Net="1", Channel="download"),
        physical(recordings[0], 1, Net="10", Configuration="LP"),
        sold(recordings[0], Net="100", Territory="JP"),
        sold(recordings[0], Net="1000", Territory="JP", **{"Sold from": date(2026, 3, 20)}),
        sold(recordings[0], Net="10000", **{"Commercial model": "ad"}),
    ]
    told = earned(tenant, tmp_path, clauses, *rows)
    assert amount(told.earned_micros) == D("0.1") + 2 + 30 + 400 + 5000


def test_a_profit_is_shared_after_costs_came_back_from_everything(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    a_contract(tenant, terms(payee, recoups="all_receipts"), kind="profit_share", costs=[a_cost("80", "recording")])
    a_report(tenant, tmp_path, [sold(recordings[0], Net="60")])
    assert statement(tenant, run_of(tenant, MARCH), payee).payable_micros == 0
    a_report(tenant, tmp_path, [sold(recordings[0], Net="60")], month=APRIL[0])
    assert amount(statement(tenant, run_of(tenant, APRIL), payee).payable_micros) == D(20)
    a_report(tenant, tmp_path, [sold(recordings[0], Net="60")], month=MAY[0])
    assert amount(statement(tenant, run_of(tenant, MAY), payee).closing_micros) == D(50)


def test_a_reserve_is_let_go_of_in_parts_never_held_of_returns_and_capped(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    reserve = Reserve(rate=D("0.5"), release=(D("0.25"), D("0.75")), cap=D(40))
    deal = a_contract(tenant, terms(payee, Clause(id="all", rate=D(1)), reserve=reserve))
    held, paid = [], []
    for month, rows in (
        (
            MARCH,
            [
                physical(recordings[0], 10, Net="100"),
                physical(recordings[0], -1, Net="-10"),
                sold(recordings[0], Net="3"),
            ],
        ),
        (APRIL, [physical(recordings[0], 2, Net="20")]),
        (MAY, []),
        (JUNE, []),
    ):
        if rows:
            a_report(tenant, tmp_path, rows, month=month[0])
        told = statement(tenant, run_of(tenant, month), payee)
        held.append(amount(told.reserve_micros))
        paid.append(amount(told.payable_micros))
        if told.payable_micros:
            pay_out(tenant, deal, payee, told.payable_micros, on=month[1])
    assert held == [D(40), D(40), D("7.5"), D(0)]
    assert paid == [D(53), D(20), D("32.5"), D("7.5")]


def test_a_shortfall_that_is_recoupable_comes_back_out_of_later_earnings(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    promised = Guarantee(amount=D(100), per="period", is_recoupable=True)
    deal = a_contract(tenant, terms(payee, Clause(id="all", rate=D(1)), guarantee=promised))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="70")])
    first = statement(tenant, run_of(tenant, MARCH), payee)
    pay_out(tenant, deal, payee, first.payable_micros, on=MARCH[1])
    a_report(tenant, tmp_path, [sold(recordings[0], Net="150")], month=APRIL[0])
    assert amount(first.payable_micros) == D(100)
    assert amount(statement(tenant, run_of(tenant, APRIL), payee).payable_micros) == D(120)


@pytest.mark.parametrize(("gross_up", "payable", "withheld"), [(False, "70", "30"), (True, "100", "42.857143")])
def test_tax_is_withheld_from_what_becomes_payable(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path, gross_up: bool, payable: str, withheld: str
) -> None:
    tax = Withholding(rate=D("0.3"), gross_up=gross_up)
    told = earned(tenant, tmp_path, Clause(id="all", rate=D(1)), sold(recordings[0], Net="100"), withholding=tax)
    assert amount(told.payable_micros) == D(payable)
    with tenant_work(tenant) as session:
        assert amount(balance(session, Account(Kind.WITHHOLDING, None, "USD"))) == D(withheld)


def test_a_small_balance_waits_for_the_next_period(tenant: Tenant, recordings: list[Recording], tmp_path: Path) -> None:
    payee = a_payee(tenant)
    a_contract(tenant, terms(payee, Clause(id="all", rate=D(1)), minimum=D(50)))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="30")])
    first = statement(tenant, run_of(tenant, MARCH), payee)
    a_report(tenant, tmp_path, [sold(recordings[0], Net="30")], month=APRIL[0])
    second = statement(tenant, run_of(tenant, APRIL), payee)
    assert (first.payable_micros, amount(first.closing_micros), amount(second.payable_micros)) == (0, D(30), D(60))


def test_a_favoured_contract_has_the_better_rate_and_circles_are_refused(tenant: Tenant, tmp_path: Path) -> None:
    one, other = tracks_of(tenant, 2)
    star, friend = a_payee(tenant), a_payee(tenant)
    best = a_contract(tenant, terms(star, Clause(id="all", rate=D("0.6"))), scopes=[Scope("recording", one.id)])
    follows = terms(friend, Clause(id="all", rate=D("0.2")), most_favoured=(best.id,))
    mine = a_contract(tenant, follows, scopes=[Scope("recording", other.id)])
    a_report(tenant, tmp_path, [sold(other, Net="100")])
    assert amount(statement(tenant, run_of(tenant, MARCH), friend).earned_micros) == D(60)
    circle = terms(star, Clause(id="all", rate=D("0.6")), most_favoured=(mine.id,))
    with tenant_work(tenant) as session, pytest.raises(FavouredCycle):
        drafting.amend(session, Actor.system(tenant), session.get_one(Contract, best.id), circle)


def test_an_amendment_holds_from_its_day_on(tenant: Tenant, recordings: list[Recording], tmp_path: Path) -> None:
    payee = a_payee(tenant)
    deal = a_contract(tenant, terms(payee, Clause(id="all", rate=D("0.1"))))
    with tenant_work(tenant) as session:
        contract, actor = session.get_one(Contract, deal.id), Actor.system(tenant)
        drafting.amend(session, actor, contract, terms(payee, Clause(id="all", rate=D("0.3"))))
        holding.bring_into_force(session, actor, contract, effective_from=date(2026, 3, 16))
    rows = [sold(recordings[0], Net="100"), sold(recordings[0], Net="1000", **{"Sold from": date(2026, 3, 16)})]
    a_report(tenant, tmp_path, rows)
    assert amount(statement(tenant, run_of(tenant, MARCH), payee).earned_micros) == 10 + 300


def test_participation_beside_a_full_deal_may_exceed_the_whole(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    one, other = a_payee(tenant), a_payee(tenant)
    shares = (Share(payee=one.id, share_ppm=1_000_000), Share(payee=other.id, share_ppm=100_000))
    with pytest.raises(TermsUnusable):
        a_contract(tenant, terms(one, shares=shares))
    a_contract(tenant, terms(one, Clause(id="all", rate=D(1)), shares=shares, may_exceed_whole=True))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="100")])
    run = run_of(tenant, MARCH)
    assert [amount(statement(tenant, run, each).earned_micros) for each in (one, other)] == [100, 10]


def test_a_contract_that_is_not_due_waits_with_its_sales(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    a_contract(tenant, terms(payee, Clause(id="all", rate=D(1)), cadence="quarterly"))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="5")], month=APRIL[0])
    run_of(tenant, APRIL)
    a_report(tenant, tmp_path, [sold(recordings[0], Net="7")], month=JUNE[0])
    assert amount(statement(tenant, run_of(tenant, JUNE), payee).earned_micros) == D(12)


def test_each_of_three_steps_of_recoupment_is_counted_from_the_one_before(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    """The label's half of 100 covers half of 100 in costs, 40 % of 125 the rest, 20 % of 500 the same once more."""
    steps = tuple(Step(above=D(above), rate=D(rate)) for above, rate in (("0.5", "0.6"), ("1", "0.8"), ("2", "0.9")))
    clause = Clause(id="all", rate=D("0.5"), escalation=Escalation(by="recoupment", steps=steps))
    payee = a_payee(tenant)
    a_contract(tenant, terms(payee, clause), costs=[a_cost("100", "recording")])
    a_report(tenant, tmp_path, [sold(recordings[0], Net="1000")])
    told = statement(tenant, run_of(tenant, MARCH), payee)
    assert amount(told.earned_micros) == 50 + 75 + 400 + D("247.5")


def test_an_escalation_is_counted_for_each_release(tenant: Tenant, tmp_path: Path) -> None:
    (one,), (other,) = tracks_of(tenant, 1), tracks_of(tenant, 1)
    grows = Escalation(by="units", steps=(Step(above=D(100), rate=D("0.2")),), per="release")
    rows = [physical(one, 150, Net="150"), physical(other, 100, Net="100")]
    told = earned(tenant, tmp_path, Clause(id="all", rate=D("0.1"), escalation=grows), *rows)
    assert amount(told.earned_micros) == 10 + 10 + 10


@pytest.mark.parametrize(("counts_held", "wanted"), [(True, ["15", "20"]), (False, ["11.666667", "20"])])
def test_units_in_reserve_count_at_once_or_when_they_are_let_go_of(
    tenant: Tenant, tmp_path: Path, counts_held: bool, wanted: list[str]
) -> None:
    (recording,) = tracks_of(tenant, 1)
    payee = a_payee(tenant)
    grows = Escalation(by="units", steps=(Step(above=D(50), rate=D("0.2")),))
    reserve = Reserve(rate=D("0.4"), counts_held=counts_held)
    clause = Clause(id="all", rate=D("0.1"), escalation=grows)
    a_contract(tenant, terms(payee, clause, reserve=reserve))
    told = []
    for month in (MARCH, APRIL):
        a_report(tenant, tmp_path, [physical(recording, 100, Net="100")], month=month[0])
        told.append(amount(statement(tenant, run_of(tenant, month), payee).earned_micros))
    assert told == [D(each) for each in wanted]


def test_a_part_of_a_part_bears_its_part_of_an_advance_to_the_micro(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    """Shares of shares have more digits than parts per million: of a million, a whole dollar hangs on them."""
    artist, producer = a_payee(tenant), a_payee(tenant)
    shares = (
        Share(payee=artist.id, share_ppm=333_333),
        Share(payee=producer.id, share_ppm=10_001, of=artist.id),
    )
    a_contract(tenant, terms(artist, Clause(id="all", rate=D(1)), shares=shares), costs=[a_cost("1000000")])
    a_report(tenant, tmp_path, [sold(recordings[0], Net="3000000")])
    run = run_of(tenant, MARCH)
    told = [statement(tenant, run, each) for each in (artist, producer)]
    charged = [each.closing_micros - each.earned_micros for each in told]
    assert charged == [-989_999_000_000, -10_001_000_000]


def test_mechanicals_pay_back_no_other_contract(tenant: Tenant, tmp_path: Path) -> None:
    """Crossing nets what records earn; what songs are due stays with who wrote them (`music.md`)."""
    one, other = tracks_of(tenant, 2)
    payee = a_payee(tenant)
    songs = Controlled(statutory=D("0.10"), portion=D(1), controlled_songs=1)
    first = terms(payee, Clause(id="all", rate=D("0.5")), controlled=songs)
    payer = a_contract(tenant, first, scopes=[Scope("recording", one.id)])
    debtor = a_contract(tenant, terms(payee), scopes=[Scope("recording", other.id)], costs=[a_cost("1000")])
    with tenant_work(tenant) as session:
        recouping.cross(session, Actor.system(tenant), session.get_one(Contract, payer.id), [debtor.id])
    a_report(tenant, tmp_path, [physical(one, 100, Net="100")])
    run = run_of(tenant, MARCH)
    found = [amount(statement(tenant, run, payee, each).closing_micros) for each in (payer, debtor)]
    assert found == [10, -950]
    a_report(tenant, tmp_path, [physical(one, 100, Net="100")], month=APRIL[0])
    run = run_of(tenant, APRIL)
    found = [amount(statement(tenant, run, payee, each).closing_micros) for each in (payer, debtor)]
    assert found == [20, -900], "nor once they lay on the account for a month"
    pay_out(tenant, payer, payee, 15_000_000, on=APRIL[1])
    a_report(tenant, tmp_path, [sold(one, Net="8")], month=MAY[0])
    run = run_of(tenant, MAY)
    found = [amount(statement(tenant, run, payee, each).closing_micros) for each in (payer, debtor)]
    assert found == [5, -896], "of what was paid out nothing is left"


def test_a_higher_rate_for_earlier_periods_counts_towards_the_guarantee(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    payee = a_payee(tenant)
    grows = Escalation(by="units", steps=(Step(above=D(150), rate=D("0.2")),), mode="slab")
    promised = Guarantee(amount=D(300), per="period")
    deal = a_contract(tenant, terms(payee, Clause(id="all", rate=D("0.1"), escalation=grows), guarantee=promised))
    found = []
    for month in (MARCH, APRIL):
        a_report(tenant, tmp_path, [physical(recordings[0], 100, Net="1000")], month=month[0])
        found.append(amount(statement(tenant, run_of(tenant, month), payee, deal).closing_micros))
    assert found == [300, 600], "200 and 100 for March are what was promised for April"
