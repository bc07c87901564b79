"""What a fan keeps: whole, tagged, with its cover, and made once."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from datetime import timedelta
from uuid import UUID

import av
import numpy as np
import pytest
from sqlalchemy import select

from app.catalog.models import Recording, Track
from app.kernel import clock, db, files, ids
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.kernel.media import audio
from app.streaming import service
from app.streaming.errors import MasterMissing, PackageFailed, PackageNotReady, PackageUnknown
from app.streaming.models import Package
from app.streaming.rules.contents import Contents, Piece, copyright_line, file_names, full_title, safe_stem
from tests.factories.labels import a_label
from tests.media import a_cover, as_integers, wav
from tests.streaming.mastering import changed, decode, mastered, music, out, work

FORMATS = ("mp3_320", "aac_256", "flac", "wav_24")
_made = {}


def sound(seed=1, seconds=1.5, **details):
    return music(seconds, seed=seed, **details)


@pytest.fixture
def album(connected):
    """A label with a release of two tracks of 24 bits, an awkward title and a cover; its packages are made once."""
    if not _made:
        tenant = a_label()
        release_id, recordings = out(tenant, title='Nacht/Linie: "Teil 1"', sounds=[sound(1), sound(2)])
        _told(tenant, release_id, recordings)
        _made["album"] = tenant, release_id, recordings
        for form in FORMATS:
            asked(tenant, form, release_id=release_id)
            asked(tenant, form, recording_id=recordings[0])
        work(tenant)
    return _made["album"]


def _told(tenant, release_id, recordings):
    picture = io.BytesIO()
    a_cover(2_000, mode="RGBA").save(picture, "PNG")
    stored = files.store_stream(Actor.system(tenant), [picture.getvalue()], name="c.png", media_type="image/png")
    changed(
        tenant, release_id, artwork_id=stored.id, c_year=2020, c_owner="Nightjar Ltd", genre="Ambient",
        artist_line="Ada & the Rest",
    )  # fmt: skip
    with db.tenant_work(tenant) as session:
        first = session.get_one(Recording, recordings[0])
        first.isrc, first.title, first.version_title = "DEA012400001", "Glas", "Live"
        first.p_year, first.p_owner, first.artist_line = 2019, "Ada Records", "Ada"
        second = session.get_one(Recording, recordings[1])
        second.title = "Vor dem Regen…"
        for track in session.scalars(select(Track).where(Track.release_id == release_id)):
            track.title = None


def asked(tenant, form, **of):
    with db.tenant_work(tenant) as session:
        return service.ask_package(session, tenant, format=form, **of)


def fetched(tenant, client_of, package):
    """What a fan saves: its name and its bytes."""
    answer = client_of(f"{tenant.slug}.localhost").get(service.package_url(tenant, package))
    assert answer.status_code == 200
    said = answer.headers["content-disposition"]
    assert said.startswith("attachment")
    assert int(answer.headers["content-length"]) == package.size == len(answer.content)
    return re.search(r"filename\*=UTF-8''(\S+)", said)[1], answer.content


def tags_of(content):
    with av.open(io.BytesIO(content)) as source:
        found = dict(source.metadata)
        pictures = [stream for stream in source.streams if stream.type == "video"]
        cover = next(bytes(packet) for packet in source.demux(pictures[0])) if pictures else b""
        depth = source.streams.audio[0].codec_context.format.name
    return {name.lower(): value for name, value in found.items()}, cover, depth


@pytest.mark.parametrize(("form", "ending"), [(form, audio.FORMATS[form][0]) for form in FORMATS])
def test_a_recording_is_kept_as_one_file_with_its_tags(album, client_of, form, ending):
    tenant, _, (recording_id, _) = album
    package = asked(tenant, form, recording_id=recording_id)
    name, content = fetched(tenant, client_of, package)
    assert name == f"Ada%20-%20Glas%20%28Live%29.{ending}"
    tags, cover, _ = tags_of(content)
    wanted = {"title": "Glas (Live)", "artist": "Ada", "album": 'Nacht/Linie: "Teil 1"', "genre": "Ambient"}
    assert wanted.items() <= tags.items()
    assert tags["date"].startswith("2020")
    assert tags["copyright"] == "℗ 2019 Ada Records © 2020 Nightjar Ltd"
    assert "track" not in tags, "by itself it has no place"
    if form != "wav_24":
        assert tags["album_artist"] == "Ada & the Rest"
        assert "DEA012400001" in (tags.get("isrc"), tags.get("tsrc"))
        assert cover.startswith(b"\xff\xd8")


@pytest.mark.parametrize("form", FORMATS)
def test_a_release_is_kept_as_an_archive_of_its_tracks_and_its_cover(album, client_of, form):
    tenant, release_id, _ = album
    name, content = fetched(tenant, client_of, asked(tenant, form, release_id=release_id))
    assert name == "Ada%20%26%20the%20Rest%20-%20Nacht_Linie_%20_Teil%201_.zip"
    ending = audio.FORMATS[form][0]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [f"01 Glas (Live).{ending}", f"02 Vor dem Regen….{ending}", "cover.jpg"]
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {entry.date_time[:3] for entry in archive.infolist()} == {(2020, 5, 1)}
        assert not any(entry.flag_bits & 8 for entry in archive.infolist()), "lengths stand before the bytes"
        second, cover = archive.read(f"02 Vor dem Regen….{ending}"), archive.read("cover.jpg")
    tags, inside, _ = tags_of(second)
    assert tags["track"] == "2/2" if form != "wav_24" else tags["track"].startswith("2")
    assert inside in (cover, b"")
    from PIL import Image

    with Image.open(io.BytesIO(cover)) as picture:
        assert (picture.format, picture.size, picture.mode) == ("JPEG", (1_400, 1_400), "RGB")


@pytest.mark.parametrize("form", ["flac", "wav_24"])
def test_lossless_formats_are_the_master_and_no_deeper(album, client_of, form):
    tenant, _, (recording_id, _) = album
    _, content = fetched(tenant, client_of, asked(tenant, form, recording_id=recording_id))
    assert np.array_equal(decode(content), as_integers(sound(1), 24).T << 8)
    _, (shallow,) = out(tenant, sounds=[sound(3)], bits=16)
    asked(tenant, form, recording_id=shallow)
    work(tenant)
    _, content = fetched(tenant, client_of, asked(tenant, form, recording_id=shallow))
    assert tags_of(content)[2] == "s16"
    assert np.array_equal(decode(content), as_integers(sound(3), 16).T)


@pytest.mark.parametrize("form", ["mp3_320", "aac_256"])
def test_lossy_formats_last_as_long_as_the_master(album, client_of, form):
    tenant, _, (recording_id, _) = album
    _, content = fetched(tenant, client_of, asked(tenant, form, recording_id=recording_id))
    heard, master = decode(content), sound(1).T
    assert 0 <= heard.shape[1] - master.shape[1] < 1_152
    assert np.sqrt(np.mean((heard[:, : master.shape[1]] - master) ** 2)) < 0.02, "not shifted"


def test_what_is_asked_for_again_is_the_same_package(album):
    tenant, release_id, _ = album
    first, again = asked(tenant, "flac", release_id=release_id), asked(tenant, "flac", release_id=release_id)
    assert first.id == again.id
    assert again.is_made
    assert work(tenant) == []


def test_another_title_or_master_makes_another_package(connected):
    mine = a_label()
    release_id, (recording_id,) = out(mine, sounds=[sound(1)], bits=16)
    first = asked(mine, "mp3_320", release_id=release_id)
    work(mine)
    changed(mine, release_id, title="Renamed")
    second = asked(mine, "mp3_320", release_id=release_id)
    assert second.id != first.id
    work(mine)
    mastered(mine, recording_id, wav(sound(2), bits=16))
    third = asked(mine, "mp3_320", release_id=release_id)
    assert third.id != second.id
    with db.tenant_read(mine) as session:
        held = session.scalars(select(Package).where(Package.retired_at.is_(None))).all()
    assert [one.id for one in held] == [third.id]


def test_a_package_done_twice_is_made_once(connected):
    mine = a_label()
    _, (recording_id,) = out(mine, sounds=[sound(1)], bits=16)
    package = asked(mine, "flac", recording_id=recording_id)
    assert len(work(mine)) == 1
    from app.streaming.service import packing

    made = asked(mine, "flac", recording_id=recording_id)
    packing.pack(mine, package.id)
    assert asked(mine, "flac", recording_id=recording_id).file_id == made.file_id


def test_an_incomplete_release_is_not_sold_as_whole(connected):
    mine = a_label()
    release_id, _ = out(mine, sounds=[sound(1)])
    with db.tenant_work(mine) as session:
        recording = session.scalar(select(Recording).limit(1))
        recording.audio_id = None
    with pytest.raises(MasterMissing):
        asked(mine, "flac", release_id=release_id)


def test_a_master_that_is_taken_away_before_it_is_packed_is_told(connected):
    mine = a_label()
    release_id, (recording_id,) = out(mine, sounds=[sound(1)], bits=16)
    package = asked(mine, "flac", release_id=release_id)
    with db.tenant_work(mine) as session:
        session.get_one(Recording, recording_id).audio_id = None
    work(mine)
    with db.tenant_read(mine) as session:
        assert session.get_one(Package, package.id).problem == MasterMissing.message


def test_a_format_that_nobody_makes_is_not_found(album):
    tenant, release_id, _ = album
    with pytest.raises(PackageUnknown):
        asked(tenant, "ogg", release_id=release_id)


def test_a_link_to_what_is_not_made_yet_is_refused(connected):
    mine = a_label()
    _, (recording_id,) = out(mine, sounds=[sound(1)], bits=16)
    with pytest.raises(PackageNotReady):
        service.package_url(mine, asked(mine, "flac", recording_id=recording_id))


def test_what_cannot_be_made_is_told_and_may_be_asked_for_again(connected):
    mine = a_label()
    _, (recording_id,) = out(mine, sounds=[sound(1)], bits=16)
    broken = files.store_stream(Actor.system(mine), [b"RIFF0000WAVEno sound"], name="x.wav", media_type="audio/wav")
    with db.tenant_work(mine) as session:
        session.get_one(Recording, recording_id).audio_id = broken.id
    package = asked(mine, "flac", recording_id=recording_id)
    work(mine)
    with db.tenant_read(mine) as session:
        held = session.get_one(Package, package.id)
        assert session.scalar(select(Activity.subject_id).where(Activity.action == "package.failed")) == recording_id
    assert held.state == "failed"
    assert held.problem
    with pytest.raises(PackageFailed):
        service.package_url(mine, held)
    assert asked(mine, "flac", recording_id=recording_id).state == "failed", "not at once"
    with clock.frozen_at(clock.now() + timedelta(hours=2)):
        assert asked(mine, "flac", recording_id=recording_id).state == "asked"
    assert [args for _, args in work(mine)] == [{"package": str(package.id)}]


def test_a_rival_has_no_such_download(album, rival, client_of):
    tenant, release_id, (recording_id, _) = album
    for of in ({"release_id": release_id}, {"recording_id": recording_id}, {"release_id": ids.new_id()}, {}):
        with pytest.raises(PackageUnknown):
            asked(rival, "flac", **of)
    link = service.package_url(tenant, asked(tenant, "flac", release_id=release_id))
    assert client_of(f"{rival.slug}.localhost").get(link).status_code == 404
    with clock.frozen_at(clock.now() + timedelta(hours=3)):
        assert client_of(f"{tenant.slug}.localhost").get(link).status_code == 404


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("AC/DC: Live?", "AC_DC_ Live_"), ("con", "_con"), ("COM1.wav", "_COM1.wav"), ("...", "_"), ("", "_"),
        ("  a \t b\u202e ", "a b"), ("x" * 300, "x" * 100), ("ليل المدينة", "ليل المدينة"), ("e\u0301", "é"), ("a.", "a"),
    ],
)  # fmt: skip
def test_names_are_such_as_every_system_takes(said, kept):
    assert safe_stem(said) == kept


def test_tracks_are_numbered_and_told_apart():
    def pieces(*rows):
        return tuple(
            Piece(recording_id=UUID(int=n), sha256="", title=title, artist="A", disc=disc, number=number)
            for n, (disc, number, title) in enumerate(rows)
        )

    one = Contents(title="T", artist="A", pieces=pieces((1, 1, "Eins"), (1, 10, "Zehn")), is_release=True)
    assert file_names(one, "flac") == ["01 Eins.flac", "10 Zehn.flac"]
    two = Contents(title="T", artist="A", pieces=pieces((1, 1, "A"), (2, 1, "A")), is_release=True)
    assert file_names(two, "mp3") == ["1-01 A.mp3", "2-01 A.mp3"]
    same = Contents(title="T", artist="A", pieces=pieces((1, 1, "a?"), (1, 1, "A*")), is_release=True)
    assert file_names(same, "mp3") == ["01 a_.mp3", "01 A_ (2).mp3"]
    assert full_title("Glas", "Live") == "Glas (Live)"
    assert full_title("Glas (live)", "Live") == "Glas (live)"
    assert copyright_line((2020, "A"), (None, None)) == "℗ 2020 A"
    assert copyright_line((None, "A"), (2021, "B")) == "℗ A © 2021 B"


def test_the_same_contents_are_the_same_bytes(connected, client_of):
    """An archive says when the release came out, not when it was packed."""
    mine = a_label()
    release_id, _ = out(mine, sounds=[sound(1)], bits=16)
    hashes = set()
    for title in ("One", "Two", "One"):
        changed(mine, release_id, title=title)
        asked(mine, "flac", release_id=release_id)
        work(mine)
        _, content = fetched(mine, client_of, asked(mine, "flac", release_id=release_id))
        hashes.add(hashlib.sha256(content).hexdigest())
    assert len(hashes) == 2
