"""Doing what a batch was said to do, or nothing."""

from __future__ import annotations

from uuid import UUID

import polars as pl
from sqlalchemy.orm import Session

from app.catalog.service.loading import load, take_turn
from app.catalog.service.planning import Plan
from app.kernel import activity, clock, failpoint
from app.kernel.actor import Actor
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.uploads.models import Batch
from app.uploads.service import keeping, steps
from app.uploads.service.batches import go
from app.uploads.service.checking import check, write, write_items

OVERTAKEN = sentence(
    "The catalogue has changed since this was checked. Look at what would happen now, and apply again."
)


def apply(session: Session, tenant: Tenant, batch_id: UUID) -> None:
    """Apply a batch in one transaction, exactly as it was shown; if that is not possible any more, show it anew."""
    batch = session.get_one(Batch, batch_id, with_for_update=True)
    if batch.stage != "applying":
        return
    actor = Actor.system(tenant)
    take_turn(session)
    plan = keeping.kept(session, tenant, batch) or _planned_again(session, actor, tenant, batch)
    if plan is None:
        go(session, batch, "checking")
        go(session, batch, "ready")
        batch.problem = OVERTAKEN
        return
    steps.reached(tenant, batch, "write")
    load(session, actor, plan, batch_id=batch.id)
    failpoint.reach("batch.loaded")
    batch.applied_at = clock.now()
    go(session, batch, "done")
    after = {"name": batch.name, **batch.counts}
    activity.record(session, actor, "batch.applied", subject_type="batch", subject_id=batch.id, after=after)


def _planned_again(session: Session, actor: Actor, tenant: Tenant, batch: Batch) -> Plan | None:
    """The plan as it would be now; nothing, and a batch shown anew, where that is not what was shown."""
    checked = check(session, actor, batch)
    if checked.plan.fingerprint() != batch.plan_hash:
        write(session, tenant, batch, checked)
        return None
    write_items(session, batch, checked.items)
    return checked.plan


def changes_of(rows: list[list[dict[str, object]]]) -> pl.DataFrame:
    """The changes that items keep, as one frame again."""
    from app.catalog.rules.merging import CHANGES

    schema = {name: kind for name, kind in CHANGES.items() if name != "release"}
    return pl.DataFrame([change for row in rows for change in row], schema=schema)
