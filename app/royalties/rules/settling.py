"""From what a contract earned in a period to what each payee is owed: step by step, each step an entry."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from app.contracts.rules.terms import Guarantee, Reserve, Terms
from app.kernel.money import allocate, exact
from app.royalties.rules.dividing import apportion, micros_of
from app.royalties.rules.mechanicals import mechanicals

EntryKind = Literal[
    "retroactive", "mechanical_excess", "mechanicals", "costs_first", "contested", "contested_released",
    "reserve_held", "reserve_released", "deferred", "deferred_released", "charge", "guarantee", "guarantee_recouped",
    "crossed_out", "crossed_in", "gross_up", "withholding",
]  # fmt: skip
Facts = dict[str, Any]
DIGITS: Final = 48
"""Of a share, more than any has."""

UNITS: Final = ("physical", "download")
"""Channels in which a sale is a copy, for which mechanicals are due."""


class Portion(NamedTuple):
    """What a contract earned under one split in one channel, exactly, in its currency."""

    sheet: UUID | None
    channel: str
    amount: Decimal
    positive: Decimal
    quantity: Decimal
    receipts: Decimal
    """What the royalty is of."""


class PartOf(NamedTuple):
    """A payee's part under one split, and whether it is held because somebody contests it."""

    payee: UUID
    share: Decimal
    is_held: bool = False


class Charge(NamedTuple):
    """An advance or cost that is recouped from now on."""

    id: UUID
    name: str
    kind: str
    amount_micros: int


class Hold(NamedTuple):
    """A reserve of an earlier statement: how many periods ago, how much, and what was let go of it since."""

    statement: UUID
    age: int
    held_micros: int
    released_micros: int


@dataclass(frozen=True, slots=True)
class Past:
    """What a payee's account under a contract brings along."""

    opening_micros: int = 0
    holds: Sequence[Hold] = ()
    deferred_micros: int = 0
    contested: Mapping[str, int] = field(default_factory=dict)
    """What is held of contested shares, by split sheet."""

    confirmed: Collection[str] = ()
    """The sheets among these whose share everybody agrees on by now."""

    guaranteed_micros: int = 0
    """Shortfalls paid that are still to be earned back."""

    earned_micros: int = 0
    """In the span of the guarantee, before this period."""

    retroactive_micros: int = 0
    """Told in this period before, where it is restated."""

    made_up_micros: int = 0
    """Shortfalls of the same span that were paid already."""


@dataclass(slots=True)
class Entry:
    """One step: its kind, its amount in micros, and the numbers behind it."""

    kind: EntryKind
    amount_micros: int
    facts: Facts = field(default_factory=dict)
    recoupable: UUID | None = None


@dataclass(slots=True)
class Position:
    """A payee's account under a contract in a period."""

    payee: UUID
    opening_micros: int
    earned_micros: int = 0
    entries: list[Entry] = field(default_factory=list)
    reserve_micros: int = 0
    payable_micros: int = 0

    @property
    def balance_micros(self) -> int:
        """Where the account stands after the steps so far."""
        return self.opening_micros + self.earned_micros + sum(entry.amount_micros for entry in self.entries)

    def enter(
        self, kind: EntryKind, amount_micros: int, facts: Facts | None = None, recoupable: UUID | None = None
    ) -> None:
        """Take a step, unless it is of nothing."""
        if amount_micros:
            self.entries.append(Entry(kind, amount_micros, facts or {}, recoupable))


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that a contract's settlement rests on."""

    terms: Terms
    portions: Sequence[Portion]
    parts: Mapping[UUID | None, Sequence[PartOf]]
    period_end: date
    charges: Sequence[Charge] = ()
    unrecovered_micros: int = 0
    """Of costs that come back out of all receipts: what is still open before this period."""

    shared: Decimal = Decimal(0)
    """What earlier receipts came to after costs came back out of them: that of which payees had their part."""

    restates: bool = False
    """Whether the period was told of before, and this says what changes."""

    is_triggered: bool = True
    ends_guarantee: bool = False
    """Whether the span of the guarantee ends with this period."""

    retroactive: Mapping[UUID | None, Decimal] = field(default_factory=dict)
    """What a step passed in this period changes for what earlier periods paid, by split sheet."""

    past: Mapping[UUID, Past] = field(default_factory=dict)


