"""What only programs ask, with a token or secret of their own: cookies count nothing there, so any site may ask."""

from __future__ import annotations

import re
from typing import Any

UNDER = ("/api/", "/scim/")
EXACT = frozenset(
    {
        "/oauth/token", "/oauth/par", "/oauth/device_authorization", "/oauth/introspect", "/oauth/revoke",
        "/oauth/userinfo", "/oauth/register",
    }
)  # fmt: skip
"""Endpoints that read no cookie. `/oauth/authorize` and `/oauth/device` are pages for people, and not among them."""

_FROM_SERVICE = re.compile(r"/sso/[0-9a-f-]{36}/(acs|logout)")
"""Where a sign-in service's signed word arrives from another site: no cookie is read, and nobody let in by it alone."""

READABLE = ("/.well-known/", "/api/", "/oauth/jwks")
"""What scripts of any site may read, with whatever token they have and without any cookie."""

_EXPOSED = (
    b"api-version, content-disposition, deprecation, dpop-nonce, etag, idempotency-replayed, link, location, "
    b"ratelimit, ratelimit-policy, retry-after, sunset, tus-extension, tus-max-size, tus-resumable, tus-version, "
    b"upload-length, upload-offset, www-authenticate, x-request-id"
)
_ANY = (b"access-control-allow-origin", b"*")
_PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE"),
    (
        b"access-control-allow-headers",
        b"authorization, content-type, dpop, if-match, if-none-match, idempotency-key, accept, accept-language, "
        b"api-version, tus-resumable, upload-checksum, upload-length, upload-offset, upload-metadata",
    ),
    (b"access-control-max-age", b"7200"),
)


def is_for_machines(path: str) -> bool:
    """Tell whether only programs ask here, and cookies are not looked at."""
    return path in EXACT or path.startswith(UNDER) or _FROM_SERVICE.fullmatch(path) is not None


def shared_headers(path: str) -> tuple[tuple[bytes, bytes], ...]:
    """What lets scripts of other sites read an answer: never with cookies, never by naming the asker."""
    if path in EXACT or path.startswith(READABLE):
        return (_ANY, (b"access-control-expose-headers", _EXPOSED), (b"cross-origin-resource-policy", b"cross-origin"))
    return ()


def is_preflight(scope: dict[str, Any], headers: dict[str, str]) -> bool:
    """Tell the question of a browser whether a script may ask (Fetch §3.2)."""
    is_asked = scope["method"] == "OPTIONS" and "access-control-request-method" in headers
    return is_asked and bool(shared_headers(scope["path"]))


async def answer_preflight(send: Any) -> None:
    """Say what scripts of any site may send."""
    await send({"type": "http.response.start", "status": 204, "headers": list(_PREFLIGHT)})
    await send({"type": "http.response.body", "body": b""})
