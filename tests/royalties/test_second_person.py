"""Large runs are approved by a second person: how large, in which currency, and what to do where there is none."""

from __future__ import annotations

from sqlalchemy import update

from app.identity.models import Member
from app.kernel import clock, db
from app.royalties.models import RoyaltyRun
from tests.factories.catalog import narrowed
from tests.factories.members import a_member
from tests.factories.money import MARCH, a_period, a_report, a_run, sold
from tests.royalties.test_statement_pages import ROYALTIES, books

__all__ = ["books"]

RATE = {"base": "USD", "quote": "EUR", "on": "2026-03-31", "rate": "0.2", "source": "ECB"}


def _of_45_000(books, first):
    """A run that somebody calculated and that comes to 45,000, with nothing unusual left."""
    a_report(books.tenant, books.tmp_path, [sold(books.recordings[0], Net="90000")])
    run = a_run(books.tenant, a_period(books.tenant, *MARCH))
    with db.tenant_work(books.tenant) as session:
        session.execute(update(RoyaltyRun).values(created_by=first.id))
    one = books.signed_in(first)
    page = f"{ROYALTIES}/runs/{run.id}"
    one.post(f"{page}/sign-offs", data={"finding": "1"})
    return one, page


def test_whoever_is_alone_is_told_to_invite_somebody_and_may_set_another_limit(books):
    one, page = _of_45_000(books, a_member(books.tenant))
    assert one.post(f"{ROYALTIES}/rates", data=RATE | {"rate": "1"}).status_code == 303
    a_member(books.tenant, role="read_only")
    assert "Invite a second person" in one.get(page).text
    refused = one.post(f"{page}/approval")
    assert refused.status_code == 409
    assert "nobody else here may. Invite a second person" in refused.text
    assert one.post("/portal/settings/money", data={"alone_up_to": "50000"}).status_code == 303
    assert "Invite a second person" not in one.get(page).text
    assert one.post(f"{page}/approval").status_code == 303


def test_somebody_who_is_disabled_or_sees_a_part_of_the_label_is_no_second_person(books):
    one, page = _of_45_000(books, a_member(books.tenant))
    gone, narrow = a_member(books.tenant), a_member(books.tenant, role="royalties")
    narrowed(books.tenant, narrow, artists=["ada"])
    with db.tenant_work(books.tenant) as session:
        session.execute(update(Member).where(Member.id == gone.id).values(disabled_at=clock.now()))
    assert "nobody else here may" in one.post(f"{page}/approval").text


def test_the_limit_is_in_the_labels_currency_and_sums_are_converted(books):
    one, page = _of_45_000(books, a_member(books.tenant))
    assert one.post("/portal/settings/money", data={"alone_up_to": "1000"}).status_code == 303
    assert one.post(f"{ROYALTIES}/rates", data=RATE).status_code == 303
    assert one.post(f"{page}/approval").status_code == 409
    assert one.post("/portal/settings/money", data={"alone_up_to": "9500"}).status_code == 303
    assert one.post(f"{page}/approval").status_code == 303


def test_a_sum_of_which_no_rate_is_known_is_large_whatever_the_limit(books):
    one, page = _of_45_000(books, a_member(books.tenant))
    assert one.post("/portal/settings/money", data={"alone_up_to": "50000"}).status_code == 303
    assert one.post(f"{page}/approval").status_code == 409
    assert one.post(f"{ROYALTIES}/rates", data=RATE).status_code == 303
    assert one.post(f"{page}/approval").status_code == 303
