"""Labels whose test has ended become spares again: emptying one takes a fraction of the time of building one.

Such a label has another id, schema and role, no row, and sequences that begin anew. One that somebody still holds
(a fixture for many tests, a module that keeps what took long to make), whose tables a test has changed, or that holds
much is left as it is.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from typing import Any

import psycopg
from psycopg import sql

from app.kernel import db, ids
from app.kernel.tenant import Tenant
from app.settings import HOME_CELL
from migrations.compiled import label_head

MUCH = 16 << 20
"""Bytes of rows from which on emptying costs more than it saves."""

_RELATIONS = """
SELECT array_agg(relname ORDER BY relname) FILTER (WHERE relkind = 'r'),
       array_agg(relname ORDER BY relname) FILTER (WHERE relkind = 'S')
FROM pg_class WHERE relnamespace = to_regnamespace(%s)
"""
_SHAPES = """
SELECT relname, relnatts, relchecks, relhastriggers, relrowsecurity
FROM unnest(%(tables)s::text[]) name LEFT JOIN pg_class c ON c.oid = to_regclass(format('%%I.%%I', %(label)s::text, name))
ORDER BY name
"""
_PARTS = """
SELECT count(*) FROM pg_depend
WHERE refclassid = 'pg_namespace'::regclass AND refobjid = to_regnamespace(quote_ident(%(label)s::text))
"""
"""How much lies in a schema: tables, sequences, functions."""
_FILLED = """
SELECT name, size FROM unnest(%(tables)s::text[]) name, pg_relation_size(format('%%I.%%I', %(label)s::text, name)) size
WHERE size > 0
"""
_BEGIN_ANEW = """
SELECT setval(seqrelid::regclass, seqstart, false) FROM unnest(%(sequences)s::text[]) name
JOIN pg_sequence ON seqrelid = to_regclass(format('%%I.%%I', %(label)s::text, name))
"""
_TOMBSTONE = "UPDATE shared.tenants SET state = 'closed', closed_at = now() WHERE id = %s AND schema_revision = %s"
_ASKED = "DELETE FROM shared.outbox WHERE label = %s"
_SPARE = "INSERT INTO shared.tenants (id, cell, state, schema_revision) VALUES (%s, %s, 'spare', %s)"

UNHELD = 2
"""References to what nobody holds: the list's, and the one that asks."""

_underway: list[Tenant] = []
_free: list[Tenant] = []
_may_take = [True]


def begin(*, may_take: bool) -> None:
    """A test begins; it takes what is free, or every label of its own is built."""
    _may_take[0] = may_take


def was_made(tenant: Tenant) -> None:
    """A test has a label of its own."""
    _underway.append(tenant)


def ended(*, may_be_used: bool) -> None:
    """A test has ended: nobody looks at its labels any more."""
    if may_be_used:
        _free.extend(_underway)
    _underway.clear()


def make_a_spare() -> None:
    """Turn the label of a test that has ended into a spare; nothing happens where there is none."""
    for place in reversed(range(len(_free) if _may_take[0] else 0)):
        if sys.getrefcount(_free[place]) > UNHELD:
            continue
        try:
            with db.owner_work(HOME_CELL) as owner:
                owner.execute("RESET ROLE")  # the one who owns the server may pass triggers over
                if _emptied(owner, _free.pop(place).id, ids.new_tenant_id()):
                    return
        except psycopg.errors.LockNotAvailable:
            continue  # something of that test still holds its rows


def _emptied(owner: psycopg.Connection[Any], old: str, new: str) -> bool:
    known = _soundness()
    relations: dict[str, Any] = {"tables": known.tables, "sequences": known.sequences}
    if _shapes(owner, old, known.tables) != known.shapes:
        return False
    filled = owner.execute(_FILLED, relations | {"label": old}).fetchall()
    if sum(size for _, size in filled) > MUCH or not owner.execute(_TOMBSTONE, [old, label_head()]).rowcount:
        return False
    owner.execute("SET LOCAL session_replication_role = replica; SET LOCAL lock_timeout = '1s'")
    names = {"old": sql.Identifier(old), "new": sql.Identifier(new)}
    deletes = [sql.SQL("DELETE FROM {}.{}").format(names["old"], sql.Identifier(name)) for name, _ in filled]
    renames = [sql.SQL(f"ALTER {what} {{old}} RENAME TO {{new}}").format(**names) for what in ("SCHEMA", "ROLE")]
    owner.execute(sql.SQL("; ").join([*deletes, *renames]))
    owner.execute(_ASKED, [old])  # what nobody did for it meanwhile must not be parked before the eyes of another test
    owner.execute(_BEGIN_ANEW, relations | {"label": new})
    owner.execute(_SPARE, [new, HOME_CELL, label_head()])
    return True


def _shapes(owner: psycopg.Connection[Any], label: str, tables: list[str]) -> list[tuple[Any, ...]]:
    asked = {"tables": tables, "label": label}
    return [*owner.execute(_SHAPES, asked).fetchall(), *owner.execute(_PARTS, asked).fetchall()]


@dataclass(frozen=True)
class _Soundness:
    tables: list[str]
    sequences: list[str]
    shapes: list[tuple[Any, ...]]


@cache
def _soundness() -> _Soundness:
    """What a label looks like that no test has touched: the room's."""
    from tests.factories.labels import the_label

    label = the_label("rival").id
    with db.owner_work(HOME_CELL) as owner:
        tables, sequences = owner.execute(_RELATIONS, [label]).fetchall()[0]
        return _Soundness(tables, sequences, _shapes(owner, label, tables))
