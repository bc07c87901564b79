"""Writing activity, in the transaction of what happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import exists, insert, select, text
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
        "client_id": actor.client_id,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "before": before,
        "after": after,
        "request_id": observe.request_id(),
    }
    session.execute(_INSERT, row)
    session.info["has_news"] = True
    return activity_id


_INSERT_MANY = text(
    "INSERT INTO activity (id, at, action, actor_kind, actor_id, actor_name, on_behalf_of, client_id, subject_type, "
    "subject_id, before, after, request_id) "
    "SELECT t.id, :at, :action, :actor_kind, :actor_id, :actor_name, :on_behalf_of, CAST(:client_id AS uuid), "
    ":subject_type, t.subject, "
    "t.before, t.after, :request_id "
    "FROM unnest(string_to_array(:ids, :between) ::uuid[], string_to_array(:subjects, :between) ::uuid[], "
    "string_to_array(:befores, :between, '') ::jsonb[], string_to_array(:afters, :between, '') ::jsonb[]) "
    "t(id, subject, before, after)"
)

BETWEEN = "\x1f"
"""Stands in no JSON text as it is; the server takes one long text apart sooner than the driver writes an array."""

Told = tuple[str, dict[str, Any] | None, dict[str, Any] | None]
"""A subject's id, and what it was before and after."""


def record_many(session: Session, actor: Actor, action: str, *, subject_type: str, told: Sequence[Told]) -> None:
    """Write down that `actor` did `action` to each of many rows; one INSERT for all."""
    if not told:
        return
    row = {
        "at": clock.now(),
        "action": action,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "on_behalf_of": actor.on_behalf_of,
        "client_id": actor.client_id,
        "subject_type": subject_type,
        "request_id": observe.request_id(),
        "between": BETWEEN,
        "ids": BETWEEN.join(ids.new_ids(len(told))),
        "subjects": BETWEEN.join(subject for subject, _, _ in told),
        "befores": BETWEEN.join(_json(before) for _, before, _ in told),
        "afters": BETWEEN.join(_json(after) for _, _, after in told),
    }
    session.execute(_INSERT_MANY, row)
    session.info["has_news"] = True


def _json(value: dict[str, Any] | None) -> str:
    return msgspec.json.encode(value).decode() if value is not None else ""


def has(session: Session, action: str) -> bool:
    """Tell whether this ever happened at the label."""
    return bool(session.scalar(select(exists().where(Activity.action == action))))
