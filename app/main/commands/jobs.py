"""`boptone jobs`: what waits, what is parked."""

from __future__ import annotations

from uuid import UUID

import click

from app.kernel.db import platform_read, platform_work
from app.kernel.jobs import queries
from app.main import composition
from app.main.commands.output import answer, as_json


@click.group("jobs", help="See what waits and what is parked.")
def command() -> None:
    """Gather the commands."""


@command.command("load")
@as_json
def load(json: bool) -> None:
    """Count what waits in every cell."""
    loads = {}
    with composition.connected("cli") as settings:
        for cell in settings.owner_urls:
            with platform_read(cell) as session:
                loads[cell] = queries.load(session)
    lines = [
        f"{cell}: {found.waiting} wait, {found.leased} in work, {found.parked} parked, {found.lag_seconds:.1f} s late"
        for cell, found in loads.items()
    ]
    answer(loads, "\n".join(lines), json=json)


@command.command("parked")
@click.option("--cell", default="home", show_default=True)
@as_json
def parked(cell: str, json: bool) -> None:
    """List the tasks that nobody will run again unasked."""
    with composition.connected("cli"), platform_read(cell) as session:
        rows = [
            {"id": row.id, "label": row.label, "task": row.task, "attempts": row.attempts, "problem": row.problem}
            for row in queries.parked(session)
        ]
    lines = [f"{row['id']}  {row['task']:28} {row['label'] or '-':30} {row['problem']}" for row in rows]
    answer(rows, "\n".join(lines) or "Nothing is parked.", json=json)


@command.command("retry")
@click.argument("task_id", type=click.UUID)
@click.option("--cell", default="home", show_default=True)
@as_json
def retry(task_id: UUID, cell: str, json: bool) -> None:
    """Give the parked task TASK_ID another chance."""
    with composition.connected("cli"), platform_work(cell) as session:
        queries.retry(session, task_id)
    answer({"id": task_id, "state": "waiting"}, "It will run now.", json=json)
