"""What is asked for by itself: rows that say when, moved forward only after the work was asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Text, delete, select
from sqlalchemy.dialects.postgresql import TIMESTAMP, insert
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import clock
from app.kernel.db import platform_read, platform_work
from app.kernel.db.models import SharedModel
from app.kernel.jobs.outbox import PLATFORM, ask
from app.kernel.jobs.registry import Schedule, schedules
from app.kernel.tenant import Tenant, TenantState

BATCH = 500

_STEPS = {"minute": timedelta(minutes=1), "five minutes": timedelta(minutes=5), "hour": timedelta(hours=1)}


class ScheduleRow(SharedModel):
    """The next moment at which a task is asked for, for one label ("" for the platform)."""

    __tablename__ = "schedules"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    label: Mapped[str] = mapped_column(Text, primary_key=True)
    next_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))


def next_moment(schedule: Schedule, tenant: Tenant | None, after: datetime) -> datetime:
    """The schedule's next moment after `after`, at this label's own place in the jitter window."""
    shift = timedelta(seconds=_place(schedule.task, tenant.id if tenant else PLATFORM) * schedule.jitter_seconds)
    before_shift = after - shift
    if schedule.every == "day":
        zone = tenant.time_zone if tenant else "UTC"
        return clock.next_local(before_shift, schedule.at, zone) + shift
    step = _STEPS[schedule.every]
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + (int((before_shift - epoch) / step) + 1) * step + shift


def tick(tenants: Iterable[Tenant]) -> int:
    """Ask for everything that is due and set the next moments; give back how many tasks were asked for.

    Two schedulers, a crash in the middle or a clock set back ask for nothing twice: what is asked for carries its
    scheduled moment as its key, and a moment once passed never comes back.
    """
    known = {tenant.id: tenant for tenant in tenants if tenant.state in (TenantState.ACTIVE, TenantState.SUSPENDED)}
    _add_missing(known)
    asked = 0
    while due := _due():
        for row in due:
            asked += _fire(row, known)
    return asked


def _due() -> list[ScheduleRow]:
    with platform_read() as session:
        query = select(ScheduleRow).where(ScheduleRow.next_at <= clock.now()).order_by(ScheduleRow.next_at)
        return list(session.scalars(query.limit(BATCH)))


def _fire(row: ScheduleRow, known: dict[str, Tenant]) -> int:
    """Ask for one due task, then move its schedule on; a label that is gone loses its schedule."""
    schedule, tenant = schedules.get(row.name), known.get(row.label)
    is_gone = schedule is None or schedule.per_label is not bool(row.label) or (row.label and tenant is None)
    if schedule is None or is_gone:
        with platform_work() as session:
            session.execute(delete(ScheduleRow).where(ScheduleRow.name == row.name, ScheduleRow.label == row.label))
        return 0
    key = row.next_at.astimezone(UTC).isoformat()
    with platform_work(*([tenant.cell] if tenant else [])) as session:
        ask(session, row.name, {}, key=key, tenant=tenant)
    with platform_work() as session:
        current = session.get(ScheduleRow, (row.name, row.label), with_for_update=True)
        if current is not None and current.next_at == row.next_at:
            # What was missed while nobody ran is asked for once, not once per missed moment.
            current.next_at = next_moment(schedule, tenant, max(clock.now(), row.next_at))
    return 1


def _add_missing(known: dict[str, Tenant]) -> None:
    with platform_read() as session:
        present = {(name, label) for name, label in session.execute(select(ScheduleRow.name, ScheduleRow.label))}
    now = clock.now()
    missing = []
    for schedule in schedules.values():
        owners: list[Tenant | None] = list(known.values()) if schedule.per_label else [None]
        for tenant in owners:
            label = tenant.id if tenant else PLATFORM
            if (schedule.task, label) not in present:
                next_at = next_moment(schedule, tenant, now)
                missing.append({"name": schedule.task, "label": label, "next_at": next_at})
    if missing:
        with platform_work() as session:
            session.execute(insert(ScheduleRow).on_conflict_do_nothing(), missing)


def _place(task: str, label: str) -> float:
    """Where in the window a label stands, from 0 to 1, the same every time."""
    digest = hashlib.sha256(f"{task}:{label}".encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32
