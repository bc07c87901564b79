"""The rails there are, by name."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from app.kernel import trial
from app.kernel.db import current
from app.payouts.errors import RailUnknown
from app.payouts.gateways.bankfile.rail import BankFileRail
from app.payouts.gateways.rail import Rail
from app.payouts.gateways.sandbox import SandboxRail

if TYPE_CHECKING:
    from app.payouts.gateways.stripe.rail import StripeRail

_SANDBOX, _BANK_FILE = SandboxRail(), BankFileRail()


def named(name: str) -> Rail:
    """A rail; a name of another deployment, or of a rail that has no access here, is refused."""
    settings = current().settings
    if name == _SANDBOX.name and _plays():
        return _SANDBOX
    if name == _BANK_FILE.name:
        return _BANK_FILE
    if name == "stripe" and settings.stripe_secret_key and not trial.is_on():
        return _stripe(settings.stripe_secret_key, settings.stripe_api_base)
    raise RailUnknown


def reachable() -> tuple[str, ...]:
    """The rails that can be spoken with from here: a payout on any other waits and keeps nobody else waiting."""
    has_processor = current().settings.stripe_secret_key and not trial.is_on()
    return (*(("sandbox",) if _plays() else ()), *(("stripe",) if has_processor else ()))


def processor() -> StripeRail:
    """The card processor, for what only it can do; refused where there is no access to it."""
    settings = current().settings
    if not settings.stripe_secret_key or trial.is_on():
        raise RailUnknown
    return _stripe(settings.stripe_secret_key, settings.stripe_api_base)


@cache
def _stripe(key: str, base: str) -> StripeRail:
    from app.payouts.gateways.stripe.rail import StripeRail  # a second of imports that most processes never need

    return StripeRail(key, base)


def usual() -> str:
    """The rail of labels that have chosen none: the card processor where there is a key for it, else the sandbox.

    In production nothing is paid in play: there it is the bank's file, which a person hands over.
    """
    if current().settings.stripe_secret_key and not trial.is_on():
        return "stripe"
    return "sandbox" if _plays() else "bank_file"


def _plays() -> bool:
    """Whether money may leave in play."""
    return trial.is_on() or not current().settings.is_production


def open_here() -> tuple[str, ...]:
    """The rails a label can choose between: the sandbox never where real money moves."""
    settings = current().settings
    if trial.is_on():
        return ("sandbox", "bank_file")
    if settings.stripe_secret_key:
        return ("stripe", "bank_file")
    return ("bank_file",) if settings.is_production else ("sandbox", "bank_file")
