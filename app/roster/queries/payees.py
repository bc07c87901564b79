"""What the ledger's accounts of payees are called."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger.queries import named
from app.ledger.rules import Kind
from app.roster.models import Payee


@named(Kind.PAYABLE, Kind.RESERVE)
def payee_names(session: Session, payees: Collection[UUID]) -> dict[UUID, str]:
    """The names of payees by id."""
    found = session.execute(select(Payee.id, Payee.name).where(Payee.id.in_(payees)))
    return {row.id: row.name for row in found}
