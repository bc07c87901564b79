"""Contracts: deals with their terms as data, what they are about, their text and their versions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import BigInteger, func, select
from sqlalchemy.orm import Session

from app.api.errors import ContractVersionUnknown
from app.api.rest.conventions import (
    UNSET,
    Answer,
    Body,
    Call,
    Expansion,
    Part,
    Patch,
    Resource,
    Section,
    UnsetType,
    View,
    said,
)
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Day, Id, Moment, Name
from app.api.rest.parties import PARTIES, PartyView
from app.contracts.errors import DetailsUnusable, StateUnfit
from app.contracts.models import Contract, ContractScope, ContractVersion
from app.contracts.policies import (
    contract_to_change,
    contract_to_read,
    may_change_contract,
    may_see_contract,
    named_unseen,
    require_within,
)
from app.contracts.queries import lists
from app.contracts.rules.states import EDITABLE, STATES, State
from app.contracts.rules.terms import KINDS, Kind, Level, Terms
from app.contracts.schemas import Details, NewContract, Scope
from app.contracts.service import drafting, holding
from app.identity.errors import OutOfScope
from app.identity.policies import Visitor
from app.kernel.collation import as_sorted
from app.kernel.sentences import sentence
from app.roster.models import Party
from app.roster.policies.parties import may_see_party
from app.roster.queries.search import as_searched

SECTION = Section("Contracts", "Deals: with whom, about what, under which terms. Rates are decimals: 0.15 is 15 %.")
Territory = Annotated[str, Meta(pattern="^([A-Z]{2})?$", examples=["DE"])]
Language = Annotated[str, Meta(max_length=20, examples=["en"])]
NAMED = {
    "shares": sentence("Choose payees from the list."),
    "most_favoured": sentence("Choose contracts from the list."),
    "party_id": sentence("Choose whom the contract is with."),
    "ends_on": sentence("The last day lies before the first."),
    "terms": sentence("An amount here is no number that can be counted with."),
}
TERMS = {
    "currency": "EUR",
    "clauses": [{"id": "streams", "rate": "0.5", "when": {"channels": ["stream"]}}],
    "shares": [{"payee": "01936f0e-7d2b-7c41-9a55-0c8f5ad8e1b2", "share_ppm": 1_000_000}],
}
"""Half of what streams bring, to one payee."""
LARGEST = Decimal(10) ** 15
FINEST = -18


class ScopeView(View):
    """What a contract is about, and where; an empty territory is anywhere."""

    level: Level
    subject_id: Id
    territory: str
    name: str


class StandingView(View):
    """What a contract's accounts say, in micros of its currency."""

    currency: Annotated[str, Meta(examples=["EUR"])]
    payable_micros: int
    unrecouped_micros: int


class ContractView(View):
    """A deal. `terms` are those of its newest version, signed or not."""

    id: Id
    number: Annotated[str, Meta(examples=["2026-0001"])]
    title: Annotated[str, Meta(examples=["Recording agreement"])]
    kind: Kind
    state: State
    party_id: Id
    language: str
    starts_on: Day
    ends_on: Day | None
    scopes: list[ScopeView]
    standing: StandingView
    terms: Terms
    created_at: Moment
    party: PartyView | UnsetType | None = UNSET


class ScopeSaid(Body, frozen=True):
    """What a contract is about: the whole label, or an imprint, artist, release, track or recording by its id."""

    level: Level
    subject_id: Id | None = None
    territory: Territory = ""


class ContractChange(Patch, frozen=True):
    """What is to be otherwise. Of a contract in force only terms: they begin a further version, to be signed."""

    title: Name | UnsetType = UNSET
    party_id: Id | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    starts_on: Day | UnsetType = UNSET
    ends_on: Day | UnsetType | None = UNSET
    scopes: Annotated[list[ScopeSaid], Meta(min_length=1, max_length=500)] | UnsetType = UNSET
    terms: Terms | UnsetType = UNSET


class DraftSaid(Body, frozen=True):
    """A deal that is written down."""

    title: Name
    kind: Kind
    party_id: Id
    terms: Annotated[Terms, Meta(examples=[TERMS])]
    starts_on: Day
    scopes: Annotated[list[ScopeSaid], Meta(min_length=1, max_length=500, examples=[[{"level": "label"}]])]
    ends_on: Day | None = None
    language: Language = "en"


class End(Body, frozen=True):
    """The last day of a contract."""

    on: Day


