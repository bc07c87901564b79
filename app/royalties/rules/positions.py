"""A payee's account under a contract in a period, and everything that settling it rests on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from uuid import UUID

from app.contracts.rules.terms import Terms

EntryKind = Literal[
    "retroactive", "mechanical_excess", "mechanicals", "costs_first", "contested", "contested_released",
    "reserve_held", "reserve_released", "deferred", "deferred_released", "before_trigger", "charge", "guarantee",
    "guarantee_recouped", "crossed_out", "crossed_in", "apart", "gross_up", "withholding",
]  # fmt: skip
Facts = dict[str, Any]


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
    """A payee's part under one split, and what of it is held because somebody contests it."""

    payee: UUID
    share: Decimal
    held: Decimal = Decimal(0)


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
    songs_micros: int = 0
    """Mechanicals of earlier periods that are still in the opening balance."""

    kept_micros: int = 0
    """What of the opening balance is never used to earn costs back."""

    apart_micros: int = 0
    """What is still to be earned back and stands beside the balance, for this holds what is paid all the same."""

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

    positive: Decimal = Decimal(0)
    """What reserves were kept of in this period before, where it is restated."""

    told: Mapping[str, int] = field(default_factory=dict)
    """What was said of this period before, where it is restated: by kind of step, and what was `earned`."""

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
    songs_micros: int = 0
    """Mechanicals of earlier periods that are still in the opening balance."""

    kept_micros: int = 0
    """What of the balance is never used to earn costs back."""

    apart_micros: int = 0
    """What stood beside the balance before this period, still to be earned back."""

    earned_micros: int = 0
    entries: list[Entry] = field(default_factory=list)
    reserve_micros: int = 0
    payable_micros: int = 0

    @property
    def moved_micros(self) -> int:
        """What came and went so far."""
        return self.balance_micros - self.opening_micros

    @property
    def balance_micros(self) -> int:
        """Where the account stands after the steps so far."""
        return self.opening_micros + self.earned_micros + sum(entry.amount_micros for entry in self.entries)

    @property
    def songs_now_micros(self) -> int:
        """Mechanicals of this period."""
        return self.of(("mechanicals",))

    def of(self, kinds: Collection[str]) -> int:
        """What steps of some kinds came to so far."""
        return sum(entry.amount_micros for entry in self.entries if entry.kind in kinds)

    @property
    def reserved_micros(self) -> int:
        """What was let go of reserves in this period, less what was kept back."""
        return self.of(("reserve_held", "reserve_released"))

    @property
    def free_micros(self) -> int:
        """What pays costs back, or below zero what is still to be earned back."""
        return self.balance_micros - self.apart_micros - self.kept_micros

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

    def past_of(self, payee: UUID) -> Past:
        """What a payee's account brings along; nothing where it is new."""
        return self.past.get(payee, Past())

    @property
    def is_waived(self) -> bool:
        """Whether what was sold is paid to nobody: another contract's costs are not earned back yet."""
        trigger = self.terms.trigger
        return trigger is not None and not trigger.is_retroactive and not self.is_triggered