def settle(case: Case) -> dict[UUID, Position]:
    """Every payee's account of one contract, up to where contracts pay each other back."""
    payees = dict.fromkeys(part.payee for parts in case.parts.values() for part in parts) | dict.fromkeys(case.past)
    positions = {payee: Position(payee, _past(case, payee).opening_micros) for payee in payees}
    _earn(case, positions)
    _retroactive(case, positions)
    _mechanicals(case, positions)
    _costs_first(case, positions)
    _contested(case, positions)
    _confirmed(case, positions)
    for payee, position in positions.items():
        past = _past(case, payee)
        if case.terms.reserve:
            _reserve(case, case.terms.reserve, position, past)
        _defer(case, position, past)
    _charge(case, positions)
    for payee, position in positions.items():
        if case.terms.guarantee:
            _guarantee(case, case.terms.guarantee, position, _past(case, payee))
    return positions


def _past(case: Case, payee: UUID) -> Past:
    return case.past.get(payee, Past())


def _exact_parts(
    case: Case, of: Literal["amount", "positive"], channels: Sequence[str] = (), *, is_free: bool = False
) -> dict[UUID, Decimal]:
    """What falls to each payee, exactly; where `is_free`, without what is contested."""
    parts: dict[UUID, Decimal] = {}
    with exact():
        for portion in case.portions:
            if channels and portion.channel not in channels:
                continue
            for part in case.parts[portion.sheet]:
                if is_free and part.is_held:
                    continue
                value = getattr(portion, of) * part.share
                parts[part.payee] = parts.get(part.payee, Decimal(0)) + value
    return parts


def _earn(case: Case, positions: Mapping[UUID, Position]) -> None:
    parts = dict(sorted(_exact_parts(case, "amount").items()))  # of equals the same comes first for whoever checks
    with exact():
        total = micros_of(sum(parts.values(), Decimal(0)))
    for payee, micros in zip(parts, apportion(total, list(parts.values())), strict=True):
        positions[payee].earned_micros = micros


def _retroactive(case: Case, positions: Mapping[UUID, Position]) -> None:
    """Who had a part of what was sold earlier has it of what a higher rate makes of that, less what was told before."""
    parts: dict[UUID, Decimal] = {}
    with exact():
        for sheet, amount in case.retroactive.items():
            for part in case.parts[sheet]:
                parts[part.payee] = parts.get(part.payee, Decimal(0)) + amount * part.share
        total = micros_of(sum(parts.values(), Decimal(0)))
    shared = dict(zip(parts, apportion(total, list(parts.values())), strict=True))
    for payee, position in positions.items():
        position.enter("retroactive", shared.get(payee, 0) - _past(case, payee).retroactive_micros)


def _spread(case: Case, positions: Mapping[UUID, Position], kind: EntryKind, amount: Decimal, facts: Facts) -> None:
    """Enter an amount that payees have or bear among them on their accounts, by the contract's own shares."""
    micros, parts = micros_of(amount), case.parts[None]
    weights = _weights(parts)
    if micros and sum(weights):
        for part, own in zip(parts, allocate(micros, weights), strict=True):
            positions[part.payee].enter(kind, own, facts)


def _weights(parts: Sequence[PartOf]) -> list[int]:
    """Shares as whole numbers, exactly: a part of a part of a part has more digits than parts per million."""
    with exact():
        return [int(part.share.scaleb(DIGITS)) for part in parts]


def _mechanicals(case: Case, positions: Mapping[UUID, Position]) -> None:
    if case.terms.controlled is None:
        return
    worked_out = mechanicals(case.terms.controlled, case.period_end)
    with exact():
        units = sum((each.quantity for each in case.portions if each.channel in UNITS), Decimal(0))
        charged, due = worked_out.charged * units, worked_out.to_controlled * units
    facts = {name: str(value) for name, value in worked_out._asdict().items()} | {"units": str(units)}
    _spread(case, positions, "mechanical_excess", -charged, facts)
    _spread(case, positions, "mechanicals", due, facts)


def _costs_first(case: Case, positions: Mapping[UUID, Position]) -> None:
    """Where costs come back before anybody earns: the royalty is of what the receipts leave after them.

    Where more is returned than was shared, the rest is not what payees lose but what costs are open again.
    """
    if case.terms.recoups != "all_receipts":
        return
    with exact():
        receipts = sum((each.receipts for each in case.portions), Decimal(0))
        if receipts > 0:
            recovered = min(receipts, Decimal(max(0, case.unrecovered_micros)).scaleb(-6))
        else:
            recovered = min(Decimal(0), receipts + max(Decimal(0), case.shared))
        if not recovered:
            return
        facts = {"recovered_micros": micros_of(recovered), "receipts": str(receipts)}
        for position in positions.values():
            kept = position.earned_micros * recovered / receipts
            position.entries.append(Entry("costs_first", -micros_of(kept.scaleb(-6)), facts))


