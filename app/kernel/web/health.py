"""Whether this process lives, whether it can serve, and its numbers."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from litestar import MediaType, Request, Response, get
from litestar.params import FromPath
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.kernel import observe
from app.kernel.db import current, platform_read
from app.kernel.errors import NotFound, Refusal
from app.kernel.observe import metrics
from app.kernel.web import assets
from app.kernel.web.realm import realm_of

PATIENCE_SECONDS = 2.0
FOR_EVER = "public, max-age=31536000, immutable"

log = observe.log("health")


@get("/healthz")
async def alive() -> dict[str, str]:
    """Say that this process answers; nothing else is asked."""
    return {"status": "ok"}


@get("/readyz")
async def ready() -> Response[dict[str, str]]:
    """Say whether requests can be served; which part cannot is for the operator's log alone."""
    parts = {"database": _database_works, "cache": _cache_works}
    answers = await asyncio.gather(*(_in_time(works) for works in parts.values()))
    broken = [name for name, works in zip(parts, answers, strict=True) if not works]
    if broken:
        log.warning("not_ready", parts=",".join(broken))
        return Response({"status": "unavailable"}, status_code=503, headers={"retry-after": "2"})
    return Response({"status": "ready"})


@get("/metrics", media_type=MediaType.TEXT, sync_to_thread=True)
def numbers(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give the series of this process to whoever holds the token; without a token set, to this machine alone."""
    token = current().settings.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    allowed = hmac.compare_digest(given.encode(), token.encode()) if token else _is_from_here(request)
    if not allowed:
        raise NotFound
    _measure_pools()
    return Response(metrics.exposition(), media_type="text/plain; version=0.0.4")


@get("/assets/{name:path}", sync_to_thread=False)
def asset(request: Request[Any, Any, Any], name: FromPath[Path]) -> Response[bytes]:
    """Send a built file, whose name carries the hash of its content, to be kept for ever."""
    found = assets.find(str(name).lstrip("/"), request.headers.get("accept-encoding", ""))
    if found is None:
        raise NotFound
    headers = {"cache-control": FOR_EVER, "vary": "Accept-Encoding"}
    if found.encoding:
        headers["content-encoding"] = found.encoding
    return Response(found.content, media_type=found.media_type, headers=headers)


async def _in_time(works: Callable[[], bool]) -> bool:
    """Ask one part, and take silence for a no."""
    try:
        return await asyncio.wait_for(asyncio.to_thread(works), PATIENCE_SECONDS)
    except TimeoutError:
        return False


def _database_works() -> bool:
    try:
        with platform_read() as session:
            session.execute(text("SELECT 1"))
    except (DBAPIError, Refusal, OSError):
        return False
    return True


def _cache_works() -> bool:
    url, once = current().settings.redis_url, Retry(NoBackoff(), 0)
    try:
        with redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, retry=once) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _is_from_here(request: Request[Any, Any, Any]) -> bool:
    """Tell a caller on this machine from one whom a proxy on this machine let through."""
    forwarded = any(name in request.headers for name in ("x-forwarded-for", "forwarded", "via"))
    return realm_of(request).client in ("127.0.0.1", "::1") and not forwarded


def _measure_pools() -> None:
    for cell, pool in current().pools():
        metrics.db_connections.labels(cell, "open").set(pool.open_count)
        metrics.db_connections.labels(cell, "idle").set(pool.idle_count)


handlers = [alive, ready, numbers, asset]
