"""Statements worked out a second way: whole fractions, from the beginning anew after every run; nothing of the engine's.

The engine goes from run to run and notes what changes. This counts everything that is known by a run from the first day
on, and says what each account has to stand at. Both have to agree, whatever was sold, returned, restated or paid out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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
    places: int | None = None


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
    least: Fraction = Fraction(0)
    """A guarantee for every period."""

    tax: Fraction = Fraction(0)
    is_on_top: bool = False


class Told(NamedTuple):
    """What a statement has to say, exactly."""

    closing: Fraction
    reserve: Fraction


@dataclass
class Oracle:
    """The books of a label as they ought to be."""

    deals: Sequence[Deal]
    tracks: Sequence[str]
    fx: dict[tuple[int, str], Fraction]
    """What a unit of a currency is at the end of a period."""

    sheets: dict[str, dict[str, Fraction]] = field(default_factory=dict)
    """Who shares in a track, whatever the deal."""

    crossed: tuple[str, str] | None = None
    """Of which deal pays which other back."""

    rows: list[tuple[int, Row]] = field(default_factory=list)
    """Every row with the period in which it is accounted for."""

    at: dict[Key, Fraction] = field(default_factory=dict)
    before: dict[Key, Fraction] = field(default_factory=dict)
    """What accounts came to, before taxes and what crossed."""

    def run(self, period: int, rows: Sequence[Row]) -> dict[Key, Told]:
        """Account for rows in a period, new or told of before; the balance of every account afterwards."""
        self.rows += [(period, row) for row in rows]
        told: dict[Key, Told] = {}
        moves: dict[Key, Fraction] = {}
        for deal in self.deals:
            for payee, (whole, held) in self._accounts(deal, period).items():
                moves[deal.name, payee] = whole - self.before.get((deal.name, payee), Fraction(0))
                self.before[deal.name, payee] = whole
                told[deal.name, payee] = Told(Fraction(0), held)
        gross = {key: self.at.get(key, Fraction(0)) + move for key, move in moves.items()}
        if self.crossed:
            self._cross(gross)
        by_name = {deal.name: deal for deal in self.deals}
        for key, whole in gross.items():
            self.at[key] = _taxed(by_name[key[0]], self.at.get(key, Fraction(0)), whole)
            told[key] = Told(self.at[key], told[key].reserve)
        return told

    def pay(self, key: Key, amount: Fraction) -> None:
        """Money leaves."""
        self.at[key] -= amount

    def _cross(self, gross: dict[Key, Fraction]) -> None:
        payer, debtor = self.crossed or ("", "")
        for deal, payee in list(gross):
            other = (debtor, payee)
            if deal == payer and other in gross:
                back = min(gross[deal, payee], -gross[other])
                if back > 0:
                    gross[deal, payee] -= back
                    gross[other] += back

    def _accounts(self, deal: Deal, now: int) -> dict[str, tuple[Fraction, Fraction]]:
        """What came onto each account since the beginning, before taxes, and what is held of it."""
        own = _flat(deal)
        found: dict[str, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
        earned: dict[int, dict[str, Fraction]] = {period: defaultdict(Fraction) for period in range(now + 1)}
        receipts = Fraction(0)
        for each in self._earnings(deal):
            receipts += each.receipts
            for payee, part in self._parts(own, each.track).items():
                earned[each.period][payee] += each.amount * part
                if each.row.channel == "physical" and each.row.units > 0:
                    left = 1 - sum(deal.let_go[: now - each.period], Fraction(0))
                    found[payee][1] += each.exact * part * deal.held * left
        back = min(receipts, deal.cost) if deal.costs_first else Fraction(0)
        kept = back / receipts if receipts else Fraction(0)
        for payee in set(own) | {each for told in earned.values() for each in told}:
            total = sum((told.get(payee, Fraction(0)) for told in earned.values()), Fraction(0))
            found[payee][0] += total * (1 - kept) - found[payee][1]
            if not deal.costs_first and payee in own:
                found[payee][0] -= deal.cost * own[payee] / sum(own.values())
            if payee in own and deal.least:
                short = (deal.least * own[payee] - told.get(payee, Fraction(0)) for told in earned.values())
                found[payee][0] += sum((max(Fraction(0), each) for each in short), Fraction(0))
        return {payee: (whole, held) for payee, (whole, held) in found.items()}

    def _parts(self, own: dict[str, Fraction], track: str) -> dict[str, Fraction]:
        sheet = self.sheets.get(track, {})
        left = 1 - sum(sheet.values(), Fraction(0))
        parts = defaultdict(Fraction, sheet)
        for payee, part in own.items():
            parts[payee] += part * left
        return parts

    def _earnings(self, deal: Deal) -> Iterator[Earned]:
        """What a deal comes to of every part of a row that it is about."""
        for rule in deal.rules:
            counted, pieces = Fraction(0), list(self._pieces(deal, rule))
            whole = sum((each.count for each in pieces), Fraction(0))
            for each in pieces:
                rate = _slab(rule, whole) if rule.is_slab else _mean(rule, counted, each.count)
                counted += each.count
                exact = each.of * each.factor * rate
                amount, units = exact, each.row.units
                if rule.places is not None and units:
                    amount = _half_up(exact / units, rule.places) * units
                part = each.part * each.fx
                yield Earned(
                    each.period, each.row, each.track, amount * part, exact * part, each.of * each.factor * part
                )

    def _pieces(self, deal: Deal, rule: Rule) -> Iterator[Piece]:
        """The parts of rows that a rule is about, in the order of periods."""
        for period, row in sorted(self.rows, key=lambda each: each[0]):
            tracks = list(self.tracks) if row.piece == "album" else [row.piece]
            for track in tracks:
                if row.channel != rule.channel or (deal.pieces and track not in deal.pieces):
                    continue
                factor = rule.foreign if row.territory == "DE" else Fraction(1)
                for each in rule.taken:
                    factor *= 1 - each
                of, fx, part = _base(rule, row), self.fx[period, row.currency], Fraction(1, len(tracks))
                count = {"units": Fraction(row.units), "gross": of * fx, "net": of * fx * factor}[rule.by] * part
                yield Piece(period, row, track, of, factor, fx, part, count)


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
    """The royalty of a part of a row; the same without the rounding of a unit; and what it is of."""

    period: int
    row: Row
    track: str
    amount: Fraction
    exact: Fraction
    receipts: Fraction


def _slab(rule: Rule, count: Fraction) -> Fraction:
    """The rate of everything once a count is passed."""
    return next((rate for above, rate in reversed(rule.steps) if count > above), rule.rate)


def _base(rule: Rule, row: Row) -> Fraction:
    price = rule.price if row.price is None else row.price
    own = {"net": row.net, "ppd": row.units * price, "unit": row.units * rule.price}[rule.base] * rule.portion
    if rule.at_least is None:
        return own
    other = row.units * rule.at_least
    return max(own, other) if row.units >= 0 else min(own, other)


def _mean(rule: Rule, start: Fraction, more: Fraction) -> Fraction:
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


def _half_up(value: Fraction, places: int) -> Fraction:
    sign = -1 if value < 0 else 1
    return Fraction(sign * int(abs(value) * 10**places + Fraction(1, 2)), 10**places)


def _flat(deal: Deal) -> dict[str, Fraction]:
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


def _taxed(deal: Deal, opening: Fraction, before: Fraction) -> Fraction:
    """A balance after tax: of what is due in all, whenever it came; `opening` is after tax, too."""
    if not deal.tax or deal.is_on_top:
        return before
    untaxed = opening / (1 - deal.tax) if opening > 0 else opening
    whole = untaxed + before - opening
    return whole * (1 - deal.tax) if whole > 0 else whole
