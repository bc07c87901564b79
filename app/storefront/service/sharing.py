"""What of an order's lines contracts give to the artists' side: by the same engine that pays royalties."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import polars as pl
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.contracts.rules.fitting import Circumstances, clause_for, factor
from app.kernel.money import exact, from_micros
from app.royalties.rules.dividing import micros_of
from app.royalties.rules.pricing import Sold, royalty_of
from app.royalties.rules.stretches import Stretch
from app.royalties.service import compiling, resolving
from app.royalties.service.compiling import Deals
from app.royalties.service.posting import OWN_SHOP
from app.royalties.service.resolving import Used
from app.storefront.models import Order, OrderLine, StoreSale
from app.storefront.rules.channels import channel_of

_USED: Final = """
SELECT given.* FROM unnest(
  string_to_array(%(ids)s, ',')::bigint[], string_to_array(%(recordings)s, ',', '')::uuid[],
  string_to_array(%(releases)s, ',', '')::uuid[], string_to_array(%(artists)s, ',', '')::uuid[]
) given (id, recording_id, release_id, artist_id)
"""


def share(session: Session, order: Order) -> None:
    """Note for every line what contracts give the artists' side of it, in the order's currency; None where none does.

    What grows with sales is taken at its first step: what an artist is paid in the end stands in the statement.
    """
    query = select(OrderLine, StoreSale).join(StoreSale, StoreSale.line_id == OrderLine.id)
    rows = session.execute(query.where(OrderLine.order_id == order.id, _is_sale()).order_by(OrderLine.position)).all()
    late = _late_fees(session, order)
    about = [(line, sale) for line, sale in rows if line.recording_id or line.release_id or line.artist_id]
    if not about:
        return
    sold_on = about[0][1].sold_on
    found = _paying(session, [line for line, _ in about], order.country, sold_on)
    known = compiling.deals(session, Stretch(sold_on, sold_on))
    held = compiling.with_versions(found, known)
    for place, (line, sale) in enumerate(about):
        net = sale.net_micros - late.get(line.id, 0)
        line.artists_micros = _earned(held.filter(pl.col("asset_id") == place), known, line, sale, net, order.country)
    session.flush()


def _is_sale() -> ColumnElement[bool]:
    return StoreSale.refund_id.is_(None) & StoreSale.is_fee.is_(False)


def _late_fees(session: Session, order: Order) -> dict[UUID, int]:
    """What lines bear of a fee that was told after they were sold."""
    query = select(StoreSale.line_id, StoreSale.fee_micros).join(OrderLine, OrderLine.id == StoreSale.line_id)
    is_late = StoreSale.refund_id.is_(None) & StoreSale.is_fee
    rows = session.execute(query.where(OrderLine.order_id == order.id, is_late))
    return {row.line_id: row.fee_micros for row in rows}


def _paying(session: Session, lines: Sequence[OrderLine], territory: str, sold_on: date) -> pl.DataFrame:
    """Which contracts pay which line, and of how many equal parts each of its pieces is."""

    def spelled(values: Sequence[UUID | None]) -> str:
        return ",".join(value.hex if value else "" for value in values)

    values: dict[str, object] = {
        "ids": ",".join(map(str, range(len(lines)))),
        "recordings": spelled([line.recording_id for line in lines]),
        "releases": spelled([None if line.recording_id else line.release_id for line in lines]),
        "artists": spelled([None if line.recording_id or line.release_id else line.artist_id for line in lines]),
    }
    used = Used(_USED, values)
    pieces = resolving.pieces(session, used)
    asked = pieces.select("piece").with_columns(territory=pl.lit(territory, pl.String), sold_on=pl.lit(sold_on))
    chosen = resolving.choose(asked, resolving.candidates(session, used))
    return chosen.join(pieces.select("piece", "asset_id", "whole"), on="piece")


def _earned(
    held: pl.DataFrame, known: Deals, line: OrderLine, sale: StoreSale, net_micros: int, territory: str
) -> int | None:
    total, is_any = Decimal(0), False
    circumstances = Circumstances(territory, channel_of(line), None, None, None, OWN_SHOP, sale.sold_on)
    for row in held.iter_rows(named=True):
        amount = _royalty(row, known, sale, net_micros, circumstances)
        if amount is not None:
            is_any = True
            with exact():
                total += amount
    return micros_of(total) if is_any else None


def _royalty(
    row: dict[str, Any], known: Deals, sale: StoreSale, net_micros: int, circumstances: Circumstances
) -> Decimal | None:
    clause = clause_for(known.terms[UUID(row["version_id"])].clauses, circumstances)
    if clause is None:
        return None
    with exact():
        gross = from_micros(sale.gross_micros - sale.tax_micros)
        retail = from_micros(sale.gross_micros) / sale.quantity if sale.quantity else None
        sold = Sold(Decimal(sale.quantity), from_micros(net_micros), gross, None, retail)
        own = royalty_of(clause, sold, factor=factor(clause, circumstances), rate=clause.rate)
        return own / int(row["whole"])
