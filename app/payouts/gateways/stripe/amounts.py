"""The processor's own minor units (docs.stripe.com/currencies): where they differ from ISO 4217's."""

from __future__ import annotations

from app.kernel.money import CurrencyUnknown, exponent

ZERO_DECIMAL = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
THREE_DECIMAL = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
"""Their last digit must be 0."""
WHOLE_ONLY = frozenset(("HUF", "ISK", "TWD", "UGX"))
"""Written with two decimals that must be 00 (of HUF and TWD only payouts)."""

_MINIMUM_UNITS = {
    # The published cross-border minimums that are more than one whole unit of the currency, in whole units.
    "ALL": 3_000, "AMD": 12_100, "AOA": 23_000, "ARS": 4_600, "AZN": 50, "BAM": 50, "BDT": 20, "BOB": 200, "BTN": 2_500,
    "CHF": 5, "CLP": 23_000, "COP": 140_000, "GYD": 6_300, "KHR": 123_000, "KRW": 40_000, "LAK": 516_000, "MDL": 500,
    "MGA": 132_300, "MKD": 1_500, "MNT": 105_000, "MXN": 10, "MYR": 133, "MZN": 1_700, "NAD": 550, "PHP": 20,
    "PYG": 210_000, "RSD": 3_000, "RWF": 100, "THB": 600, "TRY": 5, "TWD": 800, "TZS": 800, "UZS": 343_000,
    "VND": 81_125, "ZAR": 100,
}  # fmt: skip


class Unpayable(Exception):
    """The processor cannot be asked for this; `problem` is one of the rails' problems."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def to_units(amount_minor: int, currency: str) -> int:
    """What to ask the processor for, for an amount in our minor units; `Unpayable` when it has no such amount."""
    ours, theirs = _places(currency)
    if amount_minor <= 0:
        raise Unpayable("limit_reached")
    units, rest = divmod(amount_minor * theirs, ours)
    if rest or units % _multiple(currency):
        raise Unpayable("not_supported")
    return units


def from_units(units: int, currency: str) -> int:
    """What the processor's amount is in our minor units, towards zero."""
    ours, theirs = _places(currency)
    return units * ours // theirs


def step_minor(currency: str) -> int:
    """Payable amounts are multiples of so many of our minor units: KWD 10, HUF and MGA 100, EUR 1."""
    ours, theirs = _places(currency)
    return max(1, _multiple(currency) * ours // theirs)


def minimum_minor(currency: str) -> int:
    """The least that a payout may be, in our minor units: one whole unit where no more is published."""
    ours, _ = _places(currency)
    return _MINIMUM_UNITS.get(currency, 1) * ours


def _multiple(currency: str) -> int:
    if currency in WHOLE_ONLY:
        return 100
    return 10 if currency in THREE_DECIMAL else 1


def _places(currency: str) -> tuple[int, int]:
    """How many minor units one unit of the currency has: ours, and the processor's."""
    try:
        decimals = exponent(currency)
    except CurrencyUnknown:
        raise Unpayable("not_supported") from None
    theirs = _decimals(currency, decimals)
    return int(10**decimals), int(10**theirs)


def _decimals(currency: str, ours: int) -> int:
    if currency in ZERO_DECIMAL:
        return 0
    if currency in THREE_DECIMAL:
        return 3
    if currency in WHOLE_ONLY or ours == 2:
        return 2
    raise Unpayable("not_supported")
