"""Operations that were sent together, done one after the other as if each had been sent by itself.

A piece of a job is one transaction: what was done and that it was done are committed together, so that a worker that
dies repeats nothing and leaves nothing out. Operations that have a bulk form are done in a few statements.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit
from uuid import UUID

import msgspec
from litestar import Request
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.api import rest
from app.api.errors import NotInBulk, ScopeMissing, TokenRefused
from app.api.models import BulkJob, BulkOperation
from app.api.rest import bulk_forms
from app.api.rest.conventions.calls import Call, tag_of
from app.api.rest.conventions.errors import AddressUnknown, MethodUnknown
from app.api.rest.conventions.operations import BASE, Operation, operations
from app.api.service.callers import Caller, recalled
from app.kernel import activity, clock, failpoint, jobs
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.errors import Busy, Refusal, Unavailable
from app.kernel.tenant import Tenant
from app.kernel.web.realm import Realm
from app.kernel.web.refusals import answer as refusal_answer
from app.kernel.web.refusals import translate
from app.kernel.web.strict import decode

TOGETHER: Final = 1_000
"""So many operations are looked at for one transaction."""
PIECE_SECONDS: Final = 2.0
TURN_SECONDS: Final = 20.0
"""Then another worker goes on, so that others have their turn."""

_RESULTS = text(
    "UPDATE bulk_operations o SET status = v.status, result = v.result "
    "FROM unnest(CAST(:numbers AS int[]), CAST(:statuses AS smallint[]), CAST(:results AS text[]) ::jsonb[]) "
    "v(number, status, result) WHERE o.job_id = :job AND o.number = v.number"
)
_Tree = dict[str, Any]
_LEAF = "\n"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an operation."""

    status: int
    told: dict[str, Any]


class Sent(NamedTuple):
    """An operation as it was sent."""

    number: int
    method: str
    path: str
    if_match: str | None
    body: str | None


def work(tenant: Tenant, job_id: UUID) -> None:
    """Go on with a job for a while, and ask for the rest."""
    ends = clock.monotonic() + TURN_SECONDS
    while piece(tenant, job_id):
        if clock.monotonic() > ends:
            with tenant_work(tenant) as session:
                jobs.ask(session, "bulk.work", {"job": str(job_id)})
            return


def piece(tenant: Tenant, job_id: UUID) -> bool:
    """Do some of a job in one transaction; tells whether there is more."""
    with tenant_work(tenant) as session:
        job = session.get(BulkJob, job_id, with_for_update=True)
        if job is None or job.state not in ("waiting", "running"):
            return False
        job.state, job.started_at = "running", job.started_at or clock.now()
        try:
            caller = recalled(session, tenant, job)
        except TokenRefused:
            return _finish(session, tenant, job, "cancelled")
        query = select(*(getattr(BulkOperation, name) for name in Sent._fields)).where(BulkOperation.job_id == job_id)
        query = query.where(BulkOperation.number > job.done).order_by(BulkOperation.number).limit(TOGETHER)
        rows = [Sent(*row) for row in session.execute(query)]
        results = _Doer(session, tenant, caller, job.language).all_of(rows)
        _keep(session, job, rows, results)
        failpoint.reach("bulk.piece")
        if job.done < job.total:
            return True
        return _finish(session, tenant, job, "done")


def _finish(session: Session, tenant: Tenant, job: BulkJob, state: str) -> bool:
    job.state, job.ended_at = state, clock.now()
    session.flush()
    after = {"state": state, "total": job.total, "done": job.done, "failed": job.failed}
    system = Actor.system(tenant)
    activity.record(session, system, "bulk_job.finished", subject_type="bulk_job", subject_id=job.id, after=after)
    return False


def _keep(session: Session, job: BulkJob, rows: Sequence[Sent], results: list[Result]) -> None:
    values = {
        "job": job.id,
        "numbers": [row.number for row in rows[: len(results)]],
        "statuses": [result.status for result in results],
        "results": [msgspec.json.encode(result.told).decode() for result in results],
    }
    session.execute(_RESULTS, values)
    job.done += len(results)
    job.failed += sum(result.status >= 400 for result in results)
    session.flush()


