"""Orders as the payouts make them."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.kernel.ids import new_id
from app.payouts.gateways.rail import Destination, Order


def an_order(account: str, amount_minor: int = 2_500, **given: Any) -> Order:
    """Some money for an account of the processor's."""
    payout_id = given.pop("payout_id", new_id())
    details = {
        "key": f"payout:{payout_id}:1", "speed": "standard", "currency": "EUR", "text": "Northlight royalties Q3",
        "on": date(2026, 12, 1), "to": Destination("stripe", "Ada Lovelace", account, country="DE"),
    }  # fmt: skip
    return Order(payout_id=payout_id, amount_minor=amount_minor, **(details | given))
