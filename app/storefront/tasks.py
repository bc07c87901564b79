"""What the shop does in the background."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.kernel import jobs
from app.kernel.tenant import Tenant
from app.storefront.service import baskets, news, ordering


@jobs.label_schedule("storefront.lapse", every="five minutes", jitter_seconds=60)
@jobs.label_task("storefront.lapse")
def lapse(session: Session, tenant: Tenant) -> None:
    """Cancel orders that nobody paid in time."""
    if ordering.lapse(session, tenant) == ordering.AT_ONCE:
        jobs.ask(session, "storefront.lapse", {})


@jobs.label_schedule("storefront.forget_baskets", every="day", at="04:30", jitter_seconds=1_800)
@jobs.label_task("storefront.forget_baskets")
def forget_baskets(session: Session, tenant: Tenant) -> None:  # noqa: ARG001 as every task
    """Forget baskets that nobody came back for."""
    baskets.forget(session)


@jobs.label_schedule("storefront.tell_of_today", every="day", at="09:00", jitter_seconds=1_800)
@jobs.label_task("storefront.tell_of_today")
def tell_of_today(session: Session, tenant: Tenant) -> None:
    """Have those who follow told of what comes out today."""
    news.tell_of_today(session, tenant)


@jobs.label_task("storefront.tell_followers")
def tell_followers(session: Session, tenant: Tenant, *, release: str, after: str | None = None) -> None:
    """Write to some of those who follow, and have the next ones written to."""
    news.tell_followers(session, tenant, UUID(release), after=UUID(after) if after else None)
