"""A worker whose database hiccups while it works keeps its lease, and nobody else begins the same work."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy import text

from app.kernel import db
from app.kernel.jobs import run
from app.kernel.jobs.relay import Relay
from tenants.registry.queries import fresh_tenant
from tests.faults.test_workers import ask, names_of
from tests.kernel.jobs.work import eventually

LEASE_SECONDS = 0.9


class Rows:
    """Labels as their rows say."""

    def tenant(self, tenant_id):
        return fresh_tenant(tenant_id)


@contextmanager
def nothing_can_be_renewed():
    """Whatever changes the outbox for the platform is refused."""
    with db.owner_work() as owner:
        owner.execute("REVOKE UPDATE ON shared.outbox FROM boptone_platform")
    try:
        yield
    finally:
        with db.owner_work() as owner:
            owner.execute("GRANT UPDATE ON shared.outbox TO boptone_platform")


def lease():
    with db.platform_read() as session:
        query = "SELECT lease_until, lease_until > clock_timestamp() AS held FROM shared.outbox"
        return session.execute(text(query)).one()


def test_a_lease_is_renewed_again_after_a_renewal_that_failed(working):
    sent = []
    relay = Relay("home", lambda message, **_: sent.append(message), lease_seconds=LEASE_SECONDS)
    ask(working, ["long"], seconds=3.0)
    relay.run_once()
    with ThreadPoolExecutor(1) as worker:
        outcome = worker.submit(run.run, sent[0], Rows(), lease_seconds=LEASE_SECONDS)
        first = lease().lease_until
        assert eventually(lambda: lease().lease_until > first, 5)
        with nothing_can_be_renewed():
            last = lease().lease_until
            assert not eventually(lambda: lease().lease_until != last, LEASE_SECONDS / 2)
        assert eventually(lambda: lease().lease_until > last and lease().held, 2)
        assert relay.run_once() == 0
        assert outcome.result(10) == "done"
    assert names_of(working) == ["long"]
