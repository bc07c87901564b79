"""Runs over sales, and the statements that come out."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
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
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel
from app.royalties.models.sales import EXACT, MOMENT


class RoyaltyPeriod(LabelModel):
    """A span of time that payees are told about at once; closed, nothing in it changes any more."""

    __tablename__ = "royalty_periods"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="span"),
        Index("uq_royalty_periods_span", "starts_on", "ends_on", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    closed_at: Mapped[datetime | None] = mapped_column(MOMENT)


class RoyaltyRun(LabelModel):
    """One calculation of a period: collected, calculated, checked, approved, published."""

    __tablename__ = "royalty_runs"
    __table_args__ = (
        CheckConstraint(
            "state IN ('calculating', 'checking', 'approved', 'publishing', 'published', 'failed', 'discarded')",
            name="state",
        ),
        Index("uq_royalty_runs_number", "period_id", "number", unique=True),
        Index(
            "uq_royalty_runs_live",
            "period_id",
            unique=True,
            postgresql_where=text("state IN ('calculating', 'checking', 'approved', 'publishing') AND NOT is_trial"),
        ),
        Index(
            "uq_royalty_runs_published",
            "period_id",
            unique=True,
            postgresql_where=text("state = 'published' AND restates_id IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    period_id: Mapped[UUID] = mapped_column(ForeignKey("royalty_periods.id"))
    serial: Mapped[int] = mapped_column(Integer, Identity(always=True), unique=True)
    number: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(Text)
    is_trial: Mapped[bool] = mapped_column(server_default=text("false"))
    """A what-if: nothing of it is ever posted."""

    restates_id: Mapped[UUID | None] = mapped_column(ForeignKey("royalty_runs.id"), index=True)
    rates: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    totals: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    anomalies: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    problem: Mapped[str | None] = mapped_column(Text)
    digest: Mapped[str | None] = mapped_column(Text)
    """SHA-256 over its statements and lines: the same input gives the same."""

    created_by: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    approved_by: Mapped[UUID | None] = mapped_column()
    approved_at: Mapped[datetime | None] = mapped_column(MOMENT)
    published_at: Mapped[datetime | None] = mapped_column(MOMENT)


class RunReport(LabelModel):
    """A report that a run took in; a published run does so once and for all, but for what it left."""

    __tablename__ = "run_reports"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("royalty_runs.id", ondelete="CASCADE"), primary_key=True)
    report_id: Mapped[UUID] = mapped_column(ForeignKey("sales_reports.id"), primary_key=True, index=True)


class RunLeftover(LabelModel):
    """Sales that a run could pay to nobody, and why; the next run tries them again."""

    __tablename__ = "run_leftovers"
    __table_args__ = (CheckConstraint("why IN ('unmatched', 'no_contract', 'no_clause', 'not_due')", name="why"),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey("royalty_runs.id", ondelete="CASCADE"), primary_key=True)
    report_id: Mapped[UUID] = mapped_column(ForeignKey("sales_reports.id"), primary_key=True)
    asset_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    context_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    why: Mapped[str] = mapped_column(Text)


class Earning(LabelModel):
    """What a contract earned from sales of one kind in a run, exactly: base × factor × rate × exchange rate.

    A run writes a hundred thousand of them in one statement; each key to another table would cost it a second there, so
    contract, version, sheet, recording and release are kept as the run found them.
    """

    __tablename__ = "earnings"
    __table_args__ = (Index("ix_earnings_contract_id", "contract_id", "run_id"),)

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    contract_id: Mapped[UUID] = mapped_column()
    version_id: Mapped[UUID] = mapped_column()
    clause: Mapped[str] = mapped_column(Text)
    sheet_id: Mapped[UUID | None] = mapped_column()
    recording_id: Mapped[UUID | None] = mapped_column()
    release_id: Mapped[UUID | None] = mapped_column()
    store: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    sold_month: Mapped[date] = mapped_column(Date)
    currency: Mapped[str] = mapped_column(Text)
    lines: Mapped[int] = mapped_column(Integer)
    quantity: Mapped[Decimal] = mapped_column(EXACT)
    net: Mapped[Decimal] = mapped_column(EXACT)
    base: Mapped[Decimal] = mapped_column(EXACT)
    """In the currency of the sales."""

    factor: Mapped[Decimal] = mapped_column(EXACT)
    """Portion of the base, deductions and reductions, multiplied."""

    rate: Mapped[Decimal] = mapped_column(EXACT)
    fx: Mapped[Decimal] = mapped_column(EXACT)
    whole: Mapped[int] = mapped_column(Integer, server_default="1")
    """Of a product's sale this is the part of one of so many tracks; of any other sale all of it."""

    sign: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    """-1 where a restatement takes back what an earlier run said of the same sales."""

    unpriced: Mapped[int] = mapped_column(Integer, server_default="0")
    """Lines without a price where the terms ask for one."""

    amount: Mapped[Decimal] = mapped_column(EXACT)
    """In the contract's currency, not rounded."""

    positive: Mapped[Decimal] = mapped_column(EXACT)
    """The part of the amount from sales without their returns, of which reserves are kept."""


