"""Everything of releases, recordings and works through the portal: edited together, put in order, taken back."""

from __future__ import annotations

import base64
import io
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, func, select, update

from app.catalog import tasks
from app.catalog.models import (
    Credit,
    Recording,
    RecordingArtist,
    RecordingWork,
    Release,
    ReleaseArtist,
    Track,
    Work,
    WorkWriter,
)
from app.kernel import db, files
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.kernel.files import StoredFile
from app.kernel.jobs.outbox import OutboxRow
from app.kernel.media.sandbox import sandbox
from app.roster.models import Artist, Contributor
from tests.factories.catalog import a_release, an_imprint, narrowed
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member
from tests.media import a_cover

RELEASES, RECORDINGS, WORKS, TRACKS = "/portal/releases", "/portal/recordings", "/portal/works", "/portal/tracks"


@pytest.fixture
def mine(connected):
    return a_label()


@pytest.fixture(scope="module", autouse=True)
def _no_leftover_child():
    yield
    sandbox().close()


def read(tenant, query):
    with db.tenant_read(tenant) as session:
        return list(session.execute(query).all())


def one(tenant, model, row_id):
    with db.tenant_read(tenant) as session:
        return session.get(model, row_id)


def tracks(tenant, release):
    """Disc, number and title, in order."""
    query = select(Track.disc, Track.number, Recording.title).join(Recording, Recording.id == Track.recording_id)
    return [
        tuple(row) for row in read(tenant, query.where(Track.release_id == release).order_by(Track.disc, Track.number))
    ]


def track_ids(tenant, release):
    query = select(Track.id).where(Track.release_id == release).order_by(Track.disc, Track.number)
    return [str(row.id) for row in read(tenant, query)]


def recording_of(tenant, release, place=0):
    query = select(Track.recording_id).where(Track.release_id == release).order_by(Track.disc, Track.number)
    return read(tenant, query)[place].recording_id


def artists(tenant, release):
    query = select(ReleaseArtist.credited_as, ReleaseArtist.role).where(ReleaseArtist.release_id == release)
    return [tuple(row) for row in read(tenant, query.order_by(ReleaseArtist.position))]


def acts(*rows, match="1", **more):
    """An editor's form with these artists: name, role, credited as."""
    columns = zip(*rows, strict=True) if rows else ([], [], [])
    names, roles, as_ = (list(column) for column in columns)
    said = {"artist": [""] * len(names), "artist_name": names, "artist_role": roles, "artist_as": as_}
    return {"match": match, "parts": "artists"} | said | more


def versions(tenant, *rows):
    return [one(tenant, model, row_id).version for model, row_id in rows]


def last_change(tenant, row_id, action):
    query = select(Activity.id, Activity.before, Activity.after).where(
        Activity.subject_id == row_id, Activity.action == action
    )
    return read(tenant, query.order_by(Activity.seq.desc()).limit(1))[0]


def undo_of(page):
    return re.search(r'action="([^"]+/restorations/[^"]+)"', page)[1]


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


def order(client, release, places, match="1"):
    said = {"track": [track for track, _ in places], "disc": [str(disc) for _, disc in places], "match": match}
    return client.post(f"{RELEASES}/{release}/order", data=said)


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
    assert order(client, release, [(c, 1), (b, 1), (a, 1)], match="7").status_code == 412
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


def add(client, release, **said):
    return client.post(f"{RELEASES}/{release}/places", data={"title": "New"} | said)


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


