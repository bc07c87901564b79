"""What activity is about, and what somebody needs to be told of it: the rights with which the thing itself is seen."""

from __future__ import annotations

from typing import Final

from app.identity.rules.permissions import Permission

_PAID: Final[tuple[Permission, ...]] = ("payouts.view",)
_EARNED: Final[tuple[Permission, ...]] = ("royalties.view",)
_AGREED: Final[tuple[Permission, ...]] = ("contracts.view",)
_SOLD: Final[tuple[Permission, ...]] = ("store.view",)

SEEN_WITH: Final[dict[str, tuple[Permission, ...]]] = {
    **dict.fromkeys(("payout", "payout_run", "payout_hold", "payout_file", "payout_policy"), _PAID),
    **dict.fromkeys(("rail_difference", "sanctions_list", "tax_year", "tax_settings"), _PAID),
    **dict.fromkeys(("statement", "run", "period", "sales_report", "sales_asset", "exchange_rate"), _EARNED),
    **dict.fromkeys(("contract", "contract_batch", "signing_certificate"), _AGREED),
    **dict.fromkeys(("order", "fan", "membership", "owned", "gateway_difference", "discount"), _SOLD),
    "payee": (*_PAID, *_EARNED, *_AGREED),
    "party": (*_PAID, *_AGREED),
}
"""Any one of these is enough; of what is not named here everybody is told who sees activity."""


def unseen_with(permissions: frozenset[Permission]) -> frozenset[str]:
    """The subjects of which somebody with these rights is told nothing."""
    return frozenset(subject for subject, needed in SEEN_WITH.items() if permissions.isdisjoint(needed))
