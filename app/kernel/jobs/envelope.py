"""The message that wakes a worker: which row, for whom, and a signature that only we can make."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import msgspec


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sending of one outbox row."""

    id: str
    cell: str
    label: str
    epoch: int
    send: int
    trace: str | None = None

    def signed(self, key: bytes) -> dict[str, Any]:
        """The envelope as a message with its signature."""
        return {"body": msgspec.to_builtins(self), "signature": _signature(self, key)}


class EnvelopeForged(ValueError):
    """The message was not made by our relay."""


def opened(message: Any, key: bytes) -> Envelope:
    """The envelope of a message, if its signature is ours."""
    try:
        envelope = msgspec.convert(message["body"], Envelope)
        signature = str(message["signature"])
    except (KeyError, TypeError, msgspec.ValidationError):
        raise EnvelopeForged("not an envelope") from None
    if not hmac.compare_digest(signature, _signature(envelope, key)):
        raise EnvelopeForged("signed by somebody else")
    return envelope


def _signature(envelope: Envelope, key: bytes) -> str:
    return hmac.new(key, msgspec.json.encode(envelope), hashlib.sha256).hexdigest()
