"""Operators and what they look at."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from admin.models import Operator, OperatorPasskey, OperatorSession
from app.identity.errors import SessionUnknown, SignInRefused
from app.identity.service.passwords import chosen
from app.kernel import clock, ids, passwords

SESSION_LIFE = timedelta(hours=8)
HALF_LIFE = timedelta(minutes=10)


def add_operator(session: Session, *, email: str, password: str) -> None:
    """Make somebody an operator, or give an operator a new password, which ends every session of theirs."""
    values = {"id": ids.new_id(), "email": email.strip().lower(), "password_hash": chosen(password, email=email)}
    statement = insert(Operator).values(values)
    fresh = {"password_hash": statement.excluded.password_hash}
    changed = statement.on_conflict_do_update(index_elements=["email"], set_=fresh).returning(Operator.id)
    mine = OperatorSession.operator_id == session.scalars(changed).one()
    session.execute(
        update(OperatorSession).where(mine, OperatorSession.ended_at.is_(None)).values(ended_at=clock.now())
    )


def sign_in(session: Session, *, email: str, password: str, agent: str = "", address: str = "") -> str:
    """Let an operator in and give back a session's token; half a session where a second factor is due."""
    query = select(Operator).where(Operator.email == email.strip().lower(), Operator.disabled_at.is_(None))
    operator = session.scalar(query)
    if not passwords.fits(password, operator.password_hash if operator else None) or operator is None:
        raise SignInRefused
    owes = has_factor(session, operator)
    return start(session, operator, agent=agent, address=address, awaits_factor=owes)


def start(session: Session, operator: Operator, *, agent: str, address: str, awaits_factor: bool = False) -> str:
    """Begin a session and give back its token, which is stored nowhere."""
    token, now = ids.new_token(), clock.now()
    session.add(
        OperatorSession(
            token_hash=_hash(token),
            id=ids.new_id(),
            operator_id=operator.id,
            agent=agent[:200],
            address=address[:60],
            awaits_factor=awaits_factor,
            created_at=now,
            proved_at=None if awaits_factor else now,
        )
    )
    session.flush()
    return token


def has_factor(session: Session, operator: Operator) -> bool:
    """Tell whether an operator has a second factor."""
    key = select(OperatorPasskey.id).where(OperatorPasskey.operator_id == operator.id).limit(1)
    return operator.has_app or session.scalar(key) is not None


def session_of_token(session: Session, token: str, *, half: bool = False) -> tuple[Operator, OperatorSession] | None:
    """The operator and the session that a token opens; with `half`, one that awaits its second factor."""
    life = HALF_LIFE if half else SESSION_LIFE
    query = (
        select(Operator, OperatorSession)
        .join(OperatorSession, OperatorSession.operator_id == Operator.id)
        .where(
            OperatorSession.token_hash == _hash(token),
            OperatorSession.ended_at.is_(None),
            OperatorSession.created_at > clock.now() - life,
            OperatorSession.awaits_factor.is_(half),
            Operator.disabled_at.is_(None),
        )
    )
    row = session.execute(query).one_or_none()
    return (row[0], row[1]) if row else None


def live_sessions(session: Session, operator: Operator) -> list[OperatorSession]:
    """The live sessions of an operator, the newest first."""
    query = select(OperatorSession).where(
        OperatorSession.operator_id == operator.id,
        OperatorSession.ended_at.is_(None),
        OperatorSession.created_at > clock.now() - SESSION_LIFE,
        ~OperatorSession.awaits_factor,
    )
    return list(session.scalars(query.order_by(OperatorSession.created_at.desc())))


def hold_session(session: Session, held: OperatorSession) -> None:
    """Keep an operator as they are until the end of this transaction; a session that was ended meanwhile is refused."""
    session.get_one(Operator, held.operator_id, with_for_update=True, populate_existing=True)
    if session.scalar(select(OperatorSession.ended_at).where(OperatorSession.id == held.id)) is not None:
        raise SessionUnknown


def end_session(session: Session, operator: Operator, session_id: UUID | None) -> None:
    """End one of the operator's own sessions; somebody else's is not found."""
    query = select(OperatorSession).where(
        OperatorSession.id == session_id,
        OperatorSession.operator_id == operator.id,
        OperatorSession.ended_at.is_(None),
    )
    held = session.scalar(query.with_for_update())
    if held is None:
        raise SessionUnknown
    held.ended_at = clock.now()


def end_others(session: Session, operator: Operator, *, but: UUID) -> None:
    """End every session of an operator except one."""
    mine = (OperatorSession.operator_id == operator.id) & (OperatorSession.id != but)
    now = clock.now()
    session.execute(update(OperatorSession).where(mine, OperatorSession.ended_at.is_(None)).values(ended_at=now))


def sign_out(session: Session, token: str) -> None:
    """End a session."""
    held = session.get(OperatorSession, _hash(token))
    if held is not None:
        held.ended_at = held.ended_at or clock.now()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
