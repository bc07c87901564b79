"""A year's figures for tax offices, out of what was paid: 1099-MISC, 1042-S and DAC7, and what is in none of them.

Amounts are micros. Forms of the IRS take US dollars; whatever was paid in another currency is named, with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple, Protocol, TypeVar
from uuid import UUID

from app.kernel.sentences import sentence
from app.tax.rules.tables import irs_code

DOLLAR: Final = "USD"
LEAST_ROYALTIES_MICROS: Final = 10_000_000
"""From this sum of a year on royalties stand on a 1099-MISC, box 2 (IRC §6050N)."""

INCOME_CODE: Final = "12"
"""Copyright royalties, others than from motion pictures and television (1042-S, box 1)."""

EU: Final = frozenset(
    ("AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU", "MT",
     "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE")
)  # fmt: skip
LEFT_SENTENCES: Final = {
    "currency": sentence("Paid in %(currency)s: forms of the IRS take US dollars, so have it converted and added."),
    "small": sentence("Less than $10 in the year and nothing withheld: no form is due."),
    "payer": sentence("The label does not pay tax in the United States: no form of the IRS is due."),
}
_EXEMPT_BY_TREATY, _NOT_EXEMPT = "04", "00"
_INDIVIDUAL, _CORPORATION = "16", "15"
_OUTSIDE_FATCA = "nonparticipating_ffi"
_QUARTER: Final = 3


class Paid(Protocol):
    """What is asked here of a payment."""

    @property
    def party_id(self) -> UUID:
        """The legal person behind the payee."""

    @property
    def paid_on(self) -> date:
        """The day the money left."""

    @property
    def gross_micros(self) -> int:
        """Before anything was withheld."""

    @property
    def withheld_micros(self) -> int:
        """What was withheld."""

    @property
    def currency(self) -> str:
        """ISO 4217."""

    @property
    def rate_ppm(self) -> int:
        """At which rate it was withheld."""

    @property
    def fee_micros(self) -> int:
        """What the platform kept."""


@dataclass(frozen=True, slots=True)
class Person:
    """A legal person as far as forms ask; `is_us` by their form, or by their country where there is none."""

    party_id: UUID
    name: str
    is_company: bool
    country: str
    is_us: bool
    tin_mask: str = ""
    claims_treaty: bool = False
    chapter4: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    """What the form says, in full; empty in previews."""


class Misc(NamedTuple):
    """A 1099-MISC: royalties (box 2) and federal tax withheld (box 4)."""

    person: Person
    royalties_micros: int
    withheld_micros: int


class Foreign(NamedTuple):
    """A 1042-S: one for each rate that was withheld at."""

    person: Person
    rate_ppm: int
    gross_micros: int
    withheld_micros: int
    chapter: str
    exemption: str
    country: str
    recipient_status: str


class LeftOut(NamedTuple):
    """What stands on no form of the IRS, and why: a key of `LEFT_SENTENCES`."""

    person: Person
    currency: str
    gross_micros: int
    withheld_micros: int
    why: str


class Seller(NamedTuple):
    """What DAC7 reports of a person in the European Union, by quarter: consideration, fees, taxes, payments."""

    person: Person
    currency: str
    gross_micros: tuple[int, int, int, int]
    fee_micros: tuple[int, int, int, int]
    withheld_micros: tuple[int, int, int, int]
    payments: tuple[int, int, int, int]


Row = TypeVar("Row", Misc, Foreign, LeftOut, Seller)


@dataclass(frozen=True, slots=True)
class YearEnd:
    """Everything of one year."""

    year: int
    misc: tuple[Misc, ...]
    foreign: tuple[Foreign, ...]
    left_out: tuple[LeftOut, ...]
    sellers: tuple[Seller, ...]


def year_end(year: int, payments: Iterable[Paid], people: Mapping[UUID, Person], *, is_us_payer: bool) -> YearEnd:
    """The figures of a year out of its payments; what was paid in another year, or to nobody known, is not in them."""
    mine = [each for each in payments if each.paid_on.year == year and each.party_id in people]
    sums: dict[tuple[UUID, str, int], list[int]] = defaultdict(lambda: [0, 0])
    for each in mine:
        row = sums[each.party_id, each.currency, each.rate_ppm]
        row[0] += each.gross_micros
        row[1] += each.withheld_micros
    misc: list[Misc] = []
    foreign: list[Foreign] = []
    left: list[LeftOut] = []
    for (party_id, currency), by_rate in sorted(_grouped(sums).items(), key=lambda row: (str(row[0][0]), row[0][1])):
        person = people[party_id]
        gross, withheld = (sum(amounts[at] for amounts in by_rate.values()) for at in (0, 1))
        why = _left_why(person, currency, gross, withheld, is_us_payer=is_us_payer)
        if why is not None:
            left.append(LeftOut(person, currency, gross, withheld, why))
        elif person.is_us:
            misc.append(Misc(person, gross, withheld))
        else:
            foreign += [_foreign(person, rate, *amounts) for rate, amounts in sorted(by_rate.items())]
    sellers = _sellers(mine, people)
    return YearEnd(year, _in_order(misc), _in_order(foreign), _in_order(left), _in_order(sellers))


def _in_order(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=lambda row: (row.person.name.casefold(), str(row.person.party_id))))


def _grouped(sums: Mapping[tuple[UUID, str, int], list[int]]) -> dict[tuple[UUID, str], dict[int, list[int]]]:
    grouped: dict[tuple[UUID, str], dict[int, list[int]]] = defaultdict(dict)
    for (party_id, currency, rate), amounts in sums.items():
        grouped[party_id, currency][rate] = amounts
    return grouped


def _left_why(person: Person, currency: str, gross: int, withheld: int, *, is_us_payer: bool) -> str | None:
    if not is_us_payer:
        return "payer"
    if currency != DOLLAR:
        return "currency"
    return "small" if person.is_us and gross < LEAST_ROYALTIES_MICROS and withheld <= 0 else None


def _foreign(person: Person, rate_ppm: int, gross: int, withheld: int) -> Foreign:
    """One 1042-S: chapter 4 withholds from institutions outside FATCA, chapter 3 from everybody else."""
    chapter = "4" if person.chapter4 == _OUTSIDE_FATCA else "3"
    exemption = _EXEMPT_BY_TREATY if rate_ppm == 0 else _NOT_EXEMPT
    status = _CORPORATION if person.is_company else _INDIVIDUAL
    return Foreign(person, rate_ppm, gross, withheld, chapter, exemption, irs_code(person.country), status)


def _sellers(payments: Iterable[Paid], people: Mapping[UUID, Person]) -> list[Seller]:
    rows: dict[tuple[UUID, str], list[list[int]]] = defaultdict(lambda: [[0] * 4 for _ in range(4)])
    for each in payments:
        if people[each.party_id].country in EU:
            quarter, row = (each.paid_on.month - 1) // _QUARTER, rows[each.party_id, each.currency]
            amounts = (each.gross_micros, each.fee_micros, each.withheld_micros, 1)
            for place, amount in enumerate(amounts):
                row[place][quarter] += amount
    found = sorted(rows.items(), key=lambda row: (str(row[0][0]), row[0][1]))
    return [Seller(people[party_id], currency, *(_four(part) for part in row)) for (party_id, currency), row in found]


def _four(part: list[int]) -> tuple[int, int, int, int]:
    first, second, third, fourth = part
    return first, second, third, fourth
