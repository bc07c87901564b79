"""What fans own and ordered, as rows for pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Select, Uuid, case, cast, exists, func, null, or_, select

from app.catalog.models import Recording, Release, Track
from app.fans.models import Fan
from app.storefront.models import Fulfilment, Membership, MembershipRenewal, Order, OrderLine, Owned, Product, Wish
from app.streaming.models import Package


def is_fans_order(fan: Fan) -> ColumnElement[bool]:
    """That an order is a fan's: made when signed in, or as a guest with the address that the fan has confirmed."""
    if fan.confirmed_at is None or fan.email is None:
        return Order.fan_id == fan.id
    return or_(Order.fan_id == fan.id, Order.fan_id.is_(None) & (Order.email == fan.email))


def is_fans_own(fan: Fan) -> ColumnElement[bool]:
    """That something owned is a fan's: granted to them, or in an order of theirs and meant for nobody else."""
    bought = Owned.order_id.in_(select(Order.id).where(is_fans_order(fan)))
    return or_(Owned.fan_id == fan.id, Owned.fan_id.is_(None) & Owned.gift_email.is_(None) & bought)


def items(*which: ColumnElement[bool]) -> Select[Any]:
    """What is owned, with what it is called and its artwork; the newest first, what was taken back left out."""
    release_of_track = (
        select(Track.release_id).where(Track.recording_id == Owned.recording_id).order_by(Track.id).limit(1)
    ).scalar_subquery()
    return (
        select(
            Owned.id,
            Owned.release_id,
            Owned.recording_id,
            Owned.order_id,
            Owned.opens_at,
            Owned.granted_at,
            case((Owned.recording_id.is_not(None), Recording.title), else_=Release.title).label("title"),
            case((Owned.recording_id.is_not(None), Recording.version_title), else_=Release.version_title).label(
                "version_title"
            ),
            func.coalesce(Recording.artist_line, Release.artist_line).label("artist_line"),
            Release.artwork,
        )
        .outerjoin(Recording, Recording.id == Owned.recording_id)
        .outerjoin(Release, Release.id == func.coalesce(Owned.release_id, release_of_track))
        .where(Owned.revoked_at.is_(None), *which)
        .order_by(Owned.granted_at.desc(), Owned.id.desc())
    )


def members_items(fan: Fan, zone: str, today: str) -> Select[Any]:
    """What came out while a fan was a member, on the label's days, as `items` are; it stays when they leave.

    Nothing of it is kept in rows: what comes out tomorrow is there tomorrow.
    """
    began = func.to_char(func.timezone(zone, Membership.started_at), "YYYY-MM-DD")
    ended = func.coalesce(func.to_char(Membership.ends_on, "YYYY-MM-DD"), "9999")
    member = exists().where(Membership.fan_id == fan.id, Release.release_date >= began, Release.release_date < ended)
    is_out = (func.length(Release.release_date) == len("2026-01-31")) & (Release.release_date <= today)
    at = func.timezone(zone, cast(Release.release_date, DateTime))
    nothing = cast(null(), Uuid)
    return (
        select(
            Release.id, Release.id.label("release_id"), nothing.label("recording_id"), nothing.label("order_id"),
            at.label("opens_at"), at.label("granted_at"), Release.title, Release.version_title, Release.artist_line,
            Release.artwork,
        )
        .where(member, is_out)
        .order_by(Release.release_date.desc(), Release.id)
    )  # fmt: skip


def memberships(fan: Fan) -> Select[Any]:
    """A fan's memberships with what they are of, what is open to be paid, the newest first."""
    due = (MembershipRenewal.membership_id == Membership.id) & (MembershipRenewal.period_on == Membership.renews_on)
    query: Any = (
        select(Membership, Product, Order)
        .join(Product, Product.id == Membership.product_id)
        .outerjoin(MembershipRenewal, due)
        .outerjoin(Order, (Order.id == MembershipRenewal.order_id) & (Order.state == "placed"))
        .where(Membership.fan_id == fan.id)
        .order_by(Membership.started_at.desc(), Membership.id)
    )
    found: Select[Any] = query
    return found


def gifts(fan: Fan, today: str) -> Select[Any]:
    """What was given to the fan's address and waits to be taken."""
    return items(*is_given(fan, today))


def is_given(fan: Fan, today: str) -> tuple[ColumnElement[bool], ...]:
    """That something was given to the fan's address, nobody has taken it, and its day has come."""
    later = exists().where(OrderLine.id == Owned.line_id, OrderLine.gift["on"].astext > today)
    return Owned.fan_id.is_(None), Owned.gift_email == fan.email, ~later


def said_of(owned_ids: list[UUID]) -> Select[UUID, dict[str, str] | None]:
    """What givers said of gifts."""
    query = select(Owned.id, OrderLine.gift).join(OrderLine, OrderLine.id == Owned.line_id)
    return query.where(Owned.id.in_(owned_ids))


def orders(fan: Fan) -> Select[Any]:
    """A fan's orders, the newest first, with how many things each is of."""
    things = select(func.sum(OrderLine.quantity)).where(OrderLine.order_id == Order.id, OrderLine.bundle_id.is_(None))
    query: Any = (
        select(Order, func.coalesce(things.scalar_subquery(), 0).label("things"))
        .where(is_fans_order(fan))
        .order_by(Order.placed_at.desc(), Order.number.desc())
    )
    found: Select[Any] = query
    return found


def wishes(fan: Fan) -> Select[Any]:
    """What a fan wishes for and can still be bought, the newest first."""
    return (
        select(Product, Release.artwork, Release.title.label("release_title"))
        .join(Wish, Wish.product_id == Product.id)
        .outerjoin(Release, Release.id == Product.release_id)
        .where(Wish.fan_id == fan.id, Product.state == "live")
        .order_by(Wish.created_at.desc(), Product.id)
    )


def package(release_id: UUID | None, recording_id: UUID | None, form: str) -> Select[Any]:
    """The package that is there or being made of a release or a recording in a format."""
    whose = Package.recording_id == recording_id if release_id is None else Package.release_id == release_id
    return select(Package).where(whose, Package.format == form, Package.retired_at.is_(None))


def lines(order_id: UUID) -> Select[Any]:
    """An order's lines as they were bought, a bundle's parts, which have its money, after it."""
    return select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.position)


def parcels(order_id: UUID) -> Select[Any]:
    """What of an order is sent, or was."""
    sent = Fulfilment.kind.in_(("parcel", "printful")) & (Fulfilment.state != "cancelled")
    return select(Fulfilment).where(Fulfilment.order_id == order_id, sent).order_by(Fulfilment.number)
