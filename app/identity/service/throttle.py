"""A wait that grows with every failure in a row, per account and per address, kept where no server can be away.

A try counts as a failure before it is made and is taken back when it was none: tries that come in the same moment
cannot pass together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.identity.errors import CodeRefused, PasskeyRefused, SignInRefused, TooManyFailures
from app.identity.models import FailureCount
from app.identity.rules import FREE_FAILURES, delay_after, has_faded, token_hash
from app.kernel import clock

FAILURES = (SignInRefused, CodeRefused, PasskeyRefused)
"""What counts; anything else that ends a try says nothing about who tried."""

Work = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Reserved:
    """One try that was counted in a bucket, and when the failure before it was."""

    bucket: str
    at: datetime
    before: datetime


@contextmanager
def slowed(work: Work, table: type[FailureCount], **names: str) -> Iterator[None]:
    """Let one try happen once the wait of each of these (account="…", address="…") is over, and count it if it fails.

    `work` opens a transaction for the counting alone: what the try itself did may be rolled back, its count not.
    """
    with work() as session:
        reserved = reserve(session, table, **names)
    try:
        yield
    except FAILURES:
        raise
    except BaseException:
        with work() as session:
            _take_back(session, table, reserved.values())
        raise
    with work() as session:
        _take_back(session, table, (held for kind, held in reserved.items() if kind != "account"))
        if "account" in reserved:
            session.execute(delete(table).where(table.bucket == reserved["account"].bucket))


def reserve(session: Session, table: type[FailureCount], **names: str) -> dict[str, Reserved]:
    """Count a try for each of these, or refuse it and count nothing while one of them still has to wait."""
    now = clock.now()
    buckets = {token_hash(f"{kind}:{name}"): kind for kind, name in names.items()}
    rows = [{"bucket": bucket, "failures": 0, "failed_at": now} for bucket in sorted(buckets)]
    session.execute(insert(table).values(rows).on_conflict_do_nothing(index_elements=["bucket"]))
    # Locked in one order, so that two tries that share an address never wait for each other.
    held = session.scalars(
        select(table).where(table.bucket.in_(buckets)).order_by(table.bucket).with_for_update()
    ).all()
    for row in held:
        if has_faded(row.failed_at, now):
            row.failures = 0
        _check_waited(row, buckets[row.bucket], now)
    reserved = {buckets[row.bucket]: Reserved(row.bucket, now, row.failed_at) for row in held}
    for row in held:
        row.failures, row.failed_at = row.failures + 1, now
    session.flush()
    return reserved


def check(session: Session, table: type[FailureCount], **names: str) -> None:
    """Refuse while one of these still has to wait; nothing is counted.

    For whoever proves themselves by what nobody guesses: they come many at once, and only failures are counted.
    """
    now = clock.now()
    buckets = {token_hash(f"{kind}:{name}"): kind for kind, name in names.items()}
    for row in session.scalars(select(table).where(table.bucket.in_(buckets))):
        failures = 0 if has_faded(row.failed_at, now) else row.failures
        over = min(row.failed_at, now) + delay_after(failures, free=FREE_FAILURES[buckets[row.bucket]])
        if over > now:
            raise TooManyFailures(ceil((over - now).total_seconds()))


def check_over(session: Session, table: type[FailureCount], **names: str) -> None:
    """Refuse while one of these still has to wait, and count nothing: for tries that are many and seldom wrong."""
    now, buckets = clock.now(), {token_hash(f"{kind}:{name}"): kind for kind, name in names.items()}
    for row in session.scalars(select(table).where(table.bucket.in_(buckets))):
        if not has_faded(row.failed_at, now):
            _check_waited(row, buckets[row.bucket], now)


def _check_waited(row: FailureCount, kind: str, now: datetime) -> None:
    over = min(row.failed_at, now) + delay_after(row.failures, free=FREE_FAILURES[kind])
    if over > now:
        raise TooManyFailures(ceil((over - now).total_seconds()))


def _take_back(session: Session, table: type[FailureCount], reserved: Iterable[Reserved]) -> None:
    """Count tries back that were no failures; the wait runs again from the failure before, unless one came since."""
    for held in sorted(reserved, key=lambda each: each.bucket):
        since = case((table.failed_at == held.at, held.before), else_=table.failed_at)
        counted = (table.bucket == held.bucket) & (table.failures > 0)
        session.execute(update(table).where(counted).values(failures=table.failures - 1, failed_at=since))
