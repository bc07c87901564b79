"""What a draft would have earned: the same as a run says once it is signed, with nothing posted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.contracts.rules.fitting import Circumstances
from app.contracts.rules.terms import Base, Clause, Escalation, Reserve, Share, Step, When
from app.contracts.schemas import Scope
from app.contracts.service import holding
from app.kernel import db
from app.kernel.actor import Actor
from app.ledger.models import Posting
from app.royalties.rules.imagining import Sold, base_of, imagine
from app.royalties.rules.positions import Charge
from app.royalties.service import rates
from tests.contracts.desk import CONTRACTS, artist_named, recordings_of
from tests.factories.catalog import a_release
from tests.factories.labels import a_label
from tests.factories.money import a_contract, a_cost, a_payee, a_period, a_report, a_run, statement, terms

D = Decimal


@pytest.fixture
def mine(connected):
    return a_label()


def test_a_draft_earns_of_past_sales_what_a_run_pays_once_it_is_signed(client_as, mine, tmp_path):
    recording = recordings_of(mine, a_release(mine, "Night", artists=["Ada"]))[0]
    one, two = a_payee(mine, "Ada Ruiz"), a_payee(mine, "Eve Stone")
    with db.tenant_work(mine) as session:
        session.merge(recording).isrc = "QZABC2600001"
    streams = Clause(id="streams", rate=D("0.3"), when=When(channels=("stream",)))
    records = Clause(id="records", rate=D("0.1"), when=When(channels=("physical",)), base=Base(kind="ppd"))
    shares = (Share(payee=one.id, share_ppm=700_000), Share(payee=two.id, share_ppm=300_000))
    draft = a_contract(
        mine,
        terms(one, streams, records, shares=shares),
        scopes=[Scope("artist", artist_named(mine, "Ada").id)],
        costs=[a_cost("10")],
        is_signed=False,
    )
    row = {"ISRC": "QZABC2600001", "Title": recording.title}
    physical = {**row, "Channel": "physical", "Quantity": "10", "Unit price": "7.5", "Net": "50"}
    a_report(mine, tmp_path, [{**row, "Net": "100"}, physical])
    page = client_as(mine).get(f"{CONTRACTS}/{draft.id}/what-if?of=past&from=2026-01-01&until=2026-12-31").text
    for said in ("$37.50", "$26.25", "$11.25", "$150.00", "Mar 2026"):  # 30 of streams and 7.50 of records
        assert said in page, said
    with db.tenant_work(mine) as session:
        reasons = session.scalars(select(Posting.reason)).all()
        assert reasons == ["advance"], "imagining posts nothing; the advance was approved"
        holding.bring_into_force(session, Actor.system(mine), session.merge(draft))
    run = a_run(mine, a_period(mine, date(2026, 3, 1), date(2026, 3, 31)))
    assert statement(mine, run, one).earned_micros == 26_250_000
    assert statement(mine, run, two).earned_micros == 11_250_000


def test_past_sales_are_worth_what_their_currency_was_then(client_as, mine, tmp_path):
    recording = recordings_of(mine, a_release(mine, "Dawn", artists=["Ada"]))[0]
    with db.tenant_work(mine) as session:
        session.merge(recording).isrc = "QZABC2600009"
        for on, rate in ((date(2026, 3, 31), "1.5"), (date(2026, 4, 30), "2")):
            rates.keep_rate(session, None, base="EUR", quote="USD", on=on, rate=D(rate), source="ECB")
    draft = a_contract(mine, terms(a_payee(mine)), scopes=[Scope("recording", recording.id)], is_signed=False)
    row = {"ISRC": "QZABC2600009", "Title": recording.title, "Net": "100", "Currency": "EUR"}
    a_report(mine, tmp_path, [row])
    a_report(mine, tmp_path, [row], month=date(2026, 4, 1))
    page = client_as(mine).get(f"{CONTRACTS}/{draft.id}/what-if?of=past&from=2026-01-01&until=2027-12-31").text
    assert "$350.00" in page, "though no rate of the last day is known"
    assert "no exchange rate is known" not in page


def test_invented_sales_tell_when_costs_are_earned_back(client_as, mine):
    payee = a_payee(mine, "Ada Ruiz")
    draft = a_contract(mine, terms(payee), is_signed=False)
    client, address = client_as(mine), f"{CONTRACTS}/{draft.id}/what-if"
    assert client.get(address).status_code == 200
    wish = "of=invented&months=12&row=1&r1_channel=stream&r1_units=1000&r1_net=0.01&advance=12.50"
    page = client.get(f"{address}?{wish}").text
    assert "$120.00" in page
    assert "$60.00" in page
    assert "$47.50" in page
    assert "Not in this time" in client.get(f"{address}?{wish.replace('12.50', '5000')}").text
    assert client.get(f"{address}?{wish.replace('months=12', 'months=999')}").status_code == 422
    assert client.get(f"{address}?{wish.replace('r1_net=0.01', 'r1_net=x')}").status_code == 422
    legal = client_as(mine, "a_and_r")
    assert legal.get(f"{address}?of=past&from=2026-01-01&until=2026-02-01").status_code == 403


def test_what_is_paid_all_the_same_earns_no_costs_back(client_as, mine):
    draft = a_contract(mine, terms(a_payee(mine), non_recoupable=("stream",)), is_signed=False)
    wish = "of=invented&months=12&row=1&r1_channel=stream&r1_units=1000&r1_net=0.01&advance=12.50"
    page = client_as(mine).get(f"{CONTRACTS}/{draft.id}/what-if?{wish}").text
    assert "Not in this time" in page
    assert 'Still to be earned back <bdi dir="ltr">$12.50</bdi>' in " ".join(page.split())
    assert "$60.00" in page


def test_every_step_is_named_and_every_cost_by_its_name(client_as, mine):
    payee = a_payee(mine)
    kept = terms(payee, reserve=Reserve(rate=D("0.2"), channels=("stream",)))
    draft = a_contract(mine, kept, costs=[a_cost("3", "recording")], is_signed=False)
    wish = "of=invented&months=1&row=1&r1_channel=stream&r1_units=100&r1_net=1"
    page = client_as(mine).get(f"{CONTRACTS}/{draft.id}/what-if?{wish}")
    assert page.status_code == 200
    for said in ("-$10.00", "-$3.00", f"· <bdi>{a_cost('3', 'recording').name}</bdi>"):
        assert said in page.text, said


def test_the_better_rate_of_a_contract_that_is_followed_counts_here_too(client_as, mine):
    payee = a_payee(mine)
    better = a_contract(mine, terms(payee, Clause(id="all", rate=D("0.75"))), is_signed=False)
    draft = a_contract(mine, terms(payee, most_favoured=(better.id,)), is_signed=False)
    wish = "of=invented&months=1&row=1&r1_channel=stream&r1_units=100&r1_net=1"
    assert "$75.00" in client_as(mine).get(f"{CONTRACTS}/{draft.id}/what-if?{wish}").text


def sold(month, units, net="0", **more):
    sale = Circumstances("DE", "physical", None, None, None, "", date(2026, month, 1))
    return Sold(sale, sale.sold_on, D(units), D(net), D(net), **more)


def test_a_rate_that_grows_grows_with_the_months():
    from uuid import UUID

    payee = UUID(int=1)
    steps = (Step(above=D(10), rate=D("0.2")),)
    for mode, earned in (("marginal", 2_000_000 + 0), ("slab", 4_000_000)):
        clause = Clause(
            id="x",
            rate=D("0.0"),
            base=Base(kind="per_unit", amount=D(1)),
            escalation=Escalation(by="units", steps=steps, mode=mode),
        )
        deal = terms_of(payee, clause)
        assert imagine(deal, [sold(1, 5), sold(2, 15)], []).earned_micros == earned
    outcome = imagine(
        terms_of(payee, Clause(id="x", rate=D(1))), [sold(1, 1, "5"), sold(2, 1, "5")],
        [Charge(UUID(int=9), "", "advance", 7_000_000)],
    )  # fmt: skip
    assert outcome.recouped_in == date(2026, 2, 1)
    assert outcome.payees[payee].payable_micros == 3_000_000


def terms_of(payee, clause):
    from app.contracts.rules.terms import Terms

    return Terms(currency="USD", clauses=(clause,), shares=(Share(payee=payee, share_ppm=1_000_000),))


def test_the_larger_or_smaller_of_two_bases_is_taken():
    either = Base(kind="ppd", amount=D(2), either="max", other=Base(kind="per_unit", amount=D(3)))
    assert base_of(either, sold(1, 10, unpriced=D(10))) == 30
    assert base_of(either, sold(1, -10, unpriced=D(-10))) == -30
