"""Exchange rates: kept with their day and source, and found for the end of a period."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel.money import exact, is_currency
from app.royalties.errors import RateUnusable
from app.royalties.models import ExchangeRate

LASTS_DAYS = 366
"""An older rate is none."""


class Rate(NamedTuple):
    """A rate, the day it is of, and who says so."""

    value: Decimal
    on: date
    source: str

    def told(self) -> dict[str, str]:
        """The rate as a run keeps it."""
        return {"rate": f"{self.value:f}", "on": self.on.isoformat(), "source": self.source}


def keep_rate(
    session: Session, by: UUID | None, *, base: str, quote: str, on: date, rate: Decimal, source: str
) -> None:
    """Note how much of `quote` one unit of `base` is on a day, in place of what was noted before."""
    if not (is_currency(base) and is_currency(quote) and base != quote and rate.is_finite() and rate > 0):
        raise RateUnusable
    values = {"rate": rate, "source": source, "created_by": by}
    row = insert(ExchangeRate).values(base=base, quote=quote, on=on, **values)
    session.execute(row.on_conflict_do_update(index_elements=["base", "quote", "on"], set_=values))


def in_one_currency(session: Session, micros: Mapping[str, int], currency: str, *, on: date) -> Decimal | None:
    """What amounts by currency come to in one, by the newest rates up to a day; None where a rate is not known."""
    with exact():
        total = Decimal(0)
        for each, amount in micros.items():
            known = rate(session, each, currency, on=on) if amount else None
            if amount and known is None:
                return None
            total += amount * (known.value if known else 0)
        return total


def rate(session: Session, base: str, quote: str, *, on: date) -> Rate | None:
    """The newest rate up to a day, from either side of the pair; 1 of a currency to itself."""
    if base == quote:
        return Rate(Decimal(1), on, "")
    straight = and_(ExchangeRate.base == base, ExchangeRate.quote == quote)
    turned = and_(ExchangeRate.base == quote, ExchangeRate.quote == base)
    query = select(ExchangeRate).where(or_(straight, turned), ExchangeRate.on <= on)
    found = session.scalars(query.order_by(ExchangeRate.on.desc(), (ExchangeRate.base == base).desc()).limit(1)).first()
    if found is None or (on - found.on).days > LASTS_DAYS:
        return None
    with exact():
        return Rate(found.rate if found.base == base else 1 / found.rate, found.on, found.source)
