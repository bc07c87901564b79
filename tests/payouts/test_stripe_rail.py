"""The card processor's rail on good days and under clear refusals: what it sends, what it says, what it takes back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import stripe

from app.kernel import clock
from app.kernel.ids import new_id, new_tenant_id
from app.payouts.gateways.rail import PROBLEMS, Destination
from app.payouts.gateways.stripe import AccountUnusable, ProcessorUnreachable, StripeRail
from app.payouts.gateways.stripe.mapping import PROBLEMS_BY_CODE, descriptor
from app.settings import STRIPE_API_VERSION, load
from tests.payouts.paying import an_order
from tests.payouts.stripe_stand_in import KEY


def test_the_pinned_version_is_the_one_the_library_was_made_for():
    assert stripe.api_version == STRIPE_API_VERSION


def test_money_goes_to_the_payees_account_and_on_to_the_bank(stripe_server, stripe_rail, payer):
    account = stripe_server.payee()
    stripe_server.fund(10_000)
    order = an_order(account, 2_500, speed="instant")
    (report,) = stripe_rail.send(payer, [order])
    assert (report.state, report.payout_id, report.amount_minor, report.currency) == (
        "accepted",
        order.payout_id,
        2_500,
        "EUR",
    )
    (transfer,), (payout,) = stripe_server.made("POST", "/v1/transfers"), stripe_server.made("POST", "/v1/payouts")
    assert (transfer.key, payout.key) == (f"{order.key}:transfer", f"{order.key}:payout")
    assert (transfer.account, payout.account) == ("", account)
    marks = {"tenant": payer.id, "payout_id": str(order.payout_id), "order_key": order.key}
    assert transfer.params["metadata"] == marks
    assert transfer.params["transfer_group"] == f"payout_{order.payout_id}"
    assert payout.params["metadata"].items() >= marks.items()
    assert payout.params["method"] == "instant"
    assert payout.params["statement_descriptor"] == "Northlight royalties Q"
    assert stripe_server.paid_out() == 2_500
    assert report.reference == f"{account}/{next(iter(stripe_server.books.payouts[account]))}"


def test_fifty_at_once_are_one_payment(stripe_server, stripe_rail, payer):
    stripe_server.fund(1_000_000)
    order = an_order(stripe_server.payee())
    with ThreadPoolExecutor(50) as pool:
        reports = list(pool.map(lambda _: next(stripe_rail.send(payer, [order])), range(50)))
    assert {report.state for report in reports} <= {"accepted", "unknown"}
    assert len({report.reference for report in reports if report.state == "accepted"}) == 1
    assert stripe_rail.find(payer, order).state == "accepted"
    assert (len(stripe_server.books.transfers), stripe_server.paid_out()) == (1, 2_500)


def test_the_same_order_again_is_the_same_report(stripe_server, stripe_rail, payer):
    stripe_server.fund(10_000)
    order = an_order(stripe_server.payee())
    reports = [next(stripe_rail.send(payer, [order])) for _ in range(2)]
    assert reports[0] == reports[1]
    assert stripe_server.paid_out() == 2_500


@pytest.mark.parametrize(
    ("to", "key", "amount", "currency", "problem"),
    [
        (Destination("iban", "Ada", "DE02120300000000202051"), "k", 100, "EUR", "details_invalid"),
        (Destination("stripe", "Ada", "acct_1/../balance"), "k", 100, "EUR", "details_invalid"),
        (Destination("stripe", "Ada", "acct_1x"), "kéy", 100, "EUR", "details_invalid"),
        (Destination("stripe", "Ada", "acct_1x"), "k" * 201, 100, "EUR", "details_invalid"),
        (Destination("stripe", "Ada", "acct_1x"), "k", 0, "EUR", "limit_reached"),
        (Destination("stripe", "Ada", "acct_1x"), "k", -5, "EUR", "limit_reached"),
        (Destination("stripe", "Ada", "acct_1x"), "k", 20_001, "KWD", "not_supported"),
        (Destination("stripe", "Ada", "acct_1x"), "k", 2_050, "HUF", "not_supported"),
        (Destination("stripe", "Ada", "acct_1x"), "k", 20_000, "IQD", "not_supported"),
        (Destination("stripe", "Ada", "acct_1x"), "k", 20_000, "XYZ", "not_supported"),
    ],
)  # fmt: skip
def test_what_cannot_be_paid_is_refused_before_anybody_is_asked(
    stripe_server, stripe_rail, payer, to, key, amount, currency, problem
):
    order = replace(an_order("acct_1x", amount, currency=currency, key=key), to=to)
    (report,) = stripe_rail.send(payer, [order])
    assert (report.state, report.problem) == ("refused", problem)
    assert not stripe_server.asked


def test_an_empty_balance_refuses_and_moves_nothing(stripe_server, stripe_rail, payer):
    (report,) = stripe_rail.send(payer, [an_order(stripe_server.payee())])
    assert (report.state, report.problem, report.facts["code"]) == ("refused", "no_funds", "balance_insufficient")
    assert not stripe_server.made("POST", "/v1/payouts")


def test_one_refusal_does_not_stop_the_next_order(stripe_server, stripe_rail, payer):
    stripe_server.fund(10_000)
    closed, open_ = stripe_server.payee(), stripe_server.payee()
    stripe_server.books.refused_transfers[closed] = "account_closed"
    reports = list(stripe_rail.send(payer, [an_order(closed), an_order(open_)]))
    assert [report.state for report in reports] == ["refused", "accepted"]
    assert reports[0].problem == "account_closed"


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("account_closed", "account_closed"), ("balance_insufficient", "no_funds"), ("card_declined", "bank_refused"),
        ("instant_payouts_unsupported", "not_supported"), ("amount_too_large", "limit_reached"),
        ("routing_number_invalid", "details_invalid"), ("a_code_of_tomorrow", "other"),
    ],
)  # fmt: skip
def test_a_refused_payout_is_taken_back_and_failed(stripe_server, stripe_rail, payer, code, problem):
    account = stripe_server.payee()
    stripe_server.fund(10_000)
    stripe_server.books.refused_payouts[account] = code
    order = an_order(account)
    (report,) = stripe_rail.send(payer, [order])
    assert (report.state, report.problem, report.facts["code"]) == ("failed", problem, code)
    (reversal,) = stripe_server.made("POST", "/v1/transfers/.*/reversals")
    assert reversal.key == f"{order.key}:reversal"
    assert stripe_server.books.balances[""]["eur"] == 10_000
    assert stripe_rail.find(payer, order).problem == problem
    assert len(stripe_server.made("POST", "/v1/transfers/.*/reversals")) == 1


def test_every_code_maps_to_a_problem_that_rails_know():
    assert set(PROBLEMS_BY_CODE.values()) <= set(PROBLEMS)


def test_an_instant_payout_past_the_cap_comes_back(stripe_server, stripe_rail, payer):
    stripe_server.fund(10_000, instant=2_000)
    (report,) = stripe_rail.send(payer, [an_order(stripe_server.payee(), 2_500, speed="instant")])
    assert (report.state, report.problem) == ("failed", "limit_reached")
    assert stripe_server.books.balances[""]["eur"] == 10_000


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Northlight royalties Q3 2026", "Northlight royalties Q"), ("Café Ümlaut", "Cafe Umlaut"), ("شركة", ""),
        ('<b>"Ada"</b> * \\', "b Ada /b"), ("123 456", ""), ("a" * 22, "a" * 22), ("", ""),
    ],
)  # fmt: skip
def test_the_banks_line_is_plain_and_short(text, shown):
    assert descriptor(text) == shown


def test_what_a_bank_says_is_read_again(stripe_server, stripe_rail, payer):
    stripe_server.fund(10_000)
    (report,) = stripe_rail.send(payer, [an_order(stripe_server.payee())])
    for status, state in (("in_transit", "in_transit"), ("paid", "paid")):
        stripe_server.turn(report.reference, status)
        assert stripe_rail.read(payer, report.reference).state == state
    seen = stripe_rail.read(payer, report.reference)
    assert seen.facts["trace"].startswith("trace-po_")
    assert seen.payout_id == report.payout_id


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (["failed"], "failed"),
        (["paid", "failed"], "failed"),
        (["canceled"], "failed"),
        (["paid", "reversed"], "returned"),
    ],
)
def test_a_payout_that_comes_back_is_with_the_platform_before_it_is_said(
    stripe_server, stripe_rail, payer, words, state
):
    stripe_server.fund(10_000)
    order = an_order(stripe_server.payee())
    (report,) = stripe_rail.send(payer, [order])
    for word in words:
        stripe_server.turn(report.reference, word, "incorrect_account_holder_name")
    for seen in (stripe_rail.read(payer, report.reference), stripe_rail.find(payer, order)):
        assert (seen.state, seen.problem, seen.reference) == (state, "holder_differs", report.reference)
    assert stripe_server.books.balances[""]["eur"] == 10_000
    assert len(stripe_server.made("POST", "/v1/transfers/.*/reversals")) == 1


def test_a_rival_label_reads_nothing(stripe_server, stripe_rail, payer):
    stripe_server.fund(10_000)
    (report,) = stripe_rail.send(payer, [an_order(stripe_server.payee())])
    rival = replace(payer, id=new_tenant_id())
    seen = stripe_rail.read(rival, report.reference)
    assert (seen.state, seen.payout_id, seen.amount_minor) == ("unknown", None, None)
    assert not list(stripe_rail.movements(rival, clock.now() - timedelta(hours=2)))


@pytest.mark.parametrize(
    "reference", ["", "po_1", "tr_1", "acct_1/po_1", "acct_1/", "/po_1", "acct_1/../../balance", "tr_1?x"]
)
def test_a_reference_that_is_none_says_nothing(stripe_rail, payer, reference):
    report = stripe_rail.read(payer, reference)
    assert (report.state, report.payout_id) == ("unknown", None)


def test_limits_are_those_of_the_balance(stripe_server, stripe_rail, payer):
    assert stripe_rail.limits(payer, "EUR").has_instant is False
    stripe_server.fund(10_000, instant=4_000)
    stripe_server.fund(9_990, "KWD")
    euro, dinar, unknown = (stripe_rail.limits(payer, currency) for currency in ("EUR", "KWD", "IQD"))
    assert (euro.minimum_minor, euro.maximum_minor, euro.instant_left_minor, euro.has_instant) == (
        100,
        None,
        4_000,
        True,
    )
    assert (dinar.minimum_minor, dinar.instant_left_minor) == (1_000, 9_990)
    assert (unknown.maximum_minor, unknown.has_instant) == (0, False)
    assert [
        stripe_rail.limits(payer, currency).step_minor for currency in ("EUR", "JPY", "KWD", "HUF", "MGA", "IQD")
    ] == [
        1,
        1,
        10,
        100,
        100,
        0,
    ]


def test_nobody_home_means_standard_only(payer):
    limits = StripeRail(KEY, "http://127.0.0.1:9", timeouts=(0.5, 0.5)).limits(payer, "EUR")
    assert (limits.instant_left_minor, limits.has_instant) == (0, False)


def test_an_account_is_opened_once_and_pays_nothing_out_by_itself(stripe_server, stripe_rail, payer):
    payee = new_id()
    accounts = {stripe_rail.open_account(payer, payee, "DE", "ada@example.org") for _ in range(3)}
    (account,) = accounts
    assert len(stripe_server.books.accounts) == 1
    asked = stripe_server.made("POST", "/v1/accounts")[0].params
    assert asked["settings"]["payouts"]["schedule"]["interval"] == "manual"
    assert asked["capabilities"]["transfers"]["requested"] == "true"
    state = stripe_rail.account_state(account)
    assert (state.tenant_id, state.payee_id, state.payouts_enabled) == (payer.id, payee, False)
    assert state.requirements == ("external_account", "tos_acceptance.date")
    stripe_server.finish_onboarding(account, "EUR")
    state = stripe_rail.account_state(account)
    assert (state.payouts_enabled, state.requirements, state.currencies, state.has_instant) == (
        True,
        (),
        ("EUR",),
        True,
    )


def test_an_account_whose_answer_was_lost_is_found_even_under_another_address(stripe_server, stripe_rail, payer):
    payee = new_id()
    stripe_server.fail("drop", "POST /v1/accounts", committed=True)
    account = stripe_rail.open_account(payer, payee, "DE", "ada@example.org")
    assert stripe_rail.open_account(payer, payee, "DE", "new@example.org") == account
    assert len(stripe_server.books.accounts) == 1


def test_onboarding_happens_on_the_processors_page(stripe_server, stripe_rail, payer):
    account = stripe_rail.open_account(payer, new_id(), "DE", "ada@example.org")
    url = stripe_rail.onboarding_link(account, "https://label.example/back", "https://label.example/again")
    assert url.startswith("https://connect.stripe.com/")
    with pytest.raises(AccountUnusable):
        stripe_rail.onboarding_link("acct_1nobody", "https://a.example", "https://a.example")
    stripe_server.fail("500", "GET /v1/accounts/.*")
    with pytest.raises(ProcessorUnreachable):
        stripe_rail.account_state(account)


def test_the_rail_is_made_from_the_settings(stripe_server, payer):
    settings = load({"STRIPE_SECRET_KEY": KEY, "STRIPE_API_BASE": stripe_server.base})
    rail = StripeRail.of(settings)
    stripe_server.fund(10_000)
    assert next(rail.send(payer, [an_order(stripe_server.payee())])).state == "accepted"
    assert (rail.is_live, StripeRail("sk_live_x", stripe_server.base).is_live) == (False, True)
