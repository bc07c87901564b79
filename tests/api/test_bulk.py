"""Many operations in one request: each done as by itself, in their order, stopped and gone on with."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, text, update

from app.api.models import BulkJob, BulkOperation
from app.api.rest import doing
from app.api.service import bulk, clients
from app.catalog.models import Recording, Release, Track
from app.kernel import clock, ids
from app.kernel.activity import Activity
from app.kernel.db import tenant_read, tenant_work
from tests.api.hooks import asked
from tests.factories.api import a_client, a_token, api_of
from tests.factories.catalog import a_release
from tests.factories.webhooks import a_visitor

BULK = "/api/v1/bulk"
JSONL = {"content-type": "application/jsonl"}


@pytest.fixture
def api(client_of, label):
    return api_of(client_of, label)


def lines(*operations):
    return b"\n".join(json.dumps(each).encode() for each in operations)


def sent(api, *operations):
    answer = api.post(BULK, content=lines(*operations), headers=JSONL)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def done(api, label, job):
    while doing.piece(label, job):
        pass
    found = [json.loads(line) for line in api.get(f"{BULK}/{job}/results").text.splitlines()]
    return api.get(f"{BULK}/{job}").json(), found


def recordings(tenant, count=6):
    release = a_release(tenant, tracks=count)
    with tenant_read(tenant) as session:
        query = select(Track.recording_id).where(Track.release_id == release).order_by(Track.number)
        return release, list(session.scalars(query))


def row(tenant, recording):
    with tenant_read(tenant) as session:
        return session.get_one(Recording, recording)


def a_change(recording, **body):
    return {"method": "PATCH", "path": f"/api/v1/recordings/{recording}", "body": body}


def test_a_job_is_taken_in_done_and_told_line_by_line(api, label):
    release, (one, other, *_) = recordings(label)
    job = sent(
        api,
        {**a_change(one, genre="Ambient"), "id": "first"},
        a_change(other, genre="Dub", p_year=2026, is_instrumental=True),
        {"method": "POST", "path": "/api/v1/artists", "body": {"name": f"Bulk {release}"}},
        {"method": "PATCH", "path": f"/api/v1/releases/{release}", "body": {"genre": "Dub"}},
        {"method": "DELETE", "path": "/api/v1/nothing"},
        {"method": "POST", "path": f"/api/v1/releases/{release}"},
        a_change(ids.new_id(), genre="Dub"),
        a_change(one, parental="loud"),
    )
    state, results = done(api, label, job)
    assert (state["state"], state["total"], state["done"], state["failed"]) == ("done", 8, 8, 4)
    assert [each["status"] for each in results] == [200, 200, 201, 200, 404, 405, 404, 422], results
    assert results[0]["id"] == "first"
    assert results[2]["location"].startswith("/api/v1/artists/")
    assert results[7]["problem"]["errors"][0]["field"].endswith("parental")
    assert (row(label, one).genre, row(label, other).genre, row(label, other).p_year) == ("Ambient", "Dub", 2026)
    failed = [json.loads(each) for each in api.get(f"{BULK}/{job}/results?failed=true&after=5").text.splitlines()]
    assert [each["line"] for each in failed] == [6, 7, 8]
    with tenant_read(label) as session:
        assert session.get_one(Release, release).genre == "Dub"


def test_what_is_done_together_is_what_each_would_be_by_itself(api, label):
    _, alone = recordings(label)
    _, joined = recordings(label)
    bodies = [
        {"title": "New words", "version_title": "Live"},
        {"duration_ms": 99_000, "language": "de", "lyrics": "la\nla"},
        {"genre": None, "is_instrumental": True},
        {"p_year": 1999, "p_owner": "Night Works"},
        {"ai_use": "partial", "parental": "explicit"},
        {"title": "  Spaced   out  "},
    ]
    for recording, body in zip(alone, bodies, strict=True):
        assert api.patch(f"/api/v1/recordings/{recording}", json=body, headers={"if-match": "*"}).status_code == 200
    job = sent(api, *[a_change(recording, **body) for recording, body in zip(joined, bodies, strict=True)])
    assert done(api, label, job)[0]["failed"] == 0
    own = {"id", "updated_at", "created_at", "isrc", "batch_id", "artist_line", "title", "folded"}
    for one, other in zip(alone, joined, strict=True):
        first, second = row(label, one), row(label, other)
        names = [column.key for column in Recording.__table__.columns if column.key not in own]
        assert {name: getattr(first, name) for name in names} == {name: getattr(second, name) for name in names}
        assert _history(label, one) == _history(label, other)
        assert (row(label, other).title in ("New words", "Spaced out")) == (
            row(label, one).title in ("New words", "Spaced out")
        )
        assert second.title.lower().split()[0] in second.folded


def _history(tenant, recording):
    with tenant_read(tenant) as session:
        query = select(Activity).where(Activity.subject_id == recording, Activity.action == "recording.changed")
        rows = session.scalars(query.order_by(Activity.seq)).all()
        return [(set(each.before or {}), dict(each.after or {}), each.actor_kind) for each in rows]


def test_a_line_may_say_which_version_it_saw(api, label):
    _, (one, other, *_) = recordings(label)
    tag = api.get(f"/api/v1/recordings/{one}").headers["etag"]
    job = sent(
        api,
        {**a_change(one, genre="Dub"), "if_match": tag},
        {**a_change(other, genre="Dub"), "if_match": '"old"'},
        {**a_change(one, genre="House"), "if_match": tag},
    )
    _, results = done(api, label, job)
    assert [each["status"] for each in results] == [200, 412, 412]
    assert row(label, one).genre == "Dub"


def test_one_recording_named_twice_is_changed_twice_in_order(api, label):
    _, (one, *_) = recordings(label)
    job = sent(api, *[a_change(one, genre=genre) for genre in ("A", "B", "C")])
    assert done(api, label, job)[0]["failed"] == 0
    assert row(label, one).genre == "C"
    assert len(_history(label, one)) == 3


def test_who_dies_in_the_middle_repeats_nothing(api, label, monkeypatch):
    _, found = recordings(label)
    job = sent(
        api, *[{"method": "POST", "path": "/api/v1/artists", "body": {"name": f"Act {job_id}"}} for job_id in found]
    )
    with monkeypatch.context() as patch:
        patch.setattr(doing, "PIECE_SECONDS", 0.0)
        assert doing.piece(label, job)
        with pytest.raises(RuntimeError):
            with tenant_work(label) as session:
                held = session.get_one(BulkJob, job, with_for_update=True)
                operation = session.get_one(BulkOperation, (held.id, held.done + 1))
                session.execute(
                    update(BulkOperation).where(BulkOperation.number == operation.number).values(status=201)
                )
                raise RuntimeError
    state, results = done(api, label, job)
    assert state["done"] == 6
    assert [each["status"] for each in results] == [201] * 6
    assert len({each["location"] for each in results}) == 6


def test_a_job_is_stopped_and_what_was_done_stays(api, label, monkeypatch):
    _, found = recordings(label)
    job = sent(
        api, *[{**a_change(each, genre="Dub"), "path": f"/api/v1/recordings/{each}?fields=id"} for each in found]
    )
    monkeypatch.setattr(doing, "PIECE_SECONDS", 0.0)
    monkeypatch.setattr(doing, "TOGETHER", 2)
    assert doing.piece(label, job)
    stopped = api.put(f"{BULK}/{job}/cancellation")
    assert stopped.json()["state"] == "cancelled", stopped.text
    assert not doing.piece(label, job)
    assert len(api.get(f"{BULK}/{job}/results").text.splitlines()) == stopped.json()["done"] < 6
    assert api.put(f"{BULK}/{job}/cancellation").status_code == 200


def test_what_is_done_cannot_be_stopped(api, label):
    _, (one, *_) = recordings(label)
    job = sent(api, a_change(one, genre="Dub"))
    done(api, label, job)
    assert api.put(f"{BULK}/{job}/cancellation").status_code == 409


@pytest.mark.parametrize(
    "body",
    [b"", b"\n\n", b"not json", b'{"method":"GET","path":"/api/v1/artists"}', b'{"method":"POST","path":"/portal"}',
     b'{"method":"POST","path":"https://a.example/api/v1/artists"}', b'{"method":"POST","path":"/api/v1/a b"}',
     b'{"method":"POST","path":"/api/v1/artists","role":"owner"}', b'{"method":"POST"}', b"[1]", b"\xff\xfe",
     b'{"method":"POST","path":"/api/v1/artists","id":"\\u0000"}', b'{"method":"POST","path":5}',
     b'{"method":"POST","path":"/api/v1/artists","body":{"a":"' + b"x" * 300_000 + b'"}}'],
)  # fmt: skip
def test_what_is_no_job_is_declined_as_a_whole(api, body):
    answer = api.post(BULK, content=body, headers=JSONL)
    assert answer.status_code == 422, answer.text


def test_a_job_has_an_end(api):
    line = b'{"method":"POST","path":"/api/v1/artists"}\n'
    assert api.post(BULK, content=line * (bulk.MOST + 1), headers=JSONL).status_code == 422
    assert api.post(BULK, content=line, headers={"content-type": "application/json"}).status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        '{"name":"x","name":"y"}',
        '{"name":' + "[" * 5_000 + "]" * 5_000 + "}",
        '{"name":"\\ud800"}',
        "5",
        '{"name":NaN}',
    ],
)
def test_a_body_that_cannot_be_used_is_that_lines_own_trouble(api, label, body):
    bad = b'{"method":"POST","path":"/api/v1/artists","body":' + body.encode() + b"}"
    good = lines({"method": "POST", "path": "/api/v1/artists", "body": {"name": f"Good {ids.new_id()}"}})
    answer = api.post(BULK, content=bad + b"\n" + good, headers=JSONL)
    if answer.status_code == 422:
        return
    _, results = done(api, label, answer.json()["id"])
    assert results[0]["status"] in (400, 413, 422)
    assert results[1]["status"] == 201


def test_a_job_does_what_its_token_may_and_no_more(client_of, label):
    release, (one, *_) = recordings(label)
    narrow = api_of(client_of, label, scopes="bulk:write catalog:read")
    job = sent(narrow, a_change(one, genre="Dub"), {"method": "DELETE", "path": f"/api/v1/releases/{release}"})
    _, results = done(narrow, label, job)
    assert [each["status"] for each in results][:1] == [403]
    assert row(label, one).genre != "Dub"
    assert api_of(client_of, label, scopes="catalog:write").post(BULK, content=b"{}", headers=JSONL).status_code == 403


def test_a_program_of_one_imprint_changes_nothing_elsewhere(client_of, label):
    _, (one, *rest) = recordings(label)
    narrow = api_of(client_of, label, imprints=("elsewhere",))
    job = sent(
        narrow, a_change(one, genre="Dub"), a_change(rest[0], genre="Dub"), a_change(rest[0], isrc="DEA012600009")
    )
    _, results = done(narrow, label, job)
    assert [each["status"] for each in results] == [404, 404, 404]
    assert row(label, one).genre != "Dub"


def test_access_that_ended_ends_its_jobs(client_of, label):
    _, found = recordings(label)
    client = a_client(label)
    api = client_of(f"{label.slug}.localhost")
    api.headers["authorization"] = f"Bearer {a_token(label, client)}"
    job = sent(api, *[a_change(each, genre="Dub") for each in found])
    with tenant_work(label) as session:
        clients.revoke(session, a_visitor(label).actor, session.get_one(type(client.row), client.client_id))
    assert not doing.piece(label, job)
    with tenant_read(label) as session:
        assert session.get_one(BulkJob, job).state == "cancelled"
    assert row(label, found[0]).genre != "Dub"


def test_another_program_and_a_rival_find_no_job(client_of, api, label, rival):
    _, (one, *_) = recordings(label)
    job = sent(api, a_change(one, genre="Dub"))
    for other in (api_of(client_of, label), api_of(client_of, rival)):
        assert other.get(f"{BULK}/{job}").status_code == 404
        assert other.get(f"{BULK}/{job}/results").status_code == 404
        assert other.put(f"{BULK}/{job}/cancellation").status_code == 404
        assert job not in {each["id"] for each in other.get(BULK).json()["items"]}
    theirs, _ = recordings(rival)
    mine = sent(api, {"method": "PATCH", "path": f"/api/v1/releases/{theirs}", "body": {"genre": "Dub"}})
    assert done(api, label, mine)[1][0]["status"] == 404


def test_what_is_sent_twice_with_one_key_is_one_job(api, label):
    _, (one, *_) = recordings(label)
    body, key = lines(a_change(one, genre="Dub")), {"idempotency-key": str(ids.new_id())}
    first, second = (api.post(BULK, content=body, headers=JSONL | key) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]


def test_jobs_in_jobs_and_streams_are_sent_by_themselves(api, label):
    job = sent(
        api,
        {"method": "POST", "path": "/api/v1/bulk", "body": {}},
        {"method": "PUT", "path": "/api/v1/bulk/x/cancellation"},
    )
    assert [each["status"] for each in done(api, label, job)[1]] == [409, 404]


def test_a_job_asks_for_a_worker_and_is_forgotten_after_a_week(api, label):
    before = asked(label, "bulk.work")
    _, (one, *_) = recordings(label)
    job = sent(api, a_change(one, genre="Dub"))
    assert asked(label, "bulk.work") == before + 1
    with tenant_work(label) as session:
        session.execute(update(BulkJob).values(asked_at=clock.now() - bulk.KEPT - bulk.KEPT))
        while bulk.forget(session):
            pass
        assert session.scalar(text("SELECT count(*) FROM bulk_operations")) == 0
    assert api.get(f"{BULK}/{job}").status_code == 404
