"""Contracts as staff write and read them: the list, the editor, the page, costs, splits."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

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
    Trigger,
    When,
    Withholding,
    packed,
)
from app.contracts.service import drafting, recouping
from app.kernel import db
from app.kernel.actor import Actor
from app.kernel.errors import Invalid
from tests.contracts.desk import CONTRACTS, drafted, form_of, held, terms_of, typed
from tests.factories.catalog import a_release
from tests.factories.labels import a_label
from tests.factories.money import a_contract, a_cost, a_payee, terms
from tests.markup import CANARY

D = Decimal


@pytest.fixture
def mine(connected):
    return a_label()


@pytest.fixture
def client(client_as, mine):
    return client_as(mine)


def test_a_contract_is_written_in_a_form_and_read_in_words(client, mine):
    payee = a_payee(mine, "Ada Ruiz")
    contract = drafted(
        client,
        typed(
            payee,
            c1_name="Streams",
            c1_channels=["stream", "ugc"],
            c1_rate="12,5 %",
            c1_territories="DE, AT",
            c1_deduct_distribution_fee="15",
            reserve_rate="10",
            reserve_channels="physical",
            release_part=["1", "2"],
            p1_part="50",
            p2_part="50",
            minimum="50",
        ),
    )
    found = terms_of(mine, contract)
    clause = found.clauses[0]
    assert clause.rate == D("0.125")
    assert clause.when == When(territories=("DE", "AT"), channels=("stream", "ugc"))
    assert clause.deductions == (Deduction(kind="distribution_fee", rate=D("0.15")),)
    assert found.shares == (Share(payee=payee.id, share_ppm=1_000_000),)
    assert found.reserve.release == (D("0.5"), D("0.5"))
    page = client.get(f"{CONTRACTS}/{contract}").text
    for said in ("First deal", "Ada Ruiz", "12.5 %", "Germany", "Austria", "Streams", "Distribution fee", "Draft"):
        assert said in page
    assert "A contract was drafted" in page


def everything(payee, producer, other):
    """Terms in which every field says something."""
    second = Base(kind="per_unit", amount=D("0.5"))
    clauses = (
        Clause(
            id="records",
            rate=D("0.17"),
            when=When(
                territories=("US",), channels=("physical",), configurations=("lp",), price_bands=("full",),
                commercial_models=("sale",), sources=("aura",), sold_from=date(2024, 1, 1), sold_until=date(2026, 1, 1),
            ),
            base=Base(kind="ppd", portion=D("0.9"), amount=D("7.25"), either="max", other=second),
            deductions=(Deduction(kind="packaging", rate=D("0.25")), Deduction(kind="free_goods", rate=D("0.15"))),
            reductions=(
                Reduction(kind="foreign", factor=D("0.75"), when=When(except_territories=("US",))),
                Reduction(kind="tv_campaign", factor=D("0.5"), when=When(channels=("physical",)), stacks=False),
            ),
            escalation=Escalation(
                by="units",
                steps=(Step(above=D(100_000), rate=D("0.18")), Step(above=D(250_000), rate=D("0.195"))),
                mode="slab",
                per="release",
            ),
            unit_places=4,
            rounding="down",
            whole_units=True,
        ),
        Clause(id="rest", rate=D("0.2")),
    )  # fmt: skip
    return terms(
        payee,
        *clauses,
        shares=(
            Share(payee=payee.id, share_ppm=333_333),
            Share(payee=producer.id, share_ppm=30_000, of=payee.id),
        ),
        cadence="quarterly",
        recoups="all_receipts",
        reserve=Reserve(rate=D("0.2"), channels=("download", "physical"), release=(D("0.25"),) * 4, counts_held=False,
                        cap=D(5000)),
        guarantee=Guarantee(amount=D("2500.5"), per="life", is_recoupable=True),
        controlled=Controlled(statutory=D("0.127"), portion=D("0.7"), cap_songs=11, controlled_songs=4,
                              outside_songs=2, pays_back="nothing"),
        trigger=Trigger(contract=other.id, at="net", is_retroactive=False),
        withholding=Withholding(rate=D("0.15825"), gross_up=True),
        most_favoured=(other.id,),
        minimum=D("12.34"),
        rate_day="receipt",
        due_days=60,
        objection_years=2,
        may_exceed_whole=True,
    )  # fmt: skip


@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_whatever_terms_say_stands_in_the_form_and_comes_back_the_same(client, mine, language):
    payee, producer = a_payee(mine), a_payee(mine)
    other = a_contract(mine, terms(payee), title="The other one", is_signed=False)
    deal = everything(payee, producer, other)
    contract = a_contract(mine, deal, is_signed=False)
    client.cookies.set("language", language)
    answer = client.post(f"{CONTRACTS}/{contract.id}", data=form_of(client, contract.id))
    assert answer.status_code == 303, answer.text
    assert packed(terms_of(mine, contract.id)) == packed(deal)


@pytest.mark.parametrize("on", [None, date(2024, 5, 1)])
def test_the_statutory_rate_of_songs_can_be_what_the_law_says(client, mine, on):
    payee = a_payee(mine)
    songs = Controlled(outside_songs=2, statutory_on=on, outside_minutes=(6, 6))
    deal = terms(payee, Clause(id="all", rate=D("0.2")), controlled=songs, non_recoupable=("neighbouring",))
    contract = a_contract(mine, deal, is_signed=False)
    assert client.post(f"{CONTRACTS}/{contract.id}", data=form_of(client, contract.id)).status_code == 303
    assert packed(terms_of(mine, contract.id)) == packed(deal)
    shown = "The US statutory rate of a day" if on else "The US statutory rate at the end of each period"
    assert shown in client.get(f"{CONTRACTS}/{contract.id}").text
    form = form_of(client, contract.id) | {"controlled_rate": "us_day", "controlled_day": ""}
    answer = client.post(f"{CONTRACTS}/{contract.id}", data=form)
    assert answer.status_code == 422
    assert 'id="controlled_day-problem"' in answer.text


def test_what_cannot_be_used_stands_at_its_field_and_nothing_typed_is_lost(client, mine):
    payee = a_payee(mine)
    wrong = typed(payee, title="", c1_rate="a lot", h1_percent="60", c1_deduct_tax="x", starts_on="2024-13-01")
    answer = client.post(CONTRACTS, data=wrong)
    assert answer.status_code == 422
    for field in ("title", "c1_rate", "c1_deduct_tax", "starts_on"):
        assert f'id="{field}-problem"' in answer.text
    assert 'value="a lot"' in answer.text
    assert 'name="h1_percent" value="60"' in answer.text
    over = client.post(CONTRACTS, data=typed(payee, share=["1", "2"], h2_payee=str(a_payee(mine).id), h2_percent="1"))
    assert over.status_code == 422
    assert "more than 100 %" in over.text
    reserve = client.post(CONTRACTS, data=typed(payee, reserve_rate="10", release_part="1", p1_part="90"))
    assert "must add up to 100" in reserve.text
    tie = typed(payee, clause=["1", "2"], c1_channels="stream", c2_name="more", c2_rate="1", c2_channels="stream")
    assert "Two clauses are about the same sales" in client.post(CONTRACTS, data=tie).text
    nothing = client.post(CONTRACTS, data=typed(payee, everything=""))
    assert "Say what the contract is about" in nothing.text


def test_whoever_was_slower_is_told_and_keeps_what_they_typed(client, mine):
    payee = a_payee(mine)
    contract = drafted(client, typed(payee))
    seen = form_of(client, contract)
    assert client.post(f"{CONTRACTS}/{contract}", data=seen | {"title": "Second thoughts"}).status_code == 303
    late = client.post(f"{CONTRACTS}/{contract}", data=seen | {"title": "Too late"})
    assert late.status_code == 412
    assert "Too late" in late.text
    assert held(mine, contract).title == "Second thoughts"


def test_of_a_contract_in_force_a_further_version_is_begun(client, mine):
    payee = a_payee(mine)
    contract = a_contract(mine, terms(payee))
    form = form_of(client, contract.id)
    assert client.post(f"{CONTRACTS}/{contract.id}", data=form | {"c1_rate": "60"}).status_code == 303
    with db.tenant_read(mine) as session:
        assert drafting.latest(session, contract.id).number == 2
        assert drafting.in_force(session, contract.id, date(2026, 1, 1)).read().clauses[0].rate == D("0.5")
    page = client.get(f"{CONTRACTS}/{contract.id}").text
    assert "Not signed yet" in page
    assert client.post(f"{CONTRACTS}/{contract.id}/end", data={"on": "2019-01-01"}).status_code == 422
    assert client.post(f"{CONTRACTS}/{contract.id}/end", data={"on": "2030-01-01"}).status_code == 303
    assert client.get(f"{CONTRACTS}/{contract.id}/edit").status_code == 409


def test_a_contract_about_the_same_as_another_says_so_with_a_link(client, mine):
    payee = a_payee(mine)
    first = a_contract(mine, terms(payee), title="The elder")
    second = drafted(client, typed(payee, title="The younger"))
    page = client.get(f"{CONTRACTS}/{second}").text
    assert "contradicts another" in page
    assert f'href="{CONTRACTS}/{first.id}"' in page


def test_contracts_are_found_filtered_sorted_kept_as_views_and_taken_along(client, mine):
    ada, eve = a_payee(mine, "Ada Ruiz"), a_payee(mine, "Eve Stone")
    a_contract(mine, terms(ada), title="=Alpha deal", ends_on=date(2100, 1, 1))
    a_contract(mine, terms(eve), title="Beta deal", kind="remix", is_signed=False)
    page = client.get(CONTRACTS).text
    assert "=Alpha deal" in page
    assert "Beta deal" in page
    for query, said in (
        ("q=eve", "Beta"), ("state=active", "Alpha"), ("kind=remix", "Beta"), ("open=yes", "Beta"),
        (f"party={ada.party_id}", "Alpha"), ("sort=title&state=draft", "Beta"),
    ):  # fmt: skip
        found = client.get(f"{CONTRACTS}?{query}").text
        assert f"{said} deal" in found, query
        assert ("Alpha deal" if said == "Beta" else "Beta deal") not in found, query
    assert "deal" not in client.get(f"{CONTRACTS}?ends=soon").text.partition("<tbody>")[2]
    assert client.get(f"{CONTRACTS}?state=lost").status_code == 422
    assert client.post(f"{CONTRACTS}/views", data={"name": "Signed", "query": "state=active"}).status_code == 303
    assert "Signed" in client.get(CONTRACTS).text
    table = client.get(f"{CONTRACTS}/export?as=csv")
    assert "'=Alpha deal" in table.text
    assert "Eve Stone" in table.text


def test_many_contracts_come_a_page_at_a_time(client, mine):
    payee = a_payee(mine)
    for number in range(51):
        a_contract(mine, terms(payee), title=f"Deal no {number:02}", is_signed=False)
    first = client.get(f"{CONTRACTS}?sort=title").text
    assert "Deal no 49" in first
    assert "Deal no 50" not in first
    following = first.partition("after=")[2].partition('"')[0]
    assert "Deal no 50" in client.get(f"{CONTRACTS}?sort=title&after={following}").text


def test_contracts_are_sorted_by_what_is_owed_and_what_is_still_to_come_back(client, mine):
    from app.contracts.rules.accounts import account_of
    from app.ledger import service as ledger
    from app.ledger.rules import Account, Entry, Kind

    payees = [a_payee(mine, f"Payee {number:02}") for number in range(53)]
    deals = [a_contract(mine, terms(payee), title=f"{payee.name} deal", is_signed=False) for payee in payees]
    micros = dict(zip(range(53), [7, 1_000, -30, 200, -4, *range(1_001, 1_049)], strict=True))
    entries = []
    for number, amount in micros.items():
        payable = Account(Kind.PAYABLE, account_of(deals[number].id, payees[number].id), "USD")
        other = Account(Kind.ROYALTY_EXPENSE, None, "USD")
        debit, credit = (other, payable) if amount > 0 else (payable, other)
        entries.append(Entry(f"e:{number}", debit, credit, abs(amount) * 1_000_000, date(2026, 3, 1), "royalties"))
    with db.tenant_work(mine) as session:
        ledger.post(session, Actor.system(mine), entries)

    def listed(page):
        return re.findall(r"<bdi>Payee (\d\d) deal</bdi>", page)

    first = client.get(f"{CONTRACTS}?sort=-balance").text
    following = first.partition("after=")[2].partition('"')[0]
    rest = client.get(f"{CONTRACTS}?sort=-balance&after={following}").text
    found = listed(first) + listed(rest)
    assert len(found) == len(set(found)) == 53
    assert found[:2] == ["52", "51"]
    assert found[47:51] == ["05", "01", "03", "00"]
    assert listed(client.get(f"{CONTRACTS}?sort=balance&q=payee%2000").text) == ["00"]
    assert listed(client.get(f"{CONTRACTS}?sort=-unrecouped").text)[:2] == ["02", "04"]
    rows = client.get(f"{CONTRACTS}/export?as=csv&sort=-balance").text.splitlines()
    assert "Payee 52" in rows[1]
    assert 'aria-sort="descending"' in first


def test_a_cost_is_proposed_with_its_receipt_and_approved_by_somebody_else_only(client, client_as, mine):
    contract = a_contract(mine, terms(a_payee(mine)))
    address = f"{CONTRACTS}/{contract.id}"
    said = {"kind": "recording", "name": "Studio", "amount": "1.234,50", "recoupable": "50", "incurred_on": ""}
    receipt = {"receipt": ("studio.pdf", b"%PDF-", "application/pdf")}
    assert client.post(f"{address}/costs", data=said, files=receipt).status_code == 303
    refused = {"receipt": ("not-this.pdf", b"%PDF-", "application/pdf")}
    for amount in ("-1", "0.0000001"):
        assert client.post(f"{address}/costs", data=said | {"amount": amount}, files=refused).status_code == 422
    assert "not-this.pdf" not in client.get("/portal/files").text, "of what was refused nothing is everybody's"
    page = client.get(address).text
    for word in ("Studio", "1,234.50", "studio.pdf", "Proposed", "Somebody else approves it"):
        assert word in page
    cost = costs_of(mine, contract)[0]
    assert cost.recoupable_ppm == 500_000
    decide = f"{address}/costs/{cost.id}"
    assert client.post(f"{decide}/approval").status_code == 403
    legal = client_as(mine, "legal")
    assert f"{decide}/approval" in legal.get(address).text
    assert legal.post(f"{decide}/approval").status_code == 303
    assert legal.post(f"{decide}/rejection").status_code == 409
    assert costs_of(mine, contract)[0].state == "approved"


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-0", "1e-999999", "0.0000001", "1e15", "1e999999"])
def test_what_is_no_amount_is_no_cost(mine, amount):
    contract = a_contract(mine, terms(a_payee(mine)), is_signed=False)
    with db.tenant_work(mine) as session, pytest.raises(Invalid):
        recouping.propose(session, Actor.system(mine), session.merge(contract), a_cost(amount))


def costs_of(tenant, contract):
    from sqlalchemy import select

    from app.contracts.models import Recoupable

    with db.tenant_read(tenant) as session:
        return list(session.scalars(select(Recoupable).where(Recoupable.contract_id == contract.id)))


def test_contracts_that_pay_each_other_back_are_drawn_and_a_circle_is_refused(client, mine):
    payee = a_payee(mine)
    one, two, three = (a_contract(mine, terms(payee), title=f"Deal {n}", is_signed=False) for n in "ABC")
    assert cross(client, one, two).status_code == 303
    assert cross(client, two, three).status_code == 303
    refused = cross(client, three, one)
    assert refused.status_code == 422
    assert "in a circle" in refused.text
    page = client.get(f"{CONTRACTS}/{two.id}").text
    assert page.count('rx="8"/>') == 3
    assert "“Deal A” pays back “Deal B”." in page
    assert "Pays back" in client.get(f"{CONTRACTS}/{one.id}").text
    gone = client.post(f"{CONTRACTS}/{one.id}/collateral/removal", data={"contract": str(two.id)})
    assert gone.status_code == 303
    assert "pays back nothing" in client.get(f"{CONTRACTS}/{one.id}").text


def cross(client, payer, debtor):
    return client.post(f"{CONTRACTS}/{payer.id}/collateral", data={"contract": str(debtor.id)})


def test_everything_a_contract_may_be_about_is_found_by_name(client, mine):
    release = a_release(mine, "Night Music", artists=["Night Owl"], label="Nightjar")
    found = client.get("/portal/choices?of=subjects&q=night").json()
    kinds = {choice["key"].partition(":")[0] for choice in found}
    assert kinds == {"artist", "imprint", "release", "recording", "track"}
    key = f"release:{release}"
    assert client.get(f"/portal/choices?of=subjects&keys={key}").json()[0]["name"] == "Night Music"
    assert client.get("/portal/choices?of=countries&q=germ").json() == [{"key": "DE", "name": "Germany", "note": "DE"}]
    payee = a_payee(mine, "Ada Ruiz")
    assert client.get("/portal/choices?of=payees&q=ruiz").json()[0]["key"] == str(payee.id)
    form = typed(payee, everything="", scope="1", s1_subject=key, s1_territories="DE, FR")
    contract = drafted(client, form)
    page = client.get(f"{CONTRACTS}/{contract}").text
    for said in ("Night Music", "Germany", "France"):
        assert said in page


def test_what_is_written_into_a_contract_comes_out_as_text(client, mine):
    payee = a_payee(mine, CANARY[:150])
    contract = drafted(client, typed(payee, title=CANARY[:180], c1_name=CANARY[:180], c1_sources=CANARY[:90]))
    from tests.markup import came_alive

    for address in (CONTRACTS, f"{CONTRACTS}/{contract}", f"{CONTRACTS}/{contract}/edit"):
        assert came_alive(client.get(address).text, "text/html") == []


def test_balances_of_a_contract_come_from_the_ledger(client, mine):
    payee = a_payee(mine)
    contract = a_contract(mine, terms(payee), title="Owed to", costs=[a_cost("10")])
    from app.contracts.rules.accounts import account_of
    from app.ledger import service as ledger
    from app.ledger.rules import Account, Entry, Kind

    payable = Account(Kind.PAYABLE, account_of(contract.id, payee.id), "USD")
    entry = Entry("test:owed", Account(Kind.ROYALTY_EXPENSE, None, "USD"), payable, 12_340_000, date(2026, 1, 1), "r")
    with db.tenant_work(mine) as session:
        ledger.post(session, Actor.system(mine), [entry])
    assert "$12.34" in client.get(CONTRACTS).text
    assert "$12.34" in client.get(f"{CONTRACTS}/{contract.id}").text


def test_the_palette_finds_contracts(client, mine):
    a_contract(mine, terms(a_payee(mine)), title="Lighthouse deal", is_signed=False)
    assert "Lighthouse deal" in client.get("/portal/search?q=lighth").text
