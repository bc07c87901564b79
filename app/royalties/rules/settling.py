"""From what a contract earned in a period to what each payee is owed: step by step, each step an entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    contested_micros: int = 0
    guaranteed_micros: int = 0
    """Shortfalls paid that are still to be earned back."""

    earned_micros: int = 0
    """In the span of the guarantee, before this period."""


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

    is_triggered: bool = True
    ends_guarantee: bool = False
    """Whether the span of the guarantee ends with this period."""

    retroactive: Decimal = Decimal(0)
    """What a step passed in this period changes for what earlier periods paid."""

    past: Mapping[UUID, Past] = field(default_factory=dict)


def settle(case: Case) -> dict[UUID, Position]:
    """Every payee's account of one contract, up to where contracts pay each other back."""
    payees = dict.fromkeys(part.payee for parts in case.parts.values() for part in parts) | dict.fromkeys(case.past)
    positions = {payee: Position(payee, _past(case, payee).opening_micros) for payee in payees}
    _earn(case, positions)
    _spread(case, positions, "retroactive", case.retroactive, {})
    _mechanicals(case, positions)
    _costs_first(case, positions)
    _contested(case, positions)
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


def close(terms: Terms, position: Position) -> None:
    """The last steps: tax on what becomes due, and what can be paid."""
    if terms.withholding and terms.withholding.rate:
        due = max(0, position.balance_micros) - max(0, position.opening_micros)
        if due > 0:
            rate = terms.withholding.rate
            with exact():
                tax = Decimal(due) * rate / (1 - rate if terms.withholding.gross_up else 1)
                micros = micros_of(tax.scaleb(-6))
            facts = {"rate": str(rate), "of_micros": due}
            if terms.withholding.gross_up:
                position.enter("gross_up", micros, facts)
            position.enter("withholding", -micros, facts)
    balance = position.balance_micros
    position.payable_micros = balance if balance > 0 and balance >= micros_of(terms.minimum) else 0


def cross(payer: Position, debtor: Position, *, payer_title: str, debtor_title: str) -> None:
    """Let what is due under one contract pay back what is open under another."""
    micros = min(payer.balance_micros, -debtor.balance_micros)
    if micros > 0:
        payer.enter("crossed_out", -micros, {"contract": debtor_title})
        debtor.enter("crossed_in", micros, {"contract": payer_title})


def _past(case: Case, payee: UUID) -> Past:
    return case.past.get(payee, Past())


def _exact_parts(case: Case, of: Literal["amount", "positive"], channels: Sequence[str] = ()) -> dict[UUID, Decimal]:
    """What falls to each payee, exactly."""
    parts: dict[UUID, Decimal] = {}
    with exact():
        for portion in case.portions:
            if channels and portion.channel not in channels:
                continue
            for part in case.parts[portion.sheet]:
                value = getattr(portion, of) * part.share
                parts[part.payee] = parts.get(part.payee, Decimal(0)) + value
    return parts


def _earn(case: Case, positions: Mapping[UUID, Position]) -> None:
    parts = _exact_parts(case, "amount")
    with exact():
        total = micros_of(sum(parts.values(), Decimal(0)))
    for payee, micros in zip(parts, apportion(total, list(parts.values())), strict=True):
        positions[payee].earned_micros = micros


def _spread(case: Case, positions: Mapping[UUID, Position], kind: EntryKind, amount: Decimal, facts: Facts) -> None:
    """Enter an amount of the whole contract on its payees' accounts, by the contract's own shares."""
    micros, parts = micros_of(amount), case.parts[None]
    shares = [micros_of(part.share) for part in parts]
    if micros and sum(shares):
        for part, own in zip(parts, allocate(micros, shares), strict=True):
            positions[part.payee].enter(kind, own, facts)


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
    """Where costs come back before anybody earns: the royalty is of what the receipts leave after them."""
    if case.terms.recoups != "all_receipts" or case.unrecovered_micros <= 0:
        return
    with exact():
        receipts = sum((each.receipts for each in case.portions), Decimal(0))
        if receipts <= 0:
            return
        recovered = min(receipts, Decimal(case.unrecovered_micros).scaleb(-6))
        facts = {"recovered_micros": micros_of(recovered), "receipts": str(receipts)}
        for position in positions.values():
            kept = position.earned_micros * recovered / receipts
            position.enter("costs_first", -micros_of(kept.scaleb(-6)), facts)


def _contested(case: Case, positions: Mapping[UUID, Position]) -> None:
    """Hold what is contested or not confirmed; let go of what is not any more."""
    held: dict[UUID, Decimal] = {}
    still = {part.payee for parts in case.parts.values() for part in parts if part.is_held}
    with exact():
        for portion in case.portions:
            for part in case.parts[portion.sheet]:
                if part.is_held:
                    held[part.payee] = held.get(part.payee, Decimal(0)) + portion.amount * part.share
    for payee, position in positions.items():
        if payee in held:
            position.enter("contested", -min(micros_of(held[payee]), position.earned_micros))
        elif payee not in still:
            position.enter("contested_released", max(0, _past(case, payee).contested_micros))


def _reserve(case: Case, reserve: Reserve, position: Position, past: Past) -> None:
    """Keep a part of positive sales back, and let go of what is due of earlier ones; never of returns."""
    open_micros = sum(hold.held_micros - hold.released_micros for hold in past.holds)
    released = 0
    for hold in past.holds:
        with exact():
            due = Decimal(hold.held_micros) * sum(reserve.release[: hold.age], Decimal(0))
        more = max(0, micros_of(due.scaleb(-6)) - hold.released_micros)
        position.enter("reserve_released", more, {"of": str(hold.statement)})
        released += more
    with exact():
        positive = _exact_parts(case, "positive", reserve.channels).get(position.payee, Decimal(0))
        wanted = micros_of(max(Decimal(0), positive * reserve.rate))
    if reserve.cap is not None:
        wanted = max(0, min(wanted, micros_of(reserve.cap) - (open_micros - released)))
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
        shares = [micros_of(part.share) for part in parts]
        for part, own in zip(parts, allocate(-charge.amount_micros, shares), strict=True):
            positions[part.payee].enter("charge", own, {"name": charge.name, "cost": charge.kind}, charge.id)


def _guarantee(case: Case, guarantee: Guarantee, position: Position, past: Past) -> None:
    """Pay what the guarantee exceeds the earnings of its span by; earn it back first where that is agreed."""
    if guarantee.is_recoupable and past.guaranteed_micros > 0 and position.earned_micros > 0:
        back = min(past.guaranteed_micros, position.earned_micros)
        position.enter("guarantee_recouped", -back)
    if case.ends_guarantee:
        share = next((part.share for part in case.parts[None] if part.payee == position.payee), Decimal(0))
        earned = past.earned_micros + position.earned_micros
        with exact():
            short = micros_of(guarantee.amount * share) - earned
        position.enter("guarantee", max(0, short), {"amount": str(guarantee.amount), "earned": earned})