def test_a_recording_is_edited_with_credits_works_and_lyrics(client_as, mine):
    client, release = client_as(mine), a_release(mine)
    recording = recording_of(mine, release)
    said = {
        "match": "1", "parts": "credits works", "lyrics": "First line\nSecond line", "is_instrumental": ["false", "true"],
        "parental": "explicit", "ai_use": "partial", "lyrics_language": "sr-Cyrl",
        "credit": ["", ""], "credit_name": ["Mira Okafor", "Mira Okafor"], "credit_role": ["Producer", "Composer"],
        "work": "", "work_title": "The Song",
    }  # fmt: skip
    answer = client.post(f"{RECORDINGS}/{recording}", data=said)
    assert answer.status_code == 303, answer.text
    held = one(mine, Recording, recording)
    assert (held.lyrics, held.parental, held.ai_use, held.is_instrumental) == (
        said["lyrics"],
        "explicit",
        "partial",
        True,
    )
    assert [row.role for row in read(mine, select(Credit.role).order_by(Credit.position))] == ["Producer", "Composer"]
    assert len(read(mine, select(Contributor.id))) == 1
    work = read(mine, select(RecordingWork.work_id).where(RecordingWork.recording_id == recording))[0].work_id
    page = client.get(f"{RECORDINGS}/{recording}").text
    for word in ("Mira Okafor", "Producer", "The Song", "Second line", "Explicit"):
        assert word in page
    assert client.post(undo_of(page)).status_code == 303
    assert one(mine, Recording, recording).lyrics is None
    assert read(mine, select(Credit.role)) == []
    assert one(mine, Work, work).title == "The Song"
    late = client.post(f"{RECORDINGS}/{recording}", data=said)
    assert late.status_code == 412


def test_writers_of_a_work_share_no_more_than_the_whole(client_as, mine):
    client, release = client_as(mine), a_release(mine)
    recording = recording_of(mine, release)
    client.post(f"{RECORDINGS}/{recording}", data={"match": "1", "parts": "works", "work": "", "work_title": "Song"})
    work = read(mine, select(Work.id))[0].id

    def writers(*shares, match="1"):
        said = {"match": match, "parts": "writers", "writer": [""] * 2, "writer_name": ["Ada", "Eve"]}
        return client.post(
            f"{WORKS}/{work}", data=said | {"writer_role": ["Composer", "Lyricist"], "writer_share": list(shares)}
        )

    assert writers("33.3333", "").status_code == 303
    assert sorted(read(mine, select(WorkWriter.role, WorkWriter.share_ppm))) == [
        ("Composer", 333_333),
        ("Lyricist", None),
    ]
    assert writers("60", "40,5", match="2").status_code == 422
    assert writers("sixty", "40", match="2").status_code == 422
    assert writers("60", "40").status_code == 412
    page = client.get(f"{WORKS}/{work}").text
    assert "33.3333 %" in page
    assert client.post(f"{WORKS}/{work}", data={"match": "2", "iswc": "T-034.524.680-2"}).status_code == 422
    assert client.post(f"{WORKS}/{work}", data={"match": "2", "iswc": "T-034.524.680-1"}).status_code == 303
    assert one(mine, Work, work).iswc == "T0345246801"
    change = last_change(mine, work, "work.changed")
    assert client.post(f"{WORKS}/{work}/restorations", data={"activity": str(change.id)}).status_code == 303
    assert one(mine, Work, work).iswc is None


FACTS = {
    "codec": "flac", "bits": 24, "rate": 96_000, "channels": 2, "duration_ms": 201_000, "loudness_lufs": -9.4,
    "true_peak_dbtp": 0.6, "waveform": base64.b64encode(bytes(range(200))).decode(), "clipped": 2,
}  # fmt: skip


def test_a_recording_shows_how_it_sounds_and_lets_it_be_heard(client_as, mine, rival):
    client, release = client_as(mine), a_release(mine)
    recording = recording_of(mine, release)
    assert client.get(f"{RECORDINGS}/{recording}/preview").status_code == 404
    stored = files.store_stream(Actor.system(mine), [b"sound"], name="p.m4a", media_type="audio/mp4")
    with db.tenant_work(mine) as session:
        session.execute(update(Recording).where(Recording.id == recording).values(audio=FACTS, preview_id=stored.id))
    page = client.get(f"{RECORDINGS}/{recording}").text
    for word in ("FLAC 24 bit", "96.0 kHz", "-9.4 LUFS", "0.6 dBTP", FACTS["waveform"], f"{recording}/preview"):
        assert word in page, word
    link = client.get(f"{RECORDINGS}/{recording}/preview").headers["location"]
    assert client.get(link).content == b"sound"
    assert client_as(rival).get(f"{RECORDINGS}/{recording}/preview").status_code == 404
    assert client_as(rival).get(link).status_code == 404


