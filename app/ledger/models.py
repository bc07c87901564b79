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
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel
from app.ledger.errors import BooksSound
from app.ledger.rules import ALONE_UP_TO_MICROS, MOST_ALONE_MICROS


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


class MoneyPolicy(LabelModel):
    """From which amount on two people decide; a label without a row has the usual policy."""

    __tablename__ = "money_policy"
    __table_args__ = (
        CheckConstraint("id = 1", name="id"),
        CheckConstraint(f"alone_up_to_micros BETWEEN 0 AND {MOST_ALONE_MICROS}", name="alone_up_to_micros"),
    )

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    alone_up_to_micros: Mapped[int] = mapped_column(BigInteger)
    """In the label's own currency."""

    @staticmethod
    def usual() -> MoneyPolicy:
        """The policy of a label that has chosen none."""
        return MoneyPolicy(id=1, alone_up_to_micros=ALONE_UP_TO_MICROS)


class LedgerFreeze(LabelModel):
    """That the books were found to be wrong: until it is lifted nothing is posted. One row, the newest finding."""

    __tablename__ = "ledger_freeze"
    __table_args__ = (CheckConstraint("id = 1", name="id"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    problems: Mapped[list[str]] = mapped_column(ARRAY(Text))
    frozen_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    lifted_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    lifted_by: Mapped[UUID | None] = mapped_column()
    reason: Mapped[str | None] = mapped_column(Text)

    def freeze(self, problems: list[str], *, at: datetime) -> None:
        """Hold from now on, for what is wrong now."""
        self.problems, self.frozen_at = problems, at
        self.lifted_at = self.lifted_by = self.reason = None

    def lift(self, *, by: UUID | None, at: datetime, reason: str) -> None:
        """Hold no more."""
        if self.lifted_at is not None:
            raise BooksSound
        self.lifted_at, self.lifted_by, self.reason = at, by, reason
