"""The lines of an order, written from what was reckoned and where it was set aside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.kernel import ids
from app.kernel.db import table_of
from app.storefront.models import Order, OrderLine
from app.storefront.rules.reckoning import Piece, divided
from app.storefront.rules.rounding import converted, minor_step
from app.storefront.service.gathering import Thing, titled
from app.storefront.service.quoting import Prepared, Priced
from app.storefront.service.stock import Taken

_INSERT: Final = insert(table_of(OrderLine))
NOTHING: Final = Piece(0, 0, 0, 0, 0, 0, 0)


def write_lines(session: Session, order: Order, found: Prepared, taken: dict[UUID, list[Taken]], language: str) -> None:
    """Write a line for each price and place: a bundle's own line has the price that was shown, its parts the money."""
    writer = _Writer(order, found, taken, language)
    for priced, line in zip(found.lines, found.reckoned.lines, strict=True):
        writer.write(priced, line.pieces)
    session.execute(_INSERT, writer.rows)


class _Writer:
    def __init__(self, order: Order, found: Prepared, taken: dict[UUID, list[Taken]], language: str) -> None:
        self.rows: list[dict[str, Any]] = []
        self._order, self._found, self._language = order, found, language
        self._left = {key: list(places) for key, places in taken.items()}
        self._step = minor_step(order.currency)

    def write(self, priced: Priced, pieces: Sequence[Piece]) -> None:
        """The lines of one line of the basket."""
        thing, bundle_id = priced.held.thing, None
        if thing.product.kind == "bundle":
            shown = NOTHING._replace(quantity=priced.held.line.quantity, unit=priced.unit_micros // self._step)
            bundle_id = self._row(thing, shown, None, None, priced.held.line.gift)
        for piece in pieces:
            part = thing if piece.part is None else priced.held.parts[piece.part]
            portions = list(self._portions(part.variant.id, piece.quantity))
            split = divided(piece, [(each.quantity, piece.unit) for each in portions])
            for each, portion in zip(split, portions, strict=True):
                self._row(part, each, bundle_id, portion.location_id, priced.held.line.gift)

    def _portions(self, variant_id: UUID, quantity: int) -> Iterator[Taken]:
        """From where so many of a variant come."""
        places = self._left[variant_id]
        while quantity:
            here = places.pop(0)
            many = min(quantity, here.quantity)
            if many < here.quantity:
                places.insert(0, here._replace(quantity=here.quantity - many))
            yield Taken(here.location_id, many)
            quantity -= many

    def _row(
        self, thing: Thing, piece: Piece, bundle_id: UUID | None, location_id: UUID | None, gift: dict[str, str] | None
    ) -> UUID:
        variant, product, step = thing.variant, thing.product, self._step
        key = ids.new_id()
        self.rows.append({
            "id": key, "order_id": self._order.id, "position": len(self.rows) + 1, "bundle_id": bundle_id,
            "product_id": product.id, "variant_id": variant.id, "kind": product.kind,
            "release_id": product.release_id, "recording_id": product.recording_id, "artist_id": product.artist_id,
            "title": titled(product, self._language), "variant": variant.title, "sku": variant.sku,
            "fulfilled_by": product.fulfilled_by, "ships_on": product.ships_on, "quantity": piece.quantity,
            "unit_micros": piece.unit * step, "discount_micros": piece.discount * step,
            "amount_micros": piece.amount * step, "tax_micros": piece.tax * step, "tax_ppm": piece.rate_ppm,
            "net_micros": piece.net * step, "cost_micros": self._cost(thing, piece), "location_id": location_id,
            "gift": gift if product.kind in ("digital", "bundle") else None,
        })  # fmt: skip
        return key

    def _cost(self, thing: Thing, piece: Piece) -> int:
        """What making so many costs, in the order's currency; nothing where no rate says what that is there."""
        whole, rate = thing.variant.cost_micros * piece.quantity, self._found.rate
        if thing.product.kind == "bundle" or not whole or rate is None:
            return 0
        return whole if rate == 1 else converted(whole, rate, self._order.currency)
