"""Settings of the label: addresses, details, usage, export."""

from __future__ import annotations

import pytest

from app.kernel import db
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from tenants.lifecycle.service import set_plan
from tenants.registry.queries import fresh_tenant
from tests.factories.labels import a_label

HOSTS = "/portal/settings/hosts"


@pytest.fixture
def mine(connected):
    return a_label()


def actions(tenant):
    with db.tenant_read(tenant) as session:
        return [row.action for row in session.query(Activity).order_by(Activity.seq)]


def test_an_address_is_claimed_and_its_records_are_shown(client_as, mine):
    client = client_as(mine)
    assert client.post(HOSTS, data={"host": f"Shop.{mine.slug}.example"}).status_code == 303
    page = client.get(HOSTS).text
    assert f"_domain-proof.shop.{mine.slug}.example" in page
    assert "host.claimed" in actions(mine)
    refused = client.post(HOSTS, data={"host": "10.0.0.1"})
    assert refused.status_code == 422
    assert "not a host name that can be used" in refused.text
    client.post(f"{HOSTS}/removal", data={"host": f"shop.{mine.slug}.example"})
    assert f"_domain-proof.shop.{mine.slug}" not in client.get(HOSTS).text


def test_a_rivals_address_is_not_ones_own(client_as, mine, rival):
    client = client_as(mine)
    for what in ("primary", "removal"):
        assert client.post(f"{HOSTS}/{what}", data={"host": "rival.localhost"}).status_code == 404


def test_a_plan_without_own_addresses_says_which_has_them(client_as, mine):
    set_plan(mine.id, by=Actor.system(None), plan="starter", flags=[])
    refused = client_as(fresh_tenant(mine.id)).post(HOSTS, data={"host": "shop.example.com"})
    assert refused.status_code == 402
    assert "Standard" in refused.text


def test_the_labels_details_are_changed_and_checked(client_as, mine):
    client = client_as(mine)
    form = {"name": "New Name", "time_zone": "Europe/Paris", "language": ["de", "en"]}
    assert client.post("/portal/settings/label", data=form).status_code == 303
    changed = fresh_tenant(mine.id)
    assert (changed.name, changed.time_zone, changed.languages) == ("New Name", "Europe/Paris", ("de", "en"))
    for broken in ({"name": ""}, {"time_zone": "Mars/Olympus"}, {"language": []}):
        assert client.post("/portal/settings/label", data=form | broken).status_code == 422
    assert fresh_tenant(mine.id).name == "New Name"


@pytest.mark.parametrize("address", ["hosts", "label", "usage", "export"])
def test_settings_are_closed_to_those_whose_work_they_are_not(client_as, mine, address):
    artist = client_as(mine, role="artist")
    assert artist.get(f"/portal/settings/{address}").status_code == 403
    assert f"/portal/settings/{address}" not in artist.get("/portal/settings").text


def test_the_usage_page_counts_what_is_there(client_as, mine):
    client = client_as(mine)
    client.post("/portal/files", files={"file": ("a.txt", b"x" * 2048, "text/plain")})
    assert "2.0 kB" in client.get("/portal/settings/usage").text


def test_search_finds_people_and_files_and_nothing_of_a_rival(client_as, mine, rival):
    client, other = client_as(mine), client_as(rival)
    other.post("/portal/files", files={"file": ("secret-plan.txt", b"x", "text/plain")})
    client.post("/portal/files", files={"file": ("100%_plan.txt", b"x", "text/plain")})
    found = client.get("/portal/search?q=plan").text
    assert "100%_plan.txt" in found
    assert "secret-plan" not in found
    assert "plan" not in client.get("/portal/search?q=_").text.replace("100%_plan", "")
    assert client.get("/portal/search?q=").text.strip() == ""
