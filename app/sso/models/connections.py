"""Connections to sign-in services, the domains they answer for, and whom they let in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.identity.models import CustomRole
from app.identity.rules.permissions import Permission, known
from app.kernel.db.models import LabelModel
from app.sso.errors import AttemptOver

MOMENT = TIMESTAMP(timezone=True)
KEYS = ARRAY(Text)
ATTEMPT_LIFE = timedelta(minutes=10)


class Connection(LabelModel):
    """One sign-in service of the label: where it is, how its word is checked, and what it may bring about.

    `vouched` is what whoever last said whom to trust could do themselves: the service lets in nobody who may more, so
    that nobody becomes somebody greater by connecting a service of their own.
    """

    __tablename__ = "sso_connections"
    __table_args__ = (
        CheckConstraint("kind IN ('oidc', 'saml')", name="kind"),
        CheckConstraint("(default_role = 'custom') = (default_custom_role_id IS NOT NULL)", name="default_role"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    issuer: Mapped[str] = mapped_column(Text)
    client_id: Mapped[str] = mapped_column(Text, server_default="")
    client_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    sso_url: Mapped[str] = mapped_column(Text, server_default="")
    certificates: Mapped[list[str]] = mapped_column(KEYS, server_default=text("'{}'"))
    metadata_url: Mapped[str] = mapped_column(Text, server_default="")
    groups_claim: Mapped[str] = mapped_column(Text, server_default="groups")
    default_role: Mapped[str] = mapped_column(Text, server_default="read_only")
    default_custom_role_id: Mapped[UUID | None] = mapped_column(ForeignKey("roles.id"), index=True)
    makes_members: Mapped[bool] = mapped_column(server_default=text("false"))
    trusts_factor: Mapped[bool] = mapped_column(server_default=text("false"))
    vouched: Mapped[list[str]] = mapped_column(KEYS, server_default=text("'{}'"))
    vouched_by: Mapped[UUID] = mapped_column()
    vouches_for_owners: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    live_at: Mapped[datetime | None] = mapped_column(MOMENT)
    proved_at: Mapped[datetime | None] = mapped_column(MOMENT)
    proved_by: Mapped[UUID | None] = mapped_column()

    default_custom_role: Mapped[CustomRole | None] = relationship(lazy="selectin")

    @property
    def is_live(self) -> bool:
        """Whether people may sign in here."""
        return self.live_at is not None

    @property
    def may(self) -> frozenset[Permission]:
        """The most that anybody may who comes in here."""
        return known(self.vouched)

    @property
    def facts(self) -> dict[str, object]:
        """What activity keeps of a connection; never its secret."""
        return {
            "name": self.name,
            "kind": self.kind,
            "issuer": self.issuer,
            "sso_url": self.sso_url,
            "certificates": len(self.certificates),
            "default_role": self.default_custom_role.name if self.default_custom_role else self.default_role,
            "makes_members": self.makes_members,
            "trusts_factor": self.trusts_factor,
            "live": self.is_live,
        }

    def doubt(self) -> None:
        """Count as not tried: whom it trusts has changed."""
        self.proved_at = self.proved_by = None

    def prove(self, member_id: UUID, now: datetime) -> None:
        """Count as tried by somebody who came back from it as themselves."""
        self.proved_at, self.proved_by = now, member_id


class Domain(LabelModel):
    """A mail domain of the label: once proved, its addresses belong to one connection."""

    __tablename__ = "sso_domains"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("sso_connections.id", ondelete="CASCADE"), index=True)
    domain: Mapped[str] = mapped_column(Text, unique=True)
    proof: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    checked_at: Mapped[datetime | None] = mapped_column(MOMENT)
    proven_at: Mapped[datetime | None] = mapped_column(MOMENT)


class Link(LabelModel):
    """That somebody at a sign-in service is a member here: by issuer and subject, never by a mail address."""

    __tablename__ = "sso_links"
    __table_args__ = (UniqueConstraint("connection_id", "issuer", "subject"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("sso_connections.id", ondelete="CASCADE"))
    issuer: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    made_member: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    used_at: Mapped[datetime | None] = mapped_column(MOMENT)


class RoleRule(LabelModel):
    """Which role a group of the sign-in service means; of several, the one of the lowest place counts."""

    __tablename__ = "sso_role_rules"
    __table_args__ = (
        UniqueConstraint("connection_id", "group_name"),
        CheckConstraint("(role = 'custom') = (custom_role_id IS NOT NULL)", name="role"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("sso_connections.id", ondelete="CASCADE"))
    place: Mapped[int] = mapped_column(SmallInteger)
    group_name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    custom_role_id: Mapped[UUID | None] = mapped_column(ForeignKey("roles.id"), index=True)
    imprints: Mapped[list[str]] = mapped_column(KEYS, server_default=text("'{}'"))
    artists: Mapped[list[str]] = mapped_column(KEYS, server_default=text("'{}'"))

    custom_role: Mapped[CustomRole | None] = relationship(lazy="selectin")


class Attempt(LabelModel):
    """One way to a sign-in service and back: bound to a browser, good once and for minutes."""

    __tablename__ = "sso_attempts"
    __table_args__ = (CheckConstraint("purpose IN ('sign_in', 'prove', 'try')", name="purpose"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("sso_connections.id", ondelete="CASCADE"), index=True)
    state_hash: Mapped[str] = mapped_column(Text, unique=True)
    browser_hash: Mapped[str] = mapped_column(Text)
    nonce: Mapped[str] = mapped_column(Text)
    verifier: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    session_id: Mapped[UUID | None] = mapped_column()
    wish: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    expires_at: Mapped[datetime] = mapped_column(MOMENT)
    answered_at: Mapped[datetime | None] = mapped_column(MOMENT)
    used_at: Mapped[datetime | None] = mapped_column(MOMENT)
    claims: Mapped[dict[str, Any] | None] = mapped_column(JSONB)

    def answer(self, now: datetime, claims: dict[str, Any] | None = None) -> None:
        """Take the service's answer, once."""
        if self.answered_at is not None or now >= self.expires_at:
            raise AttemptOver
        self.answered_at, self.claims = now, claims

    def use(self, now: datetime) -> None:
        """Let somebody in by it, once."""
        if self.answered_at is None or self.used_at is not None or now >= self.expires_at:
            raise AttemptOver
        self.used_at = now


class SeenAssertion(LabelModel):
    """An assertion that let somebody in already; a second time it lets in nobody."""

    __tablename__ = "sso_seen_assertions"

    connection_id: Mapped[UUID] = mapped_column(ForeignKey("sso_connections.id", ondelete="CASCADE"), primary_key=True)
    assertion_id: Mapped[str] = mapped_column(Text, primary_key=True)
    until: Mapped[datetime] = mapped_column(MOMENT, index=True)
