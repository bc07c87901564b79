"""Many contracts from one and a sheet: seen before they are made, made once, sent at a pace, taken along as a ZIP."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import func, select
from xlsxwriter import Workbook

from app.contracts.models import Contract, ContractBatch, ContractBatchItem, ContractScope, ContractVersion, Recoupable
from app.contracts.rules.terms import Clause, Reserve
from app.contracts.service import bulk, drafting
from app.kernel import clock, db
from app.kernel.activity.models import Activity
from app.roster.models import Artist, Party, Payee
from tests.factories.catalog import a_release
from tests.factories.money import a_contract, terms
from tests.identity.post import mails_to
from tests.storefront.placing import statements_of

BATCHES = "/portal/contracts/batches"
HEAD = "name,email,artist,rate,advance,start,title,reserve.rate\n"


@pytest.fixture
def desk(room):
    room.template = a_contract(
        room.tenant,
        terms(room.payee, Clause(id="all", rate=Decimal("0.5")), reserve=Reserve(rate=Decimal("0.1"))),
        is_signed=False,
        title="Deal with {name}",
    )
    room.owner = room.member()
    return room


def brought(desk, sheet, name="people.csv", owner=None):
    body = sheet if isinstance(sheet, bytes) else sheet.encode()
    answer = (owner or desk.owner).post(
        BATCHES, data={"template": str(desk.template.id)}, files={"sheet": (name, body, "text/csv")}
    )
    assert answer.status_code == 303, answer.text
    desk.work()
    return answer.headers["location"]


def rows_of(desk, model):
    with db.tenant_read(desk.tenant) as session:
        return session.scalar(select(func.count()).select_from(model))


def items(desk):
    with db.tenant_read(desk.tenant) as session:
        return list(session.scalars(select(ContractBatchItem).order_by(ContractBatchItem.number)))


def sheet_of(count, start=1):
    lines = [f"Person {n},p{n}@people.test,,{10 + n % 40}%,,2026-02-01,,0.2\n" for n in range(start, start + count)]
    return HEAD + "".join(lines)


def test_every_row_says_what_it_would_make_or_why_not(desk):
    a_release(desk.tenant, "One", artists=["Ada"])
    before = rows_of(desk, Contract)
    here = brought(
        desk,
        HEAD
        + "Ada,ada@p.test,ada,55%,5000,2026-01-01,,0.25\n"
        + ",b@p.test,,0.5,,,,\n"
        + "Cy,nowhere,,0.5,,,,\n"
        + "Di,d@p.test,nobody,0.5,,,,\n"
        + "Ed,e@p.test,,150%,,,,\n"
        + "Fi,f@p.test,,abc,,,,\n"
        + "Gus,g@p.test,,0.5,-3,,,\n"
        + "Hal,h@p.test,,0.5,,31.12.2026,,\n"
        + "Ida,i@p.test,ada,0.5,,2026-06-01,,\n"
        + "Jo,j@p.test,,0.5,,,,7\n",
    )
    found = {item.values["name"]: (item.state, sorted(item.problems)) for item in items(desk)}
    assert found["Ada"] == ("ready", [])
    assert found[""] == ("refused", ["name"])
    assert found["Cy"] == ("refused", ["email"])
    assert found["Di"] == ("refused", ["artist"])
    assert found["Ed"] == ("refused", ["clauses.all"])
    assert found["Fi"] == ("refused", ["rate"])
    assert found["Gus"] == ("refused", ["advance"])
    assert found["Hal"] == ("refused", ["start"])
    assert found["Ida"] == ("refused", ["artist"])
    assert found["Jo"] == ("refused", ["reserve"])
    assert rows_of(desk, Contract) == before
    page = desk.owner.get(here)
    assert page.status_code == 200
    assert "Another row is about the same artist" in page.text
    assert desk.owner.get(f"{here}?state=refused").status_code == 200


def test_what_is_ready_is_made_with_its_own_terms_people_and_advance(desk):
    a_release(desk.tenant, "One", artists=["Ada"])
    here = brought(desk, HEAD + "Ada Lace,ada@p.test,ada,55%,5000,2026-03-01,,0.25\nBo,bo@p.test,,0.4,,,Own title,\n")
    assert desk.owner.post(f"{here}/approval").status_code == 303
    assert desk.owner.post(f"{here}/approval").status_code == 409
    desk.work()
    first, second = items(desk)
    with db.tenant_read(desk.tenant) as session:
        contract = session.get_one(Contract, first.contract_id)
        made = drafting.latest(session, contract.id).read()
        party = session.get_one(Party, contract.party_id)
        assert contract.title == "Deal with Ada Lace"
        assert contract.starts_on.isoformat() == "2026-03-01"
        assert (made.clauses[0].rate, made.reserve.rate) == (Decimal("0.55"), Decimal("0.25"))
        assert party.email == "ada@p.test"
        assert session.get_one(Payee, made.shares[0].payee).party_id == party.id
        scope = session.scalars(select(ContractScope).where(ContractScope.contract_id == contract.id)).one()
        assert (scope.level, scope.subject_id) == ("artist", session.scalar(select(Artist.id)))
        advance = session.scalars(select(Recoupable)).one()
        assert (advance.contract_id, advance.amount_micros, advance.state) == (contract.id, 5_000_000_000, "proposed")
        assert session.get_one(Contract, second.contract_id).title == "Own title"
        told = select(func.count()).select_from(Activity).where(Activity.action == "contract.drafted")
        assert session.scalar(told) == rows_of(desk, Contract)


def test_somebody_who_is_known_is_not_made_anew(desk):
    for _ in range(2):
        here = brought(desk, "name,email\nAda,ada@p.test\n")
        desk.owner.post(f"{here}/approval")
        desk.work()
    with db.tenant_read(desk.tenant) as session:
        assert session.scalar(select(func.count()).select_from(Party).where(Party.email == "ada@p.test")) == 1


def test_a_workbook_reads_like_a_sheet(desk):
    out = io.BytesIO()
    with Workbook(out) as book:
        page = book.add_worksheet()
        for line, row in enumerate([("Name", "Email", "rate"), ("Ada", "ada@p.test", "12,5 %")]):
            page.write_row(line, 0, row)
    here = brought(desk, out.getvalue(), "people.xlsx")
    desk.owner.post(f"{here}/approval")
    desk.work()
    with db.tenant_read(desk.tenant) as session:
        assert drafting.latest(session, items(desk)[0].contract_id).read().clauses[0].rate == Decimal("0.125")


@pytest.mark.parametrize(
    "sheet",
    ["", "name,email\n", "name\nAda\n", "name,email,shoe size\nA,a@b.test,44\n", "name,email,name\nA,a@b.test,B\n",
     "name,email,shares.x.payee\nA,a@b.test,1\n", b"PK\x03\x04nonsense"],
)  # fmt: skip
def test_a_sheet_that_cannot_be_used_is_refused_with_a_sentence(desk, sheet):
    here = brought(desk, sheet)
    with db.tenant_read(desk.tenant) as session:
        batch = session.scalars(select(ContractBatch)).one()
    assert batch.state == "refused"
    assert 'class="alert"' in desk.owner.get(here).text
    assert desk.owner.post(f"{here}/approval").status_code == 409


def test_the_empty_sheet_names_every_value_of_the_terms(desk):
    answer = desk.owner.get(f"{BATCHES}/columns?template={desk.template.id}")
    heads = next(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {"name", "email", "rate", "clauses.all.rate", "reserve.rate", "currency", "cadence"} <= set(heads)
    assert not any("payee" in head for head in heads)


def test_they_are_sent_at_a_pace_and_each_says_how_far_it_is(desk):
    here = brought(desk, sheet_of(25))
    desk.owner.post(f"{here}/approval")
    desk.work()
    assert desk.owner.post(f"{here}/sending").status_code == 303
    desk.work()
    state = desk.owner.get(f"{here}/state").json()
    assert (state["state"], state["done"], state["total"]) == ("sending", 20, 25)
    assert len(mails_to(desk.settings, desk.tenant, "p1@people.test")) == 1
    assert not mails_to(desk.settings, desk.tenant, "p25@people.test")
    with db.platform_work() as session:
        from sqlalchemy import text

        session.execute(text("UPDATE shared.outbox SET run_at = now() WHERE done_at IS NULL"))
    desk.work()
    assert desk.owner.get(f"{here}/state").json()["state"] == "sent"
    assert len(mails_to(desk.settings, desk.tenant, "p25@people.test")) == 1
    with db.tenant_read(desk.tenant) as session:
        assert session.scalar(select(func.count()).select_from(Contract).where(Contract.state == "sent")) == 25
    archive = zipfile.ZipFile(
        io.BytesIO(desk.owner.get(f"/portal/contracts/export/archive?batch={here.rpartition('/')[2]}").content)
    )
    index = list(csv.DictReader(io.StringIO(archive.read("index.csv").decode("utf-8-sig"))))
    assert len(index) == 25
    assert archive.read(index[0]["File"]).startswith(b"%PDF")
    assert len(archive.namelist()) == 26
    of_filter = desk.owner.get("/portal/contracts/export/archive?state=sent&q=person+7").content
    assert len(zipfile.ZipFile(io.BytesIO(of_filter)).namelist()) == 2, "one paper and the index"
    assert "/portal/contracts/export/archive?state=sent" in desk.owner.get("/portal/contracts?state=sent").text
    assert desk.owner.get("/portal/contracts/export/archive?state=lost").status_code == 422
    assert desk.owner.post(f"{here}/reminders").status_code == 303
    with clock.frozen_at(clock.now() + timedelta(days=4)), db.tenant_work(desk.tenant) as session:
        bulk.remind(session, desk.tenant, UUID(here.rpartition("/")[2]))
    assert "waits" in mails_to(desk.settings, desk.tenant, "p3@people.test")[0].subject


def test_a_row_that_cannot_be_sent_says_why_and_keeps_no_other(desk):
    here = brought(desk, sheet_of(3))
    desk.owner.post(f"{here}/approval")
    desk.work()
    with db.tenant_work(desk.tenant) as session:
        contract = session.get_one(Contract, items(desk)[1].contract_id)
        session.get_one(Party, contract.party_id).email = None
    desk.owner.post(f"{here}/sending")
    desk.work()
    assert [item.state for item in items(desk)] == ["sent", "failed", "sent"]
    assert "Name everybody" in desk.owner.get(here).text


def test_a_thousand_are_made_with_few_statements(desk):
    here = brought(desk, sheet_of(1_000))
    desk.owner.post(f"{here}/approval")
    assert statements_of(desk.work) < 1_000
    assert [item.state for item in items(desk)] == ["created"] * 1_000
    assert rows_of(desk, ContractVersion) >= 1_000


def test_nobody_else_reaches_a_sheet(desk, rival, client_as):
    here = brought(desk, sheet_of(1))
    for path in (here, f"{here}/state"):
        assert client_as(rival).get(path).status_code == 404
        assert desk.member("marketing").get(path).status_code == 403
    assert desk.member("read_only").post(f"{here}/approval").status_code == 403
    assert client_as(rival).post(f"{here}/sending").status_code == 404
    assert client_as(rival).get(f"/portal/contracts/export/archive?batch={here.rpartition('/')[2]}").status_code == 200
