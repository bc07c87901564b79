"""Sums of a run are exact, whichever way they are added up: as whole numbers, or as decimals where these do not fit."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from app.catalog.models import Recording
from app.kernel.db import tenant_work
from app.kernel.money import exact
from app.kernel.tenant import Tenant
from app.royalties.models import Earning
from tests.factories.money import APRIL, MARCH, a_contract, a_payee, a_period, a_report, a_run, run_of, sold, terms

D = Decimal
SHORT = ("0.0000000001", "1234.5678", "-3.5", "0.25")


@pytest.mark.parametrize(
    "nets",
    [
        SHORT,
        (*SHORT, "0.000000000000123456789"),
        (*SHORT, "20000000.01"),
        ("9999999.9999999999",) * 30,
        ("0",),
    ],
    ids=["whole numbers", "too many decimals", "too large for one", "too large for all", "nothing"],
)
def test_what_an_earning_comes_to_is_exact(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path, nets: tuple[str, ...]
) -> None:
    a_contract(tenant, terms(a_payee(tenant)))
    rows = [sold(recordings[0], Net=net, Quantity=-1 if net.startswith("-") else 2) for net in nets]
    a_report(tenant, tmp_path, rows)
    run = a_run(tenant, a_period(tenant, *MARCH))
    with tenant_work(tenant) as session:
        found = session.scalars(select(Earning).where(Earning.run_id == run.id)).one()
    with exact():
        total, gained = sum(map(D, nets)), sum(D(net) for net in nets if not net.startswith("-"))
        assert (found.lines, found.quantity) == (len(nets), sum(D(row["Quantity"]) for row in rows))
        assert (found.net, found.base, found.amount, found.positive) == (total, total, total / 2, gained / 2)


def test_what_was_left_by_an_earlier_run_is_as_exact(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    """It is added up by the database before it meets what is new."""
    a_report(tenant, tmp_path, [sold(recordings[0], Net="7.0000000001"), sold(recordings[0], Net="-2", Quantity=-1)])
    run_of(tenant, MARCH)
    a_contract(tenant, terms(a_payee(tenant)))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="1.5")], month=APRIL[0])
    run = a_run(tenant, a_period(tenant, *APRIL))
    with tenant_work(tenant) as session:
        found = session.scalars(select(Earning).where(Earning.run_id == run.id).order_by(Earning.sold_month)).all()
    assert [(row.lines, row.quantity, row.net, row.positive) for row in found] == [
        (2, D(0), D("5.0000000001"), D("3.50000000005")),
        (1, D(1), D("1.5"), D("0.75")),
    ]
