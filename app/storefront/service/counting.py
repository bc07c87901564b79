"""Stock counted anew: many at once, each noted as what it differs by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.storefront.models import StockLocation
from app.storefront.queries import stocks as queries
from app.storefront.rules.portal_refusals import CountsUnusable
from app.storefront.service import stock

COUNTED: Final = "counted"


def count(session: Session, actor: Actor, place: StockLocation, counts: Mapping[str, int]) -> int:
    """Have so many of each SKU at a place; gives how many differed. An SKU that nobody knows refuses all of them."""
    known = queries.by_sku(session, counts.keys())
    for line, sku in enumerate(counts, start=1):
        if sku not in known:
            raise CountsUnusable(CountsUnusable.UNKNOWN, line=line, text=sku[:60])
    held = queries.on_hand_at(session, known.values(), place.id)
    changed = 0
    for sku in sorted(counts, key=lambda each: known[each]):  # rows of stock are locked in one order everywhere
        variant = known[sku]
        by = counts[sku] - held.get(variant, 0)
        if by or variant not in held:
            stock.move(session, actor, variant, place.id, by, COUNTED)
            changed += 1
    return changed
