"""News: what others did reaches those whom it concerns, and nobody else."""

from __future__ import annotations

import re

import pytest

from app.kernel import db
from app.kernel.activity import record
from app.kernel.actor import Actor
from tests.factories.catalog import a_release, an_imprint, narrowed
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member


@pytest.fixture
def mine(connected):
    return a_label()


def happen(tenant, *actions):
    with db.tenant_work(tenant) as session:
        return [str(record(session, Actor.system(tenant), action)) for action in actions]


def rows(page):
    return re.findall(r'name="id" value="([0-9a-f-]{36})"', page if isinstance(page, str) else page.text)


def test_what_others_did_arrives_and_what_is_routine_or_ones_own_does_not(client_as, mine):
    client = client_as(mine)
    ids = happen(mine, "label.changed", "file.stored", "member.signed_in")
    client.post("/portal/artists", data={"name": "Lumen Vale", "kind": "solo"})
    assert rows(client.get("/portal/inbox")) == ids[:1]
    assert 'data-news="1"' in client.get("/portal").text


def test_news_of_what_has_no_name_are_shown(client_as, mine):
    client = client_as(mine)
    with db.tenant_work(mine) as session:
        record(session, Actor.system(mine), "label.changed", after={"bytes": 12})
    assert len(rows(client.get("/portal/inbox"))) == 1


def test_news_are_for_those_whose_work_it_is(client_as, mine):
    reader = client_as(mine, role="artist")
    happen(mine, "label.suspended")
    assert rows(reader.get("/portal/inbox")) == []


def test_what_was_read_or_put_away_stays_so(client_as, mine):
    client = client_as(mine)
    first, second = happen(mine, "label.changed", "label.changed")
    assert client.post("/portal/inbox/readings", data={"id": first}).status_code == 303
    assert client.get("/portal/inbox").text.count('<span class="unread">') == 1
    client.post("/portal/inbox/readings", data={"id": [first, second], "archive": "1"})
    assert rows(client.get("/portal/inbox")) == []
    client.post(f"/portal/inbox/{first}/return")
    assert rows(client.get("/portal/inbox")) == [first]


def test_everything_is_marked_at_once(client_as, mine):
    client = client_as(mine)
    happen(mine, *["label.changed"] * 5)
    assert 'data-news="5"' in client.get("/portal").text
    client.post("/portal/inbox/all")
    assert 'data-news="0"' in client.get("/portal").text


def test_one_members_news_are_not_anothers(client_as, mine):
    client, other = client_as(mine), client_as(mine)
    (news,) = happen(mine, "label.changed")
    client.post("/portal/inbox/readings", data={"id": news, "archive": "1"})
    assert news in rows(other.get("/portal/inbox"))


@pytest.mark.parametrize("made_up", ["01a20f9b-fa1d-7691-8615-625beae027f6", "nonsense", ""])
def test_what_is_not_in_the_inbox_is_not_found(client_as, mine, made_up):
    client = client_as(mine)
    happen(mine, "label.changed")
    assert client.post("/portal/inbox/readings", data={"id": made_up}).status_code == 404
    assert client.post(f"/portal/inbox/{made_up or 'x'}/return").status_code == 404


def test_a_rivals_news_are_not_found(client_as, mine, rival):
    (theirs,) = happen(rival, "label.changed")
    assert client_as(mine).post("/portal/inbox/readings", data={"id": theirs}).status_code == 404


def arrived(client_of, tenant, member):
    """What a member's inbox says, and the count beside it."""
    client = client_of(f"{tenant.slug}.localhost")
    assert client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD}).status_code == 303
    page = client.get("/portal/inbox").text
    return page, int(re.search(r'data-news="(\d+)"', page)[1])


def test_whoever_is_narrowed_to_an_imprint_hears_of_that_imprint_alone(client_of, mine):
    reader = a_member(mine, role="product")
    for name in ("Nightjar", "Daylight"):
        an_imprint(mine, name)
    narrowed(mine, reader, imprints=["daylight"])
    a_release(mine, "Of the other imprint", label="Nightjar")
    a_release(mine, "Of this imprint", label="Daylight")
    happen(mine, "label.changed", "release.created")
    page, unread = arrived(client_of, mine, reader)
    assert "Of this imprint" in page
    assert "Of the other imprint" not in page
    assert len(rows(page)) == unread
    whole, count = arrived(client_of, mine, a_member(mine, role="product"))
    assert "Of this imprint" not in whole, "what happened before somebody came is no news to them"
    assert count == 0


def test_a_narrowed_member_marks_nothing_that_is_beyond_their_reach(client_of, mine):
    reader = a_member(mine, role="product")
    for name in ("Nightjar", "Daylight"):
        an_imprint(mine, name)
    narrowed(mine, reader, imprints=["daylight"])
    (beyond,) = happen(mine, "release.created")
    client = client_of(f"{mine.slug}.localhost")
    client.post("/portal/sign-in", data={"email": reader.email, "password": PASSWORD})
    assert client.post("/portal/inbox/readings", data={"id": beyond}).status_code == 404


def test_news_lead_to_what_they_are_about(client_as, mine):
    client = client_as(mine)
    release = a_release(mine, "Nattverk")
    page = client.get("/portal/inbox").text
    assert f'href="/portal/releases/{release}"' in page
    assert "<bdi>Nattverk</bdi>" in page


def test_what_waits_for_somebody_stands_out(client_as, mine):
    client = client_as(mine)
    assert "show=attention" not in client.get("/portal/inbox").text
    _, waits = happen(mine, "label.changed", "support.asked")
    assert len(rows(client.get("/portal/inbox"))) == 2
    page = client.get("/portal/inbox?show=attention")
    assert rows(page) == [waits]
    assert '<span class="pill warning">Needs attention</span>' in page.text
