"""Control totals: what a report's lines come to must be what its sender, or whoever brought it, says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

import polars as pl

from app.kernel.money import AmountMalformed, CurrencyUnknown, exact, is_currency
from app.kernel.sentences import sentence
from app.royalties.models import SalesReport
from app.royalties.rules.numbers import Sign, decimals
from app.royalties.service.loading import Loaded

CENT: Final = Decimal("0.01")
NOT_UNDERSTOOD = sentence("This is in the file, too, and could not be understood: %(tables)s.")
DISAGREE = sentence("The lines come to %(found)s %(currency)s, and %(stated)s %(currency)s are stated.")


def typed(stated: Mapping[str, str]) -> dict[str, str]:
    """Totals as a person typed them, by currency; refused where one is no amount or no currency."""
    found = {}
    for currency, amount in stated.items():
        code = currency.strip().upper()
        if not is_currency(code):
            raise CurrencyUnknown(code=currency)
        try:
            value = Decimal(amount.strip())
        except InvalidOperation:
            raise AmountMalformed(text=amount) from None
        if not value.is_finite():
            raise AmountMalformed(text=amount)
        found[code] = f"{value:f}"
    return found


def doubt(report: SalesReport, loaded: Loaded) -> str | None:
    """Why a report has to be looked at before it counts, with the numbers in its facts; None where it need not."""
    with exact():
        report.stated = {**_summed(report, loaded.stated), **report.stated}
        for currency, amount in report.stated.items():
            found = Decimal(report.totals.get(currency, "0"))
            # What stood in an earlier report is part of what the sender states, and not of the lines.
            if not loaded.facts.get("earlier") and not _agrees(found, Decimal(amount)):
                places = {"found": f"{found:f}", "stated": amount, "currency": currency}
                report.facts = {**report.facts, "places": places}
                return DISAGREE
    if loaded.not_understood:
        report.facts = {**report.facts, "places": {"tables": ", ".join(loaded.not_understood)}}
        return NOT_UNDERSTOOD
    return None


def _summed(report: SalesReport, said: Sequence[tuple[str | None, str]]) -> dict[str, str]:
    """By currency, the last total that a file states; without a currency, in the only one that its lines have."""
    only = next(iter(report.totals)) if len(report.totals) == 1 else None
    sign: Sign = "comma" if report.facts.get("decimals") == "comma" else "point"
    found = {}
    for currency, amount in said:
        plain = decimals(pl.Series("n", [amount]), sign)[0]
        code = currency or only
        if plain and code:
            found[code] = plain
    return found


def _agrees(found: Decimal, stated: Decimal) -> bool:
    """Whether a sum is what is stated, as far as it is stated: less than a unit of its last place apart, or a cent."""
    exponent = stated.as_tuple().exponent
    place = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
    return abs(found - stated) < min(place, CENT)
