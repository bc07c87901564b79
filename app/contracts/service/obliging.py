"""Days on which somebody must act under a contract: noted, told of in time, done."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contracts.models import Contract, Obligation
from app.contracts.rules.obligations import LEADS, ObligationKind, lead_for
from app.kernel import activity, clock, ids
from app.kernel.actor import Actor


def note(
    session: Session, actor: Actor, contract: Contract, *, kind: ObligationKind, due_on: date, said: str
) -> Obligation:
    """Note what must be done by a day."""
    obligation = Obligation(
        id=ids.new_id(),
        contract_id=contract.id,
        kind=kind,
        due_on=due_on,
        note=said,
        created_by=actor.id,
        created_at=clock.now(),
    )
    session.add(obligation)
    session.flush()
    _tell(session, actor, "obligation.noted", obligation)
    return obligation


def fulfil(session: Session, actor: Actor, obligation: Obligation) -> None:
    """Note that it was done."""
    obligation.fulfil(by=actor.id, at=clock.now())
    session.flush()
    _tell(session, actor, "obligation.done", obligation)


def remind(session: Session, actor: Actor, today: date) -> int:
    """Tell of everything that comes due in 30 or 7 days or today, each once; how many were told of."""
    soon = today + timedelta(days=max(LEADS))
    query = select(Obligation).where(Obligation.done_at.is_(None), Obligation.due_on <= soon)
    told = 0
    for obligation in session.scalars(query.order_by(Obligation.due_on, Obligation.id).with_for_update()):
        lead = lead_for(obligation.due_on, obligation.told_days, today)
        if lead is not None:
            obligation.told_days = lead
            _tell(session, actor, "obligation.due", obligation)
            told += 1
    session.flush()
    return told


def _tell(session: Session, actor: Actor, action: str, obligation: Obligation) -> None:
    after = {"kind": obligation.kind, "due_on": obligation.due_on.isoformat(), "note": obligation.note}
    activity.record(session, actor, action, subject_type="contract", subject_id=obligation.contract_id, after=after)
