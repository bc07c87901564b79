"""Statements worked out a second way: whole fractions, from the beginning anew after every run; nothing of the engine's.

The engine goes from run to run and notes what changes. This counts everything that is known by a run from the first day
on, and says what each account has to stand at. Both have to agree, whatever was sold, returned, restated or paid out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NamedTuple

from tests.royalties.fractional import (
    Deal,
    Earned,
    Key,
    Piece,
    Row,
    Rule,
    base,
    flat,
    left,
    mean,
    raised,
    slab,
    stairs,
    taxed,
    unit_by_unit,
    waited,
)  # fmt: skip

WORTH = {"recoupment": "net"}
"""What is counted instead."""


class Told(NamedTuple):
    """What a statement has to say, exactly."""

    closing: Fraction
    reserve: Fraction
    waiting: Fraction
    contested: Fraction
    apart: Fraction = Fraction(0)
    """What is still to be earned back and stands beside the balance."""


class Account(NamedTuple):
    """What came onto an account since the beginning, what of it is held and what waits, and what it is of."""

    whole: Fraction
    held: Fraction
    waiting: Fraction
    songs: Fraction
    sold: Fraction
    """For sales and songs."""

    shared: Fraction
    """For shares in tracks, whatever the deal."""

    kept: Fraction
    """Never used to earn costs back."""


NOBODYS = Account(*[Fraction(0)] * 7)


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
    before: dict[Key, Account] = field(default_factory=dict)
    """What accounts came to, before taxes and what crossed."""

    songs: dict[Key, Fraction] = field(default_factory=dict)
    """What of accounts is for songs."""

    kept: dict[Key, Fraction] = field(default_factory=dict)
    """What of accounts is never used to earn costs back."""

    apart: dict[Key, Fraction] = field(default_factory=dict)
    """What is still to be earned back beside what is paid all the same."""

    contested: dict[Key, Fraction] = field(default_factory=dict)
    """What is held of shares in a track that nobody confirmed."""

    def run(self, period: int, rows: Sequence[Row], *, in_doubt: Collection[Key] = ()) -> dict[Key, Told]:
        """Account for rows in a period, new or told of before; the balance of every account afterwards."""
        self.rows += [(period, row) for row in rows]
        told: dict[Key, Told] = {}
        moves: dict[Key, Fraction] = {}
        songs: dict[Key, Fraction] = {}
        for deal in self.deals:
            for payee, now in self._accounts(deal, period).items():
                key = deal.name, payee
                before = self.before.get(key, NOBODYS)
                moves[key], songs[key] = now.whole - before.whole, now.songs - before.songs
                if key in in_doubt or key in self.contested:
                    more, moved = now.shared - before.shared, now.sold - before.sold
                    moves[key] -= self._contest(key, more, moved, is_agreed=key not in in_doubt)
                self._keep(key, now.kept - before.kept)
                self.before[key] = now
                told[key] = Told(Fraction(0), now.held, now.waiting, self.contested.get(key, Fraction(0)))
        gross = {
            key: self.at.get(key, Fraction(0)) + move - self.kept[key] - self.apart.get(key, Fraction(0))
            for key, move in moves.items()
        }
        for key, more in songs.items():
            of_songs = min(self.songs.get(key, Fraction(0)), max(Fraction(0), self.at.get(key, Fraction(0))))
            self.songs[key] = max(Fraction(0), of_songs + more)
        if self.crossed:
            self._cross(gross)
        for key, whole in gross.items():
            if self._keeps(key[0]):
                self.apart[key] = max(Fraction(0), -whole)
                self.at[key] = self.kept[key] + max(Fraction(0), whole)
            else:
                self.at[key] = taxed(self._deal(key[0]), self.at.get(key, Fraction(0)), whole)
            self.songs[key] = max(Fraction(0), min(self.songs[key], self.at[key]))
            told[key] = told[key]._replace(closing=self.at[key], apart=self.apart.get(key, Fraction(0)))
        return told

    def _contest(self, key: Key, more: Fraction, moved: Fraction, *, is_agreed: bool) -> Fraction:
        """What is held more than before: what the share brings while it is in doubt, and of returns not more than is.

        What else was returned comes first: not more is held than came.
        """
        before = self.contested.get(key, Fraction(0))
        more = min(more, max(Fraction(0), moved)) if more > 0 else more
        self.contested[key] = Fraction(0) if is_agreed else max(Fraction(0), before + more)
        return self.contested[key] - before

    def _keeps(self, name: str) -> bool:
        deal = self._deal(name)
        return bool(deal.kept) or (deal.songs is not None and deal.songs.pays == "nothing")

    def _keep(self, key: Key, more: Fraction) -> None:
        """What is kept of an account: what was and is there still, and more of it."""
        there = min(self.kept.get(key, Fraction(0)), max(Fraction(0), self.at.get(key, Fraction(0))))
        self.kept[key] = max(Fraction(0), there + more) if self._keeps(key[0]) else Fraction(0)

    def _deal(self, name: str) -> Deal:
        return next(each for each in self.deals if each.name == name)

    def pay(self, key: Key, amount: Fraction) -> None:
        """Money leaves."""
        self.at[key] -= amount

    def _cross(self, gross: dict[Key, Fraction]) -> None:
        """What is for songs pays nothing back, whenever it came; of an account whatever else is there leaves first."""
        payer, debtor = self.crossed or ("", "")
        for deal, payee in list(gross):
            other = (debtor, payee)
            if deal == payer and other in gross:
                songs = self._deal(deal).songs
                own = self.songs[deal, payee] if songs is None or songs.pays == "own" else Fraction(0)
                back = min(gross[deal, payee] - own, -gross[other])
                if back > 0:
                    gross[deal, payee] -= back
                    gross[other] += back

    def _accounts(self, deal: Deal, now: int) -> dict[str, Account]:
        """What came onto each account since the beginning, before taxes, and what is held of it."""
        own = flat(deal)
        earned = self._earned(deal, now)
        receipts = sum((each.receipts for each in self._earnings(deal)), Fraction(0))
        back = min(receipts, deal.cost) if deal.costs_first else Fraction(0)
        kept = back / receipts if receipts else Fraction(0)
        is_due = [self._is_due(deal, period) for period in range(now + 1)]
        found = {}
        for payee in {*own, *(each for told in earned for each in told)}:
            part = own.get(payee, Fraction(0))
            came = [told.get(payee, Fraction(0)) * (1 - kept) for told in earned]
            songs = self._songs(deal, now, part / sum(own.values()))
            held = self._held(deal, payee, now)
            paid, waiting = waited(deal, came, is_due)
            whole = paid + raised(deal.least * part, came, comes_back=deal.comes_back) + sum(songs, Fraction(0)) - held
            if not deal.costs_first:
                whole -= deal.cost * part / sum(own.values())
            sold = sum(came, Fraction(0)) + sum(songs, Fraction(0))
            apart = self._kept(deal, own, payee) + (songs[1] if deal.songs and deal.songs.pays == "nothing" else 0)
            found[payee] = Account(whole, held, waiting, songs[1], sold, self._shared(deal, payee), apart)
        return found

    def _earned(self, deal: Deal, now: int) -> list[dict[str, Fraction]]:
        """What each payee earned in each period."""
        own = flat(deal)
        earned: list[dict[str, Fraction]] = [defaultdict(Fraction) for _ in range(now + 1)]
        for each in self._earnings(deal):
            for payee, part in self._parts(own, each.track).items():
                earned[each.period][payee] += each.amount * part
        return earned

    def _kept(self, deal: Deal, own: dict[str, Fraction], payee: str) -> Fraction:
        """What came to a payee in channels that earn nothing back."""
        came = (each for each in self._earnings(deal) if each.row.channel in deal.kept)
        return sum((each.amount * self._parts(own, each.track).get(payee, 0) for each in came), Fraction(0))

    def _shared(self, deal: Deal, payee: str) -> Fraction:
        """What a payee's own shares in tracks came to."""
        parts = {track: sheet.get(payee, Fraction(0)) for track, sheet in self.sheets.items()}
        return sum(
            (each.amount * parts[each.track] for each in self._earnings(deal) if each.track in parts), Fraction(0)
        )

    def _held(self, deal: Deal, payee: str, now: int) -> Fraction:
        """What is kept for returns by now: of each period's records a part, and in all not more than the most."""
        own = flat(deal)
        sold = [Fraction(0)] * (now + 1)
        for each in self._earnings(deal):
            if each.row.channel == "physical" and each.row.units > 0:
                sold[each.period] += each.amount * self._parts(own, each.track).get(payee, Fraction(0))
        holds: list[Fraction] = []
        for period, amount in enumerate(sold):
            room = None if deal.most_held is None else max(Fraction(0), deal.most_held - left(deal, holds, period))
            holds.append(amount * deal.held if room is None else min(amount * deal.held, room))
        return left(deal, holds, now)

    def _songs(self, deal: Deal, now: int, part: Fraction) -> tuple[Fraction, Fraction]:
        """What songs cost a payee, and what they bring."""
        if deal.songs is None:
            return Fraction(0), Fraction(0)
        one, most = deal.songs.rate * deal.songs.portion, deal.songs.rate * deal.songs.portion * deal.songs.most
        own, others = one * deal.songs.own, deal.songs.rate * deal.songs.others
        above = max(Fraction(0), own + others - most)
        copies = sum(
            (each.row.units * each.part for each in self._earnings(deal) if each.row.channel != "stream"), part * 0
        )
        return -(above - min(own, above)) * copies * part, (own - min(own, above)) * copies * part

    def _is_due(self, deal: Deal, period: int) -> bool:
        """Whether by the end of a period the costs were earned back for which a deal waits."""
        if deal.waits is None:
            return True
        other = self._deal(deal.waits.for_deal)
        covered = self._covering(other, period) - (self._covering(deal, period) if deal.waits.is_net else 0)
        return round(covered * 10**6) >= other.cost * 10**6

    def _covering(self, deal: Deal, until: int) -> Fraction:
        all_ = (each for each in self._earnings(deal) if each.period <= until)
        return sum((each.receipts if deal.costs_first else each.amount for each in all_), Fraction(0))

    def _parts(self, own: dict[str, Fraction], track: str) -> dict[str, Fraction]:
        sheet = self.sheets.get(track, {})
        left = 1 - sum(sheet.values(), Fraction(0))
        parts = defaultdict(Fraction, sheet)
        for payee, part in own.items():
            parts[payee] += part * left
        return parts

    def _earnings(self, deal: Deal) -> Iterator[Earned]:
        """What a deal comes to of every part of a row that it is about."""
        for plain in deal.rules:
            rule = replace(plain, steps=stairs(plain, deal.cost))
            counted, pieces = Fraction(0), list(self._pieces(deal, rule))
            months: dict[tuple[int, int], Fraction] = defaultdict(Fraction)
            for each in pieces:
                months[each.period, each.row.month] += each.count
            rates = {}
            for month, more in months.items():
                rates[month] = mean(rule, counted, more)
                counted += more
            whole = sum((each.count for each in pieces), Fraction(0))
            for each in pieces:
                rate = slab(rule, whole) if rule.is_slab else rates[each.period, each.row.month]
                amount = unit_by_unit(rule, each.of, each.factor, rate, Fraction(each.row.units))
                part = each.part * each.fx
                receipts = each.of * each.factor * part
                yield Earned(each.period, each.row, each.track, each.part, amount * part, receipts)

    def _pieces(self, deal: Deal, rule: Rule) -> Iterator[Piece]:
        """The parts of rows that a rule is about, in the order of periods and in these of months."""
        for period, row in sorted(self.rows, key=lambda each: (each[0], each[1].month)):
            tracks = list(self.tracks) if row.piece == "album" else [row.piece]
            for track in tracks:
                if row.channel != rule.channel or (deal.pieces and track not in deal.pieces):
                    continue
                factor = rule.foreign if row.territory == "DE" else Fraction(1)
                for each in rule.taken:
                    factor *= 1 - each
                when = row.came if deal.at_receipt else period
                of, fx, part = base(rule, row), self.fx[when, row.currency], Fraction(1, len(tracks))
                count = {"units": Fraction(row.units), "gross": of * fx, "net": of * fx * factor}[
                    WORTH.get(rule.by, rule.by)
                ] * part
                yield Piece(period, row, track, of, factor, fx, part, count)
