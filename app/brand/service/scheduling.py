"""Publishing at a time: promised, taken back, and kept by a task."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.brand import activity, queries
from app.brand.errors import ChecksFailed, MomentRefused, NotScheduled, ThemeUnknown
from app.brand.models import ThemeVersion
from app.brand.policies import version_to_read
from app.brand.service.themes import check_ready, publish, take_turn
from app.kernel import clock, jobs
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant

TASK = "brand.publish_scheduled"
KEEPING = "brand.keep_promises"
LONGEST_WAIT = timedelta(days=366)


def local_moment(tenant: Tenant, text: str) -> datetime:
    """The moment at which the label's clocks show "2026-12-01T09:30"; of a time shown twice the first."""
    try:
        wanted = datetime.strptime(text, "%Y-%m-%dT%H:%M")  # noqa: DTZ007 the label's zone is added below
        return clock.local_moment(wanted.date(), wanted.time(), ZoneInfo(tenant.time_zone))
    except (ValueError, OverflowError):
        raise _refused() from None


def schedule(session: Session, actor: Actor, tenant: Tenant, version_id: UUID | None, at: datetime) -> ThemeVersion:
    """Promise that a draft is published at a moment; it must pass every check now as well, and waits unchanged."""
    version = version_to_read(session, version_id, for_change=True)
    if not clock.now() < at <= clock.now() + LONGEST_WAIT:
        raise _refused()
    version.wait_until(at)
    check_ready(session, tenant, version)
    session.flush()
    activity.about_theme(session, actor, "theme.scheduled", version, after={"publish_at": str(at)})
    _ask(session, version.id, at)
    return version


def keep_promises(session: Session) -> None:
    """Ask anew for every draft that waits for its time: its own moment, or now where that has passed meanwhile.

    To be asked twice does no harm: whichever task comes first leaves nothing to do.
    """
    for version in session.scalars(queries.scheduled()):
        if version.publish_at is not None:
            _ask(session, version.id, version.publish_at)


def _ask(session: Session, version_id: UUID, at: datetime) -> None:
    jobs.ask(session, TASK, {"version": str(version_id), "at": at.isoformat()}, run_at=at)


def unschedule(session: Session, actor: Actor, version_id: UUID | None) -> ThemeVersion:
    """Take the promise back; the draft can be changed again, and the task that was asked for finds nothing to do."""
    version = version_to_read(session, version_id, for_change=True)
    if version.publish_at is None:
        raise NotScheduled
    _unschedule(session, actor, version, "theme.unscheduled")
    return version


def publish_scheduled(session: Session, tenant: Tenant, version_id: UUID, at: datetime) -> None:
    """Publish what still waits for this very moment; what fails its checks by now is a plain draft again, and news."""
    actor = Actor.system(tenant)
    take_turn(session)
    try:
        version = version_to_read(session, version_id, for_change=True)
    except ThemeUnknown:
        return
    if version.publish_at != at:
        return
    try:
        publish(session, actor, tenant, version_id)
    except ChecksFailed:
        _unschedule(session, actor, version, "theme.not_published")


def _unschedule(session: Session, actor: Actor, version: ThemeVersion, action: str) -> None:
    before = {"publish_at": str(version.publish_at)}
    version.publish_at = None
    session.flush()
    activity.about_theme(session, actor, action, version, before=before)


def _refused() -> MomentRefused:
    return MomentRefused(fields={"at": MomentRefused.message})
