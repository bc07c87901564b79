"""How long it is known what was sent."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.api.models import WebhookDelivery
from app.api.queries.events import KEPT
from app.kernel import clock

BATCH: Final = 50_000


def forget(session: Session) -> int:
    """Forget deliveries of long ago, a bounded number at a time; gives how many."""
    old = select(WebhookDelivery.id).where(WebhookDelivery.made_at < clock.now() - KEPT).limit(BATCH)
    gone = delete(WebhookDelivery).where(WebhookDelivery.id.in_(old)).returning(WebhookDelivery.id)
    return len(session.execute(gone).all())
