"""Many contracts in force amended at once: looked through first, then a further version drafted of each, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.contracts.models import Contract, ContractBatch, ContractBatchItem, ContractVersion, Recoupable
from app.contracts.rules import amending as rules
from app.contracts.rules.graphs import circle
from app.contracts.rules.terms import Terms, digest, packed
from app.contracts.service import favouring
from app.contracts.service.loading import advance_of
from app.kernel import activity, clock, ids
from app.kernel.actor import Actor

Row = Mapping[str, str]
Held = tuple[Contract, ContractVersion]


class _Others(NamedTuple):
    """Contracts that rows name; whose rates each contract follows, with what earlier rows change of it."""

    ids: dict[str, UUID]
    numbers: dict[str, str]
    favours: dict[UUID, tuple[UUID, ...]]


def look_through(session: Session, batch: ContractBatch, rows: Sequence[Row]) -> list[ContractBatchItem]:
    """What every row would change of the contract that it names, or why it would not."""
    held = _held(session, Contract.number.in_({row.get("contract", "") for row in rows}))
    by_number = {contract.number: (contract, version) for contract, version in held}
    others, seen = _others(session, rows), set[str]()
    found = []
    for number, row in enumerate(rows, 1):
        known = by_number.get(row.get("contract", ""))
        wrong = {"contract": rules.TWICE} if row.get("contract") in seen else {}
        seen.add(row.get("contract", ""))
        wrong, changes = (wrong, {}) if wrong else _answer(known, row, others)
        item = ContractBatchItem(batch_id=batch.id, number=number, values=dict(row), problems=wrong, changes=changes)
        item.state, item.contract_id = "refused" if wrong else "ready", known[0].id if known else None
        found.append(item)
    return found


def draft_further(session: Session, actor: Actor, items: Sequence[ContractBatchItem]) -> None:
    """Draft the further version of every row's contract; who was amended meanwhile is refused with the reason."""
    keys = [item.contract_id for item in items if item.contract_id]
    session.execute(select(Contract.id).where(Contract.id.in_(keys)).order_by(Contract.id).with_for_update())
    held = {contract.id: (contract, version) for contract, version in _held(session, Contract.id.in_(keys))}
    others = _others(session, [item.values for item in items])
    versions: list[dict[str, Any]] = []
    advances: list[dict[str, Any]] = []
    told: list[tuple[str, None, dict[str, Any]]] = []
    for item in items:
        known = held.get(item.contract_id) if item.contract_id else None
        wrong, changes = _answer(known, item.values, others)
        if wrong or known is None:
            item.state, item.problems = "refused", wrong
            continue
        item.state, item.changes = "created", changes
        versions.append(_version(actor, known, rules.linked(item.values, others.ids)[0]))
        if item.values.get("advance"):
            on = clock.day_in(actor.tenant.time_zone) if actor.tenant else clock.now().date()
            advances.append(advance_of(known[0].id, item.values, on, known[0].language, actor))
        told.append((str(known[0].id), None, {"version": known[1].number + 1, "changes": sorted(changes)}))
    for model, rows in ((ContractVersion, versions), (Recoupable, advances)):
        if rows:
            session.execute(insert(model), rows)
    if told:
        activity.record_many(session, actor, "contract.amended", subject_type="contract", told=told)


def _version(actor: Actor, known: Held, row: Row) -> dict[str, Any]:
    contract, before = known
    terms = rules.amended(before.read(), row)
    return {
        "id": ids.new_id(),
        "contract_id": contract.id,
        "number": before.number + 1,
        "terms": packed(terms).decode(),
        "terms_hash": digest(terms),
        "ends_on": date.fromisoformat(row["end"]) if row.get("end") else None,
        "created_by": actor.id,
        "created_at": clock.now(),
    }


def _others(session: Session, rows: Sequence[Row]) -> _Others:
    """Everything that rows may name of other contracts; nothing is read where none does."""
    if not any(row.get(name) for row in rows for name in rules.LINKED):
        return _Others({}, {}, {})
    ids: dict[str, UUID] = dict(session.execute(select(Contract.number, Contract.id)).all())
    return _Others(ids, {str(key): number for number, key in ids.items()}, favouring.links(session))


def _answer(known: Held | None, row: Row, others: _Others) -> tuple[dict[str, str], rules.Changes]:
    """What is wrong with a row, and else what it changes."""
    if known is None or known[0].state != "active":
        return {"contract": rules.CONTRACT}, {}
    contract, version = known
    if version.signed_at is None:
        return {"contract": rules.OPEN}, {}
    terms = version.read()
    row, wrong = rules.linked(row, others.ids)
    wrong = wrong or rules.problems_of(terms, row, starts_on=contract.starts_on)
    if wrong or _closes_a_circle(contract, terms, row, others):
        return wrong or {"most_favoured": rules.CIRCLE}, {}
    changes = rules.changes_of(terms, row, ends_on=contract.ends_on)
    told = {name: [rules.by_number(name, each, others.numbers) for each in both] for name, both in changes.items()}
    return ({}, told) if told else ({"contract": rules.NOTHING}, {})


def _closes_a_circle(contract: Contract, terms: Terms, row: Row, others: _Others) -> bool:
    """Whether contracts would follow each other in a circle; where not, later rows count with what this one changes."""
    if not row.get("most_favoured"):
        return False
    others.favours[contract.id] = rules.amended(terms, row).most_favoured
    if not circle(others.favours, contract.id):
        return False
    others.favours[contract.id] = terms.most_favoured
    return True


def _held(session: Session, chosen: Any) -> list[Held]:
    """Contracts with their newest versions."""
    query = (
        select(Contract, ContractVersion)
        .join(ContractVersion, ContractVersion.contract_id == Contract.id)
        .where(chosen)
        .ext(distinct_on(Contract.id))
        .order_by(Contract.id, ContractVersion.number.desc())
    )
    return [(row[0], row[1]) for row in session.execute(query)]
