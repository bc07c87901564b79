"""The files of a batch by the tus protocol: whole, in parts, after a broken line, and what is refused."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from datetime import timedelta
from uuid import UUID

import obstore
import pytest
from sqlalchemy import select, text

from app.kernel import clock, db, files
from app.kernel.files import parts, store
from app.uploads import tasks
from app.uploads.models import BatchPart
from tests.media import a_tone, wav
from tests.uploads.sending import (
    PART,
    TUS,
    a_batch,
    a_label_of,
    at_stage,
    broken_off,
    created,
    files_of,
    metadata,
    offset_of,
    patched,
    sent,
    stage_of,
    work,
)

SOUND = wav(a_tone())


@pytest.fixture
def mine(connected):
    return a_label_of(__name__)


@pytest.fixture
def client(client_as, mine):
    return client_as(mine)


@pytest.fixture
def batch(client):
    return a_batch(client)


def bytes_of(tenant, batch, path):
    with db.tenant_read(tenant) as session:
        stored = session.get_one(files.StoredFile, files_of(tenant, batch)[path].file_id)
    return b"".join(files.read_object(tenant, stored.sha256))


def parts_left(tenant, where):
    """The rows and the objects of a file's parts."""
    of = UUID(where.rpartition("/")[2])
    with db.tenant_read(tenant) as session:
        rows = session.scalars(select(BatchPart.object).where(BatchPart.file_id == of)).all()
    return list(rows), objects_of(tenant, f"parts/{of}")


def objects_of(tenant, kind):
    return [found["path"] for found in parts._listed(f"{store.prefix_of(tenant.id)}{kind}/")]


def test_a_file_sent_at_once_is_whole_and_looked_at(client, mine, batch):
    sent(client, batch, "Nachtwerk/01.wav", SOUND)
    assert bytes_of(mine, batch, "Nachtwerk/01.wav") == SOUND
    work(mine)
    file = files_of(mine, batch)["Nachtwerk/01.wav"]
    assert (file.state, file.verdict, file.kind) == ("measured", "ok", "audio")
    assert file.facts["rate"] == 44_100
    assert file.md5 == file.facts["md5"]
    assert file.facts["waveform"]
    with db.tenant_read(mine) as session:
        preview = session.get_one(files.StoredFile, file.preview_id)
    assert (preview.is_derived, preview.media_type) == (True, "audio/mp4")


def test_a_file_in_parts_is_put_together(client, mine, batch):
    where = created(client, batch, "a.wav", len(SOUND)).headers["location"]
    at = 0
    for end in (1, 70_000, 200_001, len(SOUND)):
        assert patched(client, where, SOUND[at:end], at).headers["upload-offset"] == str(end)
        at = end
    work(mine)
    assert bytes_of(mine, batch, "a.wav") == SOUND
    assert files_of(mine, batch, "state", "verdict")["a.wav"] == ("measured", "ok")
    assert parts_left(mine, where) == ([], []), "what is put together is not kept twice"


def test_a_file_goes_on_after_a_day_where_it_stopped(client, mine, batch):
    where = created(client, batch, "a.wav", len(SOUND)).headers["location"]
    patched(client, where, SOUND[:5_000])
    with db.tenant_work(mine) as session:
        session.execute(text("UPDATE batch_files SET at = at - interval '30 hours'"))
        tasks.sweep(session, mine)
    assert created(client, batch, "a.wav", len(SOUND)).headers["location"] == where, "the same file goes on"
    assert offset_of(client, where) == 5_000
    assert patched(client, where, SOUND[5_000:], 5_000).status_code == 204
    work(mine)
    assert bytes_of(mine, batch, "a.wav") == SOUND


def test_what_came_before_the_line_broke_is_kept(client, product, mine, batch):
    where = created(client, batch, "a.wav", len(SOUND)).headers["location"]
    pieces = [SOUND[:4_000], SOUND[4_000:9_000]]
    broken_off(product, client, where, pieces, length=len(SOUND))
    assert offset_of(client, where) == 9_000
    broken_off(product, client, where, [SOUND[9_000:9_001]], 9_000, length=len(SOUND) - 9_000)
    broken_off(product, client, where, [], 9_001, length=len(SOUND) - 9_001)
    assert offset_of(client, where) == 9_001
    assert patched(client, where, SOUND[9_001:], 9_001).status_code == 204
    work(mine)
    assert bytes_of(mine, batch, "a.wav") == SOUND
    assert objects_of(mine, "incoming") == []


