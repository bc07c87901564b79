"""What a directory keeps in step with us (SCIM 2.0): its people, its groups, and the token it comes with."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel

MOMENT = TIMESTAMP(timezone=True)


class DirectoryToken(LabelModel):
    """The secret a directory comes with; only its hash is kept. A replaced one is good until its end."""

    __tablename__ = "scim_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("sso_connections.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    created_by: Mapped[UUID | None] = mapped_column()
    used_at: Mapped[datetime | None] = mapped_column(MOMENT)
    ends_at: Mapped[datetime | None] = mapped_column(MOMENT)

    def is_live(self, now: datetime) -> bool:
        """Tell whether the token opens anything."""
        return self.ends_at is None or now < self.ends_at

    def end(self, at: datetime) -> None:
        """Open nothing from this moment on."""
        self.ends_at = min(self.ends_at, at) if self.ends_at else at


class DirectoryUser(LabelModel):
    """A person as a directory says they are; a member as soon as there is a mail address."""

    __tablename__ = "scim_users"
    __table_args__ = (UniqueConstraint("connection_id", "folded_name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("sso_connections.id", ondelete="CASCADE"))
    folded_name: Mapped[str] = mapped_column(Text)
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"), index=True)
    made_member: Mapped[bool] = mapped_column(server_default=text("false"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    changed_at: Mapped[datetime] = mapped_column(MOMENT)

    @property
    def is_active(self) -> bool:
        """Whether the directory says that this person may come in."""
        return self.document.get("active", True) is not False


class DirectoryGroup(LabelModel):
    """A group as a directory says it is; its name may mean a role."""

    __tablename__ = "scim_groups"
    __table_args__ = (UniqueConstraint("connection_id", "folded_name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("sso_connections.id", ondelete="CASCADE"))
    folded_name: Mapped[str] = mapped_column(Text)
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    changed_at: Mapped[datetime] = mapped_column(MOMENT)


class DirectoryMembership(LabelModel):
    """Who is in which group."""

    __tablename__ = "scim_memberships"

    group_id: Mapped[UUID] = mapped_column(ForeignKey("scim_groups.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("scim_users.id", ondelete="CASCADE"), primary_key=True, index=True)
