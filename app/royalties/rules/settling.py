"""From what a contract earned in a period to what each payee is owed: step by step, each step an entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

from app.contracts.rules.terms import CHANNELS, Guarantee
from app.kernel.money import allocate, exact
from app.royalties.rules import holding
from app.royalties.rules.dividing import apportion, micros_of
from app.royalties.rules.mechanicals import mechanicals
from app.royalties.rules.positions import Case, Entry, EntryKind, Facts, PartOf, Position

DIGITS: Final = 48
"""Of a share, more than any has."""

UNITS: Final = ("physical", "download")
"""Channels in which a sale is a copy, for which mechanicals are due."""


def settle(case: Case) -> dict[UUID, Position]:
    """Every payee's account of one contract, up to where contracts pay each other back."""
    payees = dict.fromkeys(part.payee for parts in case.parts.values() for part in parts) | dict.fromkeys(case.past)
    pasts = {payee: case.past_of(payee) for payee in payees}
    positions = {
        payee: Position(payee, past.opening_micros, past.songs_micros, past.kept_micros, past.apart_micros)
        for payee, past in pasts.items()
    }
    _earn(case, positions)
    _retroactive(case, positions)
    _mechanicals(case, positions)
    _costs_first(case, positions)
    for payee, position in positions.items():
        holding.waive(case, position, case.past_of(payee))
    holding.contested(case, positions)
    holding.confirmed(case, positions)
    _keep(case, positions)
    _set_aside(case, positions)
    _charge(case, positions)
    if case.terms.guarantee:
        _guarantee(case, case.terms.guarantee, positions)
    return positions


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
                value = getattr(portion, of) * (part.share - part.held if is_free else part.share)
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
        whole = sum(case.retroactive.values(), Decimal(0))
    shared = dict(zip(parts, apportion(total, list(parts.values())), strict=True))
    for payee, position in positions.items():
        more = shared.get(payee, 0) - case.past_of(payee).told.get("retroactive", 0)
        position.enter("retroactive", more, {"whole": str(whole)})


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
        kept = [position.earned_micros * recovered.scaleb(-6) / receipts for position in positions.values()]
        whole = micros_of(sum(kept, Decimal(0)))
    facts = {"recovered_micros": micros_of(recovered), "receipts": str(receipts)}
    for position, micros in zip(positions.values(), apportion(whole, kept), strict=True):
        position.entries.append(Entry("costs_first", -micros, facts))


def _keep(case: Case, positions: Mapping[UUID, Position]) -> None:
    reserve = case.terms.reserve
    positive = _exact_parts(case, "positive", reserve.channels, is_free=True) if reserve else {}
    for payee, position in positions.items():
        holding.reserve(case, position, case.past_of(payee), positive.get(payee, Decimal(0)))
        holding.defer(case, position, case.past_of(payee))


def _set_aside(case: Case, positions: Mapping[UUID, Position]) -> None:
    """What is never used to earn costs back: of some channels, and of songs where that is agreed; less what is held.

    What is kept of such channels for returns is none of it until it is let go of; what other sales lost takes nothing.
    """
    channels, controlled, reserve = set(case.terms.non_recoupable), case.terms.controlled, case.terms.reserve
    parts = _exact_parts(case, "amount", case.terms.non_recoupable) if channels else {}
    reserved_of = set(reserve.channels or CHANNELS) if reserve else set()
    for payee, position in positions.items():
        micros = micros_of(parts.get(payee, Decimal(0)))
        if controlled and controlled.pays_back == "nothing":
            micros += position.songs_now_micros
        lost = max(0, micros - position.earned_micros - position.of(holding.SALES)) if case.is_triggered else 0
        there = position.moved_micros + lost
        if reserved_of and reserved_of <= channels:
            micros += position.reserved_micros
        elif reserved_of.isdisjoint(channels):
            there -= position.reserved_micros
        if micros > 0:
            micros = min(micros, max(0, there))
        position.kept_micros = max(0, position.kept_micros + micros)


def _charge(case: Case, positions: Mapping[UUID, Position]) -> None:
    """Put advances and costs on the accounts, by the contract's own shares."""
    if case.terms.recoups == "all_receipts":
        return
    parts = case.parts[None]
    for charge in case.charges:
        for part, own in zip(parts, allocate(-charge.amount_micros, _weights(parts)), strict=True):
            positions[part.payee].enter("charge", own, {"name": charge.name, "cost": charge.kind}, charge.id)


def _guarantee(case: Case, guarantee: Guarantee, positions: Mapping[UUID, Position]) -> None:
    """Pay what the guarantee exceeds the earnings of its span by; earn it back first where that is agreed.

    What a restatement changes of the earnings changes the shortfall that was paid, and what was earned back.
    """
    promised = _promised(case, guarantee)
    for payee, position in positions.items():
        past = case.past_of(payee)
        told = past.told.get("guarantee_recouped", 0)
        open_micros = past.guaranteed_micros - past.told.get("guarantee", 0) - told
        back = min(open_micros, past.told.get("earned", 0) + position.earned_micros)
        position.enter("guarantee_recouped", -(max(0, back) if guarantee.is_recoupable else 0) - told)
        if case.ends_guarantee:
            higher = sum(entry.amount_micros for entry in position.entries if entry.kind == "retroactive")
            earned = past.earned_micros + position.earned_micros + higher
            lacking = max(0, promised[payee] - earned) if payee in promised else 0  # guests were promised nothing
            short = lacking - past.made_up_micros
            facts = {"amount": str(guarantee.amount), "earned": earned}
            position.enter("guarantee", short if case.restates else max(0, short), facts)


def _promised(case: Case, guarantee: Guarantee) -> dict[UUID, int]:
    """What a guarantee comes to for each payee, by the contract's own shares."""
    parts = case.parts[None]
    with exact():
        amounts = [guarantee.amount * part.share for part in parts]
        whole = micros_of(sum(amounts, Decimal(0)))
    return dict(zip((part.payee for part in parts), apportion(whole, amounts), strict=True))
