"""A wait that grows with every failure in a row, per account and per address, kept where no server can be away."""

from __future__ import annotations

from math import ceil

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.identity.errors import TooManyFailures
from app.identity.models import Throttle
from app.identity.rules import FREE_FAILURES, delay_after, has_faded, token_hash
from app.kernel import clock


def check(session: Session, **names: str) -> None:
    """Refuse while the wait of one of these (account="…", address="…") is not over."""
    buckets = {_bucket(kind, name): kind for kind, name in names.items()}
    now = clock.now()
    for row in session.scalars(select(Throttle).where(Throttle.bucket.in_(buckets))):
        if has_faded(row.failed_at, now):
            continue
        over = min(row.failed_at, now) + delay_after(row.failures, free=FREE_FAILURES[buckets[row.bucket]])
        if over > now:
            raise TooManyFailures(ceil((over - now).total_seconds()))


def note_failure(session: Session, **names: str) -> None:
    """Count one failure for each of these."""
    now = clock.now()
    for kind, name in sorted(names.items()):
        bucket = _bucket(kind, name)
        held = session.get(Throttle, bucket, with_for_update=True)
        if held is not None and has_faded(held.failed_at, now):
            held.failures = 0
            session.flush()
        statement = insert(Throttle).values(bucket=bucket, failures=1, failed_at=now)
        more = {"failures": Throttle.failures + 1, "failed_at": now}
        session.execute(statement.on_conflict_do_update(index_elements=["bucket"], set_=more))


def clear(session: Session, **names: str) -> None:
    """Forget the failures of these, as after a success."""
    session.execute(delete(Throttle).where(Throttle.bucket.in_([_bucket(*pair) for pair in names.items()])))


def _bucket(kind: str, name: str) -> str:
    return token_hash(f"{kind}:{name}")
