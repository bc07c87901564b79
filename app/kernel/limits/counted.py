"""Limits of which whoever is counted learns how much is left: several counters in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from app.kernel import clock, observe
from app.kernel.db import current
from app.kernel.tenant import Tenant

log = observe.log("limits")


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many uses of a bucket in a window of so many seconds; `name` is what people call it."""

    name: str
    bucket: str
    most: int
    seconds: int = 60


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of an allowance, and in how many seconds it is whole again; below zero it is overdrawn."""

    allowance: Allowance
    remaining: int
    reset: int


@cache
def _client(url: str) -> Redis:
    pool = ConnectionPool.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0))
    return Redis(connection_pool=pool)


def count(tenant: Tenant, allowances: Sequence[Allowance]) -> list[Left]:
    """Count one use of each allowance, exactly over every process, and tell what is left of them.

    Windows begin at whole multiples of their length. When the counters' server is away, everything is left.
    """
    now = int(clock.now().timestamp())
    try:
        pipe = _client(current().settings.redis_url).pipeline(transaction=False)
        for each in allowances:
            key = f"{tenant.id}:allowance:{each.bucket}:{now // each.seconds}"
            pipe.incr(key)
            pipe.expire(key, each.seconds * 2)
        used = [int(value) for value in pipe.execute()[::2]]
    except (RedisError, OSError) as trouble:
        log.warning("limits.unavailable", reason=type(trouble).__name__)
        used = [1] * len(allowances)
    return [
        Left(each, each.most - number, each.seconds - now % each.seconds)
        for each, number in zip(allowances, used, strict=True)
    ]
