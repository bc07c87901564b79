"""The files of a batch and everything that can happen to those who look at them: each has its right verdict once."""

from __future__ import annotations

import os
import random
import signal
import socket
import time
from collections import Counter
from contextlib import ExitStack
from itertools import islice, product
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, text

from app.kernel import db, files
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.uploads.models import Batch, BatchFile
from app.uploads.service import batches, unpacking
from tests.factories.labels import a_label
from tests.factories.members import a_member
from tests.faults.test_database_crash import cookie_of
from tests.faults.test_workers import all_done, children_of, count
from tests.faulty_media import FAULTY
from tests.kernel.jobs.work import eventually, kill_tree, process, relay
from tests.media import CLEAN, a_tone, wav
from tests.servers import serving, started
from tests.uploads.sending import PART, TUS, metadata, work

PLACES = ["upload.measured", "task.worked", "task.marked"]
THOUSAND = 1_000
MANIFEST = b"Album,Artist,No,Title\nNachtwerk,Anna Blume,1,Erste Nacht\n"


@pytest.fixture
def environment(patient):
    return patient


@pytest.fixture
def mine(connected):
    return a_label()


def a_batch(tenant, stage="measuring"):
    """A batch that waits for its files."""
    actor = Actor.system(tenant)
    stored = files.store_stream(actor, [MANIFEST], name="catalogue.csv", media_type="text/csv")
    with db.tenant_work(tenant) as session:
        batch = batches.open_batch(session, actor, name="catalogue.csv", manifest_id=stored.id)
        batch.stage = stage
        batch.mapping = {
            "Album": "release.title",
            "Artist": "release.artists",
            "No": "track.number",
            "Title": "track.title",
        }
    return batch.id


def put_in(tenant, batch, contents):
    """Files as if they had come, by path."""
    stored = {path: files.put_object(tenant, [body], most_bytes=1 << 40) for path, body in contents.items()}
    with db.tenant_work(tenant) as session:
        for path, found in stored.items():
            unpacking.put_in(session, Actor.system(tenant), batch, path, found)


def verdicts_of(tenant, batch):
    with db.tenant_read(tenant) as session:
        rows = session.scalars(select(BatchFile).where(BatchFile.batch_id == batch)).all()
    return {row.path: (row.state, row.verdict) for row in rows}


def stage_of(tenant, batch):
    with db.tenant_read(tenant) as session:
        return session.get_one(Batch, batch).stage


def derived_twice(tenant):
    """Copies that were kept for one file more than once."""
    with db.tenant_read(tenant) as session:
        made = session.scalar(select(func.count()).where(files.StoredFile.is_derived))
        used = session.scalar(select(func.count(func.distinct(BatchFile.preview_id))))
    return made - used


def right(verdict):
    return ("measured", "ok") if verdict is None else ("refused", verdict.value)


@pytest.mark.parametrize("place", PLACES)
def test_a_worker_killed_at_this_step_gives_each_file_its_verdict_once(mine, environment, place):
    batch = a_batch(mine)
    put_in(mine, batch, {"a.wav": wav(a_tone(hertz=400)), "b.wav": wav(a_tone(hertz=500)), "c.wav": b"no sound"})
    with relay(environment):
        with process("worker", environment | {"CRASH_AT": place, "WORKER_PROCESSES": "1"}) as doomed:
            assert eventually(lambda: count("claimed > 0") > 0)
            time.sleep(1.5)
            kill_tree(doomed)
        assert set(verdicts_of(mine, batch).values()) == {("received", None)}
        with process("worker", environment):
            assert eventually(all_done)
    assert verdicts_of(mine, batch) == {"a.wav": right(None), "b.wav": right(None), "c.wav": ("refused", "not_audio")}
    assert derived_twice(mine) == 0
    assert stage_of(mine, batch) == "ready", "the batch went on by itself, once"


def test_a_worker_killed_in_the_middle_of_an_archive_begins_it_again(mine, environment, tmp_path):
    from tests.uploads.test_unpacking import packed

    batch = a_batch(mine)
    entries = [(f"{number}.wav", wav(a_tone(hertz=300 + number))) for number in range(4)]
    put_in(mine, batch, {"a.zip": packed([*entries, ("../x.wav", b"")])})
    with relay(environment):
        with process("worker", environment | {"CRASH_AT": "upload.unpacked", "WORKER_PROCESSES": "1"}) as doomed:
            assert eventually(lambda: count("claimed > 0") > 0)
            time.sleep(1.5)
            kill_tree(doomed)
        assert list(verdicts_of(mine, batch)) == ["a.zip"]
        with process("worker", environment):
            assert eventually(all_done)
    found = verdicts_of(mine, batch)
    assert Counter(found.values()) == {("measured", "ok"): 5, ("refused", "leaves_folder"): 1}


