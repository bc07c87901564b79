"""What tests of the contracts' pages ask and send."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.catalog.models import Recording, Track
from app.contracts.models import Contract, ContractVersion
from app.kernel import db
from app.roster.models import Artist, Party
from tests.factories.members import PASSWORD

CONTRACTS, SPLITS = "/portal/contracts", "/portal/splits"


def signed_in(client_of, tenant, member):
    client = client_of(f"{tenant.slug}.localhost")
    assert client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD}).status_code == 303
    return client


def typed(payee, **said: Any) -> dict[str, Any]:
    """The form of a contract as somebody fills it in: half of all net receipts to one payee."""
    return {
        "title": "First deal", "kind": "royalty", "party": str(payee.party_id), "language": "en",
        "starts_on": "2024-01-01", "ends_on": "", "everything": "1", "currency": "USD", "cadence": "monthly",
        "recoups": "own_share", "share": "1", "h1_payee": str(payee.id), "h1_percent": "100", "clause": "1",
        "c1_name": "all", "c1_rate": "50", "c1_base": "net_receipt",
    } | said  # fmt: skip


def drafted(client, form) -> str:
    answer = client.post(CONTRACTS, data=form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("/")[2]


def terms_of(tenant, contract_id):
    query = select(ContractVersion).where(ContractVersion.contract_id == contract_id)
    with db.tenant_read(tenant) as session:
        return session.scalars(query.order_by(ContractVersion.number.desc())).first().read()


def held(tenant, contract_id) -> Contract:
    with db.tenant_read(tenant) as session:
        return session.get_one(Contract, contract_id)


def form_of(client, contract_id) -> dict[str, Any]:
    """The editor's form as it stands in the page."""
    from tests.markup import read

    address = f"{CONTRACTS}/{contract_id}"
    page = client.get(f"{address}/edit").text
    form = next(form for form in read(page, address).forms if form.action == address)
    found: dict[str, Any] = {}
    for name, _kind, value in form.fields:
        if "__" in name + value:  # a blank row that a script would copy
            continue
        found.setdefault(name, []).append(value)
    return found


def recordings_of(tenant, release):
    query = select(Recording).join(Track, Track.recording_id == Recording.id).where(Track.release_id == release)
    with db.tenant_read(tenant) as session:
        return list(session.scalars(query.order_by(Track.number)))


def artist_named(tenant, name) -> Artist:
    with db.tenant_read(tenant) as session:
        return session.scalars(select(Artist).where(Artist.name == name)).one()


def tied(tenant, artist, payee) -> None:
    """Say that the person behind a payee is an artist."""
    with db.tenant_work(tenant) as session:
        session.get_one(Artist, artist.id).party_id = session.get_one(Party, payee.party_id).id
