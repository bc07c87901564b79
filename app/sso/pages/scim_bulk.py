"""Several requests of a directory in one, each done and told by itself (RFC 7644 §3.7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from litestar import Response, post
from litestar.params import RawBody

from app.identity.pages import AnyRequest
from app.kernel import clock
from app.kernel.errors import Refusal
from app.kernel.ids import parse_uuid
from app.sso.errors import ScimLate, ScimTooMuch, ScimUnresolved
from app.sso.pages.scim import BASE, Directory, body_of, check_version, directory_of, in_directory, problem_of, said
from app.sso.pages.scim_resources import OPEN, PEOPLE, TEAMS, Kept
from app.sso.rules.scim import bulk
from app.sso.rules.scim.attributes import document_of
from app.sso.rules.scim.bulk import Step
from app.sso.rules.scim.patches import patched

KEPT: Final[Mapping[str, Kept]] = {"Users": PEOPLE, "Groups": TEAMS}
DONE: Final = {"POST": "201", "PUT": "200", "PATCH": "200", "DELETE": "204"}


@dataclass(slots=True)
class Course:
    """How far several requests have come: what was answered to each, and which ids names stand for by now."""

    steps: list[Step]
    answers: dict[int, dict[str, Any]] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    failures: int = 0

    def waiting(self) -> list[int]:
        """Those that are not done, in their order."""
        return [number for number in range(len(self.steps)) if number not in self.answers]

    def ready(self) -> int | None:
        """The first that names nothing that is still to be made; later ones may be made before (§3.7.1)."""
        return next((number for number in self.waiting() if self.steps[number].needs <= self.made.keys()), None)


@post(f"{BASE}/Bulk", status_code=200, **OPEN)
def do_all(request: AnyRequest, body: RawBody) -> Response[bytes]:
    """Do several requests, each in a transaction of its own; a name of another that was not made is a conflict.

    What the time does not suffice for is told so, one by one: it can be sent again.
    """
    here = directory_of(request)
    if len(body) > bulk.MOST_BYTES:
        raise ScimTooMuch(most=bulk.MOST_OPERATIONS)
    steps, most = bulk.read(body_of(request, body))
    course, until = Course(steps), clock.monotonic() + bulk.MOST_SECONDS
    while course.waiting() and (most is None or course.failures < most):
        number = course.ready()
        refusal: type[Refusal] | None = ScimUnresolved if number is None else None
        if course.answers and clock.monotonic() >= until:  # the first is always done: whoever sends again gets on
            number, refusal = None, ScimLate
        _do(request, here, course, course.waiting()[0] if number is None else number, refusal)
    told = [course.answers[number] for number in sorted(course.answers)]
    return said({"schemas": [bulk.RESPONSE], "Operations": told})


def _do(request: AnyRequest, here: Directory, course: Course, number: int, refusal: type[Refusal] | None) -> None:
    step = course.steps[number]
    answer: dict[str, Any] = {"method": step.method} | ({"bulkId": step.bulk_id} if step.bulk_id else {})
    try:
        if refusal is not None:
            raise refusal
        resource = _done(here, step, *step.told(course.made))
    except Exception as trouble:  # noqa: BLE001 whatever one comes to, the others are done
        document, _ = problem_of(request, trouble)
        course.failures += 1
        if step.row and not step.row.startswith(bulk.MARK):
            answer["location"] = f"{here.base}/{step.kind}/{step.row}"
        course.answers[number] = answer | {"status": document["status"], "response": document}
        return
    if step.bulk_id and step.method == "POST" and resource is not None:
        course.made[step.bulk_id] = resource["id"]
    if resource is not None:
        answer |= {"location": resource["meta"]["location"], "version": resource["meta"]["version"]}
    course.answers[number] = answer | {"status": DONE[step.method]}


def _done(here: Directory, step: Step, row_id: str, data: dict[str, Any]) -> dict[str, Any] | None:
    """What one request makes of a resource; nothing where it is gone."""
    kept = KEPT[step.kind]
    changes: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "PUT": lambda _: document_of(kept.kind, data),
        "PATCH": lambda held: patched(kept.kind, held, data),
    }
    with in_directory(here) as session:
        if step.method == "POST":
            made = kept.add(session, here.tenant, here.connection, document_of(kept.kind, data))
            return kept.resource(session, here, made)
        row = kept.row(session, here.connection, parse_uuid(row_id))
        check_version(step.version, row)
        if step.method == "DELETE":
            kept.remove(session, here.tenant, here.connection, row)
            return None
        kept.change(session, here.tenant, here.connection, row, changes[step.method](kept.document(session, row)))
        return kept.resource(session, here, row)


handlers: list[Any] = [do_all]
