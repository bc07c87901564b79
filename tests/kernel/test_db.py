"""The wall: what a session may touch, what travels in BEGIN, what storms leave behind."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random

import psycopg
import pytest
from psycopg import errors as pg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.orm import Session

from app.kernel import db
from app.kernel.db import database
from app.kernel.errors import Busy
from app.kernel.tenant import Limits, RevisionNotServed, Tenant, TenantState

WHO = text("SELECT current_user::text, current_schema()::text, current_setting('application_name')")


def who(session: Session) -> tuple[str, ...]:
    return tuple(session.execute(WHO).one())


def test_a_session_acts_as_its_label_in_its_schema(label):
    with db.tenant_work(label) as session:
        assert who(session) == (label.id, label.id, f"test:{label.id}")


def test_a_rivals_table_is_refused_by_the_database(label, rival):
    for statement in (
        f'SELECT count(*) FROM "{rival.id}".activity',
        f'INSERT INTO "{rival.id}".activity DEFAULT VALUES',
        f'DROP TABLE "{rival.id}".activity',
        "SELECT count(*) FROM shared.tenants",
        "UPDATE shared.tenants SET name = 'mine'",
        "CREATE TABLE mine (x int)",
        "CREATE TEMPORARY TABLE mine (x int)",
        "SELECT set_config('role', 'boptone_owner', true)",
        "ALTER TABLE activity ADD COLUMN x int",
        "CREATE SCHEMA mine",
        "SELECT pg_read_file('/etc/hostname')",
    ):
        with pytest.raises(DBAPIError) as refused, db.tenant_work(label) as session:
            session.execute(text(statement))
            pytest.fail(f"allowed: {statement}")
        assert isinstance(refused.value.orig, pg.InsufficientPrivilege), statement


def test_an_unbound_session_sends_no_statement(label):
    engine = database.current().engine(label.cell)
    with db.tenant_work(label):
        pass
    with pytest.raises(db.NoLabelBound), Session(engine) as session:
        session.execute(text("SELECT 1"))


def test_a_platform_session_sees_no_label(label):
    with pytest.raises(DBAPIError) as refused, db.platform_work() as session:
        session.execute(text(f'SELECT count(*) FROM "{label.id}".activity'))
    assert isinstance(refused.value.orig, pg.InsufficientPrivilege)


def test_a_missing_table_is_an_error_and_never_anothers_data(label):
    with pytest.raises(ProgrammingError) as missing, db.tenant_work(label) as session:
        session.execute(text("SELECT count(*) FROM tenants"))
    assert isinstance(missing.value.orig, pg.UndefinedTable)


def test_a_missing_schema_is_an_error_and_the_next_session_is_right(label):
    nobody = replace(label, id="l_" + "0" * 26)
    with pytest.raises(DBAPIError), db.tenant_work(nobody) as session:
        who(session)
    with db.tenant_work(label) as session:
        assert who(session)[0] == label.id


def test_a_read_session_cannot_write(label):
    with pytest.raises(DBAPIError) as refused, db.tenant_read(label) as session:
        session.execute(text("DELETE FROM members"))
    assert isinstance(refused.value.orig, pg.ReadOnlySqlTransaction)


def test_nothing_of_a_label_outlives_its_transaction(label):
    with db.tenant_work(label) as session:
        driver = session.connection().connection.dbapi_connection
        pid = driver.info.backend_pid
    after = driver.execute("SELECT current_user::text, current_setting('search_path'), pg_backend_pid()").fetchone()
    assert after[0] == "boptone_login"
    assert label.id not in after[1]
    assert after[2] == pid


def test_a_savepoint_that_fails_leaves_the_label_in_place(label):
    with db.tenant_work(label) as session:
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text("SELECT 1/0"))
        assert who(session)[0] == label.id


def test_states_decide_who_may_write(label):
    for state in (TenantState.SUSPENDED, TenantState.CLOSING, TenantState.MOVING, TenantState.CLOSED):
        with pytest.raises(Exception, match=r"label"), db.tenant_work(replace(label, state=state)):
            pass
    with db.tenant_read(replace(label, state=TenantState.SUSPENDED)) as session:
        assert who(session)[0] == label.id
    with db.tenant_work(replace(label, state=TenantState.SUSPENDED), even={TenantState.SUSPENDED}) as session:
        assert who(session)[0] == label.id


def test_a_revision_outside_the_range_is_unavailable_for_that_label_alone(label, rival):
    with pytest.raises(RevisionNotServed), db.tenant_read(replace(label, revision="l9999")):
        pass
    with db.tenant_read(rival) as session:
        assert who(session)[0] == rival.id


def test_a_statement_stops_at_the_labels_own_time_limit(label):
    slow = replace(label, limits=Limits(statement_timeout_ms=50))
    with pytest.raises(DBAPIError) as stopped, db.tenant_work(slow) as session:
        session.execute(text("SELECT pg_sleep(2)"))
    assert isinstance(stopped.value.orig, pg.QueryCanceled)


def test_a_label_takes_no_more_than_its_share_of_connections(label, rival, monkeypatch):
    monkeypatch.setattr(database, "CONNECTION_WAIT_SECONDS", 0.05)
    narrow = replace(label, limits=Limits(connections=1))
    with db.tenant_work(narrow):
        with pytest.raises(Busy) as refused, db.tenant_work(narrow):
            pass
        assert refused.value.retry_after == 1
        with db.tenant_work(rival) as session:
            assert who(session)[0] == rival.id


def test_a_label_gets_the_connection_that_served_it_last(label, rival):
    def pid(tenant: Tenant) -> int:
        with db.tenant_read(tenant) as session:
            return session.execute(text("SELECT pg_backend_pid()")).scalar_one()

    first, second = pid(label), pid(rival)
    assert [pid(label), pid(rival), pid(label)] == [first, second, first]


def test_a_connection_is_closed_after_it_met_too_many_labels(settings, label, rival):
    other = database.Database(settings, "test", pool_options={"labels_per_connection": 1})
    engine = other.engine("home")
    pids = set()
    for tenant in (label, rival, label, rival):
        bound = engine.execution_options(opening=other.label_opening(tenant, read_only=True), label=tenant.id)
        with bound.connect() as connection, connection.begin():
            pids.add(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
            engine.pool.served(connection.info, "another")
    other.dispose()
    assert len(pids) > 1


def test_a_connection_that_died_while_idle_is_replaced_unseen(settings, label):
    with db.tenant_work(label) as session:
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with database.raw_owner_connection(settings, "home") as owner:
        owner.execute("SELECT pg_terminate_backend(%s, 2000)", [pid])
    with db.tenant_work(label) as session:
        assert session.execute(text("SELECT pg_backend_pid()")).scalar_one() != pid


def test_cancels_terminations_and_abandoned_clients_never_read_wrong(settings, label, rival):
    """A storm over both labels: visible errors are fine, a wrong label never is."""
    stop, wrong, right, broken = threading.Event(), [], [], []

    def disturb() -> None:
        chance = Random(7)
        with database.raw_owner_connection(settings, "home") as owner:
            while not stop.is_set():
                action = chance.choice(["pg_cancel_backend", "pg_cancel_backend", "pg_terminate_backend"])
                owner.execute(
                    f"SELECT {action}(pid) FROM pg_stat_activity WHERE usename = 'boptone_login' "
                    "AND datname = current_database() ORDER BY random() LIMIT 1"
                )
                stop.wait(0.002)

    def work(seed: int) -> None:
        chance = Random(seed)
        for _ in range(150):
            tenant = chance.choice([label, rival])
            try:
                with db.tenant_work(tenant) as session:
                    if chance.random() < 0.2:
                        with session.begin_nested() as savepoint:
                            session.execute(text("SELECT pg_sleep(0.001)"))
                            savepoint.rollback()
                    seen = who(session)
                    if chance.random() < 0.1:
                        raise InterruptedError  # the client went away in the middle
                    seen_again = who(session)
                (right if seen[:2] == seen_again[:2] == (tenant.id, tenant.id) else wrong).append(seen)
            except (DBAPIError, psycopg.Error, Busy, InterruptedError) as problem:
                broken.append(problem)

    storm = threading.Thread(target=disturb)
    storm.start()
    with ThreadPoolExecutor(8) as workers:
        for future in [workers.submit(work, seed) for seed in range(8)]:
            future.result()
    stop.set()
    storm.join()
    assert not wrong
    assert len(right) > 200
    assert broken, "the storm hit nothing; it proves nothing"


def test_many_threads_over_both_labels_each_read_their_own(label, rival):
    def read(number: int) -> bool:
        tenant = (label, rival)[number % 2]
        with db.tenant_read(tenant) as session:
            return who(session)[:2] == (tenant.id, tenant.id)

    with ThreadPoolExecutor(16) as workers:
        assert all(workers.map(read, range(600)))


def test_switching_costs_no_statement_of_its_own(services, database_name, label):
    """Counted by the server: three queries are three statements, one BEGIN message and one COMMIT."""
    marker = "/* counted */"
    with services.superuser() as owner:
        owner.execute(f"ALTER ROLE boptone_login IN DATABASE {database_name} SET log_statement = 'all'")
    db.current().dispose()  # a connection learns of it when it is opened
    with db.tenant_work(label) as session:
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    before = services.log_size()
    with db.tenant_work(label) as session:
        for _ in range(3):
            session.execute(text(f"SELECT 1 {marker}"))
        assert session.execute(text("SELECT pg_backend_pid()")).scalar_one() == pid
    messages = services.statements_of(pid, since=before)
    with services.superuser() as owner:
        owner.execute(f"ALTER ROLE boptone_login IN DATABASE {database_name} RESET log_statement")
    db.current().dispose()
    assert len(messages) == 6, messages
    assert messages[0].startswith("BEGIN; SET LOCAL ROLE")
    assert messages[-1] == "COMMIT"
