"""Books that are wrong are frozen: no money of that label moves until an operator has seen them right."""

from __future__ import annotations

import re
from datetime import date

import pytest

from app.kernel import db
from app.kernel.activity import Activity
from app.ledger.errors import BooksFrozen
from app.ledger.models import LedgerFreeze
from app.ledger.tasks import verify_ledger
from app.royalties.models import RoyaltyRun
from app.royalties.service import running
from tests.admin.conftest import console, operator  # noqa: F401  the console as operators use it
from tests.factories.labels import a_label
from tests.factories.money import MARCH, a_contract, a_payee, a_period, a_report, a_run, sold, terms, tracks_of
from tests.ledger.books import count, entry, post, reverse
from tests.ledger.test_chain import superuser  # noqa: F401  somebody who holds the whole server

RAISE = "UPDATE ledger_balances SET posted_micros = posted_micros + {}"


def verify(tenant):
    """What the nightly check does, and the work it asks for."""
    with db.tenant_work(tenant) as session:
        verify_ledger(session, tenant)
    with db.platform_work() as session:
        from app.kernel.jobs.outbox import OutboxRow
        from app.kernel.jobs.registry import tasks

        asked = session.query(OutboxRow).filter_by(task="operators.hear_of_books", label=tenant.id).all()
        told = [row.args for row in asked]
        for row in asked:
            session.delete(row)
    for args in told:
        with db.tenant_work(tenant) as session:
            tasks["operators.hear_of_books"].function(session, tenant, **args)
    return told


def freeze_of(tenant):
    with db.tenant_read(tenant) as session:
        return session.get(LedgerFreeze, 1)


def happened(tenant):
    with db.tenant_read(tenant) as session:
        rows = session.query(Activity).filter(Activity.action.like("ledger.%")).order_by(Activity.seq)
        return [(row.action, row.actor_kind) for row in rows]


@pytest.fixture
def broken(mine, superuser):  # noqa: F811
    """A label whose balances somebody changed past the database's own checks."""
    post(mine, entry("sale:1", 5))
    superuser.execute(RAISE.format(1))
    assert len(verify(mine)) == 1
    return mine


def test_right_books_are_not_frozen(mine):
    post(mine, entry("sale:1", 5))
    assert verify(mine) == []
    assert freeze_of(mine) is None
    assert post(mine, entry("sale:2", 5)) == (1, 0)


def test_wrong_books_take_nothing_in_while_other_labels_go_on(broken):
    assert "its postings add up to" in freeze_of(broken).problems[0]
    for fact in (entry("sale:2", 5), entry("sale:1", 5)):
        with pytest.raises(BooksFrozen):
            post(broken, fact)
    with pytest.raises(BooksFrozen):
        reverse(broken, "sale:1")
    assert count(broken) == 1
    assert post(a_label(), entry("sale:2", 5)) == (1, 0)


def test_a_second_check_tells_nobody_anew(broken):
    assert verify(broken) == []
    assert happened(broken) == [("ledger.frozen", "system")]


def test_operators_see_whose_books_are_frozen_and_lift_it_once_they_are_right(broken, superuser, console):  # noqa: F811
    page = f"/admin/labels/{broken.id}"
    assert f'href="{page}#books"' in console.get("/admin").text
    told = console.get(page).text
    assert "The books are frozen" in told
    assert "its postings add up to" in told
    still = console.post(f"{page}/books", data={"reason": "Looks fine"})
    assert still.status_code == 422
    assert "still wrong" in still.text
    superuser.execute(RAISE.format(-1))
    assert console.post(f"{page}/books", data={"reason": "  "}).status_code == 422
    with pytest.raises(BooksFrozen):
        post(broken, entry("sale:2", 5))
    assert console.post(f"{page}/books", data={"reason": "Restored from the copy of Monday"}).status_code == 303
    assert post(broken, entry("sale:2", 5)) == (1, 0)
    assert freeze_of(broken).reason == "Restored from the copy of Monday"
    assert happened(broken) == [("ledger.frozen", "system"), ("ledger.lifted", "operator")]
    after = console.get(page).text
    assert "The books are frozen" not in after
    assert "Let money move again" in after
    assert f'href="{page}#books"' not in console.get("/admin").text
    assert console.post(f"{page}/books", data={"reason": "Again"}).status_code == 422


def test_books_that_break_again_are_frozen_again(broken, superuser, console):  # noqa: F811
    superuser.execute(RAISE.format(-1))
    console.post(f"/admin/labels/{broken.id}/books", data={"reason": "Mended"})
    superuser.execute(RAISE.format(7))
    assert len(verify(broken)) == 1
    assert "is 12" in " ".join(freeze_of(broken).problems) or "is 2" in " ".join(freeze_of(broken).problems)
    assert f'href="/admin/labels/{broken.id}#books"' in console.get("/admin").text


def test_only_operators_lift_it(broken, client_as, client_of):
    address = f"/admin/labels/{broken.id}/books"
    assert client_as(broken).post(address, data={"reason": "Mine"}).status_code == 404
    stranger = client_of("admin.localhost").post(address, data={"reason": "Mine"})
    assert stranger.status_code in (303, 404)
    assert freeze_of(broken).lifted_at is None


@pytest.fixture
def approved(mine, tmp_path):
    """A run that only waits to be published."""
    a_contract(mine, terms(a_payee(mine)))
    a_report(mine, tmp_path, [sold(tracks_of(mine, 1)[0], Net="90")])
    run = a_run(mine, a_period(mine, *MARCH))
    with db.tenant_work(mine) as session:
        held = session.get_one(RoyaltyRun, run.id)
        held.state, held.approved_at = "approved", None
    post(mine, entry("sale:1", 5, on=date(2026, 3, 1)))
    return run


def test_a_run_is_not_published_into_frozen_books_and_says_why(mine, approved, superuser, client_as):  # noqa: F811
    superuser.execute(RAISE.format(1))
    verify(mine)
    owner, page = client_as(mine), f"/portal/royalties/runs/{approved.id}"
    assert "books are being checked" in owner.get(page).text
    refused = owner.post(f"{page}/publication")
    assert refused.status_code == 409
    main = refused.text.partition("<main")[2].partition("</main>")[0]
    assert len(re.findall("books are being checked", main)) == 1


def test_books_that_are_frozen_meanwhile_leave_the_run_approved(mine, approved, superuser, client_as):  # noqa: F811
    owner, page = client_as(mine), f"/portal/royalties/runs/{approved.id}"
    assert owner.post(f"{page}/publication").status_code == 303
    superuser.execute(RAISE.format(1))
    verify(mine)
    with db.tenant_work(mine) as session:
        running.tell_payees(session, mine, approved.id)
    with db.tenant_read(mine) as session:
        assert session.get_one(RoyaltyRun, approved.id).state == "approved"
    assert count(mine) == 1
    superuser.execute(RAISE.format(-1))
    with db.tenant_work(mine) as session:
        session.get_one(LedgerFreeze, 1).lifted_at = session.get_one(LedgerFreeze, 1).frozen_at
    assert owner.post(f"{page}/publication").status_code == 303
    with db.tenant_work(mine) as session:
        running.tell_payees(session, mine, approved.id)
        assert session.get_one(RoyaltyRun, approved.id).state == "published"
