"""A stage that came to nothing: told of at once, and begun again by a person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import activity, clock
from app.kernel.actor import Actor
from app.kernel.jobs.queries import Troubled, ask_again, troubled
from app.uploads.errors import BatchElsewhere
from app.uploads.models import Batch, BatchFile
from app.uploads.queries import waiting
from app.uploads.service.batches import TASKS, ask_check, ask_stage, go

LATE = timedelta(seconds=90)
FILE_TASKS: Final = ("uploads.measure", "uploads.unpack", "uploads.assemble")
IMPORT: Final = "uploads.import_prefix"

Trouble = Literal["failed", "again"]
"""Given up until a person asks again, or failed and tried again by itself."""


def trouble_of(session: Session, batch: Batch) -> Trouble | None:
    """Whether the stage at which a batch stands did not work."""
    found = _troubled(session, batch)
    if any(row.is_parked for row in found):
        return "failed"
    return "again" if found else None


def may_restart(batch: Batch, trouble: Trouble | None) -> bool:
    """Whether a person may have a stage done again: it stopped, it failed, or it runs for longer than it should."""
    since = batch.options.get("since")
    is_late = since is not None and clock.now() - datetime.fromisoformat(since) > LATE
    return batch.stage == "stopped" or trouble == "failed" or (batch.stage in TASKS and is_late)


def restart(session: Session, actor: Actor, batch: Batch) -> None:
    """Do the work of a stage again that came to nothing: a task that stopped, a table that could not be read."""
    given_up = [row for row in _troubled(session, batch) if row.is_parked]
    for row in given_up:
        ask_again(session, row)
    if batch.stage == "stopped":
        go(session, batch, "mapping")
        if batch.mapping:
            ask_check(session, batch)
    elif not given_up:
        _begin_again(session, batch)
    activity.record(
        session, actor, "batch.restarted", subject_type="batch", subject_id=batch.id, after={"name": batch.name}
    )


def _begin_again(session: Session, batch: Batch) -> None:
    if batch.stage in TASKS:
        batch.version += 1
        session.flush()
        ask_stage(session, batch)
    elif batch.stage == "measuring" and not waiting(session, batch.id):
        ask_check(session, batch)
    else:
        raise BatchElsewhere


def _troubled(session: Session, batch: Batch) -> list[Troubled]:
    """The tasks that a batch waits for and that failed."""
    if batch.stage in TASKS:
        return [row for row in troubled(session, [TASKS[batch.stage]]) if _is_of(row, batch)]
    if batch.stage != "measuring":
        return []
    found = troubled(session, [*FILE_TASKS, IMPORT])
    of_files = [UUID(row.args["file"]) for row in found if row.task in FILE_TASKS]
    query = select(BatchFile.id).where(
        BatchFile.id.in_(of_files),
        BatchFile.batch_id == batch.id,
        BatchFile.state.in_(("receiving", "received")),
        BatchFile.received == BatchFile.size,
    )
    awaited = {str(file_id) for file_id in session.scalars(query)} if of_files else set()
    return [row for row in found if _is_of(row, batch) or row.args.get("file") in awaited]


def _is_of(row: Troubled, batch: Batch) -> bool:
    return row.args.get("batch") == str(batch.id)
