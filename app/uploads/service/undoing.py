"""Taking an applied batch back."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.service.loading import take_turn
from app.catalog.service.undoing import take_back, what_holds
from app.kernel import activity, clock
from app.kernel.actor import Actor
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.uploads.models import Batch, BatchItem
from app.uploads.service.applying import changes_of
from app.uploads.service.batches import UNDO_WITHIN, go

HELD = sentence("This batch cannot be taken back: some of what it brought was changed or used since.")


def is_possible(batch: Batch) -> bool:
    """Whether a batch is applied, and not too long ago."""
    return batch.stage == "done" and batch.applied_at is not None and clock.now() - batch.applied_at <= UNDO_WITHIN


def undo(session: Session, tenant: Tenant, batch_id: UUID) -> None:
    """Take everything back that a batch did, or nothing and say what holds it."""
    batch = session.get_one(Batch, batch_id, with_for_update=True)
    if batch.stage != "undoing":
        return
    actor = Actor.system(tenant)
    take_turn(session)
    query = select(BatchItem.changes).where(BatchItem.batch_id == batch.id, BatchItem.changes.is_not(None))
    changes = changes_of([row for row in session.scalars(query) if row])
    if held := what_holds(session, batch.id, changes):
        go(session, batch, "done")
        batch.problem = HELD
        batch.options = {**batch.options, "held": [[item.kind, item.id, item.name] for item in held]}
        return
    take_back(session, actor, batch.id, changes)
    batch.undone_at = clock.now()
    batch.options = {name: value for name, value in batch.options.items() if name != "held"}
    go(session, batch, "undone")
    activity.record(
        session, actor, "batch.undone", subject_type="batch", subject_id=batch.id, after={"name": batch.name}
    )
