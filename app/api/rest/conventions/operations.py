"""Operations: what a resource file declares, and from which routes, documents and clients are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, overload

from litestar.handlers import HTTPRouteHandler
from sqlalchemy.orm import Session

from app.api.rest.conventions.calls import Answer, Call
from app.api.rest.conventions.resources import Resource
from app.api.rest.conventions.schemas import View
from app.kernel.web.strict import LARGEST

BASE = "/api/v1"
LARGEST_RAW = 32 << 20
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
B = TypeVar("B")
R = TypeVar("R", bound=Callable[..., Any])
Plain = Callable[[Call, Session], Answer]
Taking = Callable[[Call, Session, B], Answer]
Apart = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one address.

    `takes` is the body, `gives` the view that is answered, `resource` what can be chosen of it (with `is_list`: a page
    of it). `matches` says that a change needs If-Match. `is_apart` says that it opens transactions of its own: its
    effect is not one of them. `raw` are the media types of a body that is taken as it is. `media_type` is what is
    answered where that is no JSON, `query` and `headers` what else is understood, `also` statuses besides the usual.
    `handler` is a route of a slice that speaks a protocol of its own. `sunset` is the day on which it was announced
    that it goes, and the day on which it will, with a slash between.
    """

    name: str
    method: Method
    path: str
    scope: str | None
    summary: str
    about: str
    run: Callable[..., Answer]
    status: int
    takes: type[Any] | None = None
    gives: Any = None
    resource: Resource | None = None
    is_list: bool = False
    matches: bool = False
    is_apart: bool = False
    raw: tuple[str, ...] = ()
    media_type: str = "application/json"
    query: dict[str, dict[str, Any]] = field(default_factory=dict)
    headers: dict[str, dict[str, Any]] = field(default_factory=dict)
    handler: HTTPRouteHandler | None = None
    also: tuple[int, ...] = ()
    sunset: str = ""

    @property
    def address(self) -> str:
        """The path with its places in braces, as documents write it."""
        return BASE + self.path

    @property
    def largest(self) -> int:
        """How many bytes a body may have."""
        return LARGEST_RAW if self.raw else LARGEST + 1

    @property
    def heeds(self) -> bool:
        """Whether it heeds If-Match where one is sent, though it needs none."""
        return getattr(self.run, "heeds", False)

    @property
    def is_unsafe(self) -> bool:
        """Whether it may change something."""
        return self.method != "GET"


def heeding(run: R) -> R:
    """Say of an operation, below its declaration, that it heeds If-Match (`Call.require_as_seen`)."""
    run.heeds = True  # type: ignore[attr-defined]  # functions take it
    return run


