"""What a fan says of themselves: name, language, country, and where they have things sent."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.fans.errors import FanDetailsUnusable, TooManyFanAddresses
from app.fans.models import Fan, FanAddress
from app.fans.policies import address_to_change, fan_actor, own_fan
from app.fans.rules.addresses import LONGEST, NO_COUNTRY, TOO_LONG, Address, checked, is_country
from app.kernel import activity, clock, crypto, ids
from app.kernel.tenant import Tenant

MOST_ADDRESSES: Final = 20


def change(session: Session, tenant: Tenant, fan: Fan, *, name: str, language: str, country: str) -> None:
    """Say what a fan is called, which language they read and where they are; a country may be left out."""
    row, name = own_fan(session, fan), " ".join(name.split())
    problems = {"name": TOO_LONG} if len(name) > LONGEST else {}
    if country and not is_country(country):
        problems["country"] = NO_COUNTRY
    if problems:
        raise FanDetailsUnusable(fields=problems)
    row.name, row.language, row.country = name, language, country or None
    activity.record(session, fan_actor(tenant, row), "fan.changed", subject_type="fan", subject_id=row.id)


def save_address(
    session: Session, tenant: Tenant, fan: Fan, address: Address, *, address_id: UUID | None = None, is_usual: bool
) -> FanAddress:
    """Keep a new postal address, or what one has become, sealed; one of them is the usual one."""
    address, owner = checked(address), own_fan(session, fan)
    mine = FanAddress.fan_id == owner.id
    count = session.scalar(select(func.count()).select_from(FanAddress).where(mine)) or 0
    if address_id is not None:
        row = address_to_change(session, owner, address_id)
    elif count >= MOST_ADDRESSES:
        raise TooManyFanAddresses(most=MOST_ADDRESSES)
    else:
        row = FanAddress(id=ids.new_id(), fan_id=owner.id, created_at=clock.now())
        session.add(row)
    row.country, row.sealed = address.country, crypto.seal(tenant, msgspec.json.encode(address), _place(row.id))
    row.is_usual = is_usual or count == 0 or (row.is_usual or False)
    session.flush()
    if row.is_usual:
        session.execute(update(FanAddress).where(mine, FanAddress.id != row.id).values(is_usual=False))
    _record(session, tenant, owner, "fan.address_saved")
    return row


def remove_address(session: Session, tenant: Tenant, fan: Fan, address_id: UUID | None) -> None:
    """Forget a postal address."""
    owner = own_fan(session, fan)
    session.delete(address_to_change(session, owner, address_id))
    session.flush()
    _record(session, tenant, owner, "fan.address_removed")


def addresses(session: Session, tenant: Tenant, fan: Fan) -> list[tuple[FanAddress, Address]]:
    """The fan's postal addresses, opened, the usual one first."""
    query = select(FanAddress).where(FanAddress.fan_id == fan.id)
    rows = session.scalars(query.order_by(FanAddress.is_usual.desc(), FanAddress.created_at, FanAddress.id))
    return [(row, opened(tenant, row)) for row in rows]


def opened(tenant: Tenant, row: FanAddress) -> Address:
    """A postal address as it was typed."""
    return msgspec.json.decode(crypto.open_sealed(tenant, row.sealed, _place(row.id)), type=Address)


def _place(address_id: UUID) -> str:
    return f"fan-address:{address_id}"


def _record(session: Session, tenant: Tenant, fan: Fan, action: str) -> None:
    activity.record(session, fan_actor(tenant, fan), action, subject_type="fan", subject_id=fan.id)
