"""Artists, imprints, and the legal persons and credited people around them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.identity.models import INVITATION_LIFE
from app.kernel.db.models import LabelModel
from app.roster.errors import ArtistLeft, GrantOver, ImprintTooDeep, MergerOver

MOMENT = TIMESTAMP(timezone=True)
DEEPEST_IMPRINT = 3
WORDS = JSONB
"""Language to text."""


class Party(LabelModel):
    """A legal person: who signs, who owns, who is paid."""

    __tablename__ = "parties"
    __table_args__ = (CheckConstraint("kind IN ('person', 'company')", name="kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    legal_name: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(Text)
    ipi: Mapped[str | None] = mapped_column(Text)
    isni: Mapped[str | None] = mapped_column(Text)
    dpid: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"))


class Payee(LabelModel):
    """A party in its role of being paid, in one currency."""

    __tablename__ = "payees"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"))


class Imprint(LabelModel):
    """A name that releases come out on, at most three deep, with the ranges its identifiers are issued from."""

    __tablename__ = "imprints"
    __table_args__ = (
        CheckConstraint(f"depth BETWEEN 1 AND {DEEPEST_IMPRINT}", name="depth"),
        CheckConstraint("isrc_prefix ~ '^[A-Z]{2}[A-Z0-9]{3}$'", name="isrc_prefix"),
        CheckConstraint("upc_prefix ~ '^[0-9]{6,11}$'", name="upc_prefix"),
        Index("ix_imprints_name_key", "name_key"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("imprints.id"), index=True)
    depth: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    p_owner: Mapped[str | None] = mapped_column(Text)
    c_owner: Mapped[str | None] = mapped_column(Text)
    isrc_prefix: Mapped[str | None] = mapped_column(Text)
    upc_prefix: Mapped[str | None] = mapped_column(Text)
    default_contract_id: Mapped[UUID | None] = mapped_column()
    batch_id: Mapped[UUID | None] = mapped_column()
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"))

    def lie_under(self, parent: Imprint | None) -> None:
        """Hang below another imprint, or at the top."""
        depth = parent.depth + 1 if parent else 1
        if depth > DEEPEST_IMPRINT:
            raise ImprintTooDeep
        self.parent_id, self.depth = parent.id if parent else None, depth


class Artist(LabelModel):
    """An act: a person or a band, under the name that fans know."""

    __tablename__ = "artists"
    __table_args__ = (
        CheckConstraint("kind IN ('solo', 'band', 'other')", name="kind"),
        CheckConstraint("status IN ('active', 'paused', 'left')", name="status"),
        CheckConstraint("(status = 'left') <= (leaves_on IS NOT NULL)", name="left"),
        Index("ix_artists_name_key", "name_key"),
        Index("ix_artists_address", text('"right"((id)::text, 8)')),
        Index("ix_artists_folded", "folded", postgresql_using="gin", postgresql_ops={"folded": "ext.gin_trgm_ops"}),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text)
    sort_name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text, server_default="solo")
    status: Mapped[str] = mapped_column(Text, server_default="active")
    keeps_style: Mapped[bool] = mapped_column(server_default=text("false"))
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("parties.id"), index=True)
    image_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"), index=True)
    isni: Mapped[str | None] = mapped_column(Text)
    ipi: Mapped[str | None] = mapped_column(Text)
    names: Mapped[dict[str, str]] = mapped_column(WORDS, server_default=text("'{}'"))
    biographies: Mapped[dict[str, str]] = mapped_column(WORDS, server_default=text("'{}'"))
    store_ids: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    links: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    leaves_on: Mapped[date | None] = mapped_column(Date)
    batch_id: Mapped[UUID | None] = mapped_column()
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"))

    def leave(self, on: date) -> None:
        """Stop being of the roster at a date; what was made stays."""
        if self.status == "left":
            raise ArtistLeft
        self.leaves_on = on

    def change(self, changes: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Take new values on and give back what stood there before."""
        before = {name: getattr(self, name) for name in changes}
        for name, value in changes.items():
            setattr(self, name, value)
        self.version, self.updated_at = self.version + 1, now
        return before


