"""Files are the label's, but what belongs to a contract, a report or somebody else's part is not everybody's."""

from __future__ import annotations

import pytest

from app.api.models import DataExport
from app.api.service import exporting
from app.catalog.models import Recording, Track
from app.contracts.models import Recoupable
from app.contracts.service import recouping
from app.kernel import clock, files
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.royalties.models import SalesReport
from tests.factories.api import api_of
from tests.factories.catalog import a_release
from tests.factories.labels import a_label
from tests.factories.money import a_contract, a_cost, a_payee, a_report, sold, terms, tracks_of

FILES, API = "/portal/files", "/api/v1/files"
_made = []


def a_file(tenant, name):
    return files.store_stream(Actor.system(tenant), [name.encode()], name=name, media_type="text/plain").id


@pytest.fixture
def tenant(connected, tmp_path):
    if not _made:
        _made.append(a_label(currency="EUR"))
        a_report(_made[0], tmp_path, [sold(each) for each in tracks_of(_made[0], 1)])
    return _made[0]


@pytest.fixture
def report(tenant):
    with tenant_read(tenant) as session:
        return session.query(SalesReport).one().file_id


@pytest.fixture
def receipt(tenant):
    contract, paper = a_contract(tenant, terms(a_payee(tenant)), is_signed=False), a_file(tenant, "receipt.txt")
    with tenant_work(tenant) as session:
        cost = recouping.propose(session, Actor.system(tenant), session.merge(contract), a_cost("10", receipt_id=paper))
        assert session.get_one(Recoupable, cost.id).receipt_id == paper
    return paper


def doors(client, file_id):
    place = f"{FILES}/{file_id}"
    return {
        client.get(place).status_code,
        client.post(f"{FILES}/removals", data={"id": str(file_id)}).status_code,
        client.post(f"{place}/name", data={"name": "mine"}).status_code,
        client.post(f"{place}/return").status_code,
    }


def test_who_sees_no_royalties_and_contracts_sees_no_reports_and_receipts(tenant, client_as, report, receipt):
    clerk, legal, books = client_as(tenant, "store"), client_as(tenant, "legal"), client_as(tenant, "royalties")
    for paper, name in ((report, ".csv"), (receipt, "receipt.txt")):
        assert doors(clerk, paper) == {404}
        assert name not in clerk.get(FILES).text
        assert name not in clerk.get("/portal/search", params={"q": name}).text
        for sees in (legal, books):
            assert sees.get(f"{FILES}/{paper}").status_code == 303
            assert name in sees.get(FILES).text
    plain = a_file(tenant, "plain.txt")
    assert clerk.get(f"{FILES}/{plain}").status_code == 303
    assert "plain.txt" in clerk.get("/portal/search", params={"q": "plain"}).text


def test_a_program_without_the_scope_gets_none_either(client_of, tenant, report, receipt):
    api = api_of(client_of, tenant, scopes="files:read files:write contracts:read catalog:read")
    assert api.get(f"{API}/{report}").status_code == 404
    assert api.get(f"{API}/{report}/link").status_code == 404
    assert api.delete(f"{API}/{report}").status_code == 404
    change = {"content-type": "application/merge-patch+json"}
    assert api.patch(f"{API}/{report}", content=b'{"name": "x"}', headers=change).status_code == 404
    assert api.put(f"{API}/{report}/return").status_code == 404
    assert api.get(f"{API}/{receipt}/link").status_code == 200
    assert str(report) not in api.get(API, params={"limit": 200}).text
    writer = api_of(client_of, tenant, scopes="files:read contracts:read contracts:write")
    with tenant_read(tenant) as session:
        contract = session.get_one(Recoupable, session.query(Recoupable.id).first()[0]).contract_id
    said = {"kind": "other", "name": "x", "amount": "1.00", "incurred_on": "2026-03-01", "receipt_id": str(report)}
    assert writer.post(f"/api/v1/contracts/{contract}/costs", json=said).status_code == 404


def test_an_export_is_opened_by_its_own_door_alone(client_of, client_as, tenant):
    api = api_of(client_of, tenant)
    export = api.post("/api/v1/exports", json={"kind": "releases"}).json()["id"]
    exporting.work(tenant, export)
    with tenant_read(tenant) as session:
        file_id = session.get_one(DataExport, export).file_id
    assert api.get(f"{API}/{file_id}/link").status_code == 404
    assert doors(client_as(tenant), file_id) == {404}


def test_who_is_narrowed_sees_what_is_theirs(client_of, tenant):
    mine, other = (a_release(tenant, label=label, tracks=1) for label in ("Mine", "Other"))
    sounds = {}
    for release in (mine, other):
        sounds[release] = a_file(tenant, f"{release}.wav")
        with tenant_work(tenant) as session:
            track = session.query(Track).filter(Track.release_id == release).one()
            session.get_one(Recording, track.recording_id).change({"audio_id": sounds[release]}, clock.now())
    plain = a_file(tenant, "plain.txt")
    api = api_of(client_of, tenant, imprints=("mine",))
    own = api.post(f"{API}?name=own.txt", content=b"own", headers={"content-type": "text/plain"}).json()["id"]
    assert {row["id"] for row in api.get(API).json()["items"]} == {str(sounds[mine]), own}
    for file_id, status in ((sounds[mine], 200), (own, 200), (sounds[other], 404), (plain, 404)):
        assert api.get(f"{API}/{file_id}/link").status_code == status
