"""What must be done under a contract by a day, and when people are told of it."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal, get_args

from app.kernel.sentences import sentence

ObligationKind = Literal["option", "delivery", "reversion", "audit"]
OBLIGATIONS: Final[tuple[ObligationKind, ...]] = get_args(ObligationKind)
OBLIGATION_SENTENCES: Final = {
    "option": sentence("Option"),
    "delivery": sentence("Delivery"),
    "reversion": sentence("Rights go back"),
    "audit": sentence("Audit window"),
}
LEADS: Final = (0, 7, 30)
"""How many days before the day people are told."""


def lead_for(due_on: date, told_days: int | None, today: date) -> int | None:
    """Which of the leads has come and was not told of yet; the shortest, so that a long absence is one message."""
    left = (due_on - today).days
    reached = [lead for lead in LEADS if left <= lead]
    if not reached or (told_days is not None and told_days <= reached[0]):
        return None
    return reached[0]
