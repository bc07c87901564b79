"""The deals of the calculator of fractions as the product knows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.contracts.rules.terms import (
    Base,
    Clause,
    Controlled,
    Deduction,
    Escalation,
    Guarantee,
    Reduction,
    Reserve,
    Share,
    Step,
    Terms,
    When,
    Withholding,
)
from app.roster.models import Payee
from tests.royalties.fractional import Deal, Rule, plain


def as_terms(deal: Deal, payees: dict[str, Payee]) -> Terms:
    """A deal as the product knows it."""
    shares = tuple(
        Share(payee=payees[name].id, share_ppm=int(part * 1_000_000), of=payees[of].id if of else None)
        for name, part, of in deal.shares
    )
    cap = None if deal.most_held is None else plain(deal.most_held)
    reserve = Reserve(rate=plain(deal.held), release=tuple(map(plain, deal.let_go)), cap=cap) if deal.let_go else None
    least = Guarantee(amount=plain(deal.least), per="period", is_recoupable=deal.comes_back) if deal.least else None
    songs = deal.songs and Controlled(
        statutory=plain(deal.songs.rate),
        portion=plain(deal.songs.portion),
        cap_songs=deal.songs.most,
        controlled_songs=deal.songs.own,
        outside_songs=deal.songs.others,
        pays_back=deal.songs.pays,  # type: ignore[arg-type]
    )
    return Terms(
        currency="USD",
        clauses=tuple(map(as_clause, deal.rules)),
        shares=shares,
        cadence="monthly",
        recoups="all_receipts" if deal.costs_first else "own_share",
        reserve=reserve,
        guarantee=least,
        controlled=songs,
        minimum=plain(deal.minimum),
        non_recoupable=tuple(sorted(deal.kept)),  # type: ignore[arg-type]
        rate_day="receipt" if deal.at_receipt else "period_end",
        withholding=Withholding(rate=plain(deal.tax), gross_up=deal.is_on_top) if deal.tax else None,
    )


def as_clause(rule: Rule) -> Clause:
    """A rule as a clause."""
    price = plain(rule.price)
    kinds = {"net": "net_receipt", "ppd": "ppd", "unit": "per_unit"}
    base = Base(kind=kinds[rule.base], portion=plain(rule.portion), amount=None if rule.base == "net" else price)  # type: ignore[arg-type]
    if rule.at_least is not None:
        other = Base(kind="per_unit", amount=plain(rule.at_least))
        base = Base(kind=base.kind, portion=base.portion, amount=base.amount, either="max", other=other)
    names: Iterator[Any] = iter(("packaging", "free_goods"))
    steps = tuple(Step(above=plain(above), rate=plain(rate)) for above, rate in rule.steps)
    cut = Reduction(kind="foreign", factor=plain(rule.foreign), when=When(territories=("DE",)))
    return Clause(
        id=rule.channel,
        rate=plain(rule.rate),
        when=When(channels=(rule.channel,)),  # type: ignore[arg-type]
        base=base,
        deductions=tuple(Deduction(kind=next(names), rate=plain(each)) for each in rule.taken),
        reductions=() if rule.foreign == 1 else (cut,),
        escalation=Escalation(by=rule.by, steps=steps, mode="slab" if rule.is_slab else "marginal") if steps else None,  # type: ignore[arg-type]
        unit_places=rule.places,
        rounding="down" if rule.is_down else "half_up",
        whole_units=rule.whole,
    )
