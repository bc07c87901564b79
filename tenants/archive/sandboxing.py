"""A copy of a label to try things in: with test data, money that is none, and a clock that can be moved on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
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
from tenants.archive.errors import NoSandbox, SandboxInTheMaking, SandboxMissing, SandboxOfSandbox
from tenants.archive.restoring import clone_to_sandbox
from tenants.lifecycle import erasing
from tenants.lifecycle import service as lifecycle
from tenants.lifecycle.errors import WrongState
from tenants.provisioning.errors import SlugTaken
from tenants.provisioning.rules import LONGEST_SLUG
from tenants.registry.models import TenantRow
from tenants.registry.queries import as_tenant, fresh_tenant

TASK: Final = "tenants.sandbox"
REMOVAL: Final = "tenants.sandbox_removal"
TIME_LIMIT: Final = 1_800
LONGEST_AHEAD: Final = timedelta(days=366 * 3)

_LIVE: Final = (TenantState.PROVISIONING, TenantState.ACTIVE, TenantState.SUSPENDED, TenantState.MOVING)

Softening = Callable[[Session, Tenant], None]
_steps: list[Softening] = []


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a label's sandbox: `tenant` once it is there, or that it is being made, or could not be.

    `is_leaving`: one that was there before is being erased.
    """

    tenant: Tenant | None = None
    is_made: bool = False
    has_failed: bool = False
    is_leaving: bool = False


def softening(step: Softening) -> Softening:
    """Register how a slice turns what is copied into test data: nobody real is named or reached from a sandbox."""
    if step not in _steps:
        _steps.append(step)
    return step


def slug_of(tenant: Tenant, turn: int = 1) -> str:
    """What a label's sandbox is called; a name is nobody's again, so one that is made anew has a number."""
    ending = "-sandbox" if turn == 1 else f"-sandbox-{turn}"
    return tenant.slug[: LONGEST_SLUG - len(ending)].rstrip("-") + ending


def ask(tenant: Tenant, *, by: Actor) -> None:
    """Have a sandbox of a label made; while one is being made, or is there, nothing more happens."""
    if tenant.is_sandbox:
        raise SandboxOfSandbox
    if standing(tenant).tenant is not None:
        return
    with platform_work() as session:
        turn = _turn(_rows(session, tenant))
        jobs.ask(session, TASK, {"label": tenant.id}, key=_key(tenant, turn))
    with tenant_work(tenant) as session:
        activity.record(session, by, "label.sandbox_asked", after={"slug": slug_of(tenant, turn)})


def remove(tenant: Tenant, *, by: Actor) -> None:
    """Close a label's sandbox at once and have it erased; where it went already, nothing more happens."""
    with platform_read() as session:
        rows = _rows(session, tenant)
        live = [(row.id, row.slug) for row in rows if row.state in _LIVE]
    if standing(tenant).is_made:
        raise SandboxInTheMaking
    if not rows:
        raise SandboxMissing
    for sandbox, slug in live:
        with tenant_work(tenant) as session:  # told first: what is told and not done is found by asking again
            activity.record(session, by, "label.sandbox_removed", after={"slug": slug})
        with platform_work() as session:
            jobs.ask(session, REMOVAL, {"label": sandbox}, key=f"sandbox-removal:{sandbox}")
        _close(sandbox)


def make_anew(tenant: Tenant, *, by: Actor) -> None:
    """Have a label's sandbox erased and another made, of what the label is now."""
    remove(tenant, by=by)
    ask(tenant, by=by)


def erase(sandbox: str) -> None:
    """Erase a sandbox that was to go, and never anything else; done again it changes nothing."""
    with platform_read() as session:
        row = session.get(TenantRow, sandbox)
        if row is None or row.sandbox_of is None:
            return
    _close(sandbox)
    erasing.erase(sandbox, by=Actor.system(None), even_in_grace=True)


def _close(sandbox: str) -> None:
    with suppress(WrongState):  # it is closing, or closed, already
        lifecycle.close(sandbox, by=Actor.system(None), grace=timedelta())


def standing(tenant: Tenant) -> Standing:
    """How it stands with the sandbox of a label."""
    with platform_read() as session:
        rows = _rows(session, tenant)
        found = next((row for row in reversed(rows) if row.state in _LIVE), None)
        asked = select(OutboxRow).where(OutboxRow.task == TASK, OutboxRow.key == _key(tenant, _turn(rows)))
        row = session.scalars(asked).first()
        is_leaving = any(each.state == TenantState.CLOSING for each in rows)
        if found is not None and (row is None or row.done_at is not None):
            return Standing(as_tenant(found), is_leaving=is_leaving)
    if row is None or row.done_at is not None:
        return Standing(is_leaving=is_leaving)
    return Standing(is_made=row.parked_at is None, has_failed=row.parked_at is not None, is_leaving=is_leaving)


def label_of(sandbox: Tenant) -> Tenant | None:
    """The label that a sandbox is a copy of; None where it is gone."""
    with platform_read() as session:
        row = session.get(TenantRow, sandbox.id)
    return fresh_tenant(row.sandbox_of) if row is not None and row.sandbox_of is not None else None


def live(session: Session) -> list[tuple[Tenant, Tenant]]:
    """Every sandbox that people come into, with its label."""
    states = (TenantState.ACTIVE, TenantState.SUSPENDED)
    query = select(TenantRow).where(TenantRow.sandbox_of.is_not(None), TenantRow.state.in_(states))
    found = [(as_tenant(row), fresh_tenant(row.sandbox_of or "")) for row in session.scalars(query)]
    return [(sandbox, label) for sandbox, label in found if label is not None and label.state in states]


def make(label: str) -> None:
    """Make the sandbox of a label; begun again after a crash it goes on, and made already it stays as it is."""
    tenant = fresh_tenant(label)
    if tenant is None or tenant.is_sandbox:
        return
    with platform_read() as session:
        slug = slug_of(tenant, _turn(_rows(session, tenant)))
        taken = session.scalar(select(TenantRow).where(TenantRow.slug == slug))
        known = as_tenant(taken) if taken is not None else None
        if taken is not None and taken.sandbox_of != tenant.id:
            raise SlugTaken(slug=slug)
    if known is None or not _is_filled(known):
        known = clone_to_sandbox(tenant, slug=slug)
    soften(known)


def _rows(session: Session, tenant: Tenant) -> list[TenantRow]:
    """Every sandbox that a label has or had, the oldest first."""
    query = select(TenantRow).where(TenantRow.sandbox_of == tenant.id)
    return list(session.scalars(query.order_by(TenantRow.created_at, TenantRow.id)))


def _turn(rows: list[TenantRow]) -> int:
    """The how-manieth sandbox it is, or would be: one more than have gone."""
    return 1 + sum(row.state in (TenantState.CLOSING, TenantState.CLOSED) for row in rows)


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


def _key(tenant: Tenant, turn: int) -> str:
    return f"sandbox:{tenant.id}" if turn == 1 else f"sandbox:{tenant.id}:{turn}"
