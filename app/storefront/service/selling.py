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


def note_fee(session: Session, order: Order, payment: Payment, on: date) -> list[StoreSale]:
    """Note a fee that was told late: each line bears its part, and what was given back since gave back a part, too.

    So every line, and every refund of it, stands as if the fee had been known from the beginning.
    """
    query = select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
    lines = list(session.scalars(query))
    parts = fees(payment.fee_micros, [*map(price_of, lines), shipping_of(order)])
    held: dict[UUID, list[StoreSale]] = {line.id: [] for line in lines}
    for row in session.scalars(select(StoreSale).where(StoreSale.line_id.in_(held)).order_by(StoreSale.number)):
        held[row.line_id].append(row)
    sales = []
    for line, fee in zip(lines, parts, strict=False):
        sold = next((row for row in held[line.id] if row.refund_id is None), None)
        if sold is None or not fee:
            continue
        sales.append(_row(line, Sale(0, 0, fee, 0), 0, order.currency, on, is_fee=True))
        sales += _fees_back(line, sold, held[line.id], fee, order.currency, on)
    session.add_all(sales)
    session.flush()
    return sales


def _fees_back(
    line: OrderLine, sold: StoreSale, rows: Sequence[StoreSale], fee: int, currency: str, on: date
) -> list[StoreSale]:
    """What of a line's part of a fee went back with each of its refunds."""
    whole, gone, found = sold.gross_micros or sold.quantity, 0, []
    for row in rows:
        if row.refund_id is None:
            continue
        now = -(row.gross_micros if sold.gross_micros else row.quantity)
        back = given_back(Sale(0, 0, fee, 0), before=gone, now=now, whole=whole)
        gone += now
        if back.fee:
            found.append(_row(line, Sale(0, 0, -back.fee, 0), 0, currency, on, row.refund_id, is_fee=True))
    return found


def _stands(rows: Sequence[StoreSale]) -> tuple[Sale, int, int]:
    """The sale of a line, and what of its price and of its quantity was given back so far."""
    sold = [row for row in rows if row.refund_id is None]
    back = [row for row in rows if row.refund_id is not None]
    sale = Sale(
        sum(row.gross_micros for row in sold),
        sum(row.tax_micros for row in sold),
        sum(row.fee_micros for row in sold),
        sum(row.cost_micros for row in sold),
    )
    return sale, -sum(row.gross_micros for row in back), -sum(row.quantity for row in back)


def _row(
    line: OrderLine,
    sale: Sale,
    quantity: int,
    currency: str,
    on: date,
    refund_id: UUID | None = None,
    *,
    is_fee: bool = False,
) -> StoreSale:
    return StoreSale(
        is_fee=is_fee,
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
