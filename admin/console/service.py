"""What operators do to labels from the console; everything is noted twice: here, and at the label."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from admin.console.errors import IncidentUnknown, IncidentUnworded
from admin.console.models import Incident, OperatorActivity
from admin.models import Operator
from app.kernel import clock, ids
from app.kernel.actor import Actor
from app.kernel.db import platform_work

LONGEST_SENTENCE = 300
SUPPORT = "Support"
"""Who did it, as a label reads it: never a name of ours."""

COMMAND_LINE = "command line"
"""Who did it, where nobody was signed in: whoever may run our commands on our machines."""

NIGHTLY_CHECK = "nightly check"
"""Who found it, where nobody looked."""


def actor_of(operator: Operator) -> Actor:
    """An operator as the one who acts on a label."""
    return Actor(kind="operator", id=operator.id, tenant=None, name=SUPPORT)


def note(operator: Operator, action: str, *, tenant_id: str | None = None, **facts: Any) -> None:
    """Write down what an operator did."""
    with platform_work() as session:
        record(session, operator, action, tenant_id=tenant_id, **facts)


def record(session: Session, by: Operator | None, action: str, *, tenant_id: str | None = None, **facts: Any) -> None:
    """Write down what an operator did, in the transaction of what was done."""
    session.add(
        OperatorActivity(
            id=ids.new_id(),
            operator_id=by.id if by else None,
            operator=by.email if by else COMMAND_LINE,
            action=action,
            tenant_id=tenant_id,
            facts=facts,
        )
    )


def hear(session: Session, action: str, *, tenant_id: str, **facts: Any) -> None:
    """Write down what the nightly check found at a label, for operators to see."""
    session.add(
        OperatorActivity(id=ids.new_id(), operator=NIGHTLY_CHECK, action=action, tenant_id=tenant_id, facts=facts)
    )


def announce(session: Session, *, text: str, level: str, cell: str | None) -> Incident:
    """Tell labels of a trouble, in one cell or everywhere, until it is ended."""
    text = " ".join(text.split())
    if not 1 <= len(text) <= LONGEST_SENTENCE or level not in ("info", "warning", "danger"):
        raise IncidentUnworded(fields={"text": IncidentUnworded.message})
    incident = Incident(id=ids.new_id(), sentence=text, level=level, cell=cell)
    session.add(incident)
    return incident


def end_incident(session: Session, incident_id: UUID) -> None:
    """End what labels are told."""
    incident = session.get(Incident, incident_id)
    if incident is None:
        raise IncidentUnknown
    incident.end(clock.now())


def open_incidents(session: Session, cell: str | None = None) -> list[Incident]:
    """What labels of a cell are told now; without a cell, everything that is told."""
    query = select(Incident).where(Incident.ended_at.is_(None)).order_by(Incident.begun_at.desc())
    return list(
        session.scalars(query if cell is None else query.where(or_(Incident.cell.is_(None), Incident.cell == cell)))
    )
