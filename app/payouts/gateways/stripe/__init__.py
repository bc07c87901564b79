"""Money by the card processor: from the platform's balance to a payee's account there, and on to the payee's bank."""

from app.payouts.gateways.stripe.accounts import AccountState, AccountUnusable, ProcessorUnreachable
from app.payouts.gateways.stripe.events import Event, EventRefused, read_event
from app.payouts.gateways.stripe.rail import StripeRail

__all__ = [
    "AccountState",
    "AccountUnusable",
    "Event",
    "EventRefused",
    "ProcessorUnreachable",
    "StripeRail",
    "read_event",
]
