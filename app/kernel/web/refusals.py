"""From a refusal to an answer: a problem document for machines (RFC 9457), a page for people."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec
import psycopg
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from sqlalchemy.exc import DataError, DBAPIError, OperationalError

from app.kernel import observe
from app.kernel.errors import Busy, Conflict, DiskFull, Forbidden, Invalid, NotFound, Refusal, Unavailable, is_disk_full
from app.kernel.web.languages import say, say_refusal
from app.kernel.web.pages import render, told_refusal
from app.kernel.web.realm import Realm, realm_of

STATUS: dict[type[Refusal], int] = {
    NotFound: 404,
    Forbidden: 403,
    Conflict: 409,
    Invalid: 422,
    Busy: 429,
    Unavailable: 503,
}

_PASSING = (
    psycopg.errors.QueryCanceled,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.SerializationFailure,
    psycopg.errors.ReadOnlySqlTransaction,
)

log = observe.log("web")


class Malformed(Invalid):
    """The request itself cannot be read."""

    message = "This request cannot be read. Check its form and send it again."
    status: ClassVar[int] = 400


class TooLarge(Malformed):
    """The body is larger than allowed here."""

    message = "This is too large to be taken."
    status = 413


class WrongContentType(Malformed):
    """The body is of a kind that is not taken here."""

    message = "A body of this kind is not taken here. Send JSON as application/json."
    status = 415


class NotSignedIn(Forbidden):
    """Nobody is behind the request."""

    message = "Sign in to see this."
    status: ClassVar[int] = 401


class NotAllowedHere(Refusal):
    """This address does not know this method."""

    message = "This cannot be done at this address."
    status: ClassVar[int] = 405


class Unexpected(Refusal):
    """Something of ours went wrong; the id leads us to it."""

    message = "Something went wrong on our side. Try again, or tell us this number: %(number)s"


_HTTP: dict[int, type[Refusal]] = {
    401: NotSignedIn,
    403: Forbidden,
    404: NotFound,
    405: NotAllowedHere,
    409: Conflict,
    413: TooLarge,
    415: WrongContentType,
    422: Invalid,
    429: Busy,
    503: Unavailable,
}


PROBLEMS = "/problems/"
PROGRAMS = ("/api/", "/scim/")
"""Where only programs ask: they are answered as such whatever they accept."""
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal: its own, or that of its kind."""
    own: int | None = getattr(refusal, "status", None)
    return own or next((status for kind, status in STATUS.items() if isinstance(refusal, kind)), 500)


def answer(realm: Realm, refusal: Refusal, *, status: int, wants_page: bool, here: str = "") -> Response[Any]:
    """A refusal as a page or a problem document, in the reader's language; `here` is where the page stands."""
    headers = {"content-language": realm.language, **refusal.headers}
    if refusal.retry_after is not None:
        headers["retry-after"] = str(refusal.retry_after)
    if wants_page:
        shown = {"sentence": told_refusal(realm, refusal), "status": status, "here": here, "exactly": here}
        content = render("refusal.html", realm, **shown)
        return Response(content, media_type=MediaType.HTML, status_code=status, headers=headers)
    document: dict[str, Any] = {
        "type": problem_type(type(refusal)),
        "title": say(title_of(type(refusal)), realm.language),
        "status": status,
        "detail": say_refusal(refusal, realm.language),
        "instance": f"urn:request:{realm.request_id}",
        "reason": refusal.reason,
    }
    if isinstance(refusal, Invalid) and refusal.fields:
        document["fields"] = {name: say(text, realm.language) for name, text in refusal.fields.items()}
        document["errors"] = [{"field": pointer(name), "message": text} for name, text in document["fields"].items()]
    body = msgspec.json.encode(document)
    return Response(body, media_type="application/problem+json", status_code=status, headers=headers)


def problem_type(kind: type[Refusal]) -> str:
    """Where a kind of problem is described on the label's own host: it names the kind, and stays as it is."""
    return PROBLEMS + _WORDS.sub("-", kind.__name__).lower()


def title_of(kind: type[Refusal]) -> str:
    """What all problems of a kind have in common, a msgid: its sentence, unless that speaks of one case."""
    kinds = [each for each in kind.__mro__ if issubclass(each, Refusal)]
    return next(each.message for each in kinds if "%(" not in each.message)


def pointer(name: str) -> str:
    """A field's name as a JSON pointer (RFC 6901): "tracks[0].title" is /tracks/0/title."""
    return "/" + name.replace("~", "~0").replace("/", "~1").replace("[", "/").replace("]", "").replace(".", "/")


def handle(request: Request[Any, Any, Any], problem: Exception) -> Response[Any]:
    """The one way out for everything that a handler raises."""
    realm = realm_of(request)
    refusal, status = translate(problem, realm)
    wants_page = prefers_page(request.headers.get("accept", "")) and not request.url.path.startswith(PROGRAMS)
    response = answer(realm, refusal, status=status, wants_page=wants_page, here=request.url.path)
    if isinstance(problem, HTTPException) and "allow" in (
        given := {k.lower(): v for k, v in (problem.headers or {}).items()}
    ):
        response.headers["allow"] = given["allow"]
    return response


def translate(problem: Exception, realm: Realm) -> tuple[Refusal, int]:
    """What a person is told about an exception, and the status; what is unexpected is logged with its trace."""
    if isinstance(problem, Refusal):
        return problem, status_of(problem)
    if is_disk_full(problem):
        log.error("disk.full", reason=type(problem).__name__)
        return DiskFull(), STATUS[Unavailable]
    refusal = _of_framework(problem) if isinstance(problem, HTTPException) else _of_database(problem)
    if refusal is not None:
        return refusal, status_of(refusal)
    log.error("request.failed", exc_info=problem)
    return Unexpected(number=realm.request_id), 500


def _of_framework(problem: HTTPException) -> Refusal | None:
    """What the framework declined by itself; whatever else is the sender's fault is a request that cannot be read."""
    kind = _HTTP.get(problem.status_code)
    if kind is None and problem.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        kind = Malformed
    return kind() if kind else None


def _of_database(problem: Exception) -> Refusal | None:
    """Troubles that pass by themselves, and values that no column can hold; everything else is a fault of ours."""
    if not isinstance(problem, DBAPIError):
        return None
    if isinstance(problem, OperationalError) or problem.connection_invalidated or isinstance(problem.orig, _PASSING):
        log.warning("database.unavailable", reason=type(problem.orig).__name__)
        return Unavailable()
    if isinstance(problem.orig, psycopg.errors.InsufficientPrivilege):
        log.error("database.permission_denied", exc_info=problem)
        return Unavailable()
    if isinstance(problem, DataError):
        log.warning("database.value_refused", reason=type(problem.orig).__name__)
        return Malformed()
    return None


def prefers_page(accept: str) -> bool:
    """Tell a browser that navigates from everything else."""
    return "text/html" in accept