class EarningKey(LabelModel):
    """How a run in progress works each of its earnings out; gone as soon as they are."""

    __tablename__ = "earning_keys"

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    contract_id: Mapped[UUID] = mapped_column()
    version_id: Mapped[UUID] = mapped_column()
    clause: Mapped[str] = mapped_column(Text)
    sheet_id: Mapped[UUID | None] = mapped_column()
    recording_id: Mapped[UUID | None] = mapped_column()
    release_id: Mapped[UUID | None] = mapped_column()
    store: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    sold_month: Mapped[date] = mapped_column(Date)
    currency: Mapped[str] = mapped_column(Text)
    base: Mapped[str] = mapped_column(Text)
    portion: Mapped[Decimal] = mapped_column(EXACT)
    price: Mapped[Decimal | None] = mapped_column(EXACT)
    either: Mapped[str | None] = mapped_column(Text)
    other_base: Mapped[str | None] = mapped_column(Text)
    other_portion: Mapped[Decimal | None] = mapped_column(EXACT)
    other_price: Mapped[Decimal | None] = mapped_column(EXACT)
    unit_places: Mapped[int | None] = mapped_column(SmallInteger)
    rounds_down: Mapped[bool] = mapped_column(server_default=text("false"))
    whole_units: Mapped[bool] = mapped_column(server_default=text("false"))
    factor: Mapped[Decimal] = mapped_column(EXACT)
    rate: Mapped[Decimal] = mapped_column(EXACT)
    fx: Mapped[Decimal] = mapped_column(EXACT)
    whole: Mapped[int] = mapped_column(Integer)
    lines: Mapped[int | None] = mapped_column(Integer)
    quantity: Mapped[int | None] = mapped_column(BigInteger)
    """This and the next two in units of 10^-10, where all sales of the run are whole numbers of them."""

    net: Mapped[int | None] = mapped_column(BigInteger)
    positive: Mapped[int | None] = mapped_column(BigInteger)


class EarningSource(LabelModel):
    """From which sales an earning comes: the lines of a report with this asset in this context.

    A run has about as many of them as lines, so runs and reports go by their short numbers here.
    """

    __tablename__ = "earning_sources"
    __table_args__ = (Index("ix_earning_sources_number", "run", "number"),)

    run: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    report: Mapped[int] = mapped_column(Integer)
    asset_id: Mapped[int] = mapped_column(BigInteger)
    context_id: Mapped[int] = mapped_column(BigInteger)

    __mapper_args__ = {"primary_key": [run, number, report, asset_id, context_id]}  # noqa: RUF012 it is never changed


class Statement(LabelModel):
    """What one payee is told of one contract for a period: where the balance stood, what came and went, what is due."""

    __tablename__ = "statements"
    __table_args__ = (Index("uq_statements_payee", "run_id", "contract_id", "payee_id", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("royalty_runs.id", ondelete="CASCADE"))
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id"), index=True)
    payee_id: Mapped[UUID] = mapped_column(ForeignKey("payees.id"), index=True)
    currency: Mapped[str] = mapped_column(Text)
    opening_micros: Mapped[int] = mapped_column(BigInteger)
    earned_micros: Mapped[int] = mapped_column(BigInteger)
    closing_micros: Mapped[int] = mapped_column(BigInteger)
    """What is open after everything: below zero where more came ahead than was earned."""

    payable_micros: Mapped[int] = mapped_column(BigInteger)
    """What can be paid now."""

    reserve_micros: Mapped[int] = mapped_column(BigInteger)
    """What is held back at the end of the period."""

    kept_micros: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """What of the closing balance is never used to earn costs back."""


class StatementEntry(LabelModel):
    """One step from a statement's opening to its closing balance, other than sales."""

    __tablename__ = "statement_entries"

    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statements.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(Text)
    amount_micros: Mapped[int] = mapped_column(BigInteger)
    recoupable_id: Mapped[UUID | None] = mapped_column(ForeignKey("recoupables.id"), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    """The numbers it was worked out from."""


class StatementQuestion(LabelModel):
    """What somebody asks about one line of a statement; open until the label has said something last."""

    __tablename__ = "statement_questions"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'answered')", name="state"),
        Index("uq_statement_questions_line", "statement_id", "number", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statements.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    """The line's."""

    state: Mapped[str] = mapped_column(Text, server_default="open")
    asked_by: Mapped[UUID | None] = mapped_column()
    asked_at: Mapped[datetime] = mapped_column(MOMENT)


class QuestionNote(LabelModel):
    """One thing said in the thread of a question."""

    __tablename__ = "question_notes"

    question_id: Mapped[UUID] = mapped_column(
        ForeignKey("statement_questions.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    body: Mapped[str] = mapped_column(Text)
    author_id: Mapped[UUID | None] = mapped_column()
    author_name: Mapped[str] = mapped_column(Text)
    is_answer: Mapped[bool] = mapped_column()
    """Said by the label, not by who asks."""

    written_at: Mapped[datetime] = mapped_column(MOMENT)


WHOLE = UUID(int=0)
"""Stands for the contract's own shares where a split sheet could stand."""


class LineShare(LabelModel):
    """Which part of an earning is a payee's, where a split sheet or the contract divides it."""

    __tablename__ = "line_shares"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("royalty_runs.id", ondelete="CASCADE"), primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id"), primary_key=True)
    sheet_id: Mapped[UUID] = mapped_column(primary_key=True)
    """All zero for the contract's own shares."""

    payee_id: Mapped[UUID] = mapped_column(ForeignKey("payees.id"), primary_key=True)
    share: Mapped[Decimal] = mapped_column(EXACT)
    is_held: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether something of it is contested or not yet confirmed: worked out, and paid to nobody."""

    held: Mapped[Decimal | None] = mapped_column(EXACT)
    """How much of the share that is; of runs before this was noted, all of it or nothing."""

    @property
    def held_share(self) -> Decimal:
        """What of the share is held."""
        whole = self.share if self.is_held else Decimal(0)
        return whole if self.held is None else self.held
