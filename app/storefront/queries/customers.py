"""Whoever bought or signed up, by mail address: fans and guests in one list, each currency by itself."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, Subquery, false, func, literal, select, true, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.fans.models import Fan, FanConsent, Follow
from app.lists.rules import Asked
from app.roster.queries.search import called
from app.storefront.models import Order, Owned


class Spend(NamedTuple):
    """What somebody spent in a currency, less what they got back."""

    currency: str
    micros: int


def everybody() -> Subquery:
    """Whoever bought or signed up, by mail address: name, country, paid orders, when last seen, whether a fan."""
    paid = func.count().filter(Order.paid_at.is_not(None))
    buyers = (
        select(
            Order.email.label("email"),
            func.max(Order.customer).label("name"),
            func.max(Order.country).label("country"),
            paid.label("orders"),
            func.max(Order.placed_at).label("seen"),
        )
        .where(Order.email.is_not(None))
        .group_by(Order.email)
        .subquery()
    )
    bought = select(
        buyers.c.email,
        func.coalesce(func.nullif(Fan.name, ""), buyers.c.name).label("name"),
        buyers.c.country,
        buyers.c.orders,
        buyers.c.seen,
        Fan.id.is_not(None).label("is_fan"),
    ).outerjoin(Fan, Fan.email == buyers.c.email)
    fans = select(
        Fan.email,
        Fan.name,
        func.coalesce(Fan.country, ""),
        literal(0),
        Fan.created_at,
        true(),
    ).where(Fan.email.is_not(None), ~select(Order.id).where(Order.email == Fan.email).exists())
    return union_all(bought, fans).subquery()


def customers(asked: Asked, *, limit: int, offset: int = 0, after: tuple[datetime, str] | None = None) -> Select[Any]:
    """Mail addresses with name, country, whether a fan, how many paid orders, and when last seen; the latest first.

    `after` is the last one seen: when they were, and their address.
    """
    every = everybody()
    query = select(every).order_by(every.c.seen.desc(), every.c.email)
    if wanted := asked.get("q"):
        query = query.where((func.strpos(every.c.email, wanted.lower()) > 0) | called(every.c.name, wanted))
    if kind := asked.get("kind"):
        query = query.where(every.c.is_fan.is_(true() if kind == "fan" else false()))
    if asked.get("bought"):
        query = query.where(every.c.orders > 0)
    if after is not None:
        at, email = after
        query = query.where((every.c.seen < at) | ((every.c.seen == at) & (every.c.email > email)))
    return query.limit(limit).offset(offset)


def spends(session: Session, emails: Collection[str]) -> dict[str, list[Spend]]:
    """What some mail addresses spent, by currency, the most used currency first."""
    micros = func.sum(Order.total_micros - Order.refunded_micros)
    query = (
        select(Order.email, Order.currency, micros)
        .where(Order.email.in_(emails), Order.paid_at.is_not(None))
        .group_by(Order.email, Order.currency)
        .order_by(Order.email, func.count().desc(), Order.currency)
    )
    found: dict[str, list[Spend]] = {}
    for email, currency, spent in session.execute(query):
        found.setdefault(str(email), []).append(Spend(currency, int(spent)))
    return found


class Customer(NamedTuple):
    """What is known of a mail address; `fan` where they have an account."""

    fan: Fan | None
    orders: list[Order]
    spends: list[Spend]
    consents: list[FanConsent]
    follows: int
    owned: int


def customer(session: Session, email: str, limit: int) -> Customer | None:
    """Somebody by their mail address; None where nobody ever used it here."""
    fan = session.scalar(select(Fan).where(Fan.email == email))
    query = select(Order).where(Order.email == email).order_by(Order.placed_at.desc(), Order.number.desc())
    orders = list(session.scalars(query.limit(limit)))
    if fan is None and not orders:
        return None
    consents: list[FanConsent] = []
    follows = owned = 0
    if fan is not None:
        newest = select(FanConsent).where(FanConsent.fan_id == fan.id).ext(distinct_on(FanConsent.kind))
        consents = list(session.scalars(newest.order_by(FanConsent.kind, FanConsent.at.desc())))
        follows = session.scalar(select(func.count()).where(Follow.fan_id == fan.id)) or 0
        owned = session.scalar(select(func.count()).where(Owned.fan_id == fan.id, Owned.revoked_at.is_(None))) or 0
    return Customer(fan, orders, spends(session, [email]).get(email, []), consents, follows, owned)
