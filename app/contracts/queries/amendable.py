"""Contracts in force that may be amended together, as a sheet with their values, and rows with the same in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.contracts.errors import AmendmentEmpty
from app.contracts.models import Contract
from app.contracts.queries import lists
from app.contracts.rules import amending as rules
from app.contracts.rules.sheets import MOST_ROWS
from app.contracts.rules.terms import Terms
from app.identity.policies import Visitor
from app.lists.rules import Asked

LONGEST = 200
Chosen = Sequence[tuple[Contract, Terms]]


def chosen(session: Session, visitor: Visitor, asked: Asked, today: date) -> Chosen:
    """The contracts in force that a filter lists, with their newest terms."""
    query = lists.contracts(session, visitor, asked, today, only_active=True, after=None, limit=MOST_ROWS)
    keys = [row.id for row in session.execute(query)]
    terms = lists.newest_terms(session, keys)
    return [(contract, terms[contract.id]) for contract in lists.by_number(session, keys)]


def sheet(session: Session, contracts: Chosen) -> tuple[list[str], list[list[Any]]]:
    """Them with their values: what is changed in it is what is amended."""
    numbers = lists.numbers(session, {key for _, terms in contracts for key in rules.others_of(terms)})
    names = rules.columns_of(terms for _, terms in contracts)
    rows = []
    for contract, terms in contracts:
        held = rules.values_of(terms)
        values = (rules.by_number(name, held.get(name, ""), numbers) for name in names)
        rows.append([contract.number, contract.title, contract.ends_on, "", *values])
    return ["contract", "title", "end", "advance", *names], rows


def rows_of(contracts: Chosen, wanted: Mapping[str, str]) -> list[dict[str, str]]:
    """A row for every one of them with the same values in each; fields that none of them has are left out."""
    offered = rules.columns_of(terms for _, terms in contracts)
    known = {name: value[:LONGEST] for name, value in wanted.items() if rules.is_known(name, offered)}
    if not known or not contracts:
        raise AmendmentEmpty
    return [{"contract": contract.number, **known} for contract, _ in contracts]
