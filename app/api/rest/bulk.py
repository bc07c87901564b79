"""Bulk jobs: many operations in one request, done in the background, each with its own result."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from app.api.models import BulkJob, BulkOperation
from app.api.rest.conventions import Answer, Call, Resource, Section, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Count, Id, Moment
from app.api.service import bulk
from app.api.service.callers import of_caller
from app.identity.policies import Visitor
from app.kernel.web.strict import QueryUnusable

SECTION = Section(
    "Bulk",
    "Up to 100,000 operations in one request, as JSON on a line each: "
    '`{"method": "PATCH", "path": "/api/v1/recordings/…", "body": {…}, "id": "yours", "if_match": "…"}`. They are done '
    "in their order, in the background, each within the rights of the token that sent them; one that is declined stops "
    "no other. A line without `if_match` changes whichever version there is.",
)
JSONL = ("application/jsonl", "application/x-ndjson")
State = Literal["waiting", "running", "done", "cancelled"]


class BulkJobView(View):
    """A job: `done` of `total` operations have a result, of which `failed` were declined."""

    id: Id
    state: State
    total: Count
    done: Count
    failed: Count
    asked_at: Moment
    started_at: Moment | None
    ended_at: Moment | None


class BulkResultView(View):
    """What came of one line: the status that it would have had by itself, where something new is, or the problem."""

    line: Count
    id: Annotated[str, Meta(max_length=100)] | None
    status: Annotated[int, Meta(examples=[200])]
    location: str | None = None
    etag: str | None = None
    problem: dict[str, Any] | None = None


def _all(_visitor: Visitor) -> ColumnElement[bool]:
    return true()


BULK = Resource(
    name="bulk",
    view=BulkJobView,
    model=BulkJob,
    visible=_all,
    filters={"state": by.choice(BulkJob.state, ("waiting", "running", "done", "cancelled"), "Jobs in one state.")},
    usual_sort="-id",
    version=None,
)
_QUERY: dict[str, dict[str, Any]] = {
    "after": {"type": "integer", "minimum": 0, "maximum": bulk.MOST, "description": "Results of later lines alone."},
    "failed": {"type": "boolean", "description": "Results of declined operations alone."},
}


@SECTION.submit("/bulk", scope="bulk:write", raw=JSONL, gives=BulkJobView)
def add_bulk_job(call: Call, session: Session, body: bytes) -> Answer:
    """Send many operations. Ask at the address of the answer how far they are."""
    job_id = bulk.ask(session, call.caller, body, call.realm.language)
    return BULK.one(call, session, job_id, status=202, at=f"/api/v1/bulk/{job_id}")


@SECTION.listing("/bulk", BULK, scope="bulk:write")
def list_bulk_jobs(call: Call, session: Session) -> Answer:
    """List bulk jobs. Those of the same program, newest first."""
    return BULK.page(call, session, of_caller(call.caller, BulkJob), seen=True)


@SECTION.get("/bulk/{job_id}", scope="bulk:write", resource=BULK)
def read_bulk_job(call: Call, session: Session) -> Answer:
    """Read a bulk job."""
    return BULK.one(call, session, bulk.job_to_read(session, call.caller, call.id("job_id")).id)


@SECTION.put("/bulk/{job_id}/cancellation", scope="bulk:write", resource=BULK)
def cancel_bulk_job(call: Call, session: Session) -> Answer:
    """Stop a bulk job. What was done stays done."""
    return BULK.one(call, session, bulk.cancel(session, call.caller, call.id("job_id")).id)


@SECTION.get("/bulk/{job_id}/results", scope="bulk:write", gives=BulkResultView, media_type=JSONL[0], query=_QUERY)
def read_bulk_results(call: Call, session: Session) -> Answer:
    """Read the results of a bulk job. A line of JSON for each operation that was done, in their order."""
    job = bulk.job_to_read(session, call.caller, call.id("job_id"))
    after, failed = _asked(call)
    query = select(BulkOperation.number, BulkOperation.ref, BulkOperation.status, BulkOperation.result)
    query = query.where(BulkOperation.job_id == job.id, BulkOperation.number > after, BulkOperation.status.is_not(None))
    if failed is not None:
        is_failed = BulkOperation.status >= 400
        query = query.where(is_failed if failed else ~is_failed)
    rows = session.execute(query.order_by(BulkOperation.number).execution_options(yield_per=5_000))
    lines = [
        msgspec.json.encode({"line": number, "id": ref, "status": status, **(result or {})})
        for number, ref, status, result in rows
    ]
    return Answer(b"\n".join([*lines, b""]) if lines else b"", media_type=JSONL[0])


def _asked(call: Call) -> tuple[int, bool | None]:
    for name, values in call.query.items():
        if name not in _QUERY or len(values) != 1:
            raise QueryUnusable(name=name[:40])
    after, failed = (call.query.get(name, [""])[0] for name in ("after", "failed"))
    if (after and not (after.isascii() and after.isdigit() and len(after) < 8)) or failed not in ("", "true", "false"):
        raise QueryUnusable(name="after" if failed in ("", "true", "false") else "failed")
    return int(after or 0), {"true": True, "false": False}.get(failed)