def a_picture(side=1200, form="PNG"):
    out = io.BytesIO()
    a_cover(side).save(out, form)
    return out.getvalue()


def made(tenant):
    """Do what the worker was asked for, twice, as it may be sent again."""
    with db.platform_work() as session:
        asked = [
            row.args
            for row in session.scalars(
                select(OutboxRow).where(OutboxRow.label == tenant.id, OutboxRow.task == "catalog.thumbnails")
            )
        ]
    for args in asked * 2:
        with db.tenant_work(tenant) as session:
            tasks.make_thumbnails(session, tenant, **args)


def upload(client, release, body, name="cover.png"):
    return client.post(f"{RELEASES}/{release}/artwork", files={"file": (name, body, "image/png")})


def test_artwork_is_looked_at_kept_and_shown_small(client_as, mine, rival):
    client, release = client_as(mine), a_release(mine)
    assert upload(client, release, a_picture()).status_code == 303
    held = one(mine, Release, release)
    assert (held.artwork["width"], held.artwork["format"], held.version) == (1200, "png", 2)
    assert "being made" in client.get(f"{RELEASES}/{release}").text
    made(mine)
    copies = one(mine, Release, release).artwork["thumbnails"]
    assert set(copies) == {"96", "320", "640"}
    derived = read(mine, select(StoredFile.media_type).where(StoredFile.is_derived))
    assert sorted(row.media_type for row in derived) == ["image/avif"] * 3 + ["image/webp"] * 3
    assert one(mine, Release, release).version == 2
    page = client.get(f"{RELEASES}/{release}").text
    link = re.search(r'srcset="(/files/[^ ]+) 96w', page)[1]
    assert client.get(link).headers["content-type"] == "image/avif"
    assert client_as(rival).get(link).status_code == 404
    assert "<picture>" in client.get(RELEASES).text
    assert "cover.png" in (listed := client.get("/portal/files").text)
    assert "96.avif" not in listed
    assert client.post(f"{RELEASES}/{release}/artwork/removal").status_code == 303
    assert one(mine, Release, release).artwork is None
    assert client.post(undo_of(client.get(f"{RELEASES}/{release}").text)).status_code == 303
    assert one(mine, Release, release).artwork["thumbnails"] == copies


def test_a_picture_that_cannot_be_artwork_is_refused_by_name(client_as, mine, rival):
    client, release = client_as(mine), a_release(mine)
    cut = a_picture(600, "JPEG")[:9000]
    for body, words in ((b"no picture", "not a picture"), (cut, "damaged"), (b"", "not a picture")):
        answer = upload(client, release, body)
        assert answer.status_code == 422
        assert words in answer.text, words
    assert client.post(f"{RELEASES}/{release}/artwork", files={"other": ("a", b"b")}).status_code == 422
    assert one(mine, Release, release).artwork_id is None
    assert read(mine, select(func.count(StoredFile.id)))[0][0] == 0
    assert upload(client_as(rival), release, a_picture(400)).status_code == 404
    assert upload(client_as(mine, "artist"), release, a_picture(400)).status_code in (403, 404)


def listed(page):
    return re.findall(r'<a href="/portal/recordings/[^"]+"><bdi>([^<]+)</bdi>', page)


