"""What is unusual about a run, compared with the one before: somebody signs each off before it is approved."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.contracts.models import Contract
from app.kernel.sentences import sentence
from app.royalties.models import Earning, RoyaltyPeriod, RoyaltyRun, Statement

SENTENCES: Final = {
    "jump": sentence("“%(contract)s” earned %(times)s times as much as in the period before."),
    "drop": sentence("“%(contract)s” earned a fraction of the period before: %(now)s after %(before)s."),
    "gone": sentence("“%(contract)s” earned nothing, after %(before)s in the period before."),
    "negative": sentence("“%(contract)s” earned less than nothing: %(now)s."),
    "returned": sentence("Under “%(contract)s” more came back than was ever sold: %(what)s."),
    "unpriced": sentence("%(lines)s lines of “%(contract)s” have no price, so nothing was calculated for them."),
    "left": sentence("Sales of %(net)s %(currency)s are paid to nobody: %(why)s."),
}
WHY_SENTENCES: Final = {
    "unmatched": sentence("nobody knows what was sold"),
    "no_contract": sentence("no contract is about them"),
    "no_clause": sentence("no clause of the contract is about them"),
    "not_due": sentence("the contract is not due in this period"),
}
LARGE: Final = Decimal(3)
SMALL: Final = Decimal("0.3")
NAMED: Final = 3
"""Of what came back more than was sold, so much is named."""

WORTH: Final = Decimal(100)
"""In the contract's currency: what is less is not unusual, whatever it was before."""

_MAIN = text("""
SELECT e.currency, sum(e.net) AS net FROM earnings e JOIN contracts c ON c.id = e.contract_id AND c.lane = 'main'
WHERE e.run_id = :run GROUP BY 1
""")
# Of what a run counts less of, everything that payees were ever told, and the run itself: a restatement takes back what
# it tells again, and only what is left of both is a return. A producer's contract counts the same sales again, so only
# contracts for records count. Without a recording or a release nil stands for it, so that both sides meet by their
# hashes. Parts of a product are rounded far behind the point, and what is missing there never came back.
_RETURNED = text("""
WITH gone AS (
  SELECT contract_id, recording_id, release_id, channel,
    concat_ws(' ', contract_id, channel, recording_id, '/', release_id) AS what
  FROM earnings e JOIN contracts c ON c.id = e.contract_id AND c.lane = 'main' WHERE e.run_id = :run
  GROUP BY 1, 2, 3, 4 HAVING round(sum(e.quantity), 9) < 0
), missing AS (
  SELECT g.contract_id, g.recording_id, g.release_id, -sum(e.quantity) AS units
  FROM gone g JOIN earnings e ON g.what = concat_ws(' ', e.contract_id, e.channel, e.recording_id, '/', e.release_id)
    JOIN royalty_runs u ON u.id = e.run_id AND (u.id = :run OR u.state = 'published')
  GROUP BY g.contract_id, g.recording_id, g.release_id, g.channel HAVING round(sum(e.quantity), 9) < 0
)
SELECT c.id AS contract, c.title, coalesce(r.title, p.title, '–') AS sold, m.units,
  count(*) OVER (PARTITION BY c.id) AS of,
  row_number() OVER (PARTITION BY c.id ORDER BY m.units DESC, coalesce(r.title, p.title), r.id) AS place
FROM missing m JOIN contracts c ON c.id = m.contract_id LEFT JOIN recordings r ON r.id = m.recording_id
  LEFT JOIN releases p ON p.id = m.release_id ORDER BY c.title, c.id, place
""")
_LEFT = text("""
SELECT o.why, c.currency, sum(l.net) AS net, count(*) AS lines FROM run_leftovers o
  JOIN sales_lines l ON l.report_id = o.report_id AND l.asset_id = o.asset_id AND l.context_id = o.context_id
  JOIN sales_contexts c ON c.id = o.context_id
WHERE o.run_id = :run GROUP BY 1, 2 ORDER BY 1, 2
""")


class Leftover(NamedTuple):
    """Sales that are paid to nobody: why, and how much of which currency in how many lines."""

    why: str
    currency: str
    net: Decimal
    lines: int


def check(session: Session, run: RoyaltyRun) -> None:
    """Note what is unusual about a run, each with a number to sign it off by."""
    found = [*_changes(session, run), *_unpriced(session, run), *_returned(session, run), *_left(session, run)]
    run.anomalies = [{"id": number, "signed_by": None, **each} for number, each in enumerate(found, 1)]


