"""A batch from its manifest to a yes: received, mapped, and asked to be checked, applied, taken back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel import activity, clock, files, ids, jobs
from app.kernel.actor import Actor
from app.kernel.db import table_of
from app.uploads.errors import BatchElsewhere, UndoOver
from app.uploads.models import Batch, BatchCorrection, HeaderMapping
from app.uploads.queries import waiting
from app.uploads.rules.stages import Stage, may_follow

UNDO_WITHIN = timedelta(hours=72)
NOBODY = UUID(int=0)
"""The sender of what no member sent: the command line."""

TASKS = {"checking": "uploads.check", "applying": "uploads.apply", "undoing": "uploads.undo"}
"""What does the work of a stage."""


def open_batch(session: Session, actor: Actor, *, name: str, manifest_id: UUID) -> Batch:
    """Begin a batch with a manifest that is stored already."""
    batch = Batch(
        id=ids.new_id(),
        name=name,
        created_by=actor.id,
        created_at=clock.now(),
        stage="mapping",
        manifest_id=manifest_id,
    )
    session.add(batch)
    session.flush()
    _tell(session, actor, batch, "batch.opened")
    return batch


def go(session: Session, batch: Batch, stage: Stage) -> None:
    """Bring a batch to its next stage; refused where it cannot follow on the present one."""
    if not may_follow(stage, after=batch.stage):  # type: ignore[arg-type]
        raise BatchElsewhere
    batch.stage, batch.problem, batch.version = stage, None, batch.version + 1
    batch.options = {**batch.options, "since": clock.now().isoformat()}
    session.flush()


def take_columns(session: Session, actor: Actor, batch: Batch, mapping: dict[str, str | None]) -> None:
    """Take the meaning of the columns as it was confirmed, and remember it for the sender."""
    batch.mapping = dict(mapping)
    sender = actor.id or NOBODY
    rows = [{"sender": sender, "header": header, "field": field} for header, field in mapping.items()]
    if rows:
        remember = insert(table_of(HeaderMapping))
        session.execute(
            remember.on_conflict_do_update(
                index_elements=["sender", "header"], set_={"field": remember.excluded.field}
            ),
            rows,
        )


def remembered(session: Session, actor: Actor) -> dict[str, str | None]:
    """What this sender's columns meant before."""
    query = select(HeaderMapping.header, HeaderMapping.field).where(HeaderMapping.sender == (actor.id or NOBODY))
    return {row.header: row.field for row in session.execute(query)}


def correct(session: Session, actor: Actor, batch: Batch, cells: Iterable[tuple[int, str, str]]) -> None:
    """Put corrected values, by row and field, beside the manifest."""
    change = insert(table_of(BatchCorrection))
    rows = [
        {"batch_id": batch.id, "row": row, "field": field, "value": value, "by": actor.id, "at": clock.now()}
        for row, field, value in cells
    ]
    if rows:
        session.execute(
            change.on_conflict_do_update(
                index_elements=["batch_id", "row", "field"],
                set_={name: change.excluded[name] for name in ("value", "by", "at")},
            ),
            rows,
        )
        _tell(session, actor, batch, "batch.corrected", cells=len(rows))


def ask_check(session: Session, batch: Batch) -> None:
    """Have a batch checked in the background, once all of its files are looked at."""
    if waiting(session, batch.id):
        go(session, batch, "measuring")
        return
    go(session, batch, "checking")
    ask_stage(session, batch)


def ask_apply(session: Session, actor: Actor, batch: Batch) -> None:
    """Have a checked batch applied in the background."""
    go(session, batch, "applying")
    ask_stage(session, batch)
    _tell(session, actor, batch, "batch.approved")


def ask_undo(session: Session, actor: Actor, batch: Batch) -> None:
    """Have an applied batch taken back in the background, within `UNDO_WITHIN`."""
    if batch.applied_at is None or clock.now() - batch.applied_at > UNDO_WITHIN:
        raise UndoOver(hours=int(UNDO_WITHIN.total_seconds()) // 3600)
    go(session, batch, "undoing")
    ask_stage(session, batch)
    _tell(session, actor, batch, "batch.undo_asked")


def ask_stage(session: Session, batch: Batch) -> None:
    """Have the work of a batch's stage done: one task for each version of it, asked twice it is done once."""
    jobs.ask(session, TASKS[batch.stage], {"batch": str(batch.id)}, key=f"{batch.id}:{batch.version}")


def manifest_bytes(session: Session, actor: Actor, batch: Batch) -> bytes:
    """The manifest as it was sent."""
    assert batch.manifest_id is not None and actor.tenant is not None  # noqa: S101, PT018
    stored = files.file_to_read(session, actor, batch.manifest_id, even_removed=True)
    return b"".join(files.read_object(actor.tenant, stored.sha256))


def _tell(session: Session, actor: Actor, batch: Batch, action: str, **after: object) -> None:
    activity.record(
        session, actor, action, subject_type="batch", subject_id=batch.id, after={"name": batch.name, **after}
    )
