"""The stages of a batch: each is told while it runs, can be begun again, and keeps to the label's limits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.kernel import clock, db
from app.kernel.media import Fault
from app.uploads.errors import BatchFull
from app.uploads.models import Batch, BatchFile
from app.uploads.rules.manifest import read_manifest
from app.uploads.service import batches, limiting, measuring, steps
from tests.factories.labels import a_label
from tests.media import a_tone, wav
from tests.uploads.books import a_workbook
from tests.uploads.measured import brought, picture, sound
from tests.uploads.sending import limited, sent
from tests.uploads.test_attaching import FIRST, ISRCS, checked, findings
from tests.uploads.test_batches import SECOND, TABLE, counts, mapping, stage, uploaded, work
from tests.uploads.test_batches import checked as table_checked


@pytest.fixture
def mine(connected):
    return a_label()


def the_batch(session):
    return session.scalars(select(Batch).order_by(Batch.created_at.desc()).limit(1)).one()


def test_a_batch_waits_for_its_files_and_says_how_many_are_there(client_as, mine):
    client = client_as(mine)
    batch = uploaded(client, ISRCS)
    ids = brought(mine, batch, FIRST, sound("late.wav"))
    with db.tenant_work(mine) as session:
        session.get(BatchFile, ids["late.wav"]).state = "received"
    client.post(f"{batch}/columns", data=mapping(client.get(batch).text))
    work(mine)
    assert client.get(f"{batch}/state").json() == {
        "stage": "measuring",
        "version": 2,
        "done": 1,
        "total": 2,
        "step": None,
        "trouble": None,
    }
    assert "1</bdi> / <bdi data-total>2" in client.get(batch).text
    with db.tenant_work(mine) as session:
        session.get(BatchFile, ids["late.wav"]).state = "measured"
        measuring.arrived(session, the_batch(session).id)
    work(mine)
    assert stage(mine) == "ready"


def test_a_batch_goes_on_without_what_never_arrived(client_as, mine):
    client = client_as(mine)
    batch = uploaded(client, ISRCS)
    ids = brought(mine, batch, FIRST, sound("lost.wav"))
    with db.tenant_work(mine) as session:
        lost = session.get(BatchFile, ids["lost.wav"])
        lost.state, lost.received = "receiving", 0
    client.post(f"{batch}/columns", data=mapping(client.get(batch).text))
    assert "1 file has not arrived whole." in client.get(batch).text
    client.post(f"{batch}/unsent-files/removal")
    work(mine)
    assert stage(mine) == "ready"


def test_the_step_is_told_while_its_transaction_is_open(client_as, mine):
    client = client_as(mine)
    batch = table_checked(client, mine)
    with db.tenant_work(mine) as session:
        batches.ask_check(session, the_batch(session))
    with db.tenant_read(mine) as session:
        steps.reached(mine, the_batch(session), "validate")
    told = client.get(f"{batch}/state").json()
    assert (told["stage"], told["step"], told["done"], told["total"]) == ("checking", "validate", 2, 5)
    assert 'aria-current="step"' in client.get(batch).text


def test_a_stage_that_came_to_nothing_is_begun_again(client_as, mine):
    client = client_as(mine)
    batch = uploaded(client)
    client.post(f"{batch}/columns", data=mapping(client.get(batch).text))
    with db.platform_work() as session:
        session.execute(
            text("UPDATE shared.outbox SET parked_at = now(), done_at = now() WHERE label = :id"), {"id": mine.id}
        )
    work(mine)
    assert stage(mine) == "checking", "the task is gone"
    assert f"{batch}/restart" not in client.get(batch).text
    with clock.frozen_at(clock.now() + timedelta(minutes=3)):
        assert f"{batch}/restart" in client_as(mine).get(batch).text
    assert client.post(f"{batch}/restart").status_code == 303
    work(mine)
    assert stage(mine) == "ready"
    assert client.post(f"{batch}/restart").status_code == 409


def in_the_outbox(tenant, task, change):
    """Let a worker have left the newest task of this name so."""
    newest = (
        "SELECT id FROM shared.outbox WHERE label = :id AND task = :task AND done_at IS NULL ORDER BY id DESC LIMIT 1"
    )
    with db.platform_work() as session:
        session.execute(
            text(f"UPDATE shared.outbox SET {change} WHERE id = ({newest})"), {"id": tenant.id, "task": task}
        )


def open_tasks(tenant):
    with db.platform_read() as session:
        query = "SELECT task FROM shared.outbox WHERE label = :id AND done_at IS NULL AND parked_at IS NULL"
        return session.scalars(text(query + " AND task LIKE 'uploads.%'"), {"id": tenant.id}).all()


PARKED = "parked_at = now(), problem = 'RuntimeError: no'"


@pytest.mark.parametrize(("task", "ends"), [("check", "ready"), ("apply", "done"), ("undo", "undone")])
def test_a_stage_whose_task_failed_says_so_at_once_and_is_begun_again(client_as, mine, task, ends):
    client = client_as(mine)
    if task == "check":
        batch = uploaded(client)
        client.post(f"{batch}/columns", data=mapping(client.get(batch).text))
    else:
        batch = table_checked(client, mine)
        client.post(f"{batch}/approval")
    if task == "undo":
        work(mine)
        client.post(f"{batch}/undo")
    assert client.get(f"{batch}/state").json()["trouble"] is None
    in_the_outbox(mine, f"uploads.{task}", "problem = 'OperationalError: gone', attempts = 1")
    assert client.get(f"{batch}/state").json()["trouble"] == "again"
    page = client.get(batch).text
    assert "It is tried again by itself" in page
    assert f"{batch}/restart" not in page
    in_the_outbox(mine, f"uploads.{task}", PARKED)
    assert client.get(f"{batch}/state").json()["trouble"] == "failed"
    page = client.get(batch).text
    for said in ("This stage failed, through a fault of ours.", '<span class="pill danger">Failed', f"{batch}/restart"):
        assert said in page, said
    assert client.post(f"{batch}/restart").status_code == 303
    assert client.get(f"{batch}/state").json()["trouble"] is None
    assert open_tasks(mine) == [f"uploads.{task}"]
    assert client.post(f"{batch}/restart").status_code == 303
    work(mine)
    assert stage(mine) == ends


def test_a_file_that_no_worker_could_look_at_is_looked_at_again(client_as, mine):
    client = client_as(mine)
    batch = uploaded(client, ISRCS)
    sent(client, batch, "DEAB12600001.wav", wav(a_tone()))
    sent(client, batch, "DEAB12600002.wav", wav(a_tone(hertz=500)))
    client.post(f"{batch}/columns", data=mapping(client.get(batch).text))
    in_the_outbox(mine, "uploads.measure", PARKED)
    page = client.get(batch).text
    assert "Some files could not be looked at" in page
    assert "data-total>2" in page, "the other one goes on"
    assert client.post(f"{batch}/restart").status_code == 303
    assert client.get(f"{batch}/state").json()["trouble"] is None
    assert client.post(f"{batch}/restart").status_code == 409, "all of it is being worked on"
    work(mine)
    work(mine)
    assert stage(mine) == "ready"
    with db.tenant_read(mine) as session:
        assert set(session.scalars(select(BatchFile.verdict))) == {"ok"}


def test_a_table_over_the_labels_limit_stops_and_says_the_number(client_as, mine):
    client = client_as(mine)
    batch = uploaded(client)
    client.post(f"{batch}/columns", data=mapping(client.get(batch).text))
    work(limited(mine, batch_rows=2))
    assert stage(mine) == "stopped"
    assert "more than 2 rows" in client.get(batch).text
    assert client.post(f"{batch}/restart").status_code == 303
    work(mine)
    assert stage(mine) == "ready"


def test_a_cell_over_the_labels_limit_is_left_out_and_named(client_as, mine):
    client = client_as(mine)
    batch = uploaded(client)
    client.post(f"{batch}/columns", data=mapping(client.get(batch).text))
    work(limited(mine, cell_characters=12))
    assert [row for _, row, *_ in findings(mine, batch, "cell_too_long")] == [2, 3, 4], "the codes"


def test_a_batch_takes_only_so_many_files(client_as, mine):
    client = client_as(mine)
    batch = uploaded(client, ISRCS)
    brought(mine, batch, FIRST)
    with db.tenant_read(mine) as session:
        limiting.check_room(session, mine, the_batch(session))
        for limits in ({"batch_files": 0}, {"batch_bytes": 10}):
            with pytest.raises(BatchFull, match="holds at most"):
                limiting.check_room(session, limited(mine, **limits), the_batch(session))


def test_a_workbook_is_corrected_and_sent_back(client_as, mine):
    client = client_as(mine)
    batch = table_checked(client, mine, SECOND)
    book = client.get(f"{batch}/workbook").content
    book_sent = {"workbook": ("c.xlsx", book, "application/octet-stream")}
    assert client.post(f"{batch}/workbook", files=book_sent).status_code in (400, 422), "nothing is corrected in it"
    given = read_manifest(book)
    rows = [["" if cell is None else cell.replace("5901234123458", "5901234123464") for cell in row]
            for row in given.cells.iter_rows()]  # fmt: skip
    book_sent = {"workbook": ("c.xlsx", a_workbook(given.headers, *rows), "application/octet-stream")}
    assert client.post(f"{batch}/workbook", files=book_sent).status_code == 303
    work(mine)
    with db.tenant_read(mine) as session:
        assert the_batch(session).counts["refused"] == 0
    other = {"workbook": ("c.csv", TABLE.encode(), "text/csv")}
    assert "not a workbook of corrections" in client.post(f"{batch}/workbook", files=other).text


def test_a_file_is_left_out_and_its_release_goes_in(client_as, mine):
    client = client_as(mine)
    lossy = sound("audio/DEAB12600003.wav", fault=Fault.LOSSY)
    batch = checked(client, mine, lossy)
    with db.tenant_read(mine) as session:
        key = session.scalar(select(BatchFile.id))
        assert the_batch(session).counts["refused"] == 1
    assert client.post(f"{batch}/files/{key}/removal").status_code == 303
    work(mine)
    with db.tenant_read(mine) as session:
        assert the_batch(session).counts["refused"] == 0
    assert findings(mine, batch, "file_lossy") == []
    assert client.post(f"{batch}/files/{key}/removal").status_code == 404


def test_the_files_of_a_batch_are_shown_with_verdict_row_and_sound(client_as, mine):
    client = client_as(mine)
    batch = checked(client, mine, FIRST, sound("01 Zweite Nacht.wav", dual_mono=True), picture("4006381333931.jpg"),
                    sound("bad.wav", fault=Fault.TRUNCATED))  # fmt: skip
    page = client.get(f"{batch}?view=files").text
    for said in (
        "audio/DEAB12600001.wav",
        "by ISRC",
        "Dual mono",
        "part of the audio is missing",
        "3000 × 3000",
        'data-src="/files/',
    ):
        assert said in page, said
    doubtful = client.get(f"{batch}?view=files&show=doubtful").text
    assert "01 Zweite Nacht.wav" in doubtful
    assert "bad.wav" not in doubtful
    assert "bad.wav" in client.get(f"{batch}?view=files&show=refused").text
    assert client.get(f"{batch}?view=files&page=9").status_code == 200
    for wrong in ("show=own", "page=x", "page=9999999999"):
        assert client.get(f"{batch}?view=files&{wrong}").status_code in (400, 422)


def test_what_would_change_is_told_field_by_field(client_as, mine):
    client = client_as(mine)
    first = checked(client, mine, FIRST)
    client.post(f"{first}/approval")
    work(mine)
    again = checked(client, mine, sound(FIRST[0], of="remaster"), table=ISRCS.replace("Flut", "Ebbe"))
    page = client.get(f"{again}?view=change").text
    assert "Flut</bdi> → <bdi>Ebbe" in page
    assert f"→ <bdi>{FIRST[0]}</bdi>" in page


def test_a_rival_finds_none_of_it(client_as, mine, rival):
    batch = checked(client_as(mine), mine, FIRST)
    with db.tenant_read(mine) as session:
        key = session.scalar(select(BatchFile.id))
    other = client_as(rival)
    assert other.get(f"{batch}?view=files").status_code == 404
    assert other.get(f"{batch}/state").status_code == 404
    assert other.get(f"{batch}/events").status_code == 404
    for address in (f"{batch}/files/{key}/removal", f"{batch}/unsent-files/removal", f"{batch}/restart"):
        assert other.post(address).status_code == 404, address
    assert counts(mine, BatchFile) == [1]


def test_many_releases_are_shown_page_by_page(client_as, mine):
    client = client_as(mine)
    head = ISRCS.partition("\n")[0].removesuffix(",isrc")
    many = "\n".join([head, *(f"Nr {n:03},Anna,Halden,HLD-{n},,1,Lied {n}" for n in range(205))])
    batch = table_checked(client, mine, many)
    first, second = client.get(batch).text, client.get(f"{batch}?view=all&page=2").text
    assert "Nr 199" in first
    assert "Nr 200" not in first
    assert "page=2" in first
    assert "Nr 204" in second
    assert "Nr 199" not in second