def _changes(session: Session, run: RoyaltyRun) -> Iterator[dict[str, Any]]:
    now, before = _earned(session, _whole(session, run)), _earned(session, previous(session, run))
    titles = {row.id: row.title for row in session.execute(select(Contract.id, Contract.title))}
    for contract in sorted(now.keys() | before.keys(), key=lambda each: titles[each]):
        earned, earlier = now.get(contract, Decimal(0)), before.get(contract, Decimal(0))
        told = {"contract": titles[contract], "now": _short(earned), "before": _short(earlier)}
        if earned < 0:
            yield {"kind": "negative", **told}
        elif earlier > WORTH and not earned:
            yield {"kind": "gone", **told}
        elif earlier > WORTH and earned < earlier * SMALL:
            yield {"kind": "drop", **told}
        elif earned > WORTH and 0 < earlier * LARGE < earned:
            yield {"kind": "jump", "times": _short(earned / earlier), **told}


def previous(session: Session, run: RoyaltyRun) -> list[UUID]:
    """The runs that told payees of the period before: a restatement only tells what changed."""
    period = session.get_one(RoyaltyPeriod, run.period_id)
    told = select(RoyaltyRun.id).where(RoyaltyRun.period_id == RoyaltyPeriod.id, RoyaltyRun.state == "published")
    query = select(RoyaltyPeriod.id).where(RoyaltyPeriod.ends_on < period.starts_on, told.exists())
    last = session.scalar(query.order_by(RoyaltyPeriod.ends_on.desc()).limit(1))
    return _published(session, last)


def _whole(session: Session, run: RoyaltyRun) -> list[UUID]:
    """A run, and of a restatement the runs whose period it restates."""
    return [run.id, *(_published(session, run.period_id) if run.restates_id else ())]


def _published(session: Session, period: UUID | None) -> list[UUID]:
    query = select(RoyaltyRun.id).where(RoyaltyRun.period_id == period, RoyaltyRun.state == "published")
    return list(session.scalars(query))


def _earned(session: Session, runs: Collection[UUID]) -> dict[UUID, Decimal]:
    query = select(Earning.contract_id, func.sum(Earning.amount)).where(Earning.run_id.in_(runs))
    return {row[0]: row[1] for row in session.execute(query.group_by(Earning.contract_id))}


def _unpriced(session: Session, run: RoyaltyRun) -> Iterator[dict[str, Any]]:
    query = (
        select(Contract.title, func.sum(Earning.unpriced))
        .join(Earning, Earning.contract_id == Contract.id)
        .where(Earning.run_id == run.id, Earning.unpriced > 0)
        .group_by(Contract.id, Contract.title)
        .order_by(Contract.title)
    )
    for title, lines in session.execute(query):
        yield {"kind": "unpriced", "contract": title, "lines": int(lines)}


def _returned(session: Session, run: RoyaltyRun) -> Iterator[dict[str, Any]]:
    rows = session.execute(_RETURNED, {"run": run.id}).all()
    for _, own in groupby((row for row in rows if row.place <= NAMED), key=attrgetter("contract")):
        named = list(own)
        what = ", ".join(f"{row.sold} ({round(row.units, 2).normalize():f})" for row in named)
        yield {"kind": "returned", "contract": named[0].title, "what": what + ", …" * (named[0].of > len(named))}


def _left(session: Session, run: RoyaltyRun) -> Iterator[dict[str, Any]]:
    found = leftovers(session, run)
    of = {row.currency: row.net for row in session.execute(_MAIN, {"run": run.id})}
    for each in found:
        of[each.currency] = of.get(each.currency, Decimal(0)) + each.net
    for why, currency, net, lines in found:
        if why != "not_due":
            told = {"why": why, "currency": currency, "net": _short(net), "lines": lines, "of": _short(of[currency])}
            yield {"kind": "left", **told}


def leftovers(session: Session, run: RoyaltyRun) -> list[Leftover]:
    """What of the sales that a run took in is paid to nobody, by reason and currency."""
    return [Leftover(*row) for row in session.execute(_LEFT, {"run": run.id})]


def totals(session: Session, run: RoyaltyRun) -> dict[str, Any]:
    """What a run comes to, by currency, in micros."""
    sums = [Statement.earned_micros, Statement.payable_micros, Statement.closing_micros, Statement.reserve_micros]
    query = select(Statement.currency, func.count(), *map(func.sum, sums)).where(Statement.run_id == run.id)
    names = ("statements", "earned", "payable", "closing", "reserve")
    rows = session.execute(query.group_by(Statement.currency).order_by(Statement.currency))
    return {row[0]: dict(zip(names, map(int, row[1:]), strict=True)) for row in rows}


def _short(amount: Decimal) -> str:
    return f"{amount:.2f}"
