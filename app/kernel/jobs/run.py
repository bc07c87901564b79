"""Doing one piece of work: counted before it starts, marked done in its own transaction, so it acts once."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import func, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.kernel import clock, failpoint, observe, trial
from app.kernel.db import current, platform_work, tenant_work
from app.kernel.errors import Busy, DiskFull, Refusal, Unavailable, is_disk_full
from app.kernel.jobs.envelope import Envelope, EnvelopeForged, opened
from app.kernel.jobs.outbox import OutboxRow
from app.kernel.jobs.registry import TIME_LIMIT_SECONDS, LabelTask, Task, tasks
from app.kernel.observe import metrics
from app.kernel.tenant import Tenant

BACKOFF_SECONDS = (2, 15, 120, 900)
PROBLEM_LENGTH = 500

# Whichever message comes first is taken up, and voids all that were sent until then: were only the newest good, a row
# that waits at the broker for longer than its lease would be sent anew each time before it is reached, for ever.
_CLAIM = text("""
UPDATE shared.outbox SET claimed = sends, attempts = attempts + 1,
  lease_until = clock_timestamp() + make_interval(secs => :lease)
WHERE id = :id AND label = :label AND done_at IS NULL AND parked_at IS NULL AND claimed < :send AND :send <= sends
RETURNING claimed, task, args, epoch, attempts, max_attempts
""")
_RENEW = text("""
UPDATE shared.outbox SET lease_until = clock_timestamp() + make_interval(secs => :lease)
WHERE id = :id AND claimed = :claimed AND done_at IS NULL
""")
_DONE = text(
    "UPDATE shared.outbox SET done_at = clock_timestamp() WHERE id = :id AND done_at IS NULL AND claimed = :claimed"
)

log = observe.log("worker")


class Directory(Protocol):
    """Whatever knows labels as they are this moment."""

    def tenant(self, tenant_id: str) -> Tenant | None:
        """The label, or None when it is closed or never was."""


class _DoneElsewhere(Exception):
    """Another worker finished the row first; what this one did is rolled back."""


@dataclass(frozen=True)
class _Claim:
    id: UUID
    claimed: int
    cell: str
    label: str
    epoch: int
    task: str
    args: dict[str, Any]
    attempts: int
    max_attempts: int


def run(message: Any, directory: Directory, *, lease_seconds: float = 15.0) -> str:
    """Do what one message asks for and tell how it ended: done, void, parked, retried or refused."""
    try:
        envelope = opened(message, current().settings.derived_key("task-envelope"))
    except EnvelopeForged as problem:
        log.error("task.forged", reason=str(problem))  # noqa: TRY400 a forged message has no trace worth keeping
        return "refused"
    failpoint.reach("task.before_claim")
    claim = _claim(envelope, lease_seconds)
    if claim is None:
        return "void"
    failpoint.reach("task.claimed")
    started = perf_counter()
    with observe.bound(tenant_id=claim.label or None, request_id=envelope.trace), observe.traced(f"task {claim.task}"):
        outcome = _attempt(claim, directory, lease_seconds)
    name = claim.task if claim.task in tasks else "unknown"
    metrics.tasks.labels(name, outcome).inc()
    metrics.task_seconds.labels(name).observe(perf_counter() - started)
    return outcome


def _claim(envelope: Envelope, lease_seconds: float) -> _Claim | None:
    """Count the attempt in a transaction of its own: a task that kills its worker has still been counted."""
    values = {"id": UUID(envelope.id), "label": envelope.label, "send": envelope.send, "lease": lease_seconds}
    with platform_work(envelope.cell) as session:
        row = session.execute(_CLAIM, values).one_or_none()
    if row is None:
        return None
    return _Claim(
        id=UUID(envelope.id),
        cell=envelope.cell,
        label=envelope.label,
        **row._mapping,  # noqa: SLF001
    )


def _attempt(claim: _Claim, directory: Directory, lease_seconds: float) -> str:
    task = tasks.get(claim.task)
    tenant = directory.tenant(claim.label) if claim.label else None
    unfit = _unfit(claim, task, tenant)
    if task is None or unfit is not None:
        return _park(claim, unfit or "")
    try:
        with trial.within(tenant), _kept_lease(claim, lease_seconds):
            _work(claim, task, tenant)
    except _DoneElsewhere:
        return "void"
    except Exception as problem:  # noqa: BLE001 whatever a task raises is answered by another try or by parking
        return _answer(claim, problem)
    failpoint.reach("task.committed")
    return "done"


def _unfit(claim: _Claim, task: Task | None, tenant: Tenant | None) -> str | None:
    """Why a row must not be worked on, whoever sent it."""
    if task is None:
        return "No code of this version knows this task."
    if not isinstance(task, LabelTask):
        return "A platform task was asked for in a label's name." if claim.label else None
    if tenant is None or tenant.cell != claim.cell:
        return "The label is gone."
    if claim.epoch < tenant.fence_epoch:
        return "It was asked for before the label was restored or closed."
    return None


def _answer(claim: _Claim, problem: Exception) -> str:
    """A label that is busy and a full disk are waited for, a refusal is final, all else is tried again a few times."""
    if is_disk_full(problem):
        log.error("task.no_room", task=claim.task, row=str(claim.id))
        problem = DiskFull()
    if isinstance(problem, Busy | Unavailable):
        return _retry(claim, problem, seconds=float(problem.retry_after or 1))
    if isinstance(problem, Refusal):
        return _park(claim, str(problem))
    log.error("task.failed", task=claim.task, row=str(claim.id), attempt=claim.attempts, exc_info=problem)
    return _retry(claim, problem)


def _work(claim: _Claim, task: Task, tenant: Tenant | None) -> None:
    if tenant is not None and isinstance(task, LabelTask) and task.is_outside:
        tenant.check_writable(even=task.even)
        task.function(tenant, **claim.args)
        with platform_work(claim.cell) as session:
            _mark_done(session, claim)
    elif tenant is not None and isinstance(task, LabelTask):
        with tenant_work(tenant, even=task.even) as session:
            _allow_time(session, task)
            task.function(session, tenant, **claim.args)
            _mark_done(session, claim)
    else:
        with platform_work(claim.cell) as session:
            _allow_time(session, task)
            task.function(session, **claim.args)
            _mark_done(session, claim)


def _allow_time(session: Session, task: Task) -> None:
    """Keep the transaction of a long task open while it works elsewhere: the login's own limit is a minute."""
    if task.time_limit > TIME_LIMIT_SECONDS:
        session.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = '{task.time_limit:d}s'"))


