"""By which kinds of account a currency is paid."""

from __future__ import annotations

from typing import Final

from app.payouts.rules.accounts import Scheme

AT_HOME: Final[dict[str, tuple[Scheme, ...]]] = {
    "EUR": ("iban",),
    "USD": ("us", "iban"),
    "GBP": ("gb", "iban"),
}
"""Currencies with a way of their own, the usual one first."""

IBAN_HOMES: Final = {
    "AED": "AE", "ALL": "AL", "AZN": "AZ", "BAM": "BA", "BHD": "BH", "BRL": "BR", "BYN": "BY", "CHF": "CH", "CRC": "CR",
    "CZK": "CZ", "DJF": "DJ", "DKK": "DK", "DOP": "DO", "EGP": "EG", "GEL": "GE", "GTQ": "GT", "HUF": "HU", "ILS": "IL",
    "IQD": "IQ", "ISK": "IS", "JOD": "JO", "KWD": "KW", "KZT": "KZ", "LBP": "LB", "LYD": "LY", "MDL": "MD", "MKD": "MK",
    "MNT": "MN", "MRU": "MR", "MUR": "MU", "NIO": "NI", "NOK": "NO", "OMR": "OM", "PKR": "PK", "PLN": "PL", "QAR": "QA",
    "RON": "RO", "RSD": "RS", "SAR": "SA", "SCR": "SC", "SDG": "SD", "SEK": "SE", "SOS": "SO", "TND": "TN", "TRY": "TR",
    "UAH": "UA", "YER": "YE",
}  # fmt: skip
"""Currencies whose home names its accounts by IBAN; an account of any country with an IBAN may take them."""

ABROAD: Final[tuple[Scheme, ...]] = ("iban", "us")
"""The rest (JPY, CAD, AUD …): their home has no IBAN, so they go by wire to an account abroad that takes them."""


def schemes_for(currency: str) -> tuple[Scheme, ...]:
    """The kinds of account that a payee may name for a currency, the usual one first."""
    if currency in AT_HOME:
        return AT_HOME[currency]
    return ("iban",) if currency in IBAN_HOMES else ABROAD
