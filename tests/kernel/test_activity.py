"""Activity: written once, changed by nobody, read in an order that misses nothing, sealed by a chain that tells."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import errors as pg
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.kernel import clock, db, ids, observe
from app.kernel.activity import Activity, ActivitySeal, Head, has, record, seal, verify
from app.kernel.activity.tasks import check, kept_head, seal_activity, verify_activity
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from tests.factories.labels import a_label
from tests.factories.quiet import settled


@pytest.fixture
def mine(connected) -> Tenant:
    """A label of the test's own, whose chain it may break."""
    return a_label(slug=f"chain-{ids.new_id().hex[-12:]}")


def happen(tenant: Tenant, *actions: str) -> list[UUID]:
    """Let things happen, each in a transaction of its own."""
    made = []
    for action in actions:
        with db.tenant_work(tenant) as session:
            made.append(record(session, Actor.system(tenant), action))
    return made


def sealed(tenant: Tenant) -> Head:
    settled()
    with db.tenant_work(tenant) as session:
        return seal(session)


def chain(tenant: Tenant) -> list[UUID]:
    """What the chain holds, in its order."""
    with db.tenant_read(tenant) as session:
        links = session.scalars(select(ActivitySeal).order_by(ActivitySeal.position)).all()
    assert [link.position for link in links] == list(range(1, len(links) + 1))
    return [link.activity_id for link in links]


def verdict(tenant: Tenant, kept: Head | None = None) -> Any:
    with db.tenant_read(tenant) as session:
        return verify(session, kept)


def test_a_row_tells_who_did_what_for_whom_and_what_it_was_before(mine):
    who, whom, what = ids.new_id(), ids.new_id(), ids.new_id()
    actor = Actor(kind="operator", id=who, tenant=mine, name="Olga Operator", on_behalf_of=whom)
    before, after = {"title": "Öld", "price": None}, {"title": "New", "tags": ["a", {"b": 1}]}
    with observe.bound(request_id="r-1"), db.tenant_work(mine) as session:
        made = record(
            session, actor, "release.renamed", subject_type="release", subject_id=what, before=before, after=after
        )
    with db.tenant_read(mine) as session:
        row = session.get_one(Activity, made)
        assert has(session, "release.renamed")
        assert not has(session, "release.published")
    assert (row.actor_kind, row.actor_id, row.actor_name, row.on_behalf_of) == ("operator", who, "Olga Operator", whom)
    assert (row.action, row.subject_type, row.subject_id) == ("release.renamed", "release", what)
    assert (row.before, row.after, row.request_id) == (before, after, "r-1")
    assert abs(row.at - clock.now()) < timedelta(minutes=1)


def test_what_is_rolled_back_never_happened(mine):
    with pytest.raises(InterruptedError), db.tenant_work(mine) as session:
        record(session, Actor.system(mine), "release.published")
        raise InterruptedError
    with db.tenant_read(mine) as session:
        assert not has(session, "release.published")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE activity SET actor_name = 'somebody else'",
        "DELETE FROM activity",
        "TRUNCATE activity",
        "UPDATE activity_seals SET hash = ''",
        "DELETE FROM activity_seals",
        "TRUNCATE activity_seals",
        "INSERT INTO activity (id, at, action, actor_kind, actor_name) SELECT id, at, action, actor_kind, actor_name"
        " FROM activity ON CONFLICT (id) DO UPDATE SET action = 'x'",
        "MERGE INTO activity USING (SELECT 1) ON true WHEN MATCHED THEN DELETE",
        "ALTER TABLE activity DISABLE TRIGGER ALL",
        "DROP TABLE activity_seals",
        "CREATE RULE keep AS ON INSERT TO activity DO INSTEAD NOTHING",
        "LOCK TABLE activity IN ACCESS EXCLUSIVE MODE",
        "SELECT hash FROM shared.activity_heads",
        "UPDATE shared.activity_heads SET position = 0",
    ],
)
def test_the_database_itself_refuses_a_label_that_changes_its_past(mine, statement):
    happen(mine, "release.published")
    sealed(mine)
    with pytest.raises(DBAPIError) as refused, db.tenant_work(mine) as session:
        session.execute(text(statement))
    assert isinstance(refused.value.orig, pg.InsufficientPrivilege)