@pytest.mark.slow
def test_a_web_process_killed_between_object_and_row_keeps_what_the_browser_goes_on_from(
    services, database_name, connected, mine
):
    host = f"{mine.slug}.localhost"
    person = a_member(mine)
    sound = wav(a_tone())

    def ask(port, method, path, cookie, **more):
        headers = {"host": host, "origin": f"http://{host}", "cookie": cookie, **TUS, **more.pop("headers", {})}
        return httpx.request(method, f"http://127.0.0.1:{port}{path}", headers=headers, timeout=30, **more)

    batch = f"/portal/uploads/{a_batch(mine, stage='mapping')}"
    doomed, port = started(services, database_name, CRASH_AT="upload.object")
    try:
        cookie = cookie_of(port, host, person)
        said = {"upload-length": str(len(sound)), "upload-metadata": metadata(filename="a.wav")}
        where = ask(port, "POST", f"{batch}/files", cookie, headers=said).headers["location"]
        with pytest.raises(httpx.TransportError):
            ask(port, "PATCH", where, cookie, headers=PART | {"upload-offset": "0"}, content=sound[:9_000])
    finally:
        kill_tree(doomed)
    with serving(services, database_name) as (_, port):
        assert ask(port, "HEAD", where, cookie).headers["upload-offset"] == "0"
        for at, part in ((0, sound[:9_000]), (9_000, sound[9_000:])):
            kept = ask(port, "PATCH", where, cookie, headers=PART | {"upload-offset": str(at)}, content=part)
            assert kept.status_code == 204
        with socket.create_connection(("127.0.0.1", port)) as line:
            other = ask(
                port, "POST", f"{batch}/files", cookie, headers=said | {"upload-metadata": metadata(filename="b.wav")}
            )
            there = other.headers["location"]
            head = {"host": host, "origin": f"http://{host}", "cookie": cookie, **PART, "upload-offset": "0"}
            lines = [f"PATCH {there} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
            line.sendall("\r\n".join([*lines, f"content-length: {len(sound)}", "", ""]).encode() + sound[:77_000])
            time.sleep(0.5)
        assert eventually(lambda: ask(port, "HEAD", there, cookie).headers["upload-offset"] == "77000", 10)
    work(mine)
    assert verdicts_of(mine, UUID(batch.rpartition("/")[2]))["a.wav"] == right(None)


def generated(folder):
    """A thousand files by path, and what is to be said of each: every format and every fault, in many contents."""
    made = {name: (None, make) for name, make in CLEAN.items()} | FAULTY
    distinct = []
    for number in range(9):
        sound = a_tone(1.05, hertz=300 + 40 * number)
        for name, (fault, make) in made.items():
            if fault is None:
                distinct.append((name, fault, make(folder / name, sound)))
            elif number == 0:
                distinct.append((name, fault, make(folder / name)))
    wanted = islice(product(range(THOUSAND), distinct), THOUSAND)
    everything = {f"{place:02d}/{at}-{name}": (fault, body)
                  for at, (place, (name, fault, body)) in enumerate(wanted)}  # fmt: skip
    return everything, len({body for _, _, body in distinct})


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_thousand_files_get_their_right_verdict_once_though_workers_are_killed(mine, environment, tmp_path):
    everything, distinct = generated(tmp_path)
    assert (len(everything), distinct >= 150) == (THOUSAND, True)
    batch = a_batch(mine)
    put_in(mine, batch, {path: body for path, (_, body) in everything.items()})
    started, chance = time.monotonic(), random.Random(4)
    with relay(environment), ExitStack() as stack:
        worker = stack.enter_context(process("worker", environment))
        for share in (20, 200, 500):
            assert eventually(lambda share=share: looked_at(mine, batch) >= share, 120)
            if share == 200:
                kill_tree(worker)
                worker = stack.enter_context(process("worker", environment))
            else:
                os.kill(chance.choice(children_of(worker)).pid, signal.SIGKILL)
        assert eventually(lambda: looked_at(mine, batch) == THOUSAND, 240)
        seconds = time.monotonic() - started
        assert eventually(all_done, 60)
    found = verdicts_of(mine, batch)
    assert {path: verdict for path, verdict in found.items() if verdict != right(everything[path][0])} == {}
    assert derived_twice(mine) == 0
    assert count("parked_at IS NOT NULL") == 0
    assert stage_of(mine, batch) == "ready"
    with db.tenant_read(mine) as session:
        told = session.scalar(select(func.count()).where(Activity.action == "batch.checked"))
    assert told == 1, "it was checked once, after the last of them"
    assert seconds < 240
    print(f"{THOUSAND} files of {distinct} contents in {seconds:.0f} s")


def looked_at(tenant, batch):
    with db.tenant_read(tenant) as session:
        return session.scalar(
            text("SELECT count(*) FROM batch_files WHERE batch_id = :b AND state IN ('measured', 'refused')"),
            {"b": batch},
        )
