"""The same request twice is one request: its answer is kept with what it did, and given again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.api.errors import KeyInFlight, KeyTaken
from app.api.models.answers import KeptAnswer
from app.kernel import crypto, ids
from app.kernel.tenant import Tenant

LIFE = timedelta(hours=24)
LEASE = timedelta(minutes=2)
"""So long a request whose effect is not one transaction may run before another takes over where it died."""
_CONTEXT = "api answer"


def begin(
    session: Session, tenant: Tenant, *, principal: str, key: str, fingerprint: bytes, now: datetime
) -> bytes | None:
    """Take a key for the rest of this transaction; what was answered to the same request before, if it was.

    Two requests with one key at once: the second is told so rather than made to wait. A request that died leaves
    neither its key nor its effect, as both are in one transaction.
    """
    name = func.hashtextextended(func.current_schema() + f" api {principal} {key}", 0)
    if not session.scalar(select(func.pg_try_advisory_xact_lock(name))):
        raise KeyInFlight
    kept = session.get(KeptAnswer, (principal, key))
    if kept is not None and (kept.asked_at < now - LIFE or (kept.answer is None and kept.asked_at < now - LEASE)):
        session.delete(kept)
        session.flush()
        kept = None
    if kept is None:
        row = KeptAnswer(principal=principal, key=key, id=ids.new_id(), fingerprint=fingerprint, asked_at=now)
        session.add(row)
        session.flush()
        return None
    if kept.fingerprint != fingerprint:
        raise KeyTaken
    if kept.answer is None:
        raise KeyInFlight
    return crypto.open_sealed(tenant, kept.answer, _CONTEXT)


def keep(session: Session, tenant: Tenant, *, principal: str, key: str, answer: bytes) -> None:
    """Keep what is answered, in the transaction of what was done."""
    session.get_one(KeptAnswer, (principal, key)).answer = crypto.seal(tenant, answer, _CONTEXT)


def let_go(session: Session, *, principal: str, key: str) -> None:
    """Give a key back whose request was declined: the corrected one may use it again."""
    mine = (KeptAnswer.principal == principal) & (KeptAnswer.key == key) & KeptAnswer.answer.is_(None)
    session.execute(delete(KeptAnswer).where(mine))


def forget(session: Session, now: datetime) -> None:
    """Forget what was kept for its time."""
    session.execute(delete(KeptAnswer).where(KeptAnswer.asked_at < now - LIFE))
