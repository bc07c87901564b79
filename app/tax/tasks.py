"""What tax does in the background.

The services are imported by the work: they bring libraries with threads, which a worker must not have before it forks.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.jobs import label_schedule, label_task
from app.kernel.tenant import Tenant


@label_schedule("tax.remind", every="day", at="08:00", jitter_seconds=3_600)
@label_task("tax.remind")
def remind(session: Session, tenant: Tenant) -> None:
    """Ask for tax forms that end soon."""
    from app.tax.service import filling, reminding

    reminding.remind(session, tenant, filling.today_of(tenant))


@label_schedule("tax.screen", every="five minutes", jitter_seconds=240)
@label_task("tax.screen", time_limit=300)
def screen(session: Session, tenant: Tenant) -> None:
    """Compare payees with the sanctions lists who are new, are called otherwise, or meet a new list."""
    from app.tax.service import screening

    screening.screen_due(session, Actor.system(tenant))
