"""Any order of what buyers, banks, the processor, staff and time can do: money is conserved, and so is what is sold."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select

from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Refusal
from app.kernel.tenant import Tenant
from app.storefront.gateways import sandbox
from app.storefront.gateways.cards import CARDS
from app.storefront.models import Order, OrderLine, Payment, SandboxCharge, Stock, StoreSale, Variant
from app.storefront.service import hearing, ordering, paying, reconciling, returning
from app.storefront.service.refunding import RefundLine
from tests.factories.shop import UNIT, a_variant, an_order
from tests.storefront.paid import ask_refund, check_money, later, lines_of, move, payments_of, start, the_order

IN_STOCK = 3
WHICH = st.integers(0, 5)


class Till(RuleBasedStateMachine):
    """Some orders of a few shirts and of music; every payment and refund goes its own way."""

    shop: ClassVar[Tenant]

    @initialize()
    def begins(self) -> None:
        self.shirt: Variant = a_variant(self.shop, "physical", price=19 * UNIT, in_stock=IN_STOCK)
        self.music: Variant = a_variant(self.shop, price=9_990_000)
        self.orders: list[Order] = []
        self.pages: list[str] = []
        self.disputes: list[str] = []

    def _tried(self, work: Callable[[], Any]) -> Any:
        """Do what may be declined; a refusal is an answer like any other."""
        with suppress(Refusal):
            return work()
        return None

    def _order(self, which: int) -> Order:
        return the_order(self.shop, self.orders[which % len(self.orders)])

    @rule(shirts=st.integers(0, 2), music=st.booleans())
    def somebody_orders(self, shirts: int, music: bool) -> None:
        wanted = [(self.shirt, shirts)] if shirts else []
        wanted += [(self.music, 1)] if music or not shirts else []
        placed = self._tried(lambda: an_order(self.shop, *wanted)) if len(self.orders) < 6 else None
        if placed is not None:
            self.orders.append(placed)

    @precondition(lambda self: self.orders)
    @rule(which=WHICH, method=st.sampled_from(["card", "card", "wallet"]))
    def starts(self, which: int, method: str) -> None:
        step = self._tried(lambda: start(self.shop, self._order(which), method))
        if step is not None and step.kind == "redirect":
            self.pages.append(step.url.rpartition("/")[2])

    @precondition(lambda self: self.pages)
    @rule(which=WHICH, card=st.sampled_from([card.number for card in CARDS]))
    def pays(self, which: int, card: str) -> None:
        def work() -> None:
            with tenant_work(self.shop) as session:
                sandbox.pay(session, self.pages[which % len(self.pages)], card)

        self._tried(work)

    @precondition(lambda self: self.pages)
    @rule(which=WHICH, is_me=st.booleans())
    def proves(self, which: int, is_me: bool) -> None:
        def work() -> None:
            with tenant_work(self.shop) as session:
                sandbox.prove(session, self.pages[which % len(self.pages)], is_me=is_me)

        self._tried(work)

    @precondition(lambda self: self.orders)
    @rule(which=WHICH)
    def comes_back(self, which: int) -> None:
        paying.look(self.shop, self._order(which).id)

    @precondition(lambda self: self.orders)
    @rule(which=WHICH)
    def lapses(self, which: int) -> None:
        def work() -> None:
            with tenant_work(self.shop) as session:
                ordering.cancel(
                    session, self.shop, Actor.system(self.shop), session.get_one(Order, self._order(which).id), "lapsed"
                )

        self._tried(work)

    @precondition(lambda self: self.orders)
    @rule(which=WHICH, whole=st.booleans(), cents=st.integers(0, 700), units=st.integers(0, 2), restock=st.booleans())
    def gives_back(self, which: int, whole: bool, cents: int, units: int, restock: bool) -> None:
        order = self._order(which)
        line = lines_of(self.shop, order)[0]
        lines = None if whole else [RefundLine(line.id, units, cents * 10_000)]
        self._tried(lambda: ask_refund(self.shop, order, lines, restock=restock))

    @rule()
    def the_processor_moves(self) -> None:
        move(self.shop)

    @rule()
    def a_worker_follows(self) -> None:
        later(self.shop)
        paying.follow(self.shop)
        returning.send_open(self.shop)

    @precondition(lambda self: self.orders)
    @rule(which=WHICH)
    def a_bank_wants_it_back(self, which: int) -> None:
        paid = [each for each in payments_of(self.shop, self._order(which)) if each.state == "paid"]
        if paid and f"sd_{paid[0].reference[3:]}" not in self.disputes and not self._has_refunds(paid[0]):
            with tenant_work(self.shop) as session:
                if (
                    session.scalar(select(SandboxCharge.ending).where(SandboxCharge.reference == paid[0].reference))
                    == "0259"
                ):
                    return  # this card's bank comes by itself
                found = sandbox.dispute(session, paid[0].reference)
                hearing.hear_of(session, [(found.reference, found.state)])
            self.disputes.append(found.reference)

    def _has_refunds(self, payment: Payment) -> bool:
        """A processor refuses refunds of what is disputed; one that is under way meanwhile is another test's."""
        return (
            the_order(self.shop, next(each for each in self.orders if each.id == payment.order_id)).refunded_micros > 0
        )

    @precondition(lambda self: self.disputes)
    @rule(which=WHICH, is_won=st.booleans())
    def banks_decide(self, which: int, is_won: bool) -> None:
        reference = self.disputes.pop(which % len(self.disputes))
        with tenant_work(self.shop) as session:
            found = sandbox.decide(session, reference, is_won=is_won)
            hearing.hear_of(session, [(reference, found.state)])
        hearing.hear(self.shop)

    @rule()
    def books_are_compared(self) -> None:
        reconciling.reconcile(self.shop)

    def teardown(self) -> None:
        if not hasattr(self, "shirt"):
            return
        for _ in range(3):
            move(self.shop)
            self.a_worker_follows()
        hearing.hear(self.shop)
        check_money(self.shop)
        self._check_shelf()

    def _check_shelf(self) -> None:
        with tenant_read(self.shop) as session:
            stock = session.scalars(select(Stock).where(Stock.variant_id == self.shirt.id)).one()
            waiting = (
                select(func.coalesce(func.sum(OrderLine.quantity), 0))
                .join(Order, Order.id == OrderLine.order_id)
                .where(OrderLine.variant_id == self.shirt.id)
            )
            placed = session.scalar(waiting.where(Order.state == "placed"))
            sold = session.scalar(waiting.where(Order.paid_at.is_not(None)))
            lines = select(OrderLine.id).where(OrderLine.variant_id == self.shirt.id)
            noted = session.scalar(
                select(func.coalesce(func.sum(StoreSale.quantity), 0)).where(
                    StoreSale.line_id.in_(lines), StoreSale.refund_id.is_(None)
                )
            )
        assert (stock.reserved, noted) == (placed, sold)
        assert IN_STOCK - sold <= stock.on_hand <= IN_STOCK


@pytest.mark.slow
def test_money_and_shirts_are_conserved(shop: Tenant) -> None:
    Till.shop = shop
    run_state_machine_as_test(
        Till,
        settings=settings(
            max_examples=8,
            stateful_step_count=18,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
