"""A fee that was given back is the payee's: share and tax were taken of it before, and it is paid out whole."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.kernel import clock
from app.kernel.db import tenant_read, tenant_work
from app.ledger.rules import Kind
from app.payouts.models import PayoutMethod
from app.payouts.queries import taxed
from app.payouts.service import methods, promising, receipts, requesting, runs, sending, standing
from app.roster.models import Payee
from tests.api.held import held
from tests.factories.labels import a_label
from tests.factories.payouts import (
    a_day_later,
    a_method,
    a_person,
    ask,
    check_books,
    earn,
    four_numbers,
    held_by,
    owed,
    the_payout,
    ways,
)

EUR = 1_000_000
FEE = 900_000


@pytest.fixture
def label(connected):
    return a_label()


def late(label, payee, minor=10_000):
    """An instant payout that arrived after its hour, so that its fee is the payee's again."""
    (payout,) = ask(label, payee, minor, speed="instant")
    sending.send_due(label)
    with clock.frozen_at(clock.now() + timedelta(minutes=61)):
        assert promising.keep(label) == 1
    return payout


def arrive(label, *, days=1):
    sending.send_due(label)
    for _ in range(days):
        a_day_later(label)


@pytest.fixture
def withholding(connected):
    """A label that pays tax in the United States: of payees without a form it keeps 30 %."""
    return a_label(currency="USD")


def exempt(label, payee):
    with tenant_read(label) as session:
        return standing.exempt_of(session, [payee.id]).get((payee.id, payee.currency), 0)


@pytest.mark.parametrize(
    ("currency", "earned", "first"), [("EUR", "1000", 10_000), ("JPY", "100000", 10_000), ("KWD", "1000", 100_000)]
)
def test_all_that_was_earned_is_shared_once_whatever_fees_came_back(label, tmp_path, currency, earned, first):
    (payee,) = owed(label, tmp_path, [earned], currency=currency)
    payout = late(label, payee, first)
    arrive(label)
    (rest,) = ask(label, payee)
    assert rest.exempt_micros == payout.fee_micros > 0
    arrive(label)
    assert four_numbers(label, payee) == (0, 0, 0, 0)
    assert held_by(label, Kind.PLATFORM, currency) == int(earned) * EUR // 10
    assert held_by(label, Kind.BANK, currency) == -int(earned) * EUR * 9 // 10
    assert exempt(label, payee) == 0
    check_books(label)


def test_no_tax_is_withheld_of_it_a_second_time_and_it_is_told_of_once(withholding, tmp_path):
    label = withholding
    (payee,) = owed(label, tmp_path, currency="USD")
    late(label, payee)
    arrive(label)
    ask(label, payee)
    arrive(label)
    assert (held_by(label, Kind.WITHHOLDING, "USD"), held_by(label, Kind.PLATFORM, "USD")) == (270 * EUR, 100 * EUR)
    with tenant_read(label) as session:
        told = list(taxed.payments(session, clock.now().year))
    assert sum(each.gross_micros for each in told) == 900 * EUR
    assert sum(each.withheld_micros for each in told) == 270 * EUR
    check_books(label)


