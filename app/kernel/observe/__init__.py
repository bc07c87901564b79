"""What a running process tells its operator: log lines, metrics, traces; never a secret, never a label's content."""

from __future__ import annotations

from app.kernel.observe.context import assert_context, bound, current_trace, request_id
from app.kernel.observe.logs import configure_logs, log
from app.kernel.observe.queries import watch_engine
from app.kernel.observe.tracing import configure_tracing, traced
from app.settings import Settings

__all__ = ["assert_context", "bound", "configure", "current_trace", "log", "request_id", "traced", "watch_engine"]


def configure(settings: Settings, *, process: str) -> None:
    """Set up logs and, where an exporter is set, traces of one process."""
    configure_logs(settings, process=process)
    configure_tracing(settings, process=process)
