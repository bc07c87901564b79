"""Pages that are kept, answered before anything else is asked: by what a request's head says, and nothing besides.

What a head stands for is learnt from the first request that had it, which went the whole way. It counts while the page
counts and the label is the very one that it was: a label that is suspended, renamed or moved is another.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final, NamedTuple

from app.kernel.observe import metrics
from app.kernel.tenant import Tenant
from app.kernel.web.headers import alone, content_policy
from app.kernel.web.page_cache import Kept, Key, pages
from app.kernel.web.paging import is_known
from app.kernel.web.realm import Directory

MOST: Final = 50_000
LONGEST: Final = 8_192
"""A head of more bytes goes the whole way."""

_READ: Final = frozenset({b"host", b"accept-language", b"x-forwarded-proto", b"x-forwarded-host"})
_ROUTE: Final = "kept"

Scope = dict[str, Any]
Front = tuple[Any, ...]


class Known(NamedTuple):
    """What a head stood for."""

    key: Key
    host: str
    tenant: Tenant
    surface: str | None


class AtOnce:
    """What the gate remembers of heads of requests."""

    def __init__(
        self, directory: Directory, is_proxy: Callable[[str], bool], choice_of: Callable[[str], Any], *, is_public: bool
    ) -> None:
        self._directory, self._is_proxy, self._choice_of, self._is_public = directory, is_proxy, choice_of, is_public
        self._known: OrderedDict[Front, Known] = OrderedDict()

    def front(self, scope: Scope) -> tuple[Front, dict[bytes, bytes]] | None:
        """What of a head decides which page is meant, and what decides how it is sent; None for what is special."""
        length, held, sent, cookie = 0, [], {}, b""
        for name, value in scope["headers"]:
            length += len(name) + len(value)
            if name in _READ:
                held.append((name, value))
            elif name == b"cookie":
                cookie = value
            elif name in (b"accept-encoding", b"if-none-match"):
                sent[name] = value
        choice = self._choice_of(cookie.decode("latin-1")) if cookie else ()
        if length > LONGEST or choice is None or scope["method"] != "GET":
            return None
        behind = self._is_proxy((scope.get("client") or ("", 0))[0])
        return (scope["path"], scope["query_string"], scope.get("scheme"), behind, choice, *held), sent

    def learn(self, scope: Scope, known: Known) -> None:
        """Remember what a head stood for."""
        if (found := self.front(scope)) is not None:
            self._known[found[0]] = known
            while len(self._known) > MOST:
                self._known.popitem(last=False)

    async def answered(self, scope: Scope, send: Any) -> bool:
        """Answer with a page that is kept; tell whether there was one."""
        found = self.front(scope)
        known = self._known.get(found[0]) if found else None
        kept = pages.find(known.key) if known else None
        if found is None or known is None or kept is None:
            return False
        route = self._directory.remembered(known.host)
        if route is None or route.tenant is not known.tenant or route.surface != known.surface:
            return False
        started = perf_counter()
        pages.used(known.key)
        status = await send_kept(kept, found[1], send, nonce=secrets.token_urlsafe(16), is_public=self._is_public)
        metrics.answered(route=_ROUTE, method="GET", status=status, seconds=perf_counter() - started)
        return True


async def send_kept(kept: Kept, sent: dict[bytes, bytes], send: Any, *, nonce: str, is_public: bool) -> int:
    """Send a page, or say that the asker has it (RFC 9110 §13.1.2); give the status."""
    start = [*kept.headers, *alone(is_public=is_public), (b"x-request-id", secrets.token_hex(12).encode())]
    start.append((b"etag", kept.tag.encode()))
    if is_known(sent.get(b"if-none-match", b"").decode("latin-1") or None, kept.tag):
        # The policy that came with the page stays (RFC 9111 §4.3.4): it names the nonce that stands in it.
        await send({"type": "http.response.start", "status": 304, "headers": start})
        await send({"type": "http.response.body", "body": b""})
        return 304
    is_zipped = b"gzip" in sent.get(b"accept-encoding", b"")
    body = kept.zipped(nonce.encode()) if is_zipped else kept.body(nonce.encode())
    start += [(b"content-length", str(len(body)).encode()), (b"content-security-policy", content_policy(nonce))]
    if is_zipped:
        start.append((b"content-encoding", b"gzip"))
    await send({"type": "http.response.start", "status": 200, "headers": start})
    await send({"type": "http.response.body", "body": body})
    return 200
