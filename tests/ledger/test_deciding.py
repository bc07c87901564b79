"""From which amount on two people decide: set by the label, lowered by anybody who may, raised by a proved owner."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.kernel import clock, db
from app.ledger import service
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member

MONEY = "/portal/settings/money"


def limit(tenant):
    with db.tenant_read(tenant) as session:
        return service.alone_up_to(session)


def changes(tenant):
    from app.kernel.activity import Activity

    with db.tenant_read(tenant) as session:
        return [(row.before, row.after) for row in session.query(Activity).filter_by(action="money.policy_changed")]


def test_a_label_that_has_chosen_nothing_decides_alone_up_to_ten_thousand(mine, client_as):
    page = client_as(mine).get(MONEY).text
    assert 'value="10000"' in page
    assert "Nobody else here may approve royalties" in page
    assert limit(mine) == 10_000_000_000
    a_member(mine, role="admin")
    assert "Nobody else here" not in client_as(mine).get(MONEY).text


def test_the_limit_is_lowered_at_once_and_kept_with_what_it_was(mine, client_as):
    owner = client_as(mine)
    assert owner.post(MONEY, data={"alone_up_to": "2 500.50"}).status_code == 303
    assert limit(mine) == 2_500_500_000
    assert 'value="2500.5"' in owner.get(MONEY).text
    assert changes(mine) == [({"alone_up_to_micros": 10_000_000_000}, {"alone_up_to_micros": 2_500_500_000})]
    assert owner.post(MONEY, data={"alone_up_to": "0"}).status_code == 303
    assert limit(mine) == 0


def test_only_an_owner_who_has_just_proved_who_they_are_raises_it(mine, client_as):
    owner, admin = client_as(mine), client_as(mine, "admin")
    assert admin.post(MONEY, data={"alone_up_to": "20000"}).status_code == 403
    assert admin.post(MONEY, data={"alone_up_to": "9000"}).status_code == 303
    with clock.frozen_at(clock.now() + timedelta(minutes=11)):
        asked = owner.post(MONEY, data={"alone_up_to": "9001"}, headers={"accept": "text/html"})
        assert asked.headers["location"].startswith("/portal/re-authenticate")
        assert limit(mine) == 9_000_000_000
        assert owner.post(MONEY, data={"alone_up_to": "8000"}).status_code == 303
        owner.post("/portal/re-authenticate", data={"proof": PASSWORD})
        assert owner.post(MONEY, data={"alone_up_to": "1000000"}).status_code == 303
    assert limit(mine) == 1_000_000_000_000


@pytest.mark.parametrize("typed", ["", "much", "-1", "1000000.01", "1e5", "0.001", "٣", "9" * 30, "<b id=x>"])
def test_what_is_no_amount_changes_nothing(mine, client_as, typed):
    refused = client_as(mine).post(MONEY, data={"alone_up_to": typed})
    assert refused.status_code == 422
    assert "between 0 and 1,000,000" in refused.text
    assert limit(mine) == 10_000_000_000
    assert "<b id=x>" not in refused.text


@pytest.mark.parametrize("role", ["read_only", "artist"])
def test_whoever_may_not_change_the_label_does_not_change_its_money(mine, client_as, role):
    client = client_as(mine, role)
    assert client.get(MONEY).status_code == 403
    assert client.post(MONEY, data={"alone_up_to": "1"}).status_code == 403


def test_a_rivals_limit_is_its_own(mine, client_as):
    rival = a_label()
    client_as(rival).post(MONEY, data={"alone_up_to": "5"})
    assert limit(mine) == 10_000_000_000
