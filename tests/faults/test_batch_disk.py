"""No room while a batch comes in and while it is worked on: nothing is lost, people are told, and it goes on by itself."""

from __future__ import annotations

import asyncio
import json
import os
import resource
from contextlib import contextmanager
from uuid import UUID

import psutil
import pytest

from app.catalog.models import Recording, Release
from app.kernel import db, jobs
from app.kernel.actor import Actor
from app.kernel.files import parts, store
from app.uploads.models import Batch, BatchFile, BatchItem
from app.uploads.service import batches, receiving, steps
from tests.factories.labels import a_label
from tests.faults.test_batch_files import a_batch, put_in, stage_of, verdicts_of
from tests.faults.test_batches_killed import a_batch as a_checkable_batch
from tests.faults.test_batches_killed import counts
from tests.faults.test_workers import all_done, count
from tests.kernel.jobs.nursery import nursery
from tests.kernel.jobs.work import eventually, process
from tests.kernel.open_pages import Browser
from tests.media import a_tone, wav
from tests.servers import serving
from tests.uploads.sending import PART, TUS, metadata, work
from tests.uploads.test_folder import a_folder
from tests.uploads.test_unpacking import packed

PATIENCE = 150
NO_ROOM = 1_000
"""So many bytes of a file may still be written: its beginning, as on a disk that is about to be full."""

ROOM = resource.RLIM_INFINITY
SOUND = wav(a_tone())


@pytest.fixture
def mine(connected):
    return a_label()


def give(process, room):
    """Let a process and all its children write files of so many bytes."""
    family = psutil.Process(process.pid)
    for each in [family, *family.children(recursive=True)]:
        resource.prlimit(each.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))


@contextmanager
def a_worker(environment, tenant):
    """A worker that has done something already, and the scheduler that gives it more."""
    with process("scheduler", environment), process("worker", environment) as worker:
        with db.tenant_work(tenant) as session:
            jobs.ask(session, "uploads.sweep", {})
        assert eventually(all_done, PATIENCE)
        yield worker


def trouble_of(tenant, key):
    with db.tenant_read(tenant) as session:
        return steps.state_of(session, tenant, session.get(Batch, key))["trouble"]


@contextmanager
def full_tables(tenant, *tables):
    """The database's disk is full as soon as something is written into these tables of a label."""
    with db.owner_work(tenant.cell) as owner:
        owner.execute(
            f'CREATE FUNCTION "{tenant.id}".no_room() RETURNS trigger LANGUAGE plpgsql AS '
            "$$BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END$$"
        )
        for table in tables:
            owner.execute(
                f'CREATE TRIGGER no_room BEFORE INSERT ON "{tenant.id}".{table} EXECUTE FUNCTION "{tenant.id}".no_room()'
            )
    try:
        yield
    finally:
        with db.owner_work(tenant.cell) as owner:
            owner.execute(f'DROP FUNCTION "{tenant.id}".no_room() CASCADE')


def nothing_unfinished(tenant):
    return list(parts._listed(f"{store.prefix_of(tenant.id)}incoming/")) == []


@pytest.mark.slow
def test_a_file_that_finds_no_room_is_refused_with_a_sentence_and_goes_on_later(services, database_name, mine):
    with serving(services, database_name) as (web, port):
        browser = Browser(port, mine)
        batch = f"/portal/uploads/{a_batch(mine, stage='mapping')}"
        said = {"upload-length": str(len(SOUND)), "upload-metadata": metadata(filename="a.wav")}
        where = browser.ask("POST", f"{batch}/files", headers=TUS | said).headers["location"]
        first = browser.ask("PATCH", where, headers=PART | {"upload-offset": "0"}, content=SOUND[:9_000])
        assert first.status_code == 204
        give(web, NO_ROOM)
        refused = browser.ask("PATCH", where, headers=PART | {"upload-offset": "9000"}, content=SOUND[9_000:])
        manifest = {"manifest": ("catalogue.csv", b"title\n" + b"x" * 3_000_000, "text/csv")}
        table = browser.ask("POST", "/portal/uploads", files=manifest, headers={"accept": "application/json"})
        assert [answer.status_code for answer in (refused, table)] == [503, 503]
        assert "Files cannot be kept just now" in refused.json()["detail"]
        assert "There is no room to keep this just now." in table.json()["detail"]
        assert browser.ask("HEAD", where, headers=TUS).headers["upload-offset"] == "9000"
        assert nothing_unfinished(mine)
        give(web, ROOM)
        rest = browser.ask("PATCH", where, headers=PART | {"upload-offset": "9000"}, content=SOUND[9_000:])
        assert rest.status_code == 204
    work(mine)
    assert verdicts_of(mine, UUID(batch.rpartition("/")[2])) == {"a.wav": ("measured", "ok")}
    assert counts(mine, Batch) == [1]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_files_that_find_no_room_while_they_are_looked_at_wait_for_it(mine, environment):
    batch = a_batch(mine)
    with a_worker(environment, mine) as worker:
        give(worker, NO_ROOM)
        put_in(mine, batch, {"a.wav": SOUND, "b.zip": packed([("c.wav", wav(a_tone(hertz=500)))])})
        in_parts(mine, batch, "d.wav", wav(a_tone(hertz=600)))
        tried = "attempts = 0 AND problem LIKE '%room%' AND task IN ('uploads.measure', 'uploads.unpack', 'uploads.assemble')"
        assert eventually(lambda: count(tried) == 3, PATIENCE)
        assert trouble_of(mine, batch) == "again"
        give(worker, ROOM)
        assert eventually(lambda: stage_of(mine, batch) == "ready" and all_done(), PATIENCE)
    assert verdicts_of(mine, batch) == dict.fromkeys(["a.wav", "b.zip", "b/c.wav", "d.wav"], ("measured", "ok"))
    assert nothing_unfinished(mine)


