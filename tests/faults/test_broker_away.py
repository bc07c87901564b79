"""The broker goes away and comes back: the web takes work all the time, and all of it is done, once."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack

import httpx
import pytest
from sqlalchemy import text

from app.kernel import db
from tests.factories.members import PASSWORD, a_member
from tests.faults.test_workers import all_done, ask, count, names_of
from tests.kernel.jobs.work import eventually, process
from tests.kernel.own_valkey import own_valkey
from tests.servers import serving

HOST = "canary.localhost"
ORIGIN = {"host": HOST, "origin": f"http://{HOST}"}


@pytest.fixture
def valkey():
    with own_valkey() as server:
        yield server


def signed_in(port, member):
    form = {"email": member.email, "password": PASSWORD}
    return httpx.post(f"http://127.0.0.1:{port}/portal/sign-in", data=form, headers=ORIGIN, timeout=30)


def upload(port, cookie, name):
    content = {"file": (name, name.encode(), "text/plain")}
    headers = ORIGIN | {"cookie": cookie}
    return httpx.post(f"http://127.0.0.1:{port}/portal/files", files=content, headers=headers, timeout=30)


def files_of(tenant):
    with db.tenant_read(tenant) as session:
        return Counter(session.scalars(text("SELECT name FROM files WHERE name LIKE 'away-%'")))


def test_what_is_asked_for_while_the_broker_is_away_is_done_once_when_it_is_back(
    services, database_name, environment, working, valkey
):
    """One server is broker and cache, as under `boptone up`: both are away at once."""
    away = {"BROKER_URL": f"redis+socket://{valkey.sockets}/valkey.sock?virtual_host=1", "CACHE_URL": valkey.url}
    member = a_member(working)
    with ExitStack() as stack:
        for kind in ("scheduler", "worker"):
            stack.enter_context(process(kind, environment | away))
        _, port = stack.enter_context(serving(services, database_name, **away))
        ask(working, [f"before-{number}" for number in range(10)])
        assert eventually(all_done)
        # The last of these messages may be under way when the broker goes: it is lost with it, or comes twice.
        ask(working, [f"during-{number}" for number in range(10)], seconds=0.1)
        assert eventually(lambda: count("sends > 0 AND done_at IS NULL") > 0)
        valkey.stop()
        answers = [signed_in(port, member) for _ in range(3)]
        cookie = answers[0].headers["set-cookie"].partition(";")[0]
        for number in range(10):
            answers.append(upload(port, cookie, f"away-{number}.txt"))
            ask(working, [f"away-{number}"])
        assert {answer.status_code for answer in answers} == {303}
        assert count("done_at IS NULL") >= 10
        assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=30).status_code == 200
        valkey.start()
        assert eventually(all_done)
    wanted = [f"{when}-{number}" for when in ("before", "during", "away") for number in range(10)]
    assert Counter(names_of(working)) == Counter(wanted)
    assert count("parked_at IS NOT NULL") == 0
    assert files_of(working) == Counter(f"away-{number}.txt" for number in range(10))
