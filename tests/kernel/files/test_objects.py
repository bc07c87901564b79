"""Objects in a folder and in a bucket: named by their bytes, sealed for their label, whole or refused."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from random import Random

import obstore
import pytest
from sqlalchemy import func, select

from app.kernel import clock, crypto, db, files
from app.kernel.actor import Actor
from app.kernel.files import store
from app.kernel.files.store import CHUNK, TAG, ObjectBroken
from app.kernel.tenant import Limits
from app.main import composition
from tenants.lifecycle import erasing, service
from tests.factories.labels import a_label, the_label
from tests.kernel.jobs.nursery import nursery

SENTENCE = b"only the label may read this sentence. "
MANY = SENTENCE * (3 * CHUNK // len(SENTENCE) + 1000)
PLENTY = 1 << 40


def put(tenant, *chunks):
    return files.put_object(tenant, iter(chunks), most_bytes=PLENTY)[0]


def got(tenant, sha256, **part):
    return b"".join(files.read_object(tenant, sha256, **part))


def keys():
    return sorted(found["path"] for batch in obstore.list(store.objects()) for found in batch)


def sealed(tenant, sha256):
    return bytes(obstore.get(store.objects(), store.path_of(tenant.id, sha256)).bytes())


def overwrite(tenant, sha256, content):
    obstore.put(store.objects(), store.path_of(tenant.id, sha256), content)


def file_rows(tenant):
    with db.tenant_read(tenant) as session:
        return session.scalar(select(func.count()).select_from(files.StoredFile))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 6 * CHUNK + 17])
def test_what_is_stored_is_read_again_whole(label, size):
    content = Random(size).randbytes(size)
    sha256, stored = files.put_object(
        label, (content[i : i + 300_001] for i in range(0, size, 300_001)), most_bytes=size
    )
    assert (sha256, stored) == (hashlib.sha256(content).hexdigest(), size)
    assert got(label, sha256) == content


def test_what_lies_in_a_file_is_stored_and_lies_in_one_again_for_a_while(label):
    written = io.BytesIO(MANY)
    written.seek(0, os.SEEK_END)
    sha256, size = files.put_file(label, written)
    assert (sha256, size) == (hashlib.sha256(MANY).hexdigest(), len(MANY))
    with files.on_disk(label, sha256) as path:
        assert path.read_bytes() == MANY
    assert not path.exists()


def test_the_same_bytes_are_kept_once_however_they_arrive(label):
    first = put(label, MANY)
    assert put(label, *(MANY[i : i + 1000] for i in range(0, len(MANY), 1000))) == first
    assert keys() == [store.path_of(label.id, first)]


def test_two_labels_with_the_same_bytes_share_nothing_and_cannot_tell(label, rival):
    mine = put(label, MANY)
    assert list(files.object_hashes(rival.id)) == []
    with pytest.raises(ObjectBroken):
        got(rival, mine)
    theirs = put(rival, MANY)
    assert len(keys()) == 2
    ours, others = sealed(label, mine), sealed(rival, theirs)
    shared = [i for i in range(0, len(ours) - 16, 997) if ours[i : i + 16] in others]
    assert not shared, "equal bytes of two labels look alike at rest"
    files.erase_label(rival.id)
    assert got(label, mine) == MANY


def test_a_rivals_object_does_not_open_even_in_ones_own_place(label, rival):
    theirs = put(rival, MANY)
    overwrite(label, theirs, sealed(rival, theirs))
    with pytest.raises(ObjectBroken, match="another label"):
        got(label, theirs)


def test_ranges_are_cut_to_the_byte(label):
    sha256, chance = put(label, MANY), Random(4)
    edges = [(0, 1), (0, len(MANY)), (CHUNK - 1, CHUNK + 1), (CHUNK, 2 * CHUNK), (len(MANY) - 1, len(MANY)), (5, 5)]
    edges += [tuple(sorted(chance.sample(range(len(MANY)), 2))) for _ in range(10)]
    for start, end in edges:
        assert got(label, sha256, start=start, end=end) == MANY[start:end], (start, end)
    assert got(label, sha256, start=2 * CHUNK + 5) == MANY[2 * CHUNK + 5 :]


def broken_objects():
    """Each way in which stored bytes can be wrong."""
    step = CHUNK + TAG
    return {
        "cut in the middle of a chunk": lambda raw: raw[: step + 1000],
        "cut between two chunks": lambda raw: raw[: store.HEADER + step],
        "cut to its header": lambda raw: raw[: store.HEADER],
        "cut to almost nothing": lambda raw: raw[:3],
        "empty": lambda raw: b"",
        "one bit changed at the start": lambda raw: raw[:20] + bytes([raw[20] ^ 1]) + raw[21:],
        "one bit changed at the end": lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]),
        "one bit of the header changed": lambda raw: raw[:5] + bytes([raw[5] ^ 1]) + raw[6:],
        "two chunks swapped": lambda raw: (
            raw[:12] + raw[12 + step : 12 + 2 * step] + raw[12 : 12 + step] + raw[12 + 2 * step :]
        ),
        "something appended": lambda raw: raw + b"more",
        "plain bytes in its place": lambda raw: MANY,
    }


@pytest.mark.parametrize("how", broken_objects())
def test_broken_bytes_are_refused_with_a_sentence(label, how):
    sha256 = put(label, MANY)
    overwrite(label, sha256, broken_objects()[how](sealed(label, sha256)))
    with pytest.raises(ObjectBroken, match=r"^(the stored bytes (were|are)|not an object of ours)"):
        got(label, sha256)
    for start in range(0, len(MANY), CHUNK // 2):
        with suppress(ObjectBroken):
            assert got(label, sha256, start=start, end=start + 100) == MANY[start : start + 100], (
                "wrong bytes were given"
            )


def test_an_object_that_is_gone_is_refused_with_a_sentence(label):
    with pytest.raises(ObjectBroken, match="gone"):
        got(label, "0" * 64)


def test_an_object_under_the_name_of_another_is_refused(label):
    one, two = put(label, b"one"), put(label, b"two")
    overwrite(label, one, sealed(label, two))
    with pytest.raises(ObjectBroken, match="another file"):
        got(label, one)


def test_a_reader_is_not_disturbed_when_the_same_bytes_arrive_again(label):
    sha256 = put(label, MANY)
    reading = files.read_object(label, sha256)
    read = next(reading)
    put(label, MANY)
    assert read + b"".join(reading) == MANY


def test_a_stream_that_breaks_off_leaves_nothing(label):
    def breaking():
        yield MANY
        yield MANY
        raise ConnectionResetError("the sender went away")

    with pytest.raises(ConnectionResetError):
        files.put_object(label, breaking(), most_bytes=PLENTY)
    assert keys() == []


def test_a_file_that_is_too_long_is_refused_and_leaves_nothing(label):
    before = file_rows(label)
    narrow = replace(label, limits=Limits(upload_bytes=2_000_000))
    with pytest.raises(files.FileTooLarge, match="larger than 2 MB"):
        files.store_stream(Actor.system(narrow), iter([MANY]), name="x", media_type="text/plain")
    assert keys() == []
    assert file_rows(label) == before


def test_an_erased_key_closes_every_object(connected):
    tenant = a_label()
    sha256 = put(tenant, MANY)
    with db.platform_work() as session:
        crypto.erase_key(session, tenant.id)
    with pytest.raises(crypto.KeyErased):
        got(tenant, sha256)


def test_erasing_a_label_erases_its_objects_and_no_others(label):
    tenant = a_label()
    for number in range(5):
        put(tenant, b"%d" % number)
    mine = put(label, MANY)
    us = Actor.system(None)
    service.close(tenant.id, by=us, grace=timedelta(0))
    erasing.erase(tenant.id, by=us)
    assert keys() == [store.path_of(label.id, mine)]


def test_the_sweep_removes_what_no_row_names_once_it_is_old(label, monkeypatch):
    orphan = put(label, b"an orphan")
    kept = files.store_stream(Actor.system(label), iter([b"kept"]), name="kept", media_type="text/plain").sha256
    obstore.put(store.objects(), f"labels/{label.id}/incoming/abandoned", b"half of it")
    assert files.remove_orphans(label) == 0, "a young object may wait for its row"
    later = clock.now() + timedelta(hours=7)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert files.remove_orphans(label) == 2
    assert keys() == [store.path_of(label.id, kept)]
    assert orphan != kept


def run(environment, code, *arguments):
    return nursery().python(PROLOGUE + code, *arguments, environment=os.environ | environment)


def run_from_nothing(environment, code, *arguments):
    """As `run`, in a process whose memory is all its own."""
    return subprocess.run(
        [sys.executable, "-c", PROLOGUE + code, *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


PROLOGUE = """
import resource, sys
from pathlib import Path
from app.kernel import files
from app.kernel.actor import Actor
from app.main import composition
from app.settings import load
from tests.factories.labels import the_label

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
"""

LARGE = """
with composition.connected("test", load()):
    label = the_label("canary")
    small, _ = files.put_object(label, iter([b"x" * 100]), most_bytes=1000)
    list(files.read_object(label, small))
    block = bytes(range(256)) * 256
    before = peak()
    sha256, size = files.put_object(label, (block for _ in range(int(sys.argv[1]) * 16)), most_bytes=1 << 40)
    written = peak() - before
    total = sum(len(chunk) for chunk in files.read_object(label, sha256))
    print(size, total, written, peak() - before)
