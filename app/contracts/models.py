"""Contracts, their versions, what they cover, and what is recouped under them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.contracts.errors import CostDecided, ObligationDone, StateUnfit
from app.contracts.rules.obligations import OBLIGATIONS
from app.contracts.rules.states import STATES, may_become
from app.contracts.rules.terms import KINDS, LEVELS, Terms, packed, unpacked
from app.kernel.db.models import LabelModel

MOMENT = TIMESTAMP(timezone=True)
EVERYTHING = UUID(int=0)
"""What a scope of the level `label` is about."""


def _among(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


class Contract(LabelModel):
    """A deal with somebody: what it is called, whom it is with, where it stands."""

    __tablename__ = "contracts"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_among(KINDS)})", name="kind"),
        CheckConstraint(f"state IN ({_among(STATES)})", name="state"),
        Index("uq_contracts_number", "number", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="draft")
    party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"), index=True)
    language: Mapped[str] = mapped_column(Text, server_default="en")
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    lane: Mapped[str] = mapped_column(Text, server_default="main")
    """Of contracts in one lane one pays a sale; a producer's points are a lane of their own."""

    version: Mapped[int] = mapped_column(server_default="1")
    created_by: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)

    def become(self, state: str) -> None:
        """Go on to a state that may follow the one it is in."""
        if not may_become(self.state, state):
            raise StateUnfit
        self.state, self.version = state, self.version + 1


class ContractVersion(LabelModel):
    """The terms as they stood at one time, and the text that says the same; neither changes once it is signed."""

    __tablename__ = "contract_versions"
    __table_args__ = (
        Index("uq_contract_versions_number", "contract_id", "number", unique=True),
        CheckConstraint("signed_at IS NULL OR effective_from IS NOT NULL", name="effective_from"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(SmallInteger)
    terms: Mapped[str] = mapped_column(Text)
    terms_hash: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text, server_default="")
    body_hash: Mapped[str | None] = mapped_column(Text)
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"), index=True)
    effective_from: Mapped[date | None] = mapped_column(Date)
    signed_at: Mapped[datetime | None] = mapped_column(MOMENT)
    created_by: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)

    def read(self) -> Terms:
        """The terms as data."""
        return unpacked(self.terms)

    def write(self, terms: Terms, digest: str) -> None:
        """Take other terms on, as long as nobody has signed."""
        if self.signed_at is not None:
            raise StateUnfit
        self.terms, self.terms_hash = packed(terms).decode(), digest


class ContractScope(LabelModel):
    """What a contract is about: everything, an imprint, an artist, a release, a track or a recording."""

    __tablename__ = "contract_scopes"
    __table_args__ = (
        CheckConstraint(f"level IN ({_among(LEVELS)})", name="level"),
        Index("ix_contract_scopes_subject", "level", "subject_id"),
    )

    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"), primary_key=True)
    level: Mapped[str] = mapped_column(Text, primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    territory: Mapped[str] = mapped_column(Text, primary_key=True, server_default="")
    """ISO 3166-1 alpha-2; empty for anywhere."""


class CollateralLink(LabelModel):
    """What one contract earns also pays back what is open under another."""

    __tablename__ = "collateral_links"
    __table_args__ = (CheckConstraint("from_id <> to_id", name="apart"),)

    from_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"), primary_key=True)
    to_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"), primary_key=True, index=True)


class Recoupable(LabelModel):
    """Money that came ahead, an advance or a cost, of which a part comes back out of royalties."""

    __tablename__ = "recoupables"
    __table_args__ = (
        CheckConstraint("amount_micros > 0", name="amount_micros"),
        CheckConstraint("recoupable_ppm BETWEEN 0 AND 1000000", name="recoupable_ppm"),
        CheckConstraint("state IN ('proposed', 'approved', 'rejected')", name="state"),
        Index("ix_recoupables_contract_id", "contract_id", "position"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id"))
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    amount_micros: Mapped[int] = mapped_column(BigInteger)
    recoupable_ppm: Mapped[int] = mapped_column(Integer, server_default="1000000")
    incurred_on: Mapped[date] = mapped_column(Date)
    position: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """Lower ones are recouped first."""

    receipt_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"), index=True)
    state: Mapped[str] = mapped_column(Text, server_default="proposed")
    created_by: Mapped[UUID | None] = mapped_column()
    decided_by: Mapped[UUID | None] = mapped_column()
    decided_at: Mapped[datetime | None] = mapped_column(MOMENT)

    def decide(self, state: str, *, by: UUID | None, at: datetime) -> None:
        """Be approved or rejected, once."""
        if self.state != "proposed":
            raise CostDecided
        self.state, self.decided_by, self.decided_at = state, by, at


class SplitSheet(LabelModel):
    """Who shares in a recording from a day on; the shares of all that confirmed are paid."""

    __tablename__ = "split_sheets"
    __table_args__ = (Index("uq_split_sheets_recording_id", "recording_id", "effective_from", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"))
    effective_from: Mapped[date] = mapped_column(Date)
    created_by: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)


class SplitShare(LabelModel):
    """One participant's share in a recording, and whether they agree."""

    __tablename__ = "split_shares"
    __table_args__ = (
        CheckConstraint("share_ppm BETWEEN 0 AND 1000000", name="share_ppm"),
        CheckConstraint("state IN ('waiting', 'confirmed', 'contested')", name="state"),
        ForeignKeyConstraint(["sheet_id"], ["split_sheets.id"], name="fk_split_shares_sheet_id", ondelete="CASCADE"),
    )

    sheet_id: Mapped[UUID] = mapped_column(primary_key=True)
    payee_id: Mapped[UUID] = mapped_column(ForeignKey("payees.id"), primary_key=True, index=True)
    share_ppm: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    decided_at: Mapped[datetime | None] = mapped_column(MOMENT)
    note: Mapped[str | None] = mapped_column(Text)


class Obligation(LabelModel):
    """A day by which somebody must act under a contract: use an option, deliver, give back, let books be seen."""

    __tablename__ = "contract_obligations"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_among(OBLIGATIONS)})", name="kind"),
        Index("ix_contract_obligations_due_on", "due_on", postgresql_where=text("done_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text, server_default="")
    told_days: Mapped[int | None] = mapped_column(SmallInteger)
    """How many days before it people were told last; none is told twice."""

    done_at: Mapped[datetime | None] = mapped_column(MOMENT)
    done_by: Mapped[UUID | None] = mapped_column()
    created_by: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)

    def fulfil(self, *, by: UUID | None, at: datetime) -> None:
        """Be done, once."""
        if self.done_at is not None:
            raise ObligationDone
        self.done_at, self.done_by = at, by
