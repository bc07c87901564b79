"""What the platform does for its labels by itself."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.kernel import files
from app.kernel.db import current
from app.kernel.jobs import label_schedule, label_task, platform_schedule, platform_task, queries
from app.kernel.tenant import Tenant
from tenants import operations, sentinel
from tenants.archive import keeping, restoring, sandboxing
from tenants.billing import service as billing
from tenants.cells import moving
from tenants.fleet import runner
from tenants.hosts import service as hosts
from tenants.lifecycle import erasing
from tenants.provisioning import spares
from tenants.registry import queries as registry
from tenants.registry.models import RegistryChange

RESUMABLE = (erasing, moving)
"""Operations that the sweep takes up again; importing their modules is what makes them known."""

KEPT_CHANGES = 10_000
"""How far back a process may have slept and still catch up; beyond that it reads the registry anew."""


@platform_schedule("tenants.fill_spares", every="minute")
@platform_task("tenants.fill_spares")
def fill_spares(session: Session) -> None:  # noqa: ARG001 every task has one
    """Keep schemas ready for labels to come."""
    spares.fill_spares()


@platform_schedule("tenants.sweep", every="five minutes")
@platform_task("tenants.sweep")
def sweep(session: Session) -> None:
    """Finish what crashes left: operations, half-made schemas, hosts nobody proved, old registry changes."""
    operations.resume_stuck()
    spares.sweep_unfinished()
    hosts.tidy()
    restoring.drop_kept()
    keeping.tidy()
    newest = session.scalar(select(RegistryChange.version).order_by(RegistryChange.version.desc()).limit(1)) or 0
    session.execute(delete(RegistryChange).where(RegistryChange.version < newest - KEPT_CHANGES))


@platform_schedule("walls.probe", every="minute")
@platform_task("walls.probe")
def probe_walls(session: Session) -> None:
    """Try to read across the wall."""
    sentinel.probe(registry.tenants_in_memory(session))


@label_schedule("usage.measure", every="day", at="00:30", jitter_seconds=3_600)
@label_task("usage.measure")
def measure_usage(session: Session, tenant: Tenant) -> None:
    """Note what a label uses, for the day that has just passed."""
    billing.measure(session, tenant)


@platform_task("tenants.move", time_limit=600)
def move_label(session: Session, *, label: str, cell: str) -> None:  # noqa: ARG001 every task has one
    """Move a label to another cell; asked again after a failure, it goes on where it stopped."""
    with suppress(moving.AlreadyThere):
        moving.move(label, cell)


@platform_task(keeping.TASK, time_limit=keeping.TIME_LIMIT)
def export_label(session: Session, *, export: str) -> None:
    """Make the export that a label asked for."""
    keeping.make(session, UUID(export))


@platform_task(sandboxing.TASK, time_limit=sandboxing.TIME_LIMIT)
def make_sandbox(session: Session, *, label: str) -> None:  # noqa: ARG001 every task has one
    """Make the copy of a label that it asked for, to try things in."""
    sandboxing.make(label)


@platform_task(sandboxing.REMOVAL, time_limit=600)
def erase_sandbox(session: Session, *, label: str) -> None:  # noqa: ARG001 every task has one
    """Erase a sandbox that its label let go."""
    sandboxing.erase(label)


@platform_task("fleet.migrate", time_limit=600)
def migrate_fleet(session: Session, *, retry_failed: bool = False) -> None:  # noqa: ARG001 every task has one
    """Bring every label to head, those in quarantine too if asked."""
    runner.migrate(current().settings, runner.Choices(retry_failed=retry_failed))


@platform_schedule("jobs.prune", every="hour")
@platform_task("jobs.prune")
def prune(session: Session) -> None:
    """Forget tasks that were done some days ago."""
    queries.prune(session)


@label_schedule("files.remove_orphans", every="day", at="03:30", jitter_seconds=7_200)
@label_task("files.remove_orphans", time_limit=600)
def remove_orphans(session: Session, tenant: Tenant) -> None:
    """Forget files that were removed long ago, and delete objects that no row names."""
    files.forget_removed(session)
    files.remove_orphans(tenant)
