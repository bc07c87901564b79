"""Settings of the label: addresses, details, usage, export."""

from __future__ import annotations

from collections import Counter

import pytest

from app.identity.rules.permissions import PERMISSIONS
from app.kernel import db
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.kernel.web import shell
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
    client = client_as(fresh_tenant(mine.id))
    refused = client.post(HOSTS, data={"host": "shop.example.com"}, headers={"accept": "text/html"})
    assert refused.status_code == 402
    assert "Standard" in refused.text
    main = refused.text.partition("<main")[2]
    assert 'href="/portal/settings/usage"' in main, "within the portal, with a way on"
    assert 'id="side"' in refused.text


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
    assert "<small>File · " in found, "what it is can be read"
    assert "secret-plan" not in found
    assert "plan" not in client.get("/portal/search?q=_").text.replace("100%_plan", "")
    assert client.get("/portal/search?q=").text.strip() == ""


def test_every_page_of_the_settings_stands_under_a_heading(client_as, mine):
    page = client_as(mine).get("/portal/settings").text
    listed = page.partition('class="settings-list stack"')[2].partition("</nav>")[0]
    parts = {part.partition("</h2>")[0]: part for part in listed.split("<h2>")[1:]}
    assert list(parts) == ["Your account", "Label", "People and access", "Money", "Shop", "Developers", "Data"]
    for heading, address in {"People and access": "team", "Developers": "api", "Data": "activity"}.items():
        assert f"/portal/settings/{address}" in parts[heading], heading
    known = [place.href for place in shell.places("portal", frozenset(PERMISSIONS)) if place.group == "settings"]
    assert [href for href in known if f'href="{href}"' not in listed] == []


def test_the_settings_are_found_in_the_palette_by_what_they_are_about(client_as, mine):
    page = client_as(mine).get("/portal").text
    assert 'data-in="settings" data-href="/portal/settings/hosts" data-words="The label&#39;s own domains' in page
    assert 'data-in="places" data-href="/portal/settings/hosts"' not in page


def test_an_empty_heading_is_not_shown(client_as, mine):
    page = client_as(mine, role="artist").get("/portal/settings").text
    assert "<h2>Your account</h2>" in page
    assert "<h2>Developers</h2>" not in page


@pytest.mark.parametrize("surface", ["portal", "console"])
def test_no_two_places_or_actions_have_the_same_keys(connected, surface):
    told = [*shell.places(surface, frozenset(PERMISSIONS)), *shell.actions(surface, frozenset(PERMISSIONS))]
    pressed = Counter(entry.keys for entry in told if entry.keys)
    assert [keys for keys, count in pressed.items() if count > 1] == []
