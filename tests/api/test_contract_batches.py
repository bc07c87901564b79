"""Many contracts at once as programs have them: looked through, made, sent, reminded of, amended, taken along."""

from __future__ import annotations

import csv
import io
import zipfile
from decimal import Decimal

import pytest

from app.contracts.rules.terms import Clause, Reserve
from app.contracts.schemas import Scope
from app.kernel import ids
from tests.api.held import Held, fewest, held
from tests.factories.api import api_of
from tests.factories.labels import a_label
from tests.factories.money import a_contract, a_payee, terms, tracks_of
from tests.identity.post import forget_waiting, mails_to, work

HEAD = "name,email,rate,title,reserve.rate\n"


@pytest.fixture
def label(connected):
    forget_waiting()
    return a_label()


@pytest.fixture
def api(client_of, label):
    return held(client_of, label)


@pytest.fixture
def template(label):
    deal = terms(
        a_payee(label), Clause(id="all", rate=Decimal("0.5")), currency="EUR", reserve=Reserve(rate=Decimal("0.1"))
    )
    return a_contract(label, deal, is_signed=False, title="Deal with {name}")


def sheet(api, text, name="people.csv"):
    answer = api.client.post(f"/api/v1/files?name={name}", content=text.encode(), headers={"content-type": "text/csv"})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def opened(api, template, text, **headers):
    said = {"template_id": str(template.id), "file_id": sheet(api, text)}
    batch = api("POST", "/contract-batches", said, **headers)
    work()
    return api("GET", f"/contract-batches/{batch['id']}")


def in_force(label, title):
    (recording,) = tracks_of(label, 1)
    deal = terms(a_payee(label, f"Payee of {title}"), Clause(id="all", rate=Decimal("0.5")))
    return a_contract(label, deal, scopes=[Scope("recording", recording.id)], title=title)


def test_contracts_of_a_sheet_are_looked_through_made_sent_and_taken_along(api, label, template, settings):
    columns = api("GET", f"/contracts/{template.id}/sheet-columns")["columns"]
    assert {"name", "email", "rate", "reserve.rate"} <= set(columns)
    rows = "Ada,ada@people.test,20%,,0.2\nBo,no address,30%,,\nCy,cy@people.test,,,\n"
    batch = opened(api, template, HEAD + rows)
    here = f"/contract-batches/{batch['id']}"
    assert (batch["state"], batch["kind"], batch["name"]) == ("ready", "draft", "people.csv")
    assert batch["counts"] == {"ready": 2, "refused": 1, "created": 0, "sent": 0, "failed": 0}
    before = {each["id"] for each in api("GET", "/contracts")["items"]}
    wrong = api("GET", f"{here}/items?state=refused")["items"]
    assert [(each["number"], list(each["problems"])) for each in wrong] == [(2, ["email"])]
    assert wrong[0]["problems"]["email"].endswith(".")
    assert api("PUT", f"{here}/approval")["state"] == "creating"
    work()
    assert api("GET", here)["state"] == "created"
    made = [each["contract_id"] for each in api("GET", f"{here}/items?state=created")["items"]]
    assert {each["id"] for each in api("GET", "/contracts")["items"]} == before | set(made)
    terms_of = api("GET", f"/contracts/{made[0]}")["terms"]
    assert (Decimal(terms_of["clauses"][0]["rate"]), Decimal(terms_of["reserve"]["rate"])) == (
        Decimal("0.2"),
        Decimal("0.2"),
    )
    assert api("PUT", f"{here}/sending")["state"] == "sending"
    work()
    assert api("GET", here)["counts"]["sent"] == 2
    assert len(mails_to(settings, label, "cy@people.test")) == 1
    assert api("POST", f"{here}/reminders")["state"] == "sent"
    archive = zipfile.ZipFile(io.BytesIO(api("GET", f"/contract-papers?batch_id={batch['id']}")))
    index = list(csv.DictReader(io.StringIO(archive.read("index.csv").decode("utf-8-sig"))))
    assert len(index) == 2
    assert archive.read(index[0]["File"]).startswith(b"%PDF")
    rest = zipfile.ZipFile(io.BytesIO(api("GET", f"/contract-papers?after_number={index[0]['Number']}")))
    assert rest.namelist() == [index[1]["File"], "index.csv"]
    assert zipfile.ZipFile(io.BytesIO(api("GET", "/contract-papers?state=active"))).namelist() == ["index.csv"]


def test_a_step_that_does_not_follow_is_declined_and_a_sheet_is_brought_once(api, template):
    said = {"template_id": str(template.id), "file_id": sheet(api, f"{HEAD}Ada,ada@people.test,20%,,\n")}
    batch = api("POST", "/contract-batches", said, idempotency_key="once")
    again = api.raw("POST", "/contract-batches", said, idempotency_key="once")
    assert again.json() == batch
    assert again.headers["idempotency-replayed"] == "true"
    assert len(api("GET", "/contract-batches")["items"]) == 1
    here = f"/contract-batches/{batch['id']}"
    assert api.refused("PUT", f"{here}/sending", 409)["reason"] == "BatchUnfit"
    work()
    api("PUT", f"{here}/approval")
    assert api.refused("PUT", f"{here}/approval", 409)["reason"] == "BatchUnfit"
    assert api("GET", f"{here}/items")["items"][0]["values"]["name"] == "Ada"


