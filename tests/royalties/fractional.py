"""Deals and sales as whole fractions, and what is made of them: nothing of the engine's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

Key = tuple[str, str]
"""A deal and a payee."""


class Row(NamedTuple):
    """A row of a report: what was sold in which month; `piece` is a track, or "album" for all of them."""

    month: int
    piece: str
    channel: str
    territory: str
    units: int
    net: Fraction
    price: Fraction | None
    currency: str
    came: int = 0
    """In which month the money for it came."""


@dataclass(frozen=True)
class Rule:
    """What is paid for sales in a channel."""

    channel: str
    rate: Fraction
    base: str = "net"
    portion: Fraction = Fraction(1)
    price: Fraction = Fraction(0)
    at_least: Fraction | None = None
    """An amount per unit that the base is not less than; of returns not more."""

    taken: tuple[Fraction, ...] = ()
    foreign: Fraction = Fraction(1)
    """What is left of the rate for sales in Germany."""

    steps: tuple[tuple[Fraction, Fraction], ...] = ()
    is_slab: bool = False
    by: str = "units"
    """What is counted; of recoupment the share of its costs that the label has covered out of its part."""

    places: int | None = None
    is_down: bool = False
    """Whether a unit's royalty is rounded down."""

    whole: bool = False
    """Whether only whole units count of what is left of a row's."""


class Waits(NamedTuple):
    """Until another deal has earned its costs back, at its full rate or less ours; then from the first day on or not."""

    for_deal: str
    is_net: bool
    is_retroactive: bool


class Songs(NamedTuple):
    """What songs cost a copy: the rate of one, the artist's part of it, and how many the artist wrote or not."""

    rate: Fraction
    portion: Fraction
    most: int
    own: int
    others: int
    pays: str = "own"
    """What it may earn back: what is open under this deal, "nothing", or under others as well ("all")."""


@dataclass(frozen=True)
class Deal:
    """A contract: `pieces` it is about (nothing: all), and of a producer's the tracks of an album."""

    name: str
    rules: tuple[Rule, ...]
    shares: tuple[tuple[str, Fraction, str | None], ...]
    """A payee, a part, and of whose part it is."""

    pieces: tuple[str, ...] = ()
    cost: Fraction = Fraction(0)
    costs_first: bool = False
    held: Fraction = Fraction(0)
    let_go: tuple[Fraction, ...] = ()
    most_held: Fraction | None = None
    least: Fraction = Fraction(0)
    """A guarantee for every period."""

    comes_back: bool = False
    """Whether later earnings make good for it."""

    waits: Waits | None = None
    songs: Songs | None = None
    minimum: Fraction = Fraction(0)
    tax: Fraction = Fraction(0)
    is_on_top: bool = False
    kept: tuple[str, ...] = ()
    """Channels whose royalties are paid whatever is still to be earned back."""

    at_receipt: bool = False
    """Whether the exchange rate of the day counts on which the money came."""


class Piece(NamedTuple):
    """A part of a row: what the royalty is of, in the currency of the sale, and what it counts."""

    period: int
    row: Row
    track: str
    of: Fraction
    factor: Fraction
    fx: Fraction
    part: Fraction
    count: Fraction


class Earned(NamedTuple):
    """The royalty of a part of a row, and what it is of."""

    period: int
    row: Row
    track: str
    part: Fraction
    amount: Fraction
    receipts: Fraction


def plain(value: Fraction) -> Decimal:
    """A fraction that is a decimal as one."""
    return Decimal(value.numerator) / Decimal(value.denominator)


def left(deal: Deal, holds: Sequence[Fraction], now: int) -> Fraction:
    """What is left of what was kept in each period."""
    return sum(
        (each * (1 - sum(deal.let_go[: now - period], Fraction(0))) for period, each in enumerate(holds)), Fraction(0)
    )


