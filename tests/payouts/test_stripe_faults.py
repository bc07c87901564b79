"""The card processor's rail on bad days: whatever is lost on the way, nobody is paid twice and no refusal is invented."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.kernel import clock
from app.kernel.ids import new_id, new_tenant_id
from app.payouts.gateways.stripe import ProcessorUnreachable, StripeRail
from tests.payouts.paying import an_order
from tests.payouts.stripe_stand_in import KEY

TRANSFER, PAYOUT, REVERSAL = "POST /v1/transfers", "POST /v1/payouts", "POST /v1/transfers/.*/reversals"
LOST = [
    ("delay", True),
    ("drop", True),
    ("drop", False),
    ("garbage", True),
    ("500", True),
    ("429", False),
    ("401", False),
]


@pytest.fixture
def hasty(stripe_server):
    """A rail that waits half a second for an answer."""
    return StripeRail(KEY, stripe_server.base, timeouts=(2.0, 0.5))


@pytest.fixture
def order(stripe_server):
    """An order that the platform's balance covers."""
    stripe_server.fund(10_000)
    return an_order(stripe_server.payee())


def tried(order, hours=0.0):
    """The same order, as it is handed over again later."""
    return replace(order, first_tried_at=clock.now() - timedelta(hours=hours))


@pytest.mark.parametrize("step", [TRANSFER, PAYOUT])
@pytest.mark.parametrize(("trouble", "committed"), LOST)
def test_a_lost_answer_is_unknown_and_then_one_payment(
    stripe_server, hasty, stripe_rail, payer, order, step, trouble, committed
):
    stripe_server.fail(trouble, step, committed=committed, seconds=0.8 if trouble == "delay" else 0)
    (lost,) = hasty.send(payer, [order])
    assert lost.state == "unknown"
    assert lost.payout_id == order.payout_id
    for _ in range(3):
        assert stripe_rail.find(payer, tried(order)).state == "accepted"
    assert [len(stripe_server.books.transfers), stripe_server.paid_out()] == [1, 2_500]
    assert {asked.key for asked in stripe_server.made("POST", "/v1/.*")} == {
        f"{order.key}:transfer",
        f"{order.key}:payout",
    }


@pytest.mark.parametrize("step", [TRANSFER, PAYOUT])
@pytest.mark.parametrize("trouble", ["lie", "stranger"])
def test_an_answer_about_something_else_is_no_answer(stripe_server, stripe_rail, payer, order, step, trouble):
    stripe_server.fail(trouble, step, committed=True)
    assert next(stripe_rail.send(payer, [order])).state == "unknown"
    assert stripe_rail.find(payer, tried(order)).state == "accepted"
    assert stripe_server.paid_out() == 2_500


@pytest.mark.parametrize("step", [TRANSFER, PAYOUT])
@pytest.mark.parametrize("code", ["lock_timeout", "idempotency_key_in_use", "rate_limit"])
def test_not_now_is_not_no(stripe_server, stripe_rail, payer, order, step, code):
    stripe_server.fail("400", step, code=code)
    assert next(stripe_rail.send(payer, [order])).state == "unknown"
    assert stripe_rail.find(payer, tried(order)).state == "accepted"


def test_a_transfer_whose_answer_came_too_late_is_made_once(stripe_server, hasty, stripe_rail, payer, order):
    stripe_server.fail("delay", TRANSFER, committed=True, seconds=1.5)
    assert next(hasty.send(payer, [order])).state == "unknown"
    assert next(stripe_rail.send(payer, [tried(order)])).state == "accepted"
    assert len(stripe_server.made("POST", "/v1/transfers")) == 1
    assert (len(stripe_server.books.transfers), stripe_server.paid_out()) == (1, 2_500)


def test_a_question_while_the_first_is_still_worked_on_stays_unknown(stripe_server, hasty, stripe_rail, payer, order):
    stripe_server.fail("delay", TRANSFER, seconds=2.5)
    assert next(hasty.send(payer, [order])).state == "unknown"
    report = stripe_rail.find(payer, tried(order))
    assert (report.state, report.facts["code"]) == ("unknown", "idempotency_key_in_use")


