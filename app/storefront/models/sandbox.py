"""What the sandbox's card processor has in its own books, and how far gateways' lists were compared with ours."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel
from app.storefront.models.markets import EMPTY, MOMENT


class SandboxCharge(LabelModel):
    """A payment as the sandbox's card processor knows it: it knows nothing of orders and commits by itself."""

    __tablename__ = "sandbox_charges"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'challenged', 'capturing', 'paid', 'failed', 'cancelled')", name="state"),
        Index("ix_sandbox_charges_moves_at", "moves_at", postgresql_where=text("moves_at IS NOT NULL")),
        Index("ix_sandbox_charges_changed_at", "changed_at"),
    )

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    reference: Mapped[str] = mapped_column(Text, unique=True)
    token: Mapped[str] = mapped_column(Text, unique=True)
    """What the buyer's page has in its address."""

    payment_id: Mapped[UUID] = mapped_column()
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger, server_default="0")
    currency: Mapped[str] = mapped_column(Text)
    method: Mapped[str] = mapped_column(Text)
    shown: Mapped[str] = mapped_column(Text, server_default="")
    ending: Mapped[str] = mapped_column(Text, server_default="")
    """The card's last four digits: some of them make the processor behave in a known way."""

    problem: Mapped[str] = mapped_column(Text, server_default="")
    order_number: Mapped[str] = mapped_column(Text)
    back_url: Mapped[str] = mapped_column(Text)
    moves_at: Mapped[datetime | None] = mapped_column(MOMENT)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    changed_at: Mapped[datetime] = mapped_column(MOMENT)


class SandboxBack(LabelModel):
    """Money that the sandbox's processor gives back, or that a buyer's bank takes back."""

    __tablename__ = "sandbox_backs"
    __table_args__ = (
        CheckConstraint("kind IN ('refund', 'dispute')", name="kind"),
        Index("ix_sandbox_backs_charge", "charge"),
        Index("ix_sandbox_backs_moves_at", "moves_at", postgresql_where=text("moves_at IS NOT NULL")),
        Index("ix_sandbox_backs_changed_at", "changed_at"),
    )

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text, unique=True)
    charge: Mapped[str] = mapped_column(ForeignKey("sandbox_charges.reference"))
    refund_id: Mapped[UUID | None] = mapped_column()
    state: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger, server_default="0")
    problem: Mapped[str] = mapped_column(Text, server_default="")
    moves_at: Mapped[datetime | None] = mapped_column(MOMENT)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    changed_at: Mapped[datetime] = mapped_column(MOMENT)


class GatewayCheck(LabelModel):
    """How far a gateway's list was compared with the books."""

    __tablename__ = "gateway_checks"

    gateway: Mapped[str] = mapped_column(Text, primary_key=True)
    until: Mapped[datetime] = mapped_column(MOMENT)
    checked_at: Mapped[datetime] = mapped_column(MOMENT)
    found: Mapped[int] = mapped_column(Integer)


class GatewayDifference(LabelModel):
    """Where our books and a gateway's list tell different things; open until somebody says what came of it."""

    __tablename__ = "gateway_differences"
    __table_args__ = (
        CheckConstraint("kind IN ('missing', 'extra', 'amount', 'state')", name="kind"),
        Index("uq_gateway_differences_what", "gateway", "kind", "reference", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    gateway: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payments.id"), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=EMPTY)
    found_at: Mapped[datetime] = mapped_column(MOMENT)
    resolved_at: Mapped[datetime | None] = mapped_column(MOMENT)
    resolved_by: Mapped[UUID | None] = mapped_column()
    note: Mapped[str | None] = mapped_column(Text)
