"""Past sales as a contract that is only drafted would meet them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

import polars as pl
from sqlalchemy import bindparam, case, func, select
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.orm import Session

from app.contracts.models import Contract, Recoupable
from app.contracts.queries.lists import newest_terms
from app.contracts.rules.fitting import Circumstances
from app.contracts.rules.terms import Terms
from app.contracts.service import drafting
from app.contracts.service.favouring import favoured
from app.kernel import ids
from app.kernel.money import WHOLE_PPM, exact
from app.royalties.models import SalesContext, SalesLine
from app.royalties.rules.imagining import Sold
from app.royalties.rules.positions import Charge
from app.royalties.service import rates, resolving

MOST_MONTHS: Final = 120


class Invented(NamedTuple):
    """Sales that somebody thinks of: so many units a month, what each brings, and what it costs where that is known."""

    channel: str
    territory: str | None
    units: Decimal
    net: Decimal
    price: Decimal | None = None


def terms_of(session: Session, contract: Contract) -> Terms:
    """The newest terms of a contract, with the better rates of those that it follows."""
    terms = drafting.latest(session, contract.id).read()
    return favoured(contract.id, {**newest_terms(session, terms.most_favoured), contract.id: terms})


def invented(sales: Iterable[Invented], today: date, months: int) -> list[Sold]:
    """The same sales every month, from this one on."""
    found = []
    for each in sales:
        for month in range(months):
            day = date(today.year + (today.month - 1 + month) // 12, (today.month - 1 + month) % 12 + 1, 1)
            sale = Circumstances(each.territory, each.channel, None, None, None, "", day)
            found.append(_thought_of(sale, each))
    return found


def _thought_of(sale: Circumstances, each: Invented) -> Sold:
    with exact():
        total = each.units * each.net
        priced = each.units * each.price if each.price is not None else Decimal(0)
    lacking = each.units if each.price is None else Decimal(0)
    return Sold(sale, sale.sold_on, each.units, total, total, priced, priced, lacking, lacking)


def an_advance(micros: int) -> Charge:
    """An advance that somebody thinks of."""
    return Charge(ids.new_id(), "", "advance", micros)


def past_sales(session: Session, contract: Contract, currency: str, first: date, last: date) -> tuple[list[Sold], int]:
    """What sold from a day to another of what a contract is about; and how many groups lack an exchange rate.

    A sale is worth what its currency was when it was made, or where nobody noted that, on the last day asked for.
    """
    found = resolving.candidates(session, also=contract.id).filter(pl.col("contract_id") == str(contract.id))
    pieces = resolving.pieces(session).join(found.select("piece", "scope").unique(), on="piece")
    places: dict[int, list[tuple[str | None, int]]] = {}
    for row in pieces.iter_rows(named=True):
        places.setdefault(row["asset_id"], []).append((row["scope"] or None, row["whole"]))
    sold, lacking = [], 0
    known: dict[tuple[str, date], Decimal | None] = {}
    for group in session.execute(_grouped(list(places), first, last)):
        code = group.SalesContext.currency, group.SalesContext.sold_until
        if code not in known:
            found_on = (rates.rate(session, code[0], currency, on=day) for day in (code[1], last))
            known[code] = next((rate.value for rate in found_on if rate), None)
        parts = [whole for scope, whole in places[group.asset_id] if scope in (None, group.SalesContext.territory)]
        fx = known[code]
        if fx is None:
            lacking += 1
        elif parts:
            sold += list(_as_sold(group, fx, len(parts), max(parts)))
    return sold, lacking


def _grouped(assets: list[int], first: date, last: date) -> Any:
    quantity, price, retail = SalesLine.quantity, SalesLine.unit_price, SalesLine.retail_price
    wanted = bindparam("assets", assets, ARRAY(BIGINT))
    return (
        select(
            SalesLine.asset_id,
            SalesContext,
            func.sum(quantity).label("quantity"),
            func.sum(SalesLine.net).label("net"),
            func.sum(func.coalesce(SalesLine.gross, SalesLine.net)).label("gross"),
            func.coalesce(func.sum(quantity * price), 0).label("dealer"),
            func.coalesce(func.sum(quantity * retail), 0).label("retail"),
            func.sum(case((price.is_(None), quantity), else_=0)).label("unpriced"),
            func.sum(case((retail.is_(None), quantity), else_=0)).label("unretailed"),
        )
        .join(SalesContext, SalesContext.id == SalesLine.context_id)
        .where(SalesLine.asset_id == func.any(wanted), SalesContext.sold_from.between(first, last))
        .group_by(SalesLine.asset_id, SalesContext.id)
        .order_by(SalesContext.sold_from, SalesContext.id, SalesLine.asset_id)
    )


def _as_sold(row: Any, fx: Decimal, parts: int, whole: int) -> Iterator[Sold]:
    """A group of sales in the contract's currency; of a product that is looked at by tracks the parts it is about."""
    context: SalesContext = row.SalesContext
    sale = Circumstances(
        context.territory, context.channel, context.configuration, context.price_band, context.commercial_model,
        context.source, context.sold_from,
    )  # fmt: skip
    with exact():
        own = Decimal(min(parts, whole)) / whole
        money = [Decimal(value) * fx * own for value in (row.net, row.gross, row.dealer, row.retail)]
        units = [Decimal(value) * own for value in (row.quantity, row.unpriced, row.unretailed)]
    yield Sold(sale, context.sold_from.replace(day=1), units[0], *money, *units[1:])


def charges(session: Session, contract_id: UUID) -> list[Charge]:
    """What would be recouped: every advance and cost that nobody rejected, in its order."""
    query = select(Recoupable).where(Recoupable.contract_id == contract_id, Recoupable.state != "rejected")
    rows = session.scalars(query.order_by(Recoupable.position, Recoupable.incurred_on, Recoupable.id))
    return [Charge(row.id, row.name, row.kind, row.amount_micros * row.recoupable_ppm // WHOLE_PPM) for row in rows]
