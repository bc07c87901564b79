"""Where people are sent back to: addresses that were registered, and no others."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

LONGEST_URI, MOST_URIS = 500, 20
LOOPBACK = ("127.0.0.1", "[::1]")
_PLAIN = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%/?\[\]-]+")
_OWN_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
_HOST = re.compile(r"[a-z0-9.-]+|\[[0-9a-f:]+\]", re.IGNORECASE)


def is_usable(uri: str) -> bool:
    """Tell whether an address may be registered: https, an app's own scheme, or this machine's own (RFC 8252 §7)."""
    if len(uri) > LONGEST_URI or _PLAIN.fullmatch(uri) is None or ".." in uri:
        return False
    try:
        parts = urlsplit(uri)
        host, _ = parts.netloc.rpartition("@")[2], parts.port
    except ValueError:
        return False
    if "@" in parts.netloc or parts.username is not None:
        return False
    if _OWN_SCHEME.fullmatch(parts.scheme):
        return True
    bare = re.sub(r":[0-9]*$", "", host)
    if parts.scheme == "http":
        return bare in LOOPBACK or f".{bare}".endswith(".localhost")  # RFC 6761 §6.3: nobody else has these names
    return parts.scheme == "https" and _HOST.fullmatch(bare) is not None


def matching(asked: str, registered: list[str]) -> str | None:
    """The address that was asked for, if it is letter for letter a registered one.

    Only the port of this machine's own address may differ: an app takes whichever is free (RFC 8252 §7.3).
    """
    if asked in registered:
        return asked
    if not is_usable(asked):
        return None
    port_free = _without_port(asked)
    return asked if port_free is not None and port_free in {_without_port(uri) for uri in registered} else None


def _without_port(uri: str) -> str | None:
    parts = urlsplit(uri)
    bare = re.sub(r":[0-9]+$", "", parts.netloc)
    if parts.scheme != "http" or bare not in LOOPBACK:
        return None
    return urlunsplit(parts._replace(netloc=bare))


def with_answer(uri: str, answer: dict[str, str]) -> str:
    """A registered address with an answer in its query; what stands in it already stays (RFC 6749 §3.1.2)."""
    parts = urlsplit(uri)
    query = [*parse_qsl(parts.query, keep_blank_values=True), *answer.items()]
    return urlunsplit(parts._replace(query=urlencode(query)))


def form_target(uri: str) -> str:
    """What a page's policy calls the place that an address leads to (CSP Level 3 §2.3.1)."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"
