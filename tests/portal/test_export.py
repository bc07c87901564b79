"""Everything in one file: asked for with a proof, made once by a worker, taken by who asked, gone after a day."""

from __future__ import annotations

import os
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from app.kernel import clock, db, files
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.kernel.files.store import object_hashes
from tenants.archive import keeping
from tenants.archive.importing import verified
from tenants.archive.models import Export
from tenants.lifecycle.service import close
from tenants.registry.queries import fresh_tenant
from tests.factories.labels import a_label
from tests.identity.post import forget_waiting, work
from tests.kernel.jobs.nursery import nursery

EXPORT = "/portal/settings/export"
JSON = {"accept": "application/json"}
PLACES = ["export.table", "export.written", "export.stored", "export.told"]


@pytest.fixture
def mine(connected):
    forget_waiting()
    return a_label()


def exports_of(tenant):
    with db.platform_read() as session:
        return session.scalars(select(Export).where(Export.tenant_id == tenant.id).order_by(Export.asked_at)).all()


def count(tenant, action):
    with db.tenant_read(tenant) as session:
        return session.scalar(select(func.count()).where(Activity.action == action))


def link_of(client, export):
    return client.post(f"{EXPORT}/{export.id}/link").headers["location"]


def asked_and_made(client, tenant):
    assert client.post(EXPORT).status_code == 303
    work()
    return exports_of(tenant)[-1]


def test_an_export_is_made_by_a_worker_and_imports_again(client_as, mine, tmp_path):
    client, colleague = client_as(mine), client_as(mine)
    client.post("/portal/files", files={"file": ("a.txt", b"bytes", "text/plain")})
    assert client.post(EXPORT).headers["location"] == EXPORT
    assert 'hx-trigger="every 2s"' in client.get(EXPORT).text
    work()
    page = client.get(EXPORT).text
    assert 'hx-trigger="every 2s"' not in page
    export = exports_of(mine)[0]
    answer = client.get(link_of(client, export))
    assert answer.headers["content-length"] == str(export.size) == str(len(answer.content))
    path = tmp_path / "label.tar"
    path.write_bytes(answer.content)
    assert len(verified(path).files) == 1
    assert [count(mine, f"label.{what}") for what in ("export_asked", "export_ready", "exported")] == [1, 1, 1]
    for browser in (client, colleague):
        assert "An export of everything is ready" in browser.get("/portal/inbox").text


def test_asking_twice_makes_one_and_asking_after_it_another(client_as, mine):
    client = client_as(mine)
    for _ in range(3):
        assert client.post(EXPORT).status_code == 303
    work()
    assert len(exports_of(mine)) == 1
    asked_and_made(client, mine)
    assert len(exports_of(mine)) == 2


def test_an_export_holds_no_export(client_as, mine):
    client = client_as(mine)
    first = asked_and_made(client, mine)
    assert list(object_hashes(mine.id)) == []
    with db.tenant_read(mine) as session:
        assert session.scalar(text("SELECT count(*) FROM files")) == 0, "nor does it stand among the label's files"
    assert exports_of(mine)[0].sha256 == first.sha256


def test_asking_and_taking_need_a_fresh_proof(client_as, mine):
    client = client_as(mine)
    export = asked_and_made(client, mine)
    link = link_of(client, export)
    with clock.frozen_at(clock.now() + timedelta(minutes=11)):
        for address in (EXPORT, f"{EXPORT}/{export.id}/link"):
            assert client.post(address, headers=JSON).status_code == 403
        assert client.get(link, headers=JSON).status_code == 404, "a link is good for ten minutes"


def test_a_link_is_nobodys_but_theirs_who_took_it(client_as, client_of, mine, rival):
    client = client_as(mine)
    link = link_of(client, asked_and_made(client, mine))
    assert client_as(mine).get(link, headers=JSON).status_code == 404
    assert client_of(f"{mine.slug}.localhost").get(link, headers=JSON).status_code == 404
    assert client_as(mine, role="store").get(link, headers=JSON).status_code == 403
    assert client_as(rival).get(link, headers=JSON).status_code == 404
    broken = link[:-4] + ("AAAA" if link[-4:] != "AAAA" else "BBBB")
    assert client.get(broken, headers=JSON).status_code == 404
    assert client.get(link).status_code == 200


