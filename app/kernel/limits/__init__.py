"""Limits that hold exactly over every process of the platform, each label's apart from all others'."""

from __future__ import annotations

from functools import cache
from math import ceil

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import RedisStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from app.kernel import clock, observe
from app.kernel.db import current
from app.kernel.errors import Busy
from app.kernel.tenant import Tenant

log = observe.log("limits")


@cache
def _limiter(url: str) -> MovingWindowRateLimiter:
    storage = storage_from_string(_limits_url(url), wrap_exceptions=True)
    if not isinstance(storage, RedisStorage):
        raise TypeError("limits need a server that speaks the Redis protocol")
    return MovingWindowRateLimiter(storage)


def hit(tenant: Tenant | None, bucket: str, limit: str) -> None:
    """Count one use of a bucket ("sign-in:ada@example.com") against a limit ("10/minute"); `Busy` when it is used up.

    When the limits' server is away the use is allowed and a warning logged: a label that cannot work because a counter
    is down would be the greater harm, and what must never happen twice is kept by the database, not by this.
    """
    item, key = parse(limit), _key(tenant, bucket)
    try:
        limiter = _limiter(current().settings.redis_url)
        if limiter.hit(item, *key):
            return
        wait = max(1, ceil(limiter.get_window_stats(item, *key).reset_time - clock.now().timestamp()))
    except (StorageError, RedisError, OSError) as trouble:
        log.warning("limits.unavailable", reason=type(trouble).__name__)
        return
    raise TooOften(wait)


class TooOften(Busy):
    """The bucket is used up for now."""

    message = "That was too often. Try again in a little while."

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.retry_after = seconds  # type: ignore[misc]  # this refusal knows its own moment


def clear(tenant: Tenant | None, bucket: str, limit: str) -> None:
    """Forget the uses of a bucket, as after a sign-in that succeeded."""
    item: RateLimitItem = parse(limit)
    try:
        _limiter(current().settings.redis_url).clear(item, *_key(tenant, bucket))
    except (StorageError, RedisError, OSError) as trouble:
        log.warning("limits.unavailable", reason=type(trouble).__name__)


def _key(tenant: Tenant | None, bucket: str) -> tuple[str, str]:
    return (tenant.id if tenant else "platform", bucket)


def _limits_url(url: str) -> str:
    """The library's spelling of the address of a Redis server behind a socket."""
    return url.replace("unix://", "redis+unix://", 1) if url.startswith("unix://") else url
