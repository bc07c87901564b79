"""What contracts do by themselves."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.jobs import label_schedule, label_task
from app.kernel.tenant import Tenant


@label_schedule("contracts.obligations", every="day", at="06:00", jitter_seconds=600)
@label_task("contracts.obligations")
def remind_of_obligations(session: Session, tenant: Tenant) -> None:
    """Tell of what must be done under contracts in 30 or 7 days, or today."""
    from app.contracts.service import obliging

    obliging.remind(session, Actor.system(tenant), clock.now().astimezone(ZoneInfo(tenant.time_zone)).date())