def test_a_part_at_another_place_is_refused_and_changes_nothing(client, mine, batch):
    where = created(client, batch, "a.wav", len(SOUND)).headers["location"]
    patched(client, where, SOUND[:100])
    for offset in (0, 99, 101, len(SOUND)):
        assert patched(client, where, b"x", offset).status_code == 409
    assert offset_of(client, where) == 100
    assert patched(client, where, SOUND[100:], 100).status_code == 204
    assert patched(client, where, b"x", len(SOUND)).status_code == 409, "it is whole"
    work(mine)
    assert bytes_of(mine, batch, "a.wav") == SOUND


def test_more_than_was_said_is_refused(client, product, mine, batch):
    where = created(client, batch, "a.wav", 1_000).headers["location"]
    assert patched(client, where, SOUND[:1_001]).status_code == 413
    answer = broken_off(product, client, where, [SOUND[:600], SOUND[:600]], length=900)
    assert answer[0]["status"] == 413
    assert offset_of(client, where) == 0
    assert objects_of(mine, "incoming") == []


def test_a_part_with_a_checksum_counts_only_as_it_was_sent(client, product, mine, batch):
    where = created(client, batch, "a.wav", len(SOUND)).headers["location"]
    said = {name: f"{name} {b64encode(hashlib.new(name, SOUND[:10]).digest()).decode()}" for name in ("sha1", "sha256")}
    assert patched(client, where, SOUND[1:11], upload_checksum=said["sha1"]).status_code == 460
    assert patched(client, where, SOUND[:10], upload_checksum="crc32 AAAA").status_code == 400
    assert offset_of(client, where) == 0
    assert patched(client, where, SOUND[:10], upload_checksum=said["sha256"]).status_code == 204
    assert offset_of(client, where) == 10


def test_the_protocol_is_spoken_as_it_is_written(client, mine, batch):
    able = client.options(f"{batch}/files")
    assert able.status_code == 204
    assert able.headers["tus-version"] == "1.0.0"
    assert able.headers["tus-extension"] == "creation,checksum,termination"
    assert int(able.headers["tus-max-size"]) == mine.limits.upload_bytes
    made = created(client, batch, "a.wav", 10)
    assert made.headers["tus-resumable"] == "1.0.0"
    where = made.headers["location"]
    look = client.head(where, headers=TUS)
    assert (look.headers["upload-offset"], look.headers["upload-length"]) == ("0", "10")
    assert look.headers["cache-control"] == "no-store"
    old = {**PART, "tus-resumable": "0.2.2", "upload-offset": "0"}
    assert client.patch(where, content=b"x", headers=old).status_code == 412
    assert client.post(f"{batch}/files", headers={"upload-length": "1"}).status_code == 412
    other = {**TUS, "content-type": "application/octet-stream", "upload-offset": "0"}
    assert client.patch(where, content=b"x", headers=other).status_code == 415
    for wrong in ("", "-1", "1.5", "٣", "9" * 30):
        assert client.post(f"{batch}/files", headers={**TUS, "upload-length": wrong.encode()}).status_code == 400
    crooked = {**TUS, "upload-length": "1", "upload-metadata": "filename ***"}
    assert client.post(f"{batch}/files", headers=crooked).status_code == 400


@pytest.mark.parametrize(
    "path",
    ["../a.wav", "/etc/a.wav", "C:\\a.wav", "a/../../b.wav", "a\n.wav", "\u202egnp.wav", "", "x" * 1_100 + ".wav"],
)
def test_a_name_that_leads_elsewhere_is_refused(client, batch, path):
    answer = created(client, batch, path, 10)
    assert answer.status_code == 422
    assert "name of this file" in answer.json()["detail"]


def test_what_is_neither_sound_nor_picture_is_refused_at_once(client, batch):
    answer = created(client, batch, "contract.pdf", 10)
    assert answer.status_code == 422
    assert "neither audio nor a picture" in answer.json()["detail"]


def test_a_file_larger_than_the_label_may_store_is_refused_before_it_is_sent(client, mine, batch):
    answer = created(client, batch, "a.wav", mine.limits.upload_bytes + 1)
    assert answer.status_code == 413
    assert "MB" in answer.json()["detail"]


def test_a_file_that_is_left_out_is_gone(client, mine, batch):
    where = created(client, batch, "a.wav", len(SOUND)).headers["location"]
    patched(client, where, SOUND[:5_000])
    assert client.delete(where, headers=TUS).status_code == 204
    assert client.head(where, headers=TUS).status_code == 404
    assert patched(client, where, SOUND[5_000:], 5_000).status_code == 404
    work(mine)
    assert files_of(mine, batch) == {}
    assert parts_left(mine, where) == ([], [])


