"""Ledger accounts, postings, balances and the chain; a label's role adds to all but the balances and changes none."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    FetchedValue,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel


class LedgerAccount(LabelModel):
    """A bucket of money of one currency; `id` derives from the rest, `subject` is whose it is, known to callers."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        UniqueConstraint("id", "currency"),
        UniqueConstraint("kind", "subject", "currency", postgresql_nulls_not_distinct=True),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[UUID | None] = mapped_column(index=True)
    currency: Mapped[str] = mapped_column(Text)


class Posting(LabelModel):
    """One two-sided movement: `amount_micros` arrives on the debit account and leaves the credit account.

    `xid` and `seq` give the ledger's order, as they give activity's; `booked_on` is the day that it counts for.
    """

    __tablename__ = "postings"
    __table_args__ = (
        CheckConstraint("amount_micros > 0", name="amount"),
        CheckConstraint("debit_id <> credit_id", name="accounts"),
        ForeignKeyConstraint(["debit_id", "currency"], ["ledger_accounts.id", "ledger_accounts.currency"]),
        ForeignKeyConstraint(["credit_id", "currency"], ["ledger_accounts.id", "ledger_accounts.currency"]),
        Index("ix_postings_xid", "xid", "seq"),
        Index("ix_postings_debit_id", "debit_id", "xid", "seq"),
        Index("ix_postings_credit_id", "credit_id", "xid", "seq"),
        Index("ix_postings_subject_id", "subject_id", postgresql_where=text("subject_id IS NOT NULL")),
        Index("uq_postings_reverses_id", "reverses_id", unique=True, postgresql_where=text("reverses_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    xid: Mapped[int] = mapped_column(BigInteger, FetchedValue())
    key: Mapped[str] = mapped_column(Text)
    debit_id: Mapped[UUID] = mapped_column()
    credit_id: Mapped[UUID] = mapped_column()
    currency: Mapped[str] = mapped_column(Text)
    amount_micros: Mapped[int] = mapped_column(BigInteger)
    booked_on: Mapped[date] = mapped_column()
    reason: Mapped[str] = mapped_column(Text)
    subject_type: Mapped[str | None] = mapped_column(Text)
    subject_id: Mapped[UUID | None] = mapped_column()
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("postings.id"))
    posted_by: Mapped[UUID | None] = mapped_column()
    posted_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    input_hash: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerBalance(LabelModel):
    """What an account's postings add up to, debits less credits; written by the database alone, never by a label."""

    __tablename__ = "ledger_balances"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_accounts.id"), primary_key=True)
    posted_micros: Mapped[int] = mapped_column(BigInteger)
    before_micros: Mapped[int] = mapped_column(BigInteger)
    xid: Mapped[int] = mapped_column(BigInteger)
    is_first: Mapped[bool] = mapped_column()


class PostingSeal(LabelModel):
    """One link of the chain: the posting at this position and the hash over it and everything before."""

    __tablename__ = "posting_seals"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    posting_id: Mapped[UUID] = mapped_column(unique=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
