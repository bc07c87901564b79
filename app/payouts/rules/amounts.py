"""What of a payout goes where: the split between artist side and platform, the fee, the tax, and what arrives.

Everything is counted in minor units of the currency, so that what is sent is whole and the parts add up to the gross.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.kernel.money import WHOLE_PPM, allocate, from_minor, to_minor

INSTANT_FEE_PPM: Final = 10_000
MOST_BORNE: Final = 4


@dataclass(frozen=True, slots=True)
class Terms:
    """What applies to a payout: shares in ppm, of the gross, and the fee and tax of what is left of it."""

    platform_ppm: int
    fee_ppm: int
    withheld_ppm: int


@dataclass(frozen=True, slots=True)
class Parts:
    """A gross amount and where it goes, in minor units; `exempt` is what of it was shared and taxed before."""

    gross: int
    platform: int
    withheld: int
    fee: int
    exempt: int = 0

    @property
    def sent(self) -> int:
        """What arrives."""
        return self.gross - self.platform - self.withheld - self.fee


def parts_of(gross: int, terms: Terms, exempt: int = 0) -> Parts:
    """Divide a gross amount: first the platform's share, of the rest the tax, of what is then left the fee.

    Each is rounded half up to the minor unit, and what arrives takes the rest. Of what is `exempt` share and tax were
    taken before; below zero it is what went out whole and has to be shared and taxed now, of which this amount bears
    no more than a quarter of itself, and never more than leaves half of what would arrive without it.
    """
    exempt = max(-_most_borne(gross, terms), min(exempt, gross))
    shared = gross - exempt
    platform = share_of(shared, terms.platform_ppm)
    withheld = share_of(shared - platform, terms.withheld_ppm)
    return Parts(gross, platform, withheld, share_of(gross - platform - withheld, terms.fee_ppm), exempt)


def _most_borne(gross: int, terms: Terms) -> int:
    """How much that went out whole an amount bears; what is taken of it has to be there."""
    taken = terms.platform_ppm * WHOLE_PPM + terms.withheld_ppm * (WHOLE_PPM - terms.platform_ppm)
    left = gross * (WHOLE_PPM**2 - taken) // (2 * taken) if taken else gross
    return min(gross // MOST_BORNE, left)


def stepped(gross: int, terms: Terms, step: int, exempt: int = 0) -> Parts:
    """The largest gross up to this one of which a multiple of `step` arrives; what is left out stays the payee's.

    What arrives falls by no more than the gross does, so that no multiple is passed over.
    """
    parts = parts_of(gross, terms, exempt)
    while over := parts.sent % step:
        parts = parts_of(parts.gross - over, terms, exempt)
    return parts


def share_of(amount: int, ppm: int) -> int:
    """A share of an amount, rounded half up."""
    return (2 * amount * ppm + WHOLE_PPM) // (2 * WHOLE_PPM)


def divide(gross: int, shares: Sequence[int]) -> list[int]:
    """Divide an amount between accounts by their shares; nothing is lost."""
    return allocate(gross, shares)


def payable_minor(micros: int, currency: str) -> int:
    """What of a balance can be paid, in minor units; the rest stays on the payee's account."""
    return max(0, to_minor(micros, currency).minor)


def micros(minor: int, currency: str) -> int:
    """Minor units as micros."""
    return from_minor(minor, currency)
