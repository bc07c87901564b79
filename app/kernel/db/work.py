"""If you hold a session, you hold a label; only this module commits."""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.kernel import clock, observe, trial
from app.kernel.db import database
from app.kernel.tenant import RevisionNotServed, Tenant, TenantState
from app.settings import HOME_CELL


@contextmanager
def tenant_work(tenant: Tenant, *, even: Container[TenantState] = ()) -> Iterator[Session]:
    """Open one transaction in the label's schema as the label's role, and commit it unless the block raises.

    In states in which nothing is changed it is refused, except in those of `even`.
    """
    tenant.check_writable(even=even)
    with _label_session(tenant, read_only=False) as session:
        yield session


@contextmanager
def tenant_read(tenant: Tenant) -> Iterator[Session]:
    """Open one read-only transaction in the label's schema as the label's role."""
    tenant.check_readable()
    with _label_session(tenant, read_only=True) as session:
        yield session


@contextmanager
def platform_work(cell: str = HOME_CELL) -> Iterator[Session]:
    """Open one transaction on the shared tables of `cell`, with no right in any label, and commit it."""
    here = database.current()
    with _session(here.engine(cell), here.platform_opening(read_only=False), None) as session:
        yield session


@contextmanager
def platform_read(cell: str = HOME_CELL) -> Iterator[Session]:
    """Open one read-only transaction on the shared tables of `cell`."""
    here = database.current()
    with _session(here.engine(cell), here.platform_opening(read_only=True), None) as session:
        yield session


@contextmanager
def owner_work(cell: str = HOME_CELL) -> Iterator[psycopg.Connection[Any]]:
    """Open one transaction as the owner of the schemas of `cell`: provisioning and migrations only."""
    with database.owner_session(database.current().settings, cell) as connection, connection.transaction():
        yield connection


def moment(session: Session) -> datetime:
    """The present by the database's clock, the one that all machines share; or the one that a test has set."""
    return (clock.frozen() or session.scalars(select(func.clock_timestamp())).one()) + clock.ahead()


def become_label(session: Session, tenant: Tenant) -> None:
    """Turn a platform transaction into the label's for its rest, so that opening a label is one transaction.

    Only the way from the platform to one label exists; a label's transaction never changes hands.
    """
    if session.info.get("tenant") is not None:
        raise RuntimeError("this session already belongs to a label")
    session.flush()
    session.info["tenant"] = tenant
    opening = database.current().label_opening(tenant, read_only=False)
    driver: Any = session.connection().connection.dbapi_connection
    driver.execute(opening.partition(b"; ")[2])
    driver.owner = tenant.id


@contextmanager
def _label_session(tenant: Tenant, *, read_only: bool) -> Iterator[Session]:
    observe.assert_context(tenant.id)
    here = database.current()
    if not here.is_served(tenant.revision):
        raise RevisionNotServed
    engine = here.engine(tenant.cell)
    opening = here.label_opening(tenant, read_only=read_only)
    with trial.within(tenant), here.share(tenant), _session(engine, opening, tenant) as session:
        yield session


@contextmanager
def _session(engine: Engine, opening: bytes, tenant: Tenant | None) -> Iterator[Session]:
    label = tenant.id if tenant else "platform"
    with ExitStack() as stack:
        session = _begun(stack, engine, label, opening)
        session.info["tenant"] = tenant
        yield session


def _begun(stack: ExitStack, engine: Engine, label: str, opening: bytes) -> Session:
    """Begin on a live connection; nothing has run yet, so a connection that died while idle is simply replaced."""
    for attempt in (1, 2):
        session = Session(engine, expire_on_commit=False)
        try:
            with engine.pool.prefer(label):  # type: ignore[attr-defined]  # an AffinityPool
                transaction = session.begin()
                session.connection(execution_options={"opening": opening, "label": label})
        except DBAPIError as problem:
            session.close()
            if attempt == 2 or not problem.connection_invalidated:
                raise
        else:
            stack.enter_context(session)
            stack.enter_context(transaction)
            return session
    raise AssertionError("unreachable")
