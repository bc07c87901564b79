"""Many contracts in force amended at once: seen before anything is drafted, drafted once, sent and signed as ever."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.contracts.models import Contract, ContractBatchItem, ContractVersion, Recoupable
from app.contracts.rules import amending as rules
from app.contracts.rules import checking, naming, sheets
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
    Terms,
    Trigger,
    When,
    Withholding,
)
from app.contracts.service import bulk, drafting, holding
from app.kernel import db
from app.kernel.activity.models import Activity
from app.kernel.actor import Actor
from app.roster.models import Party
from tests.factories.money import a_contract, a_payee, copies_in_force, terms
from tests.identity.post import mails_to
from tests.storefront.placing import statements_of

CONTRACTS = "/portal/contracts"
AMENDMENTS = f"{CONTRACTS}/amendments"
D = Decimal


@pytest.fixture
def desk(room):
    """A label with three contracts in force, one of them a licence, and a draft."""
    room.contracts = []
    for number, kind in enumerate(("royalty", "royalty", "licence"), 1):
        payee = a_payee(room.tenant, f"Person {number}")
        with db.tenant_work(room.tenant) as session:
            session.get_one(Party, payee.party_id).email = f"p{number}@people.test"
        room.contracts.append(in_force(room, payee, kind=kind, title=f"Deal {number}"))
    room.owner = room.member()
    return room


def in_force(room, payee, rate="0.5", **details):
    from app.contracts.schemas import Scope
    from tests.factories.money import tracks_of

    deal = terms(
        payee,
        Clause(id="streams", rate=D(rate), when=When(channels=("stream",))),
        Clause(id="rest", rate=D("0.2")),
        reserve=Reserve(rate=D("0.1")),
    )
    (recording,) = tracks_of(room.tenant, 1)
    return a_contract(room.tenant, deal, scopes=[Scope("recording", recording.id)], **details)


def typed(desk, query="", **values):
    form = {"query": query}
    for number, (name, value) in enumerate(values.items(), 1):
        form |= {f"field_{number}": name.replace("__", "."), f"value_{number}": value}
    answer = desk.owner.post(AMENDMENTS, files={name: (None, value) for name, value in form.items()})
    desk.work()
    return answer


def brought(desk, sheet):
    answer = desk.owner.post(AMENDMENTS, files={"sheet": ("changes.csv", sheet.encode(), "text/csv")})
    assert answer.status_code == 303, answer.text
    desk.work()
    return answer.headers["location"]


def items(desk):
    with db.tenant_read(desk.tenant) as session:
        return list(session.scalars(select(ContractBatchItem).order_by(ContractBatchItem.number)))


def newest(desk, contract):
    with db.tenant_read(desk.tenant) as session:
        return drafting.latest(session, contract.id)


def versions(desk):
    with db.tenant_read(desk.tenant) as session:
        return session.scalar(select(func.count()).select_from(ContractVersion))


def test_a_filter_and_a_few_values_make_an_amendment_of_each(desk):
    page = desk.owner.get(f"{AMENDMENTS}?kind=royalty").text
    assert "Deal 1" in page
    assert "Deal 3" not in page
    assert "clauses.streams.rate" in page
    assert ">currency<" not in page
    before = versions(desk)
    values = {"rate": "55 %", "end": "2031-12-31", "clauses__rest__when__territories": "DE, AT", "advance": "1000"}
    here = typed(desk, "kind=royalty", **values).headers["location"]
    assert [(item.state, item.problems) for item in items(desk)] == [("ready", {}), ("ready", {})]
    assert items(desk)[0].changes == {
        "clauses.streams.rate": ["0.5", "0.55"],
        "clauses.rest.when.territories": ["", "DE, AT"],
        "end": ["", "2031-12-31"],
        "advance": ["", "1000 USD"],
    }
    told = desk.owner.get(here).text
    assert "Draft 2 amendments" in told
    assert "0.55" in told
    assert versions(desk) == before, "nothing is made before somebody says so"
    assert desk.owner.post(f"{here}/approval").status_code == 303
    desk.work()
    assert versions(desk) == before + 2
    made = newest(desk, desk.contracts[0])
    assert (made.number, made.signed_at, made.ends_on) == (2, None, date(2031, 12, 31))
    assert made.read().clauses[0].rate == D("0.55")
    assert made.read().clauses[1].when.territories == ("DE", "AT")
    assert newest(desk, desk.contracts[2]).number == 1
    with db.tenant_read(desk.tenant) as session:
        advances = session.scalars(select(Recoupable)).all()
        assert [(each.amount_micros, each.state) for each in advances] == [(1_000_000_000, "proposed")] * 2
        assert session.get_one(Contract, desk.contracts[0].id).ends_on is None
        told = select(func.count()).select_from(Activity).where(Activity.action == "contract.amended")
        assert session.scalar(told) == 2
    assert desk.owner.post(f"{here}/approval").status_code == 409


def test_what_can_be_changed_is_named_in_words(desk):
    page = desk.owner.get(f"{AMENDMENTS}?kind=royalty").text
    assert dict(re.findall(r'<option value="(reserve\.rate|clauses\.rest\.when\.channels)">([^<]*)<', page)) == {
        "reserve.rate": "Reserve for returns · Rate",
        "clauses.rest.when.channels": "Clause “rest” · Channels",
    }
    here = typed(desk, "kind=royalty", clauses__streams__rate="0.6", reserve__rate="7").headers["location"]
    shown = desk.owner.get(here).text
    assert "Reserve for returns</bdi></b>" in shown
    assert "Amendment: Clause “streams” · Rate, Reserve for returns · Rate" in shown


def test_no_value_of_terms_is_called_by_its_path():
    when = When(territories=("DE",), sold_from=date(2026, 1, 1), sold_until=date(2026, 2, 1), channels=("stream",))
    full = Terms(
        currency="EUR",
        clauses=(
            Clause(
                id="streams",
                rate=D("0.5"),
                when=when,
                base=Base(amount=D(1), either="max", other=Base(kind="ppd")),
                deductions=(Deduction(kind="tax", rate=D("0.1")),),
                reductions=(Reduction(kind="club", factor=D("0.5"), when=when),),
                escalation=Escalation(by="units", steps=(Step(above=D(1), rate=D("0.6")),)),
                unit_places=2,
            ),
        ),
        shares=(Share(payee=UUID(int=1), share_ppm=500_000, of=UUID(int=2)),),
        reserve=Reserve(rate=D("0.1"), cap=D("0.2")),
        guarantee=Guarantee(amount=D(1)),
        controlled=Controlled(statutory=D("0.127")),
        trigger=Trigger(contract=UUID(int=3)),
        withholding=Withholding(rate=D("0.1")),
        most_favoured=(UUID(int=4),),
    )
    known = {*naming.FIELD_SENTENCES.values(), *naming.PLACED.values(), naming.CLAUSE, naming.SHARE}
    unnamed = []

    def say(msgid, **places):
        assert msgid in known
        return f"<{msgid}>"

    for path in [*rules.values_of(full), *sheets.BASIC, *rules.BASIC, *checking.problems(full)]:
        said = naming.named(path, say)
        unnamed += [] if all(part.startswith("<") for part in said.split(naming.BETWEEN)) else [path]
    assert unnamed == []
    assert naming.named("shoe size", say) == "shoe size"


def test_a_sheet_changes_each_in_its_own_way_and_says_why_not(desk):
    one, two, three = (each.number for each in desk.contracts)
    draft = a_contract(desk.tenant, terms(desk.payee), is_signed=False)
    ours = "contract,rate,reserve.rate,guarantee.amount,end,advance\n"
    brought(
        desk,
        ours
        + f"{one},0.6,,,,\n"
        + f"{one},0.7,,,,\n"
        + f"{two},150%,,,,\n"
        + f"{three},0.5,0.1,,,\n"
        + f"{draft.number},0.6,,,,\n"
        + "1999-0001,0.6,,,,\n"
        + ",0.6,,,,\n",
    )
    found = [(item.state, sorted(item.problems.items())) for item in items(desk)]
    assert found[0] == ("ready", [])
    assert "another row" in found[1][1][0][1].lower()
    assert found[2][1][0][0] == "clauses.streams"
    assert found[3][1] == [("contract", "This changes nothing.")]
    for refused in found[4:]:
        assert refused[1] == [("contract", "The label has no contract in force with this number.")]


@pytest.mark.parametrize(
    ("column", "value"),
    [("end", "31.12.2030"), ("end", "1999-01-01"), ("advance", "-5"), ("rate", "much"), ("reserve.rate", "7")],
)
def test_a_value_that_cannot_be_used_is_named_with_its_column(desk, column, value):
    brought(desk, f"contract,{column}\n{desk.contracts[0].number},{value}\n")
    (item,) = items(desk)
    assert item.state == "refused"
    assert next(iter(item.problems)).startswith(column.partition(".")[0])


@pytest.mark.parametrize("sheet", ["rate\n1\n", "contract,shoe size\n1,2\n", "contract,currency\n1,EUR\n",
                                   "contract\n", ""])  # fmt: skip
def test_a_sheet_that_changes_what_is_another_deals_is_refused(desk, sheet):
    here = brought(desk, sheet)
    assert 'class="alert"' in desk.owner.get(here).text
    assert desk.owner.post(f"{here}/approval").status_code == 409
    assert items(desk) == []


def test_something_that_was_not_there_is_added(desk):
    here = brought(desk, f"contract,guarantee.amount,withholding.rate\n{desk.contracts[0].number},500,15 %\n")
    desk.owner.post(f"{here}/approval")
    desk.work()
    made = newest(desk, desk.contracts[0]).read()
    assert (made.guarantee.amount, made.withholding.rate) == (D(500), D("0.15"))


def test_other_contracts_are_named_by_their_numbers(desk):
    one, two, three = (each.number for each in desk.contracts)
    here = brought(
        desk,
        "contract,most_favoured,trigger.contract\n"
        f"{one},{two},{three}\n"
        f"{two},{one},\n"  # the first row follows it already
        f"{three},{three},\n"
        f"{draft_of(desk)},{one},\n",
    )
    assert [item.problems.get("most_favoured", "") for item in items(desk)[1:3]] == [rules.CIRCLE, rules.ITSELF]
    assert items(desk)[0].changes == {
        "most_favoured": ["", two],
        "trigger.contract": ["", three],
        "trigger.at": ["", "combined"],
        "trigger.is_retroactive": ["", "True"],
    }
    desk.owner.post(f"{here}/approval")
    desk.work()
    made = newest(desk, desk.contracts[0]).read()
    assert (made.most_favoured, made.trigger.contract) == ((desk.contracts[1].id,), desk.contracts[2].id)
    body = desk.owner.get(f"{AMENDMENTS}/export?kind=royalty").content.decode("utf-8-sig")
    row = next(csv.DictReader(io.StringIO(body)))
    assert (row["most_favoured"], row["trigger.contract"]) == (two, three)


@pytest.mark.parametrize("named", ["1999-0001", "{id}", "Deal 2", "{number}, 1999-0001"])
def test_a_contract_that_the_label_does_not_have_is_named_by_nobody(desk, named):
    other = desk.contracts[1]
    brought(
        desk, f'contract,most_favoured\n{desk.contracts[0].number},"{named.format(id=other.id, number=other.number)}"\n'
    )
    assert items(desk)[0].problems == {"most_favoured": rules.UNKNOWN}


def draft_of(desk):
    return a_contract(desk.tenant, terms(desk.payee), is_signed=False).number


def test_the_sheet_that_is_taken_along_comes_back_with_what_was_changed_in_it(desk):
    body = desk.owner.get(f"{AMENDMENTS}/export?kind=royalty").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(body)))
    assert [row["contract"] for row in rows] == [each.number for each in desk.contracts[:2]]
    assert rows[0]["clauses.streams.rate"] == "0.5"
    rows[1]["clauses.streams.rate"] = "0.45"
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    brought(desk, out.getvalue())
    assert [item.state for item in items(desk)] == ["refused", "ready"]
    assert items(desk)[0].problems == {"contract": "This changes nothing."}
    assert items(desk)[1].changes == {"clauses.streams.rate": ["0.5", "0.45"]}
    assert desk.owner.get(f"{AMENDMENTS}/export?as=xlsx&kind=royalty").content[:2] == b"PK"


def test_who_was_amended_meanwhile_is_left_alone_and_says_so(desk):
    here = typed(desk, rate="0.6").headers["location"]
    with db.tenant_work(desk.tenant) as session:
        contract = session.get_one(Contract, desk.contracts[1].id)
        old = drafting.latest(session, contract.id).read()
        drafting.amend(session, Actor.system(desk.tenant), contract, old)
    desk.owner.post(f"{here}/approval")
    desk.work()
    assert [item.state for item in items(desk)] == ["created", "refused", "created"]
    assert "not signed yet" in desk.owner.get(here).text
    assert newest(desk, desk.contracts[1]).read().clauses[0].rate == D("0.5")


def test_amendments_are_sent_together_and_hold_once_they_are_signed(desk):
    here = typed(desk, "kind=licence", rate="0.6", end="2030-06-30").headers["location"]
    desk.owner.post(f"{here}/approval")
    desk.work()
    assert desk.owner.post(f"{here}/sending").status_code == 303
    desk.work()
    assert [item.state for item in items(desk)] == ["sent"]
    assert len(mails_to(desk.settings, desk.tenant, "p3@people.test")) == 1
    sent = newest(desk, desk.contracts[2])
    assert sent.sent_at is not None
    assert "2030" in sent.body
    with db.tenant_work(desk.tenant) as session:
        contract = session.get_one(Contract, desk.contracts[2].id)
        assert (contract.state, contract.ends_on) == ("active", None)
        holding.bring_into_force(session, Actor.system(desk.tenant), contract, effective_from=date(2026, 7, 1))
        assert contract.ends_on == date(2030, 6, 30)
    with db.tenant_read(desk.tenant) as session:
        assert drafting.in_force(session, contract.id, date(2026, 6, 30)).number == 1
        assert drafting.in_force(session, contract.id, date(2026, 7, 1)).read().clauses[0].rate == D("0.6")


def test_nothing_chosen_and_nothing_changed_is_refused_with_what_was_typed(desk):
    refused = typed(desk, "kind=royalty", rate="")
    assert refused.status_code == 422
    assert "at least one value" in refused.text
    other = typed(desk, "kind=royalty", currency="EUR")
    assert other.status_code == 422
    assert "No contract in force fits" in desk.owner.get(f"{AMENDMENTS}?kind=remix").text
    assert typed(desk, "kind=nothing", rate="1").status_code == 422


def test_a_thousand_are_amended_once_however_often_it_is_asked(desk):
    with db.tenant_work(desk.tenant) as session:
        more = copies_in_force(session, desk.contracts[0], 1_000)
    here = brought(desk, "contract,rate\n" + "".join(f"{number},0.6\n" for number in more))
    desk.owner.post(f"{here}/approval")
    assert statements_of(desk.work) < 1_000, "none for each"
    with db.tenant_work(desk.tenant) as session:
        bulk.create(session, desk.tenant, items(desk)[0].batch_id)
        query = select(func.count()).select_from(ContractVersion).where(ContractVersion.number == 2)
        assert session.scalar(query) == 1_000
    assert {item.state for item in items(desk)} == {"created"}


def test_nobody_amends_who_may_not_write_contracts_for_the_whole_label(desk, rival, client_as):
    sheet = {"sheet": ("x.csv", f"contract,rate\n{desk.contracts[0].number},0.9\n".encode(), "text/csv")}
    for client in (desk.member("read_only"), desk.member("marketing")):
        assert client.get(AMENDMENTS).status_code == 403
        assert client.get(f"{AMENDMENTS}/export").status_code == 403
        assert client.post(AMENDMENTS, files=sheet).status_code == 403
    assert "Deal 1" not in client_as(rival).get(AMENDMENTS).text
    here = client_as(rival).post(AMENDMENTS, files=sheet).headers["location"]
    assert desk.owner.get(here).status_code == 404