def test_a_sheet_with_other_columns_says_so_in_the_readers_language(api, template):
    batch = opened(api, template, "name,email,colour\nAda,ada@people.test,red\n")
    assert batch["state"] == "refused"
    assert "colour" in batch["problem"]
    assert api("GET", "/contract-batches?state=refused")["items"] == [batch]
    missing = {"template_id": str(template.id), "file_id": str(ids.new_id())}
    api.refused("POST", "/contract-batches", 404, missing)
    api.refused("POST", "/contract-batches", 404, missing | {"template_id": str(ids.new_id())})


def test_contracts_in_force_are_amended_by_rows_and_by_the_sheet_that_was_taken_along(api, label):
    first, second = in_force(label, "First"), in_force(label, "Second")
    rows = [{"contract": first.number, "values": {"rate": "18%"}}, {"contract": "2001-0001", "values": {"rate": "1%"}}]
    batch = api("POST", "/contract-amendments", {"name": "Lower rates", "rows": rows})
    work()
    items = api("GET", f"/contract-batches/{batch['id']}/items")["items"]
    assert [each["state"] for each in items] == ["ready", "refused"]
    assert items[0]["contract_id"] == str(first.id)
    [change] = items[0]["changes"].values()
    assert (Decimal(change["was"]), Decimal(change["becomes"])) == (Decimal("0.5"), Decimal("0.18"))
    api("PUT", f"/contract-batches/{batch['id']}/approval")
    work()
    assert len(api("GET", f"/contracts/{first.id}/versions")["items"]) == 2
    text = api("GET", "/contract-amendments/sheet?q=Second").decode("utf-8-sig")
    table = list(csv.DictReader(io.StringIO(text)))
    assert [row["contract"] for row in table] == [second.number]
    changed = f"contract,clauses.all.rate\n{second.number},0.25\n"
    brought = api("POST", "/contract-amendments", {"file_id": sheet(api, changed)})
    work()
    assert api("GET", f"/contract-batches/{brought['id']}")["counts"]["ready"] == 1
    assert {each["kind"] for each in api("GET", "/contract-batches?kind=amend")["items"]} == {"amend"}


def test_an_amendment_of_nothing_of_two_things_or_of_what_no_contract_has_is_declined(api, label):
    contract = in_force(label, "Only")
    rows = [{"contract": contract.number, "values": {"rate": "18%"}}]
    for said in ({}, {"rows": rows, "file_id": str(ids.new_id())}):
        assert api.refused("POST", "/contract-amendments", 422, said)["reason"] == "AmendmentEmpty"
    odd = [{"contract": contract.number, "values": {"currency": "USD", "clauses.none.rate": "1"}}]
    told = api.refused("POST", "/contract-amendments", 422, {"rows": odd})
    assert "clauses.none.rate" in told["detail"]
    assert "currency" in told["detail"]
    api.refused("POST", "/contract-amendments", 422, {"rows": []})
    api.refused("GET", "/contract-amendments/sheet?kind=nothing", 400)
    api.refused("GET", "/contract-papers?batch_id=nothing", 404)


def test_a_program_of_a_part_and_one_that_only_reads_reach_no_batch(client_of, label, api, template):
    batch = opened(api, template, f"{HEAD}Ada,ada@people.test,20%,,\n")
    here = f"/contract-batches/{batch['id']}"
    said = {"template_id": str(template.id), "file_id": batch["id"]}
    narrow = Held(api_of(client_of, label, imprints=("somewhere",)))
    reader = held(client_of, label, "contracts:read files:read")
    for other in (narrow, reader):
        for method, path in (("GET", ""), ("GET", "/items"), ("PUT", "/approval"), ("PUT", "/sending")):
            other.refused(method, here + path, 403)
        other.refused("POST", f"{here}/reminders", 403)
        other.refused("GET", "/contract-batches", 403)
        other.refused("POST", "/contract-batches", 403, said)
        other.refused("GET", "/contract-amendments/sheet", 403)
    assert zipfile.ZipFile(io.BytesIO(narrow("GET", "/contract-papers"))).namelist() == ["index.csv"]
    assert api("GET", here)["state"] == "ready"


def test_a_rival_finds_no_batch_and_brings_no_file_of_another_label(client_of, rival, api, template):
    batch = opened(api, template, f"{HEAD}Ada,ada@people.test,20%,,\n")
    file_id, here = sheet(api, HEAD), f"/contract-batches/{batch['id']}"
    theirs = held(client_of, rival)
    for method, path in (("GET", ""), ("GET", "/items"), ("PUT", "/approval"), ("PUT", "/sending")):
        theirs.refused(method, here + path, 404)
    theirs.refused("POST", f"{here}/reminders", 404)
    theirs.refused("GET", f"/contracts/{template.id}/sheet-columns", 404)
    theirs.refused("POST", "/contract-amendments", 404, {"file_id": file_id})
    theirs.refused("POST", "/contract-batches", 404, {"template_id": str(template.id), "file_id": file_id})
    index = zipfile.ZipFile(io.BytesIO(theirs("GET", f"/contract-papers?batch_id={batch['id']}"))).namelist()
    assert index == ["index.csv"]


def test_lists_of_batches_ask_no_question_per_row(api, template):
    for _ in range(3):
        opened(api, template, f"{HEAD}Ada,ada@people.test,20%,,\n")
    assert fewest(api, "/contract-batches?limit=50") == fewest(api, "/contract-batches?limit=1")
