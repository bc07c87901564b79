"""Whether a release is ready: what rules find, when they look again, and what is put right in one click."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from app.catalog import tasks
from app.catalog.models import Finding, Release
from app.kernel import clock, db
from app.kernel.jobs.outbox import OutboxRow
from tests.factories.catalog import a_release
from tests.factories.labels import a_label

RELEASES = "/portal/releases"


@pytest.fixture
def mine(connected):
    return a_label()


def work(tenant):
    """Let the worker do what was asked for, and tell how many tasks that were."""
    done = 0
    while True:
        with db.platform_work() as session:
            mine = (OutboxRow.label == tenant.id, OutboxRow.task.like("catalog.%"), OutboxRow.done_at.is_(None))
            waiting = session.scalars(select(OutboxRow).where(*mine)).all()
            asked = [(row.task, row.args) for row in waiting]
            for row in waiting:
                row.done_at = clock.now()
        if not asked:
            return done
        for task, args in asked:
            done += 1
            with db.tenant_work(tenant) as session:
                {"catalog.check": tasks.check, "catalog.recheck": tasks.recheck}[task](session, tenant, **args)


def rules(tenant, release_id):
    with db.tenant_read(tenant) as session:
        return sorted(session.scalars(select(Finding.rule).where(Finding.release_id == release_id)))


def test_what_rules_find_stands_on_the_page_once_the_worker_has_looked(client_as, mine):
    client = client_as(mine)
    release = a_release(mine, "Nachtwerk (feat. Nobody)", genre="electronic", p_owner="(P) Halden", p_year=2026)
    work(mine)
    assert "GE01" in rules(mine, release)
    with db.tenant_read(mine) as session:
        assert session.get_one(Release, release).checked_at is not None
