"""Ways in besides our own: sign-in services of the label, told by the slice that knows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from app.identity.models import Member
from app.identity.service.notices import base_address
from app.kernel.tenant import Tenant
from tenants.archive import sandboxing

TO_SANDBOX: Final = "/portal/sandbox"
"""Where a label sends its people on to its sandbox."""


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
    is_only: bool = False
    """Whether there is no way in of our own besides."""


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
    """The ways in besides our own, each leading to the page that is wanted; into a sandbox leads its label alone."""
    if tenant.is_sandbox:
        return Ways(_from_label(tenant, wish), is_only=True)
    return _told[0].at_door(tenant, wish) if _told else Ways()


def for_proof(tenant: Tenant, member: Member, wish: str) -> tuple[Way, ...]:
    """The services that can prove a member to be who they are; in a sandbox its label is the one."""
    if tenant.is_sandbox:
        return _from_label(tenant, wish)
    return _told[0].for_proof(tenant, member, wish) if _told else ()


def _from_label(tenant: Tenant, wish: str) -> tuple[Way, ...]:
    label = sandboxing.label_of(tenant)
    if label is None:
        return ()
    onto = f"?{urlencode({'next': wish})}" if wish else ""
    return (Way(label.name, f"{base_address(label)}{TO_SANDBOX}{onto}"),)