def waited(deal: Deal, came: Sequence[Fraction], is_due: Sequence[bool]) -> tuple[Fraction, Fraction]:
    """What is paid of what came period by period, and what waits."""
    paid, waiting = Fraction(0), Fraction(0)
    for amount, due in zip(came, is_due, strict=True):
        if due:
            paid, waiting = paid + amount + waiting, Fraction(0)
        elif deal.waits and deal.waits.is_retroactive:
            waiting += amount
    return paid, waiting


def raised(least: Fraction, earned: Sequence[Fraction], *, comes_back: bool) -> Fraction:
    """What is added so that every period brings the least, less what later ones make good for."""
    open_ = Fraction(0)
    for each in earned if least else ():
        back = min(open_, max(Fraction(0), each)) if comes_back else Fraction(0)
        open_ += max(Fraction(0), least - each) - back
    return open_


def stairs(rule: Rule, cost: Fraction) -> tuple[tuple[Fraction, Fraction], ...]:
    """The steps in what is counted: of recoupment, sales whose part for the label covers a share of the costs."""
    if rule.by != "recoupment":
        return rule.steps
    found: list[tuple[Fraction, Fraction]] = []
    count, covered, rate = Fraction(0), Fraction(0), rule.rate
    for share, next_rate in rule.steps:
        if rate == 1:
            break
        count += (share - covered) * cost / (1 - rate)
        found.append((count, next_rate))
        covered, rate = share, next_rate
    return tuple(found)


def slab(rule: Rule, count: Fraction) -> Fraction:
    """The rate of everything once a count is passed."""
    return next((rate for above, rate in reversed(rule.steps) if count > above), rule.rate)


def base(rule: Rule, row: Row) -> Fraction:
    price = rule.price if row.price is None else row.price
    own = {"net": row.net, "ppd": row.units * price, "unit": row.units * rule.price}[rule.base] * rule.portion
    if rule.at_least is None:
        return own
    other = row.units * rule.at_least
    return max(own, other) if row.units >= 0 else min(own, other)


def mean(rule: Rule, start: Fraction, more: Fraction) -> Fraction:
    """The rate of what lies between two counts, each part at its own."""
    stairs = [(Fraction(0), rule.rate), *rule.steps]
    if not more:
        return next(rate for above, rate in reversed(stairs) if start > above or above == 0)
    low, high, total = min(start, start + more), max(start, start + more), Fraction(0)
    for place, (above, rate) in enumerate(stairs):
        bottom = low if place == 0 else max(low, above)
        top = high if place + 1 == len(stairs) else min(high, stairs[place + 1][0])
        total += max(Fraction(0), top - bottom) * rate
    return total / (high - low)


def rounded(value: Fraction, places: int, *, is_down: bool = False) -> Fraction:
    sign = -1 if value < 0 else 1
    return Fraction(sign * int(abs(value) * 10**places + (0 if is_down else Fraction(1, 2))), 10**places)


def unit_by_unit(rule: Rule, of: Fraction, factor: Fraction, rate: Fraction, units: Fraction) -> Fraction:
    """What units earn where one's royalty is rounded, or only whole ones of them count."""
    if not units or (rule.places is None and not rule.whole):
        return of * factor * rate
    counted = rounded(units * factor, 0, is_down=True) if rule.whole else units
    one = of / units * rate * (1 if rule.whole else factor)
    return counted * (one if rule.places is None else rounded(one, rule.places, is_down=rule.is_down))


def flat(deal: Deal) -> dict[str, Fraction]:
    whole = {payee: part for payee, part, of in deal.shares if of is None}
    for payee, part, of in deal.shares:
        if of is not None:
            taken = whole[of] * part
            whole[payee] = whole.get(payee, Fraction(0)) + taken
    left = dict(whole)
    for payee, _, of in deal.shares:
        if of is not None:
            left[of] -= whole[payee]
    return left


def taxed(deal: Deal, opening: Fraction, before: Fraction) -> Fraction:
    """A balance after tax: of what is due in all, whenever it came; `opening` is after tax, too."""
    if not deal.tax or deal.is_on_top:
        return before
    untaxed = opening / (1 - deal.tax) if opening > 0 else opening
    whole = untaxed + before - opening
    return whole * (1 - deal.tax) if whole > 0 else whole
