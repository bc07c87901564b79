"""What the ledger's accounts of contracts, payees and sources are called."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contracts.models import Contract
from app.contracts.rules.accounts import account_of
from app.ledger.queries import named
from app.ledger.rules import Kind
from app.roster.models import Payee
from app.royalties.models import SalesReport, Statement
from app.royalties.service.posting import OWN_SHOP, SOURCES


@named(Kind.PAYABLE, Kind.UNRECOUPED, Kind.RESERVE, Kind.DEFERRED, Kind.CONTESTED)
def payees(session: Session, subjects: Collection[UUID]) -> dict[UUID, str]:
    """A payee under a contract."""
    query = (
        select(Statement.contract_id, Statement.payee_id, Payee.name, Contract.title)
        .join(Payee, Payee.id == Statement.payee_id)
        .join(Contract, Contract.id == Statement.contract_id)
        .distinct()
    )
    told = {account_of(row[0], row[1]): f"{row.name} · {row.title}" for row in session.execute(query)}
    return {subject: told[subject] for subject in subjects if subject in told}


@named(Kind.ADVANCE, Kind.COST)
def contracts(session: Session, subjects: Collection[UUID]) -> dict[UUID, str]:
    """A contract, by its title."""
    query = select(Contract.id, Contract.title).where(Contract.id.in_(subjects))
    return {row.id: row.title for row in session.execute(query)}


@named(Kind.RECEIVABLE)
def sources(session: Session, subjects: Collection[UUID]) -> dict[UUID, str]:
    """A source of sales reports."""
    known = {*session.scalars(select(SalesReport.source).distinct()), OWN_SHOP}  # it owes before it reports
    told = {uuid5(SOURCES, source or ""): source or "" for source in known}
    return {subject: told[subject] for subject in subjects if subject in told}
