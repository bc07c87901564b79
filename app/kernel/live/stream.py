"""One reader's stream of a label's activity."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, tuple_

from app.kernel import crypto
from app.kernel.activity import Activity, Cursor, horizon_cursor
from app.kernel.db import tenant_read
from app.kernel.errors import Busy, Refusal
from app.kernel.live.hub import Hub
from app.kernel.observe import metrics
from app.kernel.tenant import Tenant

PURPOSE = "live"
RESUME_WITHIN = timedelta(hours=1)
BATCH = 200
BEAT_SECONDS = 15.0
LOOK_SECONDS = 5.0
"""Without a notification the stream still looks this often, and asks whether its reader may stay."""

STREAMS_PER_PROCESS = 2_000


class TooManyStreams(Busy):
    """The label has as many live pages open as it may."""

    message = "Too many pages are being kept up to date at once. Close one, or reload in a while."
    retry_after = 30


async def events(
    hub: Hub, tenant: Tenant, last_event_id: str | None, still_welcome: Callable[[], bool]
) -> AsyncIterator[bytes]:
    """Server-sent events of everything that happens at a label from now on, or from where a reader left off.

    A row is sent as soon as it is committed; the place a reader resumes from moves on only when nothing older can still
    appear. So nothing is ever missed, and a row can come twice only across a reconnection, with the same id.
    """
    if hub.count(tenant.id) >= tenant.limits.streams or hub.total() >= STREAMS_PER_PROCESS:
        raise TooManyStreams
    woken = hub.join(tenant.id)
    metrics.streams.set(hub.total())
    try:
        place = await asyncio.to_thread(_start, tenant, last_event_id)
        sent: set[UUID] = set()
        yield b"retry: 2000\n\n"
        idle = 0.0
        while await asyncio.to_thread(still_welcome):
            place, rows = await asyncio.to_thread(_news, tenant, place, sent)
            for row in rows:
                yield _as_event(tenant, place, row)
            if rows:
                idle = 0.0
                continue
            woken.clear()
            try:
                await asyncio.wait_for(woken.wait(), LOOK_SECONDS)
            except TimeoutError:
                idle += LOOK_SECONDS
                if idle >= BEAT_SECONDS:
                    idle = 0.0
                    yield b": beat\n\n"
    finally:
        hub.leave(tenant.id, woken)
        metrics.streams.set(hub.total())


def _start(tenant: Tenant, last_event_id: str | None) -> Cursor:
    if last_event_id:
        try:
            xid, seq = crypto.verify(PURPOSE, tenant, last_event_id)
            return Cursor(int(xid), int(seq))
        except Refusal:
            pass  # not a place of this label's stream: begin with now, as a new reader does
    with tenant_read(tenant) as session:
        return horizon_cursor(session)


def _news(tenant: Tenant, place: Cursor, sent: set[UUID]) -> tuple[Cursor, list[Activity]]:
    """The committed rows after a place that were not sent yet, and the place up to which everything is complete."""
    with tenant_read(tenant) as session:
        complete = horizon_cursor(session)
        query = select(Activity).where(tuple_(Activity.xid, Activity.seq) > tuple_(place.xid, place.seq))
        rows = list(session.scalars(query.order_by(Activity.xid, Activity.seq).limit(BATCH + len(sent))))
    fresh = [row for row in rows if row.id not in sent][:BATCH]
    if len(fresh) == BATCH:  # more to come: stay behind what was not read yet
        complete = min(complete, Cursor(fresh[-1].xid, fresh[-1].seq))
    place = max(place, complete)
    sent.update(row.id for row in fresh)
    sent.difference_update(row.id for row in rows if (row.xid, row.seq) <= place)
    return place, fresh


def _as_event(tenant: Tenant, place: Cursor, row: Activity) -> bytes:
    data: dict[str, Any] = {
        "id": str(row.id),
        "at": row.at.isoformat(),
        "action": row.action,
        "actor": row.actor_name,
        "subject_type": row.subject_type,
        "subject_id": str(row.subject_id) if row.subject_id else None,
    }
    marker = crypto.sign(PURPOSE, tenant, list(place), expires_in=RESUME_WITHIN)
    return b"id: " + marker.encode() + b"\nevent: activity\ndata: " + msgspec.json.encode(data) + b"\n\n"
