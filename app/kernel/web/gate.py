"""The gate before every handler: whose host, how large, how many at once, from where, how long."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from time import perf_counter
from typing import Any

from litestar import MediaType, Response

from app.kernel import observe, trial
from app.kernel.errors import Busy, Forbidden, NotFound, Refusal, Unavailable
from app.kernel.observe import metrics
from app.kernel.tenant import LabelMoving, Tenant, TenantState
from app.kernel.web import languages
from app.kernel.web.at_once import AtOnce, Known
from app.kernel.web.choices import choice_of, kept_of
from app.kernel.web.headers import completed
from app.kernel.web.machines import answer_preflight, is_for_machines, is_preflight, shared_headers
from app.kernel.web.page_cache import Key, pages
from app.kernel.web.realm import Directory, Realm
from app.kernel.web.refusals import Malformed, answer, prefers_page, status_of
from app.settings import Settings

FIRST_BYTE_SECONDS = 30.0
LONGEST_HEADERS = 32_768
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
ANY_HOST = frozenset({"/healthz", "/readyz", "/metrics", "/internal/tls-ask", "/hooks/stripe", "/hooks/store/stripe"})
ASSETS = "/assets/"
PRINTER = "/hooks/store/printful/"
"""Where a label's printer tells news: it names no origin, and the secret in the address is all its proof."""
UNSUBSCRIBE = "/unsubscribe/"
"""What a mail program posts to by itself (RFC 8058): it names no origin, and the signed link is all its proof."""

EVERYWHERE = (
    "/files/",
    "/theme/",
    "/icons/",
    "/favicon.svg",
    "/manifest.webmanifest",
    "/og.png",
    PRINTER,
    UNSUBSCRIBE,
    "/oauth/",
    "/.well-known/",
    "/api/",
    "/scim/",
    "/sso/",
)
DOORS = (
    "/portal/sign-in", "/portal/sign-out", "/portal/re-authenticate", "/portal/invitations/", "/portal/welcome",
    "/portal/settings/security",
)  # fmt: skip
"""Where people come in, prove who they are and leave: a host for artists alone has that, too."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_PORT = re.compile(r":[0-9]{1,5}$")
_ORIGIN = re.compile(r"(https?)://([^/@?#]{1,300})")
_USUAL_PORT = {"http": ":80", "https": ":443"}

Scope = dict[str, Any]
Message = dict[str, Any]
App = Callable[[Any, Any, Any], Awaitable[None]]

log = observe.log("web")


class ForeignOrigin(Forbidden):
    """A page of another site tried to do something in a person's name."""

    message = "This was sent from another site and is refused. Open the page itself and try again."


class ShopClosed(Unavailable):
    """A label that is suspended or leaving sells nothing."""

    message = "This shop is closed at the moment."
    retry_after = 3_600


