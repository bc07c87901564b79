"""What a basket or an order comes to, as its pages spell it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec
from babel.numbers import format_percent
from sqlalchemy.orm import Session

from app.kernel.money import format_money
from app.kernel.web.languages import say
from app.storefront.models import Order
from app.storefront.pages.pictures import Picture, picture
from app.storefront.queries import pictured
from app.storefront.rules.quotes import Quote, TaxLine
from app.storefront.rules.taxes import LEVIES

THUMBNAIL: Final = 320


@dataclass(frozen=True)
class Sum:
    """Amounts in micros of a currency; `shipping_micros` is None where nothing is sent or nobody knows yet to where."""

    locale: str
    currency: str
    items_micros: int
    discounts: Sequence[tuple[str, int | None]]
    """Name, and what it takes off the items; None for one that makes sending free."""

    shipping_micros: int | None
    taxes: Sequence[TaxLine]
    tax_included: bool
    total_micros: int

    def money(self, micros: int) -> str:
        """An amount as the reader spells it."""
        return format_money(micros, self.currency, self.locale)

    def percent(self, ppm: int) -> str:
        """A rate as the reader spells it."""
        return format_percent(ppm / 1_000_000, format="#,##0.###%", locale=self.locale)

    @property
    def isolated(self) -> str:
        """The total for the middle of a sentence, whichever way that runs."""
        return f"\u2066{self.money(self.total_micros)}\u2069"


def of_quote(quote: Quote, language: str) -> Sum:
    """What a basket comes to."""
    is_known = quote.needs_address and quote.way is not None and not quote.needs_country
    return Sum(
        _locale(language),
        quote.currency,
        quote.items_micros,
        [(each.name, None if each.kind == "free_shipping" else each.micros) for each in quote.discounts],
        quote.shipping_micros if is_known else None,
        [msgspec.structs.replace(tax, name=_levy(tax.name, language)) for tax in quote.taxes],
        quote.tax_included,
        quote.total_micros,
    )


def of_order(order: Order, language: str) -> Sum:
    """What an order came to."""
    return Sum(
        _locale(language),
        order.currency,
        order.items_micros,
        [(str(each["name"]), None if each["kind"] == "free_shipping" else each["micros"]) for each in order.discounts],
        order.shipping_micros if order.shipping else None,
        [
            TaxLine(_levy(each["name"], language), each["rate_ppm"], each["base_micros"], each["micros"])
            for each in order.taxes
        ],
        order.tax_included,
        order.total_micros,
    )


def pictures(session: Session, product_ids: Collection[UUID]) -> dict[UUID, Picture | None]:
    """A small picture for each product that has one."""
    rows: Sequence[tuple[UUID, Mapping[str, Any] | None]] = (
        session.execute(pictured.of_products(product_ids)).all() if product_ids else []
    )
    return {product_id: picture(copies, most=THUMBNAIL) for product_id, copies in rows}


def _levy(name: str, language: str) -> str:
    return say(LEVIES[name], language) if name in LEVIES else name


def _locale(language: str) -> str:
    return language.replace("-", "_")
