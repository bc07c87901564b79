"""Whoever is killed between two steps of being paid or of giving back leaves nothing undone and nothing done twice."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from app.kernel.db import current, tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.ledger.rules import Kind
from app.settings import Settings
from app.storefront.models import Order, SandboxBack, SandboxCharge
from app.storefront.service import hearing, paying, returning
from tests.factories.shop import an_order
from tests.storefront.paid import (
    accounts,
    ask_refund,
    check_money,
    give_back,
    later,
    pay,
    pay_with,
    payments_of,
    refunds_of,
    sales_of,
    start,
    the_order,
    told,
)

_kept: list[object] = []


def killed_at(place: str, settings: Settings, work: Callable[[], object]) -> bool:
    """Do something in a process of its own that dies at a place of it; gives whether it died there."""
    child = os.fork()
    if child == 0:
        from app.main import composition

        _kept.append(current())  # its connections are the parent's: never closed from here
        os.environ["CRASH_AT"] = place
        try:
            composition.connect(settings, "test")
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


@pytest.fixture(autouse=True)
def _is_test(monkeypatch):
    monkeypatch.setenv("BOPTONE_ENV", "test")


def paid_once(shop: Tenant, order: Order) -> None:
    assert the_order(shop, order).state == "delivered"
    assert [each.state for each in payments_of(shop, order)] == ["paid"]
    assert len(sales_of(shop, order)) == 1
    with tenant_read(shop) as session:
        payment = payments_of(shop, order)[0]
        charges = select(func.count()).where(SandboxCharge.payment_id == payment.id)
        assert session.scalar(charges) == 1
    check_money(shop)


@pytest.mark.parametrize(
    "place", ["store.paying", "store.payment_noted", "store.charge_committed", "store.answered", "store.applying",
              "store.applied", "store.settled"],
)  # fmt: skip
def test_whoever_is_killed_while_asking_for_money_asks_once(shop, connected, place):
    order = an_order(shop)
    assert killed_at(place, connected, lambda: start(shop, order))
    pay_with(shop, start(shop, order))
    paying.look(shop, order.id)
    paid_once(shop, order)


@pytest.mark.parametrize(
    "place", ["store.charge_committed", "store.booked", "store.completed", "store.applied", "store.settled"]
)
def test_whoever_is_killed_while_a_wallet_pays_is_paid_once(shop, connected, place):
    order = an_order(shop)
    assert killed_at(place, connected, lambda: start(shop, order, "wallet"))
    later(shop)
    paying.follow(shop)
    paid_once(shop, order)


@pytest.mark.parametrize("place", ["store.heard", "store.booked", "store.completed", "store.taken"])
def test_whoever_is_killed_while_hearing_hears_again(shop, connected, place):
    order = an_order(shop)
    charge = pay_with(shop, start(shop, order))
    told(shop, charge.reference)
    assert killed_at(place, connected, lambda: hearing.hear(shop))
    hearing.hear(shop)
    paid_once(shop, order)


@pytest.mark.parametrize(
    "place", ["store.refunding", "store.refund_noted", "store.refund_committed", "store.refund_answered",
              "store.applying"],
)  # fmt: skip
def test_whoever_is_killed_while_giving_back_gives_back_once(shop, connected, place):
    order = pay(shop, an_order(shop))
    made = ask_refund(shop, order)
    assert killed_at(place, connected, lambda: returning.send(shop, made.id))
    later(shop)
    returning.send_open(shop)
    assert [each.state for each in refunds_of(shop, order)] == ["done"]
    with tenant_read(shop) as session:
        assert session.scalar(select(func.count()).where(SandboxBack.refund_id == made.id)) == 1
    fee = payments_of(shop, order)[0].fee_micros
    assert accounts(shop, order) == {Kind.PAYMENT_FEES: fee, Kind.CLEARING: -fee}
    check_money(shop)


def test_what_is_frozen_waits_and_is_not_lost(shop):
    from app.kernel import clock
    from app.ledger.models import LedgerFreeze

    order = an_order(shop)
    pay_with(shop, start(shop, order))
    with tenant_work(shop) as session:
        session.merge(LedgerFreeze(id=1, problems=["test"], frozen_at=clock.now()))
    paying.look(shop, order.id)
    assert the_order(shop, order).state == "placed"
    with tenant_work(shop) as session:
        session.get_one(LedgerFreeze, 1).lifted_at = clock.now()
    later(shop)
    paying.follow(shop)
    paid_once(shop, order)
    assert give_back(shop, order).state == "done"
