"""What the processor calls out: signed, short-lived, and only ever a hint which object to read again."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime

import msgspec

from app.kernel.errors import Invalid
from app.payouts.gateways.stripe.mapping import moment

TOLERANCE_SECONDS = 300
MOST_BYTES = 256 * 1024
_LONGEST_HEADER = 2_048
_MOST_SIGNATURES = 10
_TIME = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_EVENT_ID = re.compile(r"evt_[A-Za-z0-9_]{1,128}")
_ACCOUNT_ID = re.compile(r"acct_[A-Za-z0-9]{1,64}")
_OBJECT_ID = re.compile(r"[!-~]{0,255}")
_TYPE = re.compile(r"[a-z0-9_]{1,40}(\.[a-z0-9_]{1,40}){1,4}")


class EventRefused(Invalid):
    """Not signed by the processor, not now, or not an event. Says no more to whoever sent it."""

    message = "This is not an event of the payment service."


@dataclass(frozen=True, slots=True)
class Event:
    """A verified hint. What it says of amounts and states is left out: read the object again."""

    id: str
    type: str
    object_id: str
    """Which object to read again; empty for the few kinds that have no name."""
    account: str | None
    """The connected account it happened on; None on the platform's own."""
    livemode: bool
    created: datetime
    metadata: dict[str, str]

    @property
    def reference(self) -> str:
        """What to hand to `StripeRail.read`."""
        return f"{self.account}/{self.object_id}" if self.account else self.object_id


class _Object(msgspec.Struct):
    id: str = ""
    metadata: dict[str, str] | None = None


class _Data(msgspec.Struct):
    object: _Object


class _Event(msgspec.Struct):
    object: str
    id: str
    type: str
    livemode: bool
    created: int
    data: _Data
    account: str | None = None


_decoder = msgspec.json.Decoder(_Event)


def read_event(payload: bytes, signature: str, secret: str, now: datetime) -> Event:
    """Verify the raw bytes of a webhook against its `Stripe-Signature` and read which object it is about.

    Signed at most 300 seconds ago or ahead; of several v1 signatures (the secret is being changed) one must be right;
    other schemes do not count (docs.stripe.com/webhooks#verify-manually).
    """
    if len(payload) > MOST_BYTES or not secret:
        raise EventRefused
    signed_at, signatures = _parts(signature)
    expected = hmac.new(secret.encode(), b"%d." % signed_at + payload, hashlib.sha256).hexdigest()
    matches = [hmac.compare_digest(expected, given) for given in signatures]  # all of them, whichever is right
    if not any(matches) or abs(now.timestamp() - signed_at) > TOLERANCE_SECONDS:
        raise EventRefused
    return _event(payload)


def _parts(header: str) -> tuple[int, list[str]]:
    if len(header) > _LONGEST_HEADER:
        raise EventRefused
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [value for name, _, value in pairs if name == "v1" and _SIGNATURE.fullmatch(value)]
    if len(times) != 1 or _TIME.fullmatch(times[0]) is None or len(signatures) > _MOST_SIGNATURES:
        raise EventRefused
    return int(times[0]), signatures


def _event(payload: bytes) -> Event:
    try:
        said = _decoder.decode(payload)
        created = moment(said.created)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise EventRefused from None
    thing = said.data.object
    names = (_EVENT_ID.fullmatch(said.id), _OBJECT_ID.fullmatch(thing.id), _TYPE.fullmatch(said.type))
    if said.object != "event" or None in names or created is None:
        raise EventRefused
    if said.account is not None and _ACCOUNT_ID.fullmatch(said.account) is None:
        raise EventRefused
    return Event(said.id, said.type, thing.id, said.account, said.livemode, created, thing.metadata or {})
