"""Members of one label, what lets them in, and what they may do."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, SmallInteger, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.identity.errors import GrantUnknown, InvitationUsed, LinkUsed
from app.identity.rules.roles import CUSTOM, role_named
from app.identity.rules.scopes import Scope
from app.kernel.db.models import LabelModel

MOMENT = TIMESTAMP(timezone=True)
KEYS = ARRAY(Text)
IDLE_LIMIT = timedelta(hours=12)
ABSOLUTE_LIMIT = timedelta(days=14)
HALF_LIMIT = timedelta(minutes=10)
INVITATION_LIFE = timedelta(days=7)
PROGRAM = "program"
"""The kind of member, and the name of its role, that stands for a program."""


class CustomRole(LabelModel):
    """A role of the label's own: a name and a set of permissions."""

    __tablename__ = "roles"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    permissions: Mapped[list[str]] = mapped_column(KEYS)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    created_by: Mapped[UUID | None] = mapped_column()
    of_label: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    """Whether it is one of the label that a sandbox follows."""


class Member(LabelModel):
    """A person who signs in to this label; the same mail address at another label is another member.

    A program is a member, too, of a kind that nobody signs in as: what it does has somebody who did it.
    """

    __tablename__ = "members"
    __table_args__ = (
        CheckConstraint("role ~ '^[a-z_]{1,40}$'", name="role"),
        CheckConstraint("(role = 'custom') = (custom_role_id IS NOT NULL)", name="custom_role"),
        CheckConstraint("email = lower(email)", name="email"),
        CheckConstraint("kind IN ('person', 'program')", name="kind"),
        CheckConstraint(
            "(kind = 'program') = (permissions IS NOT NULL) AND (kind = 'person' OR password_hash IS NULL)",
            name="program",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    custom_role_id: Mapped[UUID | None] = mapped_column(ForeignKey("roles.id"), index=True)
    imprints: Mapped[list[str]] = mapped_column(KEYS, server_default=text("'{}'"))
    artists: Mapped[list[str]] = mapped_column(KEYS, server_default=text("'{}'"))
    language: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"))
    disabled_at: Mapped[datetime | None] = mapped_column(MOMENT)
    welcomed_at: Mapped[datetime | None] = mapped_column(MOMENT)
    kind: Mapped[str] = mapped_column(Text, server_default="person", default="person")
    permissions: Mapped[list[str] | None] = mapped_column(KEYS)
    of_label: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    """Whether it is somebody of the label that a sandbox follows."""

    custom_role: Mapped[CustomRole | None] = relationship(lazy="selectin")

    @property
    def is_program(self) -> bool:
        """Whether there is nobody behind it who could sign in."""
        return self.kind == PROGRAM

    @property
    def scope(self) -> Scope:
        """To what the member is narrowed."""
        known = role_named(self.role)
        return Scope.of(self.imprints, self.artists, is_narrow=known is not None and known.is_narrow)

    @property
    def facts(self) -> dict[str, object]:
        """What activity keeps of a member's rights."""
        place: dict[str, object] = {"imprints": list(self.imprints), "artists": list(self.artists)}
        if self.custom_role is not None:
            return {"role": self.custom_role.name, "custom_role_id": str(self.custom_role.id), **place}
        return {"role": self.role, **place}

    def take_role(self, role: str, custom: CustomRole | None, *, imprints: list[str], artists: list[str]) -> None:
        """Be what the label needs from now on."""
        self.role, self.custom_role = role, custom if role == CUSTOM else None
        self.imprints, self.artists = imprints, artists

    def disable(self, now: datetime) -> None:
        """Be let in no more."""
        self.disabled_at = self.disabled_at or now

    def enable(self) -> None:
        """Be let in again."""
        self.disabled_at = None


class SecurityPolicy(LabelModel):
    """How the label's members sign in; a label without a row has the usual policy."""

    __tablename__ = "security_policy"
    __table_args__ = (
        CheckConstraint("id = 1", name="id"),
        CheckConstraint("idle_minutes BETWEEN 5 AND 10080", name="idle_minutes"),
        CheckConstraint("absolute_hours BETWEEN 1 AND 2160", name="absolute_hours"),
        CheckConstraint("sso_only IN ('nobody', 'domains', 'everybody')", name="sso_only"),
    )

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    second_factor_roles: Mapped[list[str]] = mapped_column(KEYS, server_default=text("'{}'"))
    idle_minutes: Mapped[int] = mapped_column()
    absolute_hours: Mapped[int] = mapped_column()
    sso_only: Mapped[str] = mapped_column(Text, server_default="nobody")
    sso_domains: Mapped[list[str]] = mapped_column(KEYS, server_default=text("'{}'"))
    break_glass: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))

    @staticmethod
    def usual() -> SecurityPolicy:
        """The policy of a label that has chosen none."""
        hours = int(ABSOLUTE_LIMIT.total_seconds()) // 3600
        return SecurityPolicy(
            id=1,
            second_factor_roles=[],
            idle_minutes=int(IDLE_LIMIT.total_seconds()) // 60,
            absolute_hours=hours,
            sso_only="nobody",
            sso_domains=[],
            break_glass=[],
        )

    @property
    def facts(self) -> dict[str, object]:
        """What activity keeps of a policy."""
        return {
            "second_factor_roles": list(self.second_factor_roles),
            "idle_minutes": self.idle_minutes,
            "absolute_hours": self.absolute_hours,
        }

    def asks_factor_of(self, role: str) -> bool:
        """Tell whether members of this role need a second factor."""
        return role in self.second_factor_roles

    def asks_sso_of(self, member: Member) -> bool:
        """Tell whether a member must come in by the label's own sign-in service; some owners never must."""
        if self.sso_only == "nobody" or (member.role == "owner" and member.id in self.break_glass):
            return False
        return self.sso_only == "everybody" or member.email.rpartition("@")[2] in self.sso_domains


