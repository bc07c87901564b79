"""Whether what payees were told still stands as it was told: what `boptone doctor` asks of every label."""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.royalties.models import RoyaltyRun
from app.royalties.service.running import digest

_STEPS = text("""
SELECT s.id FROM statements s JOIN royalty_runs r ON r.id = s.run_id LEFT JOIN statement_entries e
  ON e.statement_id = s.id WHERE r.state = 'published' GROUP BY s.id
HAVING s.opening_micros + s.earned_micros + coalesce(sum(e.amount_micros), 0) <> s.closing_micros ORDER BY 1 LIMIT 10
""")
_POSTED = text("""
SELECT s.id, s.earned_micros, coalesce(CASE c.kind WHEN 'payable' THEN p.amount_micros ELSE -p.amount_micros END, 0)
FROM statements s JOIN royalty_runs r ON r.id = s.run_id
  LEFT JOIN postings p ON p.key = 'statement:' || s.id || '\\:earned' LEFT JOIN ledger_accounts c ON c.id = p.credit_id
WHERE r.state = 'published'
  AND s.earned_micros <> coalesce(CASE c.kind WHEN 'payable' THEN p.amount_micros ELSE -p.amount_micros END, 0)
ORDER BY 1 LIMIT 10
""")


def problems(session: Session) -> list[str]:
    """What is wrong with a label's published statements, a sentence each; none if they are right."""
    found = [
        f"statement {each} does not come from its opening to its closing balance" for (each,) in session.execute(_STEPS)
    ]
    found += [
        f"statement {each} says that {told} micros were earned, and {posted} were posted"
        for each, told, posted in session.execute(_POSTED)
    ]
    published = select(RoyaltyRun).where(RoyaltyRun.state == "published").order_by(RoyaltyRun.serial)
    for run in session.scalars(published):
        if digest(session, run.id) != run.digest:
            found.append(f"royalty run {run.id} was changed after it was published")
    return found
