"""Where a payout stands, and what may come next."""

from __future__ import annotations

from typing import Final, Literal, get_args

from app.kernel.sentences import sentence

State = Literal[
    "reserved", "approved", "sending", "unknown", "sent", "paid", "failed", "returned", "cancelled", "rejected"
]
STATES: Final[tuple[State, ...]] = get_args(State)

_NEXT: Final[dict[State, tuple[State, ...]]] = {
    "reserved": ("approved", "cancelled", "rejected"),
    "approved": ("sending", "cancelled"),
    "sending": ("sent", "unknown", "paid", "failed", "returned", "approved"),
    "unknown": ("sent", "sending", "paid", "failed", "returned"),
    "sent": ("paid", "failed", "returned"),
    "paid": ("returned",),
    "failed": (),
    "returned": (),
    "cancelled": (),
    "rejected": (),
}
OVER: Final[frozenset[State]] = frozenset({"failed", "returned", "cancelled", "rejected"})
"""The money is back on the payee's account."""

LIVE: Final[tuple[State, ...]] = ("reserved", "approved", "sending", "unknown", "sent")
"""The money is set aside and has not arrived."""

SENTENCES: Final[dict[State, str]] = {
    "reserved": sentence("Waits for approval"),
    "approved": sentence("Goes out next"),
    "sending": sentence("Being handed over"),
    "unknown": sentence("Asking the bank"),
    "sent": sentence("On its way"),
    "paid": sentence("Paid"),
    "failed": sentence("Did not arrive"),
    "returned": sentence("Came back"),
    "cancelled": sentence("Cancelled"),
    "rejected": sentence("Rejected"),
}
TONES: Final[dict[State, str]] = {
    "reserved": "warning", "approved": "info", "sending": "info", "unknown": "warning", "sent": "info",
    "paid": "success", "failed": "danger", "returned": "danger", "cancelled": "", "rejected": "danger",
}  # fmt: skip

RAIL_SENTENCES: Final = {
    "accepted": sentence("On its way"),
    "in_transit": sentence("On its way"),
    "paid": sentence("Paid"),
    "failed": sentence("Did not arrive"),
    "returned": sentence("Came back"),
    "refused": sentence("Refused"),
    "unknown": sentence("Asking the bank"),
}
"""How a rail sees an order, in words."""

RAIL_TONES: Final = {
    "accepted": "info", "in_transit": "info", "paid": "success", "failed": "danger", "returned": "danger",
    "refused": "danger", "unknown": "warning",
}  # fmt: skip


def follows(now: State, wanted: State) -> bool:
    """Whether one state may come after another."""
    return wanted in _NEXT[now]
