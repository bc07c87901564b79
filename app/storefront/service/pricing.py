"""What variants cost in a market: by the list, else converted from the label's currency."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.tenant import Tenant
from app.royalties.service import rates
from app.storefront.models import Variant, VariantPrice
from app.storefront.rules.rounding import converted, rounded
from app.storefront.service.markets import MarketView


class Price(NamedTuple):
    """What one of a variant costs, in whole minor units of `currency`; `is_listed`: the label set it for the market."""

    micros: int
    was_micros: int | None
    currency: str
    is_listed: bool


class Own(NamedTuple):
    """A price in the label's currency, and the market's own where there is one."""

    micros: int
    was_micros: int | None
    listed_micros: int | None = None
    listed_was_micros: int | None = None
    cost_micros: int = 0


def rate_to(session: Session, tenant: Tenant, currency: str) -> Decimal | None:
    """How much of a currency one unit of the label's is worth today; None where nobody says so."""
    found = rates.rate(session, tenant.currency, currency, on=clock.day_in(tenant.time_zone))
    return found.value if found else None


def prices(session: Session, tenant: Tenant, market: MarketView, variant_ids: Collection[UUID]) -> dict[UUID, Price]:
    """What variants cost in a market; one that has no price there is missing. Two queries, however many they are."""
    if not variant_ids:
        return {}
    query = (
        select(
            Variant.id,
            Variant.price_micros,
            Variant.was_micros,
            VariantPrice.price_micros,
            VariantPrice.was_micros,
            Variant.cost_micros,
        )
        .join_from(
            Variant,
            VariantPrice,
            and_(VariantPrice.variant_id == Variant.id, VariantPrice.market_id == market.id),
            isouter=True,
        )
        .where(Variant.id.in_(set(variant_ids)))
    )
    rate = rate_to(session, tenant, market.currency)
    found = {
        row[0]: price_of(Own(*row[1:]), market, rate, own_currency=tenant.currency) for row in session.execute(query)
    }
    return {key: price for key, price in found.items() if price is not None}


def price_of(own: Own, market: MarketView, rate: Decimal | None, *, own_currency: str) -> Price | None:
    """One price: the list's, else the label's own, converted and rounded as the market likes it.

    What costs something to make has none where nobody can say how much that is: contracts would see it as nothing.
    """
    if is_cost_unknown(own, market, rate, own_currency):
        return None
    if own.listed_micros is not None:
        return Price(own.listed_micros, own.listed_was_micros, market.currency, is_listed=True)
    if market.currency == own_currency:
        return Price(own.micros, own.was_micros, market.currency, is_listed=False)
    if rate is None:
        return None
    micros, was = (
        None if each is None else rounded(converted(each, rate, market.currency), market.currency, market.rounding)
        for each in (own.micros, own.was_micros)
    )
    assert micros is not None  # noqa: S101
    return Price(micros, was, market.currency, is_listed=False)


def is_cost_unknown(own: Own, market: MarketView, rate: Decimal | None, own_currency: str) -> bool:
    """Whether no rate says what making something costs in a market's currency."""
    return own.cost_micros > 0 and rate is None and market.currency != own_currency
