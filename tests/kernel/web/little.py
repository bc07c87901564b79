"""A little product behind the real gate: enough pages to try the web kernel without a database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from litestar import Litestar, Request, Response, get, post
from litestar.params import FromPath, RawBody, URLEncodedBody
from litestar.testing import TestClient
from sqlalchemy.exc import DataError, OperationalError, ProgrammingError

from app.kernel import ids
from app.kernel.tenant import Limits, Tenant, TenantState
from app.kernel.web import health, strict
from app.kernel.web.gate import Gate
from app.kernel.web.realm import realm_of
from app.kernel.web.refusals import handle
from app.settings import Settings
from tenants.hosts.rules import normalise_host

PROXY = "testclient"
OPERATOR = "Secret Operator Inc"
SETTINGS = Settings(boptone_env="test", operator_name=OPERATOR, base_domain="example.test")
KITE = Tenant(
    ids.new_tenant_id(), "home", TenantState.ACTIVE, slug="kite", name="Kite Records", languages=("en", "de", "ar")
)


@dataclass
class Route:
    """Where a host of the little directory leads."""

    tenant: Tenant
    surface: str | None
    host: str


class Directory:
    """A directory that a test fills by hand."""

    def __init__(self, *routes: Route) -> None:
        self.routes = {route.host: route for route in routes}
        self.asked: list[str] = []

    def remembered(self, host: str) -> Route | None:
        return self.routes.get(host)

    def by_host(self, host: str) -> Route | None:
        self.asked.append(host)
        return self.routes.get(host)

    def by_id(self, tenant_id: str) -> Tenant | None:
        return next((route.tenant for route in self.routes.values() if route.tenant.id == tenant_id), None)


class Wish(strict.Strict, frozen=True):
    """A body with one field of each kind."""

    count: int
    name: str = ""
    tags: tuple[str, ...] = ()
    inner: Wish | None = None


class Form(strict.Strict, frozen=True):
    """A form with one field."""

    name: str


@get("/portal/here")
async def here(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Tell what the gate found out."""
    realm = realm_of(request)
    return {"host": realm.host, "origin": realm.origin, "client": realm.client, "language": realm.language}


@post("/portal/wishes", sync_to_thread=False)
def wish(request: Request[Any, Any, Any], body: RawBody) -> dict[str, Any]:
    """Take a strict JSON body."""
    taken = strict.decode(body, request.headers.get("content-type"), Wish)
    return {"count": taken.count}


@post("/portal/forms", sync_to_thread=False)
def form(data: URLEncodedBody[Form]) -> dict[str, str]:
    """Take a form."""
    return {"name": data.name}


@get("/portal/list", sync_to_thread=False)
def listing(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Take a strict query."""
    return strict.query(request, "after", "limit")


TROUBLES: dict[str, Exception] = {
    "cancelled": OperationalError("SELECT secret", {}, psycopg.errors.QueryCanceled("secret")),
    "gone": OperationalError("SELECT secret", {}, psycopg.OperationalError("secret")),
    "denied": ProgrammingError("SELECT secret", {}, psycopg.errors.InsufficientPrivilege("secret")),
    "value": DataError("SELECT secret", {}, psycopg.DataError("secret")),
    "bug": RuntimeError("secret"),
}
waiting = threading.Semaphore(0)
arrived = threading.Semaphore(0)


@get("/portal/troubles/{name:str}", sync_to_thread=False)
def trouble(name: FromPath[str]) -> None:
    """Fail in one of the ways a handler can."""
    raise TROUBLES[name]


@get("/portal/slow", sync_to_thread=True)
def slow() -> str:
    """Wait until the test lets go."""
    arrived.release()
    waiting.acquire(timeout=10)
    return "done"


@get("/", sync_to_thread=False)
def shop(request: Request[Any, Any, Any]) -> Response[str]:
    """Stand for a label's shop."""
    return Response(f"<!doctype html><title>{request.url.path}</title>", media_type="text/html")


@get("/admin", sync_to_thread=False)
def console() -> str:
    """Stand for the operator's console."""
    return "console"


HANDLERS = [*health.handlers, here, wish, form, listing, trouble, slow, shop, console]


def little_app(directory: Directory, settings: Settings = SETTINGS, **options: Any) -> Gate:
    """The little product behind the real gate."""
    app = Litestar(
        HANDLERS,
        exception_handlers={Exception: handle},
        openapi_config=None,
        request_max_body_size=100_000,
        logging_config=None,
    )
    return Gate(app, settings, directory, normalise_host, **options)


def kite(**changes: Any) -> Directory:
    """A directory with one label, changed as the test needs it."""
    tenant = replace(KITE, **changes)
    return Directory(Route(tenant, None, "kite.example.test"), Route(tenant, "artist", "artists.kite.test"))


@contextmanager
def asking(
    directory: Directory | None = None, host: str = "kite.example.test", **options: Any
) -> Iterator[TestClient[Any]]:
    """A client that asks the little product on a label's host."""
    app = little_app(directory or kite(), **options)
    with TestClient(app, base_url=f"http://{host}", raise_server_exceptions=False) as client:
        yield client


LIMITED = Limits(requests=1)
