"""Short signed tokens for links, cursors and envelopes: bound to a purpose, a label, its epoch and a time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import timedelta
from typing import Any

import msgspec

from app.kernel import clock
from app.kernel.db import current
from app.kernel.errors import NotFound
from app.kernel.tenant import Tenant

_MAC_BYTES = 32
_LONGEST = 4_096


class SignatureRefused(NotFound):
    """The link is not one of ours, is too old, or belongs to another label."""

    message = "This link is not valid any more."


class _Body(msgspec.Struct, array_like=True):
    expires: int
    payload: Any


def sign(purpose: str, tenant: Tenant | None, payload: Any, *, expires_in: timedelta) -> str:
    """A token that carries a payload (JSON values) and says when it ends."""
    expires = int((clock.now() + expires_in).timestamp())
    body = msgspec.json.encode(_Body(expires, payload))
    return _spelled(_mac(purpose, tenant, body) + body)


def verify(purpose: str, tenant: Tenant | None, token: str) -> Any:
    """The payload of a token that was signed for this purpose and label, while it lasts."""
    if len(token) > _LONGEST:
        raise SignatureRefused
    try:
        raw = base64.b64decode(token.encode() + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if _spelled(raw) != token or not hmac.compare_digest(mac, _mac(purpose, tenant, body)):
            raise SignatureRefused
        content = msgspec.json.decode(body, type=_Body)
    except (binascii.Error, UnicodeEncodeError, msgspec.DecodeError):
        raise SignatureRefused from None
    if content.expires < clock.now().timestamp():
        raise SignatureRefused
    return content.payload


def _spelled(raw: bytes) -> str:
    # Base64 spells the same bytes in several ways; a token has one, so that it can be compared, counted and blocked.
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _mac(purpose: str, tenant: Tenant | None, body: bytes) -> bytes:
    key = current().settings.derived_key(f"sign:{purpose}")
    # The fence, not the epoch: a link must outlive a rename, a migration or a move, but not a restore or an erasure.
    whose = f"{tenant.id}:{tenant.fence_epoch}" if tenant else "platform"
    return hmac.new(key, whose.encode() + b"\x00" + body, hashlib.sha256).digest()
