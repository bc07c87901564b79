"""What operators do, in words that only operators read: labels have their own for what was done to them."""

from __future__ import annotations

from typing import Final

from app.kernel.activity.meanings import meanings
from app.kernel.sentences import sentence

SENTENCES: Final = {
    "label.opened": sentence("Opened the label"),
    "label.suspend": sentence("Suspended the label"),
    "label.resume": sentence("Made the label active again"),
    "label.rename": sentence("Renamed the label"),
    "label.close": sentence("Began to close the label"),
    "label.move": sentence("Had the label moved to another cell"),
    "label.plan": sentence("Changed the plan or the features"),
    "label.share": sentence("Changed the share of the artist side"),
    "books.frozen": sentence("Found books that do not add up, and froze them"),
    "books.lifted": sentence("Let money move again"),
    "support.asked": sentence("Asked to look at the label"),
    "support.entered": sentence("Came in to look at the label"),
    "fleet.retried": sentence("Had the migrations tried again"),
    "task.retried": sentence("Had a parked task tried again"),
    "incident.announced": sentence("Told labels of a trouble"),
    "incident.ended": sentence("Ended a trouble that labels were told of"),
    "operator.factors_reset": sentence("Took away the second factors of an operator"),
    "operator.disabled": sentence("Shut an operator out"),
    "operator.enabled": sentence("Let an operator in again"),
}


def said(action: str) -> str:
    """The sentence of what an operator did; of what only labels have words for, theirs."""
    meaning = meanings().get(action)
    return SENTENCES.get(action) or (meaning.sentence if meaning else action)
