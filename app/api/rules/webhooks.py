"""How events are sent: signed (Standard Webhooks 1.0), tried again, and given up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

STEPS: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 64_800, 79_200)
)
"""The pauses after each failure: with the first try, ten tries within 72 hours."""
MOST_ATTEMPTS: Final = len(STEPS) + 1
JITTER: Final = 0.1
"""A pause is up to this part shorter, so that what failed together does not come again together."""
OVERLAP: Final = timedelta(hours=24)
"""So long an old secret signs along with the new one."""
RESTS: Final = tuple(timedelta(seconds=seconds) for seconds in (0, 5, 15, 30, 60, 120, 300))
"""How long an endpoint is left in peace after so many failures one after the other."""

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
KEPT_BODY: Final = 16_384
KEPT_HEADER: Final = 500
KEPT_HEADERS: Final = 40
MASK: Final = "••••••"

_SECRET = re.compile(r"(whsec_|Bearer |Basic )[A-Za-z0-9+/=._~-]{6,}", re.IGNORECASE)
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "set-cookie", "x-api-key"})
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def new_secret() -> str:
    """A secret as it is shown once."""
    return PREFIX + base64.b64encode(os.urandom(SECRET_BYTES)).decode()


def signed_headers(message_id: str, timestamp: int, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """What a receiver verifies a message by, a signature for each secret; `timestamp` in seconds."""
    content = f"{message_id}.{timestamp}.".encode() + body
    signatures = " ".join(f"v1,{_signature(secret, content)}" for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures,
        "content-type": "application/json",
        "user-agent": "label-webhooks/1",
    }


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def pause_after(attempts: int, chance: float) -> timedelta | None:
    """How long to wait after so many tries, with `chance` from 0 to 1; None where it is given up."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return STEPS[attempts - 1] * (1 - JITTER * chance)


def rest_after(failures: int) -> timedelta:
    """How long an endpoint is left in peace that failed so often one after the other."""
    return RESTS[min(failures, len(RESTS) - 1)]


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """A text without what is secret in it: secrets themselves, and what is said like one."""
    for secret in secrets:
        text = text.replace(secret, MASK).replace(secret.removeprefix(PREFIX), MASK)
    return _SECRET.sub(lambda found: found[1] + MASK, text)


def kept_headers(headers: Mapping[str, str], secrets: Iterable[str] = ()) -> dict[str, str]:
    """Headers as they are kept: few, short, and without secrets."""
    held = list(secrets)
    return {
        _shown(name)[:80]: MASK if name.lower() in _SECRET_HEADERS else masked(_shown(value)[:KEPT_HEADER], held)
        for name, value in list(headers.items())[:KEPT_HEADERS]
    }


def kept_body(body: bytes, secrets: Iterable[str] = ()) -> str:
    """An answer as it is kept: its beginning, as text, without secrets."""
    return masked(_shown(body[:KEPT_BODY].decode(errors="replace")), secrets)


def _shown(text: str) -> str:
    return _CONTROLS.sub("�", text)
