"""Why a label's state cannot change as asked."""

from __future__ import annotations

from app.kernel.errors import Conflict
from app.kernel.sentences import AnyOf, Said
from app.kernel.tenant import TenantState

STATE_SENTENCES = {
    "active": "Active",
    "suspended": "Suspended",
    "moving": "Moving",
    "closing": "Closing",
    "closed": "Closed",
    "provisioning": "Being made",
    "spare": "Spare",
}
"""What the states of a label are called."""


def called(state: str) -> Said:
    """What a state is called."""
    return Said(STATE_SENTENCES[state])


class WrongState(Conflict):
    """The label's present state does not lead to the wanted one."""

    message = "The state of “%(name)s” is “%(state)s”. This can be done only in the state: %(wanted)s."

    def __init__(self, name: str, state: str, wanted: tuple[TenantState, ...]) -> None:
        super().__init__(name=name, state=called(state), wanted=AnyOf(called(each) for each in wanted))


class StillInGrace(Conflict):
    """The label is closing and its owner may still come back."""

    message = "“%(name)s” may be erased from %(date)s on. Until then its owner can have it back."
