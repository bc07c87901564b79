"""Rates that grow or follow other contracts, recomputed from an audit pack: and what it only states is said."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import pytest
from click.testing import CliRunner

from app.contracts.models import Contract
from app.contracts.rules.terms import Clause, Escalation, Reserve, Step
from app.contracts.schemas import Scope
from app.contracts.service import recouping
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.main.commands.audit import command
from app.royalties.rules import auditing as rules
from app.royalties.service import auditing
from tests.factories.money import (
    APRIL,
    MARCH,
    a_contract,
    a_cost,
    a_payee,
    a_period,
    a_report,
    a_run,
    physical,
    publish,
    run_of,
    sold,
    statement,
    terms,
)
from tests.royalties.test_lines import _changed, _resigned

D = Decimal
STEPS = (Step(above=D(100), rate=D("0.2")), Step(above=D(1_000), rate=D("0.3")))
GROWING = [
    Escalation(by="units", steps=STEPS),
    Escalation(by="units", steps=STEPS, mode="slab"),
    Escalation(by="units", steps=STEPS, per="release"),
    Escalation(by="net", steps=STEPS),
    Escalation(by="gross", steps=STEPS, mode="slab"),
    Escalation(by="recoupment", steps=(Step(above=D(1), rate=D("0.4")),)),
]


def pack_of(tenant, told):
    with tenant_work(tenant) as session:
        return auditing.pack(session, tenant, told), auditing.signing_key(tenant)


def two_periods(tenant, tmp_path, recordings, deal, payee, **details):
    """The statement of April under a deal that sold some in March already."""
    a_contract(tenant, deal, **details)
    a_report(tenant, tmp_path, [physical(recordings[0], 90, Net="900"), sold(recordings[1], Net="0.1", Quantity=7)])
    run_of(tenant, MARCH)
    rows = [physical(recordings[0], units, Net=f"{units * 9}") for units in (30, -4, 2_000)]
    a_report(tenant, tmp_path, [*rows, sold(recordings[1], Net="33.333333", Quantity=5)], month=APRIL[0])
    run = run_of(tenant, APRIL)
    return statement(tenant, run, payee)


@pytest.mark.parametrize("grows", GROWING, ids=lambda each: f"{each.by}-{each.mode}-{each.per}")
def test_rates_that_grew_are_recomputed_from_the_lines(tenant, recordings, tmp_path, grows):
    payee = a_payee(tenant)
    held = Reserve(rate=D("0.25"), counts_held=False, release=(D("0.5"), D("0.5")))
    deal = terms(payee, Clause(id="all", rate=D("0.1"), escalation=grows), reserve=held)
    told = two_periods(tenant, tmp_path, recordings, deal, payee, costs=[a_cost("500")])
    raw, key = pack_of(tenant, told)
    verdict = rules.verify(raw)
    assert verdict.ok, verdict.problems
    assert verdict.taken == (
        "What was sold in earlier periods, by which rates grew: it stands in the statements of those periods.",
    )

    def forgotten(body):
        grounds = json.loads(body)
        assert grounds["before"]
        return json.dumps(grounds | {"before": [], "costs": "1000000000"}).encode()

    forged = rules.verify(_resigned(_changed(raw, "grounds.json", forgotten), key))
    assert any("what was counted by then" in problem for problem in forged.problems) is (grows.mode != "slab")


def test_a_rate_that_is_not_the_one_come_to_is_found_although_its_sums_agree(tenant, recordings, tmp_path):
    payee = a_payee(tenant)
    deal = terms(payee, Clause(id="all", rate=D("0.1"), escalation=GROWING[0]))
    raw, key = pack_of(tenant, two_periods(tenant, tmp_path, recordings, deal, payee))

    def raised(body):
        rows = list(csv.DictReader(io.StringIO(body.decode())))
        for row in rows:
            row["amount"] = str(D(row["amount"]) / D(row["rate"]) * D("0.3"))
            row["rate"] = "0.3"
        out = io.StringIO()
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue().encode()

    found = rules.verify(_resigned(_changed(raw, "earnings.csv", raised), key)).problems
    assert any("what was counted by then" in problem for problem in found)


def favouring(tenant, recordings, tmp_path):
    star, friend = a_payee(tenant), a_payee(tenant)
    own, other = (Scope("recording", each.id) for each in recordings[:2])
    best = a_contract(tenant, terms(star, Clause(id="all", rate=D("0.6"))), scopes=[own])
    follows = terms(friend, Clause(id="all", rate=D("0.2")), most_favoured=(best.id,))
    a_contract(tenant, follows, scopes=[other])
    a_report(tenant, tmp_path, [sold(each, Net="100") for each in recordings[:2]])
    told = statement(tenant, run_of(tenant, MARCH), friend)
    assert told.earned_micros == 60_000_000
    return pack_of(tenant, told)


def test_a_favoured_rate_is_the_better_one_and_whose_it_is_is_said(tenant, recordings, tmp_path):
    raw, key = favouring(tenant, recordings, tmp_path)
    verdict = rules.verify(raw)
    assert verdict.ok, verdict.problems
    (taken,) = verdict.taken
    assert taken.startswith("The rates of a contract that is followed; its terms have the SHA-256 ")
    file = tmp_path / "pack.zip"
    file.write_bytes(raw)
    done = CliRunner().invoke(command, ["verify", str(file)])
    assert done.exit_code == 0
    assert f"Taken as stated: {taken}" in done.output
    lowered = _changed(raw, "grounds.json", lambda body: body.replace(b'"0.6"', b'"0.5"'))
    assert "its rate is not that of its clause" in " ".join(rules.verify(_resigned(lowered, key)).problems)


def test_a_pack_from_before_says_what_it_does_not_hold(tenant, recordings, tmp_path):
    raw, key = favouring(tenant, recordings, tmp_path)
    verdict = rules.verify(_resigned(_without(raw, "grounds.json"), key))
    assert verdict.ok, verdict.problems
    assert verdict.taken == (
        "Rates that grow or follow other contracts: this pack was made before it held what they rest on.",
    )


def test_a_pack_made_later_holds_what_was_known_at_its_run(tenant, recordings, tmp_path):
    payee = a_payee(tenant)
    deal = terms(payee, Clause(id="all", rate=D("0.1"), escalation=GROWING[0]))
    contract = a_contract(tenant, deal)
    a_report(tenant, tmp_path, [physical(recordings[0], 90, Net="900")])
    first = statement(tenant, run_of(tenant, MARCH), payee)
    a_report(tenant, tmp_path, [physical(recordings[0], 90, Net="900")], month=APRIL[0])
    run_of(tenant, APRIL)
    assert contract.id == first.contract_id
    verdict = rules.verify(pack_of(tenant, first)[0])
    assert verdict.ok, verdict.problems


def _without(raw, name):
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
        for each in old.namelist():
            body = old.read(each)
            if each == "manifest.json":
                manifest = json.loads(body)
                del manifest["files"][name]
                body = json.dumps(manifest).encode()
            if each != name:
                new.writestr(each, body)
    return out.getvalue()


def test_of_equals_the_same_has_the_micro_in_the_run_and_in_the_pack(tenant, recordings, tmp_path):
    """In whichever order a contract names three equal parts of 100.000001."""
    payees = [a_payee(tenant) for _ in range(3)][::-1]
    a_contract(tenant, terms(payees, Clause(id="all", rate=D(1))))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="100.000001")])
    run = run_of(tenant, MARCH)
    told = [statement(tenant, run, payee) for payee in payees]
    for each in told:
        verdict = rules.verify(pack_of(tenant, each)[0])
        assert verdict.ok, verdict.problems


@pytest.mark.parametrize("mode", ["marginal", "slab"])
def test_the_royalty_of_a_unit_is_rounded_at_the_rate_that_it_grew_to(tenant, recordings, tmp_path, mode):
    payee = a_payee(tenant)
    grows = Escalation(by="units", steps=(Step(above=D(50), rate=D("0.2")),), mode=mode)
    a_contract(tenant, terms(payee, Clause(id="all", rate=D("0.1"), escalation=grows, unit_places=2)))
    a_report(tenant, tmp_path, [physical(recordings[0], 100, Net="333.33")])
    told = statement(tenant, run_of(tenant, MARCH), payee)
    assert told.earned_micros == {"marginal": 50, "slab": 67}[mode] * 1_000_000
    verdict = rules.verify(pack_of(tenant, told)[0])
    assert verdict.ok, verdict.problems


def restated(tenant, tmp_path, recordings, payee, grows):
    """A deal that sold in March, told twice of April: once with too few, and restated with more before and after."""
    deal = terms(payee, Clause(id="all", rate=D("0.1"), escalation=grows))
    contract = a_contract(tenant, deal, costs=[a_cost("150", "recording")])
    a_report(tenant, tmp_path, [physical(recordings[0], 90, Net="90")])
    run_of(tenant, MARCH)
    rows = [
        physical(recordings[0], 30, Net="30"),
        physical(recordings[1], 700, Net="700"),
        sold(recordings[0], Net="9"),
        physical(recordings[0], 12, Net="12", **{"Sold from": MARCH[0], "Sold until": MARCH[1]}),
    ]
    a_report(tenant, tmp_path, rows, month=APRIL[0])
    period = a_period(tenant, *APRIL)
    publish(tenant, a_run(tenant, period))
    a_report(tenant, tmp_path, [physical(recordings[1], 400, Net="400", Store="Amazon")], month=APRIL[0])
    first = a_run(tenant, period, restates=True)
    publish(tenant, first)
    with tenant_work(tenant) as session:
        late = recouping.propose(session, Actor.system(tenant), session.get_one(Contract, contract.id), a_cost("75"))
        recouping.decide(session, Actor.system(tenant), late, approved=True)
    a_report(tenant, tmp_path, [physical(recordings[0], -5, Net="-5", Store="Amazon")], month=APRIL[0])
    second = a_run(tenant, period, restates=True)
    publish(tenant, second)
    return [statement(tenant, run, payee) for run in (first, second)]


@pytest.mark.parametrize("grows", GROWING, ids=lambda each: f"{each.by}-{each.mode}-{each.per}")
def test_a_restatement_of_rates_that_grew_is_recomputed_with_the_lines_that_did_not_change(
    tenant, recordings, tmp_path, grows
):
    for told in restated(tenant, tmp_path, recordings, a_payee(tenant), grows):
        verdict = rules.verify(pack_of(tenant, told)[0])
        assert verdict.ok, verdict.problems
        assert verdict.taken == (
            "What was sold in earlier periods, by which rates grew: it stands in the statements of those periods.",
        )


def test_a_line_that_did_not_change_cannot_be_left_out_or_altered(tenant, recordings, tmp_path):
    told = restated(tenant, tmp_path, recordings, a_payee(tenant), GROWING[0])[1]
    raw, key = pack_of(tenant, told)

    def fewer(body):
        return b"".join(body.splitlines(keepends=True)[:-1])

    def altered(body):
        rows = list(csv.DictReader(io.StringIO(body.decode())))
        rows = [{**row, "rate": "0.4"} for row in rows]
        out = io.StringIO()
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue().encode()

    for change in (fewer, altered):
        assert rules.verify(_resigned(_changed(raw, "unchanged.csv", change), key)).problems
