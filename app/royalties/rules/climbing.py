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


class Grounds(msgspec.Struct, frozen=True):
    """What rates rest on beside the sales of a statement."""

    before: list[dict[str, str]]
    costs: str
    followed: dict[str, dict[str, dict[str, str]]]
    """By version and clause, the best rate of the contracts that it follows, and the hash of the terms it is from."""

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
    grounds: Grounds | None, terms: Mapping[str, Terms], earnings: Sequence[Row], *, restates: bool
) -> Iterator[str]:
    """Every earning whose rate is not what it comes to; what a pack does not hold the grounds of is left out.

    A restatement only holds what changed: what the other lines of its period counted is not there.
    """
    growing: dict[tuple[str, str | None], list[tuple[Row, Clause]]] = defaultdict(list)
    for row in sorted(earnings, key=lambda row: (row["sold_month"], int(row["number"]))):
        clause = _clause(grounds, terms, row) if _is_provable(grounds, terms[row["version"]], row) else None
        if clause is not None and clause.escalation is not None:
            release = row.get("release") if clause.escalation.per == "release" else None
            growing[clause.id, release].append((row, clause))
        elif clause is not None and Decimal(row["rate"]) != clause.rate:
            yield f"Line {row['number']}: its rate is not that of its clause."
    if grounds is not None and not restates:
        for (name, release), rows in growing.items():
            yield from _grown(grounds, terms[rows[0][0]["version"]], rows, grounds.sold_before(name, release))


def _grown(grounds: Grounds, terms: Terms, rows: Sequence[tuple[Row, Clause]], before: Sequence[Sold]) -> Iterator[str]:
    """The earnings of one counter whose rates are not those of the steps that were passed."""
    counted = [_counted(row) for row, _ in rows]
    climbed = climb(rows[0][1], terms.reserve, counted, before, Decimal(grounds.costs))
    for (row, _), rate in zip(rows, climbed.rates, strict=True):
        if abs(Decimal(row["rate"]) - rate) > TOLERANCE:
            yield f"Line {row['number']}: its rate is {row['rate']}, and {rate:f} is what was counted by then."


def taken_as_stated(
    grounds: Grounds | None, terms: Mapping[str, Terms], earnings: Sequence[Row], *, restates: bool
) -> Iterator[str]:
    """What a pack says of rates without proving it, a sentence each."""
    used = {(row["version"], row["clause"]) for row in earnings}
    clauses = [each for version, name in used for each in terms[version].clauses if each.id == name]
    grows, follows = any(each.escalation for each in clauses), any(terms[version].most_favoured for version, _ in used)
    if grounds is None and (grows or follows):
        yield "Rates that grow or follow other contracts: this pack was made before it held what they rest on."
    if grounds is not None and grows and restates:
        yield "Rates that grow in a period that is restated: lines that did not change count, too, and are not here."
    elif grounds is not None and grows:
        yield "What was sold in earlier periods, by which rates grew: it stands in the statements of those periods."
    hashes = sorted(
        {best["terms_hash"] for own in grounds.followed.values() for best in own.values()} if grounds else ()
    )
    for each in hashes:
        yield f"The rates of a contract that is followed; its terms have the SHA-256 {each}."
    if any(row["sign"] == "-1" for row in earnings):
        yield "The rates of what a restatement takes back: they stand in the statement before."


def _is_provable(grounds: Grounds | None, terms: Terms, row: Row) -> bool:
    """Whether a pack holds what the rate of an earning rests on."""
    if row["sign"] == "-1":
        return False
    return grounds is not None or not terms.most_favoured


def _clause(grounds: Grounds | None, terms: Mapping[str, Terms], row: Row) -> Clause:
    """The clause of an earning, with the better rate that it is entitled to."""
    clause = next(each for each in terms[row["version"]].clauses if each.id == row["clause"])
    best = grounds.followed.get(row["version"], {}).get(clause.id) if grounds else None
    return msgspec.structs.replace(clause, rate=max(clause.rate, Decimal(best["rate"]))) if best else clause


def _counted(row: Row) -> Counted:
    with exact():
        gross = Decimal(row["base"]) * Decimal(row["fx"])
    return Counted(row["channel"], Decimal(row["quantity"]), gross, Decimal(row["factor"]))
