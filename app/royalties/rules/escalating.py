"""Rates that grow with what was sold: for what lies above a step, or for everything once it is passed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Final, NamedTuple

from app.contracts.rules.terms import Clause, Escalation, Reserve
from app.kernel.money import exact

NEVER: Final = Decimal("Infinity")


class Stair(NamedTuple):
    """From this count on the rate is this."""

    above: Decimal
    rate: Decimal


class Sold(NamedTuple):
    """What was sold under a clause in an earlier period; money in the contract's currency."""

    ended: date
    channel: str
    units: Decimal
    gross: Decimal
    receipts: Decimal


class Counted(NamedTuple):
    """What one earning adds to a counter; `gross` in the contract's currency."""

    month: date
    channel: str
    units: Decimal
    gross: Decimal
    factor: Decimal


class Climbed(NamedTuple):
    """The rate of each earning, and by how much a slab's step changes the rate of what was sold before."""

    rates: list[Decimal]
    change: Decimal


def climb(
    clause: Clause,
    reserve: Reserve | None,
    rows: Sequence[Counted],
    before: Sequence[Sold],
    costs: Decimal,
    *,
    one_by_one: bool = False,
) -> Climbed:
    """The rates of the earnings that share a counter, in the order of their months.

    All sales of a month have one rate, the mean of what they come to: which of them was first nobody knows, and whom
    a step pays more is no accident. `one_by_one` is how it was before, in the order of the rows.
    """
    escalation = clause.escalation
    if escalation is None:
        return Climbed([clause.rate] * len(rows), Decimal(0))
    steps = stairs(clause.rate, escalation, costs)
    with exact():
        count = _counted_before(escalation, reserve, before)
        more = [_counted(row, escalation) * held_back(reserve, row.channel, 0) for row in rows]
        if escalation.mode == "slab":
            rate = at(steps, count + sum(more, Decimal(0)))
            told = at(steps, _counted_before(escalation, reserve, before, age=0))
            return Climbed([rate] * len(rows), rate - told)
        rates = []
        for _, same in groupby(enumerate(more), key=lambda each: each[0] if one_by_one else rows[each[0]].month):
            own = [each for _, each in same]
            rates += [marginal(steps, count, sum(own, Decimal(0)))] * len(own)
            count += sum(own, Decimal(0))
    return Climbed(rates, Decimal(0))


def _counted(row: Counted, escalation: Escalation) -> Decimal:
    if escalation.by == "units":
        return row.units
    return row.gross if escalation.by == "gross" else row.gross * row.factor


def _counted_before(
    escalation: Escalation, reserve: Reserve | None, before: Sequence[Sold], *, age: int = 1
) -> Decimal:
    """What earlier sales count, the last being so many periods old; of age 0 as they counted when they were paid."""
    ends = sorted({each.ended for each in before})
    total = Decimal(0)
    for each in before:
        count = {"units": each.units, "gross": each.gross}.get(escalation.by, each.receipts)
        total += count * held_back(reserve, each.channel, len(ends) - 1 - ends.index(each.ended) + age)
    return total


def stairs(rate: Decimal, escalation: Escalation, costs: Decimal) -> list[Stair]:
    """Every rate with the count above which it holds; the first from nothing on.

    Of recoupment the count is what was sold for: the label's part of it, 1 less the rate, covers `costs`.
    """
    steps = [Stair(Decimal(0), rate)]
    for step in escalation.steps:
        above = step.above
        if escalation.by == "recoupment":
            with exact():
                earlier = max((each.above for each in escalation.steps if each.above < step.above), default=Decimal(0))
                gap = (step.above - earlier) * costs
                left = 1 - steps[-1].rate
                above = steps[-1].above + (gap / left if left else NEVER)
        steps.append(Stair(above, step.rate))
    return steps


def marginal(steps: Sequence[Stair], start: Decimal, more: Decimal) -> Decimal:
    """The rate of a sale that takes a count from `start` by `more`: each part at its stair's rate, on average.

    A return takes the count back down, at the rates at which it went up.
    """
    if not more:
        return at(steps, start)
    low, high = sorted((start, start + more))
    with exact():
        earned = Decimal(0)
        for place, (above, rate) in enumerate(steps):
            ends = steps[place + 1].above if place + 1 < len(steps) else NEVER
            floor = above if place else Decimal("-Infinity")
            part = min(high, ends) - max(low, floor)
            if part > 0:
                earned += part * rate
        return earned / (high - low)


def at(steps: Sequence[Stair], count: Decimal) -> Decimal:
    """The rate that holds for everything once a count is reached (slab)."""
    return next((rate for above, rate in reversed(steps[1:]) if count > above), steps[0].rate)


def held_back(reserve: Reserve | None, channel: str, age: int) -> Decimal:
    """Which part of a sale counts so many periods after it: what a reserve held before the calculation does not yet."""
    if reserve is None or reserve.counts_held or channel not in reserve.channels:
        return Decimal(1)
    with exact():
        return 1 - reserve.rate * (1 - sum(reserve.release[:age], Decimal(0)))
