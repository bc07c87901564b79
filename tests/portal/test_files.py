"""Files in the portal: added, renamed, removed and brought back."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.catalog.models import Release
from app.kernel import clock, db, files
from app.kernel.actor import Actor
from app.kernel.ids import new_id
from app.uploads.service import batches
from tests.factories.catalog import a_release
from tests.factories.labels import a_label


@pytest.fixture
def mine(connected):
    return a_label()


def stored(client, name="contract.txt"):
    client.post("/portal/files", files={"file": (name, b"signed", "text/plain")})
    return re.search(r'href="/portal/files/([0-9a-f-]{36})"', client.get("/portal/files").text)[1]


def test_a_file_is_renamed_without_losing_its_bytes(client_as, mine):
    client = client_as(mine)
    file_id = stored(client)
    assert client.post(f"/portal/files/{file_id}/name", data={"name": "../../Final\u202e.txt"}).status_code == 303
    page = client.get("/portal/files").text
    assert "Final.txt" in page
    assert client.get(client.get(f"/portal/files/{file_id}").headers["location"]).content == b"signed"


def test_a_removed_file_opens_nothing_and_comes_back(client_as, mine):
    client = client_as(mine)
    file_id = stored(client)
    link = client.get(f"/portal/files/{file_id}").headers["location"]
    said = client.post("/portal/files/removals", data={"id": file_id})
    assert client.get(f"/portal/files/{file_id}").status_code == 404
    assert client.get(link).status_code == 404
    page = client.get(said.headers["location"])
    assert f'action="/portal/files/{file_id}/return"' in page.text, "the way back is offered"
    assert "contract.txt" in client.get("/portal/files?view=removed").text
    client.post(f"/portal/files/{file_id}/return")
    assert client.get(link).content == b"signed"


def test_a_file_removed_long_ago_is_gone_with_its_bytes(client_as, mine):
    client = client_as(mine)
    file_id = stored(client)
    client.post("/portal/files/removals", data={"id": file_id})
    with clock.frozen_at(clock.now() + timedelta(days=31)):
        with db.tenant_work(mine) as session:
            assert files.forget_removed(session) == 1
        assert files.remove_orphans(mine) == 1
    assert list(files.object_hashes(mine.id)) == []


def test_a_removed_file_that_is_in_use_again_is_not_forgotten_and_holds_up_no_other(client_as, mine):
    client = client_as(mine)
    used, other = stored(client), stored(client)
    client.post("/portal/files/removals", data={"id": [used, other]})
    with db.tenant_work(mine) as session:
        batches.open_batch(session, Actor.system(mine), name="catalogue.csv", manifest_id=UUID(used))
    with clock.frozen_at(clock.now() + timedelta(days=31)), db.tenant_work(mine) as session:
        assert files.forget_removed(session) == 1
        assert [str(row) for row in session.scalars(text("SELECT id FROM files"))] == [used]


def test_a_file_whose_removal_was_refused_is_not_forgotten(client_as, mine):
    client = client_as(mine)
    file_id = stored(client)
    with db.tenant_work(mine) as session:
        batches.open_batch(session, Actor.system(mine), name="catalogue.csv", manifest_id=UUID(file_id))
    assert client.post("/portal/files/removals", data={"id": file_id}).status_code == 409
    with clock.frozen_at(clock.now() + timedelta(days=31)), db.tenant_work(mine) as session:
        assert files.forget_removed(session) == 0


def test_many_are_removed_or_none(client_as, mine):
    client = client_as(mine)
    one = stored(client)
    assert client.post("/portal/files/removals", data={"id": [one, str(new_id())]}).status_code == 404
    with db.tenant_read(mine) as session:
        assert session.execute(text("SELECT count(*) FROM files WHERE removed_at IS NULL")).scalar_one() == 1


def test_a_rivals_file_is_neither_renamed_nor_removed(client_as, mine, rival):
    theirs = stored(client_as(rival))
    client = client_as(mine)
    for address, data in (("name", {"name": "x"}), ("return", {})):
        assert client.post(f"/portal/files/{theirs}/{address}", data=data).status_code == 404
    assert client.post("/portal/files/removals", data={"id": theirs}).status_code == 404


def test_the_word_about_what_was_done_is_shown_once_signed_and_never_anothers(client_as, mine, rival):
    client = client_as(mine)
    answer = client.post("/portal/files", files={"file": ("a.txt", b"a", "text/plain")})
    word = client.cookies["flash"]
    assert "The file was added." not in client.get("/portal/search?q=a").text
    assert "The file was added." in client.get(answer.headers["location"]).text
    assert "The file was added." not in client.get(answer.headers["location"]).text, "a second page says it again"
    other = client_as(rival)
    other.cookies.set("flash", word)
    assert "The file was added." not in other.get("/portal/files").text
    client.cookies.set("flash", "forged", domain=f"{mine.slug}.localhost")
    assert client.get("/portal/files").status_code == 200


def test_a_file_that_something_is_made_with_is_not_removed(client_as, mine):
    client = client_as(mine)
    file_id = stored(client)
    release = a_release(mine)
    with db.tenant_work(mine) as session:
        session.get_one(Release, release).artwork_id = UUID(file_id)
    answer = client.post("/portal/files/removals", data={"id": file_id})
    assert answer.status_code == 409
    assert "is in use by a release" in answer.text
    assert "contract.txt" in client.get("/portal/files").text
    with db.tenant_work(mine) as session:
        session.get_one(Release, release).artwork_id = None
    assert client.post("/portal/files/removals", data={"id": file_id}).status_code == 303