class _Doer:
    """Does operations of one job in one transaction."""

    def __init__(self, session: Session, tenant: Tenant, caller: Caller, language: str) -> None:
        self._session, self._tenant, self._caller = session, tenant, caller
        self._realm = Realm(request_id=f"bulk-{tenant.id[-8:]}", nonce="", tenant=tenant, language=language)

    def all_of(self, rows: Sequence[Sent]) -> list[Result]:
        """The results of as many of these operations, from the first on, as there is time for."""
        ends, results = clock.monotonic() + PIECE_SECONDS, list[Result]()
        while len(results) < len(rows) and (not results or clock.monotonic() < ends):
            wishes = self._together(rows[len(results) :])
            results += self._changed(wishes) if len(wishes) > 1 else [self._one(rows[len(results)])]
        return results

    def _together(self, rows: Sequence[Sent]) -> list[bulk_forms.Meant]:
        """The first of the rows that can be done in a few statements, no row of the label named twice."""
        found: list[bulk_forms.Meant] = []
        named: set[UUID] = set()
        for row in rows:
            operation, places = meant(row.method, row.path)
            if not isinstance(operation, Operation) or operation.scope not in self._caller.scopes:
                break
            one = bulk_forms.meant(operation, places, row.body, row.if_match)
            if one is None or one.row_id in named or (found and not bulk_forms.go_together(found[0], one)):
                break
            named.add(one.row_id)
            found.append(one)
        return found

    def _changed(self, wishes: list[bulk_forms.Meant]) -> list[Result]:
        try:
            with self._session.begin_nested():
                refusals = bulk_forms.change(self._session, self._caller.visitor, wishes)
        except Refusal as refusal:
            refusals = [refusal] * len(wishes)
        return [
            self._declined(refusal) if refusal else Result(200, {"location": wish.at})
            for refusal, wish in zip(refusals, wishes, strict=True)
        ]

    def _one(self, row: Sent) -> Result:
        kept = dict(self._session.info)
        try:
            with self._session.begin_nested():
                return self._done(row)
        except (Busy, Unavailable):
            raise
        except Exception as problem:
            if isinstance(problem, DBAPIError) and problem.connection_invalidated:
                raise
            # What was noted of this transaction on the way was taken back with it.
            self._session.info.clear()
            self._session.info.update({name: kept[name] for name in ("tenant", "has_news") if name in kept})
            return self._declined(problem)

    def _done(self, row: Sent) -> Result:
        operation, places = meant(row.method, row.path)
        if not isinstance(operation, Operation):
            raise operation
        if operation.raw or operation.is_apart or operation.scope is None:
            raise NotInBulk
        if operation.scope not in self._caller.scopes:
            raise ScopeMissing(operation.scope)
        told = () if operation.takes is None else (_body(operation, row.body),)
        call = Call(self._request(row, places), self._caller, self._tenant)
        answer = operation.run(call, self._session, *told)
        self._session.flush()
        said: dict[str, Any] = {"location": answer.location} if answer.location else {}
        if answer.version is not None:
            said["etag"] = tag_of(answer.version)
        return Result(answer.status, said)

    def _declined(self, problem: Exception) -> Result:
        refusal, status = translate(problem, self._realm)
        document = refusal_answer(self._realm, refusal, status=status, wants_page=False).content
        return Result(status, {"problem": msgspec.json.decode(document)})

    def _request(self, row: Sent, places: dict[str, str]) -> Request[Any, Any, Any]:
        parts = urlsplit(row.path)
        scope: Any = {  # what an operation looks at
            "type": "http",
            "method": row.method,
            "scheme": "https",
            "server": ("", 443),
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "root_path": "",
            "query_string": parts.query.encode(),
            "headers": [(b"if-match", (row.if_match or "*").encode())],
            "path_params": places,
            "state": {"realm": self._realm},
        }
        return Request(scope)


def _body(operation: Operation, body: str | None) -> Any:
    return decode((body or "").encode(), "application/json", operation.takes or object)


def meant(method: str, path: str) -> tuple[Operation | Refusal, dict[str, str]]:
    """The operation of an address with what stands at its places; or why there is none."""
    tree, places = _tree(), list[str]()
    for part in urlsplit(path).path.removeprefix(BASE).strip("/").split("/"):
        if part in tree:
            tree = tree[part]
        elif "{}" in tree:
            tree = tree["{}"]
            places.append(unquote(part))
        else:
            return AddressUnknown(), {}
    if _LEAF not in tree:
        return AddressUnknown(), {}
    operation = tree[_LEAF].get(method)
    if operation is None:
        return MethodUnknown(), {}
    names = re.findall(r"{(\w+)}", operation.path)
    return operation, dict(zip(names, places, strict=True))


@cache
def _tree() -> _Tree:
    rest.load()
    root: _Tree = {}
    for operation in operations():
        here = root
        for part in operation.path.strip("/").split("/"):
            here = here.setdefault("{}" if part.startswith("{") else part, {})
        here.setdefault(_LEAF, {})[operation.method] = operation
    return root
