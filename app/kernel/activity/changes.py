"""What was changed just now."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import BigInteger, Text, cast, func, select
from sqlalchemy.orm import Session

from app.kernel.activity.models import Activity

THIS_TRANSACTION = cast(cast(func.pg_current_xact_id(), Text), BigInteger)


def first_change(session: Session, subjects: Collection[UUID]) -> UUID | None:
    """The first that happened to one of these rows in this transaction, from which on everything can be taken back."""
    mine = select(Activity.id).where(Activity.subject_id.in_(subjects), Activity.xid == THIS_TRANSACTION)
    return session.scalar(mine.order_by(Activity.seq).limit(1))
