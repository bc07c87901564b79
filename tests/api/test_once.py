"""A request sent twice with one Idempotency-Key is one request, whatever happens in between."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.api.models import KeptAnswer
from app.api.service import answers
from app.kernel import clock, db, ids
from app.kernel.activity import Activity
from tests.factories.api import api_of

ARTISTS = "/api/v1/artists"


def key(**more):
    return {"idempotency-key": str(ids.new_id()), **more}


def count_of(api, name):
    found = api.get(ARTISTS, params={"q": name, "fields": "name"}).json()["items"]
    return sum(each["name"] == name for each in found)  # a search finds what is much like it, too


def test_the_same_request_is_answered_as_before_and_done_once(api):
    headers, body = key(), {"name": "Twice Asked"}
    first = api.post(ARTISTS, json=body, headers=headers)
    again = api.post(ARTISTS, json=body, headers=headers)
    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert count_of(api, "Twice Asked") == 1


def test_another_request_with_the_key_is_declined(api):
    headers = key()
    api.post(ARTISTS, json={"name": "First"}, headers=headers)
    for address, body in ((ARTISTS, {"name": "Second"}), (f"{ARTISTS}?fields=name", {"name": "First"}),
                          ("/api/v1/imprints", {"name": "First"})):  # fmt: skip
        answer = api.post(address, json=body, headers=headers)
        assert (answer.status_code, answer.json()["reason"]) == (409, "KeyTaken"), address


def test_what_was_declined_gives_its_key_back(api):
    headers = key()
    assert api.post(ARTISTS, json={"name": ""}, headers=headers).status_code == 422
    assert api.post(ARTISTS, json={"name": "  "}, headers=headers).status_code == 422
    assert api.post(ARTISTS, json={"name": "Corrected"}, headers=headers).status_code == 201


def test_two_programs_do_not_share_keys(api, client_of, label):
    headers, other = key(), api_of(client_of, label)
    mine = api.post(ARTISTS, json={"name": "Same Name"}, headers=headers).json()
    theirs = other.post(ARTISTS, json={"name": "Same Name"}, headers=headers).json()
    assert mine["id"] != theirs["id"]


@pytest.mark.parametrize("text", ["", "x" * 256, "a b", "naïve".encode(), b"\x00"])
def test_a_key_has_visible_characters(api, text):
    answer = api.post(ARTISTS, json={"name": "Key"}, headers={"idempotency-key": text})
    assert answer.status_code == 400


def test_fifty_at_once_are_done_once(api):
    headers, body = key(), {"name": "Burst Act"}
    with ThreadPoolExecutor(8) as pool:
        answered = list(pool.map(lambda _: api.post(ARTISTS, json=body, headers=headers), range(50)))
    made = {answer.json()["id"] for answer in answered if answer.status_code == 201}
    assert len(made) == 1
    assert {answer.status_code for answer in answered} <= {201, 409}
    assert {answer.json()["reason"] for answer in answered if answer.status_code == 409} <= {"KeyInFlight"}
    assert count_of(api, "Burst Act") == 1


def _principal(label, headers):
    with db.tenant_read(label) as session:
        return session.query(KeptAnswer).filter_by(key=headers["idempotency-key"]).one().principal


def test_while_the_first_runs_the_second_is_told_so(api, label):
    headers, body = key(), {"name": "In Flight"}
    api.post(ARTISTS, json={"name": "Learned"}, headers=headers)
    principal = _principal(label, headers)
    running = key()
    with db.tenant_work(label) as session:
        who = {"principal": principal, "key": running["idempotency-key"]}
        answers.begin(session, label, fingerprint=b"x", now=clock.now(), **who)
        answer = api.post(ARTISTS, json=body, headers=running)
        session.rollback()  # as if it had died
    assert (answer.status_code, answer.json()["reason"]) == (409, "KeyInFlight")
    assert answer.headers["retry-after"] == "1"
    assert api.post(ARTISTS, json=body, headers=running).status_code == 201


def test_a_day_later_the_key_is_free_again(api, label):
    headers = key()
    api.post(ARTISTS, json={"name": "Yesterday"}, headers=headers)
    with db.tenant_work(label) as session:
        held = session.query(KeptAnswer).filter_by(key=headers["idempotency-key"]).one()
        held.asked_at -= timedelta(hours=25)
    assert api.post(ARTISTS, json={"name": "Today"}, headers=headers).status_code == 201
    with db.tenant_work(label) as session:
        answers.forget(session, clock.now() + timedelta(hours=25))
        assert session.query(KeptAnswer).count() == 0


def test_what_is_kept_cannot_be_read_in_the_table(api, label):
    headers = key()
    api.post(ARTISTS, json={"name": "Secretly Named"}, headers=headers)
    with db.tenant_read(label) as session:
        held = session.query(KeptAnswer).filter_by(key=headers["idempotency-key"]).one()
    assert b"Secretly" not in held.answer


def test_what_a_program_does_is_told_in_its_name(api, label):
    made = api.post(ARTISTS, json={"name": "Told Act"}).json()
    with db.tenant_read(label) as session:
        told = session.query(Activity).filter_by(action="artist.added", subject_id=ids.parse_uuid(made["id"])).one()
    assert told.actor_kind == "client"
    assert told.actor_name.startswith("Program")
