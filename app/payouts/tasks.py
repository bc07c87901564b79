"""What payouts do in the background: rows say what is due, messages only wake."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.kernel import jobs
from app.kernel.tenant import Tenant
from app.payouts.gateways import sandbox
from app.payouts.service import hearing, holds, promising, reconciling, scheduling, sending

TIME_LIMIT = 300


@jobs.label_task("payouts.send", queue="money", time_limit=TIME_LIMIT, is_outside=True)
def send(tenant: Tenant) -> None:
    """Hand over what is due."""
    sending.send_due(tenant)


@jobs.label_schedule("payouts.follow", every="minute")
@jobs.label_task("payouts.follow", queue="money", time_limit=TIME_LIMIT, is_outside=True)
def follow(tenant: Tenant) -> None:
    """Hand over what nobody woke a worker for, ask about what was not answered, and hear what rails said."""
    sending.send_due(tenant)
    sending.ask_again(tenant)
    hearing.hear(tenant)


@jobs.label_task("payouts.hear", queue="money", time_limit=TIME_LIMIT, is_outside=True)
def hear(tenant: Tenant) -> None:
    """Take what rails said into the books."""
    hearing.hear(tenant)


@jobs.label_schedule("payouts.keep_promises", every="minute")
@jobs.label_task("payouts.keep_promises", queue="money", time_limit=TIME_LIMIT, is_outside=True)
def keep_promises(tenant: Tenant) -> None:
    """Give fees of late instant payouts back, and let go of holds whose time is over."""
    promising.keep(tenant)
    holds.release_over(tenant)


@jobs.label_schedule("payouts.bank", every="five minutes")
@jobs.label_task("payouts.bank", queue="money")
def bank(session: Session, tenant: Tenant) -> None:  # noqa: ARG001
    """Let the sandbox's bank do what is due there, and tell us as a bank would."""
    hearing.hear_of(session, sandbox.move(session))


@jobs.label_schedule("payouts.reconcile", every="hour", jitter_seconds=1_200)
@jobs.label_task("payouts.reconcile", queue="money", time_limit=TIME_LIMIT, is_outside=True)
def reconcile(tenant: Tenant) -> None:
    """Compare our books with the rails' lists."""
    reconciling.reconcile(tenant)


@jobs.label_schedule("payouts.schedule", every="day", at="07:00", jitter_seconds=900)
@jobs.label_task("payouts.schedule", queue="money", time_limit=TIME_LIMIT, is_outside=True)
def schedule(tenant: Tenant) -> None:
    """Pay those whose day it is."""
    scheduling.pay_scheduled(tenant)