class Gate:
    """An ASGI application around the product's own: it decides what a request is for before anything else runs."""

    def __init__(
        self,
        app: App,
        settings: Settings,
        directory: Directory,
        normalise: Callable[[str], str | None],
        *,
        first_byte_seconds: float = FIRST_BYTE_SECONDS,
    ) -> None:
        self._app, self._settings, self._directory, self._normalise = app, settings, directory, normalise
        self._admin_host = f"admin.{settings.base_domain}"
        self._proxies = [ip_network(network) for network in settings.trusted_proxies]
        self._in_flight: Counter[str] = Counter()
        self._first_byte_seconds = first_byte_seconds
        is_public = settings.boptone_env == "production"
        self._at_once = AtOnce(directory, self._is_proxy, choice_of, is_public=is_public)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            if not await self._at_once.answered(scope, send):
                await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Any, send: Any) -> None:
        started = perf_counter()
        headers = _headers(scope)
        realm = await self._begin(scope, headers)
        scope.setdefault("state", {})["realm"] = realm
        status, method = 0, scope["method"]
        if method == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)

        async def send_completed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                is_public = self._settings.boptone_env == "production"
                given = [*message.get("headers", []), *shared_headers(scope["path"])]
                message["headers"] = completed(given, realm, is_public=is_public)
            await send(message)

        tenant_id = realm.tenant.id if realm.tenant else None
        with (
            observe.bound(tenant_id=tenant_id, request_id=realm.request_id),
            observe.traced("request", method=method) as tell,
            trial.within(realm.tenant),
        ):
            try:
                refusal = self._check(scope, headers, realm)
                if refusal is not None:
                    await _send(realm, refusal, headers, send_completed)
                elif is_preflight(scope, headers):
                    await answer_preflight(send_completed)
                else:
                    self._note_page(scope, headers, realm)
                    await self._serve(scope, receive, send_completed, realm, headers)
            finally:
                route = scope.get("path_template") or "none"
                seconds = perf_counter() - started
                metrics.answered(route=route, method=method, status=status or 499, seconds=seconds)
                tell(name=f"{method} {route}", route=route, status=status)
                log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))

    def _note_page(self, scope: Scope, headers: dict[str, str], realm: Realm) -> None:
        """What a handler needs to know to have its page kept, and this gate to find it by the next request's head."""
        tenant, path = realm.tenant, scope["path"]
        if tenant is None or scope["method"] != "GET" or _surface_of(path) != "storefront":
            return
        choice = choice_of(headers.get("cookie", ""))
        if choice is None or b"theme=" in scope["query_string"]:
            return
        choice = (*choice, languages.region(headers.get("accept-language", "")))
        query = scope["query_string"].decode("latin-1")
        key = Key(tenant.cell, tenant.id, tenant.epoch, realm.facts["origin"], f"{path}?{query}", choice)
        realm.facts["page_key"], realm.facts["page_generation"] = key, pages.generation(tenant.id)
        self._at_once.learn(scope, Known(key, realm.host, tenant, realm.surface))

    async def _serve(self, scope: Scope, receive: Any, send: Any, realm: Realm, headers: dict[str, str]) -> None:
        """Run the application under the label's share of requests and the time limit for a first byte."""
        tenant = realm.tenant
        if tenant is not None and self._in_flight[tenant.id] >= tenant.limits.requests:
            await _send(realm, Busy(), headers, send)
            return
        leave = self._enter(tenant)
        begun = False
        try:
            async with asyncio.timeout(self._first_byte_seconds) as limit:
                realm.more_time = self._more_time(limit)

                async def send_first(message: Message) -> None:
                    nonlocal begun
                    if not begun:
                        begun = True
                        limit.reschedule(None)
                        if _is_stream(message):
                            leave()
                    await send(message)

                await self._app(scope, receive, send_first)
        except TimeoutError:
            if not begun:
                await _send(realm, Unavailable(), headers, send)
        finally:
            leave()

    def _more_time(self, limit: asyncio.Timeout) -> Callable[[], None]:
        """Let an upload last as long as bytes arrive: the time for a first byte counts from the last one that came."""

        def more_time() -> None:
            if limit.when() is not None and not limit.expired():
                limit.reschedule(asyncio.get_running_loop().time() + self._first_byte_seconds)

        return more_time

    def _enter(self, tenant: Tenant | None) -> Callable[[], None]:
        """Take a place among a label's requests; what is given back leaves it, once."""
        held = [tenant.id] if tenant is not None else []
        self._in_flight.update(held)

        def leave() -> None:
            while held:
                self._in_flight[held.pop()] -= 1

        return leave

    async def _begin(self, scope: Scope, headers: dict[str, str]) -> Realm:
        peer = (scope.get("client") or ("", 0))[0]
        behind_proxy = self._is_proxy(peer)
        given = headers.get("x-request-id", "")
        scheme = headers.get("x-forwarded-proto") if behind_proxy else None
        realm = Realm(
            request_id=given if behind_proxy and _REQUEST_ID.fullmatch(given) else secrets.token_hex(12),
            nonce=secrets.token_urlsafe(16),
            client=_forwarded_client(headers, peer) if behind_proxy else peer,
            scheme=scheme if scheme in _USUAL_PORT else scope.get("scheme", "http"),
        )
        raw_host = headers.get("x-forwarded-host") if behind_proxy else None
        raw_host = raw_host or headers.get("host", "")
        realm.host = self._normalise(raw_host) or ""
        realm.facts["origin"] = self._origin(realm.scheme, raw_host)
        realm.facts["operator_name"] = ""
        realm.facts |= kept_of(headers.get("cookie", ""))
        if realm.host == self._admin_host:
            realm.is_operator = True
            realm.facts["operator_name"] = self._settings.operator_name
        elif realm.host and scope["path"] not in ANY_HOST:
            await self._find_label(realm)
        offered = languages.LANGUAGES if realm.tenant is None else _languages_of(realm.tenant.languages)
        realm.speak(languages.choose(headers.get("accept-language", ""), offered))
        return realm

    async def _find_label(self, realm: Realm) -> None:
        """Find whose host it is; only a host that nobody remembers is asked for, and not while others wait."""
        route = self._directory.remembered(realm.host)
        route = route or await asyncio.to_thread(self._directory.by_host, realm.host)
        if route is not None:
            realm.tenant, realm.surface = route.tenant, route.surface

    def _origin(self, scheme: str, raw_host: str) -> str:
        """The origin of a host as every spelling of it comes out: lower case, no trailing dot, no usual port."""
        port = _PORT.search(raw_host)
        shown = port.group() if port and port.group() != _USUAL_PORT.get(scheme) else ""
        return f"{scheme}://{self._normalise(raw_host) or ''}{shown}"

    def _check(self, scope: Scope, headers: dict[str, str], realm: Realm) -> Refusal | None:
        """Why a request goes no further, if it does not."""
        path: str = scope["path"]
        if sum(len(name) + len(value) for name, value in headers.items()) > LONGEST_HEADERS or _doubled_host(scope):
            return Malformed()
        if path in ANY_HOST or path.startswith(ASSETS):
            return None
        if not realm.host:
            return Malformed()
        if (lost := _off_limits(path, realm)) is not None:
            return lost
        is_proved = scope["method"] in SAFE or path.startswith((UNSUBSCRIBE, PRINTER)) or is_for_machines(path)
        if not is_proved and not self._is_same_origin(headers, realm):
            return ForeignOrigin()
        return _state_refusal(realm, path, scope["method"])

    def _is_same_origin(self, headers: dict[str, str], realm: Realm) -> bool:
        """Every browser says where an unsafe request comes from; one that does not say so is not from our pages.

        This needs no token in any form: a foreign page can neither forge `Origin` nor leave it out of a POST.
        """
        origin = headers.get("origin")
        if origin is None:
            return headers.get("sec-fetch-site") == "same-origin"
        parts = _ORIGIN.fullmatch(origin.lower())
        return parts is not None and self._origin(*parts.groups()) == realm.origin

    def _is_proxy(self, peer: str) -> bool:
        address = _address(peer) if self._proxies else None
        return address is not None and any(address in network for network in self._proxies)


