"""A batch from its table to the catalogue and back, as a label manager does it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.catalog.models import Recording, Release, Track
from app.kernel import clock, db
from app.kernel.jobs.outbox import OutboxRow
from app.kernel.jobs.registry import tasks as known
from app.roster.models import Artist, Imprint
from app.uploads import tasks
from app.uploads.models import Batch
from tests.factories.labels import a_label

TABLE = """Albumtitel,Interpret,Label,Katalognummer,EAN,Erscheinungsdatum,Nr,Titel,Dauer
Nachtwerk,Anna Blume,Halden,HLD-1,4006381333931,2026-03,1,Erste Nacht,4:10
Nachtwerk,Anna Blume,Halden,HLD-1,4006381333931,2026-03,2,Zweite Nacht,5:02
Meer,Kite & Drift,Halden,HLD-2,5901234123457,2025-11-02,1,Flut,3:33
"""
SECOND = TABLE + "Ebbe,Kite & Drift,Halden,HLD-3,5901234123458,2025-11-02,1,Watt,3:00\n"


@pytest.fixture
def mine(connected):
    return a_label()


def uploaded(client, table=TABLE, name="catalogue.csv"):
    """The address of a new batch."""
    body = table.encode() if isinstance(table, str) else table
    answer = client.post("/portal/uploads", files={"manifest": (name, body, "text/csv")})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def mapping(page):
    """What the page proposes, as its form would send it."""
    found = {}
    for header, options in re.findall(r'<select class="input" name="([^"]+)".*?>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[header] = chosen[1] if chosen else ""
    return found


def work(tenant):
    """Do what waits for this label, once each, as the worker would."""
    with db.platform_work() as session:
        waiting = session.scalars(
            select(OutboxRow).where(
                OutboxRow.label == tenant.id, OutboxRow.task.like("uploads.%"), OutboxRow.done_at.is_(None)
            )
        ).all()
        asked = [(row.task, row.args) for row in waiting]
        for row in waiting:
            row.done_at = clock.now()
    for task, args in asked:
        with db.tenant_work(tenant) as session:
            known[task].function(session, tenant, **args)


def checked(client, tenant, table=TABLE, **kwargs):
    """A batch that waits for a yes."""
    batch = uploaded(client, table, **kwargs)
    assert client.post(f"{batch}/columns", data=mapping(client.get(batch).text)).status_code == 303
    work(tenant)
    return batch


def test_columns_that_cannot_be_meant_so_are_shown_again_as_they_were_chosen(client_as, mine):
    client = client_as(mine)
    batch = uploaded(client, "Title,Artist,Track Title\nEbbe,Kite & Drift,Watt\n")
    chosen = {"Title": "track.title", "Artist": "track.title", "Track Title": ""}
    answer = client.post(f"{batch}/columns", data=chosen)
    assert answer.status_code == 422
    assert mapping(answer.text) == chosen
    assert "Say which column tells releases apart" in answer.text
    assert "Another column holds this already" in answer.text
    mended = {"Title": "release.title", "Artist": "release.artists", "Track Title": "track.title"}
    assert client.post(f"{batch}/columns", data=mended).status_code == 303


def applied(client, tenant, table=TABLE):
    """A batch that was applied."""
    batch = checked(client, tenant, table)
    client.post(f"{batch}/approval")
    work(tenant)
    return batch


def counts(tenant, *models):
    with db.tenant_read(tenant) as session:
        return [len(session.scalars(select(model)).all()) for model in models]


def stage(tenant):
    with db.tenant_read(tenant) as session:
        return session.scalar(select(Batch.stage).order_by(Batch.created_at.desc()).limit(1))


def test_columns_of_any_language_are_understood(client_as, mine):
    client = client_as(mine)
    understood = mapping(client.get(uploaded(client)).text)
    assert understood["Albumtitel"] == "release.title"
    assert understood["EAN"] == "release.upc"
    assert understood["Dauer"] == "track.duration"


def test_nothing_is_changed_before_the_yes(client_as, mine):
    client = client_as(mine)
    batch = checked(client, mine)
    assert counts(mine, Release, Recording, Artist) == [0, 0, 0]
    page = client.get(batch).text
    assert "Nachtwerk" in page
    assert "Meer" in page


def test_a_yes_does_what_was_shown(client_as, mine):
    client = client_as(mine)
    applied(client, mine)
    assert stage(mine) == "done"
    assert counts(mine, Release, Track, Recording, Imprint) == [2, 3, 3, 1]
    with db.tenant_read(mine) as session:
        release = session.scalars(select(Release).where(Release.title == "Nachtwerk")).one()
        assert (release.upc, release.release_date, release.catalog_number) == ("4006381333931", "2026-03", "HLD-1")
        told = session.execute(text("SELECT count(*) FROM activity WHERE action = 'release.created'")).scalar()
    assert told == 2


def test_the_same_table_again_changes_nothing(client_as, mine):
    client = client_as(mine)
    applied(client, mine)
    before = counts(mine, Release, Track, Recording, Artist, Imprint)
    applied(client, mine)
    assert counts(mine, Release, Track, Recording, Artist, Imprint) == before
    with db.tenant_read(mine) as session:
        newest = session.scalars(select(Batch).order_by(Batch.created_at.desc()).limit(1)).one()
        assert newest.counts["unchanged"] == 2
        assert {release.version for release in session.scalars(select(Release))} == {1}


def test_a_task_that_is_sent_twice_is_done_once(client_as, mine):
    client = client_as(mine)
    applied(client, mine)
    with db.tenant_work(mine) as session:
        tasks.apply(session, mine, batch=str(session.scalars(select(Batch.id)).one()))
    assert counts(mine, Release) == [2]


def test_a_refused_release_is_kept_out_and_can_be_corrected(client_as, mine):
    client = client_as(mine)
    batch = applied(client, mine, SECOND)
    assert counts(mine, Release) == [2], "the wrong check digit keeps one out"
    batch = checked(client, mine, SECOND)
    page = client.get(batch).text
    assert "5901234123458" in page
    assert "ID05" in page
    client.post(f"{batch}/corrections", data={"row": "5", "field": "release.upc", "value": "5901234123464"})
    work(mine)
    client.post(f"{batch}/approval")
    work(mine)
    assert counts(mine, Release) == [3]


def test_a_changed_table_changes_only_what_differs(client_as, mine):
    client = client_as(mine)
    applied(client, mine)
    applied(client, mine, TABLE.replace("Erste Nacht", "Die erste Nacht"))
    with db.tenant_read(mine) as session:
        titles = set(session.scalars(select(Recording.title)))
        changed = session.execute(text("SELECT before, after FROM activity WHERE action = 'recording.changed'")).one()
    assert titles == {"Die erste Nacht", "Zweite Nacht", "Flut"}
    assert (changed.before["title"], changed.after["title"]) == ("Erste Nacht", "Die erste Nacht")


def test_a_whole_batch_is_taken_back(client_as, mine):
    client = client_as(mine)
    applied(client, mine)
    before = counts(mine, Release, Track, Recording, Artist, Imprint)
    more = TABLE.replace("Erste Nacht", "Die erste Nacht") + "Neu,Neue,Ganz Neu,GN-9,,2026,1,Da,1:00\n"
    batch = applied(client, mine, more)
    assert counts(mine, Release, Imprint) == [3, 2]
    client.post(f"{batch}/undo")
    work(mine)
    assert stage(mine) == "undone"
    assert counts(mine, Release, Track, Recording, Artist, Imprint) == before
    with db.tenant_read(mine) as session:
        assert "Erste Nacht" in set(session.scalars(select(Recording.title)))


def test_everything_that_a_first_batch_brought_can_go(client_as, mine):
    client = client_as(mine)
    batch = applied(client, mine)
    client.post(f"{batch}/undo")
    work(mine)
    assert counts(mine, Release, Track, Recording, Artist, Imprint) == [0, 0, 0, 0, 0]


def test_what_was_changed_since_is_not_taken_back(client_as, mine):
    client = client_as(mine)
    batch = applied(client, mine)
    with db.tenant_work(mine) as session:
        release = session.scalars(select(Release).where(Release.title == "Meer")).one()
        release.change({"title": "Das Meer"}, clock.now())
    client.post(f"{batch}/undo")
    work(mine)
    assert counts(mine, Release) == [2]
    assert "Das Meer" in client.get(batch).text


def test_after_three_days_nothing_is_taken_back(client_as, mine):
    client = client_as(mine)
    batch = applied(client, mine)
    with clock.frozen_at(clock.now() + timedelta(hours=73)):
        client = client_as(mine)
        assert client.post(f"{batch}/undo").status_code == 409


def test_a_catalogue_that_changed_meanwhile_is_looked_at_again(client_as, mine):
    client = client_as(mine)
    first, second = checked(client, mine), checked(client, mine)
    client.post(f"{first}/approval")
    work(mine)
    client.post(f"{second}/approval")
    work(mine)
    assert counts(mine, Release) == [2]
    assert "has changed since" in client.get(second).text


def test_a_rival_finds_no_batch(client_as, mine, rival):
    batch = checked(client_as(mine), mine)
    other = client_as(rival)
    assert other.get(batch).status_code == 404
    assert other.post(f"{batch}/approval").status_code == 404
    assert other.get(f"{batch}/workbook").status_code == 404
    assert "catalogue.csv" not in other.get("/portal/uploads").text


@pytest.mark.parametrize("body", [b"", b"\x00\x01\x02", b"PK\x03\x04 no zip", b"\xd0\xcf\x11\xe0 old", b"a\n"])
def test_what_is_no_table_is_refused_with_a_sentence(client_as, mine, body):
    client = client_as(mine)
    answer = client.get(uploaded(client, body))
    assert answer.status_code in (200, 400, 422)
    assert "Traceback" not in answer.text