def test_a_rivals_activity_cannot_be_reached(mine, rival):
    (theirs,) = happen(mine, "deal.signed")
    sealed(mine)
    with db.tenant_work(rival) as session:
        assert session.get(Activity, theirs) is None
        assert not has(session, "deal.signed")
        assert theirs not in session.scalars(select(Activity.id)).all()
        seal(session)
    assert theirs not in chain(rival)
    for table in ("activity", "activity_seals"):
        for statement in (f'SELECT * FROM "{mine.id}".{table}', f'INSERT INTO "{mine.id}".{table} DEFAULT VALUES'):
            with pytest.raises(DBAPIError) as refused, db.tenant_work(rival) as session:
                session.execute(text(statement))
            assert isinstance(refused.value.orig, pg.InsufficientPrivilege)


@contextmanager
def as_superuser(services, database_name: str, tenant: Tenant) -> Iterator[psycopg.Connection]:
    """Somebody who holds the whole server and wants another past."""
    with services.superuser(database_name) as connection:
        connection.execute(f'SET search_path = "{tenant.id}"')
        yield connection


SWAP = """
UPDATE activity_seals SET position = -position WHERE position IN (:b, :c);
UPDATE activity_seals SET position = :b + :c + position WHERE position < 0;
"""
INSERTED = """
UPDATE activity_seals SET position = -position WHERE position >= :c;
UPDATE activity_seals SET position = 1 - position WHERE position < 0;
INSERT INTO activity (id, at, action, actor_kind, actor_name) VALUES (gen_random_uuid(), now(), 'forged', 'member', 'x');
INSERT INTO activity_seals SELECT :c, id, sha256('guess') FROM activity WHERE action = 'forged';
"""
WITH_LINK = "DELETE FROM activity_seals WHERE position = :c; DELETE FROM activity WHERE action = 'c'"
CLOSED_UP = WITH_LINK + "; UPDATE activity_seals SET position = position - 1 WHERE position > :c"
BORN = 2
"""What a label's opening leaves in its activity; `a` to `d` come after."""

PLACES = {letter: BORN + number for number, letter in enumerate("abcd", start=1)}


@pytest.mark.parametrize(
    ("tampering", "place", "problem"),
    [
        ("UPDATE activity SET actor_name = 'x' WHERE action = 'c'", "c", "altered"),
        ("UPDATE activity SET action = 'member.signed_in' WHERE action = 'c'", "c", "altered"),
        ("UPDATE activity SET at = at - interval '1 microsecond' WHERE action = 'c'", "c", "altered"),
        ("UPDATE activity SET after = '{\"price\": 1}' WHERE action = 'c'", "c", "altered"),
        ("UPDATE activity SET before = '{}' WHERE action = 'c'", "c", "altered"),
        ("UPDATE activity SET actor_id = gen_random_uuid() WHERE action = 'c'", "c", "altered"),
        ("UPDATE activity SET on_behalf_of = gen_random_uuid() WHERE action = 'c'", "c", "altered"),
        ("UPDATE activity SET client_id = gen_random_uuid() WHERE action = 'c'", "c", "altered"),
        ("UPDATE activity SET subject_id = gen_random_uuid() WHERE action = 'c'", "c", "altered"),
        ("UPDATE activity SET request_id = 'x' WHERE action = 'c'", "c", "altered"),
        ("UPDATE activity_seals SET hash = sha256('guess') WHERE position = :c", "c", "altered"),
        ("DELETE FROM activity WHERE action = 'c'", "c", "missing"),
        (WITH_LINK, "c", "missing"),
        (CLOSED_UP, "c", "altered"),
        (SWAP, "b", "altered"),
        (INSERTED, "c", "altered"),
        ("DELETE FROM activity WHERE action = 'd'", "d", "missing"),
    ],
)
def test_the_chain_tells_where_a_superuser_changed_the_past(services, database_name, mine, tampering, place, problem):
    happen(mine, "a", "b", "c", "d")
    head = sealed(mine)
    assert head.position == PLACES["d"]
    assert verdict(mine, head).ok
    with as_superuser(services, database_name, mine) as superuser:
        for letter, number in PLACES.items():
            tampering = tampering.replace(f":{letter}", str(number))
        superuser.execute(tampering)
    found = verdict(mine)
    assert (found.ok, found.position, found.problem) == (False, PLACES[place], problem)
    sealed(mine)
    assert not verdict(mine).ok, "sealing healed it"


