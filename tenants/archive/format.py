"""What an archive is: a tar of a manifest, one member per table in PostgreSQL's text format, one per file.

The manifest comes last, when every checksum is known; a reader that meets no manifest holds half an archive.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import psycopg

VERSION = 1
MANIFEST = "manifest.json"
TABLES = "tables/"
FILES = "files/"
CHUNK = 1 << 20

# What belongs to one place and time, not to the label: sessions, links and support's leave let people in, waits count
# tries here, and a transaction's number means something in one database only.
# A program's way in by a person goes with the person's session: what was taken back since must not come back.
LEFT_BEHIND = frozenset(
    {
        "member_sessions", "tickets", "throttles", "support_grants", "sso_attempts", "sso_seen_assertions",
        "api_requests", "api_consents", "api_grants", "api_codes", "api_refresh_tokens", "api_device_codes",
        "api_seen_proofs", "api_revoked_tokens",
    }
)  # fmt: skip
# What another label cannot use: it is sealed with its label's key, or a browser made it for its label's host.
BOUND_TO_LABEL = (
    "totp_secrets", "recovery_codes", "passkeys", "webhook_endpoints", "webhook_feed", "bulk_jobs", "data_exports",
    "api_answers", "api_clients", "api_signing_keys", "sso_connections", "fan_addresses", "tax_drafts", "printer_links",
)  # fmt: skip
# What of other rows is sealed with its label's key: rows that may not go end where they stand.
SEALED_VALUES = {
    "orders": "sealed = NULL",
    "baskets": "sealed = NULL",
    "payout_policy": "debtor = NULL",
    "payout_methods": "removed_at = coalesce(removed_at, now())",
    "signing_certificates": "retired_at = coalesce(retired_at, now())",
    "tax_settings": "sealed_tin = NULL, tin_mask = ''",
    "tax_forms": "superseded_at = coalesce(superseded_at, now())",
}
RESTAMPED = frozenset({("activity", "xid"), ("postings", "xid")})
# What the database itself makes of other rows as they arrive, and what of it must come out the same.
MADE_ANEW = {"ledger_balances": ["account_id", "posted_micros"]}

_COLUMNS = """
SELECT c.relname, a.attname, a.attidentity <> ''
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE n.nspname = %s AND c.relkind = 'r' ORDER BY c.relname, a.attnum
"""
_PARENTS = """
SELECT c.relname, p.relname FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND k.contype = 'f' AND c.oid <> p.oid
"""


class TablePart(msgspec.Struct, frozen=True):
    """One table of an archive."""

    name: str
    columns: list[str]
    rows: int
    sha256: str


class FilePart(msgspec.Struct, frozen=True):
    """One object of an archive, named by the hash of its bytes."""

    sha256: str
    size: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an archive holds."""

    version: int
    revision: str
    made_at: str
    label: dict[str, Any]
    tables: list[TablePart]
    files: list[FilePart]


def columns_of(connection: psycopg.Connection[Any], tenant_id: str) -> dict[str, list[str]]:
    """The columns of every table of a label that travel with it, parents before children."""
    found: dict[str, list[str]] = {}
    for table, column, _ in connection.execute(_COLUMNS, [tenant_id]).fetchall():
        if table not in LEFT_BEHIND | MADE_ANEW.keys() and (table, column) not in RESTAMPED:
            found.setdefault(table, []).append(column)
    return {table: found[table] for table in ordered_tables(connection, tenant_id, found)}


def ordered_tables(connection: psycopg.Connection[Any], tenant_id: str, tables: Iterable[str]) -> list[str]:
    """Tables in an order in which every row finds the rows it refers to."""
    return list(_ordered(tables, connection.execute(_PARENTS, [tenant_id]).fetchall()))


def identities_of(connection: psycopg.Connection[Any], tenant_id: str) -> list[tuple[str, str]]:
    """The identity columns of a label, whose counters go on where they stood."""
    rows = connection.execute(_COLUMNS, [tenant_id]).fetchall()
    return [(table, column) for table, column, is_identity in rows if is_identity]


def _ordered(tables: Iterable[str], links: list[tuple[str, str]]) -> Iterator[str]:
    left, done = sorted(tables), set[str]()
    while left:
        ready = [table for table in left if all(parent in done for child, parent in links if child == table)]
        if not ready:
            raise ValueError(f"tables refer to each other in a circle: {', '.join(left)}")
        yield from ready
        done.update(ready)
        left = [table for table in left if table not in done]


class Digest:
    """Counts and hashes what passes through."""

    def __init__(self) -> None:
        self._hash, self.size, self.rows = hashlib.sha256(), 0, 0

    def feed(self, chunk: bytes) -> bytes:
        """Take note of some bytes and give them back; a row of COPY's text format ends with a newline."""
        self._hash.update(chunk)
        self.size += len(chunk)
        self.rows += chunk.count(b"\n")
        return chunk

    @property
    def sha256(self) -> str:
        """The hash of everything so far."""
        return self._hash.hexdigest()
