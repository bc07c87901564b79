"""From the outbox to the broker: due rows of every label in turn, leased before they are sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from app.kernel import observe
from app.kernel.db import current, platform_work
from app.kernel.jobs.envelope import Envelope
from app.kernel.observe import metrics
from app.kernel.tenant import USUAL_LIMITS

BATCH = 500
MOST_LEASES = 6
"""So many leases, at most, a message that nobody took up is left at the broker before it counts as lost."""
PARKED_AFTER_CRASHES = "The worker died while doing this, again and again."

# The walk over labels is a skip scan: one index probe per label with work waiting, however long its backlog is. Each
# label gets as many rows as it may still have in flight, so a long backlog waits behind nobody's single task.
_TAKE = text("""
WITH RECURSIVE labels AS (
  (SELECT label FROM shared.outbox WHERE done_at IS NULL AND parked_at IS NULL ORDER BY label LIMIT 1)
  UNION ALL
  SELECT (SELECT o.label FROM shared.outbox o WHERE o.done_at IS NULL AND o.parked_at IS NULL AND o.label > l.label
          ORDER BY o.label LIMIT 1)
  FROM labels l WHERE l.label IS NOT NULL
), due AS (
  SELECT picked.id FROM labels l
  CROSS JOIN LATERAL (
    SELECT greatest(0, coalesce(CAST(CAST(:own AS jsonb) ->> l.label AS int), :per_label) - count(*)) AS room
    FROM shared.outbox o
    WHERE o.label = l.label AND o.done_at IS NULL AND o.parked_at IS NULL AND o.lease_until >= clock_timestamp()
  ) free
  CROSS JOIN LATERAL (
    SELECT o.id FROM shared.outbox o
    WHERE o.label = l.label AND o.done_at IS NULL AND o.parked_at IS NULL AND o.run_at <= clock_timestamp()
      AND (o.lease_until IS NULL OR o.lease_until < clock_timestamp()) AND o.attempts < o.max_attempts
    ORDER BY o.run_at LIMIT (free.room) FOR UPDATE SKIP LOCKED
  ) picked
  WHERE l.label IS NOT NULL LIMIT :batch
)
UPDATE shared.outbox o SET sends = o.sends + 1, lease_until = clock_timestamp() + make_interval(
  secs => CAST(:lease AS float) * least(:most, power(2, least(o.sends - o.claimed, 10)))
)
FROM due WHERE o.id = due.id
RETURNING o.id, o.label, o.epoch, o.task, o.queue, o.sends, o.trace
""")

# What the broker did not take waits one lease, however often it was sent: only what waits there waits for longer.
_NOT_SENT = text("""
UPDATE shared.outbox SET lease_until = least(lease_until, clock_timestamp() + make_interval(secs => :lease))
WHERE id = ANY(:ids) AND claimed < sends AND done_at IS NULL
""")

_PARK_CRASHED = text("""
UPDATE shared.outbox SET parked_at = clock_timestamp(), problem = coalesce(problem, :problem)
WHERE done_at IS NULL AND parked_at IS NULL AND attempts >= max_attempts AND lease_until < clock_timestamp()
RETURNING id, task
""")

log = observe.log("relay")

Send = Callable[..., None]
"""Sends one message: `send(message, queue=…, task=…)`; raises when the broker is away."""

OwnLimits = Callable[[], dict[str, int]]
"""How many tasks at once those labels may have in work whose limit is not everybody's, by label id."""


@dataclass
class Relay:
    """Moves one cell's due rows to the broker."""

    cell: str
    send: Send
    lease_seconds: float = 15.0
    per_label: int = USUAL_LIMITS.jobs
    batch: int = BATCH
    own_limits: OwnLimits = dict
    _key: bytes = field(default=b"", repr=False)

    def run_once(self) -> int:
        """Park what keeps killing workers, lease what is due, send it; give back how many were sent.

        The lease commits before the sending: a crash in between, a lost message or an emptied broker all end the same
        way, with the row sent again when its lease runs out. Each sending that nobody took up doubles the next lease,
        up to `MOST_LEASES`: where more waits at the broker than is done within a lease, few messages are sent in vain.
        """
        self._park_crashed()
        with platform_work(self.cell) as session:
            own = msgspec.json.encode(self.own_limits()).decode()
            lease = {"per_label": self.per_label, "own": own, "batch": self.batch, "lease": self.lease_seconds}
            rows = session.execute(_TAKE, lease | {"most": MOST_LEASES}).all()
        for place, row in enumerate(rows):
            try:
                self._send(row)
            except Exception:
                self._give_back([left.id for left in rows[place:]])
                raise
        return len(rows)

    def _give_back(self, ids: list[UUID]) -> None:
        with platform_work(self.cell) as session:
            session.execute(_NOT_SENT, {"ids": ids, "lease": self.lease_seconds})

    def _send(self, row: Any) -> None:
        envelope = Envelope(
            id=str(row.id), cell=self.cell, label=row.label, epoch=row.epoch, send=row.sends, trace=row.trace
        )
        self.send(envelope.signed(self._signing_key()), queue=row.queue, task=row.task)

    def _park_crashed(self) -> None:
        with platform_work(self.cell) as session:
            for row in session.execute(_PARK_CRASHED, {"problem": PARKED_AFTER_CRASHES}):
                metrics.tasks.labels(row.task, "parked").inc()
                log.error("task.parked", task=row.task, row=str(row.id), reason="crashed")

    def _signing_key(self) -> bytes:
        self._key = self._key or current().settings.derived_key("task-envelope")
        return self._key