class SupportGrant(LabelModel):
    """Leave for an operator to look at the label in an owner's name: asked or offered, granted, and soon over."""

    __tablename__ = "support_grants"
    __table_args__ = (
        CheckConstraint("hours BETWEEN 1 AND 24", name="hours"),
        CheckConstraint(
            "(granted_at IS NULL) = (granted_by IS NULL) AND (granted_at IS NULL) = (ends_at IS NULL)", name="granted"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    operator_id: Mapped[UUID | None] = mapped_column()
    hours: Mapped[int] = mapped_column(SmallInteger)
    may_change: Mapped[bool] = mapped_column(server_default=text("false"))
    asked_at: Mapped[datetime] = mapped_column(MOMENT)
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("members.id"), index=True)
    granted_at: Mapped[datetime | None] = mapped_column(MOMENT)
    ends_at: Mapped[datetime | None] = mapped_column(MOMENT)
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)

    def grant(self, by: UUID, now: datetime, *, may_change: bool) -> None:
        """Let the operator in until the hours are over."""
        if self.granted_at is not None or self.ended_at is not None:
            raise GrantUnknown
        self.granted_by, self.granted_at, self.may_change = by, now, may_change
        self.ends_at = now + timedelta(hours=self.hours)

    def end(self, now: datetime) -> None:
        """Let nobody in with it any more."""
        self.ended_at = self.ended_at or now

    def is_live(self, now: datetime) -> bool:
        """Tell whether support may be here."""
        return self.ended_at is None and self.ends_at is not None and now < self.ends_at


class ProgramHand(LabelModel):
    """Somebody who made a program or took its secret, and so can act as it."""

    __tablename__ = "program_hands"

    program_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), primary_key=True, index=True)
    since: Mapped[datetime] = mapped_column(MOMENT)


class MemberSession(LabelModel):
    """One signed-in browser; only a hash of its token is kept. One that awaits its second factor opens nothing."""

    __tablename__ = "member_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    agent: Mapped[str] = mapped_column(Text, server_default="")
    address: Mapped[str] = mapped_column(Text, server_default="")
    method: Mapped[str] = mapped_column(Text, server_default="password")
    awaits_factor: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    seen_at: Mapped[datetime] = mapped_column(MOMENT)
    proved_at: Mapped[datetime | None] = mapped_column(MOMENT)
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)
    grant_id: Mapped[UUID | None] = mapped_column(ForeignKey("support_grants.id"), index=True)

    def is_live(self, now: datetime, policy: SecurityPolicy | None = None) -> bool:
        """Tell whether the session still lasts under the label's policy."""
        if self.awaits_factor:
            return self.ended_at is None and now - self.created_at < HALF_LIMIT
        idle = timedelta(minutes=policy.idle_minutes) if policy else IDLE_LIMIT
        absolute = timedelta(hours=policy.absolute_hours) if policy else ABSOLUTE_LIMIT
        return self.ended_at is None and now - self.seen_at < idle and now - self.created_at < absolute

    def end(self, now: datetime) -> None:
        """Let nobody in with it any more."""
        self.ended_at = self.ended_at or now


