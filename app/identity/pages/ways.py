"""Ways in besides our own: sign-in services of the label, told by the slice that knows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.identity.models import Member
from app.kernel.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Way:
    """A sign-in service by its name, and where it is begun."""

    name: str
    href: str


@dataclass(frozen=True, slots=True)
class Ways:
    """The label's sign-in services; `asks_mail` if some addresses belong to one, so that the address is asked first."""

    services: tuple[Way, ...] = ()
    asks_mail: bool = False


@dataclass(frozen=True, slots=True)
class Telling:
    """What tells ways: at the door for a page that is wanted, and for a member who must prove who they are."""

    at_door: Callable[[Tenant, str], Ways]
    for_proof: Callable[[Tenant, Member, str], tuple[Way, ...]]


_told: list[Telling] = []


def tell(telling: Telling) -> None:
    """Register what tells ways."""
    _told[:] = [telling]


def at_door(tenant: Tenant, wish: str) -> Ways:
    """The ways in besides our own, each leading to the page that is wanted."""
    return _told[0].at_door(tenant, wish) if _told else Ways()


def for_proof(tenant: Tenant, member: Member, wish: str) -> tuple[Way, ...]:
    """The services that can prove a member to be who they are."""
    return _told[0].for_proof(tenant, member, wish) if _told else ()
