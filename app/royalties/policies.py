"""Doors to sales reports, runs and statements: the label's own people see all, artists what they are told."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, false, select, true
from sqlalchemy.orm import Session

from app.identity.errors import OutOfScope
from app.identity.policies import Visitor, require, require_somewhere
from app.identity.rules.permissions import Permission
from app.kernel.files.belonging import belongs
from app.roster.models import Artist, Payee
from app.roster.policies import may_see_artist
from app.royalties.errors import PeriodUnknown, RunUnknown, StatementUnknown
from app.royalties.models import RoyaltyPeriod, RoyaltyRun, SalesReport, Statement
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


def sees_all_money(visitor: Visitor) -> bool:
    """Whether a visitor sees the sales and statements of the whole label."""
    return "royalties.view" in visitor.permissions and visitor.scope.is_whole


def may_see_report(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `sales_reports` and of `royalty_periods` a visitor sees: all or none."""
    return true() if sees_all_money(visitor) else false()


belongs(SalesReport.file_id, may_see_report)


def may_answer(visitor: Visitor) -> bool:
    """Whether a visitor answers for the label what payees ask."""
    return sees_all_money(visitor) and "royalties.run" in visitor.permissions


def may_see_statement(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `statements` a visitor sees: all, or what was told to payees behind artists they see money of."""
    if sees_all_money(visitor):
        return true()
    behind = select(Artist.party_id).where(may_see_artist(visitor, "royalties.view"), Artist.party_id.is_not(None))
    told = select(RoyaltyRun.id).where(RoyaltyRun.state == "published", RoyaltyRun.is_trial.is_(False))
    return Statement.payee_id.in_(select(Payee.id).where(Payee.party_id.in_(behind))) & Statement.run_id.in_(told)


def may_see_run(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `royalty_runs` a visitor hears of: all, or those with a statement that they see."""
    if sees_all_money(visitor):
        return true()
    return RoyaltyRun.id.in_(select(Statement.run_id).where(may_see_statement(visitor)))


def statement_to_read(session: Session, visitor: Visitor, statement_id: UUID | None) -> Statement:
    """A statement that the visitor may look at."""
    require_somewhere(visitor, "royalties.view")
    found = session.scalar(select(Statement).where(Statement.id == statement_id, may_see_statement(visitor)))
    if found is None:
        raise StatementUnknown
    return found


def run_to_read(session: Session, visitor: Visitor, run_id: UUID | None) -> RoyaltyRun:
    """A run that the visitor may look at."""
    require(visitor, "royalties.view")
    found = session.get(RoyaltyRun, run_id) if run_id and visitor.scope.is_whole else None
    if found is None:
        raise RunUnknown
    return found


def run_to_change(session: Session, visitor: Visitor, run_id: UUID | None) -> RoyaltyRun:
    """The same, locked, for somebody who closes periods."""
    run = run_to_read(session, visitor, run_id)
    require(visitor, "royalties.run")
    session.refresh(run, with_for_update=True)
    return run


def period_to_run(session: Session, visitor: Visitor, period_id: UUID | None) -> RoyaltyPeriod:
    """A period, for somebody who calculates it."""
    require(visitor, "royalties.view")
    found = session.get(RoyaltyPeriod, period_id) if period_id and visitor.scope.is_whole else None
    if found is None:
        raise PeriodUnknown
    require(visitor, "royalties.run")
    return found
