"""Sales reports as they were sent: files, what they call things, under which circumstances, and their lines."""

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
    Numeric,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, REAL, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel

MOMENT = TIMESTAMP(timezone=True)
EXACT = Numeric(asdecimal=True)
"""Decimals as they were reported, of any length."""


class SalesReport(LabelModel):
    """A file that a store or distributor sent; the original stays as it is."""

    __tablename__ = "sales_reports"
    __table_args__ = (
        CheckConstraint("state IN ('received', 'mapping', 'held', 'imported', 'refused')", name="state"),
        CheckConstraint("period_end >= period_start", name="period"),
        Index("uq_sales_reports_sha256", "sha256", unique=True),
        Index("ix_sales_reports_period_end", "period_end"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    serial: Mapped[int] = mapped_column(Integer, Identity(always=True), unique=True)
    name: Mapped[str] = mapped_column(Text)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"), index=True)
    sha256: Mapped[str] = mapped_column(Text)
    layout: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="received")
    problem: Mapped[str | None] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    """What was found in it: encoding, delimiter, members of an archive, where rows begin, what was skipped and why."""

    period_start: Mapped[date | None] = mapped_column(Date)
    period_end: Mapped[date | None] = mapped_column(Date)
    rows: Mapped[int] = mapped_column(Integer, server_default="0")
    totals: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    """Currency to the exact sum of its lines, as text."""

    stated: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    """Currency to the sum that the sender states, in the file or typed by whoever brought it in."""

    received_on: Mapped[date | None] = mapped_column(Date)
    """When its money came; of reports from before that was asked the day on which they came in counts."""

    created_by: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    imported_at: Mapped[datetime | None] = mapped_column(MOMENT)


class SalesAsset(LabelModel):
    """What a sender called something, and what of ours it is; a match holds for every line that says so."""

    __tablename__ = "sales_assets"
    __table_args__ = (
        Index("uq_sales_assets_fingerprint", "fingerprint", unique=True),
        Index("ix_sales_assets_isrc", "isrc"),
        Index("ix_sales_assets_unmatched", "id", postgresql_where=text("recording_id IS NULL AND release_id IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    fingerprint: Mapped[UUID] = mapped_column()
    source: Mapped[str] = mapped_column(Text)
    isrc: Mapped[str | None] = mapped_column(Text)
    upc: Mapped[str | None] = mapped_column(Text)
    catalog_number: Mapped[str | None] = mapped_column(Text)
    store_id: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(Text)
    artist: Mapped[str | None] = mapped_column(Text)
    recording_id: Mapped[UUID | None] = mapped_column(ForeignKey("recordings.id"), index=True)
    release_id: Mapped[UUID | None] = mapped_column(ForeignKey("releases.id"), index=True)
    artist_id: Mapped[UUID | None] = mapped_column(ForeignKey("artists.id"))
    """Whose it is, of what is no music: contracts about the artist are about it."""

    match: Mapped[str | None] = mapped_column(Text)
    """How it was matched: own, isrc, upc, catalog_number, store_id, learned, fuzzy, by_hand."""

    score: Mapped[float | None] = mapped_column(REAL)
    matched_at: Mapped[datetime | None] = mapped_column(MOMENT)
    first_seen: Mapped[datetime] = mapped_column(MOMENT)


class SalesContext(LabelModel):
    """The circumstances that many lines share: where, when, how, in which currency something was sold."""

    __tablename__ = "sales_contexts"
    __table_args__ = (Index("uq_sales_contexts_fingerprint", "fingerprint", unique=True),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    fingerprint: Mapped[UUID] = mapped_column()
    source: Mapped[str] = mapped_column(Text)
    store: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    commercial_model: Mapped[str | None] = mapped_column(Text)
    configuration: Mapped[str | None] = mapped_column(Text)
    price_band: Mapped[str | None] = mapped_column(Text)
    territory: Mapped[str | None] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    sold_from: Mapped[date] = mapped_column(Date)
    sold_until: Mapped[date] = mapped_column(Date)
    adjustment: Mapped[str | None] = mapped_column(Text)


class SalesLine(LabelModel):
    """One row of a report, with its amounts exactly as sent."""

    __tablename__ = "sales_lines"

    report_id: Mapped[UUID] = mapped_column(primary_key=True)
    """No foreign key: looking a report up for each of a million lines takes longer than writing them."""

    row: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """As a person counts the file's rows, from 1; in an archive on from the tables before."""

    asset_id: Mapped[int] = mapped_column(BigInteger)
    context_id: Mapped[int] = mapped_column(BigInteger)
    fingerprint: Mapped[int] = mapped_column(BigInteger)
    quantity: Mapped[Decimal] = mapped_column(EXACT)
    net: Mapped[Decimal] = mapped_column(EXACT)
    gross: Mapped[Decimal | None] = mapped_column(EXACT)
    unit_price: Mapped[Decimal | None] = mapped_column(EXACT)
    """What a dealer pays for one (PPD)."""

    retail_price: Mapped[Decimal | None] = mapped_column(EXACT)
    """What a buyer pays for one."""

    fees: Mapped[Decimal | None] = mapped_column(EXACT)
    tax: Mapped[Decimal | None] = mapped_column(EXACT)
    mechanical: Mapped[Decimal | None] = mapped_column(EXACT)
    fx_rate: Mapped[Decimal | None] = mapped_column(EXACT)


class SalesSum(LabelModel):
    """What the lines of a report about one asset come to in a currency: lists and shares need not count lines."""

    __tablename__ = "sales_sums"
    __table_args__ = (Index("ix_sales_sums_asset_id", "asset_id"),)

    report_id: Mapped[UUID] = mapped_column(ForeignKey("sales_reports.id", ondelete="CASCADE"), primary_key=True)
    asset_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    currency: Mapped[str] = mapped_column(Text, primary_key=True)
    lines: Mapped[int] = mapped_column(Integer)
    quantity: Mapped[Decimal] = mapped_column(EXACT)
    net: Mapped[Decimal] = mapped_column(EXACT)


class ReportLayout(LabelModel):
    """A layout that the label taught: which column of which sender is what."""

    __tablename__ = "report_layouts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_by: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)


class ExchangeRate(LabelModel):
    """How much of `quote` one unit of `base` was on a day, and who says so."""

    __tablename__ = "exchange_rates"
    __table_args__ = (CheckConstraint("rate > 0", name="rate"),)

    base: Mapped[str] = mapped_column(Text, primary_key=True)
    quote: Mapped[str] = mapped_column(Text, primary_key=True)
    on: Mapped[date] = mapped_column(Date, primary_key=True)
    rate: Mapped[Decimal] = mapped_column(EXACT)
    source: Mapped[str] = mapped_column(Text)
    created_by: Mapped[UUID | None] = mapped_column()
