"""Recordings, works and artwork through the portal, and tracks across releases."""

from __future__ import annotations

import base64
import io
import re

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select, update

from app.catalog import tasks
from app.catalog.models import (
    Credit,
    Recording,
    RecordingWork,
    Release,
    Work,
    WorkWriter,
)
from app.kernel import db, files
from app.kernel.actor import Actor
from app.kernel.files import StoredFile
from app.kernel.jobs.outbox import OutboxRow
from app.kernel.media.sandbox import sandbox
from app.roster.models import Contributor
from tests.catalog.desk import (
    RECORDINGS,
    RELEASES,
    TRACKS,
    WORKS,
    acts,
    add,
    last_change,
    one,
    order,
    read,
    recording_of,
    track_ids,
    undo_of,
)
from tests.factories.catalog import a_release, narrowed
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member
from tests.media import a_cover


@pytest.fixture
def mine(connected):
    return a_label()


@pytest.fixture(scope="module", autouse=True)
def _no_leftover_child():
    yield
    sandbox().close()


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


def test_what_people_did_is_told_and_typed_in_the_readers_words(client_as, connected):
    mine = a_label(languages=("en", "de"))
    client, release = client_as(mine), a_release(mine)
    recording = recording_of(mine, release)
    client.headers["accept-language"] = "de"
    said = {
        "match": "1", "parts": "credits", "credit": [""] * 3, "credit_name": ["Ada", "Ada", "Eve"],
        "credit_role": ["produzent", "MixingEngineer", "Glasharfe"],
    }  # fmt: skip
    assert client.post(f"{RECORDINGS}/{recording}", data=said).status_code == 303
    kept = [row.role for row in read(mine, select(Credit.role).order_by(Credit.position))]
    assert kept == ["Producer", "MixingEngineer", "Glasharfe"]
    for page in (f"{RECORDINGS}/{recording}", f"{RELEASES}/{release}"):
        text = client.get(page).text
        assert "Produzent" in text
        assert "Mischingenieur" in text
        assert "MixingEngineer" not in text
    text = client.get(f"{RECORDINGS}/{recording}/edit").text
    assert 'value="Mischingenieur" list="credit-roles"' in text
    assert 'value="Glasharfe" list="credit-roles"' in text
    behind = client.post(f"{RECORDINGS}/{recording}", data=said | {"credit_role": ["Producer", "Mixer", "Glasharfe"]})
    assert behind.status_code == 412
    assert "Ada · Mischingenieur" in behind.text


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
    book = client.post(f"{TRACKS}/export", data={"id": ids, "as": "xlsx"}).content
    rows = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert len(rows) == 3, "the chosen ones and the heads"
    assert 'name="as" value="xlsx"' in client.get(TRACKS).text


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


def asked(statements, ask):
    """How many statements a request takes."""
    with statements() as seen:
        assert ask().status_code < 400
    return len(seen)


def test_pages_take_as_many_statements_for_many_tracks_as_for_few(client_as, mine, statements):
    client = client_as(mine)
    few, many = a_release(mine, tracks=2), a_release(mine, tracks=80)
    for path in ("", "/edit", "/tracks"):
        client.get(f"{RELEASES}/{few}{path}")  # what is asked once is not asked again
        counts = [asked(statements, lambda at=f"{RELEASES}/{each}{path}": client.get(at)) for each in (few, many)]
        assert counts[1] <= counts[0] + 2 < 22, path  # a session notes now and then when it was seen

    def reverse(release):
        there = track_ids(mine, release)
        match = str(one(mine, Release, release).version)
        return asked(statements, lambda: order(client, release, [(track, 1) for track in there[::-1]], match))

    assert reverse(many) <= reverse(few) + 2 < 27
    assert asked(statements, lambda: client.get(TRACKS)) < 14
