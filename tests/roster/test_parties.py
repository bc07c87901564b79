"""Legal persons and payees: whose they are, what is checked, and who may know of them."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.kernel import db
from app.roster.models import Artist, Party, Payee
from tests.factories.catalog import a_release, narrowed
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member

PARTIES, ROSTER = "/portal/parties", "/portal/artists"
GOOD = {"legal_name": "Ada Ruiz", "ipi": "14107338", "isni": "0000 0001 2103 2683", "country": "es"}


@pytest.fixture
def mine(connected):
    return a_label()


def signed_in(client_of, tenant, member):
    client = client_of(f"{tenant.slug}.localhost")
    assert client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD}).status_code == 303
    return client


def add(client, **said):
    answer = client.post(PARTIES, data={"legal_name": "Ada Ruiz"} | said)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("/")[2]


def match(client, party):
    return client.get(f"{PARTIES}/{party}").text.partition('name="match" value="')[2].partition('"')[0]


def test_legal_persons_and_imprints_stand_in_the_order_of_names(client_as, mine):
    client = client_as(mine)
    for name in ("Zoe", "Örn", "ada"):
        add(client, legal_name=name)
        client.post(f"{ROSTER}/imprints", data={"name": name})
    for place in (PARTIES, f"{ROSTER}/imprints"):
        page = client.get(place).text
        assert re.findall(r"<bdi>(ada|Örn|Zoe)</bdi>", page)[:3] == ["ada", "Örn", "Zoe"], place


def test_a_legal_person_is_noted_found_changed_and_codes_are_checked(client_as, mine):
    client = client_as(mine)
    wrong = {
        "legal_name": "",
        "ipi": "00014107339",
        "isni": "1",
        "email": "nobody",
        "country": "zz",
        "dpid": "PADPIDA1",
    }
    answer = client.post(PARTIES, data=wrong)
    assert answer.status_code == 422
    for field in ("legal_name", "ipi", "isni", "email", "dpid"):
        assert f'id="new-{field}-problem"' in answer.text
    assert "Choose a country from the list" in answer.text
    party = add(client, **GOOD | {"ipi": "00014107338"})
    assert "Ada Ruiz" in client.get(f"{PARTIES}?q=ruiz").text
    assert "Ada Ruiz" not in client.get(f"{PARTIES}?q=smith").text
    page = client.get(f"{PARTIES}/{party}").text
    for value in ("00014107338", "0000000121032683", 'value="ES" selected'):
        assert value in page
    seen = match(client, party)
    first = client.post(f"{PARTIES}/{party}", data=GOOD | {"ipi": "", "legal_name": "Ada R.", "match": seen})
    assert first.status_code == 303
    late = client.post(f"{PARTIES}/{party}", data=GOOD | {"ipi": "", "legal_name": "Adah", "match": seen})
    assert late.status_code == 412
    assert "Adah" in late.text
    assert "A legal person was changed" in client.get("/portal/settings/activity").text


def test_payees_have_a_currency_and_stand_with_the_artist(client_as, mine):
    client = client_as(mine)
    a_release(mine, "One", artists=["Ada"])
    with db.tenant_read(mine) as session:
        artist = session.scalar(select(Artist).where(Artist.name == "Ada"))
    party = add(client)
    assert client.post(f"{PARTIES}/{party}/payees", data={"currency": "XXY"}).status_code == 422
    assert client.post(f"{PARTIES}/{party}/payees", data={"currency": "eur"}).status_code == 303
    assert client.post(f"{PARTIES}/{party}/artists", data={"artist": "ada"}).status_code == 303
    assert client.post(f"{PARTIES}/{party}/artists", data={"artist": "nobody"}).status_code == 404
    page = client.get(f"{ROSTER}/{artist.id}").text
    assert "Paid to" in page
    assert "Ada Ruiz" in page
    refused = client.post(f"{PARTIES}/{party}/removal")
    assert refused.status_code == 409
    assert "Artists: 1" in refused.text
    client.post(f"{PARTIES}/{party}/artists/removal", data={"artist": "ada"})
    assert "Payees: 1" in client.post(f"{PARTIES}/{party}/removal").text
    with db.tenant_read(mine) as session:
        payee = session.scalar(select(Payee.id))
    assert client.post(f"{PARTIES}/{party}/payees/{payee}/removal").status_code == 303
    assert client.post(f"{PARTIES}/{party}/removal").status_code == 303
    with db.tenant_read(mine) as session:
        assert session.scalar(select(Party.id)) is None


def test_each_role_meets_what_its_permissions_say(client_as, client_of, mine):
    owner = client_as(mine)
    for name in ("Ada", "Eve"):
        a_release(mine, f"By {name}", artists=[name])
    parties = {name: add(owner, legal_name=f"{name} Ruiz") for name in ("Ada", "Eve")}
    for name, party in parties.items():
        owner.post(f"{PARTIES}/{party}/payees", data={"currency": "EUR", "name": f"{name}'s bank"})
        owner.post(f"{PARTIES}/{party}/artists", data={"artist": name.lower()})
    legal, royalties, product = (client_as(mine, role) for role in ("legal", "royalties", "product"))
    assert product.get(PARTIES).status_code == 403
    assert product.get(f"{PARTIES}/{parties['Ada']}").status_code == 403
    shown = legal.get(f"{PARTIES}/{parties['Ada']}").text
    assert "Ada&#39;s bank" not in shown
    assert legal.post(f"{PARTIES}/{parties['Ada']}/payees", data={"currency": "USD"}).status_code == 403
    assert "Ada&#39;s bank" in royalties.get(f"{PARTIES}/{parties['Ada']}").text
    assert royalties.post(f"{PARTIES}/{parties['Ada']}", data=GOOD).status_code == 403
    assert royalties.post(f"{PARTIES}/{parties['Ada']}/payees", data={"currency": "USD"}).status_code == 303
    scoped = a_member(mine, role="legal")
    narrowed(mine, scoped, artists=["ada"])
    client = signed_in(client_of, mine, scoped)
    assert "Ada Ruiz" in client.get(PARTIES).text
    assert "Eve Ruiz" not in client.get(PARTIES).text
    assert client.get(f"{PARTIES}/{parties['Eve']}").status_code == 404
    assert client.post(f"{PARTIES}/{parties['Ada']}/artists", data={"artist": "eve"}).status_code == 404
    assert client.post(PARTIES, data={"legal_name": "New"}).status_code == 403
    singer = a_member(mine, role="artist")
    narrowed(mine, singer, artists=["ada"])
    client = signed_in(client_of, mine, singer)
    with db.tenant_read(mine) as session:
        ids = {row.name: row.id for row in session.scalars(select(Artist))}
    assert "Ada&#39;s bank" in client.get(f"{ROSTER}/{ids['Ada']}").text
    assert client.get(f"{PARTIES}/{parties['Ada']}").status_code == 403


def test_names_are_chosen_from_what_one_sees(client_as, client_of, mine):
    for name in ("Ada", "Eve"):
        a_release(mine, f"By {name}", artists=[name], label=f"{name} Records")
    owner = client_as(mine)
    add(owner)

    def offered(client, query):
        return [each["name"] for each in client.get(f"/portal/choices?{query}").json()]

    assert offered(owner, "of=artists&q=") == ["Ada", "Eve"]
    assert offered(owner, "of=artists&q=evee") == ["Eve"]
    assert offered(owner, "of=artists&keys=ada,gone") == ["Ada"]
    assert offered(owner, "of=imprints&q=ada") == ["Ada Records"]
    assert offered(owner, "of=imprints&q=%25") == []
    assert offered(owner, "of=parties&q=ruiz") == ["Ada Ruiz"]
    assert owner.get("/portal/choices?of=members").status_code == 404
    scoped = a_member(mine, role="product")
    narrowed(mine, scoped, artists=["ada"])
    client = signed_in(client_of, mine, scoped)
    assert offered(client, "of=artists&q=") == ["Ada"]
    assert offered(client, "of=artists&keys=ada,eve") == ["Ada"]
    assert offered(client, "of=parties&q=") == []


def test_a_rival_finds_no_legal_person(client_as, label, rival):
    party = add(client_as(label), legal_name="Only the canary's person")
    other = client_as(rival)
    assert other.get(f"{PARTIES}/{party}").status_code == 404
    assert other.post(f"{PARTIES}/{party}/payees", data={"currency": "EUR"}).status_code == 404
    assert "Only the canary" not in other.get(PARTIES).text
    assert other.get("/portal/choices?of=parties&q=canary").json() == []