class Invitation(LabelModel):
    """A way in for somebody who is not a member yet: good once, for a week."""

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("role ~ '^[a-z_]{1,40}$'", name="role"),
        CheckConstraint("(role = 'custom') = (custom_role_id IS NOT NULL)", name="custom_role"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    custom_role_id: Mapped[UUID | None] = mapped_column(ForeignKey("roles.id"), index=True)
    imprints: Mapped[list[str]] = mapped_column(KEYS, server_default=text("'{}'"))
    artists: Mapped[list[str]] = mapped_column(KEYS, server_default=text("'{}'"))
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    invited_by: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    sent_at: Mapped[datetime | None] = mapped_column(MOMENT)
    expires_at: Mapped[datetime] = mapped_column(MOMENT)
    accepted_at: Mapped[datetime | None] = mapped_column(MOMENT)
    revoked_at: Mapped[datetime | None] = mapped_column(MOMENT)

    custom_role: Mapped[CustomRole | None] = relationship(lazy="selectin")

    def accept(self, now: datetime) -> None:
        """Use the invitation up."""
        if self.accepted_at is not None or self.revoked_at is not None or now >= self.expires_at:
            raise InvitationUsed
        self.accepted_at = now

    def renew(self, token_hash: str, now: datetime) -> None:
        """Go out once more with a new secret; the old one opens nothing from now on."""
        self.token_hash, self.sent_at, self.expires_at = token_hash, now, now + INVITATION_LIFE

    def revoke(self, now: datetime) -> None:
        """Take the invitation back."""
        self.revoked_at = self.revoked_at or now


class TotpSecret(LabelModel):
    """A member's authenticator app: its secret, sealed with the label's key, and the last time step it proved."""

    __tablename__ = "totp_secrets"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    confirmed_at: Mapped[datetime | None] = mapped_column(MOMENT)

    def advance(self, step: int, now: datetime) -> None:
        """Use a time step up, and by the first one prove that the app has the secret."""
        self.last_step, self.confirmed_at = step, self.confirmed_at or now


class RecoveryCode(LabelModel):
    """One way in for a member who lost their second factor; only its hash is kept."""

    __tablename__ = "recovery_codes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    used_at: Mapped[datetime | None] = mapped_column(MOMENT)


class Passkey(LabelModel):
    """A WebAuthn credential of a member, good at the one host it was made for."""

    __tablename__ = "passkeys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(Text)
    rp_id: Mapped[str] = mapped_column(Text)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    used_at: Mapped[datetime | None] = mapped_column(MOMENT)

    def use(self, sign_count: int, now: datetime) -> None:
        """Note that it proved its member and how often it says that it did."""
        self.sign_count, self.used_at = sign_count, now


class Ticket(LabelModel):
    """A secret that is good once and for minutes: a sign-in link, a passkey's challenge, support's way in."""

    __tablename__ = "tickets"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    subject_id: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    expires_at: Mapped[datetime] = mapped_column(MOMENT)
    used_at: Mapped[datetime | None] = mapped_column(MOMENT)

    def use(self, now: datetime) -> None:
        """Use it up, once."""
        if self.used_at is not None or now >= self.expires_at:
            raise LinkUsed
        self.used_at = now


class FailureCount:
    """How often in a row something failed for one account or from one address."""

    bucket: Mapped[str] = mapped_column(Text, primary_key=True)
    failures: Mapped[int] = mapped_column()
    failed_at: Mapped[datetime] = mapped_column(MOMENT)


class Throttle(FailureCount, LabelModel):
    """The failures of a label's members."""

    __tablename__ = "throttles"


class NewsState(LabelModel):
    """What a member did with one piece of news; news itself is activity."""

    __tablename__ = "news_states"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    activity_id: Mapped[UUID] = mapped_column(primary_key=True)
    read_at: Mapped[datetime | None] = mapped_column(MOMENT)
    archived_at: Mapped[datetime | None] = mapped_column(MOMENT)
