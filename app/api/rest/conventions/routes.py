"""Routes made from operations; an address that no operation has is told as a problem, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import RawBody

from app.api.rest.conventions import versions
from app.api.rest.conventions.errors import AddressUnknown
from app.api.rest.conventions.operations import BASE, Method, Operation, operations
from app.api.rest.conventions.running import NO_BODY, run
from app.kernel.web.realm import realm_of
from app.kernel.web.refusals import answer, status_of

ALL_METHODS: list[Method] = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def handlers() -> list[HTTPRouteHandler]:
    """A handler for each operation, and what is said where there is none."""
    return [*(operation.handler or _handler(operation) for operation in operations()), _nowhere()]


def _litestar_path(path: str) -> str:
    return BASE + path.replace("}", ":str}")


def _handler(operation: Operation) -> HTTPRouteHandler:
    answered: Callable[..., Response[Any]]
    if operation.is_unsafe:

        def answered(request: Request[Any, Any, Any], body: RawBody) -> Response[Any]:
            return run(operation, request, body)

    else:

        def answered(request: Request[Any, Any, Any]) -> Response[Any]:
            return run(operation, request, b"")

    return HTTPRouteHandler(
        _litestar_path(operation.path),
        http_method=operation.method,
        status_code=operation.status if operation.status != NO_BODY else 200,
        sync_to_thread=True,
        request_max_body_size=operation.largest,
    )(answered)


def _nowhere() -> HTTPRouteHandler:
    def nothing(request: Request[Any, Any, Any]) -> Response[Any]:
        refusal = AddressUnknown()
        said = answer(realm_of(request), refusal, status=status_of(refusal), wants_page=False)
        said.headers.update(versions.headers())
        return said

    return HTTPRouteHandler(f"{BASE}/{{nothing:path}}", http_method=ALL_METHODS, status_code=404, sync_to_thread=False)(
        nothing
    )
