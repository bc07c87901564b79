"""The rails there are, by name."""

from __future__ import annotations

from functools import cache

from app.kernel.db import current
from app.payouts.errors import RailUnknown
from app.payouts.gateways.rail import Rail
from app.payouts.gateways.sandbox import SandboxRail

NAMES = ("sandbox", "stripe", "bank_file")


@cache
def named(name: str) -> Rail:
    """A rail; a name of another deployment, or of a rail that has no access here, is refused."""
    if name == "sandbox":
        return SandboxRail()
    raise RailUnknown


def usual() -> str:
    """The rail of labels that have chosen none: the card processor where there is a key for it, else the sandbox."""
    return "stripe" if current().settings.stripe_secret_key else "sandbox"


def open_here() -> tuple[str, ...]:
    """The rails a label can choose between: the sandbox never where real money moves."""
    settings = current().settings
    if settings.stripe_secret_key:
        return ("stripe", "bank_file")
    return ("bank_file",) if settings.is_production else ("sandbox", "bank_file")