def in_parts(tenant, batch, path, content):
    """A file whose two parts are here and wait to be put together."""
    actor = Actor.system(tenant)
    with db.tenant_work(tenant) as session:
        (file,) = receiving.announce(session, actor, session.get(Batch, batch), [receiving.Wanted(path, len(content))])
        key = file.id
    for start, end in ((0, 9_000), (9_000, len(content))):
        incoming = asyncio.run(parts.receive(tenant, pieces(content[start:end]), most_bytes=len(content)))
        with db.tenant_work(tenant) as session:
            receiving.take(session, actor, session.get(BatchFile, key), start, incoming)


async def pieces(content):
    yield content


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_stage_that_finds_no_room_on_any_disk_is_done_once_there_is_some(client_as, mine, environment):
    key, actor = a_checkable_batch(mine), Actor.system(mine)
    client, page = client_as(mine), f"/portal/uploads/{key}"
    with a_worker(environment, mine) as worker:
        give(worker, NO_ROOM)
        with db.tenant_work(mine) as session:
            batches.ask_check(session, session.get(Batch, key))
        waits_and_says_so(client, mine, key, page)
        with full_tables(mine, "batch_items"):
            give(worker, ROOM)
            assert eventually(lambda: count("problem LIKE 'DiskFull%' AND attempts = 0") == 1, PATIENCE)
            assert counts(mine, BatchItem) == [0]
        assert eventually(lambda: stage_of(mine, key) == "ready", PATIENCE)
        with full_tables(mine, "tracks"):
            with db.tenant_work(mine) as session:
                batches.ask_apply(session, actor, session.get(Batch, key))
            waits_and_says_so(client, mine, key, page)
            assert counts(mine, Release, Recording) == [0, 0]
        assert eventually(lambda: stage_of(mine, key) == "done", PATIENCE)
        assert eventually(all_done, PATIENCE)
    assert counts(mine, Release, Recording) == [2, 3]


def waits_and_says_so(client, tenant, key, page):
    assert eventually(lambda: trouble_of(tenant, key) == "again", PATIENCE)
    assert "It is tried again by itself, and nothing is lost." in client.get(page).text


def test_a_full_database_is_told_of_in_a_sentence(client_as, mine):
    client, key = client_as(mine), a_batch(mine)
    wanted = {"files": [{"path": "a.wav", "size": 9}]}
    with full_tables(mine, "batch_files"):
        answer = client.post(f"/portal/uploads/{key}/announcements", json=wanted)
    assert answer.status_code == 503
    assert answer.json()["detail"].startswith("There is no room to keep this just now.")
    assert client.post(f"/portal/uploads/{key}/announcements", json=wanted).status_code == 200


UPLOAD = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), resource.RLIM_INFINITY))
from app.main.cli import main
main()
"""


def uploaded(environment, room, *arguments):
    """What `boptone upload` says with so much room."""
    return nursery().python(UPLOAD, str(room), "upload", *map(str, arguments), environment=os.environ | environment)


def test_an_upload_from_the_command_line_says_so_and_is_begun_again(services, database_name, mine, tmp_path):
    environment = services.environment(database_name)
    manifest, folder = a_folder(tmp_path)
    refused = uploaded(environment, 200_000, mine.slug, manifest, folder)
    assert refused.returncode != 0
    assert "Files cannot be kept just now" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert nothing_unfinished(mine)
    done = uploaded(environment, resource.RLIM_INFINITY, mine.slug, manifest, folder, "--json")
    told = json.loads(done.stdout)
    assert (told["stage"], told["files"]["usable"]) == ("done", 3)
