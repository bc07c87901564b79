"""The chain over postings, laid off the hot path; where it ends is written into activity, which has its own chain.

The end of activity's chain is kept outside the label's schema: whoever rewrites postings and their links has to rewrite
what activity says of them, and that shows.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.kernel import activity
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.kernel.chain import START, Head, Link, Verdict, walk
from app.kernel.db import copy_rows, table_of
from app.ledger.models import PostingSeal

BATCH = 10_000
SEALED = "ledger.sealed"

_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('ledger.seal ' || current_schema(), 0))")

# xid and seq are places in one database and stay out; accounts are spelled out, so that they cannot be exchanged.
_FACTS = """
json_build_array(p.id, p.key, d.kind, d.subject, d.currency, c.kind, c.subject, c.currency, p.currency, p.amount_micros,
  p.booked_on, p.reason, p.subject_type, p.subject_id, p.reverses_id, p.posted_by, extract(epoch FROM p.posted_at),
  encode(p.input_hash, 'hex'))::text
"""
# Whatever transaction is older than the last sealed one was complete when that was sealed.
_UNSEALED = text(f"""
SELECT p.id, {_FACTS} FROM postings p
JOIN ledger_accounts d ON d.id = p.debit_id JOIN ledger_accounts c ON c.id = p.credit_id
WHERE p.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint AND p.xid >= coalesce((
    SELECT last.xid FROM posting_seals s JOIN postings last ON last.id = s.posting_id ORDER BY s.position DESC LIMIT 1
  ), 0)
  AND NOT EXISTS (SELECT FROM posting_seals s WHERE s.posting_id = p.id)
ORDER BY p.xid, p.seq LIMIT {BATCH}
""")
_LINKS = text(f"""
SELECT s.position, s.hash, CASE WHEN p.id IS NOT NULL THEN {_FACTS} END FROM posting_seals s
LEFT JOIN postings p ON p.id = s.posting_id
LEFT JOIN ledger_accounts d ON d.id = p.debit_id LEFT JOIN ledger_accounts c ON c.id = p.credit_id
WHERE s.position > :after ORDER BY s.position LIMIT {BATCH}
""")


class ChainBroken(RuntimeError):
    """The chain does not end where activity says; what is posted now must not hide that."""


def seal(session: Session, actor: Actor) -> Head:
    """Append every complete, unsealed posting to the chain, write down where it ends, and give that back."""
    session.execute(_TURN)
    before = head = _newest_link(session)
    if before != (kept_head(session) or START):
        raise ChainBroken(f"the ledger's chain ends at {before.position}, and not where it was sealed")
    while rows := session.execute(_UNSEALED).all():
        lines = []
        for posting_id, facts in rows:
            head = head.next(facts.encode())
            lines.append(f"{head.position},{posting_id},\\x{head.hash.hex()}\n")
        copy_rows(session, table_of(PostingSeal), ("position", "posting_id", "hash"), "".join(lines).encode())
    if head != before:
        activity.record(session, actor, SEALED, after={"position": head.position, "hash": head.hash.hex()})
    return head


def verify(session: Session) -> Verdict:
    """Walk the chain from its beginning and compare it with what activity says of its end."""
    return walk(_chain(session), kept_head(session))


def kept_head(session: Session) -> Head | None:
    """The end of the chain as activity has it; None before the first sealing."""
    query = select(Activity.after).where(Activity.action == SEALED).order_by(Activity.seq.desc()).limit(1)
    said = session.scalar(query)
    return Head(said["position"], bytes.fromhex(said["hash"])) if said else None


def _newest_link(session: Session) -> Head:
    newest = session.scalar(select(PostingSeal).order_by(PostingSeal.position.desc()).limit(1))
    return Head(newest.position, newest.hash) if newest else START


def _chain(session: Session) -> Iterator[Link]:
    """Every link in order, a page at a time, so that no statement runs for long."""
    after = 0
    while rows := session.execute(_LINKS, {"after": after}).all():
        for position, digest, facts in rows:
            yield Link(position, digest, facts.encode() if facts else None)
        after = rows[-1][0]
