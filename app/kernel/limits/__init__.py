"""Limits that hold exactly over every process of the platform, each label's apart from all others'."""

from __future__ import annotations

from functools import cache
from math import ceil

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from app.kernel import clock, observe
from app.kernel.db import current
from app.kernel.errors import Busy
from app.kernel.tenant import Tenant

log = observe.log("limits")


@cache
def _limiter(url: str) -> MovingWindowRateLimiter:
    # The library's own connection would wait for a server that hangs, again and again, while a person waits for us.
    pool = ConnectionPool.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0))
    return MovingWindowRateLimiter(RedisStorage(url, connection_pool=pool, wrap_exceptions=True))


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
        wait = ceil(limiter.get_window_stats(item, *key).reset_time - clock.now().timestamp())
    except (StorageError, RedisError, OSError) as trouble:
        log.warning("limits.unavailable", reason=type(trouble).__name__)
        return
    # Neither a clock set back nor one of another machine makes anyone wait longer than the limit's own time.
    raise TooOften(min(max(1, wait), item.get_expiry()))


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
    # A bucket may hold whatever a person sent, and half a character is no reason to fail.
    return (tenant.id if tenant else "platform", bucket.encode(errors="backslashreplace").decode())
