"""What laws and treaties say in numbers: versioned, each with the days from and to which it counts."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

DATA: Final = Path(__file__).parents[1] / "data"
OTHER_COUNTRY: Final = "OC"
"""What the IRS calls a country without a code of its own."""


class Statutory(NamedTuple):
    """What is withheld where nothing better was shown, in parts per million."""

    valid_from: date
    foreign_ppm: int
    backup_ppm: int


class Treaty(NamedTuple):
    """What a treaty leaves of it for royalties for copyrights; `told_ppm` is what tables say that disagree."""

    country: str
    rate_ppm: int
    valid_from: date
    valid_to: date | None = None
    told_ppm: tuple[int, ...] = ()
    note: str = ""

    def counts_on(self, on: date) -> bool:
        """Whether it counts on a day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


class Table(NamedTuple):
    """Everything of one version."""

    version: str
    statutory: tuple[Statutory, ...]
    treaties: tuple[Treaty, ...]

    def statutory_on(self, on: date) -> Statutory:
        """What counts without a treaty on a day; for days before the first row, the first row."""
        counting = [row for row in self.statutory if row.valid_from <= on]
        return max(counting, key=lambda row: row.valid_from) if counting else self.statutory[0]

    def treaty_on(self, country: str, on: date) -> Treaty | None:
        """The treaty with a country, if one counts on a day."""
        return next((row for row in self.treaties if row.country == country and row.counts_on(on)), None)


@cache
def us_table() -> Table:
    """What the United States withhold from royalties for copyrights."""
    read = tomllib.loads((DATA / "us.toml").read_text())
    return Table(
        read["version"],
        tuple(Statutory(**row) for row in read["statutory"]),
        tuple(_treaty(row) for row in read["treaty"]),
    )


def _treaty(row: dict[str, Any]) -> Treaty:
    return Treaty(**{**row, "told_ppm": tuple(row.get("told_ppm", ()))})


@cache
def _irs_codes() -> dict[str, str]:
    codes: dict[str, str] = tomllib.loads((DATA / "irs_countries.toml").read_text())["codes"]
    return codes


def irs_code(country: str) -> str:
    """What the IRS calls a country (ISO 3166-1 alpha-2) on form 1042-S."""
    return _irs_codes().get(country, OTHER_COUNTRY)
