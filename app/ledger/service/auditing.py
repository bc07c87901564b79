"""Whether the books are right: what `boptone doctor` and the daily check ask."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.ledger.models import Posting, PostingSeal
from app.ledger.service.sealing import verify

_BALANCES = text("""
SELECT coalesce(summed.account_id, kept.account_id) AS account_id, coalesce(kept.posted_micros, 0) AS kept,
  coalesce(summed.micros, 0) AS summed
FROM (
  SELECT account_id, sum(micros) AS micros FROM (
    SELECT debit_id, amount_micros FROM postings UNION ALL SELECT credit_id, -amount_micros FROM postings
  ) moved (account_id, micros) GROUP BY account_id
) summed FULL JOIN ledger_balances kept ON kept.account_id = summed.account_id
WHERE kept.posted_micros IS DISTINCT FROM summed.micros ORDER BY 1 LIMIT 10
""")
_TRIAL = text("""
SELECT currency, sum(posted_micros) FROM ledger_balances kept JOIN ledger_accounts account ON account.id = account_id
GROUP BY currency HAVING sum(posted_micros) <> 0 ORDER BY 1
""")


def problems(session: Session) -> list[str]:
    """What is wrong with a label's books, a sentence each; none if they are right."""
    found = [
        f"the balance of ledger account {account_id} is {kept} and its postings add up to {summed}"
        for account_id, kept, summed in session.execute(_BALANCES)
    ]
    found += [f"the ledger is out of balance by {micros} {currency}" for currency, micros in session.execute(_TRIAL)]
    verdict = verify(session)
    if not verdict.ok:
        found.append(f"the ledger's chain is broken at {_named(session, verdict.position)}: {verdict.problem}")
    return found


def _named(session: Session, position: int) -> str:
    """A link and the posting it covers, if that is still there."""
    link = session.get(PostingSeal, position)
    posting = session.get(Posting, link.posting_id) if link else None
    return f"link {position}" + (f", posting “{posting.key}” {posting.id}" if posting else "")
