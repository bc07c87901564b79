"""What a basket comes to: lines, discounts, sending and taxes, so that all of them add up to the minor unit.

Amounts are whole minor units of one currency. Taxes are rounded half up line by line; what is divided is divided by
largest remainder, so that parts make the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from app.kernel.money import WHOLE_PPM, allocate
from app.storefront.rules.discounts import Goods, Offer, Saving, savings
from app.storefront.rules.rounding import half_up
from app.storefront.rules.taxes import Levy


@dataclass(frozen=True, slots=True)
class Part:
    """What a bundle holds of one variant; its own price says which part of the bundle's money is its."""

    quantity: int
    weight: int
    levies: tuple[Levy, ...] = ()
    is_sent: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """So many of a product at a price; a bundle is taxed part by part."""

    product_id: UUID
    quantity: int
    unit: int
    levies: tuple[Levy, ...] = ()
    is_sent: bool = False
    parts: tuple[Part, ...] = ()


class Piece(NamedTuple):
    """So many at one price, less discount, with the tax that is in it or on top; `part` is its place in the bundle."""

    quantity: int
    unit: int
    discount: int
    amount: int
    tax: int
    rate_ppm: int
    net: int
    part: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """An item, reckoned; its pieces add up to it."""

    discount: int
    amount: int
    tax: int
    net: int
    pieces: tuple[Piece, ...]


class TaxSum(NamedTuple):
    """A tax by name and rate, what it is on (without it), and what it comes to."""

    name: str
    rate_ppm: int
    base: int
    tax: int


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A basket, reckoned: `total` is items less discount plus shipping, and tax where prices are without it."""

    lines: tuple[Line, ...]
    savings: tuple[Saving, ...]
    items: int
    discount: int
    shipping: int
    shipping_tax: int
    tax: int
    total: int
    taxes: tuple[TaxSum, ...]


def reckon(
    items: Sequence[Item],
    offers: Sequence[Offer],
    *,
    shipping: int,
    free_from: int | None = None,
    tax_included: bool,
) -> Reckoned:
    """Reckon a basket; sending costs `shipping`, and nothing from `free_from` on, counted after discounts."""
    found = savings([Goods(item.product_id, item.quantity, item.unit) for item in items], offers, shipping)
    off = [sum(saving.by_line[place] for saving in found) for place in range(len(items))]
    sums = _Sums(tax_included)
    lines = tuple(_line(item, less, sums) for item, less in zip(items, off, strict=True))
    whole, discount = sum(item.quantity * item.unit for item in items), sum(off)
    is_free = (free_from is not None and whole - discount >= free_from) or any(each.frees_shipping for each in found)
    sent = 0 if is_free else shipping
    shipping_tax = _shipping_tax(sent, items, lines, sums)
    tax = sum(line.tax for line in lines) + shipping_tax
    total = whole - discount + sent + (0 if tax_included else tax)
    return Reckoned(lines, tuple(found), whole, discount, sent, shipping_tax, tax, total, sums.told())


class _Sums:
    """Taxes as they come together."""

    def __init__(self, tax_included: bool) -> None:
        self.is_included = tax_included
        self._sums: dict[Levy, list[int]] = {}

    def add(self, amount: int, levies: Sequence[Levy]) -> tuple[int, int]:
        """The tax on an amount, and the amount without it."""
        rate = rate_of(levies)
        if rate == 0:
            return 0, amount
        tax = half_up(amount * rate, WHOLE_PPM + rate if self.is_included else WHOLE_PPM)
        net = amount - tax if self.is_included else amount
        for levy, part in zip(levies, allocate(tax, [levy.rate_ppm for levy in levies]), strict=True):
            kept = self._sums.setdefault(levy, [0, 0])
            kept[0], kept[1] = kept[0] + net, kept[1] + part
        return tax, net

    def told(self) -> tuple[TaxSum, ...]:
        """Every tax that came together."""
        return tuple(TaxSum(levy.name, levy.rate_ppm, base, tax) for levy, (base, tax) in self._sums.items())


def rate_of(levies: Sequence[Levy]) -> int:
    """What taxes come to together, in parts per million."""
    return sum(levy.rate_ppm for levy in levies)


def _line(item: Item, discount: int, sums: _Sums) -> Line:
    gross = item.quantity * item.unit
    if not item.parts:
        tax, net = sums.add(gross - discount, item.levies)
        rate = rate_of(item.levies)
        piece = Piece(item.quantity, item.unit, discount, gross - discount, tax, rate, net)
        return Line(discount, piece.amount, tax, net, (piece,))
    weights = [part.quantity * part.weight for part in item.parts]
    shares = allocate(gross, weights if any(weights) else [part.quantity for part in item.parts])
    less = allocate(discount, shares) if gross else [0] * len(shares)
    pieces: list[Piece] = []
    for place, part in enumerate(item.parts):
        tax, net = sums.add(shares[place] - less[place], part.levies)
        piece = Piece(
            part.quantity * item.quantity, 0, less[place], shares[place] - less[place], tax, rate_of(part.levies), net,
            place,
        )  # fmt: skip
        pieces += _evened(piece, shares[place])
    return Line(discount, gross - discount, sum(p.tax for p in pieces), sum(p.net for p in pieces), tuple(pieces))


def _evened(piece: Piece, gross: int) -> list[Piece]:
    """Pieces in each of which everything costs the same: one, or two whose prices differ by a minor unit."""
    unit, more = divmod(gross, piece.quantity)
    even = [(piece.quantity - more, unit), (more, unit + 1)]
    return divided(piece, [(quantity, price) for quantity, price in even if quantity])


def divided(piece: Piece, into: Sequence[tuple[int, int]]) -> list[Piece]:
    """A piece in several, each so many at a price, that together have its discount, tax and amount."""
    grosses = [quantity * unit for quantity, unit in into]
    weights = grosses if any(grosses) else [quantity for quantity, _ in into]
    discounts = allocate(piece.discount, weights)
    amounts = [gross - discount for gross, discount in zip(grosses, discounts, strict=True)]
    taxes = allocate(piece.tax, amounts if any(amounts) else weights)
    is_included = piece.net != piece.amount
    return [
        piece._replace(
            quantity=quantity, unit=unit, discount=discounts[place], amount=amounts[place], tax=taxes[place],
            net=amounts[place] - taxes[place] if is_included else amounts[place],
        )
        for place, (quantity, unit) in enumerate(into)
    ]  # fmt: skip


def _shipping_tax(shipping: int, items: Sequence[Item], lines: Sequence[Line], sums: _Sums) -> int:
    """The tax on sending, which goes with what is sent: divided among it by its amounts, each part at its rates."""
    sent: list[tuple[int, tuple[Levy, ...]]] = []
    for item, line in zip(items, lines, strict=True):
        for piece in line.pieces:
            part = item.parts[piece.part] if piece.part is not None else item
            if part.is_sent:
                sent.append((piece.amount, part.levies))
    if not sent or shipping == 0:
        return 0
    grouped: dict[tuple[Levy, ...], int] = {}
    for amount, levies in sent:
        grouped[levies] = grouped.get(levies, 0) + amount
    amounts = list(grouped.values())
    shares = allocate(shipping, amounts if any(amounts) else [1] * len(amounts))
    return sum(sums.add(share, levies)[0] for share, levies in zip(shares, grouped, strict=True))
