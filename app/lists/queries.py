"""Views of a list, and the numbers that matter to a label."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from operator import itemgetter
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.kernel import clock
from app.kernel.tenant import Tenant
from app.lists.models import SavedView
from app.lists.rules import Figure


def saved_views(session: Session, listing: str, member_id: UUID) -> list[SavedView]:
    """A member's own views of a list and those that others share, oldest first."""
    mine = or_(SavedView.member_id == member_id, SavedView.is_shared)
    query = select(SavedView).where(SavedView.listing == listing, mine).order_by(SavedView.created_at, SavedView.id)
    return list(session.scalars(query))


class Telling(Protocol):
    """A read model of one number, for somebody who works at a label; none where they may not see it."""

    def __call__(self, session: Session, visitor: Visitor, tenant: Tenant, today: date, /) -> Figure | None:
        """The number as it stands."""


_figures: list[tuple[int, str, Telling]] = []


def figure(order: int, about: str = "") -> Callable[[Telling], Telling]:
    """Register a number that matters to a label; each slice tells its own, and pages show them in their order.

    Those `about` the same thing stand over its lists, too.
    """

    def registered(tell: Telling) -> Telling:
        _figures.append((order, about, tell))
        return tell

    return registered


def today_of(tenant: Tenant) -> date:
    """The label's own day."""
    return clock.now().astimezone(ZoneInfo(tenant.time_zone)).date()


def figures(session: Session, visitor: Visitor, tenant: Tenant, today: date, *, about: str = "") -> list[Figure]:
    """The numbers that a visitor may see, each with where it comes from: they are of the whole label, or not told."""
    if not visitor.scope.is_whole:
        return []
    wanted = [(order, tell) for order, topic, tell in _figures if about in ("", topic)]
    told = (tell(session, visitor, tenant, today) for _, tell in sorted(wanted, key=itemgetter(0)))
    return [each for each in told if each is not None]