def _mark_done(session: Session, claim: _Claim) -> None:
    failpoint.reach("task.worked")
    session.flush()
    done = session.execute(_DONE, {"id": claim.id, "claimed": claim.claimed})
    if done.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result counts
        raise _DoneElsewhere
    failpoint.reach("task.marked")


def _retry(claim: _Claim, problem: Exception, seconds: float | None = None) -> str:
    if claim.attempts >= claim.max_attempts and not isinstance(problem, Busy | Unavailable):
        return _park(claim, _sentence(problem))
    base = BACKOFF_SECONDS[min(claim.attempts, len(BACKOFF_SECONDS)) - 1] if seconds is None else seconds
    pause = timedelta(seconds=base * random.uniform(0.8, 1.2))  # noqa: S311 spreads load, hides nothing
    due = func.clock_timestamp() + pause  # by the database's clock, which decides what is due
    changes: dict[str, Any] = {"run_at": due, "lease_until": None, "problem": _sentence(problem)}
    if isinstance(problem, Busy | Unavailable):
        changes["attempts"] = claim.attempts - 1  # waiting for a label is no failure of the task
    _write(claim, **changes)
    return "retried"


def _park(claim: _Claim, why: str) -> str:
    _write(claim, parked_at=clock.now(), lease_until=None, problem=why[:PROBLEM_LENGTH])
    log.error("task.parked", task=claim.task, row=str(claim.id), reason=why)
    return "parked"


def _write(claim: _Claim, **values: Any) -> None:
    still_ours = (OutboxRow.id == claim.id) & (OutboxRow.claimed == claim.claimed) & OutboxRow.done_at.is_(None)
    with platform_work(claim.cell) as session:
        session.execute(update(OutboxRow).where(still_ours).values(**values))


def _sentence(problem: Exception) -> str:
    """The kind of failure and its first line; statements and their values stay in the log."""
    first_line = str(getattr(problem, "orig", problem)).partition("\n")[0]
    return f"{type(problem).__name__}: {first_line}"[:PROBLEM_LENGTH]


@contextmanager
def _kept_lease(claim: _Claim, lease_seconds: float) -> Iterator[None]:
    """Renew the lease while the work goes on; when the process dies nobody renews, and the row is soon sent again."""
    finished = threading.Event()

    def renew() -> None:
        while not finished.wait(lease_seconds / 3):
            try:
                with platform_work(claim.cell) as session:
                    session.execute(_RENEW, {"id": claim.id, "claimed": claim.claimed, "lease": lease_seconds})
            except (DBAPIError, Refusal, OSError) as trouble:
                log.warning("lease.not_renewed", row=str(claim.id), reason=type(trouble).__name__)

    keeper = threading.Thread(target=renew, name="lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        finished.set()
        keeper.join()
