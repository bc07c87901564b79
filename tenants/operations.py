"""Changes of a label's life in several steps, each recorded, so that a crash resumes where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.kernel import clock, failpoint, ids, observe
from app.kernel.db import platform_read, platform_work
from app.kernel.errors import Conflict
from tenants.registry.models import Operation

Step = Callable[[Operation], None]
"""One idempotent piece of an operation; it may change `operation.args`, which are kept."""

STUCK_AFTER = timedelta(minutes=2)

_kinds: dict[str, Sequence[tuple[str, Step]]] = {}
log = observe.log("operations")


class AnotherOperationRuns(Conflict):
    """A label's life is changed by one operation at a time."""

    message = "Something else is being done to this label right now. Wait until it is finished."


def define(kind: str, steps: Sequence[tuple[str, Step]]) -> None:
    """Name the steps of a kind of operation, in order; every process that resumes it must define it."""
    _kinds[kind] = steps


def start(kind: str, tenant_id: str, *, request_key: str, args: Mapping[str, Any]) -> UUID:
    """Record an operation before its first step; the same kind and key give the same operation."""
    operation_id = ids.new_id()
    try:
        with platform_work() as session:
            known = session.scalar(
                select(Operation.id).where(Operation.kind == kind, Operation.request_key == request_key)
            )
            if known is not None:
                return known
            first = _kinds[kind][0][0]
            session.add(
                Operation(
                    id=operation_id,
                    kind=kind,
                    tenant_id=tenant_id,
                    request_key=request_key,
                    step=first,
                    args=dict(args),
                )
            )
    except IntegrityError:
        raise AnotherOperationRuns from None
    return operation_id


def run(operation_id: UUID) -> Operation:
    """Do the steps that are left, recording each; safe to call again after any failure, harmless when done."""
    operation = _read(operation_id)
    steps = _kinds[operation.kind]
    names = [name for name, _ in steps]
    while operation.state == "running":
        position = names.index(operation.step)
        failpoint.reach(f"{operation.kind}.{operation.step}.before")
        steps[position][1](operation)
        failpoint.reach(f"{operation.kind}.{operation.step}.after")
        is_last = position + 1 == len(steps)
        _record(operation, next_step=None if is_last else names[position + 1])
    return operation


def resume_stuck() -> list[UUID]:
    """Take up every operation that nobody has moved for a while, as after a crash of its process."""
    before = clock.now() - STUCK_AFTER
    with platform_read() as session:
        query = select(Operation.id).where(
            Operation.state == "running", Operation.started_at < before, Operation.kind.in_(_kinds)
        )
        stuck = list(session.scalars(query))
    for operation_id in stuck:
        log.info("operation.resumed", operation=str(operation_id))
        run(operation_id)
    return stuck


def _read(operation_id: UUID) -> Operation:
    with platform_read() as session:
        operation = session.get_one(Operation, operation_id)
        session.expunge(operation)
        return operation


def _record(operation: Operation, *, next_step: str | None) -> None:
    """Keep what the step learned together with the next step's name."""
    with platform_work() as session:
        row = session.get_one(Operation, operation.id, with_for_update=True)
        row.args = dict(operation.args)
        if next_step is None:
            row.state, row.finished_at = "done", clock.now()
        else:
            row.step = next_step
        session.flush()
        operation.state, operation.step = row.state, row.step
