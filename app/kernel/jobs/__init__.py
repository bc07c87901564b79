"""Background work driven by rows: what was asked for stands in the outbox until a worker has done it, once."""

from __future__ import annotations

from app.kernel.jobs.outbox import TaskArgsUnusable, TaskUnknown, ask, ask_after_archive
from app.kernel.jobs.registry import after_an_archive, label_schedule, label_task, platform_schedule, platform_task

__all__ = [
    "TaskArgsUnusable",
    "TaskUnknown",
    "after_an_archive",
    "ask",
    "ask_after_archive",
    "label_schedule",
    "label_task",
    "platform_schedule",
    "platform_task",
]
