"""One person decides up to an amount in the label's own currency, whatever currency is paid out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.identity.errors import SamePerson
from app.kernel import clock
from app.kernel.db import tenant_read, tenant_work
from app.ledger.models import Posting
from app.payouts.models import PayoutRun
from app.payouts.service import books, promising, runs, sending
from tests.factories.labels import a_label
from tests.factories.payouts import a_day_later, a_person, ask, owed, ways


@pytest.mark.parametrize(
    ("currency", "earned", "state"),
    [
        ("EUR", "9999", "approved"),
        ("EUR", "10001", "reserved"),
        ("JPY", "1700000", "approved"),
        ("JPY", "1900000", "reserved"),
        ("KWD", "3500", "approved"),
        ("KWD", "3600", "reserved"),
        ("CHF", "50", "reserved"),
    ],
)
def test_an_amount_is_large_by_what_it_is_in_the_labels_currency_or_where_nobody_knows(
    connected, tmp_path, currency, earned, state
):
    """10,000 euros are 1,800,000 yen and 3,560 dinars; of francs no rate is known."""
    label = a_label(currency="EUR")
    (payee,) = owed(label, tmp_path, [earned], currency=currency)
    (payout,) = ask(label, payee)
    assert payout.state == state


@pytest.mark.parametrize(
    ("amounts", "currencies", "is_large"),
    [
        (["1700000"], ["JPY"], False),
        (["1700000", "1000"], ["JPY", "EUR"], True),
        (["3600"], ["KWD"], True),
        (["50"], ["CHF"], True),
    ],
)
def test_all_that_a_run_pays_counts_in_one_currency(connected, tmp_path, amounts, currencies, is_large):
    label = a_label(currency="EUR")
    owed(label, tmp_path, amounts, currency=currencies)
    ada = a_person(label)
    limits = ways(label, *currencies)
    with tenant_work(label) as session:
        run = runs.open_run(session, label, ada, limits)
        runs.submit(session, ada, run)
        assert runs.is_large(session, run) is is_large
    with tenant_work(label) as session:
        held = session.get_one(PayoutRun, run.id)
        if is_large:
            with pytest.raises(SamePerson):
                runs.approve(session, label, ada, held, seen_hash=str(held.batch_hash))
        else:
            assert runs.approve(session, label, ada, held, seen_hash=str(held.batch_hash)) == len(amounts)


@pytest.mark.parametrize(("zone", "hour"), [("Asia/Tokyo", 20), ("America/Los_Angeles", 3)])
def test_what_happens_to_money_is_posted_on_the_labels_own_day(connected, tmp_path, zone, hour):
    label = a_label(currency="EUR", time_zone=zone)
    (payee,) = owed(label, tmp_path, endings=["0003"])
    begin = (clock.now() + timedelta(days=2)).replace(hour=hour, minute=0)
    with clock.frozen_at(begin):
        ask(label, payee, 10_000, speed="instant")
        sending.send_due(label)
    with clock.frozen_at(begin + timedelta(minutes=61)):
        assert promising.keep(label) == 1
        a_day_later(label)
    with tenant_read(label) as session:
        days = set(session.scalars(select(Posting.booked_on).where(Posting.subject_type == books.SUBJECT)))
    assert days == {clock.day_in(zone, begin)} != {begin.date()}
