"""What a label's schema is made of, as lines that can be compared: one query for any number of schemas."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec
import psycopg

HEAD_FILE = Path(__file__).parents[2] / "migrations" / "label" / "head.json"

# Definitions name their schema and their role, which are the same word; it is taken out so that labels compare equal.
_OBJECTS = """
WITH tables AS (
  SELECT c.oid, n.nspname AS label, c.relname AS name, c.relkind AS kind, c.relacl AS acl, c.relowner AS owner,
         c.relrowsecurity AS walled
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = ANY(%(labels)s) AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
), lines AS (
  SELECT label, CASE kind WHEN 'S' THEN 'sequence ' ELSE 'table ' END || name AS object,
    'owner ' || pg_get_userbyid(owner) || CASE WHEN walled THEN ', row security' ELSE '' END || ', rights ' || coalesce(
      (SELECT string_agg(coalesce(pg_get_userbyid(nullif(r.grantee, 0)), 'public') || '=' || r.privilege_type, ' '
              ORDER BY r.grantee, r.privilege_type)
       FROM aclexplode(acl) r WHERE r.grantee <> owner), 'none') AS definition
  FROM tables
  UNION ALL
  SELECT t.label, 'column ' || t.name || '.' || a.attname, format_type(a.atttypid, a.atttypmod)
    || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END || CASE a.attidentity WHEN '' THEN '' ELSE ' identity' END
    || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
  FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE t.kind <> 'S'
  UNION ALL
  SELECT t.label, 'constraint ' || t.name || '.' || k.conname, pg_get_constraintdef(k.oid)
    || CASE WHEN k.convalidated THEN '' ELSE ' (not validated)' END
  FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid WHERE k.contype <> 'n'
  UNION ALL
  SELECT t.label, 'index ' || x.relname,
    pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' (invalid)' END
  FROM tables t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class x ON x.oid = i.indexrelid
  UNION ALL
  SELECT t.label, 'trigger ' || t.name || '.' || g.tgname, pg_get_triggerdef(g.oid)
    || CASE g.tgenabled WHEN 'O' THEN '' ELSE ' (disabled)' END
  FROM tables t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
  UNION ALL
  SELECT t.label, 'policy ' || t.name || '.' || p.polname, coalesce(pg_get_expr(p.polqual, p.polrelid), '')
  FROM tables t JOIN pg_policy p ON p.polrelid = t.oid
  UNION ALL
  SELECT n.nspname, 'function ' || f.proname, 'owner ' || pg_get_userbyid(f.proowner) || ', rights ' || coalesce(
    (SELECT string_agg(coalesce(pg_get_userbyid(nullif(r.grantee, 0)), 'public'), ' ' ORDER BY r.grantee)
     FROM aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) r WHERE r.grantee <> f.proowner), 'none')
    || CASE WHEN f.prosecdef THEN ', as its owner' ELSE '' END
    || coalesce(', ' || array_to_string(f.proconfig, '; '), '') || ', body ' || md5(f.prosrc)
  FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace WHERE n.nspname = ANY(%(labels)s)
)
SELECT label, object, replace(definition, label, 'LABEL') FROM lines
"""


class Fingerprint(msgspec.Struct, frozen=True):
    """A revision and every object a schema at that revision has, with its definition."""

    revision: str
    objects: dict[str, str]

    @property
    def digest(self) -> str:
        """One hash for everything."""
        return hashlib.sha256(msgspec.json.encode(self.objects, order="deterministic")).hexdigest()


def objects_of(connection: psycopg.Connection[Any], labels: list[str]) -> dict[str, dict[str, str]]:
    """Every object of every schema, by label; a label without a schema has none."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for label, name, definition in connection.execute(_OBJECTS, {"labels": labels}).fetchall():
        found[label][name] = definition
    return found


def head_fingerprint() -> Fingerprint:
    """What a label at head is made of, as it was rendered."""
    return msgspec.json.decode(HEAD_FILE.read_bytes(), type=Fingerprint)


def write_head(fingerprint: Fingerprint) -> None:
    """Keep a rendered fingerprint beside the revisions it comes from."""
    encoded = msgspec.json.format(msgspec.json.encode(fingerprint, order="deterministic"), indent=1)
    HEAD_FILE.write_bytes(encoded + b"\n")


def differences(wanted: dict[str, str], found: dict[str, str]) -> list[str]:
    """What differs, a sentence each."""
    sentences = [f"{name} is missing" for name in sorted(wanted.keys() - found.keys())]
    sentences += [f"{name} does not belong there" for name in sorted(found.keys() - wanted.keys())]
    for name in sorted(wanted.keys() & found.keys()):
        if wanted[name] != found[name]:
            sentences.append(f"{name} is “{found[name]}” and should be “{wanted[name]}”")
    return sentences
