"""The worker process: Celery's prefork pool over our one task."""

from __future__ import annotations

import os
import warnings

from celery.exceptions import SecurityWarning

from app.kernel import observe
from app.kernel.jobs.registry import QUEUES
from app.main import composition
from app.main.broker import make_celery
from app.settings import Settings


def spare_memory() -> None:
    """Have the library that compares tables give memory back at once; it reads this when it is first imported.

    Left alone it keeps for ten seconds what it let go of: a load would hold what its check had needed.
    """
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:0,muzzy_decay_ms:0")


def run(settings: Settings) -> None:
    """Serve every queue until SIGTERM; what is being done is finished, the rest goes back."""
    spare_memory()
    observe.configure(settings, process="worker")
    composition.load_slices()
    # Celery warns of root because of pickles; ours are JSON, signed, and name a row.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    celery = make_celery(settings)
    celery.worker_main(
        [
            "--quiet",
            "worker",
            "--loglevel=WARNING",
            f"--concurrency={settings.worker_processes}",
            f"--queues={','.join(QUEUES)}",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
        ]
    )
