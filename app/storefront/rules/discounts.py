"""What discounts take off: of which goods, how much, and which of them count together.

All amounts are whole minor units of one currency. A discount is divided among its goods by what they cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from app.kernel.money import WHOLE_PPM, allocate
from app.storefront.rules.rounding import half_up

ORDER: Final = ("buy_x", "percent", "amount", "free_shipping")
"""In which discounts that count together are taken off, each of what the one before has left."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A discount that runs: `value` is ppm of percent, minor units of an amount; without products it is for all."""

    id: UUID
    code: str | None
    name: str
    kind: str
    value: int = 0
    buy: int = 0
    get: int = 0
    product_ids: frozenset[UUID] = frozenset()
    least: int = 0
    stacks: bool = False

    def is_for(self, product_id: UUID) -> bool:
        """Whether it is about a product."""
        return not self.product_ids or product_id in self.product_ids


class Goods(NamedTuple):
    """So many of a product, and what one costs."""

    product_id: UUID
    quantity: int
    unit: int


class Saving(NamedTuple):
    """What a discount takes off each line, or that sending is free."""

    offer: Offer
    by_line: tuple[int, ...]
    frees_shipping: bool = False


def savings(goods: Sequence[Goods], offers: Sequence[Offer], shipping: int) -> list[Saving]:
    """What is taken off: the best single discount, or all that count together where these take off more."""
    alone = [[offer] for offer in offers]
    together = sorted(
        (offer for offer in offers if offer.stacks), key=lambda offer: (ORDER.index(offer.kind), offer.id)
    )
    best: list[Saving] = []
    for chosen in [together, *alone]:
        found = _applied(goods, chosen)
        if worth(found, shipping) > worth(best, shipping):
            best = found
    return best


def worth(found: Sequence[Saving], shipping: int) -> int:
    """How much cheaper some savings make it in all."""
    freed = shipping if any(saving.frees_shipping for saving in found) else 0
    return sum(sum(saving.by_line) for saving in found) + freed


def _applied(goods: Sequence[Goods], offers: Sequence[Offer]) -> list[Saving]:
    left = [each.quantity * each.unit for each in goods]
    found = []
    for offer in offers:
        meant = [offer.is_for(each.product_id) for each in goods]
        whole = sum(each.quantity * each.unit for each, is_meant in zip(goods, meant, strict=True) if is_meant)
        if not any(meant) or whole < offer.least:
            continue
        if offer.kind == "free_shipping":
            found.append(Saving(offer, (0,) * len(goods), frees_shipping=True))
            continue
        off = _off(offer, goods, left, meant)
        if any(off):
            left = [amount - less for amount, less in zip(left, off, strict=True)]
            found.append(Saving(offer, tuple(off)))
    return found


def _off(offer: Offer, goods: Sequence[Goods], left: Sequence[int], meant: Sequence[bool]) -> list[int]:
    open_ = [amount if is_meant else 0 for amount, is_meant in zip(left, meant, strict=True)]
    whole = sum(open_)
    if whole <= 0:
        return [0] * len(goods)
    if offer.kind == "buy_x":
        return [min(off, most) for off, most in zip(_free(offer, goods, meant), open_, strict=True)]
    off = half_up(whole * offer.value, WHOLE_PPM) if offer.kind == "percent" else offer.value
    return allocate(min(off, whole), open_)


def _free(offer: Offer, goods: Sequence[Goods], meant: Sequence[bool]) -> list[int]:
    """What the cheapest cost of which `get` are free with each `buy`."""
    count = sum(each.quantity for each, is_meant in zip(goods, meant, strict=True) if is_meant)
    free = count // (offer.buy + offer.get) * offer.get
    off = [0] * len(goods)
    for place in sorted(range(len(goods)), key=lambda place: (goods[place].unit, place)):
        if meant[place]:
            mine = min(free, goods[place].quantity)
            off[place], free = mine * goods[place].unit, free - mine
    return off
