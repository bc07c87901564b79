"""Pages of a list that neither skip nor repeat: signed cursors over a stable order, and conditional requests."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from app.kernel import crypto
from app.kernel.errors import Conflict
from app.kernel.tenant import Tenant
from app.kernel.web.refusals import Malformed

DEFAULT_LIMIT = 50
MOST = 200
CURSOR_LIFE = timedelta(days=1)

T = TypeVar("T")

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class CursorUnusable(Malformed):
    """The cursor is not one that we gave for this list."""

    message = "This page marker cannot be used. Start again from the first page."


class LimitUnusable(Malformed):
    """The page size is out of range."""

    message = "A page holds 1 to %(most)s entries."


class Changed(Conflict):
    """Somebody else was faster (RFC 9110 §13.1.1)."""

    status: ClassVar[int] = 412


class ConditionMissing(Conflict):
    """A change here must say which state it was decided on (RFC 6585 §3)."""

    message = "Say in If-Match which version you are changing."
    status: ClassVar[int] = 428


class KeyUnusable(Malformed):
    """The Idempotency-Key header is not usable."""

    message = "An Idempotency-Key has 1 to 255 visible ASCII characters."


def cursor(tenant: Tenant | None, listing: str, place: list[Any]) -> str:
    """A marker for the place after which the next page of one list begins."""
    return crypto.sign(f"cursor:{listing}", tenant, place, expires_in=CURSOR_LIFE)


def place(tenant: Tenant | None, listing: str, marker: str) -> list[Any]:
    """The place a marker of this list and label stands for."""
    try:
        found: list[Any] = crypto.verify(f"cursor:{listing}", tenant, marker)
    except crypto.SignatureRefused:
        raise CursorUnusable from None
    return found


def following(
    tenant: Tenant | None, listing: str, found: Sequence[T], shown: int, place_of: Callable[[T], list[Any]]
) -> str | None:
    """A marker of the next page, where more rows were found than are shown."""
    return cursor(tenant, listing, place_of(found[shown - 1])) if len(found) > shown else None


def page_size(text: str | None) -> int:
    """The wanted page size; the default where none is named."""
    if text is None:
        return DEFAULT_LIMIT
    if not text.isascii() or not text.isdigit() or len(text) > 4 or not 1 <= int(text) <= MOST:
        raise LimitUnusable(most=MOST)
    return int(text)


def etag(*parts: object) -> str:
    """A strong validator of whatever the parts stand for."""
    return '"' + hashlib.sha256(repr(parts).encode()).hexdigest()[:32] + '"'


def is_known(if_none_match: str | None, current: str) -> bool:
    """Tell whether the asker already holds the current state, so that 304 suffices (RFC 9110 §13.1.2)."""
    return if_none_match is not None and (if_none_match.strip() == "*" or current in _tags(if_none_match))


def require_unchanged(if_match: str | None, current: str) -> None:
    """Refuse a change that was decided on an older state, or on none that it names."""
    if if_match is None:
        raise ConditionMissing
    if if_match.strip() != "*" and current not in _tags(if_match, weak=False):
        raise Changed


def _tags(header: str, *, weak: bool = True) -> list[str]:
    tags = [tag.strip() for tag in header.split(",")]
    return [tag.removeprefix("W/") for tag in tags] if weak else tags


def idempotency_key(text: str | None) -> str | None:
    """A usable Idempotency-Key, or none."""
    if text is None:
        return None
    if _KEY.fullmatch(text) is None:
        raise KeyUnusable
    return text
