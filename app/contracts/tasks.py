"""What contracts do in the background.

The services are imported by the work: they bring libraries with threads, which a worker must not have before it forks.
"""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.jobs import label_schedule, label_task
from app.kernel.tenant import Tenant

TIME_LIMIT = 600


@label_task("contracts.seal", time_limit=120)
def seal(session: Session, tenant: Tenant, *, version: str) -> None:
    """Seal a version that everybody signed and bring it into force."""
    from app.contracts.service import sealing

    sealing.seal(session, tenant, UUID(version))


@label_schedule("contracts.remind", every="day", at="09:00", jitter_seconds=3_600)
@label_task("contracts.remind", time_limit=TIME_LIMIT)
def remind(session: Session, tenant: Tenant) -> None:
    """Remind of what waits for signatures and close what was not signed in time."""
    from app.contracts.service import reminding

    reminding.day(session, tenant)


@label_task("contracts.check_batch", time_limit=TIME_LIMIT)
def check_batch(session: Session, tenant: Tenant, *, batch: str) -> None:
    """Find out what a sheet would make."""
    from app.contracts.service import bulk

    bulk.check(session, tenant, UUID(batch))


@label_task("contracts.create_batch", time_limit=TIME_LIMIT)
def create_batch(session: Session, tenant: Tenant, *, batch: str) -> None:
    """Make the next contracts of a sheet."""
    from app.contracts.service import bulk

    bulk.create(session, tenant, UUID(batch))


@label_task("contracts.send_batch", time_limit=TIME_LIMIT)
def send_batch(session: Session, tenant: Tenant, *, batch: str) -> None:
    """Send the next contracts of a sheet."""
    from app.contracts.service import bulk

    bulk.send(session, tenant, UUID(batch))


@label_task("contracts.remind_batch", time_limit=TIME_LIMIT)
def remind_batch(session: Session, tenant: Tenant, *, batch: str) -> None:
    """Remind of the contracts of a sheet."""
    from app.contracts.service import bulk

    bulk.remind(session, tenant, UUID(batch))


@label_schedule("contracts.obligations", every="day", at="06:00", jitter_seconds=600)
@label_task("contracts.obligations")
def remind_of_obligations(session: Session, tenant: Tenant) -> None:
    """Tell of what must be done under contracts in 30 or 7 days, or today."""
    from app.contracts.service import obliging

    obliging.remind(session, Actor.system(tenant), clock.now().astimezone(ZoneInfo(tenant.time_zone)).date())
