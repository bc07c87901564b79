"""Which label and request a log line belongs to. Log lines alone read it; nothing else may depend on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_tenant_id: ContextVar[str | None] = ContextVar("log_tenant_id", default=None)
_request_id: ContextVar[str | None] = ContextVar("log_request_id", default=None)


@contextmanager
def bound(*, tenant_id: str | None = None, request_id: str | None = None) -> Iterator[None]:
    """Write this label and request into every log line of the block."""
    tenant_token, request_token = _tenant_id.set(tenant_id), _request_id.set(request_id)
    try:
        yield
    finally:
        _tenant_id.reset(tenant_token)
        _request_id.reset(request_token)


def assert_context(tenant_id: str) -> None:
    """Fail loudly when work is opened for another label than the log lines speak of: one of the two is wrong."""
    spoken_of = _tenant_id.get()
    if spoken_of is not None and spoken_of != tenant_id:
        raise AssertionError(f"a session for {tenant_id} was opened while working for {spoken_of}")


def request_id() -> str | None:
    """The id of the request that is being served."""
    return _request_id.get()


def current_trace() -> str | None:
    """What ties work done later to what asked for it: the request's id."""
    return _request_id.get()


def log_fields() -> dict[str, str]:
    """The label and request of this moment, as log fields."""
    fields = {"label": _tenant_id.get(), "request": _request_id.get()}
    return {name: value for name, value in fields.items() if value is not None}