def test_many_files_are_announced_at_once_and_each_is_answered(client, mine, batch):
    first = sent(client, batch, "a/1.wav", SOUND)
    half = created(client, batch, "a/2.wav", len(SOUND)).headers["location"]
    patched(client, half, SOUND[:77])
    wanted = [("a/1.wav", len(SOUND)), ("a/2.wav", len(SOUND)), ("a/3.wav", 9), ("a/notes.doc", 9), ("../x.wav", 9)]
    said = client.post(
        f"{batch}/announcements", json={"files": [{"path": path, "size": size} for path, size in wanted]}
    ).json()
    assert [each["path"] for each in said] == [path for path, _ in wanted]
    assert (said[0]["id"], said[0]["received"]) == (first.rpartition("/")[2], len(SOUND))
    assert (said[1]["id"], said[1]["received"], said[1]["state"]) == (half.rpartition("/")[2], 77, "receiving")
    assert said[2]["received"] == 0
    assert "neither audio" in said[3]["refused"]
    assert "name of this file" in said[4]["refused"]
    assert sorted(files_of(mine, batch)) == ["a/1.wav", "a/2.wav", "a/3.wav"]


def announced(client, batch, path, size, **more):
    answer = client.post(f"{batch}/announcements", json={"files": [{"path": path, "size": size, **more}]})
    assert answer.status_code == 200, answer.text
    return answer.json()[0]


def test_a_master_exported_anew_under_its_path_and_size_is_received_anew(client, mine, batch):
    sent(client, batch, "a.wav", SOUND)
    work(mine)
    before = files_of(mine, batch)["a.wav"]
    assert announced(client, batch, "a.wav", len(SOUND), unchanged_ms=3_600_000)["state"] == "measured", "it is older"
    assert announced(client, batch, "a.wav", len(SOUND))["state"] == "measured", "nobody knows"
    other = wav(a_tone(hertz=700))
    assert len(other) == len(SOUND)
    said = announced(client, batch, "a.wav", len(SOUND), unchanged_ms=0)
    assert (said["state"], said["received"]) == ("receiving", 0)
    where = f"{batch}/files/{said['id']}"
    assert patched(client, where, other[:9_000]).status_code == 204
    assert announced(client, batch, "a.wav", len(SOUND), unchanged_ms=60_000)["received"] == 9_000, "it goes on"
    said = announced(client, batch, "a.wav", len(SOUND), unchanged_ms=0)
    assert said["received"] == 0, "parts of two exports are no file"
    assert client.head(where, headers=TUS).status_code == 404
    assert patched(client, f"{batch}/files/{said['id']}", other).status_code == 204
    work(mine)
    after = files_of(mine, batch)["a.wav"]
    assert (after.state, after.md5 != before.md5) == ("measured", True)
    assert bytes_of(mine, batch, "a.wav") == other


@pytest.mark.parametrize("age", [-1, 1 << 60, "1"])
def test_an_age_that_no_file_has_is_refused(client, batch, age):
    wanted = {"files": [{"path": "a.wav", "size": 9, "unchanged_ms": age}]}
    assert client.post(f"{batch}/announcements", json=wanted).status_code in (400, 422)


def test_a_corrected_file_takes_the_place_of_the_refused_one(client, mine, batch):
    sent(client, batch, "a.wav", b"no sound" * 100)
    work(mine)
    assert files_of(mine, batch, "state", "verdict")["a.wav"] == ("refused", "not_audio")
    sent(client, batch, "a.wav", SOUND)
    work(mine)
    assert files_of(mine, batch, "state", "verdict")["a.wav"] == ("measured", "ok")


def test_an_empty_file_is_whole_at_once_and_no_sound(client, mine, batch):
    sent(client, batch, "a.wav", b"")
    work(mine)
    assert files_of(mine, batch, "state", "verdict")["a.wav"] == ("refused", "not_audio")


def test_the_same_bytes_are_looked_at_once(client, mine, batch):
    sent(client, batch, "a.wav", SOUND)
    work(mine)
    sent(client, batch, "b.wav", SOUND)
    sent(client, batch, "c.flac", SOUND)
    work(mine)
    found = files_of(mine, batch)
    assert found["b.wav"].preview_id == found["a.wav"].preview_id
    assert found["c.flac"].verdict == "mislabelled", "the name is looked at, too"