def test_tracks_of_all_releases_are_found_filtered_and_sorted(client_as, mine):
    client = client_as(mine)
    first = a_release(mine, "Alpha", tracks=2, artists=["Zed"])
    a_release(mine, "Beta", tracks=1, artists=["Ada"], label="Dawn")
    add(client, a_release(mine, "Gamma", tracks=0), title="x", recording=str(recording_of(mine, first)))
    with db.tenant_work(mine) as session:
        session.execute(
            update(Recording)
            .where(Recording.title == "Beta 1")
            .values(genre="Jazz", language="de", isrc="DEA012600001")
        )
        session.execute(
            update(Recording).where(Recording.title == "Alpha 2").values(parental="explicit", duration_ms=999_000)
        )
    page = client.get(TRACKS).text
    assert listed(page) == ["Alpha 1", "Alpha 2", "Beta 1"]
    assert "+1" in page
    for query, expected in {
        "q=beta": ["Beta 1"], "genre=jazz": ["Beta 1"], "language=de": ["Beta 1"], "parental=explicit": ["Alpha 2"],
        "imprint=dawn": ["Beta 1"], "lacks=isrc": ["Alpha 1", "Alpha 2"], "problems=some": [],
        "sort=-title": ["Beta 1", "Alpha 2", "Alpha 1"], "sort=artist": ["Beta 1", "Alpha 1", "Alpha 2"],
        "sort=-duration": ["Alpha 2", "Beta 1", "Alpha 1"], "sort=-releases": None, "sort=isrc": None, "sort=genre": None,
        "sort=language": None, "sort=added": ["Alpha 1", "Alpha 2", "Beta 1"], "lacks=audio": None, "lacks=credits": None,
        "lacks=lyrics": None,
    }.items():  # fmt: skip
        found = listed(client.get(f"{TRACKS}?{query}").text)
        assert sorted(found) == ["Alpha 1", "Alpha 2", "Beta 1"] if expected is None else found == expected, query
    assert client.get(f"{TRACKS}?lacks=love").status_code == 422


def test_tracks_are_walked_page_by_page_and_taken_along(client_as, mine):
    client = client_as(mine)
    a_release(mine, "=Formula", tracks=120)
    for sort in ("-duration", "title"):
        seen, address = [], f"{TRACKS}?sort={sort}"
        while address:
            page = client.get(address).text
            seen += listed(page)
            more = re.search(r'href="([^"]*after=[^"]*)"', page)
            address = more[1].replace("&amp;", "&") if more else None
        assert len(seen) == len(set(seen)) == 120, sort
    table = client.get(f"{TRACKS}/export?as=csv").text
    assert len(table.strip().splitlines()) == 121
    assert "'=Formula 1" in table
    assert client.get(f"{TRACKS}/export?as=xlsx").content[:2] == b"PK"
    ids = re.findall(r'name="id" form="chosen" value="([^"]+)"', client.get(TRACKS).text)[:2]
    assert len(client.post(f"{TRACKS}/export", data={"id": ids}).text.strip().splitlines()) == 3


def test_the_grid_changes_recordings_of_many_releases_at_once_and_takes_it_back(client_as, mine):
    client = client_as(mine)
    first, second = recording_of(mine, a_release(mine, "One")), recording_of(mine, a_release(mine, "Two"))
    page = client.get(f"{TRACKS}/grid", params={"id": [str(first), str(second)]}).text
    assert page.count("data-id=") == 2
    assert client.get(f"{TRACKS}/grid?q=one").text.count("data-id=") == 2

    def save(*rows):
        return client.post(f"{TRACKS}/grid", json={"rows": list(rows)}, headers={"accept": "application/json"})

    def row(recording, was, title):
        return {"id": str(recording), "cells": {"title": title}, "before": {"title": was}}

    bad = save(row(first, "One 1", "Uno"), {"id": str(second), "cells": {"isrc": "x"}, "before": {"isrc": ""}})
    assert bad.status_code == 422
    assert one(mine, Recording, first).title == "One 1"
    assert save(row(first, "One 1", "Uno"), row(second, "Two 1", "Due")).status_code == 200
    assert [one(mine, Recording, each).title for each in (first, second)] == ["Uno", "Due"]
    assert save(row(first, "One 1", "Ein")).status_code == 412
    assert client.post(undo_of(client.get(TRACKS).text)).status_code == 303
    assert [one(mine, Recording, each).title for each in (first, second)] == ["One 1", "Two 1"]


