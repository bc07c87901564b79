"""What it costs that every transaction belongs to a label: against a login of its own with the same tables."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable
from itertools import accumulate, cycle
from pathlib import Path
from random import Random

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from app.kernel import db, observe
from app.kernel.db.database import raw_owner_connection
from app.kernel.tenant import Tenant
from app.main import composition
from app.settings import HOME_CELL, Settings
from benchmarks.harness import (
    SINGLE,
    Figure,
    Figures,
    Work,
    against,
    fill,
    in_turns,
    many_labels,
    member_ids,
    reference_url,
)

LABELS = 300
POOL = 8
BATCH = 100
ROUNDS = 21
MEMBERS = 50
ZIPF = 1.0

ONE = text("SELECT id, email, name FROM members WHERE id = :id")
TEN = text("SELECT id, name, created_at FROM members ORDER BY created_at DESC, id LIMIT 10")
COUNT = text("SELECT role, count(*) FROM members GROUP BY role")
CHANGE = text("UPDATE members SET name = :name WHERE id = :id")


def run(settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Measure one label against the reference, then a fleet of labels under three kinds of traffic."""
    labels = many_labels(LABELS, tell)
    people = {}
    for name in [SINGLE, *(label.id for label in labels)]:
        fill(settings, name, MEMBERS)
        people[name] = member_ids(settings, name)
    reference = create_engine(make_url(reference_url(settings)).set(drivername="postgresql+psycopg"), pool_size=POOL)
    observe.watch_engine(reference, slow_ms=settings.slow_query_ms)  # as ours are: tenancy alone differs
    figures = _round_trips(settings, labels[0], reference, people)
    figures |= _one_label(labels[0], reference, people, tell)
    figures |= _fleet(settings, labels, reference, people, tell)
    reference.dispose()
    return figures


def _read(session: Session, member: str) -> None:
    session.execute(ONE, {"id": member}).one()
    session.execute(TEN).all()
    session.execute(COUNT).all()


def _write(session: Session, member: str) -> None:
    session.execute(ONE, {"id": member}).one()
    session.execute(TEN).all()
    session.execute(CHANGE, {"id": member, "name": "Renamed"})


def _of_reference(engine: Engine, people: list[str], queries: Callable[[Session, str], None]) -> Work:
    turn = cycle(people)

    def batch() -> None:
        for _ in range(BATCH):
            with Session(engine, expire_on_commit=False) as session, session.begin():
                queries(session, next(turn))

    return batch


def _of_label(tenant: Tenant, people: list[str], queries: Callable[[Session, str], None]) -> Work:
    turn = cycle(people)

    def batch() -> None:
        for _ in range(BATCH):
            with db.tenant_work(tenant) as session:
                queries(session, next(turn))

    return batch


def _one_label(tenant: Tenant, reference: Engine, people: dict[str, list[str]], tell: Callable[[str], None]) -> Figures:
    figures: Figures = {}
    for name, queries in (("three_queries", _read), ("two_queries_and_a_write", _write)):
        works = [_of_label(tenant, people[tenant.id], queries), _of_reference(reference, people[SINGLE], queries)]
        in_turns(works, 3)
        ours, theirs = ([each / BATCH for each in series] for series in in_turns(works, ROUNDS))
        note = "a transaction of one label against a login of its own"
        figures[f"session.{name}"] = against(ours, theirs, bar=1.15, unit="us", note=note)
        tell(f"{name}: {figures[f'session.{name}'].ratio}")
    return figures


def _fleet(
    settings: Settings,
    labels: list[Tenant],
    reference: Engine,
    people: dict[str, list[str]],
    tell: Callable[[str], None],
) -> Figures:
    figures: Figures = {}
    weights = list(accumulate(1 / (place + 1) ** ZIPF for place in range(len(labels))))
    dice = Random(11)

    def zipf() -> Tenant:
        return labels[bisect(weights, dice.random() * weights[-1])]

    def uniform() -> Tenant:
        return dice.choice(labels)

    for name, traffic, affinity, bar in (
        ("zipf", zipf, True, 1.3),
        ("zipf_without_affinity", zipf, False, None),
        ("uniform", uniform, True, None),
        ("uniform_without_affinity", uniform, False, None),
    ):
        options = {"affinity": affinity}
        composition.connect(settings, "bench", pool_options=options)
        work = _over(traffic, people)
        works = [work, _of_reference(reference, people[SINGLE], _read)]
        in_turns(works, 30)
        ours, theirs = ([each / BATCH for each in series] for series in in_turns(works, ROUNDS))
        note = f"{len(labels)} labels, pool of {POOL}, warm"
        figures[f"session.fleet_{name}"] = against(ours, theirs, bar=bar, unit="us", note=note)
        tell(f"{name}: {figures[f'session.fleet_{name}'].ratio}")
    return figures


def _over(traffic: Callable[[], Tenant], people: dict[str, list[str]]) -> Work:
    def batch() -> None:
        for _ in range(BATCH):
            tenant = traffic()
            with db.tenant_read(tenant) as session:
                _read(session, people[tenant.id][0])

    return batch


def _round_trips(settings: Settings, tenant: Tenant, reference: Engine, people: dict[str, list[str]]) -> Figures:
    """Count the messages of one transaction in the server's log, where nothing can be hidden."""
    log = settings.data / "postgres" / "postgres.log"

    def logged(roles: tuple[str, ...], work: Callable[[], int]) -> int:
        with raw_owner_connection(settings, HOME_CELL) as owner:
            for role in roles:
                owner.execute(f"ALTER ROLE {role} SET log_statement = 'all'".encode())
        db.close()
        composition.connect(settings, "bench")
        reference.dispose()
        work()
        since = log.stat().st_size
        pid = work()
        messages = _messages(log, since, pid)
        with raw_owner_connection(settings, HOME_CELL) as owner:
            for role in roles:
                owner.execute(f"ALTER ROLE {role} RESET log_statement".encode())
        db.close()
        composition.connect(settings, "bench")
        reference.dispose()
        return messages

    def ours() -> int:
        with db.tenant_work(tenant) as session:
            pid = session.connection().connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
            _read(session, people[tenant.id][0])
        return int(pid)

    def theirs() -> int:
        with Session(reference) as session, session.begin():
            pid = session.connection().connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
            _read(session, people[SINGLE][0])
        return int(pid)

    with_label, without = logged((db.LOGIN_ROLE,), ours), logged((SINGLE,), theirs)
    note = f"{with_label} messages with a label, {without} without, from the server's log"
    return {"session.added_round_trips": Figure(value=with_label - without, unit="messages", bar=0, note=note)}


def _messages(log: Path, since: int, pid: int) -> int:
    with log.open("rb") as handle:
        handle.seek(since)
        said = handle.read().decode(errors="replace").splitlines()
    message = re.compile(rf"^.*\[{pid}\].*LOG:  (?:statement|execute [^:]*): ")
    return sum(bool(message.match(line)) for line in said)
