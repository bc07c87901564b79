"""Programs that a label lets in, their secrets, and the keys the label signs with."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel

MOMENT = TIMESTAMP(timezone=True)
KEYS = ARRAY(Text)


class ApiClient(LabelModel):
    """A program: how it proves itself, where people are sent back to, and what it may ask for at most.

    `member_id` is the program's own row among the members: what it does by itself is done by that.
    """

    __tablename__ = "api_clients"
    __table_args__ = (
        CheckConstraint("auth_method IN ('none', 'secret', 'private_key_jwt')", name="auth_method"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 120", name="name"),
        CheckConstraint("NOT ('client_credentials' = ANY (grant_types) AND auth_method = 'none')", name="grant_types"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), unique=True)
    name: Mapped[str] = mapped_column(Text)
    auth_method: Mapped[str] = mapped_column(Text)
    grant_types: Mapped[list[str]] = mapped_column(KEYS)
    redirect_uris: Mapped[list[str]] = mapped_column(KEYS, server_default=text("'{}'"))
    scopes: Mapped[list[str]] = mapped_column(KEYS)
    imprints: Mapped[list[str]] = mapped_column(KEYS, server_default=text("'{}'"))
    artists: Mapped[list[str]] = mapped_column(KEYS, server_default=text("'{}'"))
    jwks: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    jwks_uri: Mapped[str | None] = mapped_column(Text)
    needs_dpop: Mapped[bool] = mapped_column(server_default=text("false"))
    needs_par: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    created_by: Mapped[UUID | None] = mapped_column()
    used_at: Mapped[datetime | None] = mapped_column(MOMENT)
    revoked_at: Mapped[datetime | None] = mapped_column(MOMENT)

    @property
    def is_public(self) -> bool:
        """Whether it runs where no secret can be kept."""
        return self.auth_method == "none"

    @property
    def facts(self) -> dict[str, object]:
        """What activity keeps of it."""
        return {
            "name": self.name,
            "grant_types": list(self.grant_types),
            "scopes": list(self.scopes),
            "redirect_uris": list(self.redirect_uris),
            "imprints": list(self.imprints),
            "artists": list(self.artists),
        }

    def revoke(self, now: datetime) -> None:
        """Be let in no more."""
        self.revoked_at = self.revoked_at or now


class ClientSecret(LabelModel):
    """A secret of a client's, of which only a hash is kept; during a rotation there are two."""

    __tablename__ = "api_client_secrets"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("api_clients.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[str] = mapped_column(Text)
    ending: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    used_at: Mapped[datetime | None] = mapped_column(MOMENT)
    ends_at: Mapped[datetime | None] = mapped_column(MOMENT)

    def is_good(self, now: datetime) -> bool:
        """Tell whether it opens anything still."""
        return self.ends_at is None or now < self.ends_at

    def end(self, at: datetime) -> None:
        """Open nothing from this moment on; an end that is nearer stays."""
        self.ends_at = min(self.ends_at or at, at)


class SigningKey(LabelModel):
    """An ES256 key of the label's, its private half sealed; it signs from a moment on, and is published longer."""

    __tablename__ = "api_signing_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    public: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    signs_from: Mapped[datetime] = mapped_column(MOMENT)
    ends_at: Mapped[datetime | None] = mapped_column(MOMENT)
