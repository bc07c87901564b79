"""Any sequence of troubles on the way to the card processor: one payment, or none and all the money back, and never a false word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.kernel import clock
from app.kernel.ids import new_tenant_id
from app.kernel.tenant import Tenant, TenantState
from app.payouts.gateways.stripe import StripeRail
from tests.payouts.paying import an_order
from tests.payouts.stripe_stand_in import KEY, StandIn, stand_in

STEPS = (
    "POST /v1/transfers", "POST /v1/payouts", "POST /v1/transfers/.*/reversals", "GET /v1/transfers",
    "GET /v1/transfers/tr_.*", "GET /v1/payouts",
)  # fmt: skip
TROUBLES = st.tuples(
    st.sampled_from(STEPS), st.sampled_from(["drop", "500", "garbage", "401", "429"]), st.booleans(), st.integers(1, 2)
)


@pytest.fixture(scope="module")
def processor() -> Iterator[StandIn]:
    """One processor for all storms."""
    with stand_in() as running:
        running.fund(10**9)
        yield running


def _seen(processor: StandIn, account: str) -> tuple[int, int, int]:
    """How many transfers an account got, how much of them is there still, and how much of it went to a bank."""
    transfers = [each for each in processor.books.transfers.values() if each["destination"] == account]
    payouts = [each for each in processor.books.payouts[account].values() if each["status"] != "failed"]
    kept = sum(each["amount"] - each["amount_reversed"] for each in transfers)
    return len(transfers), kept, sum(each["amount"] for each in payouts)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    troubles=st.lists(TROUBLES, max_size=6),
    refuses=st.sampled_from(["", "transfer", "payout"]),
    pauses=st.lists(st.sampled_from([0.0, 0.2, 5.0, 26.0]), min_size=1, max_size=6),
    clock_is_back=st.booleans(),
)
def test_no_storm_pays_twice_or_loses_anything(processor, troubles, refuses, pauses, clock_is_back):
    rail = StripeRail(KEY, processor.base, timeouts=(2.0, 5.0))
    tenant = Tenant(new_tenant_id(), "home", TenantState.ACTIVE)
    account, all_money = processor.payee(), processor.money()
    if refuses:
        getattr(processor.books, f"refused_{refuses}s")[account] = "account_closed"
    processor.faults.clear()
    for at, trouble, committed, times in troubles:
        is_late = committed and trouble not in ("401", "429")
        processor.fail(trouble, at, committed=is_late or trouble == "garbage", times=times)
    order, elapsed = an_order(account), 0.0
    (report,) = rail.send(tenant, [order])
    for turn, pause in enumerate([*pauses, 26.0]):
        if report.state != "unknown":
            break
        if turn == len(pauses):
            processor.faults.clear()
        processor.later(pause)
        elapsed += pause
        ago = timedelta(hours=0.1 if clock_is_back and elapsed < 26 else elapsed)
        report = rail.find(tenant, replace(order, first_tried_at=clock.now() - ago))
    _check(processor, account, report.state)
    assert processor.money() == all_money
    keys = {asked.key for asked in processor.made("POST", "/v1/.*") if asked.key and order.key in asked.key}
    assert keys <= {f"{order.key}:{step}" for step in ("transfer", "payout", "reversal")}


def _check(processor: StandIn, account: str, state: str) -> None:
    transfers, kept, paid = _seen(processor, account)
    assert transfers <= 1
    assert paid in (0, 2_500)
    if state == "accepted":
        assert (kept, paid) == (2_500, 2_500)
    else:
        assert state in ("refused", "failed")  # once the storm is over there is an answer
        assert (kept, paid) == (0, 0)
