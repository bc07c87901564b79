"""Operators and what they look at."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from admin.models import Operator, OperatorSession
from app.kernel import clock, ids, passwords
from app.kernel.errors import Forbidden
from app.kernel.tenant import TenantState
from tenants.registry.models import TenantRow

SESSION_LIFE = timedelta(hours=8)


class OperatorRefused(Forbidden):
    """The mail address and the password do not belong together."""

    message = "This mail address and password do not fit together. Check both and try again."


def add_operator(session: Session, *, email: str, password: str) -> None:
    """Make somebody an operator, or give an operator a new password."""
    values = {"id": ids.new_id(), "email": email.strip().lower(), "password_hash": passwords.hashed(password)}
    statement = insert(Operator).values(values)
    update = {"password_hash": statement.excluded.password_hash}
    session.execute(statement.on_conflict_do_update(index_elements=["email"], set_=update))


def sign_in(session: Session, *, email: str, password: str) -> str:
    """Let an operator in and give back a session's token."""
    query = select(Operator).where(Operator.email == email.strip().lower(), Operator.disabled_at.is_(None))
    operator = session.scalar(query)
    if not passwords.fits(password, operator.password_hash if operator else None) or operator is None:
        raise OperatorRefused
    token = ids.new_token()
    session.add(OperatorSession(token_hash=_hash(token), operator_id=operator.id, created_at=clock.now()))
    return token


def operator_of_token(session: Session, token: str) -> Operator | None:
    """The operator whose live session a token opens."""
    query = (
        select(Operator)
        .join(OperatorSession, OperatorSession.operator_id == Operator.id)
        .where(
            OperatorSession.token_hash == _hash(token),
            OperatorSession.ended_at.is_(None),
            OperatorSession.created_at > clock.now() - SESSION_LIFE,
            Operator.disabled_at.is_(None),
        )
    )
    return session.scalar(query)


def sign_out(session: Session, token: str) -> None:
    """End a session."""
    held = session.get(OperatorSession, _hash(token))
    if held is not None:
        held.ended_at = held.ended_at or clock.now()


def count_spares(session: Session) -> int:
    """How many schemas are ready for labels to come."""
    return session.scalar(select(func.count()).where(TenantRow.state == TenantState.SPARE)) or 0


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
