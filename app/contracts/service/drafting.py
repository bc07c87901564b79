"""Contracts as they are written: drafted, given terms and scopes, amended by a further version."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Integer, Uuid, delete, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.orm import Session

from app.contracts.errors import ContractUnsigned, StateUnfit, TermsUnusable
from app.contracts.models import Contract, ContractScope, ContractVersion
from app.contracts.rules.checking import problems
from app.contracts.rules.states import EDITABLE
from app.contracts.rules.terms import Kind, Terms, digest, packed
from app.contracts.schemas import Details, NewContract, Scope
from app.contracts.service.favouring import refuse_circles
from app.kernel import activity, clock, ids
from app.kernel.actor import Actor

OWN_LANE: tuple[Kind, ...] = ("producer", "remix")
"""Kinds that are paid beside the contract of whoever made the record, each party for itself."""


def draft(session: Session, actor: Actor, new: NewContract) -> Contract:
    """Write a contract down as a draft, with its first version; `TermsUnusable` where it could not be calculated."""
    _require_usable(new.terms)
    now = clock.now()
    contract = Contract(
        id=ids.new_id(),
        number=next_numbers(session, now.year)[0],
        title=new.title,
        kind=new.kind,
        state="draft",
        party_id=new.party_id,
        language=new.language,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
        lane=lane_of(new.kind, new.party_id),
        version=1,
        created_by=actor.id,
        created_at=now,
    )
    session.add(contract)
    session.flush()
    add_version(session, actor, contract, new.terms, number=1)
    set_scopes(session, actor, contract, new.scopes)
    refuse_circles(session, contract, new.terms)
    after = {"number": contract.number, "title": new.title, "kind": new.kind}
    activity.record(session, actor, "contract.drafted", subject_type="contract", subject_id=contract.id, after=after)
    return contract


def describe(session: Session, actor: Actor, contract: Contract, said: Details) -> None:
    """Say otherwise what a contract that nobody has signed yet is called, whom it is with and when it holds."""
    if contract.state not in EDITABLE:
        raise StateUnfit
    before = {name: str(getattr(contract, name)) for name in said.__struct_fields__}
    for name in said.__struct_fields__:
        setattr(contract, name, getattr(said, name))
    contract.lane = lane_of(contract.kind, contract.party_id)
    after = {name: str(getattr(contract, name)) for name in said.__struct_fields__}
    changed = [name for name in after if before[name] != after[name]]
    if changed:
        contract.version += 1
        session.flush()
        told = {"before": {name: before[name] for name in changed}, "after": {name: after[name] for name in changed}}
        activity.record(session, actor, "contract.changed", subject_type="contract", subject_id=contract.id, **told)


def lane_of(kind: str, party_id: UUID) -> str:
    """Among which contracts one pays a sale."""
    return f"{kind}:{party_id}" if kind in OWN_LANE else "main"


def set_terms(session: Session, actor: Actor, contract: Contract, terms: Terms) -> ContractVersion:
    """Give a contract that nobody has signed yet other terms."""
    _require_usable(terms)
    refuse_circles(session, contract, terms)
    version = latest(session, contract.id)
    if contract.state not in (*EDITABLE, "active"):
        raise StateUnfit
    before = version.terms_hash
    version.write(terms, digest(terms))
    contract.version += 1
    session.flush()
    if before != version.terms_hash:
        activity.record(
            session,
            actor,
            "contract.changed",
            subject_type="contract",
            subject_id=contract.id,
            before={"terms": before},
            after={"terms": version.terms_hash},
        )
    return version


def set_scopes(session: Session, actor: Actor, contract: Contract, scopes: Sequence[Scope]) -> None:
    """Say what a contract is about, in place of what it was about."""
    if contract.state not in EDITABLE:
        raise StateUnfit
    wanted = sorted(set(scopes))
    query = select(ContractScope).where(ContractScope.contract_id == contract.id)
    held = sorted(Scope(row.level, row.subject_id, row.territory) for row in session.scalars(query))  # type: ignore[arg-type]
    if wanted == held:
        return
    session.execute(delete(ContractScope).where(ContractScope.contract_id == contract.id))
    session.add_all(ContractScope(contract_id=contract.id, **scope._asdict()) for scope in wanted)
    session.flush()
    if held:
        told = {"before": {"scopes": _told(held)}, "after": {"scopes": _told(wanted)}}
        activity.record(session, actor, "contract.changed", subject_type="contract", subject_id=contract.id, **told)


def amend(session: Session, actor: Actor, contract: Contract, terms: Terms) -> ContractVersion:
    """Begin a further version of a contract in force; the one before holds until it is signed."""
    if contract.state != "active":
        raise StateUnfit
    _require_usable(terms)
    refuse_circles(session, contract, terms)
    before = latest(session, contract.id)
    if before.signed_at is None:
        raise StateUnfit
    version = add_version(session, actor, contract, terms, number=before.number + 1)
    activity.record(
        session,
        actor,
        "contract.amended",
        subject_type="contract",
        subject_id=contract.id,
        after={"version": version.number},
    )
    return version


def latest(session: Session, contract_id: UUID) -> ContractVersion:
    """The newest version of a contract, signed or not."""
    query = select(ContractVersion).where(ContractVersion.contract_id == contract_id)
    return session.scalars(query.order_by(ContractVersion.number.desc()).limit(1)).one()


def in_force(session: Session, contract_id: UUID, on: date) -> ContractVersion:
    """The signed version that holds on a day; `ContractUnsigned` where there is none."""
    return all_in_force(session, [contract_id], on)[contract_id]


def all_in_force(session: Session, contract_ids: Collection[UUID], on: date) -> dict[UUID, ContractVersion]:
    """The signed version of each of these contracts that holds on a day; `ContractUnsigned` where one has none."""
    query = (
        select(ContractVersion)
        .where(
            ContractVersion.contract_id == func.any(literal(list(contract_ids), ARRAY(Uuid))),
            ContractVersion.signed_at.is_not(None),
            ContractVersion.effective_from <= on,
        )
        .ext(distinct_on(ContractVersion.contract_id))
        .order_by(ContractVersion.contract_id, ContractVersion.effective_from.desc(), ContractVersion.number.desc())
    )
    found = {version.contract_id: version for version in session.scalars(query)}
    for contract_id in contract_ids:
        if contract_id not in found:
            raise ContractUnsigned(title=session.get_one(Contract, contract_id).title)
    return found


def add_version(
    session: Session, actor: Actor, contract: Contract, terms: Terms, *, number: int, ends_on: date | None = None
) -> ContractVersion:
    """Put a further version beside those there are; `ends_on` where it changes the contract's last day."""
    version = ContractVersion(
        id=ids.new_id(),
        contract_id=contract.id,
        number=number,
        terms=packed(terms).decode(),
        terms_hash=digest(terms),
        ends_on=ends_on,
        created_by=actor.id,
        created_at=clock.now(),
    )
    session.add(version)
    session.flush()
    return version


def next_numbers(session: Session, year: int, count: int = 1) -> list[str]:
    """Contracts' numbers as people say them, 2026-0001; two drafts at once wait for each other."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(func.current_schema() + " contracts", 0))))
    like = f"{year}-%"
    place = func.substr(Contract.number, 6).cast(Integer)
    last = session.scalar(select(func.max(place)).where(Contract.number.like(like))) or 0
    return [f"{year}-{number:04}" for number in range(last + 1, last + count + 1)]


def _require_usable(terms: Terms) -> None:
    if fields := problems(terms):
        raise TermsUnusable(fields=fields)


def _told(scopes: Sequence[Scope]) -> list[list[str]]:
    return [[scope.level, str(scope.subject_id), scope.territory] for scope in scopes]
