"""A posting is one row with two accounts: written once, never changed, taken back only by another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from uuid import UUID

import pytest
from psycopg import errors as pg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.kernel import db
from app.kernel.actor import Actor
from app.kernel.money import CurrencyUnknown
from app.ledger import service
from app.ledger.errors import (
    AccountsEqual,
    AlreadyReversed,
    AmountNotPositive,
    CurrenciesDiffer,
    KeyUnusable,
    NotReversible,
    PostedDifferently,
    PostingUnknown,
)
from app.ledger.rules import REVERSAL, Kind, posting_id
from tests.ledger.books import (
    DAY,
    INCOME,
    OWED,
    PAYEE,
    ROYALTIES,
    account,
    all_balances,
    assert_balanced,
    count,
    entry,
    holds,
    post,
    reverse,
)


def test_a_sale_is_owed_and_earned(mine):
    assert post(mine, entry("sale:1", 1_250_000), entry("sale:2", 3)) == (2, 0)
    assert holds(mine, OWED) == holds(mine, INCOME) == 1_250_003
    assert_balanced(mine)


def test_each_account_counts_on_the_side_on_which_it_grows(mine):
    post(
        mine,
        entry("royalty", 40, debit=ROYALTIES, credit=PAYEE),
        entry("advance", 100, debit=account("advance", 5), credit=account("clearing")),
    )
    assert holds(mine, PAYEE) == 40
    assert holds(mine, account("advance", 5)) == 100
    assert holds(mine, account("clearing")) == -100
    assert holds(mine, account("payable", 8)) == 0


def test_balances_are_asked_for_by_kind_and_by_whose_they_are(mine):
    for payee in (7, 8, 9):
        post(mine, entry(f"royalty:{payee}", payee, debit=ROYALTIES, credit=account("payable", payee)))
    with db.tenant_read(mine) as session:
        found = service.balances(session, kind=Kind.PAYABLE, subjects=[UUID(int=7), UUID(int=9)])
    assert found == {account("payable", 7): 7, account("payable", 9): 9}


def test_the_same_fact_posted_again_is_harmless(mine):
    facts = [entry(f"sale:{number}", number + 1) for number in range(20)]
    assert post(mine, *facts) == (20, 0)
    assert post(mine, *facts, entry("sale:20", 5)) == (1, 20)
    assert post(mine, facts[0], facts[0]) == (0, 2)
    assert count(mine) == 21
    assert_balanced(mine)


@pytest.mark.parametrize(
    "altered",
    [
        {"micros": 6},
        {"debit": account("receivable", 2)},
        {"credit": account("suspense")},
        {"on": DAY + timedelta(days=1)},
        {"reason": "Another sale"},
        {"subject_type": "sale"},
        {"subject_id": UUID(int=3)},
    ],
)
def test_the_same_key_with_other_details_is_a_conflict_and_nothing_is_posted(mine, altered):
    post(mine, entry("sale:1", 5))
    before = all_balances(mine)
    with pytest.raises(PostedDifferently, match="sale:1"):
        post(mine, entry("sale:0", 9), entry("sale:1", **({"micros": 5} | altered)), entry("sale:2", 9))
    assert (all_balances(mine), count(mine)) == (before, 1)


def test_a_refused_batch_leaves_nothing_even_where_the_caller_goes_on(mine):
    post(mine, entry("sale:1", 5))
    with db.tenant_work(mine) as session:
        with pytest.raises(PostedDifferently):
            service.post(session, Actor.system(mine), [entry("sale:0", 9), entry("sale:1", 6)])
        service.post(session, Actor.system(mine), [entry("sale:3", 1)])
    assert holds(mine, OWED) == 6
    assert_balanced(mine)


def test_one_batch_cannot_say_two_things_of_one_fact(mine):
    with pytest.raises(PostedDifferently):
        post(mine, entry("sale:1", 5), entry("sale:1", 6))
    assert count(mine) == 0


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"micros": 0}, AmountNotPositive),
        ({"micros": -1}, AmountNotPositive),
        ({"micros": 2**63}, AmountNotPositive),
        ({"credit": account("income", currency="USD")}, CurrenciesDiffer),
        ({"credit": OWED}, AccountsEqual),
        ({"key": ""}, KeyUnusable),
        ({"key": "x" * 201}, KeyUnusable),
        ({"key": "a\x1fb"}, KeyUnusable),
        ({"key": "a\x00b"}, KeyUnusable),
        ({"key": REVERSAL + "a"}, KeyUnusable),
        ({"reason": ""}, KeyUnusable),
        ({"reason": "a\x1fb"}, KeyUnusable),
        ({"debit": account("income", 1, "XXY"), "credit": account("income", 2, "XXY")}, CurrencyUnknown),
    ],
)
def test_what_cannot_be_posted_is_refused_in_a_sentence(mine, wrong, refusal):
    with pytest.raises(refusal):
        post(mine, entry("sale:0", 1), entry(**({"key": "sale:1", "micros": 1} | wrong)))
    assert count(mine) == 0


def test_nothing_is_posted_of_nothing(mine):
    assert post(mine) == (0, 0)
    assert reverse(mine) == (0, 0)


def test_a_posting_is_taken_back_by_its_mirror_image_once(mine):
    post(mine, entry("sale:1", 5, subject_type="sale", subject_id=UUID(int=3)), entry("sale:2", 7))
    assert reverse(mine, "sale:1") == (1, 0)
    assert holds(mine, OWED) == holds(mine, INCOME) == 7
    assert reverse(mine, "sale:1", "sale:2") == (1, 1)
    assert (holds(mine, OWED), count(mine)) == (0, 4)
    with db.tenant_read(mine) as session:
        row = session.execute(text("SELECT subject_type, reverses_id FROM postings WHERE key = 'reverse:sale:1'")).one()
    assert row == ("sale", posting_id("sale:1"))
    assert_balanced(mine)


def test_a_posting_is_not_taken_back_in_a_second_way(mine):
    post(mine, entry("sale:1", 5), entry("sale:2", 5))
    reverse(mine, "sale:1")
    for other in ({"on": DAY + timedelta(days=1)}, {"reason": "For another reason"}):
        with pytest.raises(AlreadyReversed, match="“sale:1”"):
            reverse(mine, "sale:2", "sale:1", **other)
    assert holds(mine, OWED) == 5


def test_what_takes_back_is_not_taken_back(mine):
    post(mine, entry("sale:1", 5))
    reverse(mine, "sale:1")
    with pytest.raises(NotReversible):
        reverse(mine, REVERSAL + "sale:1")


def test_what_was_never_posted_cannot_be_taken_back(mine):
    with pytest.raises(PostingUnknown):
        reverse(mine, "sale:1")
    post(mine, entry("sale:1", 5))
    with pytest.raises(KeyUnusable):
        reverse(mine, "sale:1", reason="")


def test_two_who_post_the_same_fact_at_once_post_it_once(mine):
    def attempt(turn: int, number: int) -> tuple[int, int]:
        together.wait()
        batch = [entry(f"sale:{turn}:{place}", 5, debit=account("receivable", turn)) for place in range(20)]
        return post(mine, *batch[:: 1 if number % 2 else -1])

    together = Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        for turn in range(15):
            done = list(pool.map(partial(attempt, turn), range(4)))
            assert sorted(done) == [(0, 20)] * 3 + [(20, 0)]
    assert holds(mine, INCOME) == 1_500
    assert_balanced(mine)


def test_two_who_take_the_same_fact_back_at_once_take_it_back_once(mine):
    def attempt(turn: int, _: int) -> tuple[int, int]:
        together.wait()
        return reverse(mine, f"sale:{turn}")

    together = Barrier(4)
    post(mine, *[entry(f"sale:{turn}", 5) for turn in range(15)])
    with ThreadPoolExecutor(4) as pool:
        for turn in range(15):
            assert sorted(pool.map(partial(attempt, turn), range(4))) == [(0, 1)] * 3 + [(1, 0)]
    assert holds(mine, INCOME) == 0
    assert_balanced(mine)


def test_two_who_post_different_facts_on_the_same_accounts_lose_nothing(mine):
    def attempt(number: int) -> None:
        for place in range(10):
            batch = [entry(f"{number}:{place}:{payee}", payee, debit=ROYALTIES, credit=account("payable", payee))
                     for payee in range(1, 20)]  # fmt: skip
            post(mine, *batch[:: 1 if number % 2 else -1])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(attempt, range(4)))
    assert holds(mine, account("payable", 19)) == 19 * 40
    assert_balanced(mine)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE postings SET amount_micros = 1",
        "DELETE FROM postings",
        "TRUNCATE postings CASCADE",
        "UPDATE ledger_accounts SET currency = 'USD'",
        "DELETE FROM ledger_accounts",
        "UPDATE posting_seals SET position = 9",
        "DELETE FROM posting_seals",
        "UPDATE ledger_balances SET posted_micros = 0",
        "INSERT INTO ledger_balances SELECT id, 5, 0, 0, true FROM ledger_accounts",
        "DELETE FROM ledger_balances",
        "ALTER TABLE postings DISABLE TRIGGER ALL",
        "CREATE TRIGGER again AFTER INSERT ON members EXECUTE FUNCTION keep_ledger_balances()",
    ],
)
def test_the_database_itself_refuses_a_label_that_changes_its_books(mine, statement):
    post(mine, entry("sale:1", 5))
    with pytest.raises(DBAPIError) as refused, db.tenant_work(mine) as session:
        session.execute(text(statement))
    assert isinstance(refused.value.orig, pg.InsufficientPrivilege)


ROW = (
    "INSERT INTO postings (id, key, debit_id, credit_id, currency, amount_micros, booked_on, reason, posted_at, "
    "input_hash{more}) SELECT gen_random_uuid(), 'x', {debit}, {credit}, {currency}, {micros}, now(), 'x', now(), ''"
    "{value} FROM postings LIMIT 1"
)


@pytest.mark.parametrize(
    "wrong",
    [
        {"micros": "0"},
        {"micros": "-5"},
        {"credit": "debit_id"},
        {"currency": "'USD'"},
        {"credit": "gen_random_uuid()"},
        {"more": ", xid", "value": ", 1"},
        {"more": ", reverses_id", "value": ", gen_random_uuid()"},
    ],
)
def test_money_that_does_not_balance_cannot_be_written_down_by_any_means(mine, wrong):
    post(mine, entry("sale:1", 5))
    usual = {"debit": "debit_id", "credit": "credit_id", "currency": "currency", "micros": "5", "more": "", "value": ""}
    with pytest.raises(DBAPIError), db.tenant_work(mine) as session:
        session.execute(text(ROW.format(**(usual | wrong))))
    assert_balanced(mine)


def test_a_label_that_writes_postings_past_the_service_still_has_true_balances(mine):
    post(mine, entry("sale:1", 5))
    with db.tenant_work(mine) as session:
        session.execute(
            text(ROW.format(debit="debit_id", credit="credit_id", currency="currency", micros="5", more="", value=""))
        )
    assert holds(mine, OWED) == 10
    assert_balanced(mine)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_balances SET posted_micros = posted_micros + 1",
        "UPDATE ledger_balances SET posted_micros = posted_micros + 1, xid = 0",
        "DELETE FROM ledger_balances",
        "DELETE FROM ledger_balances; INSERT INTO ledger_balances SELECT id, 5, 0, 0, false FROM ledger_accounts",
    ],
)
def test_a_balance_that_is_not_the_sum_of_its_postings_cannot_be_committed_by_the_owner_either(mine, statement):
    post(mine, entry("sale:1", 5))
    with pytest.raises(pg.IntegrityConstraintViolation), db.owner_work() as owner:
        owner.execute(f'SET LOCAL search_path = "{mine.id}"')
        owner.execute(statement)
    assert_balanced(mine)


def test_a_balance_changed_beside_its_own_posting_is_found_at_the_commit(mine):
    post(mine, entry("sale:1", 5))
    usual = {"debit": "debit_id", "credit": "credit_id", "currency": "currency", "micros": "5", "more": "", "value": ""}
    with pytest.raises(pg.IntegrityConstraintViolation), db.owner_work() as owner:
        owner.execute(f'SET LOCAL search_path = "{mine.id}"')
        owner.execute(ROW.format(**usual))
        owner.execute("UPDATE ledger_balances SET posted_micros = posted_micros + 1")
    assert holds(mine, OWED) == 5


def test_a_rivals_books_cannot_be_reached(mine, rival):
    post(mine, entry("sale:1", 5))
    assert holds(rival, OWED) == 0
    with pytest.raises(PostingUnknown):
        reverse(rival, "sale:1")
    for table in ("postings", "ledger_accounts", "ledger_balances", "posting_seals"):
        with pytest.raises(DBAPIError) as refused, db.tenant_work(rival) as session:
            session.execute(text(f'SELECT * FROM "{mine.id}".{table}'))
        assert isinstance(refused.value.orig, pg.InsufficientPrivilege)
