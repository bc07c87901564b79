"""Operators among themselves: who is let in, and a second factor that was lost."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from admin.console.service import record
from admin.models import Operator, OperatorPasskey, OperatorRecoveryCode, OperatorSession
from admin.service.factors import factors_of
from app.kernel import clock
from app.kernel.errors import Conflict, NotFound


class OperatorUnknown(NotFound):
    """There is no such operator."""

    message = "There is no such operator."


class OwnAccess(Conflict):
    """Nobody decides on their own access: neither by mistake nor to get around a rule."""

    message = "Another operator has to do this for you."


class LastOperator(Conflict):
    """A platform without an operator could be run by nobody from the console."""

    message = "The last operator who is let in stays. Let somebody else in first."


def operators(session: Session) -> list[Operator]:
    """Everybody who is or was an operator, by mail address."""
    return list(session.scalars(select(Operator).order_by(Operator.email)))


def operator_to_read(session: Session, operator_id: UUID | None) -> Operator:
    """One of us."""
    found = session.get(Operator, operator_id) if operator_id else None
    if found is None:
        raise OperatorUnknown
    return found


def operator_named(session: Session, email: str) -> Operator:
    """The operator with this mail address."""
    found = session.scalar(select(Operator).where(Operator.email == email.strip().lower()))
    if found is None:
        raise OperatorUnknown
    return found


def reset_factors(session: Session, operator: Operator, *, by: Operator | None) -> None:
    """Take the app, the passkeys and the codes of an operator away; every session of theirs ends, the password stays.

    `by` is None on the command line.
    """
    operator = _locked(session, operator, by)
    held = factors_of(session, operator)
    _end_sessions(session, operator)  # first: what a session that still runs adds is then taken away as well
    for table in (OperatorPasskey, OperatorRecoveryCode):
        session.execute(delete(table).where(table.operator_id == operator.id))
    operator.totp_secret, operator.totp_confirmed_at, operator.totp_last_step = None, None, 0
    keys = len(held.passkeys)
    record(session, by, "operator.factors_reset", whose=operator.email, app=held.has_app, passkeys=keys)


def disable(session: Session, operator: Operator, *, by: Operator | None) -> None:
    """Let an operator in no more; every session of theirs ends at once, and the last one stays."""
    # All who are let in are locked first, so that two at once cannot shut each other out.
    query = select(Operator).where(Operator.disabled_at.is_(None)).order_by(Operator.id).with_for_update()
    let_in = {one.id for one in session.scalars(query)}
    operator = _locked(session, operator, by)
    if operator.disabled_at is not None:
        return
    if let_in == {operator.id}:
        raise LastOperator
    operator.disabled_at = clock.now()
    _end_sessions(session, operator)
    record(session, by, "operator.disabled", whose=operator.email)


def enable(session: Session, operator: Operator, *, by: Operator | None) -> None:
    """Let an operator in again."""
    operator = _locked(session, operator, by)
    if operator.disabled_at is None:
        return
    operator.disabled_at = None
    record(session, by, "operator.enabled", whose=operator.email)


def _locked(session: Session, operator: Operator, by: Operator | None) -> Operator:
    """The operator as they are this moment, kept as they are until the end; oneself is refused."""
    if by is not None and by.id == operator.id:
        raise OwnAccess
    return session.get_one(Operator, operator.id, with_for_update=True, populate_existing=True)


def _end_sessions(session: Session, operator: Operator) -> None:
    theirs = (OperatorSession.operator_id == operator.id) & OperatorSession.ended_at.is_(None)
    session.execute(update(OperatorSession).where(theirs).values(ended_at=clock.now()))
