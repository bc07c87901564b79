"""One reader's stream of a label's activity."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from datetime import timedelta
from time import monotonic
from typing import Any

import msgspec
from sqlalchemy.exc import DBAPIError

from app.kernel import crypto, observe
from app.kernel.activity import Activity
from app.kernel.db import tenant_read
from app.kernel.errors import Busy, Refusal
from app.kernel.live.hub import Hub
from app.kernel.live.place import Place, look
from app.kernel.observe import metrics
from app.kernel.tenant import Tenant

RESUME_WITHIN = timedelta(days=1)
"""Longer than a session lasts that nobody uses, so that whoever may come back misses nothing."""

BEAT_SECONDS = 15.0
LOOK_SECONDS = 5.0
"""Without a notification the stream still looks this often, and asks whether its reader may stay."""

LONGEST_SECONDS = 3_600.0
"""Then it ends, and the browser goes on where it was, perhaps at another process."""

STREAMS_PER_PROCESS = 2_000

log = observe.log("live")


Hears = Callable[[Activity], bool]
"""Whether a reader is told of something that happened."""


def everything(_row: Activity) -> bool:
    """Tell of all that happens."""
    return True


class TooManyStreams(Busy):
    """The label has as many live pages open as it may."""

    message = "Too many pages are being kept up to date at once. Close one, or reload in a while."
    retry_after = 30


async def opened(
    hub: Hub, tenant: Tenant, last_event_id: str | None, still_welcome: Callable[[], bool], hears: Hears = everything
) -> AsyncIterator[bytes]:
    """Take a place among the label's streams, or refuse while a refusal can still be answered, and give the stream.

    It tells what its reader `hears` of all that happens at the label from now on, or from where a reader left off: each
    row once, as soon as it is committed, under an id that a later stream resumes from without a gap and without a
    repetition.
    """
    return await begun(_events(hub, tenant, last_event_id, still_welcome, hears))


async def begun(stream: Any) -> AsyncIterator[bytes]:
    """The stream with its first piece made: whatever refuses it does so now."""
    return _joined(await anext(stream), stream)


def check_room(hub: Hub, tenant: Tenant) -> None:
    """Refuse where the label, or this process, has as many streams as it may."""
    if hub.count(tenant.id) >= tenant.limits.streams or hub.total() >= STREAMS_PER_PROCESS:
        raise TooManyStreams


async def _joined(first: bytes, stream: Any) -> AsyncIterator[bytes]:
    async with aclosing(stream):
        yield first
        async for chunk in stream:
            yield chunk


async def _events(
    hub: Hub, tenant: Tenant, last_event_id: str | None, still_welcome: Callable[[], bool], hears: Hears
) -> AsyncIterator[bytes]:
    check_room(hub, tenant)
    woken = hub.join(tenant.id)
    metrics.streams.set(hub.total())
    try:
        place = await asyncio.to_thread(_start, tenant, last_event_id)
        # A page that loses its line before anything happened must know where it stood, too.
        yield b"retry: 2000\n" + _marker(tenant, place) + b"\n"
        async for chunk in _told(tenant, place, woken, still_welcome, hears):
            yield chunk
    finally:
        hub.leave(tenant.id, woken)
        metrics.streams.set(hub.total())


async def _told(
    tenant: Tenant, place: Place, woken: asyncio.Event, still_welcome: Callable[[], bool], hears: Hears
) -> AsyncIterator[bytes]:
    ends, spoke = monotonic() + LONGEST_SECONDS, monotonic()
    while monotonic() < ends:
        woken.clear()  # before looking: what is committed from here on wakes again
        try:
            if not await asyncio.to_thread(still_welcome):
                return
            place, rows = await asyncio.to_thread(_news, tenant, place)
        except (DBAPIError, Refusal) as trouble:
            log.info("live.ended", reason=type(trouble).__name__)
            return  # the reader comes back with its place, and meets the refusal if there is one
        for row in rows:
            place = place.after(row)
            if hears(row):
                yield _as_event(tenant, place, row)
                spoke = monotonic()
        if monotonic() - spoke >= BEAT_SECONDS:
            spoke = monotonic()
            yield b": beat\n" + _marker(tenant, place) + b"\n"
        if rows:
            continue
        with suppress(TimeoutError):
            await asyncio.wait_for(woken.wait(), LOOK_SECONDS)


def _start(tenant: Tenant, last_event_id: str | None) -> Place:
    if last_event_id:
        with suppress(Refusal):  # not a place of this label's stream: begin with now, as a new reader does
            return Place(*crypto.verify(_purpose(tenant), tenant, last_event_id))
    with tenant_read(tenant) as session:
        return Place.now(session)


def _news(tenant: Tenant, place: Place) -> tuple[Place, list[Activity]]:
    with tenant_read(tenant) as session:
        return look(session, place)


def _purpose(tenant: Tenant) -> str:
    return f"live:{tenant.cell}"  # a place is one database's own


def _marker(tenant: Tenant, place: Place) -> bytes:
    return f"id: {crypto.sign(_purpose(tenant), tenant, list(place), expires_in=RESUME_WITHIN)}\n".encode()


def _as_event(tenant: Tenant, place: Place, row: Activity) -> bytes:
    data: dict[str, Any] = {
        "id": str(row.id),
        "at": row.at.isoformat(),
        "action": row.action,
        "actor": row.actor_name,
        "subject_type": row.subject_type,
        "subject_id": str(row.subject_id) if row.subject_id else None,
    }
    return _marker(tenant, place) + b"event: activity\ndata: " + msgspec.json.encode(data) + b"\n\n"
