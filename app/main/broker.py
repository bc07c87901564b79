"""The Celery application: one task, which does one outbox row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery import Celery
from celery.signals import worker_process_init
from kombu.entity import Queue as KombuQueue

from app.kernel import db, observe
from app.kernel.crypto import forget_keys
from app.kernel.jobs import run as work
from app.kernel.jobs.registry import QUEUES, TIME_LIMIT_SECONDS, tasks
from app.main import composition
from app.settings import Settings
from tenants.registry.queries import fresh_tenant

HARD_LIMIT_MARGIN = 10


class _Directory:
    """Labels as their rows say this moment; a worker must not act on a memory."""

    def tenant(self, tenant_id: str) -> Any:
        return fresh_tenant(tenant_id)


def make_celery(settings: Settings) -> Celery:
    """Make the application that speaks to the broker of these settings."""
    celery = Celery("boptone", broker=settings.celery_broker_url, set_as_current=False)
    celery.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_queues=[KombuQueue(name) for name in QUEUES],
        task_default_queue="default",
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,  # a line of ours would be written to a logger of ours, and wait for itself
        worker_send_task_events=False,
        worker_max_tasks_per_child=2_000,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={"visibility_timeout": 300, "socket_timeout": 30, "socket_connect_timeout": 5},
        control_queue_exclusive=False,
    )

    @celery.task(name="boptone.run", bind=False)
    def run(message: Any) -> str:
        return work.run(message, _Directory(), lease_seconds=settings.task_lease_seconds)

    @worker_process_init.connect(weak=False)
    def start_child(**_: Any) -> None:
        # A forked child that used its parent's sockets would read its parent's answers.
        db.close(forked=True)
        forget_keys()
        observe.configure(settings, process="worker")
        composition.connect(settings, "worker")

    return celery


def sender(celery: Celery) -> Callable[..., None]:
    """A function that sends one message through this application, or raises within seconds when the broker is away."""

    def send(message: dict[str, Any], *, queue: str, task: str) -> None:
        limit = tasks[task].time_limit if task in tasks else TIME_LIMIT_SECONDS
        celery.send_task(
            "boptone.run",
            args=[message],
            queue=queue,
            soft_time_limit=limit,
            time_limit=limit + HARD_LIMIT_MARGIN,
            retry=False,
            ignore_result=True,
        )

    return send
