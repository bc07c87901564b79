"""Browsers in which fans are signed in: begun, renewed, found by their token, ended."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.fans.models import SESSION_LIFE, Fan, FanSession
from app.fans.policies import FanVisitor, fan_actor, session_to_end
from app.identity.rules import token_hash
from app.identity.service import Came
from app.kernel import activity, clock, ids
from app.kernel.tenant import Tenant

SEEN_EVERY = timedelta(minutes=10)


def _hash(token: str) -> bytes:
    return bytes.fromhex(token_hash(f"fan:{token}"))


def start(session: Session, fan: Fan, came: Came) -> str:
    """Begin a session and give back its token, which is stored nowhere."""
    token, now = ids.new_token(), clock.now()
    session.add(
        FanSession(
            id=ids.new_id(),
            fan_id=fan.id,
            token_hash=_hash(token),
            agent=came.agent[:200],
            created_at=now,
            seen_at=now,
            proved_at=now,
        )
    )
    session.flush()
    return token


def visitor_of_token(session: Session, token: str) -> FanVisitor | None:
    """The fan whose live session this token opens."""
    query = (
        select(Fan, FanSession)
        .join(FanSession, FanSession.fan_id == Fan.id)
        .where(
            FanSession.token_hash == _hash(token),
            FanSession.ended_at.is_(None),
            FanSession.created_at > clock.now() - SESSION_LIFE,
            Fan.disabled_at.is_(None),
            Fan.erased_at.is_(None),
        )
    )
    row = session.execute(query).one_or_none()
    return None if row is None else FanVisitor(row[0], row[1].id, row[1].seen_at, row[1].proved_at)


def is_due_for_touch(visitor: FanVisitor) -> bool:
    """Tell whether the last noted use is old enough to be noted again."""
    return clock.now() - visitor.seen_at > SEEN_EVERY


def touch(session: Session, visitor: FanVisitor) -> None:
    """Note that a session is in use."""
    session.execute(update(FanSession).where(FanSession.id == visitor.session_id).values(seen_at=clock.now()))


def live_sessions(session: Session, fan: Fan) -> list[FanSession]:
    """The live sessions of a fan, the one used last first."""
    query = select(FanSession).where(
        FanSession.fan_id == fan.id,
        FanSession.ended_at.is_(None),
        FanSession.created_at > clock.now() - SESSION_LIFE,
    )
    return list(session.scalars(query.order_by(FanSession.seen_at.desc()).limit(100)))


def end(session: Session, tenant: Tenant, fan: Fan, session_id: UUID | None) -> None:
    """End one of the fan's own sessions; somebody else's is not found."""
    session_to_end(session, fan, session_id).ended_at = clock.now()
    activity.record(session, fan_actor(tenant, fan), "fan.session_ended", subject_type="fan", subject_id=fan.id)


def end_all(session: Session, fan: Fan, *, but: UUID | None = None) -> None:
    """End every session of a fan except one."""
    mine = (FanSession.fan_id == fan.id) & FanSession.ended_at.is_(None)
    if but is not None:
        mine &= FanSession.id != but
    session.execute(update(FanSession).where(mine).values(ended_at=clock.now()))


def renew(session: Session, visitor: FanVisitor, came: Came) -> str:
    """Replace the session at hand by a new one: a new id at each change of what it may do."""
    mine = FanSession.id == visitor.session_id
    session.execute(update(FanSession).where(mine).values(ended_at=clock.now()))
    return start(session, visitor.fan, came)
