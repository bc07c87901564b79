"""What the portal's desks for money, names and uploads do, done by programs: asked for, settled, proved, put right."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal

import dns.resolver
import pytest
from sqlalchemy import select

from app.contracts.rules.terms import Clause, When
from app.contracts.schemas import Scope
from app.kernel import db, ids
from app.kernel.actor import Actor
from app.payouts.models import RailDifference
from app.payouts.service import reconciling, sending
from app.tax.service import blocked, screening
from tenants.hosts import service as hosts
from tests.api.held import Held, held, lent
from tests.contracts.desk import artist_named, recordings_of
from tests.factories.api import api_of
from tests.factories.catalog import a_release
from tests.factories.labels import a_label
from tests.factories.members import a_member
from tests.factories.money import a_contract, a_payee, terms
from tests.factories.payouts import ask, owed
from tests.identity.post import forget_waiting, mails_to
from tests.payouts.test_reconciling import extra, paid
from tests.tax.scene import W9, Scene, fill
from tests.tax.test_screening import REASON, cases, screen, upload
from tests.uploads.test_batches import SECOND, mapping, work
from tests.zone import name_server

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def label(connected):
    return a_label()


@pytest.fixture
def api(client_of, label):
    return held(client_of, label)


def test_which_contract_pays_a_sale_is_told_with_every_one_that_does_not(api, client_of, rival, label):
    release = a_release(label, "Night", artists=["Ada"])
    first, _ = recordings_of(label, release)
    payee = a_payee(label)
    streams = Clause(id="streams", rate=Decimal("0.3"), when=When(channels=("stream",)))
    rest = Clause(id="rest", rate=Decimal("0.1"))
    whole = a_contract(label, terms(payee, rest))
    german = a_contract(label, terms(payee, streams, rest), scopes=[Scope("release", release, "DE")])
    elder = a_contract(
        label, terms(payee, rest), scopes=[Scope("artist", artist_named(label, "Ada").id)], ends_on=date(2022, 1, 1)
    )
    said = {"recording_id": str(first.id), "territory": "DE", "sold_on": "2026-03-01"}
    [piece] = api("POST", "/explanations", said)["pieces"]
    fates = {each["contract_id"]: each["fate"] for each in piece["tried"]}
    assert fates == {str(german.id): "pays", str(whole.id): "beaten", str(elder.id): "over"}
    [paying] = piece["paying"]
    assert (paying["contract_id"], paying["version"], paying["is_split"]) == (str(german.id), 1, False)
    assert [(each["id"], each["is_chosen"]) for each in paying["clauses"]] == [("streams", True), ("rest", False)]
    sold = api("POST", "/explanations", said | {"channel": "download"})["pieces"][0]["paying"][0]["clauses"]
    assert [(each["id"], each["misfits"]) for each in sold if not each["is_chosen"]] == [("streams", ["channels"])]
    assert api.refused("POST", "/explanations", 422, {"sold_on": "2026-03-01"})["reason"] == "DetailsUnusable"
    api.refused("POST", "/explanations", 422, said | {"channel": "gramophone"})
    held(client_of, rival).refused("POST", "/explanations", 404, said)
    held(client_of, label, "catalog:read").refused("POST", "/explanations", 403, said)
    narrow = Held(api_of(client_of, label, artists=("ada",)))
    [piece] = narrow("POST", "/explanations", said)["pieces"]
    assert {each["contract_id"] for each in piece["tried"]} == {str(german.id), str(elder.id), None}


def test_from_which_amount_two_decide_is_lowered_by_a_program_and_raised_by_an_owner(api, client_of, label):
    now = api("GET", "/money-policy")
    lower = now["alone_up_to_micros"] - 100_000_000
    assert api("PUT", "/money-policy", {"alone_up_to_micros": lower})["alone_up_to_micros"] == lower
    raised = {"alone_up_to_micros": lower + 50_000_000}
    api.refused("PUT", "/money-policy", 403, raised)
    api.refused("PUT", "/money-policy", 422, {"alone_up_to_micros": 1_234})
    api.refused("PUT", "/money-policy", 422, {"alone_up_to_micros": now["most_alone_micros"] + 10_000})
    owner = lent(client_of, label, a_member(label, role="owner"), "label:write")
    assert owner("PUT", "/money-policy", raised) == now | raised
    held(client_of, label, "label:read").refused("GET", "/money-policy", 403)


def test_what_payees_are_promised_and_as_whom_the_label_pays_is_read(api, client_of, label):
    policy = api("GET", "/payout-policy")
    assert (policy["rail"], policy["has_account"]) == ("sandbox", False)
    assert [each["currency"] for each in policy["minimums"]] == [label.currency]
    payer = api("GET", "/tax/payer")
    assert (payer["name"], payer["is_said"], payer["tin_mask"]) == (label.name, False, "")
    stranger = held(client_of, label, "catalog:read")
    narrow = Held(api_of(client_of, label, artists=("ada",)))
    for path in ("/payout-policy", "/tax/payer", "/bank", "/bank/differences"):
        stranger.refused("GET", path, 403)
        narrow.refused("GET", path, 403)


def test_what_the_bank_lists_otherwise_is_listed_and_settled_by_somebody_who_is_there(
    api, client_of, rival, label, tmp_path
):
    assert api("GET", "/bank")["is_held_up"] is False
    paid(label, tmp_path, 1)
    extra(label, ids.new_id(), key="nobody")
    reconciling.reconcile(label)
    bank = api("GET", "/bank")
    assert (bank["rail"], bank["is_held_up"], [each["rail"] for each in bank["checks"]]) == (
        "sandbox",
        True,
        ["sandbox"],
    )
    [difference] = api("GET", "/bank/differences?is_open=true")["items"]
    assert (difference["kind"], difference["reference"]) == ("extra", "sb_nobody")
    path, said = f"/bank/differences/{difference['id']}/resolution", {"note": "A transfer of our own."}
    api.refused("PUT", path, 403, said)
    member = a_member(label, role="owner")
    here = lent(client_of, label, member, "payouts:bank")
    here.refused("PUT", path, 422, {"note": ""})
    lent(client_of, rival, a_member(rival, role="owner"), "payouts:bank").refused("PUT", path, 404, said)
    settled = here("PUT", path, said)
    assert (settled["note"], settled["resolved_at"] is not None) == (said["note"], True)
    here.refused("PUT", path, 404, said)
    with db.tenant_read(label) as session:
        assert session.scalars(select(RailDifference.resolved_by)).all() == [member.id]
    assert api("GET", "/bank")["is_held_up"] is False
    assert api("GET", "/bank/differences?is_open=true")["items"] == []


def test_a_day_of_the_sandboxs_bank_passes_once(api, client_of, label, tmp_path):
    payee = owed(label, tmp_path)[0]
    payout = ask(label, payee, 10_000)[0]
    with db.tenant_work(label) as session:
        session.merge(payout).due_at = payout.asked_at
    sending.send_due(label)
    assert api("POST", "/bank/days", idempotency_key="a-day")["moved"] == 1
    again = api.raw("POST", "/bank/days", idempotency_key="a-day")
    assert (again.json()["moved"], again.headers["idempotency-replayed"]) == (1, "true")
    held(client_of, label, "payouts:read").refused("POST", "/bank/days", 403)


def test_a_payee_is_asked_for_their_form_and_a_signed_one_is_fetched_with_its_number_in_part(
    client_of, rival, settings
):
    forget_waiting()
    scene = Scene(client_of)
    api, theirs = held(client_of, scene.tenant), held(client_of, rival)
    eve = f"/tax/payees/{scene.eve.id}/invitations"
    assert api.refused("POST", eve, 409)["reason"] == "AddressMissing"
    scene.know(scene.eve, email="eve@elsewhere.test")
    sent = api("POST", eve, idempotency_key="asked")
    assert (sent["email"], sent["payee_id"]) == ("eve@elsewhere.test", str(scene.eve.id))
    assert api.raw("POST", eve, idempotency_key="asked").json() == sent
    assert len(mails_to(settings, scene.tenant, "eve@elsewhere.test")) == 1
    theirs.refused("POST", eve, 404)
    held(client_of, scene.tenant, "payouts:read").refused("POST", eve, 403)
    fill(scene.artist("ada"), scene.ada, W9)
    form = api("GET", f"/tax/payees/{scene.ada.id}")["form"]
    paper = f"/tax/payees/{scene.ada.id}/forms/{form['id']}/paper"
    assert api("GET", paper).startswith(b"%PDF")
    assert api.raw("GET", paper).headers["cache-control"] == "no-store"
    theirs.refused("GET", paper, 404)
    api.refused("GET", f"/tax/payees/{scene.eve.id}/forms/{form['id']}/paper", 404)


def test_a_case_that_there_is_is_decided_once_by_somebody_with_no_hand_in_it(client_of, rival):
    scene = Scene(client_of)
    enterer, second = (a_member(scene.tenant, role="owner") for _ in range(2))
    first = scene.signed_in(enterer)
    upload(first)
    party = first.post("/portal/parties", data={"legal_name": "Yousef Khalidi", "kind": "person"}).headers["location"]
    assert first.post(f"{party}/payees", data={"currency": "USD"}).status_code == 303
    grim = a_payee(scene.tenant, "Grimwald Trading")
    assert screen(scene) == 2
    api = held(client_of, scene.tenant)
    assert [(each["name"], each["names"] > 2) for each in api("GET", "/tax/lists")["items"]] == [("Invented", True)]
    assert held(client_of, rival)("GET", "/tax/lists")["items"] == []
    held(client_of, scene.tenant, "catalog:read").refused("GET", "/tax/lists", 403)
    by_name = {each["name"]: each for each in api("GET", "/tax/cases?state=open")["items"]}
    assert set(by_name) == {"Grimwald Trading", "Yousef Khalidi"}
    yousef, trade = (f"/tax/cases/{by_name[name]['id']}" for name in ("Yousef Khalidi", "Grimwald Trading"))
    cleared, confirmed = ({"state": state, "reason": REASON} for state in ("cleared", "confirmed"))
    api.refused("PUT", f"{yousef}/decision", 403, cleared)
    own_hand = lent(client_of, scene.tenant, enterer, "payouts:approve")
    assert own_hand.raw("PUT", f"{yousef}/decision", cleared).status_code in (403, 409)
    theirs = lent(client_of, rival, a_member(rival, role="owner"), "payouts:approve payouts:read")
    theirs.refused("GET", yousef, 404)
    theirs.refused("PUT", f"{yousef}/decision", 404, cleared)
    assert {case.state for case in cases(scene)} == {"open"}
    other = lent(client_of, scene.tenant, second, "payouts:approve payouts:read")
    other.refused("PUT", f"{yousef}/decision", 422, cleared | {"reason": "short"})
    other.refused("PUT", f"{yousef}/decision", 422, cleared | {"state": "open"})
    told = other("PUT", f"{yousef}/decision", cleared)
    assert (told["state"], told["decided_by"], told["reason"]) == ("cleared", str(second.id), REASON)
    assert other("PUT", f"{trade}/decision", confirmed)["state"] == "confirmed"
    other.refused("PUT", f"{trade}/decision", 409, cleared)
    with db.tenant_read(scene.tenant) as session:
        assert blocked(session, [grim.id]) == {grim.id}
    with db.tenant_work(scene.tenant) as session:
        assert screening.screen_due(session, Actor.system(scene.tenant)) == 0


@pytest.fixture
def zone(monkeypatch):
    """The records of the name server that this machine asks."""
    with name_server() as (records, port):

        def ours(self, _file):
            self.nameservers, self.port = ["127.0.0.1"], port

        monkeypatch.setattr(dns.resolver.Resolver, "read_resolv_conf", ours)
        yield records


def test_a_web_address_is_claimed_and_checked_against_its_record(api, client_of, rival, label, zone):
    name = f"www-{label.slug}.example.com"
    claimed = api("POST", "/hosts", {"host": name.upper()}, idempotency_key="claimed")
    assert (claimed["host"], claimed["state"]) == (name, "pending")
    assert api.raw("POST", "/hosts", {"host": name.upper()}, idempotency_key="claimed").json() == claimed
    missing = api.refused("POST", f"/hosts/{name}/check", 409)
    assert (missing["reason"], hosts.record_of(name) in missing["detail"]) == ("ProofMissing", True)
    theirs = held(client_of, rival)
    theirs.refused("POST", f"/hosts/{name}/check", 404)
    zone[hosts.record_of(name)] = None
    assert api.refused("POST", f"/hosts/{name}/check", 503)["reason"] == "DnsUnreachable"
    zone[hosts.record_of(name)] = ['"something else"', f'"{claimed["proof"]}"']
    assert api("POST", f"/hosts/{name}/check")["state"] == "live"
    assert api("POST", f"/hosts/{name}/check")["state"] == "live"
    theirs.refused("POST", "/hosts", 409, {"host": name})
    api.refused("POST", "/hosts", 422, {"host": "10.0.0.1"})
    held(client_of, label, "label:read").refused("POST", f"/hosts/{name}/check", 403)
    assert [each["state"] for each in api("GET", "/hosts")["items"] if each["host"] == name] == ["live"]


def test_what_was_refused_of_an_upload_comes_as_a_workbook_and_goes_back_corrected(
    api, client_as, client_of, rival, label
):
    client = client_as(label)
    answer = client.post("/portal/uploads", files={"manifest": ("catalogue.csv", SECOND.encode(), "text/csv")})
    batch = answer.headers["location"]
    assert client.post(f"{batch}/columns", data=mapping(client.get(batch).text)).status_code == 303
    work(label)
    path = f"/uploads/{batch.rpartition('/')[2]}/workbook"
    refused = api("GET", path)
    book = replaced(refused, b"5901234123458", b"5901234123464")
    assert book != refused
    assert sent(api, path, refused).status_code == 422, "nothing was corrected"
    for other, status in ((held(client_of, rival), 404), (held(client_of, label, "catalog:read"), 403)):
        other.refused("GET", path, status)
        assert sent(other, path, book).status_code == status
    assert api.client.post(f"/api/v1{path}", content=b"x", headers={"content-type": "text/csv"}).status_code == 415
    taken = sent(api, path, book)
    assert (taken.status_code, taken.json()["id"]) == (202, batch.rpartition("/")[2])
    work(label)
    findings = api("GET", f"{path.removesuffix('/workbook')}/findings")["items"]
    assert not any(each["refuses"] for each in findings)


def sent(api, path, book):
    return api.client.post(f"/api/v1{path}", content=book, headers={"content-type": XLSX})


def replaced(book, old, new):
    """A workbook in which a text is another."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as before, zipfile.ZipFile(out, "w") as after:
        for part in before.namelist():
            after.writestr(part, before.read(part).replace(old, new))
    return out.getvalue()
