"""Contracts come into force, and end; of two about the same, at the same time and place, the second is refused."""

from __future__ import annotations

from datetime import date

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.contracts.errors import ContractContradicts, ContractUnsigned, StateUnfit
from app.contracts.models import Contract, ContractScope, ContractVersion
from app.contracts.service.drafting import latest
from app.kernel import activity, clock
from app.kernel.actor import Actor

_LOCK = func.pg_advisory_xact_lock(func.hashtextextended(func.current_schema() + " contracts in force", 0))


def bring_into_force(
    session: Session, actor: Actor, contract: Contract, *, effective_from: date | None = None
) -> ContractVersion:
    """Take a contract's newest version as signed by everybody, from a day on; the way there is that of the signatures.

    `ContractContradicts` where another contract is about the same.
    """
    version = latest(session, contract.id)
    if version.signed_at is not None:
        raise StateUnfit
    session.execute(select(_LOCK))
    starts = effective_from or contract.starts_on
    contract.ends_on = version.ends_on or contract.ends_on
    refuse_contradiction(session, contract)
    version.signed_at, version.effective_from = clock.now(), starts
    if contract.state != "active":
        contract.become("active")
    session.flush()
    activity.record(
        session,
        actor,
        "contract.activated",
        subject_type="contract",
        subject_id=contract.id,
        after={"version": version.number, "from": starts.isoformat()},
    )
    return version


def refuse_contradiction(session: Session, contract: Contract) -> None:
    """Refuse a contract that would tie with one in force."""
    if tied := contradicting(session, contract):
        raise ContractContradicts(title=tied.title, day=max(tied.starts_on, contract.starts_on).isoformat())


def contradicting(session: Session, contract: Contract) -> Contract | None:
    """The first contract in force that is of the same lane, about the same, at the same time."""
    mine, theirs = aliased(ContractScope), aliased(ContractScope)
    same = and_(mine.level == theirs.level, mine.subject_id == theirs.subject_id, mine.territory == theirs.territory)
    query = (
        select(Contract)
        .join(theirs, theirs.contract_id == Contract.id)
        .join(mine, same)
        .where(
            mine.contract_id == contract.id,
            Contract.id != contract.id,
            Contract.state.in_(("active", "ended")),
            Contract.lane == contract.lane,
            or_(Contract.ends_on.is_(None), Contract.ends_on >= contract.starts_on),
            Contract.starts_on <= (contract.ends_on or date.max),
        )
    )
    return session.scalars(query.order_by(Contract.starts_on, Contract.id).limit(1)).one_or_none()


def end(session: Session, actor: Actor, contract: Contract, *, on: date) -> None:
    """Let a contract end with a day; sales until then are still paid by it."""
    if contract.state != "active":
        raise ContractUnsigned(title=contract.title)
    contract.become("ended")
    contract.ends_on = on
    activity.record(
        session,
        actor,
        "contract.ended",
        subject_type="contract",
        subject_id=contract.id,
        after={"ends_on": on.isoformat()},
    )
