"""Waits after failures are exact: counted before a try, in one order, and taken back when it was no failure."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import count
from threading import Barrier

import pytest
from sqlalchemy import select

from admin.models import OperatorThrottle
from admin.service import add_operator
from app.identity.errors import SignInRefused, TooManyFailures
from app.identity.models import Throttle
from app.identity.rules import FREE_FAILURES
from app.identity.service.throttle import slowed
from app.kernel import clock, db
from tests.factories.members import PASSWORD, a_member

TRIES = 20
HOST, CONSOLE = "canary.localhost", "admin.localhost"
_numbers = count(1)


@pytest.fixture(params=["members", "operators"])
def door(request, label):
    """Where tries are counted: how a transaction is opened there, and the table."""
    if request.param == "members":
        return partial(db.tenant_work, label), Throttle
    return db.platform_work, OperatorThrottle


def a_try(door, problem=None, **names):
    with slowed(*door, **names):
        if problem is not None:
            raise problem


def counted(door):
    work, table = door
    with work() as session:
        return sorted(row.failures for row in session.scalars(select(table)))


def all_at_once(attempt):
    """Make twenty tries that begin in the same moment, and count how they ended."""
    start = Barrier(TRIES)

    def one(number):
        start.wait()
        return attempt(number)

    with ThreadPoolExecutor(TRIES) as pool:
        return Counter(pool.map(one, range(TRIES)))


def outcome(door, problem, **names):
    try:
        a_try(door, problem, **names)
    except (TooManyFailures, SignInRefused) as refusal:
        return type(refusal)
    return None


def test_of_twenty_tries_at_once_no_more_pass_than_are_free(door):
    name = f"crowd-{next(_numbers)}@canary.test"
    ended = all_at_once(lambda _: outcome(door, SignInRefused(), account=name, address="192.0.2.1"))
    free = FREE_FAILURES["account"]
    assert ended == {SignInRefused: free, TooManyFailures: TRIES - free}


def test_twenty_who_succeed_at_once_from_one_address_leave_nothing_behind(door):
    ended = all_at_once(lambda number: outcome(door, None, account=f"a-{number}", address="192.0.2.2"))
    assert ended == {None: TRIES}
    assert counted(door) == [0]


def test_twenty_wrong_passwords_at_once_reach_the_password_five_times(client_of, label):
    member = a_member(label)
    clients = [client_of(HOST) for _ in range(TRIES)]
    form = {"email": member.email, "password": "x"}
    codes = all_at_once(lambda number: clients[number].post("/portal/sign-in", data=form).status_code)
    assert codes == {422: FREE_FAILURES["account"], 429: TRIES - FREE_FAILURES["account"]}


def test_a_success_forgets_the_account_and_takes_one_try_of_the_address_back(door):
    for _ in range(3):
        with pytest.raises(SignInRefused):
            a_try(door, SignInRefused(), account="ada", address="192.0.2.3")
    a_try(door, account="ada", address="192.0.2.3")
    assert counted(door) == [3]


def test_what_breaks_off_for_another_reason_is_no_failure(door):
    with pytest.raises(ZeroDivisionError):
        a_try(door, ZeroDivisionError(), account="ada", address="192.0.2.4")
    assert counted(door) == [0, 0]


def test_a_refused_try_is_not_counted_and_a_success_leaves_the_wait_where_it_was(door):
    address, free = "192.0.2.5", FREE_FAILURES["address"]
    start = clock.now()
    with clock.frozen_at(start):
        for number in range(free):
            with pytest.raises(SignInRefused):
                a_try(door, SignInRefused(), account=f"g-{number}", address=address)
        for _ in range(3):
            with pytest.raises(TooManyFailures):
                a_try(door, SignInRefused(), account="next", address=address)
    with clock.frozen_at(start + timedelta(seconds=3)):
        a_try(door, account="honest", address=address)
        a_try(door, account="honest-too", address=address)
    assert counted(door)[-1] == free


@pytest.fixture
def operator(connected):
    email = f"slow-{next(_numbers)}@house.test"
    with db.platform_work() as session:
        add_operator(session, email=email, password=PASSWORD)
    return email


def test_an_operators_failures_wait_longer_each_time(client_of, label, operator):
    client, start = client_of(CONSOLE), clock.now()

    def knock(password="x"):
        return client.post("/admin/sign-in", data={"email": operator, "password": password})

    with clock.frozen_at(start):
        assert [knock().status_code for _ in range(5)] == [422] * 5
        waits = knock()
        assert (waits.status_code, waits.headers["retry-after"]) == (429, "2")
        assert knock(PASSWORD).status_code == 429, "the right password waits as well"
    with clock.frozen_at(start + timedelta(seconds=2)):
        assert knock().status_code == 422


def test_an_operators_codes_are_counted_too(client_of, label, operator):
    client = client_of(CONSOLE)
    client.post("/admin/sign-in", data={"email": operator, "password": PASSWORD})
    codes = [client.post("/admin/re-authenticate", data={"proof": "wrong"}).status_code for _ in range(7)]
    assert codes == [422] * 5 + [429] * 2


def test_an_address_that_tries_many_operators_waits(client_of, label):
    client = client_of(CONSOLE)
    codes = [
        client.post("/admin/sign-in", data={"email": f"none-{n}@house.test", "password": "x"}).status_code
        for n in range(FREE_FAILURES["address"] + 1)
    ]
    assert codes == [422] * FREE_FAILURES["address"] + [429]
