"""What a running process tells its operator: log lines, metrics, traces; never a secret, never a label's content."""

from __future__ import annotations

from app.kernel.observe.context import assert_context, bound, current_trace, request_id
from app.kernel.observe.logs import configure, log
from app.kernel.observe.queries import watch_engine
from app.kernel.observe.tracing import traced

__all__ = ["assert_context", "bound", "configure", "current_trace", "log", "request_id", "traced", "watch_engine"]
