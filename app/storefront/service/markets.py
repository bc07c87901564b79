"""Markets as pages and baskets see them."""

from __future__ import annotations

from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.storefront.models import Market


class MarketView(msgspec.Struct, frozen=True):
    """A market as it stands."""

    id: UUID
    key: str
    name: str
    currency: str
    countries: tuple[str, ...]
    languages: tuple[str, ...]
    is_rest: bool
    tax_shown: str
    rounding: str
    methods: tuple[str, ...]
    is_open: bool


def markets(session: Session) -> list[MarketView]:
    """The label's markets, in its own order."""
    rows = session.scalars(select(Market).order_by(Market.position, Market.key))
    return [
        MarketView(
            row.id, row.key, row.name, row.currency, tuple(row.countries), tuple(row.languages), row.is_rest,
            row.tax_shown, row.rounding, tuple(row.methods), row.is_open,
        )
        for row in rows
    ]  # fmt: skip


def market_of(markets: list[MarketView], country: str) -> MarketView:
    """The market that names a country, else the one of all others, else the first."""
    named = (market for market in markets if country in market.countries)
    rest = (market for market in markets if market.is_rest)
    return next(named, None) or next(rest, None) or markets[0]
