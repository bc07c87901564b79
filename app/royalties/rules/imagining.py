"""What terms would make of sales, before anybody signs: the steps of a run, with nothing posted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from app.contracts.rules.fitting import Circumstances, clause_for, factor
from app.contracts.rules.terms import Base, Clause, Terms
from app.kernel.money import exact
from app.royalties.rules.closing import close
from app.royalties.rules.dividing import flat, micros_of
from app.royalties.rules.escalating import at, marginal, stairs
from app.royalties.rules.positions import Case, Charge, PartOf, Portion, Position
from app.royalties.rules.pricing import rounded
from app.royalties.rules.settling import settle

NOTHING: Final = Decimal(0)


class Sold(NamedTuple):
    """Sales of one month under the same circumstances, in the contract's currency; prices are sums over units."""

    sale: Circumstances
    month: date
    quantity: Decimal
    net: Decimal
    gross: Decimal
    dealer: Decimal = NOTHING
    retail: Decimal = NOTHING
    unpriced: Decimal = NOTHING
    """Units of which no dealer price is known."""

    unretailed: Decimal = NOTHING
    """Units of which no retail price is known."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What each payee would have, what the sales brought in, and the month in which costs are earned back."""

    payees: Mapping[UUID, Position]
    net_micros: int
    earned_micros: int
    unpaid: int
    """Sales about which no clause is."""

    recouped_in: date | None
    has_costs: bool


def imagine(terms: Terms, sold: Sequence[Sold], charges: Sequence[Charge]) -> Outcome:
    """Work sales out under terms, as one period, and month by month until costs are earned back."""
    with exact():
        costs = Decimal(sum(charge.amount_micros for charge in charges)).scaleb(-6)
        net = sum((each.net for each in sold), NOTHING)
    portions, unpaid = _portions(terms, sold, costs)
    everything = [portion for month in sorted(portions) for portion in portions[month]]
    whole = _settled(terms, everything, charges, max(portions, default=date.max))
    earned = sum(position.earned_micros for position in whole.values())
    return Outcome(whole, micros_of(net), earned, unpaid, _recouped(terms, portions, charges), bool(charges))


def _recouped(terms: Terms, portions: Mapping[date, list[Portion]], charges: Sequence[Charge]) -> date | None:
    """The first month after which nobody owes anything any more."""
    until: list[Portion] = []
    needed = sum(charge.amount_micros for charge in charges)
    for month in sorted(portions):
        until += portions[month]
        if terms.recoups == "all_receipts":
            with exact():
                is_back = micros_of(sum((each.receipts for each in until), NOTHING)) >= needed
        else:
            is_back = all(position.free_micros >= 0 for position in _settled(terms, until, charges, month).values())
        if is_back:
            return month
    return None


def _settled(terms: Terms, portions: Sequence[Portion], charges: Sequence[Charge], last: date) -> dict[UUID, Position]:
    parts: dict[UUID | None, list[PartOf]] = {
        None: [PartOf(payee, share) for payee, share in flat(terms.shares).items()]
    }
    unrecovered = sum(charge.amount_micros for charge in charges) if terms.recoups == "all_receipts" else 0
    positions = settle(Case(terms, portions, parts, last, charges=charges, unrecovered_micros=unrecovered))
    for position in positions.values():
        close(terms, position)
    return positions


def _portions(terms: Terms, sold: Sequence[Sold], costs: Decimal) -> tuple[dict[date, list[Portion]], int]:
    """What the contract earns of each month's sales, and of how many it earns nothing."""
    portions: dict[date, list[Portion]] = defaultdict(list)
    rates = _rates(terms, sold, costs)
    unpaid = 0
    for each in sorted(sold, key=lambda one: one.month):
        clause = clause_for(terms.clauses, each.sale)
        if clause is None:
            unpaid += 1
            continue
        with exact():
            base, own = base_of(clause.base, each), factor(clause, each.sale)
            rate = rates.get((clause.id, each.month), clause.rate)
            amount = rounded(clause, base, each.quantity, factor=own, rate=rate)
        positive = amount if each.quantity > 0 else NOTHING
        portions[each.month].append(Portion(None, each.sale.channel, amount, positive, each.quantity, base * own))
    return portions, unpaid


def base_of(base: Base, sold: Sold) -> Decimal:
    """What a rate is of, over all these sales; the larger or smaller of two over their sum."""
    with exact():
        price = base.amount or NOTHING
        values = {
            "net_receipt": sold.net,
            "net_source": sold.gross,
            "ppd": sold.dealer + sold.unpriced * price,
            "retail": sold.retail + sold.unretailed * price,
            "per_unit": sold.quantity * price,
        }
        own = values[base.kind] * base.portion
    if base.other is None:
        return own
    other = base_of(base.other, sold)
    return max(own, other) if (base.either == "max") == (sold.quantity >= 0) else min(own, other)


def _count(clause: Clause, sold: Sold, base: Decimal) -> Decimal:
    by = clause.escalation.by if clause.escalation else "units"
    if by == "units":
        return sold.quantity
    return base if by == "gross" else base * factor(clause, sold.sale)


def _rates(terms: Terms, sold: Sequence[Sold], costs: Decimal) -> dict[tuple[str, date], Decimal]:
    """The rates of clauses that grow, by month: a slab's is that of all these sales."""
    counted: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    rates: dict[tuple[str, date], Decimal] = {}
    with exact():
        for each in sold:
            clause = clause_for(terms.clauses, each.sale)
            if clause and clause.escalation:
                counted[clause.id][each.month] += _count(clause, each, base_of(clause.base, each))
        for clause in terms.clauses:
            if clause.escalation is None:
                continue
            steps, count = stairs(clause.rate, clause.escalation, costs), NOTHING
            total = sum(counted[clause.id].values(), NOTHING)
            for month, more in sorted(counted[clause.id].items()):
                is_slab = clause.escalation.mode == "slab"
                rates[clause.id, month] = at(steps, total) if is_slab else marginal(steps, count, more)
                count += more
    return rates
