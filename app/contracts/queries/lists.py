"""Contracts as lists for pages, with what the ledger holds for them and what they are about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    Select,
    Subquery,
    Text,
    Uuid,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, distinct_on
from sqlalchemy.orm import Session

from app.catalog.models import Recording, Release, Track
from app.contracts.models import Contract, ContractScope, ContractVersion
from app.contracts.policies import may_see_contract
from app.contracts.rules.accounts import account_of
from app.contracts.rules.terms import Terms
from app.identity.policies import Visitor
from app.kernel.collation import as_sorted
from app.ledger import service as ledger
from app.ledger.rules import Kind
from app.lists.rules import Asked
from app.roster.models import Artist, Imprint, Party, Payee
from app.roster.queries.search import as_searched

SOON = timedelta(days=90)
OPEN = ("draft", "negotiating", "sent", "viewed")
SORTS: dict[str, Any] = {
    "number": Contract.number,
    "title": as_sorted(Contract.title),
    "party": as_sorted(Party.legal_name),
    "state": Contract.state,
    "start": cast(Contract.starts_on, Text),
    "end": func.coalesce(cast(Contract.ends_on, Text), "9999"),
}
"""Every sort as text, so that a page's marker holds one kind of value."""

PADDING = (20, "0")
"""Amounts are never below zero, so that as text of one length they are in the order of their numbers."""

BY_AMOUNT = ("balance", "unrecouped")
"""Sorts by what the ledger holds, as numbers, whatever their currency."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a contract's accounts say, in micros of its currency."""

    currency: str
    payable_micros: int
    """What its payees are owed; never below zero."""

    unrecouped_micros: int
    """What is still to come back out of royalties."""


def contracts(
    session: Session,
    visitor: Visitor,
    asked: Asked,
    today: date,
    *,
    after: list[str] | None,
    limit: int,
    only_active: bool = False,
) -> Executable:
    """One row a contract under a filter, from after a place; `place` is what the next page begins after."""
    sort, backwards = asked.sort.lstrip("-"), asked.sort.startswith("-")
    held = amounts(session, sort) if sort in BY_AMOUNT else None
    value = SORTS[sort] if held is None else func.lpad(cast(func.coalesce(held.c.micros, 0), Text), *PADDING)
    query = (
        select(
            Contract.id,
            Contract.number,
            Contract.title,
            Contract.kind,
            Contract.state,
            Contract.party_id,
            Contract.starts_on,
            Contract.ends_on,
            Party.legal_name.label("party"),
            value.label("place"),
        )
        .join(Party, Party.id == Contract.party_id)
        .where(may_see_contract(visitor), *chosen_contracts(asked, today))
        .limit(limit)
    )
    if held is not None:
        query = query.outerjoin(held, held.c.contract_id == Contract.id)
    if only_active:
        query = query.where(Contract.state == "active")
    if after is not None:
        here, there = tuple_(value, Contract.id), tuple_(after[0], UUID(after[1]))
        query = query.where(here < there if backwards else here > there)
    order = (value.desc(), Contract.id.desc()) if backwards else (value, Contract.id)
    return query.order_by(*order)


def chosen_contracts(asked: Asked, today: date) -> list[ColumnElement[bool]]:
    """Which contracts, and their parties, fit a filter."""
    chosen: list[ColumnElement[bool]] = []
    if wanted := asked.get("q"):
        chosen.append(_holds(wanted, Contract.title, Contract.number, Party.legal_name))
    for name, column in (("state", Contract.state), ("kind", Contract.kind)):
        if asked.get(name):
            chosen.append(column == asked.get(name))
    if asked.get("party"):
        chosen.append(cast(Party.id, Text) == asked.get("party"))
    if asked.get("open"):
        chosen.append(Contract.state.in_(OPEN))
    if asked.get("ends"):
        chosen.append((Contract.state == "active") & Contract.ends_on.between(today, today + SOON))
    return chosen


def _holds(wanted: str, *columns: Any) -> ColumnElement[bool]:
    like = as_searched(literal(wanted, Text))
    return or_(*(func.strpos(as_searched(column), like) > 0 for column in columns))


