"""The cards of the sandbox's processor: the last four digits say what comes of paying with them."""

from __future__ import annotations

from typing import Final, NamedTuple

from app.kernel.sentences import sentence


class Card(NamedTuple):
    """A card and what comes of paying with it."""

    number: str
    meaning: str


CARDS: Final = (
    Card("4242424242424242", sentence("pays")),
    Card("4000000000003220", sentence("pays once your bank has seen that it is you")),
    Card("4000000000000002", sentence("is declined")),
    Card("4000000000009995", sentence("lacks the money")),
    Card("4000000000000069", sentence("has expired")),
    Card("4000000000001976", sentence("is taken, and the money comes two minutes later")),
    Card("4000000000001985", sentence("is taken, and the money does not come")),
    Card("4000000000006975", sentence("pays, but the answer is lost")),
    Card("4000000000005126", sentence("pays, and refunds of it fail")),
    Card("4000000000000341", sentence("pays, and is declined when it is charged again")),
    Card("4000000000000259", sentence("pays, and a minute later its bank wants the money back")),
)
DECLINES: Final = {"0002": "declined", "9995": "no_funds", "0069": "card_expired"}
CHALLENGES: Final = ("3220",)
ARRIVES: Final = "1976"
CAPTURES: Final = (ARRIVES, "1985")
LOSES_ANSWER: Final = "6975"
REFUNDS_FAIL: Final = "5126"
DISPUTES: Final = "0259"
AGAIN_FAILS: Final = {"0341": "declined", "3220": "challenge_failed"}
"""What comes of a card that is charged again while nobody is there to prove anything."""
