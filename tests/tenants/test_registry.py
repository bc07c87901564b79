"""The registry in memory: as fresh as the last commit, the same for everybody, quiet when the database is away."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from app.kernel import db
from app.kernel.actor import Actor
from tenants.lifecycle import service
from tenants.registry.memory import Registry
from tests.factories.labels import a_label

US = Actor.system(None)


@pytest.fixture
def registry(connected):
    registry = Registry()
    registry.start()
    yield registry
    registry.stop()


def eventually(condition, seconds=5.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_a_new_label_is_found_at_once_by_its_host(registry):
    tenant = a_label(slug="found-at-once")
    assert registry.by_host("found-at-once.localhost").tenant.id == tenant.id


def test_a_change_arrives_by_notification(registry):
    tenant = a_label(slug="notified")
    assert eventually(lambda: registry.by_id(tenant.id) is not None)
    service.suspend("notified", by=US, reason="x")
    assert eventually(lambda: registry.by_id(tenant.id).state == "suspended")
    service.rename("notified", by=US, slug="renamed-now")
    assert eventually(lambda: registry.by_id(tenant.id).slug == "renamed-now")
    assert registry.by_host("notified.localhost") is None


def test_an_unknown_host_is_asked_for_once_and_remembered(registry, monkeypatch):
    asked = []
    real = registry.refresh
    monkeypatch.setattr(registry, "refresh", lambda: (asked.append(1), real()))
    time.sleep(1.2)
    asked.clear()
    with ThreadPoolExecutor(8) as workers:
        list(workers.map(lambda _: registry.by_host("nobody.example"), range(200)))
    assert len(asked) < 20


def test_versions_have_no_gaps_under_concurrent_changes(registry):
    tenants = [a_label() for _ in range(4)]

    def churn(tenant):
        for number in range(5):
            service.rename(tenant.id, by=US, display_name=f"Name {number}")

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(churn, tenants))
    with db.platform_read() as session:
        versions = session.scalars(text("SELECT version FROM shared.registry_changes ORDER BY version")).all()
    assert versions == list(range(versions[0], versions[-1] + 1))
    assert eventually(lambda: all(registry.by_id(tenant.id).name == "Name 4" for tenant in tenants))


def test_a_process_that_slept_too_long_reads_everything_anew(registry):
    registry.stop()
    tenant = a_label(slug="slept-through")
    with db.owner_work() as owner:
        owner.execute("DELETE FROM shared.registry_changes")
    service.rename("slept-through", by=US, display_name="Awake")
    registry.refresh()
    assert registry.by_id(tenant.id).name == "Awake"


def test_the_last_known_registry_serves_while_the_database_is_away(registry, settings):
    registry.stop()
    tenant = a_label(slug="last-known")
    registry.refresh()
    db.close()
    assert registry.by_id(tenant.id).slug == "last-known"