def _scopes(session: Session, _visitor: Visitor, contract_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    query = select(ContractScope).where(ContractScope.contract_id.in_(contract_ids))
    rows = session.scalars(query.order_by(ContractScope.level, ContractScope.subject_id, ContractScope.territory)).all()
    names = lists.named_subjects(session, [(row.level, row.subject_id) for row in rows])
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        name = names.get((row.level, row.subject_id), "")
        shown = {"level": row.level, "subject_id": row.subject_id, "territory": row.territory, "name": name}
        found.setdefault(row.contract_id, []).append(shown)
    return found


def _standings(session: Session, _visitor: Visitor, contract_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    return {key: msgspec.to_builtins(each) for key, each in lists.standings(session, contract_ids).items()}


def _terms(session: Session, _visitor: Visitor, contract_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    return lists.newest_terms(session, contract_ids)


_PARTY = select(Party.legal_name).where(Party.id == Contract.party_id).scalar_subquery()
_SAID = as_searched(func.concat_ws(" ", Contract.title, Contract.number, _PARTY))


def _by_amount(sort: str) -> Callable[[Session], Any]:
    """A sort by what the books hold for each contract, in micros whatever the currency."""

    def of(session: Session) -> Any:
        held = lists.amounts(session, sort)
        micros = select(held.c.micros).where(held.c.contract_id == Contract.id).scalar_subquery()
        return func.coalesce(micros, 0, type_=BigInteger)

    return of


CONTRACTS = Resource(
    name="contracts",
    view=ContractView,
    model=Contract,
    visible=may_see_contract,
    parts={"scopes": Part(_scopes, []), "standing": Part(_standings), "terms": Part(_terms)},
    expansions={"party": Expansion(lambda: PARTIES, by="party_id")},
    filters={
        "q": by.named(_SAID, "Part of the title, the number or the name of the other side, as people type it."),
        "number": by.text(Contract.number, "The contract with this number.", "2026-0001"),
        "state": by.choice(Contract.state, STATES, "Contracts in one state."),
        "kind": by.choice(Contract.kind, KINDS, "Contracts of one kind."),
        "party_id": by.ident(Contract.party_id, "Contracts with this party."),
        "is_open": by.flag(
            Contract.state.in_(lists.OPEN), "Whether it is still drafted, talked about or out to be signed."
        ),
        "ends_from": by.from_day(Contract.ends_on, "Whose last day is this one or later."),
        "ends_to": by.to_day(Contract.ends_on, "Whose last day is this one or earlier."),
    },
    sorts={
        "number": Contract.number,
        "title": as_sorted(Contract.title),
        "party": as_sorted(_PARTY),
        "state": Contract.state,
        "starts_on": Contract.starts_on,
        "ends_on": func.coalesce(Contract.ends_on, date.max),
        "balance": _by_amount("balance"),
        "unrecouped": _by_amount("unrecouped"),
    },
    hidden=frozenset({"terms"}),
)


@SECTION.listing("/contracts", CONTRACTS, scope="contracts:read")
def list_contracts(call: Call, session: Session) -> Answer:
    """List contracts. Those about nothing but what the client sees."""
    return CONTRACTS.page(call, session)


@SECTION.post("/contracts", scope="contracts:write", takes=DraftSaid, resource=CONTRACTS)
def draft_contract(call: Call, session: Session, body: DraftSaid) -> Answer:
    """Draft a contract. Refused where it could not be calculated with, field by field."""
    scopes = _meant(body.scopes)
    _require_usable(session, call.visitor, terms=body.terms, party_id=body.party_id, scopes=scopes)
    _require_order(body.starts_on, body.ends_on)
    new = NewContract(
        title=body.title,
        kind=body.kind,
        party_id=body.party_id,
        terms=body.terms,
        starts_on=body.starts_on,
        scopes=tuple(scopes),
        ends_on=body.ends_on,
        language=body.language,
    )
    contract = drafting.draft(session, call.actor, new)
    if not may_change_contract(session, call.visitor, contract.id):
        raise OutOfScope
    return CONTRACTS.one(call, session, contract.id, status=201, at=f"/api/v1/contracts/{contract.id}")


@SECTION.get("/contracts/{contract_id}", scope="contracts:read", resource=CONTRACTS)
def read_contract(call: Call, session: Session) -> Answer:
    """Read a contract."""
    return CONTRACTS.one(call, session, contract_to_read(session, call.visitor, call.id("contract_id")).id)


@SECTION.patch("/contracts/{contract_id}", scope="contracts:write", takes=ContractChange, resource=CONTRACTS)
def change_contract(call: Call, session: Session, body: ContractChange) -> Answer:
    """Change a contract. While nobody was asked to sign; of one in force, other terms begin a further version."""
    contract = contract_to_change(session, call.visitor, call.id("contract_id"))
    CONTRACTS.require_unchanged(call, contract)
    if contract.state not in (*EDITABLE, "active"):
        raise StateUnfit
    if contract.state == "active" and set(said(body)) - {"terms"}:
        raise StateUnfit
    _save(call, session, contract, body)
    session.flush()
    return CONTRACTS.one(call, session, contract.id)


def _save(call: Call, session: Session, contract: Contract, body: ContractChange) -> None:
    terms = None if body.terms is UNSET else body.terms
    scopes = None if body.scopes is UNSET else _meant(body.scopes)
    party_id = None if body.party_id is UNSET else body.party_id
    _require_usable(session, call.visitor, terms=terms, party_id=party_id, scopes=scopes or (), contract=contract)
    if contract.state in EDITABLE:
        held = {name: getattr(contract, name) for name in Details.__struct_fields__}
        details = Details(**(held | {name: value for name, value in said(body).items() if name in held}))
        _require_order(details.starts_on, details.ends_on)
        drafting.describe(session, call.actor, contract, details)
    if scopes is not None:
        drafting.set_scopes(session, call.actor, contract, scopes)
    if terms is not None:
        signed = contract.state == "active" and drafting.latest(session, contract.id).signed_at is not None
        give = drafting.amend if signed else drafting.set_terms
        give(session, call.actor, contract, terms)
    if not may_change_contract(session, call.visitor, contract.id):
        raise OutOfScope


def _meant(scopes: Sequence[ScopeSaid]) -> list[Scope]:
    everything = UUID(int=0)
    found = [Scope(each.level, each.subject_id or everything, each.territory) for each in scopes]
    return list(dict.fromkeys(found))


def _require_order(starts_on: date, ends_on: date | None) -> None:
    if ends_on is not None and ends_on < starts_on:
        raise DetailsUnusable(fields={"ends_on": NAMED["ends_on"]})


def _require_usable(
    session: Session,
    visitor: Visitor,
    *,
    terms: Terms | None,
    party_id: UUID | None,
    scopes: Sequence[Scope],
    contract: Contract | None = None,
) -> None:
    """Refuse what names something that the client does not know of, and numbers that nobody can count with."""
    problems = {}
    if terms is not None:
        before = drafting.latest(session, contract.id).read() if contract else None
        problems = {name: NAMED[name] for name in named_unseen(session, visitor, terms, before)}
        if not all(_countable(number) for number in _numbers(terms)):
            problems["terms"] = NAMED["terms"]
    if party_id is not None and (contract is None or party_id != contract.party_id):
        if session.scalar(select(Party.id).where(Party.id == party_id, may_see_party(visitor))) is None:
            problems["party_id"] = NAMED["party_id"]
    if problems:
        raise DetailsUnusable(fields=problems)
    held = {each[:2] for each in lists.scopes(session, contract.id)} if contract else set()
    for scope in {(scope.level, scope.subject_id) for scope in scopes} - held:
        require_within(session, visitor, Scope(*scope))


def _countable(number: Decimal) -> bool:
    exponent = number.as_tuple().exponent
    return number.is_finite() and abs(number) <= LARGEST and isinstance(exponent, int) and exponent >= FINEST


def _numbers(value: Any) -> Iterator[Decimal]:
    if isinstance(value, Decimal):
        yield value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _numbers(getattr(value, name))
    elif isinstance(value, tuple):
        for each in value:
            yield from _numbers(each)


@SECTION.put("/contracts/{contract_id}/end", scope="contracts:write", takes=End, resource=CONTRACTS)
def end_contract(call: Call, session: Session, body: End) -> Answer:
    """End a contract. With a day; what was earned until then is paid."""
    contract = contract_to_change(session, call.visitor, call.id("contract_id"))
    _require_order(contract.starts_on, body.on)
    holding.end(session, call.actor, contract, on=body.on)
    session.flush()
    return CONTRACTS.one(call, session, contract.id)


def version_of(session: Session, contract: Contract, number: str) -> ContractVersion:
    """A version of a contract whose door was opened, by its number."""
    query = select(ContractVersion).where(ContractVersion.contract_id == contract.id)
    known = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 0
    found = session.scalar(query.where(ContractVersion.number == known))
    if found is None:
        raise ContractVersionUnknown
    return found
