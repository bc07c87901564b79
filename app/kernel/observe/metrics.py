"""Prometheus series whose number is known beforehand: never one per label, person or path.

Where `PROMETHEUS_MULTIPROC_DIR` names a folder, every process of the machine keeps its series there, and whichever is
asked gives those of all.
"""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

REGISTRY = CollectorRegistry()

requests = Counter("boptone_requests", "Requests answered.", ["route", "method", "status"], registry=REGISTRY)
request_seconds = Histogram(
    "boptone_request_seconds", "Time to answer a request.", ["route"], buckets=_SECONDS, registry=REGISTRY
)
tasks = Counter("boptone_tasks", "Tasks finished.", ["task", "outcome"], registry=REGISTRY)
task_seconds = Histogram("boptone_task_seconds", "Time a task worked.", ["task"], buckets=_SECONDS, registry=REGISTRY)
outbox_waiting = Gauge(
    "boptone_outbox_waiting",
    "Tasks asked for and not done.",
    ["cell"],
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
outbox_lag_seconds = Gauge(
    "boptone_outbox_lag_seconds",
    "Age of the oldest due task.",
    ["cell"],
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
outbox_parked = Gauge(
    "boptone_outbox_parked",
    "Tasks that nobody will run again unasked.",
    ["cell"],
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
db_connections = Gauge(
    "boptone_db_connections",
    "Connections of this process.",
    ["cell", "state"],
    registry=REGISTRY,
    multiprocess_mode="livesum",
)
slow_queries = Counter("boptone_slow_queries", "Statements over the limit.", registry=REGISTRY)
streams = Gauge("boptone_streams", "Event streams open.", registry=REGISTRY, multiprocess_mode="livesum")
labels = Gauge("boptone_labels", "Labels by state.", ["state"], registry=REGISTRY, multiprocess_mode="mostrecent")
wall_breaches = Gauge(
    "boptone_wall_breaches",
    "Isolation probes that read what they must not.",
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
wall_probes = Counter("boptone_wall_probes", "Isolation probes made.", registry=REGISTRY)

_methods = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def answered(*, route: str, method: str, status: int, seconds: float) -> None:
    """Count one answer under its route's template and status class."""
    known = method if method in _methods else "OTHER"
    requests.labels(route, known, f"{status // 100}xx").inc()
    request_seconds.labels(route).observe(seconds)


def exposition() -> bytes:
    """Every series in Prometheus's text format."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return generate_latest(REGISTRY)
    _forget_the_dead(Path(folder))
    everybody = CollectorRegistry()
    multiprocess.MultiProcessCollector(everybody, path=folder)  # type: ignore[no-untyped-call]
    return generate_latest(everybody)


def _forget_the_dead(folder: Path) -> None:
    """What a process holds ends with it; what it counted stays."""
    for file in folder.glob("gauge_live*.db"):
        pid = file.stem.rpartition("_")[2]
        if not Path(f"/proc/{pid}").exists():
            file.unlink(missing_ok=True)