"""


@pytest.mark.parametrize(("environment", "megabytes"), [("folder", 200), ("bucket", 100)], indirect=["environment"])
def test_hundreds_of_megabytes_pass_through_bounded_memory(environment, connected, megabytes):
    done = run_from_nothing(environment, LARGE, str(megabytes))
    assert done.returncode == 0, done.stderr
    size, total, written, read = map(int, done.stdout.split())
    assert size == total == megabytes << 20
    assert written < 80, f"storing took {written} MB more"
    assert read < 80, f"reading took {read} MB more"


def test_plain_bytes_are_found_nowhere_on_disk(in_folder, folder, services, database_name):
    with composition.connected("test", services.settings(database_name, STORAGE_URL=in_folder["STORAGE_URL"])):
        label = the_label("canary")
        files.store_stream(Actor.system(label), iter([MANY]), name="x.txt", media_type="text/plain")
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in written) > len(MANY)
    assert not [path for path in written if SENTENCE[:20] in path.read_bytes()]


FULL = """
with composition.connected("test", load()):
    label = the_label("canary")
    resource.setrlimit(resource.RLIMIT_FSIZE, (7 << 20, 7 << 20))
    try:
        files.store_stream(Actor.system(label), (b"x" * 100_000 for _ in range(300)), name="x", media_type="text/plain")
    except Exception as problem:
        print(type(problem).__name__, str(problem))
