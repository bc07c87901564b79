"""Markets: which countries see which prices, and the shop as it is when a label turns it on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from app.storefront.models import Market, ShippingRate, StockLocation, StoreSettings, TaxRegistration
from app.storefront.rules.taxes import table
from app.storefront.rules.usual import WORLD, Sent, UsualMarket, home_of, usual_markets

BY_STATE: Final = frozenset({"US"})
"""Where states collect, and the country does not."""


class MarketView(msgspec.Struct, frozen=True):
    """A market as pages and computations see it."""

    id: UUID
    key: str
    name: str
    names: dict[str, str]
    currency: str
    countries: tuple[str, ...]
    languages: tuple[str, ...]
    is_rest: bool
    tax_shown: str
    rounding: str
    methods: tuple[str, ...]
    is_open: bool

    @staticmethod
    def of(row: Market) -> MarketView:
        """The view of a row."""
        return MarketView(
            id=row.id,
            key=row.key,
            name=row.name,
            names=dict(row.names),
            currency=row.currency,
            countries=tuple(row.countries),
            languages=tuple(row.languages),
            is_rest=row.is_rest,
            tax_shown=row.tax_shown,
            rounding=row.rounding,
            methods=tuple(row.methods),
            is_open=row.is_open,
        )


def markets(session: Session) -> list[MarketView]:
    """The label's markets in their order; the first one is its home."""
    return [MarketView.of(row) for row in session.scalars(select(Market).order_by(Market.position, Market.id))]


def market_of(markets: Sequence[MarketView], country: str) -> MarketView:
    """The market that sells to a country: that names it, else the one for all others, else the first."""
    named = next((each for each in markets if country in each.countries), None)
    return named or next((each for each in markets if each.is_rest), markets[0])


def open_shop(session: Session, actor: Actor, tenant: Tenant, *, country: str | None = None) -> None:
    """Give a label the usual markets, ways of sending, settings, a place for stock and its own country's tax; once.

    The country is where it sends from; where nobody says so it is that of the label's clocks.
    """
    now = clock.now()
    country = country or home_of(tenant.currency, tenant.time_zone)
    settings = upsert(StoreSettings).values(id=1, is_open=True, ships_from=country, changed_at=now)
    made = session.execute(settings.on_conflict_do_nothing().returning(StoreSettings.id)).first()
    if made is None:
        return
    rows: list[dict[str, Any]] = []
    sent: list[dict[str, Any]] = []
    for position, usual in enumerate(usual_markets(tenant.currency, country)):
        rows.append(_row(usual, position, tenant.languages[0]))
        sent += [_sent(rows[-1]["id"], place, way) for place, way in enumerate(usual.sent)]
    session.execute(insert(Market), rows)
    session.execute(insert(ShippingRate), sent)
    place = upsert(StockLocation).values(id=ids.new_id(), name=tenant.name or country, country=country)
    session.execute(place.on_conflict_do_nothing())  # somebody may have made one of that name before
    if country in table().rows and country not in BY_STATE:
        today = clock.day_in(tenant.time_zone, now)
        here = TaxRegistration(id=ids.new_id(), scheme="domestic", country=country, number="", starts_on=today)
        session.add(here)
    session.flush()
    after = {"country": country, "currency": tenant.currency}
    activity.record(session, actor, "shop.opened", subject_type="shop", after=after)


def _row(usual: UsualMarket, position: int, first: str) -> dict[str, Any]:
    others = {language: name for language, name in usual.names.items() if language != first}
    return {
        "id": ids.new_id(), "key": usual.key, "name": usual.names.get(first, usual.name), "names": others,
        "currency": usual.currency,
        "countries": list(usual.countries), "languages": list(usual.languages), "is_rest": usual.key == WORLD,
        "tax_shown": usual.tax_shown, "rounding": usual.rounding, "position": position,
    }  # fmt: skip


def _sent(market_id: UUID, position: int, way: Sent) -> dict[str, Any]:
    return {
        "id": ids.new_id(), "market_id": market_id, "name": way.name, "names": way.names,
        "price_micros": way.price_micros, "free_from_micros": way.free_from_micros, "days_from": way.days[0],
        "days_until": way.days[1], "position": position,
    }  # fmt: skip
