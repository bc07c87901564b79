"""An outbox that belongs to one test at a time."""

from __future__ import annotations

import pytest
import redis
from sqlalchemy import text

from app.kernel import db
from app.kernel.tenant import Tenant
from app.settings import Settings
from tests.factories.labels import a_label
from tests.kernel.jobs.work import add_marks

LEAST = 600


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever waits for processes that die and come back has the patience of a busy machine."""
    for item in items:
        own = item.get_closest_marker("timeout")
        if "tests/faults/" in str(item.path) and (own is None or own.args[0] < LEAST):
            item.add_marker(pytest.mark.timeout(LEAST), append=False)


@pytest.fixture(autouse=True)
def _empty(connected: Settings) -> None:
    """Nothing waits from other tests, in the outbox or at the broker."""
    with db.platform_work() as session:
        session.execute(text("DELETE FROM shared.outbox"))
        session.execute(text("DELETE FROM shared.schedules"))
    broker(connected).flushdb()


def broker(settings: Settings) -> redis.Redis:
    """The broker of these settings."""
    url = settings.celery_broker_url.replace("redis+socket://", "unix://").replace("virtual_host", "db")
    return redis.Redis.from_url(url)


@pytest.fixture
def environment(services, database_name) -> dict[str, str]:
    """The environment of processes that work on this test's database."""
    return services.environment(database_name)


@pytest.fixture
def patient(environment: dict[str, str]) -> dict[str, str]:
    """The same, with the patience of a busy machine: a message that waits longer than a lease is void."""
    return environment | {"TASK_LEASE_SECONDS": "8"}


@pytest.fixture
def working(label: Tenant) -> Tenant:
    """The label, with the table that test tasks write into."""
    add_marks(label)
    with db.owner_work() as owner:
        owner.execute(f'TRUNCATE "{label.id}".marks')
    return label


@pytest.fixture
def labels(connected: Settings) -> list[Tenant]:
    """Twenty labels with that table."""
    found = [a_label() for _ in range(20)]
    add_marks(*found)
    return found