"""


def test_a_full_disk_refuses_with_a_sentence_and_leaves_nothing_half_done(in_folder, folder, services, settings):
    with composition.connected("test", settings):
        before = file_rows(the_label("canary"))
        done = run(in_folder, FULL)
        assert (
            done.stdout.strip()
            == "StoreUnavailable Files cannot be kept just now: there is no room or no answer where they lie. Try again in a few minutes."
        ), done
        assert [path for path in folder.rglob("*") if path.is_file()] == []
        assert file_rows(the_label("canary")) == before


KILLED = """
import os, signal

def dying():
    for _ in range(200):
        yield b"x" * 100_000
    os.kill(os.getpid(), signal.SIGKILL)

with composition.connected("test", load()):
    files.put_object(the_label("canary"), dying(), most_bytes=1 << 40)
"""


def test_what_a_killed_upload_leaves_is_swept_away(in_folder, folder, services, database_name, monkeypatch):
    assert run(in_folder, KILLED).returncode == -9
    assert [path for path in folder.rglob("*") if path.is_file()], "the upload left nothing; this proves nothing"
    with composition.connected("test", services.settings(database_name, STORAGE_URL=in_folder["STORAGE_URL"])):
        label = the_label("canary")
        assert list(files.object_hashes(label.id)) == []
        assert files.remove_orphans(label) == 0
        later = clock.now() + timedelta(hours=7)
        monkeypatch.setattr(clock, "now", lambda: later)
        files.remove_orphans(label)
    assert [path for path in folder.rglob("*") if path.is_file()] == []
