"""Contracts, their versions, what they cover, and what is recouped under them."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.contracts.errors import CostDecided, ObligationDone, StateUnfit
from app.contracts.rules.obligations import OBLIGATIONS
from app.contracts.rules.states import BATCH_STATES, CLOSINGS, ITEM_STATES, SIGNER_STATES, STATES, may_become
from app.contracts.rules.terms import KINDS, LEVELS, Terms, digest, packed, unpacked
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
    """The terms as they stood at one time, and the text that says the same; neither changes once it is sent."""

    __tablename__ = "contract_versions"
    __table_args__ = (
        Index("uq_contract_versions_number", "contract_id", "number", unique=True),
        CheckConstraint("signed_at IS NULL OR effective_from IS NOT NULL", name="effective_from"),
        CheckConstraint(f"closed_as IN ({_among(CLOSINGS)})", name="closed_as"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(SmallInteger)
    terms: Mapped[str] = mapped_column(Text)
    terms_hash: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text, server_default="")
    body_hash: Mapped[str | None] = mapped_column(Text)
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"), index=True)
    ends_on: Mapped[date | None] = mapped_column(Date)
    """The contract's last day once this version is signed, where that changes."""

    effective_from: Mapped[date | None] = mapped_column(Date)
    signed_at: Mapped[datetime | None] = mapped_column(MOMENT)
    created_by: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    sent_at: Mapped[datetime | None] = mapped_column(MOMENT)
    sent_by: Mapped[UUID | None] = mapped_column()
    in_order: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether each signs after the one before, or all at once."""

    expires_at: Mapped[datetime | None] = mapped_column(MOMENT)
    closed_at: Mapped[datetime | None] = mapped_column(MOMENT)
    closed_as: Mapped[str | None] = mapped_column(Text)
    """Why it will never be signed."""

    sealed_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))

    @property
    def is_open(self) -> bool:
        """Whether it waits for signatures."""
        return self.sent_at is not None and self.closed_at is None and self.signed_at is None

    def read(self) -> Terms:
        """The terms as data."""
        return unpacked(self.terms)

    @property
    def is_whole(self) -> bool:
        """Whether the terms are those of their hash, which was signed."""
        as_kept = hashlib.sha256(self.terms.encode()).hexdigest()
        return self.terms_hash == as_kept or self.terms_hash == digest(self.read())

    def write(self, terms: Terms, digest: str) -> None:
        """Take other terms on, as long as nobody was asked to sign them."""
        if self.signed_at is not None or self.sent_at is not None:
            raise StateUnfit
        self.terms, self.terms_hash = packed(terms).decode(), digest

    def close(self, outcome: str, *, at: datetime) -> None:
        """End the wait for signatures; whoever has not signed cannot any more."""
        if not self.is_open:
            raise StateUnfit
        self.closed_at, self.closed_as = at, outcome


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


class ContractSigner(LabelModel):
    """Somebody who is asked to sign a version: by a link of their own, or as a member of the label."""

    __tablename__ = "contract_signers"
    __table_args__ = (
        CheckConstraint("side IN ('party', 'label')", name="side"),
        CheckConstraint(f"state IN ({_among(SIGNER_STATES)})", name="state"),
        CheckConstraint("side = 'label' OR token_hash IS NOT NULL", name="token_hash"),
        Index("uq_contract_signers_position", "version_id", "position", unique=True),
        Index("uq_contract_signers_token_hash", "token_hash", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version_id: Mapped[UUID] = mapped_column(ForeignKey("contract_versions.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(SmallInteger)
    side: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text, server_default="")
    """What they sign as: managing director, guardian."""

    language: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    digest: Mapped[str] = mapped_column(Text)
    """SHA-256 over the text and the terms that they were asked to sign."""

    token_hash: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[datetime | None] = mapped_column(MOMENT)
    viewed_at: Mapped[datetime | None] = mapped_column(MOMENT)
    reminded_at: Mapped[datetime | None] = mapped_column(MOMENT)
    decided_at: Mapped[datetime | None] = mapped_column(MOMENT)
    code_hash: Mapped[str | None] = mapped_column(Text)
    code_until: Mapped[datetime | None] = mapped_column(MOMENT)
    code_tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    reason: Mapped[str | None] = mapped_column(Text)
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """Who signed, when, from where, what they agreed to."""


class ContractComment(LabelModel):
    """What somebody proposes to change in a version."""

    __tablename__ = "contract_comments"
    __table_args__ = (Index("ix_contract_comments_version_id", "version_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version_id: Mapped[UUID] = mapped_column(ForeignKey("contract_versions.id", ondelete="CASCADE"))
    author: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(MOMENT)


class SigningCertificate(LabelModel):
    """The certificate that a label's contracts are sealed with; the newest one in use seals."""

    __tablename__ = "signing_certificates"
    __table_args__ = (
        Index("uq_signing_certificates_used", text("(true)"), unique=True, postgresql_where=text("retired_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    certificate: Mapped[bytes] = mapped_column(LargeBinary)
    """X.509 (DER)."""

    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    """PKCS #12, sealed with the label's key."""

    is_own: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether the label brought it along."""

    ends_at: Mapped[datetime] = mapped_column(MOMENT)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    retired_at: Mapped[datetime | None] = mapped_column(MOMENT)


class ContractBatch(LabelModel):
    """Many contracts at once: drafts made of one contract and a sheet, or amendments of contracts in force."""

    __tablename__ = "contract_batches"
    __table_args__ = (
        CheckConstraint(f"state IN ({_among(BATCH_STATES)})", name="state"),
        CheckConstraint("kind IN ('draft', 'amend')", name="kind"),
        CheckConstraint("kind = 'amend' OR template_id IS NOT NULL", name="template_id"),
        CheckConstraint("kind = 'amend' OR file_id IS NOT NULL", name="file_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text, server_default="draft")
    template_id: Mapped[UUID | None] = mapped_column(ForeignKey("contracts.id"), index=True)
    """What rows are merged into; None where each row names the contract that it amends."""

    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"), index=True)
    """The sheet; None where the contracts were chosen from the list."""

    state: Mapped[str] = mapped_column(Text, server_default="checking")
    problem: Mapped[str | None] = mapped_column(Text)
    places: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    """What fills the sentence of the problem."""

    created_by: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)


class ContractBatchItem(LabelModel):
    """One row of a sheet: what it says, what is wrong with it, and what became of it."""

    __tablename__ = "contract_batch_items"
    __table_args__ = (
        CheckConstraint(f"state IN ({_among(ITEM_STATES)})", name="state"),
        Index("ix_contract_batch_items_state", "batch_id", "state", "number"),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("contract_batches.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    values: Mapped[dict[str, str]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text, server_default="ready")
    problems: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    contract_id: Mapped[UUID | None] = mapped_column(ForeignKey("contracts.id"), index=True)
    changes: Mapped[dict[str, list[str]]] = mapped_column(JSONB, server_default=text("'{}'"))
    """What an amendment changes, by field: what it was, and what it becomes."""
