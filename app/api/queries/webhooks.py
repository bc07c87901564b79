"""Lists of endpoints, of what was sent there, and of tries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.api.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint

SHOWN: Final = 50


def endpoints(session: Session, visible: ColumnElement[bool]) -> Sequence[WebhookEndpoint]:
    """Every endpoint that may be seen, in the order in which they were made."""
    return session.scalars(select(WebhookEndpoint).where(visible).order_by(WebhookEndpoint.id)).all()


def deliveries(
    session: Session, endpoint_id: UUID, *, state: str = "", before: str = ""
) -> tuple[list[WebhookDelivery], int | None]:
    """The newest deliveries of an endpoint, and the place before which there are more."""
    query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
    if state:
        query = query.where(WebhookDelivery.state == state)
    if before.isascii() and before.isdigit() and len(before) < 18:
        query = query.where(WebhookDelivery.place < int(before))
    rows = list(session.scalars(query.order_by(WebhookDelivery.place.desc()).limit(SHOWN + 1)))
    return rows[:SHOWN], rows[SHOWN - 1].place if len(rows) > SHOWN else None


def tries(session: Session, delivery_id: UUID) -> Sequence[WebhookAttempt]:
    """Every try of a delivery."""
    query = select(WebhookAttempt).where(WebhookAttempt.delivery_id == delivery_id)
    return session.scalars(query.order_by(WebhookAttempt.number.desc())).all()
