"""Doors to sales reports: who sees the label's money sees all of them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.errors import OutOfScope
from app.identity.policies import Visitor, require
from app.identity.rules.permissions import Permission
from app.royalties.models import SalesReport
from app.royalties.rules.refusals import ReportUnknown


def require_all(visitor: Visitor, permission: Permission) -> None:
    """Refuse who lacks a permission for all of the label's money: reports are of every artist."""
    require(visitor, permission)
    if not visitor.scope.is_whole:
        raise OutOfScope


def report_to_read(session: Session, visitor: Visitor, report_id: UUID | None) -> SalesReport:
    """A report that the visitor may look at."""
    require_all(visitor, "royalties.view")
    found = session.get(SalesReport, report_id) if report_id else None
    if found is None:
        raise ReportUnknown
    return found


def report_to_change(session: Session, visitor: Visitor, report_id: UUID | None) -> SalesReport:
    """The same, locked: what is done to a report is done once."""
    report_to_read(session, visitor, report_id)
    require(visitor, "royalties.run")
    return session.scalars(select(SalesReport).where(SalesReport.id == report_id).with_for_update()).one()
