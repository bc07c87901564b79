"""Which forms there are, which edition of each is asked for, and how long each counts."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

FormKind = Literal["w9", "w8ben", "w8bene"]
FORM_NAMES: Final[dict[str, str]] = {"w9": "W-9", "w8ben": "W-8BEN", "w8bene": "W-8BEN-E"}
"""What the IRS calls them, in every language."""

EDITIONS: Final[dict[str, str]] = {"w9": "Rev. March 2024", "w8ben": "Rev. October 2021", "w8bene": "Rev. October 2021"}
LEADS: Final = (14, 60)
"""How many days before a form ends people are asked for a new one."""

_YEARS = 3


def form_for(*, is_us: bool, is_company: bool) -> FormKind:
    """The form that a person or company fills in."""
    if is_us:
        return "w9"
    return "w8bene" if is_company else "w8ben"


def valid_until(kind: str, signed_on: date) -> date | None:
    """The last day a form counts: of W-8 the last of the third calendar year after signing (Treas. Reg. §1.1441-1)."""
    return None if kind == "w9" else date(signed_on.year + _YEARS, 12, 31)


def lead_for(ends_on: date, told_days: int | None, today: date) -> int | None:
    """Which of the leads has come and was not told of yet; None once the form is over."""
    left = (ends_on - today).days
    reached = [lead for lead in LEADS if 0 <= left <= lead]
    if not reached or (told_days is not None and told_days <= reached[0]):
        return None
    return reached[0]
