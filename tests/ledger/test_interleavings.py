"""Any order of postings, repetitions, reversals, conversions and sessions at once leaves the books right."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from app.kernel import db, ids
from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from app.ledger import service
from app.ledger.models import Posting
from app.ledger.rules import REVERSAL, Account, Conversion, Entry, converted
from app.ledger.service import auditing, sealing
from tests.factories.labels import a_label
from tests.factories.quiet import settled
from tests.ledger.books import DAY, account, all_balances, assert_balanced, convert, entry, post, reverse

SEEN = [account("receivable", 1), account("income"), account("payable", 7), account("royalty_expense"),
        account("clearing"), account("clearing", currency="USD"), account("receivable", 1, "USD")]  # fmt: skip
HELD = [account("advance", 5), account("cost", 5), account("reserve", 5)]
"""What the session that stays open posts to: nobody waits for it."""

KEYS = st.integers(0, 11).map("fact:{}".format)
PAIRS = st.sampled_from([(a, b) for a, b in permutations(SEEN, 2) if a.currency == b.currency])
ENTRIES = st.builds(
    lambda key, pair, micros: entry(key, micros, debit=pair[0], credit=pair[1]), KEYS, PAIRS, st.integers(1, 4)
)
PLACES = st.lists(st.integers(0, 10_000), min_size=1, max_size=4)
BATCHES = st.lists(ENTRIES, min_size=1, max_size=5)
CONVERSIONS = st.builds(
    lambda number, micros, rate, book: Conversion(
        f"fx:{number}", SEEN[4], SEEN[6], micros, "USD", Decimal(rate), DAY, "Paid", Decimal(book) if book else None
    ),
    st.integers(0, 2),
    st.integers(10, 13),
    st.sampled_from(["0.9", "1.3"]),
    st.sampled_from([None, "1.1"]),
)
ROW = (Posting.key, Posting.debit_id, Posting.credit_id, Posting.amount_micros)
Facts = dict[str, Entry]


def row_of(each: Entry) -> tuple[Any, ...]:
    return each.key, each.debit.id, each.credit.id, each.amount_micros


def with_all(known: Facts, batch: list[Entry]) -> Facts | None:
    """The facts after a batch; None if it contradicts them or itself."""
    after = dict(known)
    for each in batch:
        if after.setdefault(each.key, each) != each:
            return None
    return after


class Books(RuleBasedStateMachine):
    """A label's books beside the plainest model of them: a dictionary of what was posted, by key."""

    def __init__(self) -> None:
        super().__init__()
        self.label = a_label(slug=f"walk-{ids.new_id().hex[-12:]}")
        self.facts: Facts = {}
        self.open: ExitStack | None = None
        self.session: Any = None
        self.pending: Facts = {}
        self.held = 0

    def teardown(self) -> None:
        if self.open is not None:
            self.commit()
        settled()
        assert self.sealed() == len(self.facts)

    def tried(self, batch: list[Entry], act: Callable[[], service.Posted]) -> None:
        """Do something that comes to a batch: it happens as a whole, or is a conflict and nothing happens."""
        after = with_all(self.facts, batch)
        if after is None:
            with pytest.raises(Conflict):
                act()
        else:
            new = len(after) - len(self.facts)
            assert act() == (new, len(batch) - new)
            self.facts = after

    @rule(batch=BATCHES)
    def posts(self, batch: list[Entry]) -> None:
        self.tried(batch, lambda: post(self.label, *batch))

    def chosen(self, places: list[int], *, apart_from: tuple[str, ...] = ()) -> list[Entry]:
        """Some known facts, by numbers: which are known may have been decided by a race.

        Those on the accounts of the session that stays open are left alone: whoever took them back would wait for it.
        """
        known = [self.facts[key] for key in sorted(self.facts) if not key.startswith(("held:", *apart_from))]
        return [known[place] for place in dict.fromkeys(place % len(known) for place in places)] if known else []

    @rule(places=PLACES)
    def posts_again(self, places: list[int]) -> None:
        batch = self.chosen(places, apart_from=(REVERSAL,))
        self.tried(batch, lambda: post(self.label, *batch))

    @rule(place=PLACES, micros=st.integers(5, 6))
    def posts_altered(self, place: list[int], micros: int) -> None:
        batch = [each._replace(amount_micros=micros) for each in self.chosen(place, apart_from=("fx:", REVERSAL))]
        self.tried(batch, lambda: post(self.label, *batch))

    @rule(conversion=CONVERSIONS)
    def converts(self, conversion: Conversion) -> None:
        self.tried(converted(conversion), lambda: convert(self.label, conversion))

    @rule(places=PLACES, reason=st.sampled_from(["Wrong", "Returned"]))
    def reverses(self, places: list[int], reason: str) -> None:
        known = self.chosen(places)
        keys = [each.key for each in known]
        if any(key.startswith(REVERSAL) for key in keys):
            with pytest.raises(Conflict):
                reverse(self.label, *keys, reason=reason)
        else:
            batch = [mirrored(each, reason) for each in known]
            self.tried(batch, lambda: reverse(self.label, *keys, reason=reason))

    @rule(first=BATCHES, second=BATCHES)
    def two_post_at_once(self, first: list[Entry], second: list[Entry]) -> None:
        """What two sessions do at once is what they would have done one after the other, in one of both orders."""
        with ThreadPoolExecutor(2) as pool:
            was = tuple(pool.map(self.attempt, (first, second)))
        for order in ((0, 1), (1, 0)):
            facts, came = self.facts, [False, False]
            for place in order:
                after = with_all(facts, (first, second)[place])
                came[place], facts = after is not None, after if after is not None else facts
            if tuple(came) == was and self.posted() == set(map(row_of, facts.values())):
                self.facts = facts
                return
        raise AssertionError(f"{was} is neither order")

    def posted(self) -> set[tuple[Any, ...]]:
        """What everybody sees of what is posted."""
        with db.tenant_read(self.label) as session:
            return set(map(tuple, session.execute(select(*ROW)).all()))

    def attempt(self, batch: list[Entry]) -> bool:
        try:
            post(self.label, *batch)
        except Conflict:
            return False
        return True

    @precondition(lambda self: self.open is None)
    @rule(micros=st.lists(st.integers(1, 9), min_size=1, max_size=3))
    def begins_and_stays_open(self, micros: list[int]) -> None:
        self.open = ExitStack()
        self.session = self.open.enter_context(db.tenant_work(self.label))
        self.pending = {}
        for amount in micros:
            self.held += 1
            each = entry(f"held:{self.held}", amount, debit=HELD[self.held % 3], credit=HELD[(self.held + 1) % 3])
            service.post(self.session, Actor.system(self.label), [each])
            self.pending[each.key] = each

    @precondition(lambda self: self.open is not None)
    @rule()
    def commit(self) -> None:
        assert self.open is not None
        self.open.close()
        self.open, self.facts = None, self.facts | self.pending

    @precondition(lambda self: self.open is not None)
    @rule()
    def gives_up(self) -> None:
        assert self.open is not None
        with pytest.raises(InterruptedError), self.open:
            raise InterruptedError
        self.open = None

    @rule()
    def seals(self) -> None:
        assert self.sealed() <= len(self.facts)

    def sealed(self) -> int:
        with db.tenant_work(self.label) as session:
            return sealing.seal(session, Actor.system(self.label)).position

    @invariant()
    def the_books_are_right(self) -> None:
        assert_balanced(self.label)
        with db.tenant_read(self.label) as session:
            assert auditing.problems(session) == []

    @invariant()
    def the_balances_are_the_models(self) -> None:
        wanted: dict[Account, int] = {}
        for each in self.facts.values():
            for which, micros in ((each.debit, each.amount_micros), (each.credit, -each.amount_micros)):
                wanted[which] = wanted.get(which, 0) + which.own_side(micros)
        assert all_balances(self.label) == wanted


def mirrored(known: Entry, reason: str) -> Entry:
    return known._replace(key=REVERSAL + known.key, debit=known.credit, credit=known.debit, reason=reason)


@pytest.mark.slow
def test_any_interleaving_leaves_the_books_right(connected):
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