def test_it_goes_first_and_what_of_it_is_left_goes_with_the_next(label, tmp_path):
    (payee,) = owed(label, tmp_path, ["10000"])
    late(label, payee, 500_000)
    arrive(label)
    (first,), (second,) = ask(label, payee, 3_000), ask(label, payee, 3_000)
    assert (first.exempt_micros, first.platform_micros, first.sent_micros) == (30 * EUR, 0, 30 * EUR)
    assert (second.exempt_micros, second.platform_micros) == (15 * EUR, 15 * EUR // 10)
    assert exempt(label, payee) == 0


def test_a_payout_that_fails_leaves_it_to_the_next_one(label, tmp_path):
    (payee,) = owed(label, tmp_path, endings=["0003"])
    late(label, payee)
    (first,) = ask(label, payee, 5_000)
    assert (first.exempt_micros, exempt(label, payee)) == (FEE, 0)
    with tenant_work(label) as session:
        requesting.stop(session, a_person(label), session.get_one(type(first), first.id))
    assert exempt(label, payee) == FEE
    (again,) = ask(label, payee, 5_000)
    assert again.exempt_micros == FEE


def test_several_accounts_share_it_like_the_amount(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    late(label, payee)
    arrive(label)
    a_method(label, payee, "5678")
    a_method(label, payee, "9876")
    payouts = ask(label, payee)
    assert [each.exempt_micros for each in payouts] == [FEE // 3] * 3
    arrive(label)
    assert held_by(label, Kind.PLATFORM) == 100 * EUR
    assert held_by(label, Kind.BANK) == -900 * EUR
    check_books(label)


def test_where_it_was_paid_out_and_its_payout_came_back_all_is_still_shared_and_taxed_once(withholding, tmp_path):
    label = withholding
    (payee,) = owed(label, tmp_path, currency="USD", endings=["0005"])
    first = late(label, payee)
    with tenant_work(label) as session:
        held = session.get_one(Payee, payee.id)
        methods.remove(session, a_person(label), held, session.get_one(PayoutMethod, first.method_id))
    a_method(label, payee)
    (second,) = ask(label, payee, 2_000)
    assert second.exempt_micros == first.fee_micros
    arrive(label)
    assert [the_payout(label, each.id).state for each in (first, second)] == ["failed", "paid"]
    assert exempt(label, payee) == -first.fee_micros
    (third,) = ask(label, payee)
    assert third.exempt_micros == -first.fee_micros
    arrive(label)
    assert four_numbers(label, payee) == (0, 0, 0, 0)
    assert (held_by(label, Kind.WITHHOLDING, "USD"), held_by(label, Kind.PLATFORM, "USD")) == (270 * EUR, 100 * EUR)
    with tenant_read(label) as session:
        assert sum(each.gross_micros for each in taxed.payments(session, clock.now().year)) == 900 * EUR
    check_books(label)


def test_a_run_pays_it_whole_and_leaves_out_whose_fee_was_taken_meanwhile(label, tmp_path):
    payees = owed(label, tmp_path, ["1000", "1000"])
    for payee in payees:
        late(label, payee)
    arrive(label)
    with tenant_work(label) as session:
        run = runs.open_run(session, label, a_person(label), ways(label))
        runs.submit(session, a_person(label), run)
        lines = {line.payee_id: line for line in runs.paying(session, run)}
        assert [lines[payee.id].exempt_micros for payee in payees] == [FEE, FEE]
    earn(label, payees[0], 50 * EUR)
    (between,) = ask(label, payees[0], 2_000)
    assert between.exempt_micros == FEE
    with tenant_work(label) as session:
        held = session.get_one(type(run), run.id)
        assert runs.approve(session, label, a_person(label), held, seen_hash=str(held.batch_hash)) == 1
        left = session.get_one(type(lines[payees[0].id]), (run.id, lines[payees[0].id].number))
        assert left.why_not == "balance"
    arrive(label)
    assert four_numbers(label, payees[1]) == (0, 0, 0, 0)
    check_books(label)


def test_the_receipt_says_what_was_shared_before_and_that_a_fee_came_back(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    payout = late(label, payee)
    (rest,) = ask(label, payee)
    with tenant_read(label) as session:
        first, second = (receipts.worded(session, label, the_payout(label, each.id), "en") for each in (payout, rest))
    assert receipts.draw(label, second, "en").startswith(b"%PDF")
    assert first["notes"] == ["It took longer than an hour, so the fee of €0.90 was given back."]
    assert second["notes"] == ["€0.90 of it is a fee that was given back: share and tax were taken of it before."]


def test_it_stands_in_a_line_of_its_own_that_adds_up_with_the_others(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    late(label, payee)
    with tenant_read(label) as session:
        (found,) = standing.standings(session, [session.get_one(Payee, payee.id)])
    lines = [(line.reason, line.micros) for line in found.lines if line.place == "available"]
    assert lines == [("Earned under a contract", 900 * EUR), ("Fee given back", FEE)]
    assert sum(line.micros for line in found.lines) == found.total_micros == 1000 * EUR


def test_people_and_programs_read_it_before_and_after_they_confirm(client_as, client_of, label, tmp_path):
    (payee,) = owed(label, tmp_path)
    late(label, payee)
    client, api = client_as(label), held(client_of, label)
    said = "€0.90 of it is a fee that was given back: share and tax were taken of it before."
    quoted = client.get(f"/portal/payees/{payee.id}/quote", params={"currency": "EUR"})
    assert said in _text(quoted)
    told = api("POST", f"/payees/{payee.id}/quotes", {"currency": "EUR"})
    assert (told["exempt_micros"], told["platform_micros"]) == (FEE, 90 * EUR)
    (rest,) = ask(label, payee)
    assert said in _text(client.get(f"/portal/payouts/{rest.id}"))
    assert api("GET", f"/payouts/{rest.id}")["exempt_micros"] == FEE


def _text(answer):
    return " ".join(re.sub("<[^>]+>|[\u2066\u2069]", "", answer.text).split())
