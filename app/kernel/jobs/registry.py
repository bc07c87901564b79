"""The tasks and schedules that the code knows by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time as time_of_day
from typing import Any, Literal, TypeVar

from app.kernel.tenant import TenantState

Queue = Literal["default", "media", "money", "platform"]
Every = Literal["minute", "five minutes", "hour", "day"]
QUEUES: tuple[Queue, ...] = ("default", "media", "money", "platform")

MAX_ATTEMPTS = 3
TIME_LIMIT_SECONDS = 60

_F = TypeVar("_F", bound=Callable[..., None])


@dataclass(frozen=True)
class Task:
    """One kind of background work; `time_limit` in seconds."""

    name: str
    function: Callable[..., None]
    queue: Queue = "default"
    time_limit: int = TIME_LIMIT_SECONDS
    max_attempts: int = MAX_ATTEMPTS


@dataclass(frozen=True)
class LabelTask(Task):
    """Work for one label, in a transaction of that label's role; it cannot reach another.

    One that `is_outside` talks to the world: it is called as `function(tenant, **args)` with no transaction open, has
    its own, and may be called twice for one row.

    `even` holds the states of a label that may not be changed in which this is done all the same.
    """

    even: frozenset[TenantState] = frozenset({TenantState.SUSPENDED})
    is_outside: bool = False


class PlatformTask(Task):
    """Work for the platform; the only kind that may go through all labels."""


@dataclass(frozen=True)
class Schedule:
    """When a task is asked for by itself; `at` is the clock time of a day in the label's own zone (platform: UTC).

    Each label's moment lies up to `jitter_seconds` later, always the same for the same label, so that a thousand labels
    do not wake at once.
    """

    task: str
    every: Every
    at: time_of_day = time_of_day(0)
    jitter_seconds: int = 0
    per_label: bool = True


tasks: dict[str, Task] = {}
after_archive: list[str] = []
"""Tasks asked for once a label's rows came out of an archive: what waited for its time before is not there any more."""
schedules: dict[str, Schedule] = {}


def label_task(
    name: str,
    *,
    queue: Queue = "default",
    time_limit: int = TIME_LIMIT_SECONDS,
    max_attempts: int = MAX_ATTEMPTS,
    even: frozenset[TenantState] = LabelTask.even,
    is_outside: bool = False,
) -> Callable[[_F], _F]:
    """Register `function(session, tenant, **args)` as work for one label."""
    options: dict[str, Any] = {"time_limit": time_limit, "max_attempts": max_attempts, "even": even}
    return _register(LabelTask, name, queue=queue, is_outside=is_outside, **options)


def after_an_archive(task: str) -> Callable[[_F], _F]:
    """Ask for a label task, without arguments, whenever the label was restored or imported."""

    def register(function: _F) -> _F:
        if task not in after_archive:
            after_archive.append(task)
        return function

    return register


def platform_task(
    name: str, *, time_limit: int = 10 * TIME_LIMIT_SECONDS, max_attempts: int = MAX_ATTEMPTS
) -> Callable[[_F], _F]:
    """Register `function(session, **args)` as work for the platform."""
    return _register(PlatformTask, name, queue="platform", time_limit=time_limit, max_attempts=max_attempts)


def label_schedule(task: str, *, every: Every, at: str = "00:00", jitter_seconds: int = 0) -> Callable[[_F], _F]:
    """Ask for a label task by itself, for every active label in its own time zone."""
    return _schedule(Schedule(task, every, time_of_day.fromisoformat(at), jitter_seconds, per_label=True))


def platform_schedule(task: str, *, every: Every, at: str = "00:00") -> Callable[[_F], _F]:
    """Ask for a platform task by itself."""
    return _schedule(Schedule(task, every, time_of_day.fromisoformat(at), 0, per_label=False))


def _register(kind: type[Task], name: str, **options: Any) -> Callable[[_F], _F]:
    def register(function: _F) -> _F:
        known = tasks.get(name)
        if known is not None and known.function.__qualname__ != function.__qualname__:
            raise ValueError(f"two tasks are called {name}")
        tasks[name] = kind(name, function, **options)
        return function

    return register


def _schedule(schedule: Schedule) -> Callable[[_F], _F]:
    def register(function: _F) -> _F:
        schedules[schedule.task] = schedule
        return function

    return register
