"""The palette takes back what its reader did last."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from app.kernel import clock, db
from app.kernel.activity import record
from app.kernel.actor import Actor
from tests.admin.conftest import happened
from tests.factories.labels import a_label
from tests.factories.members import a_member

FILES, LOG, TEAM = "/portal/files", "/portal/settings/activity", "/portal/settings/team"


@pytest.fixture
def mine(connected):
    return a_label()


def offered(client):
    """What the palette offers to take back, and the form that does it."""
    page = client.get("/portal/undo").text
    if "data-undo" not in page:
        return None, None, {}
    said = unescape(re.search(r"<span>(.*?)</span>", page)[1])
    fields = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)}
    return said, re.search(r'action="([^"]+)"', page)[1], fields


def shown(client):
    return re.findall(r'name="id" value="([0-9a-f-]{36})"', client.get("/portal/inbox").text)


def undo(client):
    said, address, fields = offered(client)
    assert client.post(address, data=fields).status_code == 303, said
    return said


@pytest.fixture
def with_file(client_as, mine):
    client = client_as(mine)
    client.post(FILES, files={"file": ("a.txt", b"x", "text/plain")})
    return client, str(happened(mine, "file.stored")[0].subject_id)


def test_nothing_was_done_and_nothing_is_offered(client_as, mine):
    assert offered(client_as(mine)) == (None, None, {})


def test_a_removed_file_comes_back_and_is_not_offered_again(with_file):
    client, file_id = with_file
    client.post(f"{FILES}/removals", data={"id": file_id})
    assert undo(client) == "Undo: A file was removed"
    assert file_id in client.get(FILES).text
    assert offered(client)[0] is None


def test_a_renamed_file_gets_its_old_name_unless_somebody_else_named_it_since(with_file, client_as, mine):
    client, file_id = with_file
    client.post(f"{FILES}/{file_id}/name", data={"name": "b.txt"})
    _, address, fields = offered(client)
    client_as(mine).post(f"{FILES}/{file_id}/name", data={"name": "c.txt"})
    assert client.post(address, data=fields).status_code == 412, "an old offer overwrites nothing"
    assert offered(client)[0] is None
    client.post(f"{FILES}/{file_id}/name", data={"name": "d.txt"})
    undo(client)
    assert happened(mine, "file.renamed")[-1].after == {"name": "c.txt"}


def test_the_last_one_is_offered_first_and_anothers_never(with_file, client_as, mine):
    client, file_id = with_file
    person = a_member(mine, role="artist")
    client.post(f"{FILES}/removals", data={"id": file_id})
    client.post(f"{TEAM}/{person.id}/role", data={"role": "a_and_r"})
    assert offered(client_as(mine))[0] is None
    assert undo(client) == "Undo: Somebody's role was changed"
    assert happened(mine, "member.role_changed")[-1].after["role"] == "artist"


def test_a_removed_view_is_saved_again_as_it_was(client_as, mine):
    client = client_as(mine)
    client.post(f"{LOG}/views", data={"name": "Uploads", "query": "action=file.stored", "shared": "1"})
    view = happened(mine, "view.saved")[0]
    client.post(f"{LOG}/views/{view.subject_id}/removal")
    assert undo(client) == "Undo: A saved view was removed"
    assert happened(mine, "view.saved")[-1].after == view.after


def test_news_that_was_put_away_comes_back(client_as, mine):
    client = client_as(mine)
    with db.tenant_work(mine) as session:
        news = record(session, Actor.system(mine), "label.changed")
    client.post("/portal/inbox/readings", data={"id": str(news), "archive": "1"})
    assert shown(client) == []
    assert undo(client) == "Undo: News was put away"
    assert shown(client) == [str(news)]


def test_after_an_hour_nothing_is_offered(with_file):
    client, file_id = with_file
    client.post(f"{FILES}/removals", data={"id": file_id})
    with clock.frozen_at(clock.now() + timedelta(minutes=61)):
        assert offered(client)[0] is None


def test_whoever_lost_the_right_cannot_take_back(with_file, client_as, mine, rival):
    client, file_id = with_file
    client.post(f"{FILES}/removals", data={"id": file_id})
    _, address, fields = offered(client)
    assert client_as(mine, role="artist").post(address, data=fields).status_code == 403
    assert client_as(rival).post(address, data=fields).status_code == 404
