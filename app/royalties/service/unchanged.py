"""What a restatement left as it was: it stands in none of its lines, and counts for rates that grow all the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contracts.rules.terms import Base, Clause
from app.royalties.models import Earning, RoyaltyRun

Growing = Mapping[tuple[UUID, str], Clause]
"""Clauses that grow, by version and name."""


class Unchanged(NamedTuple):
    """Lines of earlier runs of a period that hold, by number; and the numbers of all in the order in which they count.

    `now` is as the restatement counted, `then` as the run before it did; of lines of its own a number is that line's.
    """

    lines: Mapping[str, Earning]
    now: list[str]
    then: list[str]


def read(session: Session, run: RoyaltyRun, contract: UUID, growing: Growing) -> Unchanged:
    """What holds of a contract's clauses that grow, once a run restated its period."""
    held: dict[Any, list[Earning]] = defaultdict(list)
    now: list[tuple[Any, str]] = []
    then: list[tuple[Any, str]] = []
    for row in _told(session, run, contract, {version for version, _ in growing}):
        if (row.version_id, row.clause) not in growing:
            continue
        clause = growing[row.version_id, row.clause]
        if row.sign == 1 and row.run_id != run.id:
            held[_same(row)].append(row)
        elif row.sign == 1:
            now.append((_order(row, clause), str(row.number)))
        else:
            taken = held[_same(row)].pop(0) if held[_same(row)] else row
            if row.run_id == run.id:
                then.append((_order(taken, clause), str(row.number)))
    left = [row for rows in held.values() for row in rows]
    lines = {f"u{place}": row for place, row in enumerate(left, 1)}
    both = [(_order(row, growing[row.version_id, row.clause]), name) for name, row in lines.items()]
    return Unchanged(lines, [name for _, name in sorted(now + both)], [name for _, name in sorted(then + both)])


def _told(session: Session, run: RoyaltyRun, contract: UUID, versions: Collection[UUID]) -> Collection[Earning]:
    """Everything that was said of the period up to a run; what is taken back before what takes its place."""
    return session.scalars(
        select(Earning)
        .join(RoyaltyRun, RoyaltyRun.id == Earning.run_id)
        .where(Earning.contract_id == contract, Earning.version_id.in_(versions))
        .where(RoyaltyRun.period_id == run.period_id, RoyaltyRun.serial <= run.serial)
        .where((RoyaltyRun.state == "published") | (RoyaltyRun.id == run.id))
        .order_by(RoyaltyRun.serial, Earning.sign, Earning.number)
    ).all()


def _same(row: Earning) -> tuple[Any, ...]:
    """What a line and the one that takes it back have in common; how it is divided may be said otherwise by then."""
    return (
        row.version_id, row.clause, row.recording_id, row.release_id, row.store, row.channel, row.sold_month,
        row.currency, row.factor, row.rate, row.fx, row.whole, abs(row.quantity), abs(row.net), abs(row.amount),
    )  # fmt: skip


def _order(row: Earning, clause: Clause) -> tuple[Any, ...]:
    """By month, and in it as a run numbers its lines (`assigning.SAID`)."""
    is_worked_out = clause.base != Base() or clause.unit_places is not None or clause.whole_units
    ids = (row.version_id, clause.id, row.sheet_id, row.recording_id, row.release_id)
    return (
        row.sold_month, is_worked_out, *(str(each or "") for each in ids),
        row.store, row.channel, row.currency, f"{row.factor:f}", row.whole,
    )  # fmt: skip
