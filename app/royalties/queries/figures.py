"""What royalties tell a label of itself."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.policies import Visitor, allows
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.lists.queries import figure
from app.lists.rules import MOST_COLUMNS, Figure
from app.royalties.models import RoyaltyPeriod, RoyaltyRun

Period = tuple[date, date]


@figure(order=10, about="money")
def earned(session: Session, visitor: Visitor, tenant: Tenant, _today: date) -> Figure | None:
    """What payees were told they earned in the newest period and those before it, in the label's currency if any."""
    if not allows(visitor, "royalties.view"):
        return None
    query = (
        select(RoyaltyPeriod.starts_on, RoyaltyPeriod.ends_on, RoyaltyRun.totals, RoyaltyRun.id)
        .join(RoyaltyRun, RoyaltyRun.period_id == RoyaltyPeriod.id)
        .where(RoyaltyRun.state == "published", RoyaltyRun.is_trial.is_(False))
        .order_by(RoyaltyPeriod.starts_on.desc(), RoyaltyPeriod.ends_on.desc(), RoyaltyRun.serial)
        .limit(2 * MOST_COLUMNS)
    )
    rows = session.execute(query).all()
    paid_in = {currency for row in rows for currency in row.totals}
    currency = tenant.currency if tenant.currency in paid_in else min(paid_in, default="")
    sums: dict[Period, int] = {}
    runs: dict[Period, str] = {}
    for starts, ends, totals, run_id in rows:
        told = totals.get(currency, {}).get("earned", 0)
        sums[starts, ends] = sums.get((starts, ends), 0) + told
        runs.setdefault((starts, ends), f"/portal/royalties/runs/{run_id}")
    if not any(sums.values()):
        return None
    course = list(sums.values())[:MOST_COLUMNS]
    newest = next(iter(sums))
    return Figure(
        title=sentence("Earned by payees"),
        value=course[0],
        currency=currency,
        href=runs[newest],
        days=newest,
        before=course[1] if len(course) > 1 else None,
        course=tuple(reversed(course)),
    )
