"""Most favoured nations: a contract has the better rate of those it names, whatever becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.contracts.errors import FavouredCycle
from app.contracts.models import Contract, ContractVersion
from app.contracts.rules.graphs import circle
from app.contracts.rules.terms import Clause, Terms


def refuse_circles(session: Session, contract: Contract, terms: Terms) -> None:
    """Refuse terms by which contracts would follow each other's rates in a circle."""
    if not terms.most_favoured:
        return
    found = circle({**links(session), contract.id: terms.most_favoured}, contract.id)
    if found:
        titles = dict(session.execute(select(Contract.id, Contract.title).where(Contract.id.in_(found))).all())
        raise FavouredCycle(titles=" → ".join(titles.get(each, "—") for each in [*found, contract.id]))


def links(session: Session) -> dict[UUID, tuple[UUID, ...]]:
    """Whose rates each contract follows, by its newest version."""
    newest = (
        select(ContractVersion.contract_id, ContractVersion.terms)
        .ext(distinct_on(ContractVersion.contract_id))
        .order_by(ContractVersion.contract_id, ContractVersion.number.desc())
    )
    rows = session.execute(newest)
    return {row.contract_id: msgspec.json.decode(row.terms, type=_Favours).most_favoured for row in rows}


def favoured(contract_id: UUID, known: Mapping[UUID, Terms]) -> Terms:
    """A contract's terms with every rate raised to the best it is entitled to: rates of clauses of the same name.

    `known` are the terms in force; what a contract named there follows counts in turn.
    """
    terms = known[contract_id]
    if not terms.most_favoured:
        return terms
    others = [favoured(each, known) for each in terms.most_favoured if each in known]
    return msgspec.structs.replace(terms, clauses=tuple(_raised(clause, others) for clause in terms.clauses))


def _raised(clause: Clause, others: list[Terms]) -> Clause:
    rates = [each.rate for terms in others for each in terms.clauses if each.id == clause.id]
    return msgspec.structs.replace(clause, rate=max([clause.rate, *rates]))


class _Favours(msgspec.Struct):
    most_favoured: tuple[UUID, ...] = ()
