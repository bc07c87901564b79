"""What the shop does in the background."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.kernel import jobs
from app.kernel.tenant import Tenant
from app.storefront.gateways import gateways, sandbox
from app.storefront.models import Order, Refund
from app.storefront.service import (
    baskets,
    giving,
    hearing,
    news,
    opening,
    ordering,
    paying,
    printed_goods,
    printed_news,
    printed_orders,
    printing,
    reconciling,
    renewing,
    returning,
    telling,
)

MONEY_LIMIT = 300


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


@jobs.label_schedule("storefront.follow", every="minute")
@jobs.label_task("storefront.follow", queue="money", time_limit=MONEY_LIMIT, is_outside=True)
def follow(tenant: Tenant) -> None:
    """Ask about payments and refunds that nobody heard of again, and hear what gateways said."""
    paying.follow(tenant)
    returning.send_open(tenant)
    hearing.hear(tenant)


@jobs.label_task("storefront.hear", queue="money", time_limit=MONEY_LIMIT, is_outside=True)
def hear(tenant: Tenant) -> None:
    """Take what gateways said into the books."""
    hearing.hear(tenant)


@jobs.label_task("storefront.refund", queue="money", time_limit=MONEY_LIMIT, is_outside=True)
def refund(tenant: Tenant, *, refund: str) -> None:
    """Give back what was noted."""
    returning.send(tenant, UUID(refund))


@jobs.label_task("storefront.stop_paying", queue="money", time_limit=MONEY_LIMIT, is_outside=True)
def stop_paying(tenant: Tenant, *, order: str) -> None:
    """Let nobody pay for an order that is over."""
    paying.stop_open(tenant, UUID(order))


@jobs.label_schedule("storefront.processor", every="five minutes")
@jobs.label_task("storefront.processor", queue="money")
def processor(session: Session, tenant: Tenant) -> None:  # noqa: ARG001
    """Let the sandbox's card processor do what is due there, and tell us as a processor would."""
    if gateways.is_sandbox():
        hearing.hear_of(session, sandbox.move(session))


@jobs.label_schedule("storefront.reconcile", every="hour", jitter_seconds=1_200)
@jobs.label_task("storefront.reconcile", queue="money", time_limit=MONEY_LIMIT, is_outside=True)
def reconcile(tenant: Tenant) -> None:
    """Compare our books with the gateway's lists."""
    reconciling.reconcile(tenant)


@jobs.label_schedule("storefront.renew_today", every="day", at="07:00", jitter_seconds=1_800)
@jobs.label_task("storefront.renew_today", queue="money", time_limit=MONEY_LIMIT)
def renew_today(session: Session, tenant: Tenant) -> None:
    """End memberships that end today, announce higher prices, and have charged what is due."""
    renewing.begin_day(session, tenant)


@jobs.label_task("storefront.renew", queue="money", time_limit=MONEY_LIMIT, is_outside=True)
def renew(tenant: Tenant, *, membership: str) -> None:
    """Charge the next period of a membership."""
    renewing.renew(tenant, UUID(membership))


@jobs.label_task("storefront.thank")
def thank(session: Session, tenant: Tenant, *, order: str) -> None:
    """Work out what the artists get of an order that was paid, and send its receipt."""
    from app.storefront.service import sharing  # compares tables by threads of its own

    found = session.get_one(Order, UUID(order), with_for_update=True)
    sharing.share(session, found)
    telling.thank(session, tenant, found)


@jobs.label_task("storefront.give")
def give(session: Session, tenant: Tenant, *, line: str) -> None:
    """Tell somebody that something was given to them."""
    giving.give(session, tenant, UUID(line))


@jobs.label_schedule("storefront.give_today", every="day", at="08:00", jitter_seconds=1_800)
@jobs.label_task("storefront.give_today")
def give_today(session: Session, tenant: Tenant) -> None:
    """Have those told whose gifts are for today."""
    giving.begin_day(session, tenant)


@jobs.label_schedule("storefront.open_today", every="day", at="00:10", jitter_seconds=1_800)
@jobs.label_task("storefront.open_today")
def open_today(session: Session, tenant: Tenant) -> None:
    """Count music as delivered that was ordered before it was out, and is."""
    if opening.open_today(session, tenant):
        jobs.ask(session, "storefront.open_today", {})


@jobs.label_schedule("storefront.follow_days", every="hour", jitter_seconds=3_000)
@jobs.label_task("storefront.follow_days")
def follow_days(session: Session, tenant: Tenant) -> None:
    """Let what is not out yet come out on the day that its release says by now."""
    opening.follow_days(session, tenant)


@jobs.label_task("storefront.tell_refund")
def tell_refund(session: Session, tenant: Tenant, *, refund: str) -> None:
    """Tell a buyer that money is on its way back."""
    telling.tell_refund(session, tenant, session.get_one(Refund, UUID(refund)))


@jobs.label_schedule("storefront.report", every="day", at="03:40", jitter_seconds=1_800)
@jobs.label_task("storefront.report", time_limit=600)
def report(session: Session, tenant: Tenant) -> None:
    """Report what was sold until the end of the last month to royalties."""
    from app.storefront.service import reporting  # compares tables by threads of its own

    reporting.report_month(session, tenant)


@jobs.label_schedule("storefront.tell_of_today", every="day", at="09:00", jitter_seconds=1_800)
@jobs.label_task("storefront.tell_of_today")
def tell_of_today(session: Session, tenant: Tenant) -> None:
    """Have those who follow told of what comes out today."""
    news.tell_of_today(session, tenant)


@jobs.label_task("storefront.tell_followers")
def tell_followers(session: Session, tenant: Tenant, *, release: str, after: str | None = None) -> None:
    """Write to some of those who follow, and have the next ones written to."""
    news.tell_followers(session, tenant, UUID(release), after=UUID(after) if after else None)


@jobs.label_schedule("storefront.follow_printer", every="five minutes", jitter_seconds=120)
@jobs.label_task("storefront.follow_printer", queue="money", time_limit=MONEY_LIMIT, is_outside=True)
def follow_printer(tenant: Tenant) -> None:
    """Order at the printer what waits, find out what nobody knows, and hear what it said."""
    printed_orders.send_open(tenant)
    printed_news.hear(tenant)


@jobs.label_task("storefront.print", queue="money", time_limit=MONEY_LIMIT, is_outside=True)
def print_order(tenant: Tenant, *, fulfilment: str) -> None:
    """Order at the printer what was paid."""
    printed_orders.send(tenant, UUID(fulfilment))


@jobs.label_task("storefront.hear_printer", queue="money", time_limit=MONEY_LIMIT, is_outside=True)
def hear_printer(tenant: Tenant) -> None:
    """Read again what the printer spoke of."""
    printed_news.hear(tenant)


@jobs.label_task("storefront.sync_printer", time_limit=600, is_outside=True)
def sync_printer(tenant: Tenant, *, offset: int) -> None:
    """Look through a page of the printer's list."""
    printed_goods.sync(tenant, offset)


@jobs.label_schedule("storefront.look_at_printer", every="day", at="05:10", jitter_seconds=3_600)
@jobs.label_task("storefront.look_at_printer")
def look_at_printer(session: Session, tenant: Tenant) -> None:  # noqa: ARG001
    """Have the printer's list looked through once a day."""
    printing.ask_sync(session)
