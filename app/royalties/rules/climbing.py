"""The rates of an audit pack, worked out anew: of clauses, of steps that were passed, of deals that are followed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, Self

import msgspec

from app.contracts.rules.terms import Clause, Terms
from app.kernel.money import exact
from app.royalties.rules.escalating import Counted, Sold, climb

Row = Mapping[str, str]
"""A row of a pack's table."""

TOLERANCE: Final = Decimal("1e-20")


Followed = dict[str, dict[str, dict[str, str]]]
"""By version and clause, the best rate of the contracts that it follows, and the hash of the terms it is from."""


class Restated(msgspec.Struct, frozen=True):
    """What rates of a restatement rest on besides: what its period said before, and all lines as they were counted."""

    costs: str
    followed: Followed
    now: list[str]
    then: list[str]


class Grounds(msgspec.Struct, frozen=True):
    """What rates rest on beside the sales of a statement."""

    before: list[dict[str, str]]
    costs: str
    followed: Followed
    restated: Restated | None = None

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """Grounds from a pack's file."""
        return msgspec.json.decode(raw, type=cls)

    def sold_before(self, clause: str, release: str | None) -> list[Sold]:
        """What was counted before for a clause, and for one release where it has a counter of its own."""
        return [
            Sold(date.fromisoformat(row["ended"]), row["channel"], *(Decimal(row[name]) for name in _AMOUNTS))
            for row in self.before
            if row["clause"] == clause and release in (None, row["release"])
        ]


_AMOUNTS: Final = ("units", "gross", "receipts")


def differing(
    grounds: Grounds | None,
    terms: Mapping[str, Terms],
    earnings: Sequence[Row],
    unchanged: Sequence[Row] = (),
    *,
    restates: bool,
) -> Iterator[str]:
    """Every earning whose rate is not what it comes to; what a pack does not hold the grounds of is left out.

    A restatement only tells what changed; `unchanged` are the other lines of its period, which count as well.
    """
    growing: list[Row] = []
    for row in sorted(earnings, key=lambda row: (row["sold_month"], int(row["number"]))):
        clause = _clause(grounds, terms, row) if _is_provable(grounds, terms[row["version"]], row) else None
        if clause is not None and clause.escalation is not None:
            growing.append(row)
        elif clause is not None and Decimal(row["rate"]) != clause.rate:
            yield f"Line {row['number']}: its rate is not that of its clause."
    if grounds is None:
        return
    if grounds.restated:
        yield from _restated(grounds, grounds.restated, terms, [*growing, *unchanged])
    elif not restates:
        yield from _climbed(grounds, terms, growing, Decimal(grounds.costs))


def _restated(grounds: Grounds, restated: Restated, terms: Mapping[str, Terms], rows: Sequence[Row]) -> Iterator[str]:
    """The rates of what is said now, and of what was said then: each among all lines that were counted with it."""
    by_number = {row["number"]: row for row in rows}
    for names, sign, costs in ((restated.now, "1", grounds.costs), (restated.then, "-1", restated.costs)):
        wanted = {row["number"] for row in rows if row["sign"] == sign or row["number"].startswith("u")}
        if sorted(names) != sorted(wanted):
            yield "The lines that were counted are not the lines that are there."
        else:
            yield from _climbed(grounds, terms, [by_number[name] for name in names], Decimal(costs))


def _climbed(grounds: Grounds, terms: Mapping[str, Terms], rows: Sequence[Row], costs: Decimal) -> Iterator[str]:
    """The earnings, in the order in which they count, whose rates are not those of the steps that were passed."""
    counters: dict[tuple[str, str | None], list[tuple[Row, Clause]]] = defaultdict(list)
    for row in rows:
        clause = _clause(grounds, terms, row)
        release = row.get("release") if clause.escalation and clause.escalation.per == "release" else None
        counters[clause.id, release].append((row, clause))
    for (name, release), found in counters.items():
        counted = [_counted(row) for row, _ in found]
        reserve = terms[found[0][0]["version"]].reserve
        known = found[0][1], reserve, counted, grounds.sold_before(name, release), costs
        told = [Decimal(row["rate"]) for row, _ in found]
        if _are_near(told, climb(*known, one_by_one=True).rates):  # a run from when sales were counted like that
            continue
        for (row, _), own, rate in zip(found, told, climb(*known).rates, strict=True):
            if not _are_near([own], [rate]):
                yield f"Line {row['number']}: its rate is {row['rate']}, and {rate:f} is what was counted by then."


def _are_near(told: Sequence[Decimal], rates: Sequence[Decimal]) -> bool:
    return all(abs(own - rate) <= TOLERANCE for own, rate in zip(told, rates, strict=True))


def taken_as_stated(
    grounds: Grounds | None, terms: Mapping[str, Terms], earnings: Sequence[Row], *, restates: bool
) -> Iterator[str]:
    """What a pack says of rates without proving it, a sentence each."""
    used = {(row["version"], row["clause"]) for row in earnings}
    clauses = [each for version, name in used for each in terms[version].clauses if each.id == name]
    grows, follows = any(each.escalation for each in clauses), any(terms[version].most_favoured for version, _ in used)
    restated = grounds.restated if grounds else None
    if grounds is None and (grows or follows):
        yield "Rates that grow or follow other contracts: this pack was made before it held what they rest on."
    if grounds is not None and grows and restates and restated is None:
        yield "Rates that grow in a period that is restated: lines that did not change count, too, and are not here."
    elif grounds is not None and grows:
        yield "What was sold in earlier periods, by which rates grew: it stands in the statements of those periods."
    followed = [each.followed for each in (grounds, restated) if each is not None]
    for each in sorted({best["terms_hash"] for told in followed for own in told.values() for best in own.values()}):
        yield f"The rates of a contract that is followed; its terms have the SHA-256 {each}."
    if restated is None and any(row["sign"] == "-1" for row in earnings):
        yield "The rates of what a restatement takes back: they stand in the statement before."


def _is_provable(grounds: Grounds | None, terms: Terms, row: Row) -> bool:
    """Whether a pack holds what the rate of an earning rests on."""
    if row["sign"] == "-1":
        return grounds is not None and grounds.restated is not None
    return grounds is not None or not terms.most_favoured


def _clause(grounds: Grounds | None, terms: Mapping[str, Terms], row: Row) -> Clause:
    """The clause of an earning, with the better rate that it is entitled to, or was when it was told first."""
    clause = next(each for each in terms[row["version"]].clauses if each.id == row["clause"])
    then = grounds.restated if grounds and row["sign"] == "-1" else None
    followed = then.followed if then else grounds.followed if grounds else {}
    best = followed.get(row["version"], {}).get(clause.id)
    return msgspec.structs.replace(clause, rate=max(clause.rate, Decimal(best["rate"]))) if best else clause


def _counted(row: Row) -> Counted:
    """What an earning adds to its counter; what is taken back, as it was added then."""
    with exact():
        units, gross = Decimal(row["quantity"]), Decimal(row["base"]) * Decimal(row["fx"])
        sign = int(row["sign"])
        month = date.fromisoformat(row["sold_month"])
        return Counted(month, row["channel"], units * sign, gross * sign, Decimal(row["factor"]))
