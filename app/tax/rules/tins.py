"""Numbers that tax offices give: right ones told from wrong ones by form and check digit, and shown in part."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, Final

from stdnum.exceptions import ValidationError

from app.tax.rules.tables import DATA

LONGEST: Final = 40
US_KINDS: Final = ("ssn", "itin", "ein")
_SHOWN = 4
_LOOSE: Final = {"GB": re.compile(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]")}
"""Numbers of persons that have a form and no check digit: the National Insurance number."""

_ANY = re.compile(r"[0-9A-Z]{4,30}")
_GIIN = re.compile(r"[0-9A-Z]{6}\.[0-9A-Z]{5}\.(?:LE|SL|ME|BR|SF|SD|SS|SB|SP)\.[0-9]{3}")


@cache
def _modules(whose: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = tomllib.loads((DATA / "tins.toml").read_text())[whose]
    return found


def us_tin(kind: str, text: str) -> str | None:
    """A US number of this kind without separators (nine digits); None for one that cannot be."""
    if kind not in US_KINDS or not text.isascii():
        return None
    return _valid(f"us.{kind}", text)


def any_us_tin(text: str) -> str | None:
    """A US number of any kind."""
    return next((found for kind in US_KINDS if (found := us_tin(kind, text))), None)


def foreign_tin(country: str, text: str, *, is_company: bool = False) -> str | None:
    """A number of a country's tax office as it is kept; by form and check digit where those are known."""
    bare = re.sub(r"[\s./-]", "", text).upper()
    if len(text) > LONGEST or not bare.isascii():
        return None
    known = _modules("companies" if is_company else "persons").get(country)
    if known is None:
        return bare if _ANY.fullmatch(bare) else None
    if not is_company and (loose := _LOOSE.get(country)) is not None and loose.fullmatch(bare):
        return bare
    return next((found for name in known if (found := _valid(name, text))), None)


def giin(text: str) -> str | None:
    """A Global Intermediary Identification Number (IRS, FATCA registration) as it is kept."""
    bare = text.strip().upper()
    return bare if _GIIN.fullmatch(bare) else None


def masked(tin: str) -> str:
    """A number with its last four signs, or fewer of a short one: enough to know it again by."""
    bare = re.sub(r"[^0-9A-Za-z]", "", tin)
    shown = min(_SHOWN, len(bare) // 2)
    return f"•••{bare[len(bare) - shown :]}" if bare else ""


def spelled_us(kind: str, tin: str) -> str:
    """Nine digits as the IRS spells them: EIN 12-3456789, others 123-45-6789."""
    return f"{tin[:2]}-{tin[2:]}" if kind == "ein" else f"{tin[:3]}-{tin[3:5]}-{tin[5:]}"


def _valid(name: str, text: str) -> str | None:
    module: Any = import_module(f"stdnum.{name}")
    check: Callable[[str], str] = module.validate
    try:
        found = check(text)
    except (ValidationError, ValueError, IndexError):
        return None
    bare = re.sub(r"[\s./-]", "", found).upper()
    return bare if bare.isascii() and bare.isalnum() else None
