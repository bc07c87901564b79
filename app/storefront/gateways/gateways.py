"""The payment gateways there are, by name, and which ways to pay a market offers."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING

from app.kernel import trial
from app.kernel.db import current
from app.storefront.gateways.gateway import Gateway
from app.storefront.gateways.sandbox import SandboxGateway
from app.storefront.rules.payment_refusals import GatewayUnknown

if TYPE_CHECKING:
    from app.storefront.gateways.stripe.gateway import StripeGateway

_SANDBOX = SandboxGateway()
KEEPING = ("card", "wallet", "sepa_debit", "link")
"""Ways to pay by which a buyer can be charged again who agreed to it."""


def named(name: str) -> Gateway:
    """A gateway; one of another deployment, or that has no access here, is refused."""
    settings = current().settings
    if name == _SANDBOX.name and is_sandbox():
        return _SANDBOX
    if name == "stripe" and settings.stripe_secret_key and not trial.is_on():
        return _stripe(settings.stripe_secret_key, settings.stripe_api_base)
    raise GatewayUnknown


def usual() -> Gateway:
    """The gateway of this deployment: the card processor where there is a key for it, else the sandbox.

    In production nobody pays in play: without a key payments are refused there.
    """
    return named("sandbox" if is_sandbox() else "stripe")


def is_sandbox() -> bool:
    """Whether nobody pays with real money here: there is no key of a card processor, or it is a trial."""
    settings = current().settings
    return trial.is_on() or not (settings.stripe_secret_key or settings.is_production)


def reachable() -> tuple[str, ...]:
    """The gateways that can be spoken with from here; what waits for another one keeps nobody waiting."""
    if is_sandbox():
        return ("sandbox",)
    return ("stripe",) if current().settings.stripe_secret_key else ()


def processor() -> StripeGateway:
    """The card processor; refused where there is no access to it."""
    settings = current().settings
    if not settings.stripe_secret_key or trial.is_on():
        raise GatewayUnknown
    return _stripe(settings.stripe_secret_key, settings.stripe_api_base)


@cache
def _stripe(key: str, base: str) -> StripeGateway:
    from app.storefront.gateways.stripe.gateway import StripeGateway  # a second of imports that few processes need

    return StripeGateway(key, base)


def offered(currency: str, chosen: Collection[str] = (), *, keeps: bool = False) -> tuple[str, ...]:
    """The ways to pay in a currency: all that the gateway has, or those of them that a market chose; none without one.

    Of what `keeps`, those by which the buyer can be charged again.
    """
    can = usual().methods(currency) if reachable() else ()
    return tuple(each for each in can if (not chosen or each in chosen) and (not keeps or each in KEEPING))
