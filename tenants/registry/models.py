"""The registry: which labels exist, where they live, under which hosts, and what is being done to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import SharedModel
from app.kernel.tenant import TenantState

MOMENT = TIMESTAMP(timezone=True)
STATES = ", ".join(f"'{state}'" for state in TenantState)


class TenantRow(SharedModel):
    """A label's row; `epoch` grows by itself with every change, and a closed label's row stays as its tombstone."""

    __tablename__ = "tenants"
    __table_args__ = (
        CheckConstraint(f"state in ({STATES})", name="state"),
        CheckConstraint("id ~ '^l_[0-9a-hjkmnp-tv-z]{26}$'", name="id"),
        Index("ix_tenants_spare", "cell", "id", postgresql_where=text("state = 'spare'")),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    cell: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    epoch: Mapped[int] = mapped_column(BigInteger, server_default="1")
    fence_epoch: Mapped[int] = mapped_column(BigInteger, server_default="0")
    slug: Mapped[str | None] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text, server_default="")
    schema_revision: Mapped[str] = mapped_column(Text)
    quarantine: Mapped[str | None] = mapped_column(Text)
    plan: Mapped[str] = mapped_column(Text, server_default="standard")
    time_zone: Mapped[str] = mapped_column(Text, server_default="UTC")
    currency: Mapped[str] = mapped_column(Text, server_default="EUR")
    artist_share_ppm: Mapped[int] = mapped_column(Integer, server_default="900000")
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{en}'"))
    limits: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    flags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    sandbox_of: Mapped[str | None] = mapped_column(Text)
    request_key: Mapped[str | None] = mapped_column(Text, unique=True)
    request_hash: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"))
    opened_at: Mapped[datetime | None] = mapped_column(MOMENT)
    erase_after: Mapped[datetime | None] = mapped_column(MOMENT)
    closed_at: Mapped[datetime | None] = mapped_column(MOMENT)


class HostRow(SharedModel):
    """A host that a label claims or owns; at most one label owns it live, and a removed one rests in quarantine."""

    __tablename__ = "hosts"
    __table_args__ = (
        CheckConstraint("state in ('pending', 'live', 'quarantined')", name="state"),
        CheckConstraint("surface is null or surface in ('portal', 'artist', 'storefront')", name="surface"),
        CheckConstraint("host = lower(host) and length(host) <= 253", name="host"),
        Index("uq_hosts_owned", "host", unique=True, postgresql_where=text("state in ('live', 'quarantined')")),
        Index("uq_hosts_claim", "tenant_id", "host", unique=True, postgresql_where=text("state = 'pending'")),
        Index("ix_hosts_tenant_id", "tenant_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("shared.tenants.id"))
    host: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    surface: Mapped[str | None] = mapped_column(Text)
    is_primary: Mapped[bool] = mapped_column(server_default=text("false"))
    proof: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"))
    checked_at: Mapped[datetime | None] = mapped_column(MOMENT)
    proven_at: Mapped[datetime | None] = mapped_column(MOMENT)
    quarantined_until: Mapped[datetime | None] = mapped_column(MOMENT)


class Operation(SharedModel):
    """One change of a label's life in several steps: it resumes after a crash from the step it had reached."""

    __tablename__ = "operations"
    __table_args__ = (
        CheckConstraint("state in ('running', 'done', 'failed')", name="state"),
        Index("uq_operations_request", "kind", "request_key", unique=True),
        Index(
            "uq_operations_running", "tenant_id", unique=True, postgresql_where=text("state = 'running'")
        ),  # one change at a time
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    step: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="running")
    request_key: Mapped[str] = mapped_column(Text)
    args: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    error: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"))
    finished_at: Mapped[datetime | None] = mapped_column(MOMENT)


class RegistryChange(SharedModel):
    """One committed change of a label's registry entry, numbered without gaps in order of commit."""

    __tablename__ = "registry_changes"

    version: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    tenant_id: Mapped[str] = mapped_column(Text)
