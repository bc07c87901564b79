"""Payouts, the runs that hold them, and every try to send one."""

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
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel
from app.payouts.errors import PayoutUnfit
from app.payouts.rules import states
from app.payouts.rules.states import State

MOMENT = TIMESTAMP(timezone=True)
STATES = ", ".join(f"'{state}'" for state in states.STATES)
RUN_STATES = ("open", "submitted", "approved", "cancelled")


class Payout(LabelModel):
    """One payee's money leaving: what it was cut from, what was taken off, what the rail was given.

    `gross_micros` left what is owed; of it `platform_micros`, `fee_micros` and `withheld_micros` go elsewhere and
    `sent_micros`, whole minor units, to the account of `method_id`.
    """

    __tablename__ = "payouts"
    __table_args__ = (
        CheckConstraint(f"state IN ({STATES})", name="state"),
        CheckConstraint("speed IN ('instant', 'standard')", name="speed"),
        CheckConstraint(
            "gross_micros = platform_micros + fee_micros + withheld_micros + sent_micros AND sent_micros > 0 "
            "AND least(platform_micros, fee_micros, withheld_micros) >= 0",
            name="parts",
        ),
        Index("ix_payouts_payee_id", "payee_id", "asked_at"),
        Index("ix_payouts_asked_at", text("asked_at DESC"), text("number DESC")),
        Index("ix_payouts_run_id", "run_id"),
        Index("ix_payouts_request_id", "request_id"),
        Index("ix_payouts_method_id", "method_id"),
        Index(
            "ix_payouts_due",
            "state",
            "due_at",
            postgresql_where=text("state IN ('reserved', 'approved', 'sending', 'unknown', 'sent')"),
        ),
        Index(
            "ix_payouts_exempt",
            "payee_id",
            "currency",
            postgresql_where=text("fee_returned_at IS NOT NULL OR exempt_micros <> 0"),
        ),
        Index("uq_payouts_reference", "rail", "reference", unique=True, postgresql_where=text("reference IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, Identity(always=True), unique=True)
    payee_id: Mapped[UUID] = mapped_column(ForeignKey("payees.id"))
    method_id: Mapped[UUID] = mapped_column(ForeignKey("payout_methods.id"))
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("payout_runs.id"))
    request_id: Mapped[UUID] = mapped_column()
    """What was asked for at once: one payout for each of the payee's accounts."""

    state: Mapped[State] = mapped_column(Text)
    speed: Mapped[str] = mapped_column(Text)
    rail: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    gross_micros: Mapped[int] = mapped_column(BigInteger)
    platform_micros: Mapped[int] = mapped_column(BigInteger)
    fee_micros: Mapped[int] = mapped_column(BigInteger)
    withheld_micros: Mapped[int] = mapped_column(BigInteger)
    sent_micros: Mapped[int] = mapped_column(BigInteger)
    exempt_micros: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """What of the gross was shared and taxed before: a fee that was given back. Below zero, what was not and is now."""

    platform_ppm: Mapped[int] = mapped_column(Integer)
    fee_ppm: Mapped[int] = mapped_column(Integer)
    withheld_ppm: Mapped[int] = mapped_column(Integer)
    withheld_why: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    asked_by: Mapped[UUID | None] = mapped_column()
    asked_at: Mapped[datetime] = mapped_column(MOMENT)
    approved_by: Mapped[UUID | None] = mapped_column()
    approved_at: Mapped[datetime | None] = mapped_column(MOMENT)
    due_at: Mapped[datetime] = mapped_column(MOMENT)
    """When a worker may take it: now, after the next try's pause, or when another worker's lease is over."""

    arrives_on: Mapped[date] = mapped_column(Date)
    promised_by: Mapped[datetime | None] = mapped_column(MOMENT)
    """Until when an instant payout has to arrive for its fee to be earned."""

    fee_returned_at: Mapped[datetime | None] = mapped_column(MOMENT)
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    reference: Mapped[str | None] = mapped_column(Text)
    problem: Mapped[str | None] = mapped_column(Text)
    sent_at: Mapped[datetime | None] = mapped_column(MOMENT)
    paid_at: Mapped[datetime | None] = mapped_column(MOMENT)
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)

    def become(self, state: State, now: datetime, *, problem: str = "") -> None:
        """Take the next state on; a step that does not follow from the present one is refused."""
        if not states.follows(self.state, state):
            raise PayoutUnfit
        self.state = state
        if problem:
            self.problem = problem
        if state == "sent":
            self.sent_at = self.sent_at or now
        if state == "paid":
            self.sent_at, self.paid_at = self.sent_at or now, now
        if state in states.OVER:
            self.ended_at = now

    def approve(self, by: UUID | None, now: datetime) -> None:
        """Be let go by a second person."""
        self.become("approved", now)
        self.approved_by, self.approved_at, self.due_at = by, now, now


class PayoutAttempt(LabelModel):
    """A try to hand a payout over, written down before the rail hears of it; never changed but for its answer."""

    __tablename__ = "payout_attempts"

    payout_id: Mapped[UUID] = mapped_column(ForeignKey("payouts.id"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(Text)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    started_at: Mapped[datetime] = mapped_column(MOMENT)
    answered_at: Mapped[datetime | None] = mapped_column(MOMENT)
    answer: Mapped[str | None] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))


class PayoutRequest(LabelModel):
    """What a person asked for under a key of their own: the same again has the same answer."""

    __tablename__ = "payout_requests"

    asked_by: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    request_id: Mapped[UUID] = mapped_column()
    asked_at: Mapped[datetime] = mapped_column(MOMENT)


class PayoutRun(LabelModel):
    """A decision to pay many: looked at, submitted by one person, approved by another."""

    __tablename__ = "payout_runs"
    __table_args__ = (CheckConstraint(f"state IN {RUN_STATES}", name="state"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, Identity(always=True), unique=True)
    state: Mapped[str] = mapped_column(Text)
    rail: Mapped[str] = mapped_column(Text)
    created_by: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    submitted_by: Mapped[UUID | None] = mapped_column()
    submitted_at: Mapped[datetime | None] = mapped_column(MOMENT)
    batch_hash: Mapped[str | None] = mapped_column(Text)
    """SHA-256 of its lines as they were submitted: what is approved is what was seen."""

    approved_by: Mapped[UUID | None] = mapped_column()
    approved_at: Mapped[datetime | None] = mapped_column(MOMENT)


class PayoutRunLine(LabelModel):
    """What a run would pay one account of a payee, or why it does not."""

    __tablename__ = "payout_run_lines"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("payout_runs.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    payee_id: Mapped[UUID] = mapped_column(ForeignKey("payees.id"), index=True)
    method_id: Mapped[UUID | None] = mapped_column(ForeignKey("payout_methods.id"), index=True)
    currency: Mapped[str] = mapped_column(Text)
    gross_micros: Mapped[int] = mapped_column(BigInteger)
    platform_micros: Mapped[int] = mapped_column(BigInteger)
    withheld_micros: Mapped[int] = mapped_column(BigInteger)
    sent_micros: Mapped[int] = mapped_column(BigInteger)
    exempt_micros: Mapped[int] = mapped_column(BigInteger, server_default="0")
    withheld_ppm: Mapped[int] = mapped_column(Integer)
    withheld_why: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    why_not: Mapped[str | None] = mapped_column(Text)
    excluded_by: Mapped[UUID | None] = mapped_column()
    payout_id: Mapped[UUID | None] = mapped_column(ForeignKey("payouts.id"), index=True)