@lru_cache(maxsize=4_096)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _off_limits(path: str, realm: Realm) -> Refusal | None:
    """An unknown host has no pages; the operator's pages live on the operator's host alone."""
    is_admin_path = path == "/admin" or path.startswith("/admin/")
    if realm.is_operator:
        return None if is_admin_path or path == "/" else NotFound()
    if realm.tenant is None or is_admin_path:
        return NotFound()
    if realm.surface is not None and _surface_of(path) not in (realm.surface, None):
        return None if realm.surface == "artist" and (path == "/" or path.startswith(DOORS)) else NotFound()
    return None


def _surface_of(path: str) -> str | None:
    """The surface a path belongs to; None for what every surface needs."""
    if path.startswith(EVERYWHERE):
        return None
    first = path.split("/", 2)[1]
    return first if first in ("portal", "artist") else "storefront"


def _state_refusal(realm: Realm, path: str, method: str) -> Refusal | None:
    """What the state of a label rules out before any handler runs."""
    tenant = realm.tenant
    if tenant is None:
        return None
    if tenant.state is TenantState.MOVING and method not in SAFE:
        return LabelMoving()
    if tenant.state in (TenantState.SUSPENDED, TenantState.CLOSING) and _surface_of(path) == "storefront":
        return ShopClosed()
    return None


def _languages_of(names: tuple[str, ...]) -> tuple[str, ...]:
    """The label's languages that we speak; English where it has none of them."""
    return tuple(name for name in names if name in languages.LANGUAGES) or (languages.SOURCE,)


def _without_body(send: Any) -> Any:
    """Answer HEAD as GET would be answered, without the content (RFC 9110 §9.3.2)."""
    is_done = False

    async def send_head(message: Message) -> None:
        nonlocal is_done
        if message["type"] == "http.response.start":
            await send(message)
        elif not is_done:
            is_done = True
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return send_head


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _doubled_host(scope: Scope) -> bool:
    return len([name for name, _ in scope["headers"] if name.lower() == b"host"]) > 1


def _forwarded_client(headers: dict[str, str], peer: str) -> str:
    """The address our own proxy saw: the last one, as everything before it is the sender's claim."""
    last = headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    try:
        return str(ip_address(last))
    except ValueError:
        return peer


def _is_stream(message: Message) -> bool:
    """Tell a page that stays open, and is counted by its own limit, from an answer that ends by itself."""
    kinds = [value for name, value in message.get("headers", []) if name.lower() == b"content-type"]
    return any(value.startswith(b"text/event-stream") for value in kinds)


def _content_type(response: Response[Any]) -> str:
    kind = response.media_type
    return f"{kind.value}; charset=utf-8" if isinstance(kind, MediaType) else str(kind)


async def _send(realm: Realm, refusal: Refusal, headers: dict[str, str], send: Any) -> None:
    """Answer a refusal without the application."""
    wants_page = prefers_page(headers.get("accept", ""))
    response: Response[Any] = answer(realm, refusal, status=status_of(refusal), wants_page=wants_page)
    content = response.content if isinstance(response.content, bytes) else str(response.content).encode()
    start = [(b"content-type", _content_type(response).encode()), (b"content-length", str(len(content)).encode())]
    start += [(name.encode(), value.encode()) for name, value in response.headers.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": start})
    await send({"type": "http.response.body", "body": content})
