"""The web process: every slice's pages behind one gate, on Granian."""

from __future__ import annotations

import asyncio
import gc
import os
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from copy import copy
from functools import cache
from typing import Any
from urllib.parse import quote

from granian import Granian
from granian.constants import Interfaces, Loops
from litestar import Litestar, Request, Response, Router, get
from litestar.concurrency import set_asyncio_executor
from litestar.config.compression import CompressionConfig
from litestar.events import BaseEventEmitterBackend
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler

from admin import pages as admin_pages
from admin.console import pages as console_pages
from app.api import pages as api_pages
from app.api import rest
from app.artist import pages as artist_pages
from app.brand import pages as brand_pages
from app.catalog import pages as catalog_pages
from app.contracts import pages as contracts_pages
from app.fans import pages as fans_pages
from app.fans.errors import FanProofTooOld, FanSignedOut
from app.identity import pages as identity_pages
from app.identity.errors import ProofTooOld
from app.kernel import observe
from app.kernel.files import web as files_web
from app.kernel.live import Hub
from app.kernel.web import health
from app.kernel.web.cells import led
from app.kernel.web.gate import Gate
from app.kernel.web.page_cache import pages as kept_pages
from app.kernel.web.realm import Directory, realm_of
from app.kernel.web.redirects import safe_path, whole_path
from app.kernel.web.refusals import prefers_page
from app.ledger import pages as ledger_pages
from app.main import composition
from app.main.lifeline import end_for_certain_with_parent, end_with_parent
from app.main.refusals import is_framed, told
from app.payouts import pages as payouts_pages
from app.portal import pages as portal_pages
from app.roster import pages as roster_pages
from app.royalties import pages as royalties_pages
from app.settings import Settings
from app.sso import pages as sso_pages
from app.storefront import pages as storefront_pages
from app.streaming import pages as streaming_pages
from app.tax import pages as tax_pages
from app.uploads import pages as uploads_pages
from tenants.hosts.rules import normalise_host
from tenants.hosts.service import may_have_certificate
from tenants.registry.memory import Registry

DEATHS, WITHIN_SECONDS = 12, 120.0
"""A worker that died so often in this time will not live: the whole process ends, and its supervisor waits longer."""
LARGEST_BODY = 64 * 1024 * 1024
STOP_SECONDS = 20
UNCOMPRESSED = ["^/files/", "^/assets/", "^/portal/settings/export/file/", "/events$"]
"""Ranges are counted in the bytes as they are kept, assets are compressed when built, and live lines must not wait."""
THREADS = 96
"""More than any one label may have requests at once, so that none can keep all the others waiting."""


@get("/internal/tls-ask", sync_to_thread=False)
def tls_ask(request: Request[Any, Any, Any]) -> Response[None]:
    """Tell the certificate issuer, from memory, whether a host may have a certificate."""
    settings: Settings = request.app.state.settings
    domain = request.query_params.get("domain", "")
    may = may_have_certificate(request.app.state.registry, domain, admin_host=f"admin.{settings.base_domain}")
    return Response(None, status_code=200 if may else 404)


def _to_the_door(request: Request[Any, Any, Any], problem: Exception) -> Response[Any]:
    """Lead a person who is not signed in to the door and back; a program is told that there is nothing.

    Whoever sent a form is led back to the page that it stood on: what it was sent to is no page.
    """
    if prefers_page(request.headers.get("accept", "")):
        here = str(request.url) if request.method == "GET" else request.headers.get("referer", "")
        wanted = quote(safe_path(whole_path(here), "/portal"))
        door = "/admin/sign-in" if realm_of(request).is_operator else f"/portal/sign-in?next={wanted}"
        return led(request, door)
    return told(request, problem)


def _nowhere(request: Request[Any, Any, Any], problem: Exception) -> Response[Any]:
    """Tell, in the frame of the place that an address belongs to, that no page has it."""
    return told(request, problem) if is_framed(request) else storefront_pages.nowhere(request, problem)


def _to_the_proof(request: Request[Any, Any, Any], problem: Exception) -> Response[Any]:
    """Lead a person who has not proved lately who they are to the page that asks for it."""
    lead = admin_pages.lead_to_proof if realm_of(request).is_operator else identity_pages.lead_to_proof
    return lead(request, problem)


def _handlers() -> list[HTTPRouteHandler]:
    """The pages of every slice, in one place."""
    return [
        *health.handlers,
        tls_ask,
        files_web.open_file,
        *identity_pages.handlers,
        *sso_pages.handlers,
        *brand_pages.handlers,
        *portal_pages.handlers,
        *artist_pages.handlers,
        *uploads_pages.handlers,
        *roster_pages.handlers,
        *catalog_pages.handlers,
        *ledger_pages.handlers,
        *contracts_pages.handlers,
        *royalties_pages.handlers,
        *payouts_pages.handlers,
        *tax_pages.handlers,
        *fans_pages.handlers,
        *streaming_pages.handlers,
        *api_pages.handlers,
        *rest.handlers(),
        *storefront_pages.handlers,
        *admin_pages.handlers,
        *console_pages.handlers,
    ]


