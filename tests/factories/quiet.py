"""Waiting for the other tests of this run: what is complete is decided by the oldest transaction of the whole server."""

from __future__ import annotations

import time

from app.kernel.db import current
from app.kernel.db.database import raw_owner_connection
from app.settings import HOME_CELL

_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname <> current_database() AND backend_xid IS NOT NULL AND backend_xid::text::bigint < %s
"""


def settled() -> None:
    """Return when no test on another database is still in a transaction that is older than this call."""
    with raw_owner_connection(current().settings, HOME_CELL) as connection:
        (now,) = connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
        while connection.execute(_OTHERS, [now]).fetchone() != (0,):
            time.sleep(0.01)
