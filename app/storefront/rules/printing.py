"""What is asked of the printer and what it says, in our words. Nothing here talks to anybody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec

from app.storefront.rules.shipping import Rate

WAY: Final = "printful:"
"""How the keys of the printer's own ways of sending begin."""
STANDARD: Final = "STANDARD"
NEWS: Final = ("package_shipped", "package_returned", "order_failed", "order_canceled", "stock_updated")


class Wanted(msgspec.Struct, frozen=True):
    """For what, where to and in which currency the printer's rates are wanted."""

    country: str
    region: str | None
    currency: str
    items: tuple[tuple[UUID, int], ...]


class PrintedRate(msgspec.Struct, frozen=True):
    """What the printer takes to send it, in whole minor units of the currency that was asked for."""

    key: str
    name: str
    price_micros: int
    days_from: int
    days_until: int


def with_printed(own: Iterable[Rate], said: Sequence[PrintedRate], *, is_all: bool) -> list[Rate]:
    """The ways by which a basket with printed things can be sent.

    Where `is_all` of it is printed these are the printer's, and the first is free from where the label's first is;
    else the label's, each with what the printer takes at the least on top.
    """
    own = list(own)
    if is_all:
        free_from = own[0].free_from_micros if own else None
        return [
            Rate(
                f"{WAY}{each.key}", each.name, (), None, each.price_micros, None if place else free_from,
                each.days_from, each.days_until,
            )
            for place, each in enumerate(said)
        ]  # fmt: skip
    least = min(said, key=lambda each: each.price_micros)
    return [
        rate._replace(
            price_micros=rate.price_micros + least.price_micros,
            days_from=max(rate.days_from, least.days_from),
            days_until=max(rate.days_until, least.days_until),
        )
        for rate in own
    ]


def way_of(shipping: dict[str, object]) -> str:
    """By which of the printer's ways an order is sent."""
    key = str(shipping.get("key", ""))
    return key.removeprefix(WAY) if key.startswith(WAY) else STANDARD


def state_after(state: str, status: str) -> str:
    """Where a fulfilment stands that was asked for, by what the printer says of its order."""
    if state in ("asked", "failed"):
        if status in ("fulfilled", "archived"):
            return "shipped"
        return {"failed": "failed", "canceled": "cancelled"}.get(status, "asked")
    return state
