"""Where money goes, how often, what is held back, and what the label promises."""

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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel
from app.payouts.models.payouts import MOMENT


class PayoutPolicy(LabelModel):
    """What a label promises its payees where that is better than the usual promise, and on which rail it pays."""

    __tablename__ = "payout_policy"
    __table_args__ = (
        CheckConstraint("id = 1", name="id"),
        CheckConstraint("instant_fee_ppm BETWEEN 0 AND 10000", name="instant_fee"),
    )

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    rail: Mapped[str | None] = mapped_column(Text)
    instant_fee_ppm: Mapped[int] = mapped_column(Integer)
    minimums: Mapped[dict[str, int]] = mapped_column(JSONB, server_default=text("'{}'"))
    """Currency to minor units, each at most the usual minimum."""

    debtor: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The label's own account, sealed: where a bank's file takes the money from."""

    version: Mapped[int] = mapped_column(Integer, server_default="1")


class PayoutMethod(LabelModel):
    """An account that a payee's money goes to; its numbers are sealed with the label's key, `masked` is shown."""

    __tablename__ = "payout_methods"
    __table_args__ = (
        CheckConstraint("share_ppm BETWEEN 1 AND 1000000", name="share"),
        Index(
            "uq_payout_methods_fingerprint",
            "payee_id",
            "fingerprint",
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payee_id: Mapped[UUID] = mapped_column(ForeignKey("payees.id"), index=True)
    scheme: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    country: Mapped[str] = mapped_column(Text)
    masked: Mapped[str] = mapped_column(Text)
    bank: Mapped[str] = mapped_column(Text, server_default="")
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    fingerprint: Mapped[str] = mapped_column(Text)
    share_ppm: Mapped[int] = mapped_column(Integer)
    added_by: Mapped[UUID | None] = mapped_column()
    added_at: Mapped[datetime] = mapped_column(MOMENT)
    usable_from: Mapped[datetime] = mapped_column(MOMENT)
    """Until then nothing goes there: whoever took an account over has not yet taken the money."""

    removed_at: Mapped[datetime | None] = mapped_column(MOMENT)

    def is_usable(self, now: datetime) -> bool:
        """Whether money may go there now."""
        return self.removed_at is None and self.usable_from <= now


class PayoutSchedule(LabelModel):
    """When a payee is paid without asking; a payee without a row asks."""

    __tablename__ = "payout_schedules"
    __table_args__ = (
        CheckConstraint("rhythm IN ('daily', 'weekly', 'monthly')", name="rhythm"),
        CheckConstraint("on_holiday IN ('before', 'after')", name="on_holiday"),
        Index("ix_payout_schedules_next_on", "next_on"),
    )

    payee_id: Mapped[UUID] = mapped_column(ForeignKey("payees.id"), primary_key=True)
    rhythm: Mapped[str] = mapped_column(Text)
    anchor: Mapped[int] = mapped_column(SmallInteger)
    """Day of the week from 1, Monday, or of the month."""

    on_holiday: Mapped[str] = mapped_column(Text)
    next_on: Mapped[date] = mapped_column(Date)
    set_by: Mapped[UUID | None] = mapped_column()
    set_at: Mapped[datetime] = mapped_column(MOMENT)


class PayoutHold(LabelModel):
    """A disputed amount that is kept from being paid, with its reason and the day it is let go of by itself."""

    __tablename__ = "payout_holds"
    __table_args__ = (
        CheckConstraint("amount_micros > 0", name="amount"),
        Index("ix_payout_holds_open", "ends_at", postgresql_where=text("released_at IS NULL")),
        Index("ix_payout_holds_payee_id", "payee_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payee_id: Mapped[UUID] = mapped_column(ForeignKey("payees.id"))
    currency: Mapped[str] = mapped_column(Text)
    amount_micros: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    evidence: Mapped[list[UUID]] = mapped_column(ARRAY(PG_UUID(as_uuid=True)), server_default=text("'{}'"))
    """Files."""

    opened_by: Mapped[UUID | None] = mapped_column()
    opened_at: Mapped[datetime] = mapped_column(MOMENT)
    ends_at: Mapped[datetime] = mapped_column(MOMENT)
    renewed_by: Mapped[UUID | None] = mapped_column()
    released_at: Mapped[datetime | None] = mapped_column(MOMENT)
    released_by: Mapped[UUID | None] = mapped_column()


class PayoutFile(LabelModel):
    """A file for the label's own bank: which payouts, in which format, under which name the bank knows it."""

    __tablename__ = "payout_files"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, Identity(always=True), unique=True)
    message_id: Mapped[str] = mapped_column(Text, unique=True)
    format: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    payouts: Mapped[int] = mapped_column(Integer)
    total_micros: Mapped[int] = mapped_column(BigInteger)
    members: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    """Names of the file and of its batches, by which a bank speaks of many payouts at once."""

    stored_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"))
    made_by: Mapped[UUID | None] = mapped_column()
    made_at: Mapped[datetime] = mapped_column(MOMENT)


