"""Sealing each label's activity on schedule, and keeping the head outside the label's reach."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel import clock, observe
from app.kernel.activity.models import ActivityHead
from app.kernel.activity.seal import newest_link, seal, verify
from app.kernel.chain import Head
from app.kernel.db import platform_read, platform_work, tenant_read
from app.kernel.jobs import label_schedule, label_task
from app.kernel.tenant import Tenant

log = observe.log("activity")


@label_schedule("activity.seal", every="hour", jitter_seconds=3_000)
@label_task("activity.seal")
def seal_activity(session: Session, tenant: Tenant) -> None:
    """Keep the end that the last run committed, then seal what happened since.

    The head is kept in a transaction of its own: keeping the new end before this one commits could leave a head that no
    chain has.
    """
    keep_head(tenant, newest_link(session))
    seal(session)


@label_schedule("activity.verify", every="day", at="04:00", jitter_seconds=7_200)
@label_task("activity.verify", time_limit=600)
def verify_activity(session: Session, tenant: Tenant) -> None:
    """Check the whole chain against the kept head; a break is an alarm for the operator, never a silent repair."""
    verdict = verify(session, kept_head(tenant))
    if not verdict.ok:
        log.error("activity.chain_broken", position=verdict.position, problem=verdict.problem)


def check(tenant: Tenant) -> bool:
    """Tell whether a label's chain is whole and agrees with the kept head."""
    with tenant_read(tenant) as session:
        return verify(session, kept_head(tenant)).ok


def kept_head(tenant: Tenant) -> Head | None:
    """The head of this label's chain that is kept outside its schema."""
    with platform_read(tenant.cell) as session:
        row = session.get(ActivityHead, tenant.id)
        return Head(row.position, row.hash) if row else None


def keep_head(tenant: Tenant, head: Head) -> None:
    """Keep a chain's end where the label's role cannot reach; an older end never replaces a newer one."""
    if head.position == 0:
        return
    row = {"tenant_id": tenant.id, "position": head.position, "hash": head.hash, "sealed_at": clock.now()}
    statement = insert(ActivityHead).values(row)
    newer = statement.excluded.position >= ActivityHead.position
    with platform_work(tenant.cell) as session:
        session.execute(statement.on_conflict_do_update(index_elements=["tenant_id"], set_=row, where=newer))


def forget_head(tenant: Tenant) -> None:
    """Forget a kept head, as when the label itself went back to an earlier state."""
    with platform_work(tenant.cell) as session:
        session.execute(delete(ActivityHead).where(ActivityHead.tenant_id == tenant.id))
