"""The operator's people; they live in the shared schema and are members of no label."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.identity.models import FailureCount
from app.kernel.db import SharedModel

MOMENT = TIMESTAMP(timezone=True)


class Operator(SharedModel):
    """One of us."""

    __tablename__ = "operators"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Text, unique=True)
    password_hash: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"))
    disabled_at: Mapped[datetime | None] = mapped_column(MOMENT)
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(MOMENT)
    totp_last_step: Mapped[int] = mapped_column(BigInteger, server_default="0")

    @property
    def has_app(self) -> bool:
        """Whether an authenticator app is in use."""
        return self.totp_confirmed_at is not None


class OperatorSession(SharedModel):
    """One signed-in browser of an operator; only a hash of its token is kept. Half a one opens nothing."""

    __tablename__ = "operator_sessions"

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("shared.operators.id"), index=True)
    agent: Mapped[str] = mapped_column(Text, server_default="")
    address: Mapped[str] = mapped_column(Text, server_default="")
    awaits_factor: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    proved_at: Mapped[datetime | None] = mapped_column(MOMENT)
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)


class OperatorPasskey(SharedModel):
    """A WebAuthn credential of an operator, good at the console's host."""

    __tablename__ = "operator_passkeys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("shared.operators.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    used_at: Mapped[datetime | None] = mapped_column(MOMENT)


class OperatorRecoveryCode(SharedModel):
    """One way in for an operator who lost their second factor; only its hash is kept."""

    __tablename__ = "operator_recovery_codes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("shared.operators.id"), index=True)
    code_hash: Mapped[str] = mapped_column(Text)
    used_at: Mapped[datetime | None] = mapped_column(MOMENT)


class OperatorThrottle(FailureCount, SharedModel):
    """The failures of operators."""

    __tablename__ = "operator_throttles"


class OperatorTicket(SharedModel):
    """A challenge that is good once and for minutes."""

    __tablename__ = "operator_tickets"

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[UUID | None] = mapped_column()
    expires_at: Mapped[datetime] = mapped_column(MOMENT)
    used_at: Mapped[datetime | None] = mapped_column(MOMENT)
