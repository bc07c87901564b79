"""What must be done under contracts, by day."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import Select, select

from app.contracts.models import Contract, Obligation
from app.contracts.policies import may_see_contract
from app.identity.policies import Visitor


def obligations(visitor: Visitor, *, first: date, last: date) -> Select[Obligation, Contract]:
    """What falls on days from one to another, as far as the visitor sees its contract."""
    query = select(Obligation, Contract).join(Contract, Contract.id == Obligation.contract_id)
    query = query.where(may_see_contract(visitor), Obligation.due_on.between(first, last))
    return query.order_by(Obligation.due_on, Contract.number)


def open_before(visitor: Visitor, day: date) -> Select[Obligation, Contract]:
    """What was due before a day and is not done."""
    return obligations(visitor, first=date.min, last=day).where(Obligation.due_on < day, Obligation.done_at.is_(None))


def ending(visitor: Visitor, *, first: date, last: date) -> Select[Contract]:
    """Contracts in force whose last day falls on a day from one to another."""
    query = select(Contract).where(may_see_contract(visitor), Contract.state == "active")
    return query.where(Contract.ends_on.between(first, last)).order_by(Contract.ends_on, Contract.number)


def of_contract(contract_id: UUID) -> Select[Obligation]:
    """What must be done under one contract."""
    query = select(Obligation).where(Obligation.contract_id == contract_id)
    return query.order_by(Obligation.done_at.is_not(None), Obligation.due_on, Obligation.id)
