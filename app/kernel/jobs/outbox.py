"""Asking for work inside the transaction that makes it necessary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Text, bindparam, func, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel import clock, ids, observe
from app.kernel.db.models import SharedModel, table_of
from app.kernel.jobs.registry import LabelTask, after_archive, tasks
from app.kernel.tenant import Tenant

MOMENT = TIMESTAMP(timezone=True)
LONGEST_ARGS = 32_768
PLATFORM = ""
"""The label of work that belongs to no label."""


class TaskUnknown(LookupError):
    """No code is registered under this task's name, or it is of the other kind."""


class TaskArgsUnusable(ValueError):
    """The arguments are no small JSON object; a task takes ids and looks the rest up."""


class OutboxRow(SharedModel):
    """One piece of work: waiting, leased to a worker until `lease_until`, done, or parked for a person to look at.

    `sends` counts the messages sent for it, and `claimed` those that were sent when a worker last took one up: they are
    void.
    """

    __tablename__ = "outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(Text, server_default="")
    epoch: Mapped[int] = mapped_column(BigInteger)
    task: Mapped[str] = mapped_column(Text)
    args: Mapped[dict[str, Any]] = mapped_column(JSONB)
    key: Mapped[str | None] = mapped_column(Text)
    queue: Mapped[str] = mapped_column(Text)
    trace: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"))
    run_at: Mapped[datetime] = mapped_column(MOMENT)
    lease_until: Mapped[datetime | None] = mapped_column(MOMENT)
    sends: Mapped[int] = mapped_column(server_default="0")
    claimed: Mapped[int] = mapped_column(server_default="0")
    attempts: Mapped[int] = mapped_column(server_default="0")
    max_attempts: Mapped[int] = mapped_column(server_default="3")
    done_at: Mapped[datetime | None] = mapped_column(MOMENT)
    parked_at: Mapped[datetime | None] = mapped_column(MOMENT)
    problem: Mapped[str | None] = mapped_column(Text)


_INSERT = (
    insert(table_of(OutboxRow))
    # Now is by the database's clock, which decides what is due.
    .values(run_at=func.coalesce(bindparam("due", type_=MOMENT), func.clock_timestamp()))
    .on_conflict_do_nothing(index_elements=["label", "task", "key"], index_where=text("key IS NOT NULL"))
)


def ask(
    session: Session,
    name: str,
    args: Mapping[str, Any],
    *,
    key: str | None = None,
    run_at: datetime | None = None,
    tenant: Tenant | None = None,
) -> None:
    """Ask for a task, to be sent after this transaction commits; the same key asks once.

    The label is the session's; only a platform session may name another `tenant`.
    """
    bound: Tenant | None = session.info.get("tenant")
    if bound is not None and tenant is not None and bound.id != tenant.id:
        raise ValueError("a label's session asks for its own label only")
    whose = bound or tenant
    task = tasks.get(name)
    if task is None or isinstance(task, LabelTask) is not (whose is not None):
        raise TaskUnknown(name)
    row = {
        "id": ids.new_id(),
        "label": whose.id if whose else PLATFORM,
        "epoch": whose.epoch if whose else 0,
        "task": name,
        "args": _checked(args),
        "key": key,
        "queue": task.queue,
        "trace": observe.current_trace(),
        # Whoever sends tasks goes by everybody's time.
        "due": run_at - clock.ahead() if run_at else None,
        "max_attempts": task.max_attempts,
    }
    session.execute(_INSERT, row)


def ask_after_archive(session: Session) -> None:
    """Ask, in a label's session, for what is to be done once its rows came out of an archive."""
    for name in after_archive:
        ask(session, name, {})


def _checked(args: Mapping[str, Any]) -> dict[str, Any]:
    try:
        encoded = msgspec.json.encode(dict(args))
    except (TypeError, msgspec.MsgspecError):
        raise TaskArgsUnusable("task arguments are JSON values: ids, numbers, short texts") from None
    if len(encoded) > LONGEST_ARGS:
        raise TaskArgsUnusable(f"task arguments are at most {LONGEST_ARGS} bytes; pass an id instead")
    decoded: dict[str, Any] = msgspec.json.decode(encoded)
    return decoded
