"""Tax forms that were signed, the label as the one who withholds, and lists that payees are screened against."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel
from app.tax.errors import CaseDecided, InvitationOver

MOMENT = TIMESTAMP(timezone=True)


class TaxSettings(LabelModel):
    """The label as the tax office knows it; one row, once somebody has said so."""

    __tablename__ = "tax_settings"
    __table_args__ = (Index("uq_tax_settings_only", text("(true)"), unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    country: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, server_default="")
    street: Mapped[str] = mapped_column(Text, server_default="")
    city: Mapped[str] = mapped_column(Text, server_default="")
    region: Mapped[str] = mapped_column(Text, server_default="")
    postcode: Mapped[str] = mapped_column(Text, server_default="")
    phone: Mapped[str] = mapped_column(Text, server_default="")
    sealed_tin: Mapped[bytes | None] = mapped_column(LargeBinary)
    tin_mask: Mapped[str] = mapped_column(Text, server_default="")
    version: Mapped[int] = mapped_column(server_default="1")
    changed_by: Mapped[UUID | None] = mapped_column()
    changed_at: Mapped[datetime] = mapped_column(MOMENT)


class TaxDraft(LabelModel):
    """An interview that is under way, sealed whole: nothing of it is there to be read."""

    __tablename__ = "tax_drafts"

    party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id", ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(server_default="1")
    changed_by: Mapped[UUID | None] = mapped_column()
    changed_at: Mapped[datetime] = mapped_column(MOMENT)


class TaxForm(LabelModel):
    """A tax form as a legal person signed it; a later one takes its place and none is ever changed.

    What was answered is sealed. In the open stands only what decides how much is withheld.
    """

    __tablename__ = "tax_forms"
    __table_args__ = (
        CheckConstraint("kind IN ('w9', 'w8ben', 'w8bene')", name="kind"),
        CheckConstraint("(kind = 'w9') = (valid_until IS NULL)", name="valid_until"),
        Index("uq_tax_forms_number", "party_id", "number", unique=True),
        Index("uq_tax_forms_current", "party_id", unique=True, postgresql_where=text("superseded_at IS NULL")),
        Index("ix_tax_forms_valid_until", "valid_until", postgresql_where=text("superseded_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    number: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[str] = mapped_column(Text)
    edition: Mapped[str] = mapped_column(Text)
    country: Mapped[str] = mapped_column(Text)
    claims_treaty: Mapped[bool] = mapped_column(server_default=text("false"))
    chapter4: Mapped[str] = mapped_column(Text, server_default="")
    is_backup: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether the IRS told them of backup withholding (W-9)."""

    tin_mask: Mapped[str] = mapped_column(Text, server_default="")
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(Text)
    """Of everything that was signed, keyed with the label's key: by a plain one a number could be guessed."""

    language: Mapped[str] = mapped_column(Text)
    signed_on: Mapped[date] = mapped_column(Date)
    signed_at: Mapped[datetime] = mapped_column(MOMENT)
    signed_by: Mapped[UUID | None] = mapped_column()
    valid_until: Mapped[date | None] = mapped_column(Date)
    """The last day on which it counts; a W-9 counts until another takes its place."""

    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB)
    told_days: Mapped[int | None] = mapped_column(SmallInteger)
    """How many days before its end people were told last; none is told twice."""

    superseded_at: Mapped[datetime | None] = mapped_column(MOMENT)


class TaxInvitation(LabelModel):
    """A link by which a payee with nobody in the portal fills in one form: until it is signed, or its days are over."""

    __tablename__ = "tax_invitations"
    __table_args__ = (Index("uq_tax_invitations_token_hash", "token_hash", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payee_id: Mapped[UUID] = mapped_column(ForeignKey("payees.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[str] = mapped_column(Text)
    sent_by: Mapped[UUID | None] = mapped_column()
    sent_at: Mapped[datetime] = mapped_column(MOMENT)
    expires_at: Mapped[datetime] = mapped_column(MOMENT)
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)
    form_id: Mapped[UUID | None] = mapped_column(ForeignKey("tax_forms.id"), index=True)

    def is_open(self, now: datetime) -> bool:
        """Whether the link still leads anywhere."""
        return self.ended_at is None and now < self.expires_at

    def end(self, now: datetime, form_id: UUID | None = None) -> None:
        """Lead nowhere from now on: another link took its place, or the form is signed."""
        if self.ended_at is not None:
            raise InvitationOver
        self.ended_at, self.form_id = now, form_id


class SanctionsList(LabelModel):
    """A list of names nobody may pay; a later one of the same name takes its place."""

    __tablename__ = "sanctions_lists"
    __table_args__ = (
        Index("uq_sanctions_lists_name", "name", unique=True, postgresql_where=text("retired_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    names: Mapped[int] = mapped_column(Integer)
    created_by: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    retired_at: Mapped[datetime | None] = mapped_column(MOMENT)


class SanctionsName(LabelModel):
    """One name of a list, as it stands there; aliases have the number of their entry in common."""

    __tablename__ = "sanctions_names"

    list_id: Mapped[UUID] = mapped_column(ForeignKey("sanctions_lists.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    entry: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(Text)
    country: Mapped[str] = mapped_column(Text, server_default="")
    born_on: Mapped[str] = mapped_column(Text, server_default="")
    source: Mapped[str] = mapped_column(Text, server_default="")


class SanctionsScreened(LabelModel):
    """Under which name a payee was screened last, and when: whoever is called otherwise since is screened anew."""

    __tablename__ = "sanctions_screened"

    payee_id: Mapped[UUID] = mapped_column(ForeignKey("payees.id", ondelete="CASCADE"), primary_key=True)
    said: Mapped[str] = mapped_column(Text)
    lists: Mapped[str] = mapped_column(Text)
    """Which lists were in use."""

    at: Mapped[datetime] = mapped_column(MOMENT)


class SanctionsCase(LabelModel):
    """A payee who is called like somebody on a list: no payout leaves until a person has looked."""

    __tablename__ = "sanctions_cases"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'cleared', 'confirmed')", name="state"),
        Index("uq_sanctions_cases_pair", "party_id", "pair", unique=True),
        Index("ix_sanctions_cases_state", "state", "opened_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("parties.id", ondelete="SET NULL"))
    pair: Mapped[str] = mapped_column(Text)
    """Both names as they are compared: a pair that was cleared is not opened again by the next list."""

    name: Mapped[str] = mapped_column(Text)
    listed_name: Mapped[str] = mapped_column(Text)
    list_name: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    score_ppm: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text, server_default="open")
    opened_at: Mapped[datetime] = mapped_column(MOMENT)
    decided_by: Mapped[UUID | None] = mapped_column()
    decided_at: Mapped[datetime | None] = mapped_column(MOMENT)
    reason: Mapped[str] = mapped_column(Text, server_default="")

    def decide(self, state: str, *, by: UUID | None, at: datetime, reason: str) -> None:
        """Be cleared or confirmed, once."""
        if self.state != "open":
            raise CaseDecided
        self.state, self.decided_by, self.decided_at, self.reason = state, by, at, reason
