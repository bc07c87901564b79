"""Escalations: rates that depend on what was sold before, worked out for the few earnings whose clauses have them."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from app.contracts.models import Recoupable
from app.contracts.rules.terms import Clause, Escalation
from app.kernel.money import exact
from app.royalties.models import Earning, RoyaltyRun
from app.royalties.rules.escalating import Stair, at, marginal, stairs
from app.royalties.service.compiling import Deals

_UPDATE = text("""
UPDATE earnings e SET rate = t.rate, amount = e.base * e.factor * e.fx * t.rate,
  positive = CASE WHEN e.rate = 0 THEN greatest(e.base, 0) * e.factor * e.fx * t.rate
    ELSE round(e.positive, 50) / e.rate * t.rate END
FROM unnest(:numbers ::int[], :rates ::numeric[]) t(number, rate)
WHERE e.run_id = :run AND e.number = t.number
""")


class _Count(NamedTuple):
    """What was counted, and what royalties were of, under a clause before this run."""

    counter: Decimal
    receipts: Decimal


def escalate(session: Session, run: RoyaltyRun, known: Deals) -> dict[UUID, Decimal]:
    """Give every earning of a clause that grows the rate it has come to.

    What a slab's step changes for earlier periods is given back by contract: it is paid on top.
    """
    retroactive: dict[UUID, Decimal] = defaultdict(Decimal)
    changed: dict[int, Decimal] = {}
    for version, terms in known.terms.items():
        for clause in terms.clauses:
            if clause.escalation:
                rows = _rows(session, run, version, clause)
                for release, group in _groups(rows, clause.escalation).items():
                    asked = _counted_before(run, known.contract_of[version], clause.id, clause.escalation, release)
                    before = _Count(*map(Decimal, session.execute(asked).one()))
                    steps = stairs(clause.rate, clause.escalation, _costs(session, known.contract_of[version]))
                    retroactive[known.contract_of[version]] += _apply(group, clause.escalation, steps, before, changed)
    if changed:
        values = {"numbers": list(changed), "rates": [str(rate) for rate in changed.values()], "run": run.id}
        session.execute(_UPDATE, values)
        session.expire_all()
    return {contract: amount for contract, amount in retroactive.items() if amount}


def _rows(session: Session, run: RoyaltyRun, version: UUID, clause: Clause) -> list[Earning]:
    query = select(Earning).where(Earning.run_id == run.id, Earning.version_id == version, Earning.clause == clause.id)
    return list(session.scalars(query.order_by(Earning.sold_month, Earning.number)))


def _groups(rows: list[Earning], escalation: Escalation) -> dict[UUID | None, list[Earning]]:
    groups: dict[UUID | None, list[Earning]] = defaultdict(list)
    for row in rows:
        groups[row.release_id if escalation.per == "release" else None].append(row)
    return groups


def _counted(row: Earning, escalation: Escalation) -> Decimal:
    """What one earning adds to the counter: units, or money in the contract's currency."""
    if escalation.by == "units":
        return row.quantity
    with exact():
        gross = row.base * row.fx
        return gross if escalation.by == "gross" else gross * row.factor


def _counted_before(
    run: RoyaltyRun, contract: UUID, clause: str, escalation: Escalation, release: UUID | None
) -> Select[Any, Any]:
    """What runs of other periods counted for a clause, over all versions of its contract."""
    gross = Earning.base * Earning.fx
    counter = {"units": Earning.quantity, "gross": gross}.get(escalation.by, gross * Earning.factor)
    query = (
        select(func.coalesce(func.sum(counter), 0), func.coalesce(func.sum(gross * Earning.factor), 0))
        .join(RoyaltyRun, RoyaltyRun.id == Earning.run_id)
        .where(
            Earning.contract_id == contract,
            Earning.clause == clause,
            RoyaltyRun.state == "published",
            RoyaltyRun.period_id != run.period_id,
        )
    )
    return query.where(Earning.release_id == release) if escalation.per == "release" else query


def _costs(session: Session, contract: UUID) -> Decimal:
    query = select(func.coalesce(func.sum(Recoupable.amount_micros), 0)).where(
        Recoupable.contract_id == contract, Recoupable.state == "approved"
    )
    with exact():
        return Decimal(session.scalar(query) or 0).scaleb(-6)


def _apply(
    rows: list[Earning], escalation: Escalation, steps: list[Stair], before: _Count, changed: dict[int, Decimal]
) -> Decimal:
    """Note the rate of each row; what a slab changes for what was paid before is the answer."""
    counter = before.counter
    if escalation.mode == "slab":
        with exact():
            counter += sum((_counted(row, escalation) for row in rows), Decimal(0))
            rate = at(steps, counter)
            changed.update({row.number: rate for row in rows})
            return before.receipts * (rate - at(steps, before.counter))
    for row in rows:
        more = _counted(row, escalation)
        changed[row.number] = marginal(steps, counter, more)
        with exact():
            counter += more
    return Decimal(0)
