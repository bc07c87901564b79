"""Values that are edited where they stand: versions, refusals, and the way back."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from app.kernel import clock, db
from app.lists.models import SavedView
from tenants.hosts.service import hosts_of
from tests.admin.conftest import happened
from tests.factories.labels import a_label
from tests.factories.members import a_member

PART = {"hx-request": "true", "hx-request-type": "partial", "accept": "text/html"}
FILES, LOG, TEAM = "/portal/files", "/portal/settings/activity", "/portal/settings/team"


@pytest.fixture
def mine(connected):
    return a_label()


def cell_on(page, cell_id):
    """A cell as a page has it: where it is sent, with which version, and its value."""
    drawn = re.search(rf'<inline-edit id="{cell_id}".*?</inline-edit>', page.text, re.DOTALL)
    assert drawn, cell_id
    tag = re.search(r"hx-headers='\{\"If-Match\": \"(.*?)\"\}'", drawn[0])[1].replace('\\"', '"')
    return re.search(r'hx-post="([^"]+)"', drawn[0])[1], tag, unescape(re.search(r"data-value>(.*?)<", drawn[0])[1])


def sent(client, address, tag, **form):
    return client.post(address, data=form, headers=PART | ({"if-match": tag} if tag else {}))


@pytest.fixture
def named(client_as, mine):
    """A browser, and the cell with the name of a file."""
    client = client_as(mine)
    client.post(FILES, files={"file": ("first.txt", b"x", "text/plain")})
    page = client.get(FILES)
    cell_id = re.search(r'<inline-edit id="(name-[0-9a-f-]+)"', page.text)[1]
    return client, cell_id, *cell_on(page, cell_id)


def test_a_new_value_comes_back_as_its_cell_with_a_new_version_and_the_way_back(named, mine):
    client, cell_id, address, tag, _ = named
    answer = sent(client, address, tag, name="second.txt")
    assert answer.status_code == 200
    assert "<html" not in answer.text
    again, version, value = cell_on(answer, cell_id)
    assert (again, value) == (address, "second.txt")
    assert version == answer.headers["etag"] != tag
    undo = re.search(r"<hx-partial.*?</hx-partial>", answer.text, re.DOTALL)[0]
    assert 'value="first.txt"' in undo
    assert sent(client, address, version, name="first.txt").status_code == 200
    assert [row.after["name"] for row in happened(mine, "file.renamed")] == ["second.txt", "first.txt"]


def test_whoever_was_slower_sees_both_values_and_may_save_again(named, client_as, mine):
    client, cell_id, address, tag, _ = named
    assert sent(client_as(mine), address, tag, name="theirs.txt").status_code == 200
    answer = sent(client, address, tag, name="ours.txt")
    assert answer.status_code == 412
    assert "Somebody else has just changed this to “theirs.txt”" in answer.text
    assert 'value="ours.txt"' in answer.text
    _, version, value = cell_on(answer, cell_id)
    assert value == "theirs.txt"
    assert sent(client, address, version, name="ours.txt").status_code == 200
    assert len(happened(mine, "file.renamed")) == 2


def test_a_change_names_the_version_it_was_decided_on(named, mine):
    client, _, address, _, _ = named
    assert sent(client, address, None, name="x.txt").status_code == 428
    assert happened(mine, "file.renamed") == []


def test_what_changes_nothing_offers_nothing_to_take_back(named):
    client, _, address, tag, value = named
    assert "<hx-partial" not in sent(client, address, tag, name=value).text


def test_without_a_script_the_form_leads_back_to_its_page(named):
    client, _, address, _, _ = named
    answer = client.post(address, data={"name": "plain.txt"})
    assert (answer.status_code, answer.headers["location"]) == (303, FILES)
    assert client.post(address, data={"name": "x", "match": '"old"'}).status_code == 412


def test_a_cell_is_no_way_around_a_permission_or_to_a_rival(named, client_as, mine, rival):
    _, _, address, tag, _ = named
    assert sent(client_as(mine, role="artist"), address, tag, name="x").status_code == 403
    assert sent(client_as(rival), address, tag, name="x").status_code == 404


def test_a_role_is_changed_in_the_list_and_keeps_what_it_is_narrowed_to(client_as, mine):
    client = client_as(mine)
    person = a_member(mine, role="artist", name="Tove")
    client.post(f"{TEAM}/{person.id}/role", data={"role": "artist", "artists": "tove, okre"})
    address, tag, value = cell_on(client.get(TEAM), f"role-{person.id}")
    assert value == "Artist"
    answer = sent(client, address, tag, role="a_and_r", artists="okre, tove")
    assert answer.status_code == 200, answer.text
    after = happened(mine, "member.role_changed")[-1].after
    assert (after["role"], after["artists"]) == ("a_and_r", ["okre", "tove"])


def test_the_last_owner_stays_and_the_cell_says_why(client_as, mine):
    client = client_as(mine)
    page = client.get(TEAM)
    owners = re.findall(r'<inline-edit id="(role-[0-9a-f-]+)"', page.text)
    address, tag, value = cell_on(page, owners[0])
    assert value == "Owner"
    answer = sent(client, address, tag, role="artist")
    assert answer.status_code in (403, 409)
    assert 'role="alert"' in answer.text
    assert "data-open" in answer.text


def test_a_change_that_needs_a_fresh_proof_leads_the_whole_page_there(client_as, mine):
    client = client_as(mine)
    person = a_member(mine, role="artist")
    address, tag, _ = cell_on(client.get(TEAM), f"role-{person.id}")
    with clock.frozen_at(clock.now() + timedelta(minutes=11)):
        answer = sent(client, address, tag, role="artist")
    assert answer.status_code == 204
    assert answer.headers["hx-redirect"].startswith("/portal/re-authenticate")


def test_a_view_is_renamed_by_whoever_made_it_alone(client_as, mine):
    client, other = client_as(mine), client_as(mine)
    client.post(f"{LOG}/views", data={"name": "Uploads", "query": "action=file.stored", "shared": "1"})
    with db.tenant_read(mine) as session:
        view = session.query(SavedView).one()
    page = f"{LOG}?action=file.stored"
    assert f"view-{view.id}" not in other.get(page).text
    address, tag, _ = cell_on(client.get(page), f"view-{view.id}")
    assert sent(other, address, tag, name="Theirs").status_code == 404
    assert sent(client, address, tag, name=" ").status_code == 422
    assert cell_on(sent(client, address, tag, name="All  uploads"), f"view-{view.id}")[2] == "All uploads"
    assert "All uploads" in other.get(page).text


def test_what_an_address_shows_is_changed_on_its_card(client_as, mine, rival):
    client, hosts = client_as(mine), "/portal/settings/hosts"
    client.post(hosts, data={"host": f"shop.{mine.slug}.example"})
    row = next(row for row in hosts_of(mine) if row.state == "pending")
    address, tag, value = cell_on(client.get(hosts), f"surface-{row.id}")
    assert value == "Everything"
    assert sent(client, address, tag, surface="nonsense").status_code == 422
    assert sent(client_as(rival), address, tag, surface="storefront").status_code == 404
    assert sent(client, address, tag, surface="storefront").status_code == 200
    assert next(each.surface for each in hosts_of(mine) if each.id == row.id) == "storefront"
    assert happened(mine, "host.bound")[0].after == {"host": row.host, "surface": "storefront"}
    first = next(row for row in hosts_of(mine) if row.is_primary)
    assert f"surface-{first.id}" not in client.get(hosts).text
    version = cell_on(client.get(hosts), f"surface-{row.id}")[1]
    assert client.post(f"{hosts}/{first.id}/surface", data={"surface": "storefront"}).status_code == 409, version
