"""What the ledger's accounts of gateways are called."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger.queries import named
from app.ledger.rules import Kind
from app.royalties.service.posting import SOURCES
from app.storefront.models import Payment


@named(Kind.CLEARING)
def gateways(session: Session, subjects: Collection[UUID]) -> dict[UUID, str]:
    """A payment gateway that owes the label."""
    names = session.scalars(select(Payment.gateway).distinct())
    told = {uuid5(SOURCES, f"gateway:{name}"): name for name in names}
    return {subject: told[subject] for subject in subjects if subject in told}
