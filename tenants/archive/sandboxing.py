"""A copy of a label to try things in: with test data, money that is none, and a clock that can be moved on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import activity, jobs
from app.kernel.actor import Actor
from app.kernel.db import platform_read, platform_work, tenant_read, tenant_work
from app.kernel.errors import Invalid
from app.kernel.jobs.outbox import OutboxRow
from app.kernel.jobs.registry import schedules
from app.kernel.tenant import Tenant, TenantState
from tenants.archive.errors import NoSandbox, SandboxOfSandbox
from tenants.archive.restoring import clone_to_sandbox
from tenants.provisioning.errors import SlugTaken
from tenants.registry.models import TenantRow
from tenants.registry.queries import as_tenant, fresh_tenant

TASK: Final = "tenants.sandbox"
TIME_LIMIT: Final = 1_800
LONGEST_AHEAD: Final = timedelta(days=366 * 3)

Softening = Callable[[Session, Tenant], None]
_steps: list[Softening] = []


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a label's sandbox: `tenant` once it is there, or that it is being made, or could not be."""

    tenant: Tenant | None = None
    is_made: bool = False
    has_failed: bool = False


def softening(step: Softening) -> Softening:
    """Register how a slice turns what is copied into test data: nobody real is named or reached from a sandbox."""
    if step not in _steps:
        _steps.append(step)
    return step


def slug_of(tenant: Tenant) -> str:
    """What the sandbox of a label is called."""
    return f"{tenant.slug}-sandbox"


def ask(tenant: Tenant, *, by: Actor) -> None:
    """Have a sandbox of a label made; while one is being made, or is there, nothing more happens."""
    if tenant.is_sandbox:
        raise SandboxOfSandbox
    if standing(tenant).tenant is not None:
        return
    with platform_work() as session:
        jobs.ask(session, TASK, {"label": tenant.id}, key=_key(tenant))
    with tenant_work(tenant) as session:
        activity.record(session, by, "label.sandbox_asked", after={"slug": slug_of(tenant)})


def standing(tenant: Tenant) -> Standing:
    """How it stands with the sandbox of a label."""
    with platform_read() as session:
        live = (TenantRow.sandbox_of == tenant.id) & TenantRow.state.in_([TenantState.ACTIVE, TenantState.SUSPENDED])
        found = session.scalars(select(TenantRow).where(live).order_by(TenantRow.id.desc()).limit(1)).first()
        asked = select(OutboxRow).where(OutboxRow.task == TASK, OutboxRow.key == _key(tenant))
        row = session.scalars(asked).first()
        if found is not None and (row is None or row.done_at is not None):
            return Standing(as_tenant(found))
    if row is None or row.done_at is not None:
        return Standing()
    return Standing(is_made=row.parked_at is None, has_failed=row.parked_at is not None)


def make(label: str) -> None:
    """Make the sandbox of a label; begun again after a crash it goes on, and made already it stays as it is."""
    tenant = fresh_tenant(label)
    if tenant is None or tenant.is_sandbox:
        return
    with platform_read() as session:
        taken = session.scalar(select(TenantRow).where(TenantRow.slug == slug_of(tenant)))
        known = as_tenant(taken) if taken is not None else None
        if taken is not None and taken.sandbox_of != tenant.id:
            raise SlugTaken(slug=slug_of(tenant))
    if known is None or not _is_filled(known):
        known = clone_to_sandbox(tenant, slug=slug_of(tenant))
    soften(known)


def soften(sandbox: Tenant) -> None:
    """Turn what was copied into test data; done again it changes nothing."""
    with tenant_work(sandbox) as session:
        for step in _steps:
            step(session, sandbox)
        activity.record(session, Actor.system(sandbox), "label.sandbox_ready")


def move_clock(sandbox: Tenant, by: timedelta, *, actor: Actor) -> Tenant:
    """Let a sandbox's time run ahead by so much more, and have done at once what its schedules would have done."""
    if not sandbox.is_sandbox:
        raise NoSandbox
    ahead = timedelta(seconds=sandbox.limits.clock_ahead_seconds) + by
    if by <= timedelta() or ahead > LONGEST_AHEAD:
        raise Invalid
    with platform_work() as session:
        row = session.get_one(TenantRow, sandbox.id, with_for_update=True)
        row.limits = {**row.limits, "clock_ahead_seconds": int(ahead.total_seconds())}
        session.flush()
        session.refresh(row)
        moved = as_tenant(row)
    with tenant_work(moved) as session:
        activity.record(session, actor, "label.clock_moved", after={"seconds": int(by.total_seconds())})
        for schedule in schedules.values():
            if schedule.per_label:
                jobs.ask(session, schedule.task, {})
    return moved


def _is_filled(sandbox: Tenant) -> bool:
    with tenant_read(sandbox) as session:
        return activity.has(session, "label.imported")


def _key(tenant: Tenant) -> str:
    return f"sandbox:{tenant.id}"
