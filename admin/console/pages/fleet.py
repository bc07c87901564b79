"""The fleet: revisions, rings, quarantine; and the tasks that wait."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from admin.console import service
from admin.pages import operator_of
from app.kernel import ids
from app.kernel.db import current, platform_read, platform_work
from app.kernel.jobs import ask
from app.kernel.jobs import queries as jobs
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of
from migrations.compiled import label_history
from tenants.fleet import queries as fleet

FLEET, TASKS = "/admin/fleet", "/admin/tasks"


class Cell(msgspec.Struct, forbid_unknown_fields=True):
    """Which cell is meant."""

    cell: str = "home"


@get("/admin/fleet", sync_to_thread=True)
def show_fleet(request: Request[Any, Any, Any]) -> Response[str]:
    """Show at which revisions the labels are, how the last steps went, and who is in quarantine."""
    operator_of(request)
    history = label_history()
    with platform_read() as session:
        counts, steps, quarantined = fleet.revisions(session), fleet.steps(session), fleet.quarantined(session)
    shown: dict[str, Any] = {"history": history, "counts": counts, "steps": steps, "quarantined": quarantined}
    return page("console/fleet.html", realm_of(request), here=FLEET, **shown)


@post("/admin/fleet/runs", sync_to_thread=True)
def run_fleet(request: Request[Any, Any, Any]) -> Redirect:
    """Have every label brought to head, those in quarantine too."""
    operator = operator_of(request)
    with platform_work() as session:
        ask(session, "fleet.migrate", {"retry_failed": True})
    service.note(operator, "fleet.retried")
    return flash.done(FLEET, None, sentence("The fleet is being brought to head."))


@get("/admin/tasks", sync_to_thread=True)
def show_tasks(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what waits in every cell, and what nobody will run again unasked."""
    operator_of(request)
    loads, parked = [], []
    for cell in current().settings.owner_urls:
        with platform_read(cell) as session:
            loads.append((cell, jobs.load(session)))
            parked += [(cell, row) for row in jobs.parked(session)]
    return page("console/tasks.html", realm_of(request), here=TASKS, loads=loads, parked=parked)


@post("/admin/tasks/{task_id:str}/retry", sync_to_thread=True)
def retry(request: Request[Any, Any, Any], task_id: FromPath[str], data: URLEncodedBody[Cell]) -> Redirect:
    """Give a parked task another chance."""
    operator, known = operator_of(request), ids.parse_uuid(task_id)
    if known is None or data.cell not in current().settings.owner_urls:
        raise jobs.TaskNotParked
    with platform_work(data.cell) as session:
        jobs.retry(session, known)
    service.note(operator, "task.retried", task=str(known))
    return flash.done(TASKS, None, sentence("It will run now."))


handlers = [show_fleet, run_fleet, show_tasks, retry]
