"""Dividing exact amounts so that the parts add up to the whole, to the micro."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from uuid import UUID

from app.contracts.rules.terms import Share
from app.kernel.money import WHOLE_PPM, exact


def micros_of(amount: Decimal) -> int:
    """Whole micros of an exact amount, half to even: the one rounding a statement's sum meets."""
    with exact():
        return int(amount.scaleb(6).quantize(Decimal(1), ROUND_HALF_EVEN))


def apportion(total_micros: int, parts: Sequence[Decimal]) -> list[int]:
    """Whole micros for exact parts that add up to `total_micros`, by largest remainder; of equals the earlier.

    The total is the parts' sum but for its rounding, so nobody is off by a micro.
    """
    with exact():
        scaled = [part.scaleb(6) for part in parts]
        floors = [int(part.to_integral_value(ROUND_FLOOR)) for part in scaled]
        left = total_micros - sum(floors)
        if not 0 <= left <= len(parts):
            raise ValueError(f"{left} micros are left over of {len(parts)} parts")
        order = sorted(range(len(parts)), key=lambda place: (floors[place] - scaled[place], place))
    for place in order[:left]:
        floors[place] += 1
    return floors


def flat(shares: Sequence[Share]) -> dict[UUID, Decimal]:
    """What each payee gets of the whole, once parts of others' shares are taken out of these."""
    with exact():
        whole = {share.payee: _of_whole(share, {each.payee: each for each in shares}) for share in shares}
        left = dict(whole)
        for share in shares:
            if share.of is not None:
                left[share.of] -= whole[share.payee]
    return left


def _of_whole(share: Share, by_payee: Mapping[UUID, Share]) -> Decimal:
    own = Decimal(share.share_ppm) / WHOLE_PPM
    return own if share.of is None else own * _of_whole(by_payee[share.of], by_payee)
