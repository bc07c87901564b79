"""What the catalogue tells a label of itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.models import Release
from app.identity.policies import Visitor, allows
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.lists.queries import figure
from app.lists.rules import Figure

SOON: Final = timedelta(days=30)


@figure(order=50)
def releasing(session: Session, visitor: Visitor, _tenant: Tenant, today: date) -> Figure | None:
    """How many releases come out in the next thirty days, and which is the first."""
    if not allows(visitor, "catalog.view"):
        return None
    days: list[Any] = [
        Release.release_date.between(today.isoformat(), (today + SOON).isoformat()),
        func.length(Release.release_date) == len("1999-12-31"),
    ]
    count = func.count().over()
    query = select(Release.title, Release.release_date, Release.id, count).where(*days)
    first = session.execute(query.order_by(Release.release_date, Release.id).limit(1)).one_or_none()
    title = sentence("Releasing in 30 days")
    if first is None:
        return Figure(title=title, value=0, href="/portal/releases")
    name, day, release_id, many = first
    where = f"/portal/releases/{release_id}" if many == 1 else "/portal/releases"
    return Figure(title=title, value=many, href=where, note=name, days=(date.fromisoformat(str(day)),))
