"""Another mail address: wished for by who is signed in, confirmed from the new one, told to the old one."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.fans.errors import MailAddressSame, MailAddressTaken
from app.fans.models import Fan
from app.fans.policies import fan_actor, own_fan
from app.fans.service import entry, letters, sessions, tidying
from app.identity.errors import LinkUsed
from app.identity.models import Ticket
from app.identity.service import Came
from app.kernel import activity, clock, crypto, jobs
from app.kernel.crypto import SealBroken
from app.kernel.tenant import Tenant

LIFE: Final = timedelta(days=1)
_CONTEXT: Final = "fan-move"

Mover = Callable[[Session, Tenant, Fan, str], None]
"""Takes along what another slice knows by a fan's mail address: the fan has still the old one, the new one is given."""

_movers: list[Mover] = []


class Move(msgspec.Struct, frozen=True):
    """Who moves from which address to which, until when; it opens once, for then the old address is another one."""

    fan_id: UUID
    was: str
    email: str
    language: str
    until: datetime


def also(mover: Mover) -> Mover:
    """Register what else moves with every fan."""
    if mover not in _movers:
        _movers.append(mover)
    return mover


def ask(session: Session, tenant: Tenant, fan: Fan, email: str, language: str) -> None:
    """Have a link sent to the new address; the same is done whether somebody else here has it or not."""
    row, email = own_fan(session, fan), entry.checked_email(email)
    if email == row.email:
        raise MailAddressSame
    move = Move(row.id, row.email or "", email, language, clock.now() + LIFE)
    jobs.ask(session, "fans.send_move", {"sealed": _sealed(tenant, move)})


def send(session: Session, tenant: Tenant, sealed: str) -> None:
    """Send the link, unless the address is another fan's already, whom this is no business of."""
    move = _opened(tenant, sealed)
    if _owner(session, move.email) is None:
        link = f"{letters.store_address(tenant)}/{move.language}/account/mail-address/{sealed}"
        letters.send(session, tenant, move.email, "move", move.language, {"link": link})


def new_address(session: Session, tenant: Tenant, sealed: str) -> str:
    """The address that a link is about; `LinkUsed` where it is over. Looking uses nothing up."""
    return _wanted(session, tenant, sealed)[1].email


def confirm(session: Session, tenant: Tenant, sealed: str, came: Came) -> str:
    """Move, once: every session and every link of the old address ends, and a new session begins."""
    fan, move = _wanted(session, tenant, sealed, for_change=True)
    _make_room(session, move.email)
    for mover in _movers:
        mover(session, tenant, fan, move.email)
    session.execute(delete(Ticket).where(Ticket.subject_id == fan.id))
    sessions.end_all(session, fan)
    fan.email = move.email
    session.flush()
    activity.record(session, fan_actor(tenant, fan), "fan.moved", subject_type="fan", subject_id=fan.id)
    letters.send(session, tenant, move.was, "moved", fan.language, {})
    return entry.come_in(session, tenant, fan, came)


def _wanted(session: Session, tenant: Tenant, sealed: str, *, for_change: bool = False) -> tuple[Fan, Move]:
    move = _opened(tenant, sealed)
    fan = session.get(Fan, move.fan_id, with_for_update=for_change or None, populate_existing=for_change)
    is_over = fan is None or fan.email != move.was or fan.disabled_at is not None or move.until < clock.now()
    if fan is None or is_over:
        raise LinkUsed
    return fan, move


def _owner(session: Session, email: str) -> Fan | None:
    return session.scalar(select(Fan).where(Fan.email == email, Fan.confirmed_at.is_not(None)))


def _make_room(session: Session, email: str) -> None:
    """An address that somebody typed and nobody confirmed belongs to whoever confirms it."""
    unconfirmed = (Fan.email == email) & Fan.confirmed_at.is_(None)
    session.execute(delete(Fan).where(unconfirmed, ~tidying.referred_to()))
    if session.scalar(select(Fan.id).where(Fan.email == email).with_for_update()) is not None:
        raise MailAddressTaken


def _sealed(tenant: Tenant, move: Move) -> str:
    return base64.urlsafe_b64encode(crypto.seal(tenant, msgspec.json.encode(move), _CONTEXT)).decode().rstrip("=")


def _opened(tenant: Tenant, sealed: str) -> Move:
    try:
        raw = base64.b64decode(sealed.encode() + b"=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(crypto.open_sealed(tenant, raw, _CONTEXT), type=Move)
    except (SealBroken, ValueError):
        raise LinkUsed from None
