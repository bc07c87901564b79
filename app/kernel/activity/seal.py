"""The hash chain over activity, laid off the hot path: writers never wait for it or for each other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from sqlalchemy import exists, insert, select, text
from sqlalchemy.orm import Session

from app.kernel.activity.feed import HORIZON
from app.kernel.activity.models import Activity, ActivitySeal

GENESIS = bytes(32)
BATCH = 5_000

_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('activity.seal ' || current_schema(), 0))")


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link: how many rows are sealed, and the hash over them all."""

    position: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the chain found; `position` is the first link that is wrong."""

    ok: bool
    position: int
    problem: Literal["", "altered", "missing", "cut off", "differs from the kept head"] = ""


def seal(session: Session) -> Head:
    """Append every complete, unsealed row to the chain, a batch at a time, and give back the new head.

    One sealer at a time: a second waits, and then goes on where the first ended.
    """
    session.execute(_TURN)
    head = newest_link(session)
    while rows := _unsealed(session):
        links = []
        for row in rows:
            head = Head(head.position + 1, _link(head.hash, row))
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
        return _walked(((link, row) for link, row in rows), kept)


def _walked(chain: Iterable[tuple[ActivitySeal, Activity | None]], kept: Head | None) -> Verdict:
    head = Head(0, GENESIS)
    reached_kept = kept is None or kept.position == 0
    for link, row in chain:
        if link.position != head.position + 1 or row is None:
            return Verdict(ok=False, position=head.position + 1, problem="missing")
        if link.hash != _link(head.hash, row):
            return Verdict(ok=False, position=link.position, problem="altered")
        head = Head(link.position, link.hash)
        if kept is not None and head.position == kept.position:
            if head.hash != kept.hash:
                return Verdict(ok=False, position=head.position, problem="differs from the kept head")
            reached_kept = True
    if not reached_kept:
        return Verdict(ok=False, position=head.position + 1, problem="cut off")
    return Verdict(ok=True, position=head.position)


def newest_link(session: Session) -> Head:
    """The chain's end as this transaction sees it."""
    newest = session.scalar(select(ActivitySeal).order_by(ActivitySeal.position.desc()).limit(1))
    return Head(newest.position, newest.hash) if newest else Head(0, GENESIS)


def _unsealed(session: Session) -> list[Activity]:
    is_sealed = exists().where(ActivitySeal.activity_id == Activity.id)
    query = select(Activity).where(Activity.xid < HORIZON, ~is_sealed)
    return list(session.scalars(query.order_by(Activity.xid, Activity.seq).limit(BATCH)))


def _link(previous: bytes, row: Activity) -> bytes:
    """SHA-256 over the previous link and the row's facts; xid and seq are places in one database and stay out."""
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
    return hashlib.sha256(previous + msgspec.json.encode(facts, order="deterministic")).digest()
