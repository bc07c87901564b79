"""Whether terms can be calculated with, before anybody signs them; nothing of this is left to find out in a run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations, pairwise
from typing import Final

from app.contracts.rules import statutory
from app.contracts.rules.fitting import overlap, specificity
from app.contracts.rules.terms import Base, Clause, Controlled, Escalation, Reserve, Share, Terms, When
from app.kernel.money import WHOLE_PPM, is_currency
from app.kernel.sentences import sentence

MOST_CLAUSES: Final = 200
MOST_SHARES: Final = 200

CURRENCY = sentence("Use a currency code of three letters such as EUR.")
NO_CLAUSE = sentence("Say at least once what is paid for which sales.")
TOO_MANY = sentence("There are too many of them for one contract.")
SAME_ID = sentence("Two clauses have the same name. Give each its own.")
TIE = sentence("Two clauses are about the same sales. Narrow one of them, or take one away.")
RATE = sentence("A rate lies between 0 and 100 %. For an amount per unit, write it as the base.")
PORTION = sentence("A part lies between 0 and 100 %.")
PRICE_MISSING = sentence("Write the amount per unit.")
PRICE = sentence("An amount cannot be below zero.")
DEDUCTION_TWICE = sentence("The same deduction stands there twice.")
STEPS = sentence("Steps of an escalation must grow, from above zero.")
PLACES = sentence("The royalty of a unit is rounded to between 0 and 12 places.")
TERRITORY = sentence("Use country codes of two letters such as DE.")
SMALL = sentence("Configurations, price bands and models are written in small letters, such as lp.")
DATES = sentence("The last day lies before the first.")
NOBODY = sentence("Say who gets the royalty.")
PAYEE_TWICE = sentence("A payee stands there twice.")
SHARE = sentence("A share is more than nothing.")
WHOLE = sentence("The shares add up to more than 100 %.")
SHARE_OF = sentence("A part of somebody's share needs that somebody among the payees, and not in a circle.")
RELEASE = sentence("What is released of a reserve over the periods must add up to 100 %.")
GUARANTEE = sentence("A guarantee is more than nothing.")
NON_RECOUPABLE = sentence("Costs that come back out of all receipts come back out of those of every channel.")
STATUTORY = sentence("The US statutory rate is in US dollars. For another currency, write the rate as an amount.")
MINUTES = sentence("By the minute go songs of more than five minutes at the US statutory rate, a begun minute whole.")
DUE_DAYS = sentence("Statements are due within 1 to 365 days.")
OBJECTIONS = sentence("Count between 1 and 30 years.")
SONGS = sentence("Count at least one song, and no more than 100.")


def problems(terms: Terms) -> dict[str, str]:
    """What has to be changed, by field; nothing where the terms can be used."""
    found: dict[str, str] = {}
    for field, problem in _all(terms):
        found.setdefault(field, problem)
    return found


def _all(terms: Terms) -> Iterator[tuple[str, str]]:
    if not is_currency(terms.currency):
        yield "currency", CURRENCY
    yield from _clauses(terms.clauses)
    yield from _shares(terms.shares, may_exceed=terms.may_exceed_whole)
    if terms.minimum < 0:
        yield "minimum", PRICE
    if terms.withholding and not 0 <= terms.withholding.rate < 1:
        yield "withholding", PORTION
    if terms.guarantee and terms.guarantee.amount <= 0:
        yield "guarantee", GUARANTEE
    if terms.due_days is not None and not 1 <= terms.due_days <= 365:
        yield "due_days", DUE_DAYS
    if terms.objection_years is not None and not 1 <= terms.objection_years <= 30:
        yield "objection_years", OBJECTIONS
    if terms.non_recoupable and terms.recoups == "all_receipts":
        yield "non_recoupable", NON_RECOUPABLE
    yield from _reserve(terms.reserve)
    yield from _controlled(terms.controlled, terms.currency)


def _clauses(clauses: tuple[Clause, ...]) -> Iterator[tuple[str, str]]:
    if not clauses:
        yield "clauses", NO_CLAUSE
    if len(clauses) > MOST_CLAUSES:
        yield "clauses", TOO_MANY
        return
    if len({clause.id for clause in clauses}) < len(clauses):
        yield "clauses", SAME_ID
    for clause in clauses:
        for problem in _clause(clause):
            yield f"clauses.{clause.id}", problem
    for one, other in combinations(clauses, 2):
        if specificity(one.when) == specificity(other.when) and overlap(one.when, other.when):
            yield f"clauses.{other.id}", TIE


def _clause(clause: Clause) -> Iterator[str]:
    if not _is_part(clause.rate):
        yield RATE
    yield from _when(clause.when)
    yield from _base(clause.base)
    if any(times > 1 for times in Counter(each.kind for each in clause.deductions).values()):
        yield DEDUCTION_TWICE
    if not all(_is_part(each.rate) for each in clause.deductions):
        yield PORTION
    for reduction in clause.reductions:
        if not _is_part(reduction.factor):
            yield PORTION
        yield from _when(reduction.when)
    if clause.escalation:
        yield from _escalation(clause.escalation)
    if clause.unit_places is not None and not 0 <= clause.unit_places <= 12:
        yield PLACES


def _when(when: When) -> Iterator[str]:
    codes = when.territories + when.except_territories
    if not all(len(code) == 2 and code.isascii() and code.isupper() for code in codes):
        yield TERRITORY
    named = when.configurations + when.price_bands + when.commercial_models
    if any(name != name.lower() for name in named):
        yield SMALL
    if when.sold_from and when.sold_until and when.sold_until < when.sold_from:
        yield DATES


def _base(base: Base) -> Iterator[str]:
    if not 0 <= base.portion <= 10:
        yield PORTION
    if base.kind == "per_unit" and base.amount is None:
        yield PRICE_MISSING
    if base.amount is not None and base.amount < 0:
        yield PRICE
    if (base.either is None) != (base.other is None) or (base.other and base.other.other):
        yield PRICE_MISSING
    if base.other:
        yield from _base(base.other)


def _escalation(escalation: Escalation) -> Iterator[str]:
    above = [step.above for step in escalation.steps]
    if not above or above[0] <= 0 or any(one >= other for one, other in pairwise(above)):
        yield STEPS
    if not all(_is_part(step.rate) for step in escalation.steps):
        yield RATE


def _shares(shares: tuple[Share, ...], *, may_exceed: bool) -> Iterator[tuple[str, str]]:
    if not shares:
        yield "shares", NOBODY
    if len(shares) > MOST_SHARES:
        yield "shares", TOO_MANY
    if any(share.share_ppm <= 0 for share in shares):
        yield "shares", SHARE
    if len({share.payee for share in shares}) < len(shares):
        yield "shares", PAYEE_TWICE
        return
    if not _ends(shares):
        yield "shares", SHARE_OF
    sums: dict[object, int] = defaultdict(int)
    for share in shares:
        sums[share.of] += share.share_ppm
    if any(total > WHOLE_PPM and not (of is None and may_exceed) for of, total in sums.items()):
        yield "shares", WHOLE


def _ends(shares: tuple[Share, ...]) -> bool:
    """Whether every share of a share comes down to a share of the whole."""
    of = {share.payee: share.of for share in shares}
    for payee, above in of.items():
        seen = {payee}
        while above is not None:
            if above in seen or above not in of:
                return False
            seen.add(above)
            above = of[above]  # noqa: PLW2901 the way up is what is walked
    return True


def _reserve(reserve: Reserve | None) -> Iterator[tuple[str, str]]:
    if reserve is None:
        return
    if not _is_part(reserve.rate) or (reserve.cap is not None and reserve.cap < 0):
        yield "reserve", PORTION
    if sum(reserve.release) != 1 or not all(_is_part(part) for part in reserve.release):
        yield "reserve", RELEASE


def _controlled(controlled: Controlled | None, currency: str) -> Iterator[tuple[str, str]]:
    if controlled is None:
        return
    if not (1 <= controlled.controlled_songs + controlled.outside_songs <= 100 and 1 <= controlled.cap_songs <= 100):
        yield "controlled", SONGS
    if (controlled.statutory or 0) < 0 or not _is_part(controlled.portion):
        yield "controlled", PORTION
    if not all(_are_long(*songs, controlled) for songs in _long(controlled)):
        yield "controlled", MINUTES
    if controlled.statutory is None and currency != statutory.CURRENCY:
        yield "controlled", STATUTORY


def _long(controlled: Controlled) -> Iterator[tuple[int, tuple[int, ...]]]:
    yield controlled.controlled_songs, controlled.controlled_minutes
    yield controlled.outside_songs, controlled.outside_minutes


def _are_long(songs: int, minutes: tuple[int, ...], controlled: Controlled) -> bool:
    """Whether songs of more than five minutes are among these, and paid by a law that knows minutes."""
    if not minutes:
        return True
    return controlled.statutory is None and len(minutes) <= songs and all(6 <= each <= 999 for each in minutes)


def _is_part(value: Decimal) -> bool:
    return value.is_finite() and 0 <= value <= 1
