"""What a payee earned and does not have yet: contested, kept for returns, or waiting for another contract's costs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final
from uuid import UUID

from app.kernel.money import exact
from app.royalties.rules.dividing import micros_of
from app.royalties.rules.positions import Case, Past, Position

SALES: Final[tuple[str, ...]] = ("earned", "retroactive", "mechanical_excess", "mechanicals", "costs_first")
KEPT: Final[tuple[str, ...]] = ("contested", "contested_released", "reserve_held", "reserve_released")
DEFERRED: Final[tuple[str, ...]] = ("deferred", "deferred_released")


def contested(case: Case, positions: Mapping[UUID, Position]) -> None:
    """Hold what is contested or not confirmed; of what is taken back, let go of as much as was held, the own first."""
    if case.is_waived:
        return
    held: dict[tuple[UUID, str], Decimal] = {}
    with exact():
        higher = () if case.restates else case.retroactive.items()
        for sheet, amount in (*((each.sheet, each.amount) for each in case.portions), *higher):
            for part in case.parts[sheet]:
                if part.held:
                    key = part.payee, str(sheet)
                    held[key] = held.get(key, Decimal(0)) + amount * part.held
    for (payee, name), amount in held.items():
        position, micros = positions[payee], micros_of(amount)
        if micros > 0:
            position.enter("contested", -min(micros, max(0, position.moved_micros)), {"sheet": name})
        else:
            for each in sorted(case.past_of(payee).contested, key=lambda other: other != name):
                less = min(-micros, _still_held(case, position, each))
                position.enter("contested_released", less, {"sheet": each})
                micros += less


def confirmed(case: Case, positions: Mapping[UUID, Position]) -> None:
    """Let go of what is not contested any more."""
    for payee, position in positions.items():
        for sheet in case.past_of(payee).confirmed:
            position.enter("contested_released", _still_held(case, position, sheet), {"sheet": sheet})


def _still_held(case: Case, position: Position, sheet: str) -> int:
    """What is held of a contested share after the steps so far."""
    moved = sum(each.amount_micros for each in position.entries if each.facts.get("sheet") == sheet)
    return max(0, case.past_of(position.payee).contested.get(sheet, 0) - moved)


def reserve(case: Case, position: Position, past: Past, positive: Decimal) -> None:
    """Keep a part of positive sales back, and let go of what is due of earlier ones; never of returns.

    A restatement by which less was sold lets go of what was kept of it; so does a contract that keeps nothing any more.
    """
    terms = case.terms.reserve
    open_micros = sum(hold.held_micros - hold.released_micros for hold in past.holds)
    released = 0
    for hold in past.holds:
        with exact():
            due = Decimal(hold.held_micros) * (sum(terms.release[: hold.age], Decimal(0)) if terms else 1)
        more = micros_of(due.scaleb(-6)) - hold.released_micros
        more = max(0, more) if hold.held_micros > 0 else min(0, more)
        position.enter("reserve_released", more, {"of": str(hold.statement)})
        released += more
    position.reserve_micros = open_micros - released
    if terms is None:
        return
    own = sum(hold.held_micros for hold in past.holds if hold.age == 0) if case.restates else 0
    with exact():
        wanted = 0 if case.is_waived else max(0, micros_of((past.positive + positive) * terms.rate))
    if terms.cap is not None:
        wanted = min(wanted, max(0, micros_of(terms.cap) - position.reserve_micros + own))
    position.enter("reserve_held", own - wanted, {"rate": str(terms.rate), "positive": str(positive)})
    position.reserve_micros += wanted - own


def waive(case: Case, position: Position, past: Past) -> None:
    """What was earned before another contract's costs were earned back is nobody's, where that is agreed.

    A restatement may find the period on the other side of that moment: then what it said before is turned round.
    """
    trigger = case.terms.trigger
    if trigger is None or trigger.is_retroactive:
        position.enter("before_trigger", -past.told.get("before_trigger", 0))
        return
    wanted = -(position.moved_micros + _told(past, SALES)) if case.is_waived else 0
    told = _told(past, ("before_trigger", *DEFERRED))
    position.enter("deferred_released", past.deferred_micros)  # it waited before there was a word for this
    position.enter("before_trigger", wanted - told - past.deferred_micros)


def defer(case: Case, position: Position, past: Past) -> None:
    """What waits for another contract's costs to be earned back, until they are or nothing has to wait any more."""
    trigger = case.terms.trigger
    if trigger is not None and not trigger.is_retroactive:
        return
    if case.is_triggered:
        position.enter("deferred_released", past.deferred_micros)
    else:
        position.enter("deferred", -position.moved_micros - _told(past, (*SALES, *KEPT, *DEFERRED)))


def _told(past: Past, kinds: tuple[str, ...]) -> int:
    """What was said of this period before in some kinds of steps."""
    return sum(past.told.get(kind, 0) for kind in kinds)