@dataclass(slots=True)
class Section:
    """The operations of one resource file, as a chapter of the reference."""

    title: str
    about: str
    operations: list[Operation] = field(default_factory=list)

    def __post_init__(self) -> None:
        sections[:] = [each for each in sections if each.title != self.title] + [self]

    def get(
        self,
        path: str,
        *,
        scope: str | None,
        gives: Any = None,
        resource: Resource | None = None,
        media_type: str = "application/json",
        query: dict[str, dict[str, Any]] | None = None,
    ) -> Callable[[Plain], Plain]:
        """Declare how one thing is read."""
        view = gives or (resource.view if resource else None)
        more: dict[str, Any] = {"gives": view, "resource": resource, "media_type": media_type, "query": query or {}}
        return lambda run: self._add("GET", path, scope, run, **more)

    def document(
        self, path: str, *, scope: str, media_type: str, query: dict[str, dict[str, Any]] | None = None
    ) -> Callable[[Apart], Apart]:
        """Declare how a paper or a table is fetched: it is given the call alone and opens its own transaction."""
        more: dict[str, Any] = {"media_type": media_type, "query": query or {}, "is_apart": True}
        return lambda run: self._add("GET", path, scope, run, **more)

    def listing(self, path: str, resource: Resource, *, scope: str) -> Callable[[Plain], Plain]:
        """Declare a list: paged, narrowed, sorted, with chosen fields and expansions."""
        return lambda run: self._add("GET", path, scope, run, gives=resource.view, resource=resource, is_list=True)

    @overload
    def post(
        self, path: str, *, scope: str, takes: type[B], gives: Any = ..., resource: Resource | None = ...,
        status: int = ..., also: tuple[int, ...] = ...,
    ) -> Callable[[Taking[B]], Taking[B]]: ...  # fmt: skip

    @overload
    def post(
        self, path: str, *, scope: str, takes: None = ..., gives: Any = ..., resource: Resource | None = ...,
        status: int = ..., also: tuple[int, ...] = ...,
    ) -> Callable[[Plain], Plain]: ...  # fmt: skip

    def post(
        self,
        path: str,
        *,
        scope: str,
        takes: type[Any] | None = None,
        gives: Any = None,
        resource: Resource | None = None,
        status: int = 201,
        also: tuple[int, ...] = (),
    ) -> Any:
        """Declare how something new is made; sent twice with one Idempotency-Key, it is made once."""
        view = gives or (resource.view if resource else None)
        more: dict[str, Any] = {"takes": takes, "gives": view, "resource": resource, "status": status, "also": also}
        return lambda run: self._add("POST", path, scope, run, **more)

    def apart(
        self,
        path: str,
        *,
        scope: str,
        takes: type[Any] | None = None,
        gives: Any = None,
        status: int = 201,
        raw: tuple[str, ...] = (),
        query: dict[str, dict[str, Any]] | None = None,
        also: tuple[int, ...] = (),
    ) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        """Declare a POST whose work is not one transaction: it is given the call (and body) and opens its own."""
        more: dict[str, Any] = {"takes": bytes if raw else takes, "raw": raw, "gives": gives, "status": status}
        more |= {"is_apart": True, "query": query or {}, "also": also}
        return lambda run: self._add("POST", path, scope, run, **more)

    def submit(
        self, path: str, *, scope: str, raw: tuple[str, ...], gives: Any, status: int = 202
    ) -> Callable[[Taking[bytes]], Taking[bytes]]:
        """Declare a POST of bytes as they are, with which something is done later."""
        more: dict[str, Any] = {"takes": bytes, "raw": raw, "gives": gives, "status": status}
        return lambda run: self._add("POST", path, scope, run, **more)

    def patch(
        self, path: str, *, scope: str, takes: type[B], resource: Resource, matches: bool = True
    ) -> Callable[[Taking[B]], Taking[B]]:
        """Declare how a row is changed: only what is sent, by whoever saw its newest version."""
        more: dict[str, Any] = {"takes": takes, "gives": resource.view, "resource": resource, "matches": matches}
        return lambda run: self._add("PATCH", path, scope, run, **more)

    @overload
    def put(
        self, path: str, *, scope: str, takes: type[B], gives: Any = ..., resource: Resource | None = ...,
        matches: bool = ..., status: int = ...,
    ) -> Callable[[Taking[B]], Taking[B]]: ...  # fmt: skip

    @overload
    def put(
        self, path: str, *, scope: str, takes: None = ..., gives: Any = ..., resource: Resource | None = ...,
        matches: bool = ..., status: int = ...,
    ) -> Callable[[Plain], Plain]: ...  # fmt: skip

    def put(
        self,
        path: str,
        *,
        scope: str,
        takes: type[Any] | None = None,
        gives: Any = None,
        resource: Resource | None = None,
        matches: bool = False,
        status: int = 200,
    ) -> Any:
        """Declare what is so after it, however often it is sent."""
        view = gives or (resource.view if resource else None)
        more: dict[str, Any] = {"takes": takes, "gives": view, "resource": resource, "matches": matches}
        return lambda run: self._add("PUT", path, scope, run, status=status, **more)

    def upload(
        self, path: str, *, scope: str, raw: tuple[str, ...], resource: Resource, matches: bool = False
    ) -> Callable[[Callable[[Call, bytes], Answer]], Callable[[Call, bytes], Answer]]:
        """Declare a PUT of bytes as they are, such as a picture; it is given the call and the bytes."""
        more: dict[str, Any] = {"takes": bytes, "raw": raw, "gives": resource.view, "resource": resource}
        more["is_apart"] = True
        return lambda run: self._add("PUT", path, scope, run, matches=matches, **more)

    def served(
        self,
        method: Method,
        path: str,
        handler: HTTPRouteHandler,
        *,
        scope: str,
        gives: Any = None,
        status: int = 200,
        raw: tuple[str, ...] = (),
        headers: dict[str, dict[str, Any]] | None = None,
    ) -> Callable[[Callable[[], None]], Callable[[], None]]:
        """Declare a route that a slice serves itself: the function only names and describes it."""
        more: dict[str, Any] = {"gives": gives, "raw": raw, "takes": bytes if raw else None, "handler": handler}
        more["is_apart"] = True
        return lambda run: self._add(method, path, scope, run, status=status, headers=headers or {}, **more)

    def streamed(
        self, path: str, handler: HTTPRouteHandler, *, scope: str, media_type: str
    ) -> Callable[[Callable[[], None]], Callable[[], None]]:
        """Declare a file that is too large to be held: the route sends it itself, piece by piece."""
        more: dict[str, Any] = {"handler": handler, "media_type": media_type, "is_apart": True}
        return lambda run: self._add("GET", path, scope, run, **more)

    def delete(
        self, path: str, *, scope: str, gives: Any = None, resource: Resource | None = None, matches: bool = False
    ) -> Callable[[Plain], Plain]:
        """Declare how something is taken away; 204 where nothing is left to be shown."""
        view = gives or (resource.view if resource else None)
        more: dict[str, Any] = {"gives": view, "resource": resource, "matches": matches}
        return lambda run: self._add("DELETE", path, scope, run, status=200 if view else 204, **more)

    def _add(self, method: Method, path: str, scope: str | None, run: Any, *, status: int = 200, **more: Any) -> Any:
        told = " ".join((run.__doc__ or "").split())
        summary, _, about = told.partition(". ")
        operation = Operation(
            name=run.__name__, method=method, path=path, scope=scope, summary=summary.rstrip("."), about=about, run=run,
            status=status, **more,
        )  # fmt: skip
        self.operations.append(operation)
        return run


sections: list[Section] = []
"""Every chapter of the reference, in the order in which it was declared."""


def operations() -> list[Operation]:
    """Every operation."""
    return [operation for section in sections for operation in section.operations]


__all__ = ["BASE", "Operation", "Section", "View", "heeding", "operations", "sections"]
