"""What is sent of an order that was paid: music opens now or on its day, parcels and the printer have to be seen to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.catalog.models import Release, Track
from app.kernel import ids, jobs
from app.kernel.tenant import Tenant
from app.storefront.models import Fulfilment, FulfilmentLine, Order, OrderLine, Owned
from app.storefront.rules.fulfilment import order_state
from app.storefront.service import members

DIGITAL = "digital"


def open_for(
    session: Session, tenant: Tenant, order: Order, lines: Sequence[OrderLine], now: datetime
) -> list[Fulfilment]:
    """Open what an order's lines need: downloads, a parcel for each place, work at the printer.

    Downloads are delivered at once, or each on the day on which it opens (`opening.open_today`). What only opens in the
    fan's account needs nothing sent.
    """
    early = _grant(session, tenant, order, [line for line in lines if line.kind == DIGITAL], now)
    made: list[Fulfilment] = []
    parts: list[FulfilmentLine] = []
    for (kind, location, waits), group in _groups(lines, early).items():
        is_out = kind == DIGITAL and waits is None
        sent = Fulfilment(
            id=ids.new_id(),
            order_id=order.id,
            kind=kind,
            state="delivered" if is_out else "open",
            location_id=location,
            created_at=now,
            shipped_at=now if is_out else None,
            delivered_at=now if is_out else None,
        )
        parts += [FulfilmentLine(fulfilment_id=sent.id, line_id=each.id, quantity=each.quantity) for each in group]
        made.append(sent)
    session.add_all(made)
    session.flush()
    session.add_all(parts)
    session.flush()
    for sent in made:
        if sent.kind == "printful":
            jobs.ask(session, "storefront.print", {"fulfilment": str(sent.id)}, key=f"print:{sent.id}")
    return made


def is_all_delivered(made: Sequence[Fulfilment]) -> bool:
    """Whether nothing is left to be sent."""
    return all(each.state == "delivered" for each in made)


def revoke(session: Session, order: Order, lines: Sequence[OrderLine], now: datetime) -> None:
    """Close music again whose money was given back as a whole, and end memberships that were paid with it."""
    line_ids = [line.id for line in lines]
    for owned in session.scalars(select(Owned).where(Owned.line_id.in_(line_ids), Owned.revoked_at.is_(None))):
        owned.revoked_at = now
    members.leave(session, order, lines)
    session.flush()
    _keep_closed(session, order, line_ids)


def _keep_closed(session: Session, order: Order, line_ids: Sequence[UUID]) -> None:
    """Cancel what of these lines was to open later; without it the order may have all that is sent of it."""
    parts = select(FulfilmentLine.fulfilment_id).where(FulfilmentLine.line_id.in_(line_ids))
    waits = update(Fulfilment).where(Fulfilment.id.in_(parts), Fulfilment.kind == DIGITAL, Fulfilment.state == "open")
    if not session.scalars(waits.values(state="cancelled").returning(Fulfilment.id)).all():
        return
    left = select(Fulfilment.state).where(Fulfilment.order_id == order.id, Fulfilment.state != "cancelled")
    order.state = order_state(order.state, session.scalars(left).all() or ["delivered"])
    session.flush()


_Groups = dict[tuple[str, UUID | None, UUID | None], list[OrderLine]]


def _groups(lines: Sequence[OrderLine], early: Collection[UUID]) -> _Groups:
    """What is sent together: by kind, by place, and what opens later each by itself, as it may be given back alone."""
    groups: _Groups = defaultdict(list)
    for line in lines:
        if line.kind == DIGITAL:
            groups[DIGITAL, None, line.id if line.id in early else None].append(line)
        elif line.fulfilled_by == "printful":
            groups["printful", None, None].append(line)
        elif line.kind == "physical" and line.fulfilled_by == "label":
            groups["parcel", line.location_id, None].append(line)
    return dict(groups)


def _grant(session: Session, tenant: Tenant, order: Order, lines: Sequence[OrderLine], now: datetime) -> set[UUID]:
    """Let lines' music be owned; gives the lines whose music opens later."""
    early: set[UUID] = set()
    releases = {line.release_id for line in lines if line.release_id}
    days = dict(session.execute(select(Release.id, Release.release_date).where(Release.id.in_(releases))).all())
    instant: dict[UUID, list[UUID]] = defaultdict(list)
    query = select(Track.release_id, Track.recording_id).where(Track.release_id.in_(releases), Track.is_instant_grat)
    for release, recording in session.execute(query.order_by(Track.disc, Track.number)):
        instant[release].append(recording)
    for line in lines:
        released = days.get(line.release_id) if line.release_id else None
        opens = opens_at(tenant, ships_on=line.ships_on, released=released, now=now)
        owned = list(_owned(order, line, opens, now, instant.get(line.release_id, ()) if line.release_id else ()))
        session.add_all(owned)
        if any(each.opens_at > now for each in owned):
            early.add(line.id)
    session.flush()
    return early


def _owned(
    order: Order, line: OrderLine, opens_at: datetime, now: datetime, instant: Sequence[UUID]
) -> Iterator[Owned]:
    """What a line gives; of music that is not out yet, some tracks at once."""
    whole = (None, line.recording_id) if line.recording_id else (line.release_id, None)
    early = [(None, recording) for recording in instant] if opens_at > now and not line.recording_id else []
    for place, (release, recording) in enumerate([whole, *early]):
        if release is None and recording is None:
            continue  # a digital thing that is no music: there is nothing to open
        yield Owned(
            id=ids.new_id(),
            fan_id=None if line.gift else order.fan_id,
            order_id=order.id,
            line_id=line.id,
            product_id=line.product_id,
            release_id=release,
            recording_id=recording,
            gift_email=line.gift.get("to") if line.gift else None,
            opens_at=now if place else opens_at,
            granted_at=now,
        )


def opens_at(tenant: Tenant, *, ships_on: date | None, released: str | None, now: datetime) -> datetime:
    """When music opens: on the day on which it comes out, in the label's time, or at once."""
    day = ships_on or _day(released)
    if day is None:
        return now
    return max(now, datetime.combine(day, time(0), ZoneInfo(tenant.time_zone)).astimezone(UTC))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None  # a month or a year says no day
