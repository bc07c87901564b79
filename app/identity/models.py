"""Members of one label and what lets them in."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.identity.errors import InvitationUsed
from app.kernel.db.models import LabelModel

MOMENT = TIMESTAMP(timezone=True)
IDLE_LIMIT = timedelta(hours=12)
ABSOLUTE_LIMIT = timedelta(days=14)
INVITATION_LIFE = timedelta(days=7)


class Member(LabelModel):
    """A person who signs in to this label; the same mail address at another label is another member."""

    __tablename__ = "members"
    __table_args__ = (
        CheckConstraint("role in ('owner', 'member', 'artist')", name="role"),
        CheckConstraint("email = lower(email)", name="email"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"))
    disabled_at: Mapped[datetime | None] = mapped_column(MOMENT)


class MemberSession(LabelModel):
    """One signed-in browser; only a hash of its token is kept."""

    __tablename__ = "member_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    agent: Mapped[str] = mapped_column(Text, server_default="")
    address: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    seen_at: Mapped[datetime] = mapped_column(MOMENT)
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)

    def is_live(self, now: datetime) -> bool:
        """Tell whether the session still lets its member in."""
        return self.ended_at is None and now - self.seen_at < IDLE_LIMIT and now - self.created_at < ABSOLUTE_LIMIT

    def end(self, now: datetime) -> None:
        """Let nobody in with it any more."""
        self.ended_at = self.ended_at or now


class Invitation(LabelModel):
    """A way in for somebody who is not a member yet: good once, for a week."""

    __tablename__ = "invitations"
    __table_args__ = (CheckConstraint("role in ('owner', 'member', 'artist')", name="role"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    expires_at: Mapped[datetime] = mapped_column(MOMENT)
    accepted_at: Mapped[datetime | None] = mapped_column(MOMENT)

    def accept(self, now: datetime) -> None:
        """Use the invitation up."""
        if self.accepted_at is not None or now >= self.expires_at:
            raise InvitationUsed
        self.accepted_at = now
