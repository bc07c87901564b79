"""Days to act on under contracts: noted, shown, told of in time and once, done."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.contracts.models import Obligation
from app.contracts.rules.obligations import lead_for
from app.contracts.service import obliging
from app.kernel import db
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from tests.contracts.desk import CONTRACTS
from tests.factories.labels import a_label
from tests.factories.money import a_contract, a_payee, terms

DAY = date(2030, 6, 15)


@pytest.fixture
def mine(connected):
    return a_label()


def told(tenant):
    query = select(Activity.after).where(Activity.action == "obligation.due")
    with db.tenant_read(tenant) as session:
        return len(list(session.scalars(query)))


def test_people_are_told_thirty_and_seven_days_before_and_on_the_day_each_once(mine):
    contract = a_contract(mine, terms(a_payee(mine)))
    actor = Actor.system(mine)
    with db.tenant_work(mine) as session:
        obliging.note(session, actor, contract, kind="option", due_on=DAY, said="Second album")
    for days, expected in ((31, 0), (30, 1), (29, 1), (8, 1), (7, 2), (6, 2), (0, 3), (-1, 3)):
        for _ in range(2):
            with db.tenant_work(mine) as session:
                obliging.remind(session, actor, DAY - timedelta(days=days))
        assert told(mine) == expected, days


@pytest.mark.parametrize(
    ("days", "before", "lead"),
    [(31, None, None), (30, None, 30), (7, 30, 7), (5, 30, 7), (5, 7, None), (0, 7, 0), (-9, None, 0), (-9, 0, None)],
)
def test_a_long_absence_is_one_message(days, before, lead):
    assert lead_for(DAY, before, DAY - timedelta(days=days)) == lead


def test_a_day_is_noted_on_the_contract_shown_in_the_calendar_and_done_once(client_as, mine):
    contract = a_contract(mine, terms(a_payee(mine)), title="With options", ends_on=date(2030, 6, 30))
    client, address = client_as(mine), f"{CONTRACTS}/{contract.id}"
    for wrong in ({"kind": "option", "due_on": "x"}, {"kind": "party", "due_on": "2030-06-15"}):
        assert client.post(f"{address}/obligations", data=wrong).status_code == 422
    for day in ("2030-06-15", "2020-01-01"):
        said = {"kind": "option", "due_on": day, "note": "Second album"}
        assert client.post(f"{address}/obligations", data=said).status_code == 303
    month = client.get(f"{CONTRACTS}/calendar?month=2030-06").text
    for said in ("With options", "Second album", "Jun 15, 2030", "Jun 30, 2030", "Overdue", "2030-07", "2030-05"):
        assert said in month
    assert "Nothing falls" in client.get(f"{CONTRACTS}/calendar?month=0001-01").text
    assert client.get(f"{CONTRACTS}/calendar?month=9999-12").status_code == 200
    assert client.get(f"{CONTRACTS}/calendar?month=x").status_code == 200
    with db.tenant_read(mine) as session:
        late = session.scalars(select(Obligation).where(Obligation.due_on < DAY)).one()
    done = f"{address}/obligations/{late.id}/fulfilment"
    assert client_as(mine, "royalties").post(done).status_code == 403
    assert client.post(done).status_code == 303
    assert client.post(done).status_code == 409
    assert "Overdue" not in client.get(f"{CONTRACTS}/calendar").text
    other = a_contract(mine, terms(a_payee(mine)), is_signed=False)
    assert client.post(f"{CONTRACTS}/{other.id}/obligations/{late.id}/fulfilment").status_code == 404
