"""Plans and what they include, from the smallest to the largest; prices come with billing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from tenants.billing.errors import FlagUnknown, NotInPlan, PlanUnknown, ShareUnusable

Entitlement = Literal["own_hosts", "custom_roles", "own_fonts", "liquid_blocks", "api", "single_sign_on"]
ENTITLEMENTS: tuple[Entitlement, ...] = get_args(Entitlement)


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan; each includes what the one before it includes."""

    key: str
    name: str
    entitlements: frozenset[Entitlement]


LEAST_SHARE_PPM = 500_000
WHOLE_PPM = 1_000_000
PLANS = {
    plan.key: plan
    for plan in (
        Plan("starter", "Starter", frozenset()),
        Plan("standard", "Standard", frozenset({"own_hosts", "custom_roles", "own_fonts"})),
        Plan("enterprise", "Enterprise", frozenset(ENTITLEMENTS)),
    )
}
FLAGS = {"store_preview": sentence("The front page says that the shop opens soon")}
"""Features that are not for everybody yet."""


def plan_of(tenant: Tenant) -> Plan:
    """A label's plan; one that is not sold any more includes what the smallest does."""
    return PLANS.get(tenant.plan, PLANS["starter"])


def has(tenant: Tenant, entitlement: Entitlement) -> bool:
    """Tell whether a label's plan includes something."""
    return entitlement in plan_of(tenant).entitlements


def shows(tenant: Tenant, flag: str) -> bool:
    """Tell whether a label has a feature that is not for everybody yet."""
    return flag in tenant.flags


def smallest_with(entitlement: Entitlement) -> Plan:
    """The smallest plan that includes something."""
    return next(plan for plan in PLANS.values() if entitlement in plan.entitlements)


def require(tenant: Tenant, entitlement: Entitlement) -> None:
    """Refuse what a label's plan does not include, naming the smallest plan that does."""
    if not has(tenant, entitlement):
        raise NotInPlan(plan=smallest_with(entitlement).name)


def check_plan(key: str) -> str:
    """Give back a plan's key, or refuse it."""
    if key not in PLANS:
        raise PlanUnknown(plan=key[:40])
    return key


def check_share(share_ppm: int) -> int:
    """Give back what the artist side keeps of payouts, or refuse it: half at least."""
    if not LEAST_SHARE_PPM <= share_ppm <= WHOLE_PPM:
        raise ShareUnusable
    return share_ppm


def check_flags(flags: list[str]) -> list[str]:
    """Give back known flags in order, or refuse the first unknown one."""
    for flag in flags:
        if flag not in FLAGS:
            raise FlagUnknown(flag=flag[:40])
    return sorted(set(flags))
