"""The hash chain over activity, laid off the hot path: writers never wait for it or for each other."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import exists, insert, select, text
from sqlalchemy.orm import Session

from app.kernel.activity.feed import HORIZON
from app.kernel.activity.models import Activity, ActivitySeal
from app.kernel.chain import START, Head, Link, Verdict, walk

BATCH = 5_000

_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('activity.seal ' || current_schema(), 0))")


def seal(session: Session) -> Head:
    """Append every complete, unsealed row to the chain, a batch at a time, and give back the new head.

    One sealer at a time: a second waits, and then goes on where the first ended.
    """
    session.execute(_TURN)
    head = newest_link(session)
    while rows := _unsealed(session):
        links = []
        for row in rows:
            head = head.next(_facts(row))
            links.append({"position": head.position, "activity_id": row.id, "hash": head.hash})
        session.execute(insert(ActivitySeal), links)
    return head


def verify(session: Session, kept: Head | None = None) -> Verdict:
    """Walk the chain from its beginning and compare its end with the head kept elsewhere."""
    query = (
        select(ActivitySeal, Activity)
        .outerjoin(Activity, Activity.id == ActivitySeal.activity_id)
        .order_by(ActivitySeal.position)
        .execution_options(yield_per=BATCH)
    )
    with session.execute(query) as rows:  # a broken chain is left in the middle, and its cursor closed
        return walk((Link(link.position, link.hash, _facts(row) if row else None) for link, row in rows), kept)


def newest_link(session: Session) -> Head:
    """The chain's end as this transaction sees it."""
    newest = session.scalar(select(ActivitySeal).order_by(ActivitySeal.position.desc()).limit(1))
    return Head(newest.position, newest.hash) if newest else START


def _unsealed(session: Session) -> list[Activity]:
    is_sealed = exists().where(ActivitySeal.activity_id == Activity.id)
    query = select(Activity).where(Activity.xid < HORIZON, ~is_sealed)
    return list(session.scalars(query.order_by(Activity.xid, Activity.seq).limit(BATCH)))


def _facts(row: Activity) -> bytes:
    """What the chain covers of a row; xid and seq are places in one database and stay out."""
    facts: list[Any] = [
        str(row.id),
        row.at.isoformat(),
        row.action,
        row.actor_kind,
        str(row.actor_id),
        row.actor_name,
        str(row.on_behalf_of),
        row.subject_type,
        str(row.subject_id),
        row.before,
        row.after,
        row.request_id,
    ]
    if row.client_id is not None:  # rows from before it was noted keep their hash
        facts.append(str(row.client_id))
    return msgspec.json.encode(facts, order="deterministic")