@pytest.mark.parametrize("step", [TRANSFER, PAYOUT])
def test_a_replayed_500_is_no_refusal_and_never_gets_a_new_key(stripe_server, stripe_rail, payer, order, step):
    stripe_server.fail("500", step)
    for _ in range(4):
        assert stripe_rail.find(payer, tried(order)).state == "unknown"
    keys = {asked.key for asked in stripe_server.made("POST", step.removeprefix("POST "))}
    assert len(keys) == 1
    stripe_server.later(25)
    posts = len(stripe_server.made("POST", "/v1/(transfers|payouts)"))
    report = stripe_rail.find(payer, tried(order, 25))
    assert (report.state, report.problem) == ("refused" if step == TRANSFER else "failed", "unreachable")
    assert len(stripe_server.made("POST", "/v1/(transfers|payouts)")) == posts
    assert (stripe_server.books.balances[""]["eur"], stripe_server.paid_out()) == (10_000, 0)


def test_a_500_that_did_its_work_is_found_in_the_list(stripe_server, stripe_rail, payer, order):
    stripe_server.fail("500", PAYOUT, committed=True)
    (lost,) = stripe_rail.send(payer, [order])
    assert lost.state == "unknown"
    assert lost.reference.startswith("tr_")
    found = stripe_rail.find(payer, tried(order))
    assert found.state == "accepted"
    assert stripe_rail.read(payer, lost.reference).reference == found.reference
    assert len(stripe_server.made("POST", "/v1/payouts")) == 1


@pytest.mark.parametrize("again", ["send", "find"])
@pytest.mark.parametrize("step", [TRANSFER, PAYOUT])
def test_after_a_day_of_silence_the_lists_are_searched_and_nothing_is_submitted(
    stripe_server, stripe_rail, payer, order, step, again
):
    stripe_server.fail("drop", step, committed=True)
    assert next(stripe_rail.send(payer, [order])).state == "unknown"
    stripe_server.later(25)
    posts = len(stripe_server.made("POST", "/v1/(transfers|payouts)"))
    old = tried(order, 25)
    report = stripe_rail.find(payer, old) if again == "find" else next(stripe_rail.send(payer, [old]))
    assert report.state == ("failed" if step == TRANSFER else "accepted")
    assert len(stripe_server.made("POST", "/v1/(transfers|payouts)")) == posts
    assert stripe_server.books.balances[""]["eur"] + stripe_server.paid_out() == 10_000


def test_what_never_arrived_is_refused_after_a_day_and_not_before(stripe_server, stripe_rail, payer, order):
    nobody = StripeRail(KEY, "http://127.0.0.1:9", timeouts=(0.5, 0.5))
    assert next(nobody.send(payer, [order])).state == "unknown"
    assert nobody.find(payer, tried(order, 25)).state == "unknown"
    assert stripe_rail.find(payer, tried(order, 25)).state == "refused"
    assert not stripe_server.made("POST", ".*")
    assert stripe_rail.find(payer, tried(order, 22)).state == "accepted"


def test_a_clock_set_back_pays_nobody_twice(stripe_server, stripe_rail, payer, order):
    assert next(stripe_rail.send(payer, [order])).state == "accepted"
    stripe_server.later(30)
    for hours in (-2.0, 0.5, 30.0):
        assert next(stripe_rail.send(payer, [tried(order, hours)])).state == "accepted"
    assert (len(stripe_server.books.transfers), stripe_server.paid_out()) == (1, 2_500)


def test_another_amount_under_the_same_key_moves_nothing(stripe_server, stripe_rail, payer, order):
    assert next(stripe_rail.send(payer, [order])).state == "accepted"
    (report,) = stripe_rail.send(payer, [replace(order, amount_minor=2_600)])
    assert (report.state, report.facts["code"]) == ("unknown", "idempotency_error")
    assert stripe_server.paid_out() == 2_500


def test_a_second_try_of_a_payout_is_not_taken_for_the_first(stripe_server, stripe_rail, payer, order):
    stripe_server.books.refused_payouts[order.to.number] = "account_closed"
    assert next(stripe_rail.send(payer, [order])).state == "failed"
    stripe_server.books.refused_payouts.clear()
    second = replace(order, key=f"payout:{order.payout_id}:2")
    assert next(stripe_rail.send(payer, [second])).state == "accepted"
    assert stripe_rail.find(payer, tried(order)).state == "failed"
    assert stripe_rail.find(payer, tried(second)).state == "accepted"
    assert stripe_server.paid_out() == 2_500


