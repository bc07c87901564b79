"""What people let programs do in their name, and the secrets by which programs get at it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.api.models.clients import KEYS, MOMENT
from app.kernel.db.models import LabelModel


class AuthorizationRequest(LabelModel):
    """A question for a person's consent, in order and kept until it is answered; some are pushed by their client."""

    __tablename__ = "api_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("api_clients.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB)
    is_pushed: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    expires_at: Mapped[datetime] = mapped_column(MOMENT, index=True)
    used_at: Mapped[datetime | None] = mapped_column(MOMENT)

    def is_open(self, now: datetime) -> bool:
        """Tell whether it waits for its answer still."""
        return self.used_at is None and now < self.expires_at


class Consent(LabelModel):
    """What a person has allowed a program, remembered so that they are not asked again for the same."""

    __tablename__ = "api_consents"
    __table_args__ = (UniqueConstraint("client_id", "member_id", "resource"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("api_clients.id", ondelete="CASCADE"))
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    resource: Mapped[str] = mapped_column(Text)
    scopes: Mapped[list[str]] = mapped_column(KEYS)
    given_at: Mapped[datetime] = mapped_column(MOMENT)
    withdrawn_at: Mapped[datetime | None] = mapped_column(MOMENT)

    def covers(self, scopes: frozenset[str]) -> bool:
        """Tell whether all of these were allowed and still are."""
        return self.withdrawn_at is None and scopes <= frozenset(self.scopes)

    def give(self, scopes: frozenset[str], now: datetime) -> None:
        """Allow these, too; what was withdrawn before does not come back."""
        before = frozenset() if self.withdrawn_at is not None else frozenset(self.scopes or ())
        self.scopes, self.given_at, self.withdrawn_at = sorted(before | scopes), now, None

    def withdraw(self, now: datetime) -> None:
        """Allow nothing any more."""
        self.withdrawn_at = self.withdrawn_at or now


class Grant(LabelModel):
    """One authorization, and the family of all tokens that come from it: it ends, and they with it."""

    __tablename__ = "api_grants"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("api_clients.id", ondelete="CASCADE"), index=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    scopes: Mapped[list[str]] = mapped_column(KEYS)
    resource: Mapped[str] = mapped_column(Text)
    jkt: Mapped[str | None] = mapped_column(Text)
    auth_time: Mapped[datetime] = mapped_column(MOMENT)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    expires_at: Mapped[datetime] = mapped_column(MOMENT, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)

    def is_live(self, now: datetime) -> bool:
        """Tell whether tokens of it are good."""
        return self.ended_at is None and now < self.expires_at

    def end(self, now: datetime) -> None:
        """Let no token of it open anything any more."""
        self.ended_at = self.ended_at or now


class Code(LabelModel):
    """What a browser carries back to its program, to be exchanged once (RFC 6749 §4.1.2)."""

    __tablename__ = "api_codes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("api_grants.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(Text, unique=True)
    redirect_uri: Mapped[str] = mapped_column(Text)
    challenge: Mapped[str] = mapped_column(Text)
    nonce: Mapped[str | None] = mapped_column(Text)
    jkt: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(MOMENT, index=True)
    used_at: Mapped[datetime | None] = mapped_column(MOMENT)


class RefreshToken(LabelModel):
    """A secret that is exchanged once for new tokens; a second time ends the family (OAuth 2.1 §4.3.1)."""

    __tablename__ = "api_refresh_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("api_grants.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    expires_at: Mapped[datetime] = mapped_column(MOMENT, index=True)
    used_at: Mapped[datetime | None] = mapped_column(MOMENT)
    is_replaced: Mapped[bool] = mapped_column(server_default=text("false"))

    def is_repeated_soon(self, now: datetime, grace: timedelta) -> bool:
        """Tell a client that did not hear the answer from somebody who has a token that was used long ago."""
        return self.used_at is not None and not self.is_replaced and now - self.used_at <= grace


class DeviceCode(LabelModel):
    """A device that waits until somebody says its code to a browser (RFC 8628)."""

    __tablename__ = "api_device_codes"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'allowed', 'denied', 'used')", name="state"),
        Index("uq_api_device_codes_user_code", "user_code", unique=True, postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("api_clients.id", ondelete="CASCADE"), index=True)
    device_hash: Mapped[str] = mapped_column(Text, unique=True)
    user_code: Mapped[str] = mapped_column(Text)
    scopes: Mapped[list[str]] = mapped_column(KEYS)
    resource: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    grant_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_grants.id", ondelete="CASCADE"), index=True)
    interval_seconds: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    expires_at: Mapped[datetime] = mapped_column(MOMENT, index=True)
    polled_at: Mapped[datetime | None] = mapped_column(MOMENT)

    def poll(self, now: datetime) -> bool:
        """Note a question of the device's; one that comes too soon lengthens the wait (RFC 8628 §3.5)."""
        before, self.polled_at = self.polled_at, now
        is_patient = before is None or now - before >= timedelta(seconds=self.interval_seconds)
        if not is_patient:
            self.interval_seconds = min(self.interval_seconds + 5, 120)
        return is_patient


class SeenProof(LabelModel):
    """A proof that was used, by its digest, for as long as it would count: nobody uses it again."""

    __tablename__ = "api_seen_proofs"

    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(MOMENT, index=True)


class RevokedToken(LabelModel):
    """An access token that was taken back before its time."""

    __tablename__ = "api_revoked_tokens"

    jti: Mapped[UUID] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(MOMENT, index=True)
