"""What the visitor's own artists earned, by period, and the statements that told them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.artist.policies import own_statements
from app.artist.rules.earnings import Span
from app.contracts.models import Contract
from app.identity.policies import Visitor
from app.roster.models import Payee
from app.royalties.models import RoyaltyPeriod, RoyaltyRun, Statement


def currencies(session: Session, visitor: Visitor) -> list[str]:
    """The currencies of the visitor's statements, the one of the most first."""
    query = select(Statement.currency).where(own_statements(visitor)).group_by(Statement.currency)
    return list(session.scalars(query.order_by(func.count().desc(), Statement.currency)))


def periods(session: Session, visitor: Visitor, currency: str, *, limit: int) -> list[tuple[UUID, Span]]:
    """What was earned in one currency in the newest periods, the oldest of them first."""
    query = (
        select(RoyaltyPeriod.id, RoyaltyPeriod.starts_on, RoyaltyPeriod.ends_on, func.sum(Statement.earned_micros))
        .join(RoyaltyRun, RoyaltyRun.period_id == RoyaltyPeriod.id)
        .join(Statement, Statement.run_id == RoyaltyRun.id)
        .where(own_statements(visitor), Statement.currency == currency)
        .group_by(RoyaltyPeriod.id)
        .order_by(RoyaltyPeriod.ends_on.desc())
        .limit(limit)
    )
    found = [(row[0], Span(row[1], row[2], int(row[3]))) for row in session.execute(query)]
    return found[::-1]


def of_period(session: Session, visitor: Visitor, period_id: UUID, currency: str, *, limit: int) -> list[Statement]:
    """The visitor's statements of a period in one currency."""
    query = (
        select(Statement)
        .join(RoyaltyRun, RoyaltyRun.id == Statement.run_id)
        .where(RoyaltyRun.period_id == period_id, Statement.currency == currency, own_statements(visitor))
    )
    return list(session.scalars(query.order_by(Statement.id).limit(limit)))


def statements(visitor: Visitor) -> Select[Statement, str, str, RoyaltyPeriod]:
    """The visitor's statements, the newest period first, with payee, contract and period."""
    return (
        select(Statement, Payee.name.label("payee"), Contract.title.label("contract"), RoyaltyPeriod)
        .join(Payee, Payee.id == Statement.payee_id)
        .join(Contract, Contract.id == Statement.contract_id)
        .join(RoyaltyRun, RoyaltyRun.id == Statement.run_id)
        .join(RoyaltyPeriod, RoyaltyPeriod.id == RoyaltyRun.period_id)
        .where(own_statements(visitor))
        .order_by(RoyaltyPeriod.ends_on.desc(), Payee.name, Contract.title, Statement.id)
    )


def accounts(session: Session, visitor: Visitor) -> list[tuple[UUID, UUID]]:
    """Contract and payee of every statement of the visitor's own: together they name an account of the ledger."""
    query = select(Statement.contract_id, Statement.payee_id).where(own_statements(visitor)).distinct()
    return [(row[0], row[1]) for row in session.execute(query)]