@pytest.mark.parametrize(("trouble", "committed"), LOST)
def test_a_reversal_whose_outcome_is_lost_stays_unknown_until_it_is_seen(
    stripe_server, hasty, stripe_rail, payer, order, trouble, committed
):
    stripe_server.books.refused_payouts[order.to.number] = "account_closed"
    stripe_server.fail(trouble, REVERSAL, committed=committed, seconds=0.8 if trouble == "delay" else 0)
    stripe_server.fail("500", "GET /v1/transfers/tr_.*", times=1)
    (lost,) = hasty.send(payer, [order])
    assert lost.state == "unknown"
    for _ in range(2):
        found = stripe_rail.find(payer, tried(order))
        assert (found.state, found.problem) == ("failed", "account_closed")
    assert stripe_server.books.balances[""]["eur"] == 10_000
    assert sum(len(transfer["reversals"]["data"]) for transfer in stripe_server.books.transfers.values()) == 1


@pytest.mark.parametrize("trouble", ["drop", "500", "garbage"])
def test_a_reversal_that_is_seen_needs_no_answer(stripe_server, stripe_rail, payer, order, trouble):
    stripe_server.books.refused_payouts[order.to.number] = "account_closed"
    stripe_server.fail(trouble, REVERSAL, committed=True)
    (report,) = stripe_rail.send(payer, [order])
    assert (report.state, report.problem) == ("failed", "account_closed")
    assert stripe_server.books.balances[""]["eur"] == 10_000


def test_money_that_cannot_be_taken_back_is_never_called_failed(stripe_server, stripe_rail, payer, order):
    stripe_server.books.refused_payouts[order.to.number] = "account_closed"
    stripe_server.books.refused_reversals[order.to.number] = "balance_insufficient"
    (report,) = stripe_rail.send(payer, [order])
    assert (report.state, report.facts["reversal"]) == ("unknown", "balance_insufficient")
    assert stripe_rail.find(payer, tried(order)).state == "unknown"
    stripe_server.books.refused_reversals.clear()
    stripe_server.later(25)
    assert stripe_rail.find(payer, tried(order, 25)).state == "failed"
    assert stripe_server.books.balances[""]["eur"] == 10_000


def test_fifty_refused_at_once_are_taken_back_once(stripe_server, stripe_rail, payer, order):
    stripe_server.books.refused_payouts[order.to.number] = "account_closed"
    with ThreadPoolExecutor(50) as pool:
        states = set(pool.map(lambda _: next(stripe_rail.send(payer, [order])).state, range(50)))
    assert states <= {"failed", "unknown"}
    assert stripe_rail.find(payer, tried(order)).state == "failed"
    assert stripe_server.books.balances[""]["eur"] == 10_000


def test_fifty_look_for_a_lost_order_at_once_and_it_is_paid_once(stripe_server, stripe_rail, payer, order):
    stripe_server.fail("drop", TRANSFER)
    assert next(stripe_rail.send(payer, [order])).state == "unknown"
    old = tried(order)
    with ThreadPoolExecutor(50) as pool:
        states = set(pool.map(lambda _: stripe_rail.find(payer, old).state, range(50)))
    assert states <= {"accepted", "unknown"}
    assert (len(stripe_server.books.transfers), stripe_server.paid_out()) == (1, 2_500)


@pytest.mark.parametrize("step", [TRANSFER, PAYOUT])
def test_a_refusal_says_nothing_of_an_earlier_try_that_is_still_worked_on(
    stripe_server, hasty, stripe_rail, payer, order, step
):
    stripe_server.fail("delay", step, seconds=2.0)  # worked on, unseen, after the answer was given up
    assert next(hasty.send(payer, [order])).state == "unknown"
    stripe_server.kept.clear()
    stripe_server.fail("400", step)
    assert stripe_rail.find(payer, tried(order)).state == "unknown"
    while not (stripe_server.books.transfers if step == TRANSFER else stripe_server.paid_out()):
        time.sleep(0.05)
    assert stripe_rail.find(payer, tried(order)).state == "accepted"
    assert (len(stripe_server.books.transfers), stripe_server.paid_out()) == (1, 2_500)
    assert not stripe_server.made("POST", "/v1/transfers/.*/reversals")


@pytest.mark.parametrize("step", [TRANSFER, PAYOUT])
def test_a_refusal_of_a_second_try_looks_whether_the_first_arrived(
    stripe_server, hasty, stripe_rail, payer, order, step
):
    stripe_server.fail("delay", step, seconds=0.8)
    assert next(hasty.send(payer, [order])).state == "unknown"
    stripe_server.kept.clear()
    stripe_server.fail("400", step, seconds=1.0)  # by then the first is done
    assert stripe_rail.find(payer, tried(order, 1)).state == "accepted"
    assert (len(stripe_server.books.transfers), stripe_server.paid_out()) == (1, 2_500)


