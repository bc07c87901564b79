"""What the roster does by itself.

The service is imported by the work: it brings a library with threads, which a worker must not have before it forks.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.jobs import label_schedule, label_task
from app.kernel.tenant import Tenant


@label_schedule("roster.departures", every="day", at="00:10", jitter_seconds=600)
@label_task("roster.departures")
def end_departures(session: Session, tenant: Tenant) -> None:
    """End the access of artists whose day of leaving has come."""
    from app.roster.service import artists

    today = clock.now().astimezone(ZoneInfo(tenant.time_zone)).date()
    for artist in artists.leaving_by(session, today):
        artists.finish(session, Actor.system(tenant), artist)
