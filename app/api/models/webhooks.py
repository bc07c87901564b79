"""Where a label's events are sent, what is on its way there, and what each try came to."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db.models import LabelModel

MOMENT = TIMESTAMP(timezone=True)
_WAITING = text("state = 'waiting'")


class WebhookEndpoint(LabelModel):
    """An address that is sent those events that `filters` name (`*`, `release.*`, `order.paid`).

    Its secrets are sealed with the label's key; the old one signs too until `old_until`. `since` is from when on events
    are for it. `failing_since` is the first failure after its last success; until `rest_until` it is left in peace.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        CheckConstraint("disabled_why IN ('', 'person', 'gone', 'failing', 'maker')", name="disabled_why"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, server_default="")
    filters: Mapped[list[str]] = mapped_column(ARRAY(Text))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    old_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_until: Mapped[datetime | None] = mapped_column(MOMENT)
    made_by: Mapped[UUID | None] = mapped_column()
    """Who answers for where it leads: it is told no more than they may hear."""

    made_through: Mapped[UUID | None] = mapped_column()
    """The program by which they said so, if they did."""

    created_at: Mapped[datetime] = mapped_column(MOMENT)
    since: Mapped[datetime] = mapped_column(MOMENT)
    disabled_at: Mapped[datetime | None] = mapped_column(MOMENT)
    disabled_why: Mapped[str] = mapped_column(Text, server_default="")
    failing_since: Mapped[datetime | None] = mapped_column(MOMENT)
    failures: Mapped[int] = mapped_column(Integer, server_default="0")
    rest_until: Mapped[datetime | None] = mapped_column(MOMENT)
    version: Mapped[int] = mapped_column(Integer, server_default="1")


class WebhookDelivery(LabelModel):
    """One event on its way to one endpoint.

    Deliveries of one `order_key` go one after the other, in the order of `place`. Whoever sends one holds `lease` until
    `lease_until`; when they die, the same event is sent again under the same id.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'delivered', 'given_up')", name="state"),
        Index(
            "uq_webhook_deliveries_activity_id",
            "endpoint_id",
            "activity_id",
            unique=True,
            postgresql_where=text("NOT is_again"),
        ),
        Index("ix_webhook_deliveries_due_at", "endpoint_id", "due_at", postgresql_where=_WAITING),
        Index("ix_webhook_deliveries_order_key", "endpoint_id", "order_key", "place", postgresql_where=_WAITING),
        Index("ix_webhook_deliveries_place", "endpoint_id", "place"),
        Index("ix_webhook_deliveries_made_at", "made_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    activity_id: Mapped[UUID] = mapped_column(index=True)
    event_type: Mapped[str] = mapped_column(Text)
    order_key: Mapped[str] = mapped_column(Text)
    is_again: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    made_at: Mapped[datetime] = mapped_column(MOMENT)
    due_at: Mapped[datetime] = mapped_column(MOMENT)
    lease: Mapped[UUID | None] = mapped_column()
    lease_until: Mapped[datetime | None] = mapped_column(MOMENT)
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)


class WebhookAttempt(LabelModel):
    """One try: what was said, and what came back of it, as far as it is kept; secrets are masked."""

    __tablename__ = "webhook_attempts"

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_deliveries.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(MOMENT)
    milliseconds: Mapped[int] = mapped_column(Integer)
    request_headers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[int | None] = mapped_column(SmallInteger)
    response_headers: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    response_body: Mapped[str] = mapped_column(Text, server_default="")
    problem: Mapped[str] = mapped_column(Text, server_default="")


class WebhookFeed(LabelModel):
    """How far a label's activity was looked through for endpoints; a place counts in one database alone."""

    __tablename__ = "webhook_feed"
    __table_args__ = (CheckConstraint("id = 1", name="id"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    whose: Mapped[str] = mapped_column(Text)
    seen: Mapped[str] = mapped_column(Text)
    until: Mapped[str] = mapped_column(Text)
    xid: Mapped[int] = mapped_column(BigInteger)
    seq: Mapped[int] = mapped_column(BigInteger)
    looked_at: Mapped[datetime] = mapped_column(MOMENT)
