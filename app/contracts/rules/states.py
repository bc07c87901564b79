"""How a contract goes from a draft to its end."""

from __future__ import annotations

from typing import Final, Literal, get_args

from app.kernel.sentences import sentence

State = Literal["draft", "negotiating", "sent", "viewed", "active", "declined", "expired", "ended"]
STATES: Final[tuple[State, ...]] = get_args(State)
STATE_SENTENCES: Final = {
    "draft": sentence("Draft"),
    "negotiating": sentence("In negotiation"),
    "sent": sentence("Sent"),
    "viewed": sentence("Viewed"),
    "active": sentence("Active"),
    "declined": sentence("Declined"),
    "expired": sentence("Expired"),
    "ended": sentence("Ended"),
}
EDITABLE: Final = ("draft", "negotiating")
SIGNER_STATES: Final = ("waiting", "asked", "viewed", "signed", "declined")
CLOSINGS: Final = ("countered", "declined", "expired", "withdrawn")
"""Why a version that was sent is never signed."""

BATCH_STATES: Final = ("checking", "refused", "ready", "creating", "created", "sending", "sent")
ITEM_STATES: Final = ("ready", "refused", "created", "sent", "failed")

_FOLLOW: Final[dict[str, tuple[State, ...]]] = {
    "draft": ("negotiating", "sent", "active"),
    "negotiating": ("draft", "sent", "active"),
    "sent": ("viewed", "active", "declined", "expired", "negotiating"),
    "viewed": ("active", "declined", "expired", "negotiating"),
    "active": ("ended",),
    "declined": ("negotiating",),
    "expired": ("negotiating",),
    "ended": (),
}


def may_become(state: str, wanted: str) -> bool:
    """Whether a contract in one state may go on to another."""
    return wanted in _FOLLOW[state]