def test_a_refusal_of_a_second_try_counts_once_nothing_can_be_under_way(stripe_server, stripe_rail, payer, order):
    stripe_server.fail("drop", TRANSFER)
    assert next(stripe_rail.send(payer, [order])).state == "unknown"
    stripe_server.books.refused_transfers[order.to.number] = "account_closed"
    report = stripe_rail.find(payer, tried(order, 1))
    assert (report.state, report.problem) == ("refused", "account_closed")


def test_movements_tell_all_that_left_and_came_back(stripe_server, stripe_rail, payer):
    stripe_server.fund(1_000_000)
    account = stripe_server.payee(tenant=payer.id)
    since = datetime.fromtimestamp(stripe_server.books.now(), UTC)
    orders = [an_order(account, 1_000 + number) for number in range(4)]
    reports = list(stripe_rail.send(payer, orders))
    stripe_server.turn(reports[0].reference, "paid")
    stripe_server.turn(reports[1].reference, "failed", "account_closed")
    stripe_server.fail("500", PAYOUT)
    (stuck,) = stripe_rail.send(payer, [an_order(account, 7_000)])
    foreign = stripe_server.books.transfer({"amount": "333", "currency": "eur", "destination": account})
    own = stripe_server.books.payout(account, {"amount": "50", "currency": "eur"})
    seen = {report.reference: report for report in stripe_rail.movements(payer, since)}
    assert [seen[report.reference].state for report in reports] == ["paid", "failed", "accepted", "accepted"]
    assert [seen[report.reference].payout_id for report in reports] == [order.payout_id for order in orders]
    assert (seen[stuck.reference].state, seen[stuck.reference].amount_minor) == ("unknown", 7_000)
    assert (seen[foreign["id"]].payout_id, seen[foreign["id"]].amount_minor) == (None, 333)
    assert (seen[f"{account}/{own['id']}"].payout_id, seen[f"{account}/{own['id']}"].amount_minor) == (None, 50)
    assert len(seen) == 7
    assert not stripe_server.made("POST", "/v1/transfers/.*/reversals")


def test_movements_of_many_pages_are_whole_and_those_of_others_left_out(stripe_server, stripe_rail, payer):
    stripe_server.fund(10_000_000)
    ours, others = stripe_server.payee(tenant=payer.id), stripe_server.payee()
    since = datetime.fromtimestamp(stripe_server.books.now(), UTC)
    for number in range(230):
        for account, tenant in ((ours, payer.id), (others, "l_" + "0" * 26)):
            marks = {"tenant": tenant, "payout_id": str(new_id()), "order_key": f"k{number}"}
            made = {"amount": str(100 + number), "currency": "eur", "destination": account, "metadata": marks}
            transfer = stripe_server.books.transfer(made)
            stripe_server.books.payout(account, {**made, "metadata": marks | {"transfer": transfer["id"]}})
    found = list(stripe_rail.movements(payer, since))
    assert sorted(report.amount_minor for report in found) == list(range(100, 330))
    assert {report.state for report in found} == {"accepted"}


def test_movements_are_whole_or_not_told(stripe_server, stripe_rail, payer, order):
    list(stripe_rail.send(payer, [order]))
    for path in ("GET /v1/transfers", "GET /v1/payouts"):
        stripe_server.fail("500", path)
        with pytest.raises(ProcessorUnreachable):
            list(stripe_rail.movements(payer, clock.now() - timedelta(hours=1)))


def test_an_old_payout_that_comes_back_is_among_the_movements(stripe_server, stripe_rail, payer, order):
    (report,) = stripe_rail.send(payer, [order])
    stripe_server.turn(report.reference, "paid")
    tomorrow = clock.now() + timedelta(days=1)
    assert not list(stripe_rail.movements(payer, tomorrow))
    stripe_server.turn(report.reference, "failed", "account_closed")
    (back,) = stripe_rail.movements(payer, tomorrow)
    assert (back.payout_id, back.state) == (order.payout_id, "failed")


def test_two_labels_that_pay_one_account_see_each_their_own(stripe_server, stripe_rail, payer, order):
    rival = replace(payer, id=new_tenant_id())
    list(stripe_rail.send(payer, [order]))
    other = an_order(order.to.number, 3_100)
    list(stripe_rail.send(rival, [other]))
    since = clock.now() - timedelta(hours=1)
    assert [report.payout_id for report in stripe_rail.movements(payer, since)] == [order.payout_id]
    assert [report.payout_id for report in stripe_rail.movements(rival, since)] == [other.payout_id]
