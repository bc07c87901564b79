"""Numbers that the operations guide tells people to watch have values."""

from __future__ import annotations

import threading
import time

from app.kernel.actor import Actor
from app.kernel.observe import metrics
from app.main.scheduler import keep_schedules
from tenants.lifecycle.service import suspend
from tenants.registry.memory import Registry
from tests.factories.labels import a_label


def value(name: str, **labels: str) -> float | None:
    return metrics.REGISTRY.get_sample_value(name, labels)


def test_the_scheduler_tells_what_waits_and_how_many_labels_are_in_which_state(label) -> None:
    suspend(a_label().id, by=Actor.system(None), reason="a test")
    registry, stop = Registry(), threading.Event()
    registry.load()
    ticking = threading.Thread(target=keep_schedules, args=(registry, stop))
    ticking.start()
    try:
        deadline = time.monotonic() + 20
        while value("boptone_outbox_parked", cell="home") is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        stop.set()
        ticking.join()
    states = [tenant.state.value for tenant in registry.all()]
    for state in ("active", "suspended", "moving"):
        assert value("boptone_labels", state=state) == states.count(state)
    assert value("boptone_labels", state="suspended") >= 1
    assert value("boptone_outbox_waiting", cell="home") is not None
