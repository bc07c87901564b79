"""Money for orders: how it came, how it went back, what the gateway told, and what of it is sales."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel
from app.storefront.models.markets import EMPTY, MOMENT


class Payment(LabelModel):
    """A try to be paid for an order, written before the gateway hears of it, under a key that follows from its id."""

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'acting', 'paid', 'failed', 'cancelled')", name="state"),
        CheckConstraint("amount_micros > 0", name="amount"),
        Index("ix_payments_order_id", "order_id"),
        Index("uq_payments_reference", "gateway", "reference", unique=True, postgresql_where=text("reference <> ''")),
        Index("uq_payments_paid", "order_id", unique=True, postgresql_where=text("state = 'paid'")),
        Index("ix_payments_open", "started_at", postgresql_where=text("state IN ('open', 'acting')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    gateway: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text, server_default="")
    state: Mapped[str] = mapped_column(Text, server_default="open")
    currency: Mapped[str] = mapped_column(Text)
    amount_micros: Mapped[int] = mapped_column(BigInteger)
    fee_micros: Mapped[int] = mapped_column(BigInteger, server_default="0")
    method: Mapped[str] = mapped_column(Text, server_default="")
    """Card, wallet and the like, with what may be shown of it."""

    problem: Mapped[str | None] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=EMPTY)
    started_at: Mapped[datetime] = mapped_column(MOMENT)
    paid_at: Mapped[datetime | None] = mapped_column(MOMENT)
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)


class Refund(LabelModel):
    """Money that goes back, of which lines and why; written before the gateway hears of it."""

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'sent', 'done', 'failed')", name="state"),
        CheckConstraint("amount_micros > 0", name="amount"),
        Index("ix_refunds_order_id", "order_id"),
        Index("uq_refunds_reference", "reference", unique=True, postgresql_where=text("reference IS NOT NULL")),
        Index("ix_refunds_open", "asked_at", postgresql_where=text("state IN ('asked', 'sent')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"), index=True)
    state: Mapped[str] = mapped_column(Text, server_default="asked")
    amount_micros: Mapped[int] = mapped_column(BigInteger)
    shipping_micros: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """The part of it that is for sending, with its tax."""

    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    """Line, quantity, micros, and whether it goes back into stock."""

    reason: Mapped[str] = mapped_column(Text)
    is_dispute: Mapped[bool] = mapped_column(server_default=text("false"))
    reference: Mapped[str | None] = mapped_column(Text)
    problem: Mapped[str | None] = mapped_column(Text)
    asked_by: Mapped[UUID | None] = mapped_column()
    asked_at: Mapped[datetime] = mapped_column(MOMENT)
    done_at: Mapped[datetime | None] = mapped_column(MOMENT)


class Dispute(LabelModel):
    """A payment that a buyer's bank wants back."""

    __tablename__ = "disputes"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'answered', 'won', 'lost')", name="state"),
        Index("uq_disputes_reference", "reference", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"), index=True)
    reference: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="open")
    amount_micros: Mapped[int] = mapped_column(BigInteger)
    fee_micros: Mapped[int] = mapped_column(BigInteger, server_default="0")
    reason: Mapped[str] = mapped_column(Text, server_default="")
    due_at: Mapped[datetime | None] = mapped_column(MOMENT)
    opened_at: Mapped[datetime] = mapped_column(MOMENT)
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)


class StoreEvent(LabelModel):
    """What a gateway or the printer told us, kept as it came; it says which object to read again, and no more."""

    __tablename__ = "store_events"
    __table_args__ = (
        CheckConstraint("state IN ('new', 'applied', 'quarantined')", name="state"),
        Index("uq_store_events_event_id", "gateway", "event_id", unique=True),
        Index("ix_store_events_new", "received_at", postgresql_where=text("state = 'new'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    gateway: Mapped[str] = mapped_column(Text)
    event_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(Text, server_default="new")
    why: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(MOMENT)
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    applied_at: Mapped[datetime | None] = mapped_column(MOMENT)


class StoreSale(LabelModel):
    """A line that was paid, or a part of one that was given back, as royalties see it: rows are only added.

    All amounts have the sign of the quantity, which is 0 where money was given back and nothing came back for it.
    `net_micros` is what contracts divide: the price without tax, discount, the line's part of the gateway's fee, and
    what making it costs. `report_id` is the sales report that it went into.
    """

    __tablename__ = "store_sales"
    __table_args__ = (
        CheckConstraint("quantity <> 0 OR refund_id IS NOT NULL OR is_fee", name="quantity"),
        CheckConstraint("net_micros = gross_micros - tax_micros - fee_micros - cost_micros", name="net"),
        Index("uq_store_sales_what", "line_id", text("coalesce(refund_id, line_id)"), "is_fee", unique=True),
        Index("ix_store_sales_unreported", "sold_on", postgresql_where=text("report_id IS NULL")),
        Index("ix_store_sales_sold_on", "sold_on"),
    )

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id"))
    refund_id: Mapped[UUID | None] = mapped_column(ForeignKey("refunds.id"), index=True)
    sold_on: Mapped[date] = mapped_column(Date)
    currency: Mapped[str] = mapped_column(Text)
    is_fee: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether it is the line's part of a fee that was told after the sale, or what of that went back, and no more."""

    quantity: Mapped[int] = mapped_column(Integer)
    gross_micros: Mapped[int] = mapped_column(BigInteger)
    tax_micros: Mapped[int] = mapped_column(BigInteger)
    fee_micros: Mapped[int] = mapped_column(BigInteger)
    cost_micros: Mapped[int] = mapped_column(BigInteger)
    net_micros: Mapped[int] = mapped_column(BigInteger)
    report_id: Mapped[UUID | None] = mapped_column(ForeignKey("sales_reports.id"), index=True)