@pytest.fixture
def scoped(client_of, mine):
    """A browser of somebody who sees what is by Ada alone, and both releases."""
    theirs, other = a_release(mine, "Hers", artists=["Ada"]), a_release(mine, "Other", artists=["Eve"])
    member = a_member(mine, role="product")
    narrowed(mine, member, artists=["ada"])
    client = client_of(f"{mine.slug}.localhost")
    assert client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD}).status_code == 303
    return client, theirs, other


def test_whoever_is_narrowed_to_a_part_reaches_nothing_else_through_any_editor(scoped, mine):
    client, theirs, other = scoped
    hidden = recording_of(mine, other)
    for address in (f"{RECORDINGS}/{hidden}", f"{RECORDINGS}/{hidden}/edit", f"{RELEASES}/{other}/edit"):
        assert client.get(address).status_code == 404, address
    assert client.get(f"{RECORDINGS}/{recording_of(mine, theirs)}").status_code == 200
    assert listed(client.get(TRACKS).text) == ["Hers 1", "Hers 2"]
    assert add(client, theirs, title="Other 1", recording=str(hidden)).status_code == 404
    assert client.get(f"{TRACKS}/grid", params={"id": [str(hidden)]}).status_code == 404
    row = {"id": str(hidden), "cells": {"title": "X"}, "before": {"title": "Other 1"}}
    assert client.post(f"{TRACKS}/grid", json={"rows": [row]}).status_code == 404
    assert order(client, other, [(track, 1) for track in track_ids(mine, other)]).status_code == 404
    assert client.post(f"{RELEASES}/{theirs}", data=acts(("Nobody Yet", "main", ""))).status_code == 403
    for kind in ("artists", "recordings", "people", "works"):
        found = client.get(f"/portal/names?of={kind}&q=e").json()
        assert not [row for row in found if row["name"].startswith(("Eve", "Other"))], kind


def test_names_are_found_with_a_slip_and_never_a_rivals(client_as, mine, rival):
    a_release(mine, "Nattverk", artists=["Signe Aaltonen"], tracks=1)
    a_release(rival, "Nattverk Rival", artists=["Signe Rival"], tracks=1)
    client = client_as(mine)
    assert [row["name"] for row in client.get("/portal/names?of=artists&q=signe alto").json()] == ["Signe Aaltonen"]
    assert [row["name"] for row in client.get("/portal/names?of=recordings&q=natverk").json()] == ["Nattverk 1"]
    assert client.get("/portal/names?of=artists&q=").json() == []
    assert client.get("/portal/names?of=secrets&q=a").status_code == 422


def statements(tenant, ask):
    """How many statements a request takes."""
    count = 0

    def counted(*_):
        nonlocal count
        count += 1

    with db.tenant_read(tenant) as session:
        engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", counted)
    try:
        assert ask().status_code < 400
    finally:
        event.remove(engine, "before_cursor_execute", counted)
    return count


def test_pages_take_as_many_statements_for_many_tracks_as_for_few(client_as, mine):
    client = client_as(mine)
    few, many = a_release(mine, tracks=2), a_release(mine, tracks=80)
    for path in ("", "/edit", "/tracks"):
        client.get(f"{RELEASES}/{few}{path}")  # what is asked once is not asked again
        counts = [statements(mine, lambda at=f"{RELEASES}/{each}{path}": client.get(at)) for each in (few, many)]
        assert counts[0] == counts[1] < 20, path

    def reverse(release):
        there = track_ids(mine, release)
        match = str(one(mine, Release, release).version)
        return statements(mine, lambda: order(client, release, [(track, 1) for track in there[::-1]], match))

    assert reverse(few) == reverse(many) < 25
    assert statements(mine, lambda: client.get(TRACKS)) < 14
