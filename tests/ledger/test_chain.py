"""The past of a label's books: sealed, checked, carried along, and never changed without a trace."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from app.kernel import db, observe
from app.kernel.activity.tasks import check, seal_activity
from app.kernel.actor import Actor
from app.ledger.models import Posting, PostingSeal
from app.ledger.rules import Conversion
from app.ledger.service import auditing, sealing
from app.ledger.tasks import seal_ledger, verify_ledger
from app.main.commands import doctor
from tenants.archive import clone_to_sandbox, export_label, import_archive, restore_label
from tenants.registry.queries import fresh_tenant
from tests.factories.labels import a_label
from tests.factories.quiet import settled
from tests.ledger.books import (
    INCOME,
    OWED,
    PAYEE,
    ROYALTIES,
    account,
    all_balances,
    assert_balanced,
    convert,
    count,
    entry,
    post,
    reverse,
)


def sealed(tenant):
    settled()
    with db.tenant_work(tenant) as session:
        return sealing.seal(session, Actor.system(tenant))


def verdict(tenant):
    with db.tenant_read(tenant) as session:
        found = sealing.verify(session)
    return found.ok, found.position, found.problem


def problems(tenant):
    with db.tenant_read(tenant) as session:
        return auditing.problems(session)


@pytest.fixture
def superuser(services, database_name, mine):
    """Somebody who holds the whole server, and writes with the triggers off."""
    with services.superuser(database_name) as connection:
        connection.execute(f'SET search_path = "{mine.id}"')
        connection.execute("SET session_replication_role = replica")
        yield connection


def lived_in(tenant):
    """Books with sales, royalties, a conversion and a reversal, sealed in two steps."""
    post(tenant, *[entry(f"sale:{letter}", 10) for letter in "abcd"])
    assert sealed(tenant).position == 4
    post(tenant, entry("royalty", 4, debit=ROYALTIES, credit=PAYEE, subject_type="statement", subject_id=UUID(int=2)))
    convert(
        tenant,
        Conversion(
            "paid", account("clearing", currency="USD"), OWED, 30, "EUR", Decimal("1.1"), date(2026, 4, 1), "Paid"
        ),
    )
    reverse(tenant, "sale:d")
    assert sealed(tenant).position == 8


def test_every_posting_is_sealed_once_in_the_order_in_which_it_came(mine):
    lived_in(mine)
    assert sealed(mine).position == 8
    with db.tenant_read(mine) as session:
        links = session.scalars(select(PostingSeal.posting_id).order_by(PostingSeal.position)).all()
        assert links == session.scalars(select(Posting.id).order_by(Posting.xid, Posting.seq)).all()
    assert verdict(mine) == (True, 8, "")
    assert problems(mine) == []


def test_what_is_still_open_is_sealed_later(mine):
    with db.tenant_work(mine) as session:
        from app.ledger import service

        service.post(session, Actor.system(mine), [entry("late", 1)])
        other = account("receivable", 2)
        post(mine, entry("early", 1, debit=other, credit=account("suspense")))
        assert sealed(mine).position == 0
    assert sealed(mine).position == 2
    assert verdict(mine) == (True, 2, "")


@pytest.mark.parametrize(
    ("tampering", "place", "problem"),
    [
        ("UPDATE postings SET amount_micros = 11 WHERE key = 'sale:c'", 3, "altered"),
        ("UPDATE postings SET reason = 'x' WHERE key = 'sale:c'", 3, "altered"),
        ("UPDATE postings SET booked_on = booked_on + 1 WHERE key = 'sale:c'", 3, "altered"),
        ("UPDATE postings SET posted_at = posted_at + interval '1 microsecond' WHERE key = 'sale:c'", 3, "altered"),
        ("UPDATE postings SET debit_id = credit_id, credit_id = debit_id WHERE key = 'sale:c'", 3, "altered"),
        ("UPDATE postings SET currency = 'USD' WHERE key = 'sale:c'", 3, "altered"),
        ("UPDATE postings SET subject_id = gen_random_uuid() WHERE key = 'sale:c'", 3, "altered"),
        ("UPDATE postings SET posted_by = gen_random_uuid() WHERE key = 'sale:c'", 3, "altered"),
        ("UPDATE postings SET reverses_id = id WHERE key = 'sale:c'", 3, "altered"),
        ("UPDATE postings SET input_hash = '' WHERE key = 'sale:c'", 3, "altered"),
        ("UPDATE ledger_accounts SET subject = gen_random_uuid() WHERE kind = 'receivable'", 1, "altered"),
        ("DELETE FROM ledger_accounts WHERE kind = 'payable'", 5, "altered"),
        ("DELETE FROM postings WHERE key = 'sale:c'", 3, "missing"),
        ("DELETE FROM posting_seals WHERE position = 3", 3, "missing"),
        ("UPDATE posting_seals SET hash = sha256('guess') WHERE position = 3", 3, "altered"),
        ("DELETE FROM posting_seals WHERE position > 6", 7, "cut off"),
    ],
)
def test_whoever_changes_the_past_with_the_triggers_off_is_found_at_the_first_bad_row(
    mine, superuser, tampering, place, problem
):
    lived_in(mine)
    superuser.execute(tampering)
    assert verdict(mine) == (False, place, problem)
    assert any(f"link {place}" in sentence and problem in sentence for sentence in problems(mine))
    with suppress(sealing.ChainBroken):
        sealed(mine)
    assert not verdict(mine)[0], "sealing healed it"


def test_the_first_bad_row_is_named_by_what_it_was_posted_for(mine, superuser):
    lived_in(mine)
    superuser.execute("UPDATE postings SET amount_micros = 11 WHERE key IN ('sale:b', 'sale:c')")
    told = problems(mine)
    assert any("“sale:b”" in sentence for sentence in told)
    assert any(sentence.startswith("the balance of ledger account") for sentence in told)


def test_a_past_that_was_cut_off_is_not_hidden_by_what_is_posted_later(mine, superuser):
    lived_in(mine)
    superuser.execute("DELETE FROM posting_seals WHERE position > 7")
    superuser.execute("DELETE FROM postings WHERE key = 'reverse:sale:d'")
    post(mine, entry("sale:e", 1))
    with pytest.raises(sealing.ChainBroken):
        sealed(mine)
    assert verdict(mine) == (False, 8, "cut off")


def test_what_activity_says_of_the_end_is_itself_sealed_and_kept_outside(mine, superuser):
    lived_in(mine)
    for _ in range(2):
        settled()
        with db.tenant_work(mine) as session:
            seal_activity(session, mine)
    assert check(mine)
    superuser.execute("""UPDATE activity SET after = after || '{"position": 4}' WHERE action = 'ledger.sealed'""")
    assert not check(mine)


def test_a_balance_changed_with_the_triggers_off_is_found(mine, superuser):
    lived_in(mine)
    superuser.execute("UPDATE ledger_balances SET posted_micros = posted_micros + 1 WHERE posted_micros = 4")
    told = problems(mine)
    assert len(told) == 2
    assert told[0].endswith("is 5 and its postings add up to 4")
    assert told[1] == "the ledger is out of balance by 1 EUR"


def test_the_daily_check_raises_an_alarm_and_repairs_nothing(services, database_name, mine, superuser, capsys):
    post(mine, entry("sale:1", 5))
    settled()
    with db.tenant_work(mine) as session:
        seal_ledger(session, mine)
    superuser.execute("UPDATE postings SET reason = 'x'")
    observe.configure(services.settings(database_name), process="test")
    with db.tenant_work(mine) as session:
        verify_ledger(session, mine)
    assert '"ledger.wrong"' in capsys.readouterr().err
    assert verdict(mine) == (False, 1, "altered")


def test_the_doctor_looks_into_every_labels_books(mine, superuser, connected):
    lived_in(mine)
    assert not [found for found in doctor.books(connected) if found.label == mine.slug]
    superuser.execute("UPDATE postings SET amount_micros = 11 WHERE key = 'sale:c'")
    told = [found.problem for found in doctor.books(connected) if found.label == mine.slug]
    assert any("sale:c" in problem for problem in told)


def test_an_imported_label_has_every_posting_every_balance_and_a_whole_chain(mine, tmp_path):
    lived_in(mine)
    post(mine, entry("sale:unsealed", 3))
    export_label(fresh_tenant(mine.id), tmp_path / "label.tar")
    other = a_label()
    import_archive(other, tmp_path / "label.tar")
    assert all_balances(other) == all_balances(mine)
    assert count(other) == count(mine) == 9
    assert problems(other) == []
    assert post(other, entry("sale:a", 10), entry("sale:f", 1)) == (1, 1)
    assert sealed(other).position == 10
    assert problems(other) == []
    assert_balanced(other)


def test_a_restored_label_has_the_balances_of_its_archive_and_goes_on(mine, tmp_path):
    lived_in(mine)
    before = all_balances(mine)
    export_label(fresh_tenant(mine.id), tmp_path / "label.tar")
    post(mine, entry("sale:later", 50))
    assert all_balances(mine) != before
    restore_label(fresh_tenant(mine.id), tmp_path / "label.tar")
    restored = fresh_tenant(mine.id)
    assert all_balances(restored) == before
    post(restored, entry("sale:later", 1))
    assert all_balances(restored)[INCOME] == before[INCOME] + 1
    sealed(restored)
    assert problems(restored) == []
    assert_balanced(restored)


def test_a_sandbox_has_books_of_its_own(mine):
    lived_in(mine)
    before = all_balances(mine)
    sandbox = clone_to_sandbox(fresh_tenant(mine.id), slug=f"sand-{mine.slug[-12:]}")
    post(sandbox, entry("sale:x", 1))
    assert all_balances(sandbox)[INCOME] == before[INCOME] + 1
    assert all_balances(mine) == before
