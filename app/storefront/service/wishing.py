"""What fans wish for."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.fans.models import Fan
from app.kernel import clock
from app.storefront.models import Wish
from app.storefront.service.fan_doors import product_to_wish


def wish(session: Session, fan: Fan, product_id: UUID | None) -> None:
    """Put a product on a fan's list, once."""
    product = product_to_wish(session, product_id)
    values = {"fan_id": fan.id, "product_id": product.id, "created_at": clock.now()}
    session.execute(insert(Wish).values(values).on_conflict_do_nothing())


def unwish(session: Session, fan: Fan, product_id: UUID | None) -> None:
    """Take a product off a fan's list, also one that is sold no longer."""
    session.execute(delete(Wish).where(Wish.fan_id == fan.id, Wish.product_id == product_id))
