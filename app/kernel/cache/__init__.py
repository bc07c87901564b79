"""A cache whose every key carries the label and its epoch: nothing crosses the wall, every change empties it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import msgspec
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.kernel import observe
from app.kernel.db import current
from app.kernel.tenant import Tenant

LARGEST_VALUE = 1_000_000

_T = TypeVar("_T")
log = observe.log("cache")


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0))


class Cache:
    """One owner's part of the cache; when the server is away everything is a miss and nothing is an error."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def _named(self, key: str) -> bytes:
        # A key may hold whatever a person sent, and half a character is no reason to fail.
        return (self._prefix + key).encode(errors="surrogatepass")

    def get(self, key: str, kind: type[_T]) -> _T | None:
        """The value under a key, or None."""
        try:
            raw = _client(current().settings.redis_url).get(self._named(key))
            return None if raw is None else msgspec.msgpack.decode(raw, type=kind)  # type: ignore[arg-type]
        except (redis.RedisError, msgspec.DecodeError) as trouble:
            log.warning("cache.missed", reason=type(trouble).__name__)
            return None

    def set(self, key: str, value: Any, *, seconds: int) -> None:
        """Keep a value for a while; one that is too large is not kept."""
        raw = msgspec.msgpack.encode(value)
        if len(raw) > LARGEST_VALUE:
            return
        try:
            _client(current().settings.redis_url).set(self._named(key), raw, ex=seconds)
        except redis.RedisError as trouble:
            log.warning("cache.not_kept", reason=type(trouble).__name__)

    def delete(self, key: str) -> None:
        """Forget a value."""
        try:
            _client(current().settings.redis_url).delete(self._named(key))
        except redis.RedisError as trouble:
            log.warning("cache.not_forgotten", reason=type(trouble).__name__)

    def get_or_make(self, key: str, kind: type[_T], make: Callable[[], _T], *, seconds: int) -> _T:
        """The value under a key, made by one thread of this process at a time where there is none."""
        if (found := self.get(key, kind)) is not None:
            return found
        lock = _locks.setdefault(self._prefix + key, threading.Lock())
        try:
            with lock:
                if (found := self.get(key, kind)) is not None:
                    return found
                made = make()
                self.set(key, made, seconds=seconds)
                return made
        finally:
            _locks.pop(self._prefix + key, None)


_locks: dict[str, threading.Lock] = {}


def of(tenant: Tenant) -> Cache:
    """The label's own cache at its present epoch."""
    return Cache(f"label:{tenant.id}:{tenant.epoch}:")


def shared() -> Cache:
    """The platform's cache; never for anything that belongs to a label."""
    return Cache("platform:")
