"""Who made a program or took its secret is one person with it: two hands are no second pair of eyes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.api.models import ApiClient
from app.contracts.models import Contract, ContractSigner
from app.contracts.rules.terms import Clause
from app.contracts.schemas import Scope
from app.contracts.service import recouping, sending
from app.contracts.service.sending import NewSigner, Sending
from app.identity.models import Member
from app.identity.policies import hands_of
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.payouts.service.apart import edited_by
from app.tax.policies import entered_by, has_entered
from tests.api.held import Held
from tests.contracts.desk import signed_in
from tests.factories.labels import a_label
from tests.factories.members import a_member
from tests.factories.money import a_contract, a_cost, a_payee, a_report, sold, terms, tracks_of
from tests.factories.payouts import owed
from tests.identity.post import work
from tests.storefront.placing import statements_of

API = "/portal/settings/api"
SECRET = re.compile(r'id="client_secret".*?<pre dir="ltr">([^<]+)</pre>')
SCOPES = [
    "contracts:read", "contracts:write", "royalties:read", "royalties:write", "payouts:read", "payouts:write",
    "clients:write",
]  # fmt: skip


def holding(client_of: Any, label: Tenant, name: str, secret: str) -> Held:
    """A program as whoever has its secret comes with it."""
    with tenant_read(label) as session:
        client_id = session.scalars(select(ApiClient.id).where(ApiClient.name == name)).one()
    program = client_of(f"{label.slug}.localhost")
    program.headers.pop("origin", None)
    program.headers["accept"] = "application/json"
    given = program.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=(str(client_id), secret))
    program.headers["authorization"] = f"Bearer {given.json()['access_token']}"
    return Held(program)


@dataclass
class House:
    """A label, a program, who made it, who took a new secret of it, and somebody who did neither."""

    client_of: Any
    tenant: Tenant = field(default_factory=a_label)

    def __post_init__(self) -> None:
        self.members = [a_member(self.tenant) for _ in range(3)]
        self.maker, self.rotator, self.third = (
            signed_in(self.client_of, self.tenant, member) for member in self.members
        )
        made = self.maker.post(f"{API}/clients", data={"name": "Bridge", "scopes": SCOPES})
        with tenant_read(self.tenant) as session:
            row = session.scalars(select(ApiClient)).one()
        rotated = self.rotator.post(f"{API}/clients/{row.id}/secrets")
        assert SECRET.search(rotated.text)
        self.program_id = row.member_id
        self.api = holding(self.client_of, self.tenant, "Bridge", SECRET.search(made.text)[1])

    @property
    def ids(self) -> list[Any]:
        return [member.id for member in self.members]

    def hands(self, *ids: Any) -> set[Any]:
        with tenant_read(self.tenant) as session:
            return hands_of(session, ids)


@pytest.fixture
def house(client_of, connected):
    return House(client_of)


def test_a_large_run_that_a_program_prepared_waits_for_somebody_who_has_no_hand_in_it(house, tmp_path):
    owed(house.tenant, tmp_path, ("100000",))
    run = house.api("POST", "/payout-runs")
    seen = {"batch_hash": house.api("PUT", f"/payout-runs/{run['id']}/submission")["batch_hash"]}
    here = f"/portal/payouts/runs/{run['id']}"
    for one in (house.maker, house.rotator):
        refused = one.post(f"{here}/approval", data=seen)
        assert (refused.status_code, "Somebody else has to do this" in refused.text) == (422, True)
    assert house.api("GET", f"/payout-runs/{run['id']}")["state"] == "submitted"
    assert house.third.post(f"{here}/approval", data=seen).status_code == 303
    assert house.api("GET", f"/payout-runs/{run['id']}")["state"] == "approved"


def test_a_payout_that_a_program_asked_for_is_not_let_go_by_its_hands(house, tmp_path):
    payee = owed(house.tenant, tmp_path, ("100000",))[0]
    asked = house.api("POST", f"/payees/{payee.id}/payouts", {"currency": "EUR"})["items"][0]
    here = f"/portal/payouts/{asked['id']}/approval"
    assert [one.post(here).status_code for one in (house.maker, house.rotator)] == [403, 403]
    assert house.third.post(here).status_code == 303


def test_a_hold_that_a_program_began_is_renewed_by_somebody_else(house, tmp_path):
    payee = owed(house.tenant, tmp_path)[0]
    said = {"payee_id": str(payee.id), "currency": "EUR", "amount_micros": 250_000_000, "reason": "Two owners"}
    here = f"/portal/holds/{house.api('POST', '/holds', said)['id']}/renewal"
    assert [one.post(here).status_code for one in (house.maker, house.rotator)] == [403, 403]
    assert house.third.post(here).status_code == 303


def test_a_contract_that_a_program_changed_is_signed_by_somebody_else(house):
    deal = terms(a_payee(house.tenant, "Ada Artist"))
    contract = a_contract(house.tenant, deal, is_signed=False, title="Nocturnes")
    house.api.changes(f"/contracts/{contract.id}", {"title": "Etudes"})
    signers = (NewSigner(name="Ada", email="ada@artist.test"), NewSigner(name="The label", side="label"))
    with tenant_work(house.tenant) as session:
        row = session.get_one(Contract, contract.id)
        sending.send(session, house.tenant, Actor.system(house.tenant), row, Sending(signers=signers))
        seen = session.scalar(select(ContractSigner.digest).where(ContractSigner.side == "label"))
    here = f"/portal/contracts/{contract.id}/signature"
    mine = {"name": "Ada Canary", "seen": seen, "agrees": "1"}
    for one in (house.maker, house.rotator):
        assert "You wrote or sent this contract" in one.get(f"{here}s").text
        assert one.post(here, data=mine).status_code == 403
    assert house.third.post(here, data=mine).status_code == 303


def test_a_program_does_not_decide_what_its_hand_proposed_nor_the_hand_what_it_did(house):
    contract = a_contract(house.tenant, terms(a_payee(house.tenant)))
    with tenant_work(house.tenant) as session:
        maker, _, third = (session.get_one(Member, each) for each in house.ids)
        row = session.get_one(Contract, contract.id)
        costs = [
            recouping.propose(session, Actor("member", who.id, house.tenant, who.name), row, a_cost("5")).id
            for who in (maker, third)
        ]
    here = f"/contracts/{contract.id}/costs"
    house.api.refused("PUT", f"{here}/{costs[0]}/decision", 403, {"approved": True})
    assert house.api("PUT", f"{here}/{costs[1]}/decision", {"approved": True})["state"] == "approved"


def test_a_large_royalty_run_that_a_program_calculated_is_approved_by_somebody_else(house, tmp_path):
    recordings = tracks_of(house.tenant, 1)
    deal = terms(a_payee(house.tenant, currency="EUR"), Clause(id="all", rate=Decimal(1)), currency="EUR")
    a_contract(house.tenant, deal, scopes=[Scope("recording", recordings[0].id)])
    a_report(house.tenant, tmp_path, [sold(recordings[0], Net="900000", Currency="EUR")])
    period = house.api("POST", "/royalty-periods", {"starts_on": "2026-03-01", "ends_on": "2026-03-31"})
    run = house.api("POST", f"/royalty-periods/{period['id']}/runs", {})
    work()
    for finding in house.api("GET", f"/royalty-runs/{run['id']}")["findings"]:
        house.api("PUT", f"/royalty-runs/{run['id']}/findings/{finding['id']}/sign-off")
    here = f"/portal/royalties/runs/{run['id']}"
    for one in (house.maker, house.rotator):
        refused = one.post(f"{here}/approval")
        assert (refused.status_code, "approved by somebody else" in refused.text) == (409, True)
    assert house.third.post(f"{here}/approval").status_code == 303
    assert house.api("GET", f"/royalty-runs/{run['id']}")["state"] == "approved"


def test_what_a_program_changed_of_a_payee_its_hands_changed(house, tmp_path):
    payee = owed(house.tenant, tmp_path)[0]
    contract_id = house.api("GET", "/contracts")["items"][0]["id"]
    with tenant_work(house.tenant) as session:
        row = session.get_one(Contract, UUID(contract_id))
        cost = recouping.propose(session, Actor.system(house.tenant), row, a_cost("5")).id
    house.api("PUT", f"/contracts/{contract_id}/costs/{cost}/decision", {"approved": True})
    house.api("POST", "/payees", {"party_id": str(payee.party_id), "currency": "USD"})
    with tenant_read(house.tenant) as session:
        assert house.program_id in entered_by(session, payee.party_id)
        people = [session.get_one(Member, each) for each in house.ids]
        assert [has_entered(session, one, payee.party_id) for one in people] == [True, True, False]
        assert [edited_by(session, one, [payee.id]) for one in house.ids] == [{payee.id}, {payee.id}, set()]


def test_a_program_that_a_program_made_is_the_same_hand_and_people_stay_two(house):
    said = {"client_name": "Second", "scope": "contracts:read", "grant_types": ["client_credentials"]}
    made = house.api.client.post("/oauth/register", json=said)
    assert made.status_code == 201, made.text
    with tenant_read(house.tenant) as session:
        second = session.scalars(select(ApiClient.member_id).where(ApiClient.name == "Second")).one()
    maker, rotator, third = house.ids
    assert house.hands(maker) == {maker, house.program_id, second}
    assert house.hands(rotator) == {rotator, house.program_id, second}
    assert house.hands(third) == {third}
    assert house.hands(second) == {maker, rotator, house.program_id, second}
    assert house.hands(None) == set()


def test_who_is_one_with_many_is_asked_once(house):
    with tenant_read(house.tenant) as session:
        assert statements_of(lambda: hands_of(session, [*house.ids, house.program_id, None])) == 1