class RailEvent(LabelModel):
    """What a rail told us, kept as it came; it says which object to ask about, and is believed in nothing else."""

    __tablename__ = "rail_events"
    __table_args__ = (
        CheckConstraint("state IN ('new', 'applied', 'quarantined')", name="state"),
        Index("uq_rail_events_event_id", "rail", "event_id", unique=True),
        Index("ix_rail_events_new", "received_at", postgresql_where=text("state = 'new'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    rail: Mapped[str] = mapped_column(Text)
    event_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(Text, server_default="new")
    why: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(MOMENT)
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    applied_at: Mapped[datetime | None] = mapped_column(MOMENT)


class RailDifference(LabelModel):
    """Where our books and a rail's list tell different things; open until somebody says what came of it."""

    __tablename__ = "rail_differences"
    __table_args__ = (
        CheckConstraint("kind IN ('missing', 'extra', 'amount', 'state')", name="kind"),
        Index(
            "uq_rail_differences_open",
            "rail",
            "kind",
            "reference",
            unique=True,
            postgresql_where=text("resolved_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    rail: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    payout_id: Mapped[UUID | None] = mapped_column(ForeignKey("payouts.id"), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    found_at: Mapped[datetime] = mapped_column(MOMENT)
    resolved_at: Mapped[datetime | None] = mapped_column(MOMENT)
    resolved_by: Mapped[UUID | None] = mapped_column()
    note: Mapped[str | None] = mapped_column(Text)


class RailCheck(LabelModel):
    """How far a rail's list was compared with the books."""

    __tablename__ = "rail_checks"

    rail: Mapped[str] = mapped_column(Text, primary_key=True)
    until: Mapped[datetime] = mapped_column(MOMENT)
    checked_at: Mapped[datetime] = mapped_column(MOMENT)
    found: Mapped[int] = mapped_column(Integer)


class SandboxTransfer(LabelModel):
    """What the sandbox's bank has in its own books: it knows nothing of ours and commits by itself."""

    __tablename__ = "sandbox_transfers"
    __table_args__ = (
        Index("ix_sandbox_transfers_moves_at", "moves_at", postgresql_where=text("moves_at IS NOT NULL")),
        Index("ix_sandbox_transfers_changed_at", "changed_at"),
        Index("ix_sandbox_transfers_payout_id", "payout_id"),
    )

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    reference: Mapped[str] = mapped_column(Text, unique=True)
    payout_id: Mapped[UUID] = mapped_column()
    speed: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    account: Mapped[str] = mapped_column(Text)
    ending: Mapped[str] = mapped_column(Text, server_default="")
    """The account's last four digits: some of them make the bank behave as banks sometimes do."""

    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(Text)
    problem: Mapped[str] = mapped_column(Text, server_default="")
    moves_at: Mapped[datetime | None] = mapped_column(MOMENT)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    changed_at: Mapped[datetime] = mapped_column(MOMENT)