@asynccontextmanager
async def _listening(app: Litestar) -> AsyncIterator[None]:
    """News of labels are heard while the process serves."""
    hub: Hub = app.state.hub
    hub.start(asyncio.get_running_loop())
    yield
    hub.stop()


class _Silent(BaseEventEmitterBackend):
    """The framework's own events, which nobody here emits or hears.

    Its usual emitter keeps one task for the application: entered twice, as by two clients of one application in two
    loops, it is left once too often, and the loop that was left over never ends.
    """

    async def __aexit__(self, *_: object) -> None:
        """Leave nothing behind."""

    def emit(self, event_id: str, *args: Any, **kwargs: Any) -> None:
        """Refuse: what happens in a label is activity."""
        raise NotImplementedError


def assemble() -> Litestar:
    """Put the pages of every slice together; what they share is given to the application's state later."""
    return Litestar(
        # Registered one by one, two methods of one path would make Litestar wrap the first handler twice; a router
        # hands over each path once, and the copies leave the modules' own handlers for the next application.
        route_handlers=[Router("/", route_handlers=[copy(handler) for handler in _handlers()])],
        exception_handlers={
            identity_pages.SignedOut: _to_the_door,
            ProofTooOld: _to_the_proof,
            FanSignedOut: fans_pages.lead_to_door,
            FanProofTooOld: fans_pages.lead_to_proof,
            admin_pages.OperatorSignedOut: _to_the_door,
            NotFoundException: _nowhere,
            Exception: told,
        },
        lifespan=[_listening],
        openapi_config=None,
        request_max_body_size=LARGEST_BODY,
        compression_config=CompressionConfig("gzip", minimum_size=1_000, gzip_compress_level=5, exclude=UNCOMPRESSED),
        event_emitter_backend=_Silent,
        logging_config=None,
        debug=False,
    )


def create_app(settings: Settings, registry: Registry | Directory, pages: Litestar | None = None) -> Gate:
    """Put the product's pages behind the gate; databases are connected by the caller."""
    app = pages or assemble()
    app.state.hub, app.state.registry, app.state.settings = Hub(), registry, settings
    app.state.hub.follow(kept_pages)
    return Gate(app, settings, registry, normalise_host)


def application() -> Callable[..., Any]:
    """What a Granian worker serves: its own databases, registry and hub."""
    end_with_parent()  # a worker that outlived a killed main process would hold the port and serve old code
    settings = composition.settings()
    observe.configure(settings, process="web")
    pages = prepared()
    composition.connect(settings, "web")
    set_asyncio_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="request"))
    served = create_app(settings, composition.started_registry(), pages)
    keep_what_is_made()
    return served


@cache
def prepared() -> Litestar:
    """The pages, made before workers are forked, so that each of them, and whoever replaces it, serves at once."""
    composition.load_slices()
    pages = assemble()
    keep_what_is_made()
    return pages


def keep_what_is_made() -> None:
    """Look no more for garbage among what a process made to serve with: half a million objects, a pause of 0.1 s."""
    gc.collect()
    gc.freeze()


class Respawned(dict[int, float]):
    """When each worker was last started anew, as Granian asks it before it calls deaths a loop and ends itself.

    It would after the second death within seconds: two kills by a machine short of memory, and the pages of all labels
    were gone. Told of a moment only after `DEATHS`, it starts the worker again while the others serve on.
    """

    def __init__(self) -> None:
        super().__init__()
        self._starts: defaultdict[int, deque[float]] = defaultdict(lambda: deque(maxlen=DEATHS))

    def __setitem__(self, worker: int, moment: float) -> None:
        """Remember that a worker was started anew at this moment, in seconds of the monotonic clock."""
        self._starts[worker].append(moment)

    def get(self, worker: int, default: Any = 0.0) -> Any:
        """The last moment of a worker that keeps dying; of any other, the default."""
        starts = self._starts[worker]
        keeps_dying = len(starts) == DEATHS and starts[-1] - starts[0] < WITHIN_SECONDS
        return starts[-1] if keeps_dying else default

    def clear(self) -> None:
        """Forget nothing: Granian clears after each death."""


def serve(settings: Settings) -> None:
    """Serve until SIGTERM; requests that run are finished first."""
    os.environ["PYTHONUNBUFFERED"] = "1"
    end_for_certain_with_parent(STOP_SECONDS)
    server = Granian(
        "app.main.web:application",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=settings.web_workers,
        loop=Loops.asyncio,
        websockets=False,
        log_access=False,
        log_level="warning",  # type: ignore[arg-type]  # its enum's own value
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        backlog=1024,
    )
    server.respawned_wrks = Respawned()
    prepared()
    server.serve()