def test_the_head_kept_elsewhere_tells_of_a_past_that_was_cut_off_or_written_anew(services, database_name, mine):
    happen(mine, "a", "b", "c", "d")
    head = sealed(mine)
    with as_superuser(services, database_name, mine) as superuser:
        superuser.execute(
            "DELETE FROM activity_seals USING activity WHERE activity.id = activity_id AND action IN ('c', 'd');"
            "DELETE FROM activity WHERE action IN ('c', 'd')"
        )
    assert verdict(mine).ok, "the chain alone cannot tell"
    assert (verdict(mine, head).position, verdict(mine, head).problem) == (PLACES["c"], "cut off")
    happen(mine, "e", "f")
    assert sealed(mine).position == head.position
    assert verdict(mine).ok
    assert verdict(mine, head).problem == "differs from the kept head"
    with as_superuser(services, database_name, mine) as superuser:
        superuser.execute("DELETE FROM activity_seals")
    assert verdict(mine, head).problem == "cut off"


def test_a_break_is_an_alarm_and_never_a_silent_repair(services, database_name, mine, capsys):
    happen(mine, "a", "b")
    for _ in range(2):
        settled()
        with db.tenant_work(mine) as session:
            seal_activity(session, mine)
    assert kept_head(mine) == sealed(mine)
    assert check(mine)
    with as_superuser(services, database_name, mine) as superuser:
        superuser.execute("UPDATE activity SET actor_name = 'x' WHERE action = 'b'")
    assert not check(mine)
    observe.configure(services.settings(database_name), process="test")
    with db.tenant_work(mine) as session:
        verify_activity(session, mine)
    assert '"activity.chain_broken"' in (told := capsys.readouterr().err)
    assert f'"position": {PLACES["b"]},' in told
    assert not check(mine)


def test_rows_of_a_transaction_that_commits_late_come_into_the_chain_once_and_after_what_was_sealed(mine):
    with db.tenant_work(mine) as slow:
        late = [record(slow, Actor.system(mine), "late")]
        early = happen(mine, "early 1", "early 2")
        head = sealed(mine)
        assert not set(chain(mine)) & {*early, *late}, "sealed past a transaction that was still open"
        late.append(record(slow, Actor.system(mine), "late again"))
    early += happen(mine, "early 3")
    assert sealed(mine).position == head.position + 5
    assert chain(mine)[head.position :] == [*late, *early]
    assert sealed(mine).position == head.position + 5
    assert verdict(mine).ok


def test_the_chain_holds_everything_once_while_many_write_and_two_seal(mine):
    stop, made, problems = threading.Event(), [], []

    def write(number: int) -> None:
        for turn in range(15):
            with db.tenant_work(mine) as session:
                made.append(record(session, Actor.system(mine), f"w {number} {turn}"))
                if turn % 4 == number % 4:
                    session.execute(text("SELECT pg_sleep(0.02)"))
                made.append(record(session, Actor.system(mine), f"w {number} {turn} again"))

    def keep_sealing() -> None:
        while not stop.is_set():
            try:
                sealed(mine)
            except Exception as problem:  # noqa: BLE001 collected, and then asserted to be none
                problems.append(problem)

    sealers = [threading.Thread(target=keep_sealing) for _ in range(2)]
    for sealer in sealers:
        sealer.start()
    with ThreadPoolExecutor(2) as writers:
        list(writers.map(write, range(2)))
    stop.set()
    for sealer in sealers:
        sealer.join()
    assert not problems
    sealed(mine)
    assert sorted(chain(mine)[BORN:]) == sorted(made)
    assert verdict(mine).ok


def test_a_second_sealer_waits_for_the_first_and_goes_on_where_it_ended(mine):
    happen(mine, "a", "b")
    settled()
    heads = []
    with db.tenant_work(mine) as first:
        head = seal(first)
        second = threading.Thread(target=lambda: heads.append(sealed(mine)))
        second.start()
        second.join(0.3)
        assert second.is_alive(), "two sealed at once"
    second.join()
    assert heads == [head]
    assert verdict(mine, head).ok


def test_a_sealer_that_is_killed_in_the_middle_leaves_the_chain_as_it_was(services, mine):
    happen(mine, "a")
    before = sealed(mine)
    happen(mine, "b", "c")
    settled()
    with pytest.raises((DBAPIError, psycopg.Error)), db.tenant_work(mine) as session:
        assert seal(session).position == before.position + 2
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        with services.superuser() as superuser:
            superuser.execute("SELECT pg_terminate_backend(%s)", [pid])
        session.execute(text("SELECT 1"))
    assert len(chain(mine)) == before.position
    assert sealed(mine).position == before.position + 2
    assert verdict(mine, before).ok
