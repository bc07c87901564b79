"""Labels whose test has ended become spares again: emptying one takes a fraction of the time of building one.

Such a label has another id, schema and role, no row, and sequences that begin anew. One whose tables a test has
changed, or that holds much, is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
from psycopg import sql

from app.kernel import db, ids
from app.settings import HOME_CELL
from migrations.compiled import label_head

MUCH = 16 << 20
"""Bytes of rows from which on emptying costs more than it saves."""

_SHAPE = """
SELECT count(*), sum(relnatts), sum(relchecks), count(*) FILTER (WHERE relrowsecurity),
       (SELECT count(*) FROM pg_constraint WHERE connamespace = n.oid AND convalidated),
       (SELECT count(*) FROM pg_trigger JOIN pg_class t ON t.oid = tgrelid
        WHERE t.relnamespace = n.oid AND tgenabled = 'O'),
       (SELECT count(*) FROM pg_proc WHERE pronamespace = n.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = %s GROUP BY n.oid
"""
_FILLED = """
SELECT relname, pg_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE nspname = %s AND relkind = 'r' AND pg_relation_size(c.oid) > 0
"""
_BEGIN_ANEW = """
SELECT setval(seqrelid, seqstart, false) FROM pg_sequence JOIN pg_class c ON c.oid = seqrelid
JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = %s
"""
_TOMBSTONE = "UPDATE shared.tenants SET state = 'closed', closed_at = now() WHERE id = %s AND schema_revision = %s"
_SPARE = "INSERT INTO shared.tenants (id, cell, state, schema_revision) VALUES (%s, %s, 'spare', %s)"

_underway: list[str] = []
_free: list[str] = []
_lasting = [0]


@contextmanager
def lasting() -> Iterator[None]:
    """Labels that are made meanwhile outlive the test that runs."""
    _lasting[0] += 1
    try:
        yield
    finally:
        _lasting[0] -= 1


def was_made(tenant_id: str) -> None:
    """A test has a label of its own."""
    if not _lasting[0]:
        _underway.append(tenant_id)


def ended(*, may_be_used: bool) -> None:
    """A test has ended: nobody looks at its labels any more."""
    if may_be_used:
        _free.extend(_underway)
    _underway.clear()


def make_a_spare() -> None:
    """Turn the label of a test that has ended into a spare; nothing happens where there is none."""
    while _free:
        try:
            with db.owner_work(HOME_CELL) as owner:
                owner.execute("RESET ROLE")  # the one who owns the server may pass triggers over
                if _emptied(owner, _free.pop(), ids.new_tenant_id()):
                    return
        except psycopg.errors.LockNotAvailable:
            continue  # something of that test still holds it


def _emptied(owner: psycopg.Connection[Any], old: str, new: str) -> bool:
    filled = owner.execute(_FILLED, [old]).fetchall()
    if owner.execute(_SHAPE, [old]).fetchone() != _sound_shape() or sum(size for _, size in filled) > MUCH:
        return False
    if not owner.execute(_TOMBSTONE, [old, label_head()]).rowcount:
        return False
    owner.execute("SET LOCAL session_replication_role = replica; SET LOCAL lock_timeout = '1s'")
    names = {"old": sql.Identifier(old), "new": sql.Identifier(new)}
    deletes = [sql.SQL("DELETE FROM {}.{}").format(names["old"], sql.Identifier(name)) for name, _ in filled]
    renames = [sql.SQL(f"ALTER {what} {{old}} RENAME TO {{new}}").format(**names) for what in ("SCHEMA", "ROLE")]
    owner.execute(sql.SQL("; ").join([*deletes, *renames]))
    owner.execute(_BEGIN_ANEW, [new])
    owner.execute(_SPARE, [new, HOME_CELL, label_head()])
    return True


@cache
def _sound_shape() -> object:
    """The shape of a label that no test has touched: the room's."""
    from tests.factories.labels import the_label

    with db.owner_work(HOME_CELL) as owner:
        return owner.execute(_SHAPE, [the_label("rival").id]).fetchone()
