"""Background work driven by rows: what was asked for stands in the outbox until a worker has done it, once."""

from __future__ import annotations

from app.kernel.jobs.outbox import TaskArgsUnusable, TaskUnknown, ask
from app.kernel.jobs.registry import label_schedule, label_task, platform_schedule, platform_task

__all__ = [
    "TaskArgsUnusable",
    "TaskUnknown",
    "ask",
    "label_schedule",
    "label_task",
    "platform_schedule",
    "platform_task",
]
