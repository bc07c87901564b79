"""The promise to payees: what is usual, and how much better a label may make it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from app.kernel.money import exponent
from app.payouts.rules.amounts import INSTANT_FEE_PPM

INSTANT_WITHIN: Final = timedelta(hours=1)
FROZEN_FOR: Final = timedelta(hours=72)
HOLD_FOR: Final = timedelta(days=30)

USUAL_MINIMUM: Final = {
    # About 20 US dollars each, in whole units of the currency, as of January 2026.
    "AED": 75, "AUD": 30, "BRL": 110, "CAD": 28, "CHF": 18, "CNY": 145, "CZK": 460, "DKK": 140, "EGP": 1_000,
    "EUR": 20, "GBP": 16, "HKD": 155, "HUF": 7_500, "IDR": 330_000, "ILS": 72, "INR": 1_750, "JPY": 3_000,
    "KES": 2_600, "KRW": 28_000, "KWD": 7, "MAD": 190, "MXN": 370, "MYR": 86, "NGN": 30_000, "NOK": 210, "NZD": 34,
    "PHP": 1_150, "PLN": 75, "QAR": 73, "RON": 90, "SAR": 75, "SEK": 200, "SGD": 26, "THB": 660, "TRY": 830,
    "TWD": 640, "USD": 20, "VND": 510_000, "ZAR": 360,
}  # fmt: skip
FALLBACK: Final = 20


def usual_minimum(currency: str) -> int:
    """The least that is paid of a currency, in minor units."""
    return int(USUAL_MINIMUM.get(currency, FALLBACK) * 10 ** exponent(currency))


def minimum(currency: str, own: Mapping[str, int], rail_minor: int) -> int:
    """The least that is paid of a currency at a label, in minor units: never below what the rail itself takes."""
    return max(min(own.get(currency, usual_minimum(currency)), usual_minimum(currency)), rail_minor, 1)


def is_better(fee_ppm: int, minimums: Mapping[str, int]) -> bool:
    """Whether a promise is at least as good for payees as the usual one."""
    return 0 <= fee_ppm <= INSTANT_FEE_PPM and all(
        0 < least <= usual_minimum(currency) for currency, least in minimums.items()
    )
