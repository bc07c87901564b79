"""Writing activity, in the transaction of what happened."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import exists, insert, select
from sqlalchemy.orm import Session

from app.kernel import clock, ids, observe
from app.kernel.activity.models import Activity
from app.kernel.actor import Actor
from app.kernel.db.models import table_of

_INSERT = insert(table_of(Activity))
"""Compiled once: every write of the platform passes here."""


def record(
    session: Session,
    actor: Actor,
    action: str,
    *,
    subject_type: str | None = None,
    subject_id: UUID | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> UUID:
    """Write down that `actor` did `action` ("release.published") to a row; one INSERT, kept if the transaction is."""
    activity_id = ids.new_id()
    row = {
        "id": activity_id,
        "at": clock.now(),
        "action": action,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "on_behalf_of": actor.on_behalf_of,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "before": before,
        "after": after,
        "request_id": observe.request_id(),
    }
    session.execute(_INSERT, row)
    return activity_id


def has(session: Session, action: str) -> bool:
    """Tell whether this ever happened at the label."""
    return bool(session.scalar(select(exists().where(Activity.action == action))))
