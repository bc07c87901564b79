"""One reader's stream of how something stands: the whole of it, each time it is another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from time import monotonic
from typing import Any

import msgspec
from sqlalchemy.exc import DBAPIError

from app.kernel import observe
from app.kernel.errors import Refusal
from app.kernel.live.hub import Hub
from app.kernel.live.stream import BEAT_SECONDS, LONGEST_SECONDS, LOOK_SECONDS, begun, check_room
from app.kernel.observe import metrics
from app.kernel.tenant import Tenant

PACE_SECONDS = 0.4
"""What runs says nothing of itself while its transaction is open, so it is looked at this often."""

Look = Callable[[], tuple[dict[str, Any], bool]]

log = observe.log("live")


async def watched(hub: Hub, tenant: Tenant, look: Look, still_welcome: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Take a place among the label's streams, or refuse while a refusal can still be answered, and give the stream.

    `look` tells how it stands and whether it runs. What runs is told less than a second late; what rests is looked at
    when something happens at the label.
    """
    return await begun(_states(hub, tenant, look, still_welcome))


async def _states(hub: Hub, tenant: Tenant, look: Look, still_welcome: Callable[[], bool]) -> AsyncIterator[bytes]:
    check_room(hub, tenant)
    woken = hub.join(tenant.id)
    metrics.streams.set(hub.total())
    try:
        yield b"retry: 2000\n\n"
        async for chunk in _told(look, woken, still_welcome):
            yield chunk
    finally:
        hub.leave(tenant.id, woken)
        metrics.streams.set(hub.total())


async def _told(look: Look, woken: asyncio.Event, still_welcome: Callable[[], bool]) -> AsyncIterator[bytes]:
    ends, spoke, asked = monotonic() + LONGEST_SECONDS, monotonic(), 0.0
    last: dict[str, Any] | None = None
    while monotonic() < ends:
        woken.clear()  # before looking: what is committed from here on wakes again
        try:
            if monotonic() - asked >= LOOK_SECONDS:
                asked = monotonic()
                if not await asyncio.to_thread(still_welcome):
                    return
            state, runs = await asyncio.to_thread(look)
        except (DBAPIError, Refusal) as trouble:
            log.info("live.ended", reason=type(trouble).__name__)
            return  # the reader comes back, and meets the refusal if there is one
        if state != last:
            last, spoke = state, monotonic()
            yield b"event: state\ndata: " + msgspec.json.encode(state) + b"\n\n"
        elif monotonic() - spoke >= BEAT_SECONDS:
            spoke = monotonic()
            yield b": beat\n\n"
        if runs:
            await asyncio.sleep(PACE_SECONDS)
        else:
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), LOOK_SECONDS)
