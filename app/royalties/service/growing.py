"""Escalations: rates that depend on what was sold before, worked out for the earnings whose clauses have them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from app.contracts.models import Recoupable
from app.contracts.rules.terms import Clause, Reserve
from app.kernel.money import exact
from app.royalties.models import Earning, RoyaltyPeriod, RoyaltyRun
from app.royalties.rules.escalating import Counted, Sold, climb
from app.royalties.service.compiling import Deals

# Whose rate is what it was keeps its amount, which may be rounded by the unit.
_UPDATE = text("""
UPDATE earnings e SET rate = t.rate, amount = e.base * e.factor * e.fx * t.rate,
  positive = CASE WHEN e.rate = 0 THEN greatest(e.base, 0) * e.factor * e.fx * t.rate
    ELSE round(e.positive, 50) / e.rate * t.rate END
FROM unnest(:numbers ::int[], :rates ::numeric[]) t(number, rate)
WHERE e.run_id = :run AND e.number = t.number AND e.rate <> t.rate
""")

Key = tuple[UUID, str, UUID | None]
"""What has a counter of its own: a contract's clause, for one release where that is agreed."""


@dataclass(slots=True)
class _Group:
    """The earnings of a run that share a counter, in the order in which they are counted."""

    clause: Clause
    reserve: Reserve | None
    rows: list[Earning] = field(default_factory=list)


Retroactive = dict[UUID, dict[UUID | None, Decimal]]
"""What a higher rate changes for earlier periods, by contract and by the split sheet of what was sold then."""


def escalate(session: Session, run: RoyaltyRun, known: Deals) -> Retroactive:
    """Give every earning of a clause that grows the rate it has come to.

    What a slab's step changes for earlier periods is given back: it is paid on top.
    """
    groups = _groups(session, run, known)
    if not groups:
        return {}
    contracts = {key[0] for key in groups}
    before, costs = _before(session, run, contracts), costs_of(session, run, contracts)
    changes: dict[Key, Decimal] = {}
    changed: dict[int, Decimal] = {}
    for key, group in groups.items():
        changes[key] = _apply(group, before.get(key, ()), costs.get(key[0], Decimal(0)), changed)
    session.execute(
        _UPDATE, {"numbers": list(changed), "rates": [str(rate) for rate in changed.values()], "run": run.id}
    )
    session.expire_all()
    return _retroactive(session, run, {key: change for key, change in changes.items() if change})


def _retroactive(session: Session, run: RoyaltyRun, changes: Mapping[Key, Decimal]) -> Retroactive:
    """What changed rates make of what was sold earlier under their counters."""
    found: Retroactive = defaultdict(lambda: defaultdict(Decimal))
    receipts: Any = func.sum(Earning.base * Earning.fx * Earning.factor)
    columns = (Earning.contract_id, Earning.clause, Earning.release_id, Earning.sheet_id)
    query = _of_earlier(run, {key[0] for key in changes}, *columns, receipts).group_by(*columns)
    for contract, clause, release, sheet, amount in session.execute(query) if changes else ():
        with exact():
            for key in {(contract, clause, release), (contract, clause, None)} & changes.keys():
                found[contract][sheet] += amount * changes[key]
    return found


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


def earlier(session: Session, run: RoyaltyRun, contracts: Collection[UUID]) -> Iterator[tuple[Key, Sold]]:
    """What runs of other periods counted that were published when a run was asked for, over all versions."""
    gross: Any = Earning.base * Earning.fx
    where = (Earning.contract_id, Earning.clause, Earning.release_id, RoyaltyPeriod.ends_on, Earning.channel)
    sums = (func.sum(Earning.quantity), func.sum(gross), func.sum(gross * Earning.factor))
    query = _of_earlier(run, contracts, *where, *sums).group_by(*where)
    order = (RoyaltyPeriod.ends_on, Earning.clause, Earning.release_id, Earning.channel)
    for contract, clause, release, *sold in session.execute(query.order_by(*order)):
        yield (contract, clause, release), Sold(*sold)


def _of_earlier(run: RoyaltyRun, contracts: Collection[UUID], *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .join(RoyaltyRun, RoyaltyRun.id == Earning.run_id)
        .join(RoyaltyPeriod, RoyaltyPeriod.id == RoyaltyRun.period_id)
        .where(Earning.contract_id.in_(contracts), RoyaltyRun.state == "published", RoyaltyPeriod.id != run.period_id)
        .where(RoyaltyRun.published_at <= run.created_at)
    )


def _before(session: Session, run: RoyaltyRun, contracts: set[UUID]) -> dict[Key, list[Sold]]:
    """The same by counter; each sale for its release and for all."""
    found: dict[Key, list[Sold]] = defaultdict(list)
    for (contract, clause, release), sold in earlier(session, run, contracts):
        for key in {(contract, clause, release), (contract, clause, None)}:
            found[key].append(sold)
    return found


def costs_of(session: Session, run: RoyaltyRun, contracts: Collection[UUID]) -> Mapping[UUID, Decimal]:
    """What contracts had cost that was approved when a run was asked for."""
    query = (
        select(Recoupable.contract_id, func.sum(Recoupable.amount_micros))
        .where(Recoupable.contract_id.in_(contracts), Recoupable.state == "approved")
        .where(func.coalesce(Recoupable.decided_at, run.created_at) <= run.created_at)
        .group_by(Recoupable.contract_id)
    )
    with exact():
        return {row[0]: Decimal(row[1]).scaleb(-6) for row in session.execute(query)}


def _apply(group: _Group, before: Sequence[Sold], costs: Decimal, changed: dict[int, Decimal]) -> Decimal:
    """Note the rate of each row; by how much a slab changes the rate of what was paid before is the answer."""
    with exact():
        rows = [Counted(row.sold_month, row.channel, row.quantity, row.base * row.fx, row.factor) for row in group.rows]
    climbed = climb(group.clause, group.reserve, rows, before, costs)
    changed.update({row.number: rate for row, rate in zip(group.rows, climbed.rates, strict=True)})
    return climbed.change
