"""What was earned period by period, and what changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.artist.queries import money
from app.artist.rules.earnings import Change, Column, Span, changed, columns
from app.identity.policies import Visitor
from app.royalties.service import lines

SHOWN: Final = 6
MOST_OPENED: Final = 8
"""Of more statements than these in a period, stores are not compared: each is summed anew, line by line."""


@dataclass(frozen=True, slots=True)
class Earnings:
    """The newest periods in one currency as a picture, the last of them, and how it differs from the one before."""

    currency: str
    currencies: list[str]
    columns: list[Column]
    newest: Span
    change: Change | None


def earnings(session: Session, visitor: Visitor, wanted: str = "") -> Earnings | None:
    """What the visitor's own artists earned, in a currency of theirs; None where they were told nothing yet."""
    known = money.currencies(session, visitor)
    if not known:
        return None
    currency = wanted if wanted in known else known[0]
    found = money.periods(session, visitor, currency, limit=SHOWN)
    spans = [span for _, span in found]
    change = _change(session, visitor, currency, found) if len(found) > 1 else None
    return Earnings(currency, known, columns(spans), spans[-1], change)


def _change(session: Session, visitor: Visitor, currency: str, found: list[tuple[UUID, Span]]) -> Change:
    (before_id, before), (now_id, now) = found[-2:]
    stores = _by_store(session, visitor, now_id, currency)
    earlier = _by_store(session, visitor, before_id, currency)
    known = stores is not None and earlier is not None
    return changed(
        now.micros,
        before.micros,
        stores=stores or {} if known else {},
        earlier=earlier or {} if known else {},
    )


def _by_store(session: Session, visitor: Visitor, period_id: UUID, currency: str) -> dict[str, int] | None:
    """What each store brought in a period; None where that is too much to sum while somebody waits."""
    told = money.of_period(session, visitor, period_id, currency, limit=MOST_OPENED + 1)
    if len(told) > MOST_OPENED:
        return None
    sums: Counter[str] = Counter()
    for statement in told:
        for store, micros in lines.sums(session, statement, "store"):
            sums[str(store)] += micros
    return dict(sums)
