"""News: what others did reaches those whom it concerns, and nobody else."""

from __future__ import annotations

import re

import pytest

from app.kernel import db
from app.kernel.activity import record
from app.kernel.actor import Actor
from tests.factories.labels import a_label


@pytest.fixture
def mine(connected):
    return a_label()


def happen(tenant, *actions):
    with db.tenant_work(tenant) as session:
        return [str(record(session, Actor.system(tenant), action)) for action in actions]


def rows(page):
    return re.findall(r'name="id" value="([0-9a-f-]{36})"', page.text)


def test_what_others_did_arrives_and_what_one_did_oneself_does_not(client_as, mine):
    client = client_as(mine)
    ids = happen(mine, "file.stored", "member.signed_in")
    client.post("/portal/files", files={"file": ("own.txt", b"mine", "text/plain")})
    assert rows(client.get("/portal/inbox")) == ids[:1]
    assert 'data-news="1"' in client.get("/portal").text


def test_news_of_what_has_no_name_are_shown(client_as, mine):
    client = client_as(mine)
    with db.tenant_work(mine) as session:
        record(session, Actor.system(mine), "file.stored", after={"bytes": 12})
    assert len(rows(client.get("/portal/inbox"))) == 1


def test_news_are_for_those_whose_work_it_is(client_as, mine):
    reader = client_as(mine, role="artist")
    happen(mine, "label.suspended")
    assert rows(reader.get("/portal/inbox")) == []


def test_what_was_read_or_put_away_stays_so(client_as, mine):
    client = client_as(mine)
    first, second = happen(mine, "file.stored", "file.stored")
    assert client.post("/portal/inbox/readings", data={"id": first}).status_code == 303
    assert client.get("/portal/inbox").text.count('<span class="unread">') == 1
    client.post("/portal/inbox/readings", data={"id": [first, second], "archive": "1"})
    assert rows(client.get("/portal/inbox")) == []
    client.post(f"/portal/inbox/{first}/return")
    assert rows(client.get("/portal/inbox")) == [first]


def test_everything_is_marked_at_once(client_as, mine):
    client = client_as(mine)
    happen(mine, *["file.stored"] * 5)
    assert 'data-news="5"' in client.get("/portal").text
    client.post("/portal/inbox/all")
    assert 'data-news="0"' in client.get("/portal").text


def test_one_members_news_are_not_anothers(client_as, mine):
    client, other = client_as(mine), client_as(mine)
    (news,) = happen(mine, "file.stored")
    client.post("/portal/inbox/readings", data={"id": news, "archive": "1"})
    assert news in rows(other.get("/portal/inbox"))


@pytest.mark.parametrize("made_up", ["01a20f9b-fa1d-7691-8615-625beae027f6", "nonsense", ""])
def test_what_is_not_in_the_inbox_is_not_found(client_as, mine, made_up):
    client = client_as(mine)
    happen(mine, "file.stored")
    assert client.post("/portal/inbox/readings", data={"id": made_up}).status_code == 404
    assert client.post(f"/portal/inbox/{made_up or 'x'}/return").status_code == 404


def test_a_rivals_news_are_not_found(client_as, mine, rival):
    (theirs,) = happen(rival, "file.stored")
    assert client_as(mine).post("/portal/inbox/readings", data={"id": theirs}).status_code == 404
