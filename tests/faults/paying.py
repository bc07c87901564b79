"""Payouts in front of workers that die: how to ask for work, to see that somebody died over it, and that all is well."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import select, text

from app.kernel import db, jobs
from app.kernel.tenant import Tenant
from app.payouts.models import Payout, SandboxTransfer
from tests.factories.payouts import a_day_later, check_books
from tests.kernel.jobs.nursery import Child
from tests.kernel.jobs.work import eventually, kill_tree, process

WITHIN = 150
"""Seconds of patience with a busy machine; when a lost payout is asked about is told by the row that wakes a worker."""

_DIED = text("""
SELECT count(*) FROM shared.outbox WHERE label = :label AND task LIKE 'payouts.%' AND claimed > 0
AND (attempts > 1 OR done_at IS NULL AND lease_until < clock_timestamp())
""")


def wake(tenant: Tenant, task: str) -> None:
    """Ask for one of the tasks of payouts, as its schedule does."""
    with db.tenant_work(tenant) as session:
        jobs.ask(session, task, {})


def somebody_died(tenant: Tenant) -> bool:
    """Whether a worker took up work on payouts and never came back."""
    with db.platform_read() as session:
        return session.execute(_DIED, {"label": tenant.id}).scalar_one() > 0


@contextmanager
def killed_at(tenant: Tenant, environment: dict[str, str], place: str) -> Iterator[Child | subprocess.Popen[bytes]]:
    """Let a worker die at a place of its work, with its whole family; then give another one that is whole."""
    with process("worker", environment | {"CRASH_AT": place, "WORKER_PROCESSES": "1"}) as doomed:
        assert eventually(lambda: doomed.poll() is not None or somebody_died(tenant), WITHIN), "nobody came by there"
        kill_tree(doomed)
    with process("worker", environment) as whole:
        yield whole


def states(tenant: Tenant) -> list[str]:
    """Where the label's payouts stand, in the order in which they were asked for."""
    with db.tenant_read(tenant) as session:
        return list(session.scalars(select(Payout.state).order_by(Payout.number)))


def all_are(tenant: Tenant, *wanted: str) -> Callable[[], bool]:
    """A question: whether every payout, and there are some, stands in one of these states."""
    return lambda: bool(found := states(tenant)) and set(found) <= set(wanted)


def transfers(tenant: Tenant) -> int:
    """How many transfers the bank was told to make."""
    with db.tenant_read(tenant) as session:
        return len(list(session.scalars(select(SandboxTransfer.key))))


def all_is_well(tenant: Tenant, payouts: int) -> None:
    """So many payouts, one transfer each, and the books right, now and when the money is there."""
    assert len(states(tenant)) == transfers(tenant) == payouts
    check_books(tenant)
    a_day_later(tenant)
    assert states(tenant) == ["paid"] * payouts
    check_books(tenant)
