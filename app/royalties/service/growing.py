"""Escalations: rates that depend on what was sold before, worked out for the earnings whose clauses have them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.contracts.models import Recoupable
from app.contracts.rules.terms import Clause, Escalation, Reserve
from app.kernel.money import exact
from app.royalties.models import Earning, RoyaltyPeriod, RoyaltyRun
from app.royalties.rules.escalating import Stair, at, held_back, marginal, stairs
from app.royalties.service.compiling import Deals

_UPDATE = text("""
UPDATE earnings e SET rate = t.rate, amount = e.base * e.factor * e.fx * t.rate,
  positive = CASE WHEN e.rate = 0 THEN greatest(e.base, 0) * e.factor * e.fx * t.rate
    ELSE round(e.positive, 50) / e.rate * t.rate END
FROM unnest(:numbers ::int[], :rates ::numeric[]) t(number, rate)
WHERE e.run_id = :run AND e.number = t.number
""")

Key = tuple[UUID, str, UUID | None]
"""What has a counter of its own: a contract's clause, for one release where that is agreed."""


class _Sold(NamedTuple):
    """What was sold under a clause in an earlier period."""

    ended: date
    channel: str
    units: Decimal
    gross: Decimal
    receipts: Decimal


@dataclass(slots=True)
class _Group:
    """The earnings of a run that share a counter, in the order in which they are counted."""

    clause: Clause
    reserve: Reserve | None
    rows: list[Earning] = field(default_factory=list)


def escalate(session: Session, run: RoyaltyRun, known: Deals) -> dict[UUID, Decimal]:
    """Give every earning of a clause that grows the rate it has come to.

    What a slab's step changes for earlier periods is given back by contract: it is paid on top.
    """
    groups = _groups(session, run, known)
    if not groups:
        return {}
    contracts = {key[0] for key in groups}
    before, costs = _before(session, run, contracts), _costs(session, contracts)
    retroactive: dict[UUID, Decimal] = defaultdict(Decimal)
    changed: dict[int, Decimal] = {}
    for key, group in groups.items():
        retroactive[key[0]] += _apply(group, before.get(key, ()), costs.get(key[0], Decimal(0)), changed)
    session.execute(
        _UPDATE, {"numbers": list(changed), "rates": [str(rate) for rate in changed.values()], "run": run.id}
    )
    session.expire_all()
    return {contract: amount for contract, amount in retroactive.items() if amount}


def _groups(session: Session, run: RoyaltyRun, known: Deals) -> dict[Key, _Group]:
    growing = {
        (version, clause.id): (clause, terms.reserve)
        for version, terms in known.terms.items()
        for clause in terms.clauses
        if clause.escalation
    }
    query = select(Earning).where(Earning.run_id == run.id, Earning.version_id.in_({key[0] for key in growing}))
    groups: dict[Key, _Group] = {}
    for row in session.scalars(query.order_by(Earning.sold_month, Earning.number)):
        found = growing.get((row.version_id, row.clause))
        if found and found[0].escalation:
            release = row.release_id if found[0].escalation.per == "release" else None
            groups.setdefault((row.contract_id, row.clause, release), _Group(*found)).rows.append(row)
    return groups


def _before(session: Session, run: RoyaltyRun, contracts: set[UUID]) -> dict[Key, list[_Sold]]:
    """What runs of other periods counted, over all versions of a contract; each sale for its release and for all."""
    gross: Any = Earning.base * Earning.fx
    where = (Earning.contract_id, Earning.clause, Earning.release_id, RoyaltyPeriod.ends_on, Earning.channel)
    query = (
        select(*where, func.sum(Earning.quantity), func.sum(gross), func.sum(gross * Earning.factor))
        .join(RoyaltyRun, RoyaltyRun.id == Earning.run_id)
        .join(RoyaltyPeriod, RoyaltyPeriod.id == RoyaltyRun.period_id)
        .where(Earning.contract_id.in_(contracts), RoyaltyRun.state == "published", RoyaltyPeriod.id != run.period_id)
        .group_by(*where)
        .order_by(RoyaltyPeriod.ends_on)
    )
    found: dict[Key, list[_Sold]] = defaultdict(list)
    for contract, clause, release, *sold in session.execute(query):
        for key in {(contract, clause, release), (contract, clause, None)}:
            found[key].append(_Sold(*sold))
    return found


def _costs(session: Session, contracts: set[UUID]) -> Mapping[UUID, Decimal]:
    query = (
        select(Recoupable.contract_id, func.sum(Recoupable.amount_micros))
        .where(Recoupable.contract_id.in_(contracts), Recoupable.state == "approved")
        .group_by(Recoupable.contract_id)
    )
    with exact():
        return {row[0]: Decimal(row[1]).scaleb(-6) for row in session.execute(query)}


def _apply(group: _Group, before: Sequence[_Sold], costs: Decimal, changed: dict[int, Decimal]) -> Decimal:
    """Note the rate of each row; what a slab changes for what was paid before is the answer."""
    escalation = group.clause.escalation
    if escalation is None:
        return Decimal(0)
    steps = stairs(group.clause.rate, escalation, costs)
    with exact():
        start = _counted_before(escalation, group.reserve, before)
        counts = [_counted(row, escalation) * held_back(group.reserve, row.channel, 0) for row in group.rows]
        if escalation.mode == "slab":
            rate = at(steps, start + sum(counts, Decimal(0)))
            changed.update({row.number: rate for row in group.rows})
            return sum((each.receipts for each in before), Decimal(0)) * (rate - at(steps, start))
        _climb(group.rows, counts, steps, start, changed)
    return Decimal(0)


def _climb(
    rows: Sequence[Earning], counts: Sequence[Decimal], steps: list[Stair], start: Decimal, changed: dict[int, Decimal]
) -> None:
    for row, more in zip(rows, counts, strict=True):
        changed[row.number] = marginal(steps, start, more)
        start += more


def _counted(row: Earning, escalation: Escalation) -> Decimal:
    """What one earning adds to the counter: units, or money in the contract's currency."""
    if escalation.by == "units":
        return row.quantity
    gross = row.base * row.fx
    return gross if escalation.by == "gross" else gross * row.factor


def _counted_before(escalation: Escalation, reserve: Reserve | None, before: Sequence[_Sold]) -> Decimal:
    ends = sorted({each.ended for each in before})
    total = Decimal(0)
    for each in before:
        count = {"units": each.units, "gross": each.gross}.get(escalation.by, each.receipts)
        total += count * held_back(reserve, each.channel, len(ends) - ends.index(each.ended))
    return total
