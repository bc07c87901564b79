"""Any order of everything that people, workers, the bank and time can do: no cent is lost, and none is paid twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select, update

from app.kernel import clock, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Refusal
from app.kernel.money import from_minor
from app.kernel.tenant import Tenant
from app.payouts.gateways import rails, sandbox
from app.payouts.gateways.sandbox import ENDINGS
from app.payouts.models import Payout, PayoutHold, PayoutRequest, PayoutRun, PayoutSchedule
from app.payouts.rules.accounts import Typed
from app.payouts.rules.schedules import MANUAL, Schedule
from app.payouts.service import hearing, holds, methods, promising, reconciling, requesting, runs, scheduling, sending
from app.payouts.service.quoting import Asked
from app.payouts.service.requesting import Wish
from app.roster.models import Payee
from tests.factories.labels import a_label
from tests.factories.payouts import a_method, an_iban, behind, check_books, earn, four_numbers, given_back, owed, way
from tests.factories.payouts import ways as ways_of

AT_ONCE = 3
EXAMPLES = 10
MONEY = (("20000", "EUR"), ("900", "USD"), ("450000", "JPY"), ("777.777", "KWD"))
PEOPLE = tuple(ids.new_id() for _ in range(3))
WHICH = st.integers(0, AT_ONCE - 1)
PLACE = st.integers(0, 1_000)
PARTS = st.sampled_from([(1, 1), (1, 2), (1, 3), (99, 100), (2, 1), (0, 1)])
PAUSES = st.sampled_from(
    [timedelta(minutes=-10), timedelta(hours=-3), timedelta(seconds=50), timedelta(minutes=30), timedelta(hours=2),
     timedelta(days=1), timedelta(days=4), timedelta(days=31)]
)  # fmt: skip


class Pool:
    """Payees with money for one example after another; a label is opened when none is left."""

    folder: ClassVar[Path]
    label: ClassVar[Tenant]
    left: ClassVar[list[Payee]] = []

    @classmethod
    def take(cls) -> tuple[Tenant, list[Payee]]:
        if len(cls.left) < AT_ONCE:
            money = [MONEY[number % len(MONEY)] for number in range(AT_ONCE * EXAMPLES)]
            cls.label = a_label(slug=f"machine-{ids.new_id().hex[-12:]}")
            amounts, currencies = zip(*money, strict=True)
            cls.left = owed(cls.label, cls.folder, amounts, currency=currencies)
        taken, cls.left = cls.left[:AT_ONCE], cls.left[AT_ONCE:]
        return cls.label, taken


class Payouts(RuleBasedStateMachine):
    """Three payees of a label beside what they ever earned; whatever was not paid to them is owed to them still."""

    @initialize()
    def begins(self) -> None:
        self.label, self.payees = Pool.take()
        self.now = clock.now()
        self.earned = {payee.id: sum(four_numbers(self.label, payee)) for payee in self.payees}
        self.wishes: list[tuple[Actor, Wish, list[Any]]] = []
        self.events: list[str] = []

    def teardown(self) -> None:
        if not hasattr(self, "label"):
            return
        for _ in range(3):  # accepted, paid, returned
            self.now += timedelta(days=32)
            with self.there():
                self.let_bank_move()
                sending.send_due(self.label)
                sending.ask_again(self.label)
                hearing.hear(self.label)
        with tenant_read(self.label) as session:
            wanted = select(Payout).where(Payout.state.in_(("approved", "sending", "unknown", "sent")))
            assert list(session.scalars(wanted)) == [], "everything that could leave has left or is back"
        self.the_books_are_right()

    @contextmanager
    def there(self) -> Iterator[None]:
        with clock.frozen_at(self.now):
            yield

    def by(self, number: int) -> Actor:
        return Actor(kind="member", id=PEOPLE[number], tenant=self.label, name=f"Person {number}")

    def tried(self, act: Callable[[Any], Any]) -> Any:
        """Do something in a transaction; None where it is refused, and then nothing of it happened."""
        with self.there():
            try:
                with tenant_work(self.label) as session:
                    return act(session)
            except Refusal:
                return None

    def chosen(self, session: Any, model: Any, place: int, *which: Any) -> Any:
        """One of the rows of this example's payees, locked; None where there is none."""
        query = select(model).where(*which).order_by(model.id)
        if hasattr(model, "payee_id"):
            query = query.where(model.payee_id.in_([payee.id for payee in self.payees]))
        found = list(session.scalars(query.with_for_update()))
        return found[place % len(found)] if found else None

    # People

    @rule(which=WHICH, part=PARTS, speed=st.sampled_from(["instant", "standard"]), person=st.integers(0, 1))
    def asks(self, which: int, part: tuple[int, int], speed: Any, person: int) -> None:
        payee, available = self.payees[which], self.available(which)
        step = from_minor(1, payee.currency)
        minor = None if part == (1, 1) else max(available, 0) // step * part[0] // part[1]
        wish, actor = Wish(payee.id, Asked(payee.currency, minor, speed), f"k{len(self.wishes)}"), self.by(person)
        limits, whole = self.limits(payee), given_back(self.label, payee)
        made = self.tried(lambda session: requesting.request(session, self.label, actor, wish, limits))
        if made is None:
            assert self.available(which) == available
            return
        if whole >= 0:  # what was shared before goes first; dividing it between accounts may leave a cent of it
            wanted = min(whole, sum(each.gross_micros for each in made)) - step * (len(made) - 1)
            assert wanted <= sum(each.exempt_micros for each in made) <= whole
        assert 0 < sum(each.gross_micros for each in made) <= available
        self.wishes.append((actor, wish, [each.id for each in made]))

    @rule(place=PLACE)
    def asks_once_more_under_the_same_key(self, place: int) -> None:
        if self.wishes:
            actor, wish, made = self.wishes[place % len(self.wishes)]
            limits = self.limits(next(each for each in self.payees if each.id == wish.payee))
            again = self.tried(lambda session: requesting.request(session, self.label, actor, wish, limits))
            assert [each.id for each in again] == made

    @rule(place=PLACE, person=st.integers(0, 2))
    def approves(self, place: int, person: int) -> None:
        def act(session: Any) -> None:
            payout = self.chosen(session, Payout, place, Payout.state == "reserved")
            if payout is not None:
                requesting.approve(session, self.by(person), payout)

        self.tried(act)

    @rule(place=PLACE, rejected=st.booleans())
    def stops(self, place: int, rejected: bool) -> None:
        def act(session: Any) -> None:
            payout = self.chosen(session, Payout, place)
            if payout is not None:
                requesting.stop(session, self.by(2), payout, rejected=rejected)

        self.tried(act)

    @rule(which=WHICH, ending=st.sampled_from(["1234", *ENDINGS]))
    def adds_an_account(self, which: int, ending: str) -> None:
        with self.there():
            a_method(self.label, self.payees[which], ending, is_old=ending != "1234")

    @rule(which=WHICH, place=PLACE)
    def removes_an_account(self, which: int, place: int) -> None:
        def act(session: Any) -> None:
            payee = session.get_one(Payee, self.payees[which].id)
            known = methods.methods_of(session, [payee.id]).get(payee.id, [])
            if known:
                held = methods.method_of(session, payee, known[place % len(known)].id)
                methods.remove(session, self.by(2), payee, held)
            if len(known) < 2:
                typed = Typed(scheme="iban", holder=payee.name, number=an_iban())
                methods.add(session, self.label, self.by(2), payee, typed)

        self.tried(act)

    @rule(which=WHICH, percent=st.sampled_from([-120, -30, 10]))
    def earns_or_gives_back(self, which: int, percent: int) -> None:
        payee = self.payees[which]
        micros = max(self.earned[payee.id], 1_000_000) * percent // 100
        with self.there():
            earn(self.label, payee, micros)
        self.earned[payee.id] += micros

    # Holds

    @rule(which=WHICH, part=PARTS)
    def holds_back(self, which: int, part: tuple[int, int]) -> None:
        payee, before = self.payees[which], self.available(which)
        micros = max(before, 0) * part[0] // part[1]
        held = self.tried(
            lambda session: holds.hold(
                session, self.by(0), payee, currency=payee.currency, amount_micros=micros, reason="disputed"
            )
        )
        assert (held is not None) == (0 < micros <= before)

    @rule(place=PLACE, person=st.integers(0, 1), again=st.booleans())
    def renews_or_lets_go(self, place: int, person: int, again: bool) -> None:
        def act(session: Any) -> None:
            held = self.chosen(session, PayoutHold, place)
            if held is not None:
                (holds.renew if again else holds.release)(session, self.by(person), held)

        self.tried(act)

    # Runs

    @rule()
    def opens_a_run(self) -> None:
        wanted, limits = [payee.id for payee in self.payees], ways_of(self.label, *(each[1] for each in MONEY))
        self.tried(lambda session: runs.open_run(session, self.label, self.by(0), limits, wanted))

    @rule(place=PLACE, line=st.integers(1, 4), excluded=st.booleans())
    def changes_a_run(self, place: int, line: int, excluded: bool) -> None:
        def act(session: Any) -> None:
            run = self.chosen(session, PayoutRun, place)
            if run is not None:
                runs.set_lines(session, self.by(0), run, [line], excluded=excluded)

        self.tried(act)

    @rule(place=PLACE, how=st.sampled_from(["submit", "submit", "reopen", "cancel"]))
    def moves_a_run(self, place: int, how: str) -> None:
        def act(session: Any) -> None:
            run = self.chosen(session, PayoutRun, place, PayoutRun.state.in_(("open", "submitted")))
            if run is not None:
                getattr(runs, how)(session, self.by(0), run)

        self.tried(act)

    @rule(place=PLACE, person=st.integers(0, 1))
    def approves_a_run(self, place: int, person: int) -> None:
        def act(session: Any) -> None:
            run = self.chosen(session, PayoutRun, place, PayoutRun.state != "open")
            if run is not None:
                runs.approve(session, self.label, self.by(person), run, seen_hash=str(run.batch_hash))

        self.tried(act)

    # Schedules

    @rule(
        which=WHICH, rhythm=st.sampled_from([Schedule("daily"), Schedule("monthly", 31), Schedule("weekly", 5), MANUAL])
    )
    def sets_a_schedule(self, which: int, rhythm: Schedule) -> None:
        self.tried(lambda session: scheduling.set_schedule(session, self.by(0), self.payees[which], rhythm))

    @rule()
    def pays_by_schedule(self) -> None:
        with self.there():
            scheduling.pay_scheduled(self.label)
        with tenant_read(self.label) as session:
            late = select(PayoutSchedule).where(PayoutSchedule.next_on <= self.now.date())
            assert list(session.scalars(late)) == []

    # Workers

    @rule()
    def sends(self) -> None:
        with self.there():
            sending.send_due(self.label)

    @rule(is_sent=st.booleans())
    def dies_while_sending(self, is_sent: bool) -> None:
        """A worker that is gone after it wrote the try down, or after the bank had it and before the answer was kept."""
        with self.there():
            orders = [order for _, order in sending.claim(self.label)]
            if is_sent and orders:
                list(rails.named("sandbox").send(self.label, orders))

    @rule()
    def asks_what_became_of_it(self) -> None:
        with self.there():
            sending.ask_again(self.label)

    @rule()
    def asks_at_once(self) -> None:
        with tenant_work(self.label) as session:
            session.execute(update(Payout).values(due_at=self.now - timedelta(seconds=1)))
        self.asks_what_became_of_it()

    @rule()
    def hears(self) -> None:
        with self.there():
            hearing.hear(self.label)

    @rule(place=PLACE)
    def hears_again_what_it_heard(self, place: int) -> None:
        """The bank says something once more, under its own name or under a new one, or of something unknown."""
        reference = self.events[place % len(self.events)] if self.events else "sb_nothing"
        for event_id in (f"{reference}:paid", f"again-{ids.new_id()}"):
            self.tried(lambda session, event_id=event_id: self.receive(session, event_id, reference))
        self.tried(lambda session: self.receive(session, f"odd-{ids.new_id()}", f"sb_{place}"))

    def receive(self, session: Any, event_id: str, reference: str) -> None:
        hearing.receive(
            session, rail="sandbox", event_id=event_id, kind="paid", reference=reference, payload=b'{"state":"paid"}'
        )

    @rule()
    def keeps_promises(self) -> None:
        with self.there():
            promising.keep(self.label)
            holds.release_over(self.label)

    @rule()
    def reconciles(self) -> None:
        with self.there():
            assert reconciling.reconcile(self.label) == 0

    # The bank and time

    @rule(is_told=st.booleans())
    def bank_moves(self, is_told: bool) -> None:
        with self.there():
            self.let_bank_move(is_told=is_told)

    def let_bank_move(self, *, is_told: bool = True) -> None:
        with tenant_work(self.label) as session:
            moved = sandbox.move(session)
            self.events += [row.reference for row in moved]
            if is_told:
                hearing.hear_of(session, moved)

    @rule(pause=PAUSES)
    def time_passes(self, pause: timedelta) -> None:
        self.now += pause

    # What is always so

    def available(self, which: int) -> int:
        return four_numbers(self.label, self.payees[which])[0]

    def limits(self, payee: Payee) -> Any:
        with self.there():
            return way(self.label, payee.currency)

    @invariant()
    def the_books_are_right(self) -> None:
        if hasattr(self, "label"):
            check_books(self.label)

    @invariant()
    def what_was_not_paid_is_owed(self) -> None:
        if not hasattr(self, "label"):
            return
        with tenant_read(self.label) as session:
            paid = list(session.scalars(select(Payout).where(Payout.state == "paid")))
        for payee in self.payees:
            went = sum(
                each.gross_micros - (each.fee_micros if each.fee_returned_at else 0)
                for each in paid
                if each.payee_id == payee.id
            )
            has = sum(four_numbers(self.label, payee)) + behind(self.label, payee)
            assert has + went == self.earned[payee.id]

    @invariant()
    def no_fee_went_back_too_early_and_each_wish_was_granted_once(self) -> None:
        if not hasattr(self, "label"):
            return
        with tenant_read(self.label) as session:
            for payout in session.scalars(select(Payout).where(Payout.fee_returned_at.is_not(None))):
                assert payout.promised_by <= payout.fee_returned_at
            asked = list(session.scalars(select(PayoutRequest.request_id)))
            assert len(asked) == len(set(asked))
            made = list(session.execute(select(Payout.request_id, Payout.method_id, Payout.currency)))
            assert len(made) == len(set(made))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_whatever_happens_in_whatever_order_the_money_is_right(connected, tmp_path):
    Pool.folder, Pool.left = tmp_path, []
    run_state_machine_as_test(
        Payouts,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
