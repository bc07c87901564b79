"""Ten thousand postings through the service, against a bare multi-row INSERT of the same rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from statistics import median
from uuid import UUID

from psycopg import sql

from app.kernel.actor import Actor
from app.kernel.db import owner_work, tenant_work
from app.kernel.tenant import Tenant
from app.ledger import service
from app.ledger.rules import Account, Entry, Kind
from app.settings import HOME_CELL, Settings
from benchmarks.harness import Figures, against, in_turns
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label

ENTRIES = 10_000
PAYEES = 1_999
"""With the account of the royalties two thousand accounts."""

ROUNDS = 9
VALUES_AT_ONCE = 1_000
AT_MOST = 3.0
COLUMNS = (
    "id", "key", "debit_id", "credit_id", "currency", "amount_micros", "booked_on", "reason", "subject_type",
    "subject_id", "reverses_id", "input_hash", "posted_by", "posted_at",
)  # fmt: skip


def run(_settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Post batches, and insert the rows that they become into a table of the same columns, checks and indexes."""
    batches = [_batch(number) for number in range(ROUNDS)]
    statements = _statements(batches)
    tell("wrote the bare statements")
    label = _label("bench-posted")
    post, insert = iter(batches), iter(statements)
    ours, bare = in_turns([lambda: _post(label, next(post)), lambda: _insert(label, next(insert))], ROUNDS)
    tell(f"{median(ours) * 1_000:.0f} ms against {median(bare) * 1_000:.0f} ms")
    note = f"{ENTRIES} postings on {PAYEES + 1} accounts, committed; INSERTs of {VALUES_AT_ONCE} rows each"
    return {"ledger.post": against(ours, bare, bar=AT_MOST, unit="ms", note=note)}


def _batch(number: int) -> list[Entry]:
    royalties = Account(Kind.ROYALTY_EXPENSE, None, "EUR")
    payees = [Account(Kind.PAYABLE, UUID(int=payee), "EUR") for payee in range(PAYEES)]
    statements = [UUID(int=number << 32 | payee) for payee in range(PAYEES)]
    return [
        Entry(
            f"statement:{number}:{line}",
            royalties,
            payees[line % PAYEES],
            1_000_000 + line,
            date(2026, 3, 31),
            "Royalties",
            "statement",
            statements[line % PAYEES],
        )
        for line in range(ENTRIES)
    ]


def _label(slug: str) -> Tenant:
    """A label with a second table of postings that nothing but its own checks and indexes watches over."""
    label = open_label(OpenLabel(slug=slug, name=slug, owner_email="owner@bench.test", request_key=f"bench:{slug}"))
    bare, like = sql.Identifier(label.id, "bare"), sql.Identifier(label.id, "postings")
    with owner_work(HOME_CELL) as owner:
        owner.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(bare, like))
    return label


def _statements(batches: list[list[Entry]]) -> list[list[bytes]]:
    """The rows that the batches become, as statements ready to be sent."""
    label = _label("bench-read")
    made = []
    for number, batch in enumerate(batches):
        _post(label, batch)
        query = sql.SQL("SELECT {} FROM {} WHERE key LIKE {} ORDER BY seq").format(
            sql.SQL(", ").join(map(sql.Identifier, COLUMNS)),
            sql.Identifier(label.id, "postings"),
            sql.Literal(f"statement:{number}:%"),
        )
        with owner_work(HOME_CELL) as owner:
            rows = owner.execute(query).fetchall()
        made.append([_insertion(rows[start : start + VALUES_AT_ONCE]) for start in range(0, ENTRIES, VALUES_AT_ONCE)])
    return made


def _insertion(rows: list[tuple[object, ...]]) -> bytes:
    values = sql.SQL(", ").join(sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, row))) for row in rows)
    names = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    return sql.SQL("INSERT INTO bare ({}) VALUES {}").format(names, values).as_bytes(None)


def _post(label: Tenant, batch: list[Entry]) -> None:
    with tenant_work(label) as session:
        service.post(session, Actor.system(label), batch)


def _insert(label: Tenant, statements: list[bytes]) -> None:
    with tenant_work(label) as session:
        cursor = session.connection().connection.cursor()
        for statement in statements:
            cursor.execute(statement)