def standings(session: Session, contract_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """What the ledger holds for contracts, by contract."""
    terms = newest_terms(session, contract_ids)
    subjects = {account_of(key, share.payee): key for key, each in terms.items() for share in each.shares}
    owed = ledger.balances(session, kind=Kind.PAYABLE, subjects=list(subjects)) if subjects else {}
    apart = ledger.balances(session, kind=Kind.UNRECOUPED, subjects=list(subjects)) if subjects else {}
    payable, behind = dict.fromkeys(terms, 0), dict.fromkeys(terms, 0)
    for account, micros in owed.items():
        if account.subject is not None:
            key = subjects[account.subject]
            payable[key] += max(0, micros)
            behind[key] += max(0, -micros)
    for account, micros in apart.items():
        if account.subject is not None:
            behind[subjects[account.subject]] += micros
    return {key: Standing(each.currency, payable[key], behind[key]) for key, each in terms.items()}


def amounts(session: Session, sort: str) -> Subquery:
    """What the ledger holds for each contract that it holds anything for, in micros."""
    owed = {account.subject: micros for account, micros in ledger.balances(session, kind=Kind.PAYABLE).items()}
    apart = {account.subject: micros for account, micros in ledger.balances(session, kind=Kind.UNRECOUPED).items()}
    newest = (
        select(ContractVersion.contract_id, cast(ContractVersion.terms, JSONB)["shares"].label("shares"))
        .ext(distinct_on(ContractVersion.contract_id))
        .order_by(ContractVersion.contract_id, ContractVersion.number.desc())
        .subquery()
    )
    payees = func.jsonb_array_elements(newest.c.shares, type_=JSONB)["payee"].astext
    found: dict[UUID, int] = {}
    for contract_id, payee in session.execute(select(newest.c.contract_id, payees)):
        account = account_of(contract_id, UUID(payee))
        micros, aside = owed.get(account, 0), apart.get(account, 0)
        own = max(0, micros) if sort == "balance" else max(0, -micros) + aside
        found[contract_id] = found.get(contract_id, 0) + own
    held = {key: micros for key, micros in found.items() if micros}
    keys, amounts = literal(list(held), ARRAY(Uuid)), literal(list(held.values()), ARRAY(BigInteger))
    return select(func.unnest(keys).label("contract_id"), func.unnest(amounts).label("micros")).subquery("amounts")


def newest_terms(session: Session, contract_ids: Collection[UUID]) -> dict[UUID, Terms]:
    """The newest terms of contracts, signed or not."""
    query = (
        select(ContractVersion)
        .where(ContractVersion.contract_id.in_(contract_ids))
        .ext(distinct_on(ContractVersion.contract_id))
        .order_by(ContractVersion.contract_id, ContractVersion.number.desc())
    )
    return {row.contract_id: row.read() for row in session.scalars(query)} if contract_ids else {}


def by_number(session: Session, contract_ids: Collection[UUID]) -> list[Contract]:
    """Contracts in the order of their numbers."""
    return list(session.scalars(select(Contract).where(Contract.id.in_(contract_ids)).order_by(Contract.number)))


def versions(contract_id: UUID) -> Select[ContractVersion]:
    """The versions of a contract, the newest first."""
    query = select(ContractVersion).where(ContractVersion.contract_id == contract_id)
    return query.order_by(ContractVersion.number.desc())


def scopes(session: Session, contract_id: UUID) -> list[tuple[str, UUID, str, str]]:
    """What a contract is about: level, subject, its name, and the territory."""
    query = select(ContractScope).where(ContractScope.contract_id == contract_id)
    rows = session.scalars(query.order_by(ContractScope.level, ContractScope.territory)).all()
    names = named_subjects(session, [(row.level, row.subject_id) for row in rows])
    return [(row.level, row.subject_id, names.get((row.level, row.subject_id), ""), row.territory) for row in rows]


_NAMES: dict[str, Any] = {
    "imprint": select(Imprint.id, Imprint.name),
    "artist": select(Artist.id, Artist.name),
    "release": select(Release.id, Release.title),
    "track": select(Track.id, Recording.title).join(Recording, Recording.id == Track.recording_id),
    "recording": select(Recording.id, Recording.title),
}
_IDS: dict[str, Any] = {
    "imprint": Imprint.id, "artist": Artist.id, "release": Release.id, "track": Track.id, "recording": Recording.id,
}  # fmt: skip


def named_subjects(session: Session, subjects: Collection[tuple[str, UUID]]) -> dict[tuple[str, UUID], str]:
    """What things that contracts are about are called."""
    found: dict[tuple[str, UUID], str] = {}
    for level, query in _NAMES.items():
        if wanted := [subject for each, subject in subjects if each == level]:
            found |= {(level, key): name for key, name in session.execute(query.where(_IDS[level].in_(wanted)))}
    return found


def payee_names(session: Session, terms: Terms) -> dict[UUID, str]:
    """What the payees of some terms are called."""
    wanted = {share.payee for share in terms.shares} | {share.of for share in terms.shares if share.of}
    return dict(session.execute(select(Payee.id, Payee.name).where(Payee.id.in_(wanted))).all())


def titles(session: Session, contract_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """What contracts are called."""
    query = select(Contract.id, Contract.title).where(Contract.id.in_(contract_ids))
    return dict(session.execute(query).all()) if contract_ids else {}


def numbers(session: Session, contract_ids: Collection[UUID]) -> dict[str, str]:
    """The numbers of contracts, by their ids as text."""
    query = select(Contract.id, Contract.number).where(Contract.id.in_(contract_ids))
    return {str(key): number for key, number in session.execute(query)} if contract_ids else {}


def found_contracts(session: Session, visitor: Visitor, wanted: str, limit: int) -> list[Any]:
    """The contracts whose title, number or party holds what somebody types."""
    query = select(Contract.id, Contract.title, Contract.number, Party.legal_name.label("party"))
    query = query.join(Party, Party.id == Contract.party_id).where(may_see_contract(visitor))
    query = query.where(_holds(wanted, Contract.title, Contract.number, Party.legal_name))
    return list(session.execute(query.order_by(Contract.number.desc()).limit(limit)))
