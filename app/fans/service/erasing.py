"""Leaving for good: what tells who a fan was is emptied, what the books need stays without it (GDPR, article 17)."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.fans.models import Fan, FanAddress, FanConsent, FanSession, Follow
from app.fans.policies import fan_actor
from app.fans.service import exporting, letters
from app.identity.models import Ticket
from app.kernel import activity, clock
from app.kernel.tenant import Tenant

Eraser = Callable[[Session, Tenant, Fan], None]
"""Empties what another slice keeps about a fan, who still has name and address when it is called."""

_erasers: list[Eraser] = []


def also(eraser: Eraser) -> Eraser:
    """Register what else is emptied with every fan."""
    if eraser not in _erasers:
        _erasers.append(eraser)
    return eraser


def erase(session: Session, tenant: Tenant, fan: Fan) -> None:
    """Empty everything that tells who a fan was, in one transaction; whoever is erased already stays so."""
    row = session.scalars(select(Fan).where(Fan.id == fan.id).with_for_update()).one()
    if row.erased_at is not None:
        return
    letters.write(session, tenant, row, "erased")
    for eraser in _erasers:
        eraser(session, tenant, row)
    for table in (FanSession, FanAddress, FanConsent, Follow):
        session.execute(delete(table).where(table.fan_id == row.id))
    session.execute(delete(Ticket).where(Ticket.subject_id == row.id))
    exporting.forget(session, tenant, row.id)
    row.erase(clock.now())
    session.flush()
    activity.record(session, fan_actor(tenant, row), "fan.erased", subject_type="fan", subject_id=row.id)
