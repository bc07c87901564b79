"""The slow-query log: the statement without its values, how long it took, and for which label."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from sqlalchemy import Engine, event

from app.kernel.observe import metrics
from app.kernel.observe.logs import log

_logger = log("database")


def watch_engine(engine: Engine, *, slow_ms: float) -> None:
    """Log every statement of an engine that takes longer than `slow_ms`."""

    @event.listens_for(engine, "before_cursor_execute")
    def started(connection: Any, *_: Any) -> None:
        connection.info["started"] = perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def finished(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        _note(connection, statement, slow_ms)

    @event.listens_for(engine, "handle_error")
    def failed(context: Any) -> None:
        # The slowest statements of all are those that the time limit ends.
        if context.connection is not None and context.statement:
            _note(context.connection, context.statement, slow_ms)


def _note(connection: Any, statement: str, slow_ms: float) -> None:
    """Log one statement that is over, if it was slow; its values are no concern of the operator's."""
    took_ms = (perf_counter() - connection.info.pop("started", perf_counter())) * 1000
    if took_ms >= slow_ms:
        metrics.slow_queries.inc()
        label = connection.get_execution_options().get("label")
        _logger.warning("query.slow", statement=statement, ms=round(took_ms, 1), served=label)