def test_a_rivals_export_is_not_found(client_as, mine, rival):
    client, other = client_as(mine), client_as(rival)
    export = asked_and_made(client, mine)
    assert other.post(f"{EXPORT}/{export.id}/link", headers=JSON).status_code == 404
    assert str(export.id) not in other.get(EXPORT).text
    with pytest.raises(files.store.ObjectBroken):
        list(files.read_archive(rival, export.id, export.sha256))


def test_who_may_not_export_asks_and_takes_nothing(client_as, mine):
    export = asked_and_made(client_as(mine), mine)
    store = client_as(mine, role="store")
    for address in (EXPORT, f"{EXPORT}/{export.id}/link"):
        assert store.post(address, headers=JSON).status_code == 403


def test_a_label_that_is_closing_takes_everything_along(client_as, client_of, mine):
    client = client_as(mine)
    close(mine.slug, by=Actor.system(None))
    tenant = fresh_tenant(mine.id)
    with db.tenant_read(tenant) as session:
        keeper = Actor("member", session.execute(text("SELECT id FROM members LIMIT 1")).scalar_one(), tenant, "Ada")
    export_id = keeping.ask(tenant, by=keeper)
    work()
    export, content = keeping.opened(tenant, keeping.link(tenant, export_id, by=keeper), by=keeper)
    assert len(b"".join(content)) == export.size
    assert client.get(EXPORT).status_code == 200


def test_an_export_is_gone_after_a_day(client_as, mine):
    client = client_as(mine)
    export = asked_and_made(client, mine)
    link = link_of(client, export)
    with clock.frozen_at(clock.now() + timedelta(hours=25)):
        assert keeping.newest(mine) is None
        keeping.tidy()
    assert exports_of(mine) == []
    assert client.get(link, headers=JSON).status_code == 404
    with pytest.raises(files.store.ObjectBroken):
        list(files.read_archive(mine, export.id, export.sha256))


def test_an_export_that_nobody_makes_any_more_says_so_and_is_asked_for_again(client_as, mine):
    client = client_as(mine)
    client.post(EXPORT)
    with db.platform_work() as session:
        session.execute(text("UPDATE shared.outbox SET parked_at = now() WHERE task = 'tenants.export'"))
    assert "came to no end" in client.get(EXPORT).text
    assert asked_and_made(client, mine).ready_at is not None
    assert len(exports_of(mine)) == 2


@pytest.mark.parametrize("place", PLACES)
def test_a_worker_killed_in_the_middle_makes_it_all_the_same_and_tells_once(
    services, database_name, client_as, mine, place
):
    client = client_as(mine)
    client.post("/portal/files", files={"file": ("a.txt", b"bytes", "text/plain")})
    client.post(EXPORT)
    export = exports_of(mine)[0]
    code = f"""
from uuid import UUID
from app.main import composition
from app.kernel import db
from tenants.archive import keeping
with composition.connected("test"), db.platform_work() as session:
    keeping.make(session, UUID("{export.id}"))
"""
    environment = os.environ | services.environment(database_name) | {"CRASH_AT": place, "BOPTONE_ENV": "test"}
    died = nursery().python(code, environment=environment)
    assert died.returncode == -9, died.stderr
    assert exports_of(mine)[0].ready_at is None
    assert client.post(f"{EXPORT}/{export.id}/link", headers=JSON).status_code == 404
    work()
    made = exports_of(mine)[0]
    assert len(client.get(link_of(client, made)).content) == made.size
    assert count(mine, "label.export_ready") == 1


def test_progress_is_written_down_while_it_is_made(client_as, mine, monkeypatch):
    client = client_as(mine)
    client.post(EXPORT)
    monkeypatch.setattr(keeping, "TELL_EVERY_SECONDS", 0.0)
    work()
    assert exports_of(mine)[0].parts > 5
    assert re.search(r"Kept until", client.get(EXPORT).text)
