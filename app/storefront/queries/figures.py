"""What the shop tells a label of itself."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from app.identity.policies import Visitor, allows
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.lists.queries import figure
from app.lists.rules import Figure
from app.storefront.models import StoreSettings
from app.storefront.queries.selling import Sold, sold

DAYS: Final = 28


@figure(order=30)
def sales(session: Session, visitor: Visitor, tenant: Tenant, today: date) -> Figure | None:
    """What fans paid for things in four weeks, in the currency of most orders, day by day."""
    if not allows(visitor, "store.view") or session.get(StoreSettings, 1) is None:
        return None
    found = next(iter(sold(session, today, DAYS, tenant.time_zone)), Sold(tenant.currency))
    return Figure(
        title=sentence("Shop sales, 28 days"),
        value=found.gross_micros,
        currency=found.currency,
        href="/portal/store",
        before=found.before_gross_micros or None,
        course=tuple(day.gross_micros for day in found.days) if found.gross_micros else (),
    )
