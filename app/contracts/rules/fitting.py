"""Which clause is about a sale, and which is the more specific of two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from app.contracts.rules.terms import DEDUCTIONS, DIMENSIONS, Clause, When
from app.kernel.money import exact

_LISTS: Final = ("territories", "channels", "configurations", "price_bands", "commercial_models", "sources")


class Circumstances(NamedTuple):
    """What a condition may ask of a sale."""

    territory: str | None
    channel: str
    configuration: str | None
    price_band: str | None
    commercial_model: str | None
    source: str
    sold_on: date


def specificity(when: When) -> tuple[int, int]:
    """How much a condition narrows: how many dimensions, then which; equal only for the same ones."""
    narrowed = [bool(getattr(when, name)) for name in _LISTS] + [bool(when.sold_from or when.sold_until)]
    narrowed[0] = narrowed[0] or bool(when.except_territories)
    bits = sum(1 << (len(DIMENSIONS) - place) for place, is_narrow in enumerate(narrowed) if is_narrow)
    return sum(narrowed), bits


def fits(when: When, sale: Circumstances) -> bool:
    """Whether a condition is met."""
    return next(misfits(when, sale), None) is None


def misfits(when: When, sale: Circumstances) -> Iterator[str]:
    """The dimensions in which a sale does not meet a condition."""
    asked: tuple[tuple[tuple[str, ...], str | None], ...] = (
        (when.territories, sale.territory),
        (when.channels, sale.channel),
        (when.configurations, sale.configuration),
        (when.price_bands, sale.price_band),
        (when.commercial_models, sale.commercial_model),
        (when.sources, sale.source),
    )
    for name, (wanted, value) in zip(DIMENSIONS, asked, strict=False):
        is_left_out = name == "territories" and value in when.except_territories
        if is_left_out or (wanted and value not in wanted):
            yield name
    if not (when.sold_from or date.min) <= sale.sold_on <= (when.sold_until or date.max):
        yield "dates"


def clause_for(clauses: Iterable[Clause], sale: Circumstances) -> Clause | None:
    """The most specific clause whose condition is met; terms are refused when saved if two could tie."""
    return max(
        (each for each in clauses if fits(each.when, sale)), key=lambda each: specificity(each.when), default=None
    )


def factor(clause: Clause, sale: Circumstances) -> Decimal:
    """What the base is multiplied by before the rate: deductions in their order, then the reductions that apply.

    A reduction that does not stack takes the place of all; of several such, the lowest.
    """
    with exact():
        product = Decimal(1)
        rates = {each.kind: each.rate for each in clause.deductions}
        for kind in DEDUCTIONS:
            product *= 1 - rates.get(kind, Decimal(0))
        reductions = [each for each in clause.reductions if fits(each.when, sale)]
        alone = [each.factor for each in reductions if not each.stacks]
        for reduction in [min(alone)] if alone else [each.factor for each in reductions]:
            product *= reduction
        return product


def overlap(one: When, other: When) -> bool:
    """Whether a sale could meet both conditions."""
    for name in _LISTS:
        mine, theirs = set(getattr(one, name)), set(getattr(other, name))
        if mine and theirs and not mine & theirs:
            return False
    if _apart(one, other) or _apart(other, one):
        return False
    starts = max(one.sold_from or date.min, other.sold_from or date.min)
    return starts <= min(one.sold_until or date.max, other.sold_until or date.max)


def _apart(one: When, other: When) -> bool:
    """Whether all places that one names are left out by the other."""
    return bool(one.territories) and set(one.territories) <= set(other.except_territories)
