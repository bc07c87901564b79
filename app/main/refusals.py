"""What is refused within the portal, the artists' app or the console keeps its frame around it, and a way on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Request, Response
from litestar.concurrency import sync_to_thread
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Scope, Send
from sqlalchemy.exc import DBAPIError

from admin import pages as admin_pages
from app.identity import pages as identity_pages
from app.kernel import observe
from app.kernel.errors import Refusal, Unavailable
from app.kernel.web.realm import realm_of
from app.kernel.web.refusals import handle, prefers_page

FRAMED = ("portal", "artist", "admin")
"""How the addresses begin whose pages have people's navigation around them."""

AnyRequest = Request[Any, Any, Any]
log = observe.log("web")


class Later(Response[Any]):
    """An answer that is drawn in a thread: its frame asks the database, for which no other request may wait."""

    def __init__(self, draw: Callable[[], Response[Any]]) -> None:
        super().__init__(None)
        self._draw = draw

    def to_asgi_response(self, request: AnyRequest, **given: Any) -> ASGIApp:  # type: ignore[override]
        """Draw the answer when it is sent."""

        async def send_drawn(scope: Scope, receive: Receive, send: Send) -> None:
            drawn = await sync_to_thread(self._draw)
            await drawn.to_asgi_response(request=request, **given)(scope, receive, send)

        return send_drawn


def is_framed(request: AnyRequest) -> bool:
    """Whether an address belongs to a place that has a frame of its own."""
    return request.url.path.split("/")[1] in FRAMED


def told(request: AnyRequest, problem: Exception) -> Response[Any]:
    """The way out for everything that a handler raises, and for addresses that no page has."""
    if not is_framed(request) or not prefers_page(request.headers.get("accept", "")):
        return handle(request, problem)

    def draw() -> Response[Any]:
        if isinstance(problem, HTTPException | Refusal) and not isinstance(problem, Unavailable):
            _look(request)
        return handle(request, problem)

    return Later(draw)


def _look(request: AnyRequest) -> None:
    """Find out whose frame belongs around a refusal that came before anybody asked who is there."""
    realm = realm_of(request)
    if {"visitor", "operator"} & realm.facts.keys():
        return
    try:
        if realm.is_operator:
            admin_pages.session_of(request)
        elif realm.tenant is not None:
            identity_pages.look_for_visitor(request)
    except (Refusal, DBAPIError, OSError) as trouble:
        log.info("frame.nobody", reason=type(trouble).__name__)
