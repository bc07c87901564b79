"""Tracks changed by programs: one by one, and many in one request, which come to the same."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.api.rest import doing
from app.catalog.models import Track
from app.kernel import ids
from app.kernel.activity import Activity
from app.kernel.db import tenant_read
from tests.api.test_bulk import BULK, _history, done, recordings, row, sent
from tests.factories.api import api_of


@pytest.fixture
def api(client_of, label):
    return api_of(client_of, label)


def tracks(tenant, release):
    with tenant_read(tenant) as session:
        query = select(Track).where(Track.release_id == release).order_by(Track.disc, Track.number)
        return list(session.scalars(query))


def a_track_change(track, **body):
    return {"method": "PATCH", "path": f"/api/v1/tracks/{track.id}", "body": body}


BODIES = (
    {"title": "  Own   name "},
    {"position": "A1", "is_preorder_only": True},
    {"is_instant_grat": True, "recording": {"genre": "Dub", "p_year": 2026}},
    {"recording": {"title": "Called otherwise", "duration_ms": 99_000, "parental": "explicit"}},
    {"recording": {"version_title": "Live", "language": "de"}, "title": None},
    {},
)


def test_tracks_that_are_changed_together_are_what_each_would_be_by_itself(api, label):
    alone, joined = recordings(label)[0], recordings(label)[0]
    for track, body in zip(tracks(label, alone), BODIES, strict=True):
        answer = api.patch(f"/api/v1/tracks/{track.id}", json=body, headers={"if-match": "*"})
        assert answer.status_code == 200, answer.text
    changes = [a_track_change(track, **body) for track, body in zip(tracks(label, joined), BODIES, strict=True)]
    state, results = done(api, label, sent(api, *changes))
    assert state["failed"] == 0, results
    assert [each["location"] for each in results] == [f"/api/v1/tracks/{each.id}" for each in tracks(label, joined)]
    shown = [api.get(f"/api/v1/releases/{release}/tracks?sort=place").json()["items"] for release in (alone, joined)]
    own = {"id", "release_id", "recording_id", "isrc", "created_at", "updated_at"}
    for number, (one, other) in enumerate(zip(*shown, strict=True)):
        if number in (1, 2, 4, 5):  # those keep what the factory called them
            own.add("title")
        else:
            own.discard("title")
        assert {k: v for k, v in one.items() if k not in own} == {k: v for k, v in other.items() if k not in own}
    assert [each["title"] for each in shown[0]][:1] == ["Own name"]
    assert (shown[0][1]["position"], shown[0][1]["is_preorder_only"]) == ("A1", True)
    assert (shown[0][3]["title"], shown[0][3]["parental"]) == ("Called otherwise", "explicit")
    assert row(label, tracks(label, joined)[2].recording_id).genre == "Dub"


def test_a_track_that_changed_meanwhile_is_changed_by_nobody_who_saw_it_before(api, label):
    track = tracks(label, recordings(label)[0])[0]
    path = f"/api/v1/tracks/{track.id}"
    tag = api.get(path).headers["etag"]
    assert api.patch(path, json={"title": "X"}).status_code == 428
    change = {"json": {"genre": "House"}, "headers": {"if-match": "*"}}
    assert api.patch(f"/api/v1/recordings/{track.recording_id}", **change).status_code == 200
    assert api.get(path).headers["etag"] != tag
    assert api.patch(path, json={"title": "X"}, headers={"if-match": tag}).status_code == 412
    job = sent(api, {**a_track_change(track, title="Y"), "if_match": tag}, a_track_change(ids_of(), title="Z"))
    assert [each["status"] for each in done(api, label, job)[1]] == [412, 404]
    answer = api.patch(path, json={"title": "New"}, headers={"if-match": api.get(path).headers["etag"]})
    assert (answer.status_code, answer.json()["title"]) == (200, "New")
    assert answer.headers["etag"] == api.get(path).headers["etag"]


def ids_of():
    """A track that nobody has."""
    return Track(id=ids.new_id())


def test_a_change_of_a_track_is_taken_back_with_the_release(api, label):
    release = recordings(label)[0]
    track = tracks(label, release)[0]
    before = api.get(f"/api/v1/tracks/{track.id}").json()["title"]
    body = {"title": "Mistaken", "is_preorder_only": True}
    assert api.patch(f"/api/v1/tracks/{track.id}", json=body, headers={"if-match": "*"}).status_code == 200
    with tenant_read(label) as session:
        query = select(Activity.id).where(Activity.subject_id == release, Activity.action == "release.changed")
        entry = session.scalars(query.order_by(Activity.seq.desc())).first()
    back = api.post(f"/api/v1/releases/{release}/restorations", json={"activity_id": str(entry)})
    assert back.status_code == 200, back.text
    shown = api.get(f"/api/v1/tracks/{track.id}").json()
    assert (shown["title"], shown["is_preorder_only"]) == (before, False)


def test_a_code_goes_by_itself_and_one_that_is_taken_changes_nothing(api, label):
    one, other, *_ = tracks(label, recordings(label)[0])
    code = row(label, other.recording_id).isrc or "QZABC2600077"
    first = a_track_change(other, recording={"isrc": code})
    taken = a_track_change(one, title="Never", recording={"isrc": code})
    assert [each["status"] for each in done(api, label, sent(api, first, taken))[1]] == [200, 409]
    assert tracks(label, one.release_id)[0].title is None


def test_a_recording_at_two_places_is_changed_through_both_in_order(api, label):
    release, (one, *_) = recordings(label)
    added = api.post(f"/api/v1/releases/{release}/tracks", json={"recording_id": str(one)})
    assert added.status_code == 201, added.text
    held = [each for each in tracks(label, release) if each.recording_id == one]
    genres = ["First", "Last"]
    job = sent(api, *[a_track_change(t, recording={"genre": g}) for t, g in zip(held, genres, strict=True)])
    assert done(api, label, job)[0]["failed"] == 0
    assert row(label, one).genre == "Last"
    assert len(_history(label, one)) == 2


def test_tracks_of_others_are_changed_by_no_rival_and_by_nobody_outside_their_part(client_of, label, rival):
    track = tracks(label, recordings(label)[0])[0]
    sneaky = api_of(client_of, rival)
    answer = sneaky.patch(f"/api/v1/tracks/{track.id}", json={"title": "X"}, headers={"if-match": "*"})
    assert answer.status_code == 404
    assert [each["status"] for each in done(sneaky, rival, sent(sneaky, *[a_track_change(track, title="X")] * 2))[1]] == [
        404, 404
    ]  # fmt: skip
    assert tracks(label, track.release_id)[0].title is None


def test_many_tracks_take_no_statement_each(api, label, statements):
    few, many = (tracks(label, recordings(label, count)[0]) for count in (5, 60))

    def counted(found):
        job = sent(api, *[a_track_change(t, title="T", recording={"genre": "Dub"}) for t in found])
        with statements() as seen:
            while doing.piece(label, job):
                pass
        assert api.get(f"{BULK}/{job}").json()["failed"] == 0
        return len(seen)

    assert counted(many) <= counted(few) + 5
