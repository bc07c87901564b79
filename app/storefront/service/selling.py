"""What of orders is sales: a row for each line that was paid and for each part of one that was given back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.storefront.models import Order, OrderLine, Payment, Refund, StoreSale
from app.storefront.rules.portions import Sale, fees, given_back
from app.storefront.service.refunding import price_of, shipping_of


def note_paid(
    session: Session, order: Order, payment: Payment | None, lines: Sequence[OrderLine], on: date
) -> list[StoreSale]:
    """Note the lines of an order that was paid; each bears its part of the gateway's fee, as sending bears its own."""
    parts = fees(payment.fee_micros if payment else 0, [*map(price_of, lines), shipping_of(order)])
    sales = []
    for line, fee in zip(lines, parts, strict=False):
        sale = Sale(price_of(line), line.tax_micros, fee, line.cost_micros)
        sales.append(_row(line, sale, line.quantity, order.currency, on))
    session.add_all(sales)
    session.flush()
    return sales


def note_refund(session: Session, order: Order, made: Refund, on: date) -> list[StoreSale]:
    """Note what a refund takes back of each line: price, tax, fee and making in the proportion in which they came."""
    parts = {UUID(part["line"]): part for part in made.lines}
    lines = {line.id: line for line in session.scalars(select(OrderLine).where(OrderLine.id.in_(parts)))}
    known: dict[UUID, list[StoreSale]] = {key: [] for key in parts}
    for row in session.scalars(select(StoreSale).where(StoreSale.line_id.in_(parts))):
        known[row.line_id].append(row)
    sales = []
    for key, part in parts.items():
        sale, before, before_units = _stands(known[key])
        whole, gone, now = (
            (sale.gross, before, part["micros"])
            if sale.gross
            else (lines[key].quantity, before_units, part["quantity"])
        )
        back = given_back(sale, before=gone, now=now, whole=whole)
        taken = Sale(*(-each for each in back))
        sales.append(_row(lines[key], taken, -part["quantity"], order.currency, on, made.id))
    session.add_all(sales)
    session.flush()
    return sales


def _stands(rows: Sequence[StoreSale]) -> tuple[Sale, int, int]:
    """The sale of a line, and what of its price and of its quantity was given back so far."""
    first = next(row for row in rows if row.refund_id is None)
    back = [row for row in rows if row.refund_id is not None]
    sale = Sale(first.gross_micros, first.tax_micros, first.fee_micros, first.cost_micros)
    return sale, -sum(row.gross_micros for row in back), -sum(row.quantity for row in back)


def _row(
    line: OrderLine, sale: Sale, quantity: int, currency: str, on: date, refund_id: UUID | None = None
) -> StoreSale:
    return StoreSale(
        line_id=line.id,
        refund_id=refund_id,
        sold_on=on,
        currency=currency,
        quantity=quantity,
        gross_micros=sale.gross,
        tax_micros=sale.tax,
        fee_micros=sale.fee,
        cost_micros=sale.cost,
        net_micros=sale.net,
    )
