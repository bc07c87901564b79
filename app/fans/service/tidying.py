"""Forgetting what is long over."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, exists, false, or_
from sqlalchemy.orm import Session

from app.fans.models import SESSION_LIFE, Fan, FanSession
from app.fans.service import exporting
from app.kernel import clock
from app.kernel.db.models import LabelModel
from app.kernel.tenant import Tenant

UNCONFIRMED: Final = timedelta(days=2)
"""Longer than any link that confirms an address is good."""

ENDED_KEPT: Final = timedelta(days=30)


def tidy(session: Session, tenant: Tenant) -> None:
    """Delete sessions that are over, exports that waited long enough, and addresses that nobody confirmed."""
    now = clock.now()
    over = (FanSession.ended_at < now - ENDED_KEPT) | (FanSession.created_at < now - SESSION_LIFE - ENDED_KEPT)
    session.execute(delete(FanSession).where(over))
    exporting.forget_old(session, tenant, now - exporting.KEPT)
    unconfirmed = Fan.confirmed_at.is_(None) & Fan.erased_at.is_(None) & (Fan.created_at < now - UNCONFIRMED)
    session.execute(delete(Fan).where(unconfirmed, ~referred_to()))


def referred_to() -> ColumnElement[bool]:
    """Whether a row of another slice, which would be left without its fan, refers to the fan at hand."""
    referring = [
        exists().where(column == Fan.id)
        for table in LabelModel.metadata.tables.values()
        for column in table.columns
        if any(key.target_fullname == "fans.id" and key.ondelete != "CASCADE" for key in column.foreign_keys)
    ]
    return or_(false(), *referring)
