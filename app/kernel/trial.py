"""A label that is a copy to try things in: its time may run ahead, its mail is kept, and no real money moves.

This says what kind of work is going on, never whose it is: whoever works for a label holds its session.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

from app.kernel import clock
from app.kernel.tenant import Tenant

_is_on: ContextVar[bool] = ContextVar("trial", default=False)


def is_on() -> bool:
    """Whether what is being done here is done for a label to try things in."""
    return _is_on.get()


@contextmanager
def within(tenant: Tenant | None) -> Iterator[None]:
    """Work for a label: in its own time, and as a trial if it is one to try things in."""
    if tenant is None:
        yield
        return
    before = _is_on.set(tenant.is_sandbox)
    ahead = tenant.limits.clock_ahead_seconds if tenant.is_sandbox else 0
    try:
        with clock.running_ahead(timedelta(seconds=ahead)):
            yield
    finally:
        _is_on.reset(before)
