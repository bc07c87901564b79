"""What a basket costs, as pages show it and orders keep it. Amounts are micros, whole minor units of the currency."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec

from app.storefront.rules.printing import Wanted


class QuotePart(msgspec.Struct, frozen=True, kw_only=True):
    """So many of what a bundle holds, and their part of its money."""

    variant_id: UUID
    product_id: UUID
    title: str
    variant: str
    kind: str
    quantity: int
    unit_micros: int
    discount_micros: int
    amount_micros: int
    tax_micros: int
    tax_ppm: int
    net_micros: int


class QuoteLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a basket: quantity times unit less discount is the amount; tax is in it or on top, as the quote says.

    `problem`: "sold_out", "only_n" (`left` are there), "not_here", "price_gone"; with one, nothing can be ordered, and
    a line that cannot be had at all is not counted. `tax_ppm` is 0 where a bundle's parts bear different rates.
    """

    line_id: UUID
    variant_id: UUID
    product_id: UUID
    slug: str
    title: str
    variant: str
    kind: str
    quantity: int
    unit_micros: int
    was_micros: int | None = None
    discount_micros: int
    amount_micros: int
    tax_micros: int
    tax_ppm: int
    net_micros: int
    is_named_price: bool = False
    ships_on: str | None = None
    interval: str | None = None
    gift: dict[str, str] | None = None
    problem: str | None = None
    left: int | None = None
    parts: list[QuotePart] = []


class TaxLine(msgspec.Struct, frozen=True):
    """A tax by name and rate, what it is on (without it), and what it comes to."""

    name: str
    rate_ppm: int
    base_micros: int
    micros: int


class DiscountLine(msgspec.Struct, frozen=True):
    """A discount that counts, and what it takes off; `free_shipping` takes nothing off the items."""

    id: UUID
    code: str | None
    name: str
    kind: str
    micros: int


class Way(msgspec.Struct, frozen=True):
    """A way of sending; days are working days. `own` is what the label calls it, `names` are for readers of others."""

    key: str
    name: str
    price_micros: int
    days_from: int
    days_until: int
    own: str = ""
    names: Mapping[str, str] = {}


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What a basket costs. `total_micros` is items less discount plus shipping, and tax where it is not included.

    `tax_micros` has the tax on shipping in it. Without a country nothing is known of taxes; `needs_region`: tax there
    depends on the state or province. `way` is the one that is counted.
    """

    currency: str
    tax_included: bool
    lines: list[QuoteLine]
    items_micros: int
    discount_micros: int
    shipping_micros: int
    shipping_tax_micros: int
    tax_micros: int
    total_micros: int
    taxes: list[TaxLine]
    discounts: list[DiscountLine]
    ways: list[Way]
    way: str | None
    country: str | None
    region: str | None
    needs_address: bool
    needs_country: bool
    needs_region: bool
    printed: Wanted | None = None
    """What the printer has to be asked, outside of any transaction, for its rates to count in the next quote."""

    @property
    def is_orderable(self) -> bool:
        """Whether everything in it can be had."""
        return bool(self.lines) and all(line.problem is None for line in self.lines)

    @property
    def is_membership(self) -> bool:
        """Whether something in it is charged again and again, which only a fan who is known can agree to."""
        kinds = {line.kind for line in self.lines} | {part.kind for line in self.lines for part in line.parts}
        return "membership" in kinds
