"""The headers that every answer carries, errors included."""

from __future__ import annotations

from functools import cache

from app.kernel.web.realm import Realm

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(self), usb=()"),
    (b"x-frame-options", b"DENY"),
    (b"server", b"web"),  # where there is none, the server writes its own name
)
_HSTS = (b"strict-transport-security", b"max-age=63072000")
_DYNAMIC = ((b"cache-control", b"no-store"), (b"vary", b"Accept, Accept-Language, Cookie"))


@cache
def alone(*, is_public: bool) -> tuple[tuple[bytes, bytes], ...]:
    """What every answer says, whoever asked."""
    return (*_ALWAYS, _HSTS) if is_public else _ALWAYS


def content_policy(nonce: str, *, frames: str = "'none'", framed_by: str = "'none'") -> bytes:
    """Only our own files, and only the scripts and styles that carry this answer's nonce.

    `frames` says whose pages it may show within itself, `framed_by` within whose pages it may be shown.
    """
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; media-src 'self' blob:; manifest-src 'self'; "
        f"worker-src 'self'; form-action 'self'; base-uri 'none'; frame-src {frames}; frame-ancestors {framed_by}; "
        "object-src 'none'"
    ).encode()


def within_own_pages(nonce: str) -> dict[str, str]:
    """The headers of a page that is shown within another of its own host, as an editor shows what it makes."""
    return {
        "content-security-policy": content_policy(nonce, framed_by="'self'").decode(),
        "x-frame-options": "SAMEORIGIN",
        "x-robots-tag": "noindex",
        "cache-control": "private, no-store",
    }


def completed(headers: list[tuple[bytes, bytes]], realm: Realm, *, is_public: bool) -> list[tuple[bytes, bytes]]:
    """An answer's headers with everything added that a handler did not set, and no word about what we run on."""
    present = {name.lower() for name, _ in headers}
    added = [*_ALWAYS, (b"content-security-policy", content_policy(realm.nonce))]
    added.append((b"x-request-id", realm.request_id.encode()))
    if is_public:
        added.append(_HSTS)
    if b"cache-control" not in present:
        added.extend(_DYNAMIC)
    said = [pair for pair in headers if pair[0].lower() != b"server"]
    return said + [(name, value) for name, value in added if name not in present]
