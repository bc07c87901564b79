"""Why a payment or a refund is not taken on."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound
from app.kernel.sentences import sentence


class GatewayUnknown(Invalid):
    """No such way to be paid."""

    message = "Payments cannot be taken this way here."


class PaymentUnknown(NotFound):
    """The label has no such payment, or the asker may not know of it."""

    message = "This payment could not be found."


class ReceiptMissing(NotFound):
    """The order was not paid, or there is none."""

    message = "There is no receipt yet."


class MethodMissing(Invalid):
    """The market does not offer this way to pay."""

    message = "This way to pay is not offered here. Choose another one."


class RefundUnfit(Conflict):
    """Nothing of the order was paid, or all of it went back."""

    message = "Nothing can be given back of this order as it stands. Reload the page to see where it stands."


class RefundTooMuch(Invalid):
    """More is to go back than is left."""

    message = "At most %(available)s can still be given back here."


class RefundEmpty(Invalid):
    """A refund of nothing."""

    message = "Choose what is given back."


class RefundReasonMissing(Invalid):
    """Nobody said why."""

    message = "Say in up to 500 characters why money is given back."


class CardUnknown(Invalid):
    """The sandbox knows no such card."""

    message = "Choose one of the cards that are shown."


class ChargeOver(Conflict):
    """The sandbox's page was open for too long."""

    message = "This payment is over. Go back to your order to see what came of it."


PROBLEM_SENTENCES = {
    "declined": sentence("The card was declined. Try another card."),
    "no_funds": sentence("There is not enough money on the card. Try another card."),
    "card_expired": sentence("The card has expired. Try another card."),
    "challenge_failed": sentence("Your bank did not confirm that it is you. Try again, or try another card."),
    "not_supported": sentence("This card or currency is not taken. Try another way to pay."),
    "limit_reached": sentence("The amount is more or less than this way to pay takes. Try another way to pay."),
    "left": sentence("You left the payment. Nothing was charged."),
    "lapsed": sentence("The payment took too long, and nothing was charged. Try again."),
    "unreachable": sentence("The payment service does not answer. Nothing is charged twice: try again in a minute."),
    "closed": sentence("This order can no longer be paid."),
    "other": sentence("The payment did not go through. Try again, or try another way to pay."),
}
"""What a buyer is told of a payment that did not go through; any other problem is told as `other`."""


def told(problem: str) -> str:
    """The sentence for a problem."""
    return PROBLEM_SENTENCES.get(problem, PROBLEM_SENTENCES["other"])
