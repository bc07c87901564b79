"""Everything of releases, recordings and works through the portal: edited together, put in order, taken back."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from app.catalog.models import (
    Recording,
    RecordingArtist,
    Release,
    ReleaseArtist,
    Track,
)
from app.roster.models import Artist
from tests.catalog.desk import (
    RECORDINGS,
    RELEASES,
    acts,
    add,
    artists,
    last_change,
    one,
    order,
    read,
    recording_of,
    track_ids,
    tracks,
    undo_of,
)
from tests.factories.catalog import a_release, an_imprint, narrowed
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member


@pytest.fixture
def mine(connected):
    return a_label()


def test_artists_are_put_in_order_credited_otherwise_and_added_in_place(client_as, mine):
    client, release = client_as(mine), a_release(mine, "Nattverk", artists=["Ada"])
    said = acts(("Eve", "main", ""), ("Ada", "main", "A. D. A."), ("Zoë", "featured", ""), ("Kim", "remixer", ""))
    answer = client.post(f"{RELEASES}/{release}", data=said | {"title": "Nattverk II"})
    assert answer.status_code == 303, answer.text
    assert artists(mine, release) == [("Eve", "main"), ("A. D. A.", "main"), ("Zoë", "featured"), ("Kim", "remixer")]
    held = one(mine, Release, release)
    assert (held.title, held.artist_line, held.version) == ("Nattverk II", "Eve & A. D. A. feat. Zoë", 2)
    assert "zoe" in held.folded
    assert [row.name for row in read(mine, select(Artist.name).order_by(Artist.name))] == ["Ada", "Eve", "Kim", "Zoë"]
    change = last_change(mine, release, "release.changed")
    assert [item["name"] for item in change.before["artists"]] == ["Ada"]
    assert client.post(undo_of(client.get(f"{RELEASES}/{release}").text)).status_code == 303
    assert artists(mine, release) == [("Ada", "main")]
    assert one(mine, Release, release).artist_line == "Ada"


@pytest.mark.parametrize(
    "rows",
    [[], [("Eve", "featured", "")], [("Eve", "boss", "")], [("Eve", "main", ""), ("eve", "main", "E")]],
    ids=["nobody", "nobody main", "no such role", "twice"],
)
def test_artists_who_cannot_be_are_refused_with_what_was_typed(client_as, mine, rows):
    client, release = client_as(mine), a_release(mine, artists=["Ada"])
    answer = client.post(f"{RELEASES}/{release}", data=acts(*rows))
    assert answer.status_code == 422
    assert 'id="artists-problem"' in answer.text
    assert all(f'value="{name}"' in answer.text for name, *_ in rows)
    assert artists(mine, release) == [("Ada", "main")]
    assert [row.name for row in read(mine, select(Artist.name))] == ["Ada"]


def test_an_artist_of_another_label_is_not_put_on_a_release(client_as, mine, rival):
    a_release(rival, artists=["Theirs"])
    theirs = read(rival, select(Artist.id).where(Artist.name == "Theirs"))[0].id
    client, release = client_as(mine), a_release(mine, artists=["Ada"])
    said = acts(("Theirs", "main", "")) | {"artist": [str(theirs)]}
    assert client.post(f"{RELEASES}/{release}", data=said).status_code == 303
    assert read(mine, select(ReleaseArtist.artist_id).where(ReleaseArtist.release_id == release))[0][0] != theirs


def test_two_who_edit_artists_see_both(client_as, mine):
    client, release = client_as(mine), a_release(mine, artists=["Ada"])
    assert client.post(f"{RELEASES}/{release}", data=acts(("Eve", "main", ""))).status_code == 303
    late = client.post(f"{RELEASES}/{release}", data=acts(("Kim", "main", "")))
    assert late.status_code == 412
    assert 'value="Kim"' in late.text
    assert "Now it is: <bdi>Eve" in re.sub(r"\s+", " ", late.text)
    assert artists(mine, release) == [("Eve", "main")]


def titled(*rows, match="1"):
    language, script, text, latin = (list(column) for column in zip(*rows, strict=True))
    said = {"title_language": language, "title_script": script, "title_text": text, "title_latin": latin}
    return {"match": match, "parts": "titles"} | said


def test_titles_in_other_languages_have_a_script_and_a_transliteration(client_as, mine):
    client, release = client_as(mine), a_release(mine)
    recording = recording_of(mine, release)
    for address, model, row_id in ((RELEASES, Release, release), (RECORDINGS, Recording, recording)):
        said = titled(("ja", "", "夜", "Yoru"), ("sr", "Latn", "Noć", ""))
        assert client.post(f"{address}/{row_id}", data=said).status_code == 303
        assert one(mine, model, row_id).titles == {
            "ja": {"title": "夜", "transliteration": "Yoru"},
            "sr-Latn": {"title": "Noć", "transliteration": ""},
        }
        page = client.get(f"{address}/{row_id}").text
        assert 'lang="ja">夜' in page
        assert 'value="sr"' in client.get(f"{address}/{row_id}/edit").text
        wrong = client.post(f"{address}/{row_id}", data=titled(("xx", "", "A", ""), match="2"))
        assert wrong.status_code == 422
        assert 'id="titles-problem"' in wrong.text


def test_an_imprint_is_chosen_among_those_one_may_see(client_of, client_as, mine):
    dawn = an_imprint(mine, "Dawn")
    release = a_release(mine)
    client = client_as(mine)
    said = {"match": "1", "parts": "imprint", "imprint": str(dawn.id)}
    assert client.post(f"{RELEASES}/{release}", data=said).status_code == 303
    assert one(mine, Release, release).imprint_id == dawn.id
    assert last_change(mine, release, "release.changed").before["imprint"][0]["name"] == "Nightjar"
    other = a_member(mine, role="product")
    narrowed(mine, other, imprints=["dawn"])
    scoped = client_of(f"{mine.slug}.localhost")
    scoped.post("/portal/sign-in", data={"email": other.email, "password": PASSWORD})
    nightjar = read(mine, select(Release.imprint_id).where(Release.id == a_release(mine)))[0].imprint_id
    out = scoped.post(f"{RELEASES}/{release}", data={"match": "2", "parts": "imprint", "imprint": str(nightjar)})
    assert out.status_code == 404


def test_tracks_change_places_in_one_statement_and_come_back(client_as, mine):
    client, release = client_as(mine), a_release(mine, "R", tracks=4)
    a, b, c, d = track_ids(mine, release)
    assert order(client, release, [(d, 1), (a, 1), (c, 3), (b, 3)]).status_code == 303
    assert tracks(mine, release) == [(1, 1, "R 4"), (1, 2, "R 1"), (2, 1, "R 3"), (2, 2, "R 2")]
    assert "data-disc-number>2<" in client.get(f"{RELEASES}/{release}").text
    assert track_ids(mine, release) == [d, a, c, b]
    change = last_change(mine, release, "release.changed")
    restored = client.post(f"{RELEASES}/{release}/restorations", data={"activity": str(change.id), "field": "tracks"})
    assert restored.status_code == 303
    assert tracks(mine, release) == [(1, 1, "R 1"), (1, 2, "R 2"), (1, 3, "R 3"), (1, 4, "R 4")]


def test_an_order_of_other_tracks_or_of_an_older_state_changes_nothing(client_as, mine):
    client, release, other = client_as(mine), a_release(mine, "R", tracks=3), a_release(mine, tracks=1)
    a, b, c = track_ids(mine, release)
    (foreign,) = track_ids(mine, other)
    for places in ([(a, 1), (b, 1)], [(a, 1), (b, 1), (foreign, 1)], [(a, 1), (a, 1), (b, 1)], []):
        assert order(client, release, places).status_code == 412, places
    late = order(client, release, [(c, 1), (b, 1), (a, 1)], match="7")
    assert late.status_code == 412
    assert "<bdi>1. R 3</bdi>, <bdi>2. R 2</bdi>" in late.text
    for wrong in ("0", "x", "-1", "1000"):
        assert order(client, release, [(c, 1), (b, 1), (a, wrong)]).status_code == 422
    assert track_ids(mine, release) == [a, b, c]


def test_of_two_who_put_in_order_at_once_one_is_told(client_as, mine):
    client, release = client_as(mine), a_release(mine, "R", tracks=6)
    there = track_ids(mine, release)
    wishes = [[(one, 1) for one in there[::-1]], [(one, 1) for one in there[3:] + there[:3]]]
    with ThreadPoolExecutor(2) as pool:
        answers = [answer.status_code for answer in pool.map(lambda wish: order(client, release, wish), wishes)]
    assert sorted(answers) == [303, 412]
    assert [number for _, number, _ in tracks(mine, release)] == [1, 2, 3, 4, 5, 6]


def test_a_new_recording_and_one_of_the_catalogue_become_tracks(client_as, mine):
    client = client_as(mine)
    first, second = a_release(mine, "One", artists=["Ada", "Eve"], tracks=1), a_release(mine, "Two", tracks=0)
    shared = recording_of(mine, first)
    assert add(client, second, title="One 1", recording=str(shared)).status_code == 303
    assert add(client, second, title="Fresh").status_code == 303
    assert add(client, second, title="Live", disc="new").status_code == 303
    assert tracks(mine, second) == [(1, 1, "One 1"), (1, 2, "Fresh"), (2, 1, "Live")]
    assert recording_of(mine, second) == shared
    fresh = recording_of(mine, second, 1)
    by = read(mine, select(RecordingArtist.credited_as).where(RecordingArtist.recording_id == fresh))
    assert [row.credited_as for row in by] == ["Ada & the Rest"]
    assert one(mine, Recording, fresh).folded == "fresh ada the rest"
    page = client.get(f"{RECORDINGS}/{shared}").text
    assert "One" in page
    assert "Two" in page
    assert add(client, second, title="  ").status_code == 422


def test_a_removed_track_closes_the_gap_keeps_its_recording_and_comes_back_itself(client_as, mine):
    client, release = client_as(mine), a_release(mine, "R", tracks=3)
    a, b, c = track_ids(mine, release)
    gone = recording_of(mine, release, 1)
    assert client.post(f"{RELEASES}/{release}/places/{b}/removal").status_code == 303
    assert tracks(mine, release) == [(1, 1, "R 1"), (1, 2, "R 3")]
    assert one(mine, Recording, gone) is not None
    assert client.post(undo_of(client.get(f"{RELEASES}/{release}").text)).status_code == 303
    assert track_ids(mine, release) == [a, b, c]
    assert client.post(f"{RELEASES}/{a_release(mine)}/places/{b}/removal").status_code == 404


def test_tracks_that_come_at_once_with_a_pre_order_are_chosen_and_taken_back(client_as, mine):
    client, release = client_as(mine), a_release(mine)
    first, second = track_ids(mine, release)[:2]

    def instant():
        query = select(Track.id).where(Track.release_id == release, Track.is_instant_grat)
        return [str(row.id) for row in read(mine, query)]

    def save(*chosen, match):
        said = {"match": match, "parts": "tracks", "preorder_date": "2026-11-01", "instant": list(chosen)}
        return client.post(f"{RELEASES}/{release}", data=said)

    assert save(second, "no such track", match="1").status_code == 303
    assert instant() == [second]
    assert f'value="{second}" checked' in client.get(f"{RELEASES}/{release}/edit").text
    page = client.get(f"{RELEASES}/{release}").text
    assert "(At once with a pre-order)" in page
    assert save(first, match="1").status_code == 412
    assert save(match="2").status_code == 303
    assert instant() == []
    assert client.post(undo_of(client.get(f"{RELEASES}/{release}").text)).status_code == 303
    assert instant() == [second]
