"""The history of a label's tables; each revision is compiled once and replayed per schema.

A revision states `phase`: "expand" (adds, safe under old code), "backfill" or "contract" (removes what no code uses).
"""

from __future__ import annotations

PLACEHOLDER = "l_00000000000000000000000000"
"""Stands for the label's id in compiled SQL; Crockford base32 of zero, which no UUIDv7 ever gives."""

LABEL_ROLE = f'"{PLACEHOLDER}"'
SERVES_FROM = "l0063"
"""The oldest revision that this code still serves; an older label answers 503 until it is migrated."""
