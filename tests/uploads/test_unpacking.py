"""A ZIP of a batch: what is good becomes files, what is hostile is told of, and nothing else stops."""

from __future__ import annotations

import io
import zipfile

import pytest

from app.kernel import db
from app.uploads import tasks
from tests.media import a_cover, a_tone, wav
from tests.uploads.sending import a_batch, a_label_of, at_stage, files_of, limited, sent, stage_of, work

SOUND = wav(a_tone())


@pytest.fixture
def mine(connected):
    return a_label_of(__name__)


@pytest.fixture
def client(client_as, mine):
    return client_as(mine)


def packed(entries, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def cover():
    out = io.BytesIO()
    a_cover(1_400).save(out, "PNG")
    return out.getvalue()


def test_the_files_of_an_archive_become_files_of_the_batch(client, mine):
    batch = a_batch(client)
    at_stage(mine, batch, "measuring")
    sent(client, batch, "Nachtwerk.zip", packed([("CD1/01.wav", SOUND), ("cover.png", cover()), ("._x.wav", b"")]))
    work(mine)
    found = files_of(mine, batch)
    assert list(found) == ["Nachtwerk.zip", "Nachtwerk/CD1/01.wav", "Nachtwerk/cover.png"]
    assert {path: (file.kind, file.verdict) for path, file in found.items()} == {
        "Nachtwerk.zip": ("archive", "ok"), "Nachtwerk/CD1/01.wav": ("audio", "ok"), "Nachtwerk/cover.png": ("artwork", "ok"),
    }  # fmt: skip
    assert stage_of(mine, batch) not in ("measuring", "mapping"), "it goes on once everything is looked at"
    thumbnails = found["Nachtwerk/cover.png"].facts["thumbnails"]
    assert set(thumbnails) == {"96", "320", "640", "1280"}
    assert set(thumbnails["96"]) == {"avif", "webp"}


def test_hostile_entries_are_told_of_and_the_others_are_taken(client, mine):
    batch = a_batch(client)
    bomb = packed([("silence.wav", bytes(50_000_000))], zipfile.ZIP_DEFLATED)
    entries = [
        ("good.wav", SOUND), ("../../etc/cron.d/x.wav", SOUND), ("/abs.wav", SOUND), ("C:\\x.wav", SOUND), ("inner.zip", bomb),
        ("line\nbreak.wav", SOUND), ("notes.pdf", b"%PDF-"), ("GOOD.wav", SOUND), ("text.wav", b"no sound at all" * 50),
    ]  # fmt: skip
    sent(client, batch, "a.zip", packed(entries))
    work(mine)
    found = {path: (file.state, file.verdict) for path, file in files_of(mine, batch).items()}
    assert found.pop("a.zip") == ("measured", "ok")
    assert found.pop("a/good.wav") == ("measured", "ok")
    assert all(state == "refused" for state, _ in found.values())
    assert sorted(verdict for _, verdict in found.values()) == sorted(
        [
            "leaves_folder",
            "leaves_folder",
            "leaves_folder",
            "nested",
            "name_unusable",
            "other_kind",
            "name_twice",
            "not_audio",
        ]
    )
    assert [path for path in found if ".." in path or "//" in path or "\n" in path] == []


@pytest.mark.parametrize(("limits", "verdict"), [({}, "swells"), ({"unpack_ratio": 2_000}, "not_audio")])
def test_a_bomb_costs_only_itself(client, mine, limits, verdict):
    batch = a_batch(client)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("silence.wav", bytes(50_000_000), zipfile.ZIP_DEFLATED)
        archive.writestr("good.wav", SOUND)
    sent(client, batch, "a.zip", out.getvalue())
    work(limited(mine, **limits))
    found = files_of(mine, batch, "verdict")
    assert (found["a/silence.wav"], found["a/good.wav"]) == ((verdict,), ("ok",))


@pytest.mark.parametrize("content", [b"PK\x03\x04 no archive", b"", SOUND])
def test_what_is_no_archive_is_refused_whole(client, mine, content):
    batch = a_batch(client)
    sent(client, batch, "a.zip", content)
    work(mine)
    assert files_of(mine, batch, "state", "verdict") == {"a.zip": ("refused", "archive_broken")}


def test_a_damaged_entry_is_told_of_and_the_others_are_taken(client, mine):
    batch = a_batch(client)
    whole = bytearray(packed([("bad.wav", SOUND), ("good.wav", SOUND)]))
    whole[len(SOUND) // 2] ^= 0xFF
    sent(client, batch, "a.zip", bytes(whole))
    work(mine)
    assert files_of(mine, batch, "verdict")["a/bad.wav"] == ("archive_broken",)
    assert files_of(mine, batch, "verdict")["a/good.wav"] == ("ok",)


@pytest.mark.parametrize("step", [{"step_files": 3}, {"step_bytes": 1}])
def test_a_long_archive_is_unpacked_in_steps(client, mine, step):
    batch = a_batch(client)
    sent(client, batch, "a.zip", packed([(f"{number}.txt", b"x") for number in range(8)] + [("z.wav", SOUND)]))
    work(limited(mine, **step), rounds=1)
    assert len(files_of(mine, batch)) < 10, "it is not done at once"
    work(limited(mine, **step))
    found = files_of(mine, batch, "verdict")
    assert len(found) == 10
    assert (found["a.zip"], found["a/z.wav"]) == (("ok",), ("ok",))


@pytest.mark.parametrize("narrow", [{"archive_files": 1}, {"archive_bytes": 300_000}])
def test_an_archive_over_the_labels_own_limit_is_refused_whole(client, mine, narrow):
    batch = a_batch(client)
    sent(client, batch, "a.zip", packed([("1.wav", SOUND), ("2.wav", SOUND)]))
    work(limited(mine, **narrow))
    assert files_of(mine, batch, "state", "verdict") == {"a.zip": ("refused", "archive_too_large")}


def test_an_archive_that_is_unpacked_twice_is_unpacked_once(client, mine):
    batch = a_batch(client)
    sent(client, batch, "a.zip", packed([("1.wav", SOUND)]))
    work(mine)
    before = files_of(mine, batch, "id", "file_id", "verdict")
    with db.tenant_work(mine) as session:
        tasks.unpack(session, mine, file=str(before["a.zip"][0]))
    assert files_of(mine, batch, "id", "file_id", "verdict") == before