def test_files_that_the_product_made_are_not_shown_as_the_labels_own(client, mine, batch):
    sent(client, batch, "mine.wav", SOUND)
    work(mine)
    page = client.get("/portal/files").text
    assert "mine.wav" in page
    assert "mine.m4a" not in page


def test_a_file_that_nobody_goes_on_sending_is_given_up(client, mine, batch):
    where = created(client, batch, "a.wav", len(SOUND)).headers["location"]
    patched(client, where, SOUND[:5_000])
    at_stage(mine, batch, "measuring")
    with db.tenant_work(mine) as session:
        session.execute(text("UPDATE batch_files SET at = at - interval '8 days'"))
        tasks.sweep(session, mine)
    assert files_of(mine, batch) == {}
    assert stage_of(mine, batch) == "checking", "the batch does not wait for it for ever"


def test_a_file_that_no_worker_can_look_at_holds_nobody_up(client, mine, batch):
    where = sent(client, batch, "a.wav", SOUND)
    at_stage(mine, batch, "measuring")
    with db.platform_work() as session:
        session.execute(
            text("UPDATE shared.outbox SET parked_at = now() WHERE label = :l AND task = 'uploads.measure' AND args ->> 'file' = :f"),
            {"l": mine.id, "f": where.rpartition("/")[2]},
        )  # fmt: skip
    with db.tenant_work(mine) as session:
        tasks.sweep(session, mine)
    assert files_of(mine, batch, "state", "verdict")["a.wav"] == ("refused", "crashed")
    assert stage_of(mine, batch) == "checking"


def test_a_part_without_a_row_is_swept_and_one_with_a_row_stays(client, mine, batch):
    where = created(client, batch, "a.wav", len(SOUND)).headers["location"]
    patched(client, where, SOUND[:5_000])
    _, (kept,) = parts_left(mine, where)
    lost = kept.rpartition("/")[0] + "/00000000000000005000-lost"
    obstore.put(store.objects(), lost, b"x")
    with clock.frozen_at(clock.now() + timedelta(hours=7)), db.tenant_work(mine) as session:
        tasks.sweep(session, mine)
    assert parts_left(mine, where)[1] == [kept]


def test_a_batch_that_has_gone_on_takes_no_more_files(client, mine, batch):
    where = created(client, batch, "a.wav", len(SOUND)).headers["location"]
    at_stage(mine, batch, "done")
    assert created(client, batch, "b.wav", 10).status_code == 409
    assert patched(client, where, SOUND).status_code == 409
    assert client.delete(where, headers=TUS).status_code == 409


def test_one_can_go_on_without_the_files_that_are_missing(client, mine, batch):
    sent(client, batch, "a.wav", SOUND)
    created(client, batch, "b.wav", len(SOUND))
    work(mine)
    at_stage(mine, batch, "measuring")
    assert client.post(f"{batch}/unsent-files/removal").status_code == 303
    assert list(files_of(mine, batch)) == ["a.wav"]
    assert stage_of(mine, batch) == "checking"


def test_a_rival_and_a_colleague_who_may_not_see_it_find_nothing(client_as, client_of, client, mine, rival, batch):
    where = created(client, batch, "a.wav", len(SOUND)).headers["location"]
    patched(client, where, SOUND[:10])
    name = f"{mine.slug}.localhost"
    for other in (client_as(rival), client_of(name)):
        assert created(other, batch, "b.wav", 10).status_code == 404
        assert other.head(where, headers=TUS).status_code == 404
        assert other.get(f"{batch}/files").status_code == 404
        assert patched(other, where, SOUND[10:], 10).status_code == 404
        assert other.delete(where, headers=TUS).status_code == 404
        assert other.post(f"{batch}/announcements", json={"files": []}).status_code == 404
    assert offset_of(client, where) == 10
    elsewhere = a_batch(client)
    assert client.head(where.replace(batch, elsewhere), headers=TUS).status_code == 404, "a file of another batch"


def test_a_foreign_site_sends_nothing_in_a_persons_name(client, batch):
    where = created(client, batch, "a.wav", len(SOUND)).headers["location"]
    assert patched(client, where, SOUND, origin="https://evil.example").status_code == 403
    assert offset_of(client, where) == 0


def test_upload_metadata_may_name_the_folder(client, mine, batch):
    said = {"upload-length": "4", "upload-metadata": metadata(filename="1.wav", relativePath="Álbum/ﬁ/1.wav") + ",flag"}
    assert client.post(f"{batch}/files", headers={**TUS, **said}).status_code == 201
    assert list(files_of(mine, batch)) == ["Álbum/ﬁ/1.wav"]