class BandMember(LabelModel):
    """An artist who plays, or played, in a band."""

    __tablename__ = "band_members"

    band_id: Mapped[UUID] = mapped_column(ForeignKey("artists.id", ondelete="CASCADE"), primary_key=True)
    artist_id: Mapped[UUID] = mapped_column(ForeignKey("artists.id"), primary_key=True, index=True)
    part: Mapped[str] = mapped_column(Text, server_default="")
    since: Mapped[str | None] = mapped_column(Text)
    until: Mapped[str | None] = mapped_column(Text)


class Contributor(LabelModel):
    """Somebody who is credited: a writer, a player, an engineer. Two of one name are told apart by a remark.

    Who turned out to be somebody else leads there with their name: whoever is credited under it is the other from then
    on. `moved` keeps what was theirs, so that it can be taken back.
    """

    __tablename__ = "contributors"
    __table_args__ = (Index("uq_contributors_name_key", "name_key", "remark", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text)
    remark: Mapped[str] = mapped_column(Text, server_default="")
    artist_id: Mapped[UUID | None] = mapped_column(ForeignKey("artists.id"), index=True)
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("parties.id"), index=True)
    isni: Mapped[str | None] = mapped_column(Text)
    ipi: Mapped[str | None] = mapped_column(Text)
    batch_id: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"))
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("contributors.id"), index=True)
    moved: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))

    def lead_to(self, other: Contributor, moved: dict[str, Any]) -> None:
        """Be somebody else from now on."""
        self.merged_into_id, self.moved = other.id, moved

    def stand_alone(self) -> dict[str, Any]:
        """Be somebody of their own again; gives what had moved."""
        if self.moved is None:
            raise MergerOver
        moved, self.merged_into_id, self.moved = self.moved, None, None
        return moved


class ArtistGrant(LabelModel):
    """Leave that an artist gave a manager: which rights, until when."""

    __tablename__ = "artist_grants"
    __table_args__ = (
        CheckConstraint("rights <@ '{money,releases,page}' AND cardinality(rights) > 0", name="rights"),
        Index("ix_artist_grants_artist_id", "artist_id"),
        Index("ix_artist_grants_member_id", "member_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    artist_id: Mapped[UUID] = mapped_column(ForeignKey("artists.id"))
    email: Mapped[str] = mapped_column(Text)
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("members.id"))
    rights: Mapped[list[str]] = mapped_column(ARRAY(Text))
    granted_by: Mapped[UUID] = mapped_column(ForeignKey("members.id"), index=True)
    granted_at: Mapped[datetime] = mapped_column(MOMENT)
    accepted_at: Mapped[datetime | None] = mapped_column(MOMENT)
    expires_at: Mapped[datetime | None] = mapped_column(MOMENT)
    revoked_at: Mapped[datetime | None] = mapped_column(MOMENT)

    def accept(self, member_id: UUID, now: datetime) -> None:
        """Be taken up by the manager it was meant for."""
        if not self.is_open(now) or self.accepted_at is not None:
            raise GrantOver
        self.member_id, self.accepted_at = member_id, now

    def revoke(self, now: datetime) -> None:
        """End now."""
        self.revoked_at = self.revoked_at or now

    def is_taken(self, now: datetime) -> bool:
        """Whether somebody has it and may use it."""
        return self.accepted_at is not None and self.is_open(now)

    def is_open(self, now: datetime) -> bool:
        """Whether it has neither been taken back nor run out."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def state(self, now: datetime) -> str:
        """How it stands: over, active, asked, or not answered in the time that its link had."""
        if not self.is_open(now):
            return "over"
        if self.accepted_at is not None:
            return "active"
        return "asked" if now < self.granted_at + INVITATION_LIFE else "unanswered"
