"""Many amendments at once: what a row changes of the terms of the contract that it names.

Fields are called as in a sheet of new contracts; other contracts, on which favoured nations and triggers rest, are
named by their numbers. Whom a deal is with, what it is about and its currency are another deal's: what was earned
until now stands in the books under them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from app.contracts.rules import sheets
from app.contracts.rules.redline import flat
from app.contracts.rules.terms import Terms
from app.kernel.sentences import sentence

NEEDED: Final = ("contract",)
BASIC: Final = ("contract", "title", "rate", "end", "advance", "advance_part")
APART: Final = ("contract", "title", "end", "advance", "advance_part")
"""Columns that are no value of the terms."""

CLOSED: Final = ("currency",)
LINKED: Final = ("most_favoured", "trigger.contract")
"""Columns that name other contracts."""

UNSAID: Final = (
    ".territories", ".except_territories", ".channels", ".price_bands", ".commercial_models", ".sources",
    ".sold_from", ".sold_until", ".unit_places", ".rounding", ".whole_units", ".base.amount",
)  # fmt: skip
"""Values of a clause that are offered although they are not said."""

ADDED: Final = (
    "due_days",
    "objection_years",
    "non_recoupable",
    "reserve.rate",
    "guarantee.amount",
    "withholding.rate",
    *LINKED,
)
"""What may be added where there was none."""

CONTRACT = sentence("The label has no contract in force with this number.")
OPEN = sentence("A further version of this contract is not signed yet.")
TWICE = sentence("Another row is about the same contract.")
NOTHING = sentence("This changes nothing.")
UNKNOWN = sentence("Name contracts of the label by their numbers, such as 2026-0001.")
ITSELF = sentence("A contract cannot rest on itself.")
CIRCLE = sentence("By this, contracts would follow each other's rates in a circle.")
Changes = dict[str, list[str]]
"""Of each field that changes, what it was and what it becomes."""


def columns_of(all_terms: Iterable[Terms]) -> list[str]:
    """Every value of some terms that a sheet or a form may change, in the order in which it is met."""
    found: dict[str, None] = {}
    for terms in all_terms:
        named = values_of(terms)
        found |= {name: None for name in named if named[name] or name.endswith(UNSAID)} | dict.fromkeys(ADDED)
    return [name for name in found if name.partition(".")[0] not in CLOSED and not sheets.IDENTITIES.search(name)]


def values_of(terms: Terms) -> dict[str, str]:
    """The terms as a sheet has them; empty where nothing is said."""
    return {name: "" if value == "None" else value for name, value in flat(sheets.whole(terms)).items()}


def amended(terms: Terms, row: Mapping[str, str]) -> Terms:
    """The terms as a row changes them."""
    return sheets.merged(terms, _of_terms(row), payee=UUID(int=0), instead_of=None)


def linked(row: Mapping[str, str], ids: Mapping[str, UUID]) -> tuple[dict[str, str], dict[str, str]]:
    """A row with ids in place of the numbers of other contracts, and what is wrong with these, by column."""
    found, wrong = dict(row), {}
    for name in LINKED:
        named = [each.strip() for each in row.get(name, "").split(",") if each.strip()]
        if any(each not in ids for each in named) or (name == "trigger.contract" and len(named) > 1):
            wrong[name] = UNKNOWN
        elif row["contract"] in named:
            wrong[name] = ITSELF
        elif named:
            found[name] = ", ".join(str(ids[each]) for each in named)
    return found, wrong


def others_of(terms: Terms) -> set[UUID]:
    """The contracts on which terms rest."""
    return {*terms.most_favoured, *([terms.trigger.contract] if terms.trigger else [])}


def by_number(name: str, value: str, numbers: Mapping[str, str]) -> str:
    """A value as people read it: other contracts by their numbers, all else as it is."""
    return ", ".join(numbers.get(each, "—") for each in value.split(", ")) if value and name in LINKED else value


def problems_of(terms: Terms, row: Mapping[str, str], *, starts_on: date) -> dict[str, str]:
    """What is wrong with a row by itself, by column."""
    found = sheets.of_advance(row) | sheets.of_terms(terms, _of_terms(row))
    try:
        if row.get("end") and date.fromisoformat(row["end"]) < starts_on:
            found["end"] = sheets.SPAN
    except ValueError:
        found["end"] = sheets.DAY
    return found


def changes_of(terms: Terms, row: Mapping[str, str], *, ends_on: date | None) -> Changes:
    """What a row that nothing is wrong with changes; a value that is there already is no change."""
    old, new = values_of(terms), values_of(amended(terms, row))
    names = [*old, *(name for name in new if name not in old)]
    found = {name: [old.get(name, ""), new.get(name, "")] for name in names if old.get(name, "") != new.get(name, "")}
    if row.get("end") and row["end"] != (ends_on.isoformat() if ends_on else ""):
        found["end"] = [ends_on.isoformat() if ends_on else "", row["end"]]
    if row.get("advance"):
        found["advance"] = ["", f"{Decimal(sheets.plain(row['advance'])):f} {terms.currency}"]
    return found


def is_known(name: str, offered: Collection[str]) -> bool:
    """Whether a form may change this field."""
    return name in offered or name in {"rate", "end", "advance"}


def _of_terms(row: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in row.items() if name not in APART}