def _contested(case: Case, positions: Mapping[UUID, Position]) -> None:
    """Hold what is contested or not confirmed; of what is taken back, let go of as much as was held."""
    held: dict[tuple[UUID, str], Decimal] = {}
    with exact():
        higher = () if case.restates else case.retroactive.items()
        for sheet, amount in (*((each.sheet, each.amount) for each in case.portions), *higher):
            for part in case.parts[sheet]:
                if part.is_held:
                    key = part.payee, str(sheet)
                    held[key] = held.get(key, Decimal(0)) + amount * part.share
    for (payee, name), amount in held.items():
        position, micros = positions[payee], micros_of(amount)
        if micros > 0:
            left = max(0, position.balance_micros - position.opening_micros)
            position.enter("contested", -min(micros, left), {"sheet": name})
        else:
            for each in _past(case, payee).contested:
                less = min(-micros, _still_held(case, position, each))
                position.enter("contested_released", less, {"sheet": each})
                micros += less


def _confirmed(case: Case, positions: Mapping[UUID, Position]) -> None:
    """Let go of what is not contested any more."""
    for payee, position in positions.items():
        for sheet in _past(case, payee).confirmed:
            position.enter("contested_released", _still_held(case, position, sheet), {"sheet": sheet})


def _still_held(case: Case, position: Position, sheet: str) -> int:
    """What is held of a contested share after the steps so far."""
    moved = sum(each.amount_micros for each in position.entries if each.facts.get("sheet") == sheet)
    return max(0, _past(case, position.payee).contested.get(sheet, 0) - moved)


def _reserve(case: Case, reserve: Reserve, position: Position, past: Past) -> None:
    """Keep a part of positive sales back, and let go of what is due of earlier ones; never of returns.

    A restatement by which less was sold lets go of what was kept of it.
    """
    open_micros = sum(hold.held_micros - hold.released_micros for hold in past.holds)
    released = 0
    for hold in past.holds:
        with exact():
            due = Decimal(hold.held_micros) * sum(reserve.release[: hold.age], Decimal(0))
        more = micros_of(due.scaleb(-6)) - hold.released_micros
        more = max(0, more) if hold.held_micros > 0 else min(0, more)
        position.enter("reserve_released", more, {"of": str(hold.statement)})
        released += more
    with exact():
        positive = _exact_parts(case, "positive", reserve.channels, is_free=True).get(position.payee, Decimal(0))
        wanted = micros_of(positive * reserve.rate)
    if wanted < 0:
        own = sum(hold.held_micros for hold in past.holds if hold.age == 0) if case.restates else 0
        wanted = max(wanted, -max(0, own))
    if reserve.cap is not None:
        wanted = min(wanted, max(0, micros_of(reserve.cap) - (open_micros - released)))
    position.enter("reserve_held", -wanted, {"rate": str(reserve.rate), "positive": str(positive)})
    position.reserve_micros = open_micros - released + wanted


def _defer(case: Case, position: Position, past: Past) -> None:
    """What waits for another contract's costs to be earned back."""
    trigger = case.terms.trigger
    if trigger is None:
        return
    if not case.is_triggered:
        position.enter("deferred", -(position.balance_micros - position.opening_micros))
    elif trigger.is_retroactive:
        position.enter("deferred_released", past.deferred_micros)


def _charge(case: Case, positions: Mapping[UUID, Position]) -> None:
    """Put advances and costs on the accounts, by the contract's own shares."""
    if case.terms.recoups == "all_receipts":
        return
    parts = case.parts[None]
    for charge in case.charges:
        for part, own in zip(parts, allocate(-charge.amount_micros, _weights(parts)), strict=True):
            positions[part.payee].enter("charge", own, {"name": charge.name, "cost": charge.kind}, charge.id)


def _guarantee(case: Case, guarantee: Guarantee, position: Position, past: Past) -> None:
    """Pay what the guarantee exceeds the earnings of its span by; earn it back first where that is agreed.

    What a restatement changes of the earnings changes the shortfall that was paid.
    """
    open_micros = past.guaranteed_micros - (past.made_up_micros if case.restates else 0)
    if guarantee.is_recoupable and open_micros > 0 and position.earned_micros > 0:
        position.enter("guarantee_recouped", -min(open_micros, position.earned_micros))
    if case.ends_guarantee:
        share = next((part.share for part in case.parts[None] if part.payee == position.payee), Decimal(0))
        higher = sum(entry.amount_micros for entry in position.entries if entry.kind == "retroactive")
        earned = past.earned_micros + position.earned_micros + higher
        with exact():
            short = max(0, micros_of(guarantee.amount * share) - earned) - past.made_up_micros
        facts = {"amount": str(guarantee.amount), "earned": earned}
        position.enter("guarantee", short if case.restates else max(0, short), facts)
