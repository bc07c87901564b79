"""Working a run's earnings out: sales resolved once each, then summed exactly by the database."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, NamedTuple

import polars as pl
from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from app.contracts.service import signing
from app.royalties.errors import RateMissing
from app.royalties.models import EarningKey, EarningSource, RoyaltyPeriod, RoyaltyRun
from app.royalties.rules.pricing import rate_key
from app.royalties.rules.stretches import Stretch
from app.royalties.service import collecting, compiling, rates
from app.royalties.service.assigning import AT_RECEIPT, assign
from app.royalties.service.collecting import UNIT
from app.royalties.service.compiling import Deals

PATIENCE: Final = "SET LOCAL statement_timeout = '10min'; SET LOCAL work_mem = '256MB'; SET LOCAL enable_nestloop = off"
PAIR: Final = ["currency", "deal_currency", AT_RECEIPT]
EPOCH: Final = date(1970, 1, 1)
_BASE = """
(CASE k.{0}base WHEN 'net_receipt' THEN l.net WHEN 'net_source' THEN coalesce(l.gross, l.net)
  WHEN 'ppd' THEN l.quantity * coalesce(l.unit_price, k.{0}price)
  WHEN 'retail' THEN l.quantity * coalesce(l.retail_price, k.{0}price)
  WHEN 'per_unit' THEN l.quantity * k.{0}price END * k.{0}portion)
"""
_IS_ROUNDED = "(k.unit_places IS NOT NULL OR k.whole_units)"
# Towards zero, so that a return takes back what its sale gave; of no units there is no royalty of one to round.
_ROUNDED = f"""
CASE WHEN NOT {_IS_ROUNDED} THEN NULL WHEN l.quantity = 0 THEN v.base * k.factor * k.rate
  WHEN k.unit_places IS NULL THEN round(v.base * k.rate * trunc(l.quantity * k.factor), 50) / l.quantity
  ELSE (CASE WHEN k.rounds_down THEN trunc(u.unit, k.unit_places) ELSE round(u.unit, k.unit_places) END)
    * (CASE WHEN k.whole_units THEN trunc(l.quantity * k.factor) ELSE l.quantity END) END
"""
# Divided last: 15 % of a third of 10 is 0.50, of 3.333… a little less.
_UNIT = """
round(v.base * CASE WHEN k.whole_units THEN 1 ELSE k.factor END * k.rate, 50) / nullif(l.quantity, 0)
"""
_EITHER = """
CASE WHEN (k.either = 'max') = (l.quantity >= 0) THEN greatest(w.one, w.two) ELSE least(w.one, w.two) END
"""


def _part(amount: str) -> str:
    """An amount's part for a piece; undivided it stays exact, for a division of PostgreSQL's rounds."""
    return f"(CASE WHEN k.whole = 1 THEN {amount} ELSE round({amount}, 50) / k.whole END)"


# OFFSET 0 keeps the planner from working the base of a line out anew in every sum.
_SUM = f"""
INSERT INTO earnings (run_id, number, contract_id, version_id, clause, sheet_id, recording_id, release_id, store,
  channel, sold_month, currency, lines, quantity, net, base, factor, rate, fx, whole, unpriced, amount, positive)
SELECT k.run_id, k.number, k.contract_id, k.version_id, k.clause, k.sheet_id, k.recording_id, k.release_id, k.store,
  k.channel, k.sold_month, k.currency, s.lines, {_part("s.quantity")}, {_part("s.net")}, {_part("s.base")}, k.factor,
  k.rate, k.fx, k.whole, s.unpriced, {_part("coalesce(s.rounded, s.base * k.factor * k.rate) * k.fx")},
  {_part("coalesce(s.rounded_positive, s.positive * k.factor * k.rate) * k.fx")}
FROM ({{lines}}) s JOIN earning_keys k ON k.run_id = :run_id AND k.number = s.number
"""
_SUMS = """
SELECT number, count(*) AS lines, sum(quantity) AS quantity, sum(net) AS net, coalesce(sum(base), 0) AS base,
  coalesce(sum(base) FILTER (WHERE quantity > 0), 0) AS positive, sum(rounded) AS rounded,
  sum(rounded) FILTER (WHERE quantity > 0) AS rounded_positive, count(*) FILTER (WHERE base IS NULL) AS unpriced
FROM ({lines} OFFSET 0) l GROUP BY number
"""
_JOINED = """
FROM earning_sources s JOIN sales_reports r ON r.serial = s.report
  JOIN sales_lines l ON l.report_id = r.id AND l.asset_id = s.asset_id AND l.context_id = s.context_id
"""
_PLAIN = f"""
SELECT s.number, count(*) AS lines, sum(l.quantity) AS quantity, sum(l.net) AS net, sum(l.net) AS base,
  coalesce(sum(l.net) FILTER (WHERE l.quantity > 0), 0) AS positive, NULL::numeric AS rounded,
  NULL::numeric AS rounded_positive, 0 AS unpriced
{_JOINED} WHERE s.run = :run AND s.number <= :plain GROUP BY s.number
"""
_SUMMED = f"""
SELECT number, lines, quantity * {UNIT} AS quantity, net * {UNIT} AS net, net * {UNIT} AS base,
  positive * {UNIT} AS positive, NULL::numeric AS rounded, NULL::numeric AS rounded_positive, 0 AS unpriced
FROM earning_keys WHERE run_id = :run_id AND number <= :plain
"""
_PRICED = f"""
SELECT s.number, l.quantity, l.net, v.base, {_ROUNDED} AS rounded {_JOINED}
  JOIN earning_keys k ON k.run_id = :run_id AND k.number = s.number
  CROSS JOIN LATERAL (SELECT {_BASE.format("")} AS one, {_BASE.format("other_")} AS two) w
  CROSS JOIN LATERAL (SELECT CASE WHEN k.either IS NULL THEN w.one ELSE {_EITHER} END AS base) v
  CROSS JOIN LATERAL (SELECT {_UNIT} AS unit) u
WHERE s.run = :run AND s.number > :plain
"""
_RATES = text("""
UPDATE earning_keys k SET rate = e.rate FROM earnings e
WHERE e.run_id = k.run_id AND e.number = k.number AND k.run_id = :run_id AND k.rate <> e.rate
  AND (k.unit_places IS NOT NULL OR k.whole_units)
""")
_GROWN = text(f"""
UPDATE earnings e SET amount = {_part("s.rounded * k.fx")},
  positive = {_part("coalesce(s.rounded_positive, 0) * k.fx")}
FROM ({_SUMS.format(lines=_PRICED + f" AND {_IS_ROUNDED}")}) s, earning_keys k
WHERE k.run_id = :run_id AND k.number = s.number AND e.run_id = k.run_id AND e.number = k.number
  AND s.rounded * k.fx IS NOT NULL
""")
_OF_SUMS, _OF_PLAIN, _OF_PRICED = (
    text(_SUM.format(lines=lines)) for lines in (_SUMMED, _PLAIN, _SUMS.format(lines=_PRICED))
)


def calculate(session: Session, run: RoyaltyRun) -> Deals:
    """Work out what every contract earned from the sales that a run takes in; what nobody is paid for is noted."""
    session.execute(text(PATIENCE))
    period = session.get_one(RoyaltyPeriod, run.period_id)
    known = compiling.deals(session, Stretch(period.starts_on, period.ends_on))
    signing.refuse_changed(session, known.terms)
    assigned = assign(session, collecting.sales(session, run, collecting.take_in(session, run)), known)
    collecting.leave(session, run, assigned.left)
    keys = _with_rates(session, run, assigned.keys)
    keys = keys.drop("deal_currency", AT_RECEIPT)
    collecting.write(session, EarningKey, keys.with_columns(run_id=pl.lit(str(run.id))))
    collecting.write(session, EarningSource, assigned.sources.with_columns(run=pl.lit(run.serial)))
    values = {"run_id": run.id, "run": run.serial, "plain": assigned.plain}
    for query in (_OF_SUMS if assigned.is_summed else _OF_PLAIN, _OF_PRICED):
        session.execute(query, values)
    return known


def finish(session: Session, run: RoyaltyRun) -> None:
    """Round what grew by the unit where that is agreed, and let go of how each earning was worked out."""
    if session.execute(_RATES, {"run_id": run.id}).rowcount:  # type: ignore[attr-defined]
        session.execute(_GROWN, {"run_id": run.id, "run": run.serial, "plain": 0})
    session.execute(delete(EarningKey).where(EarningKey.run_id == run.id))
    session.expire_all()


def forget(session: Session, run: RoyaltyRun) -> None:
    """Take away what a run worked out so far, so that it can begin anew."""
    for table in ("statements", "line_shares", "earnings", "earning_keys", "run_leftovers", "run_reports"):
        session.execute(text(f"DELETE FROM {table} WHERE run_id = :run"), {"run": run.id})
    session.execute(delete(EarningSource).where(EarningSource.run == run.serial))


class _Asked(NamedTuple):
    """From which currency to which a rate is asked for, and of which day where it is not the period's last."""

    base: str
    quote: str
    on: date | None

    def __str__(self) -> str:
        return f"{self.base} → {self.quote}"


def _with_rates(session: Session, run: RoyaltyRun, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with the rate from the currency of the sale to that of the contract, which the run keeps.

    It is that of the period's last day, or where that is agreed of the day on which the money came.
    """
    last = session.get_one(RoyaltyPeriod, run.period_id).ends_on
    pairs = rows.select(PAIR).unique().sort(PAIR)
    asked = [
        _Asked(base, quote, EPOCH + timedelta(days=day) if day else None) for base, quote, day in pairs.iter_rows()
    ]
    found = {pair: rates.rate(session, pair.base, pair.quote, on=pair.on or last) for pair in asked}
    if missing := [pair for pair, rate in found.items() if rate is None]:
        day = min(pair.on or last for pair in missing)
        raise RateMissing(pairs=", ".join(dict.fromkeys(map(str, missing))), day=day.isoformat())
    run.rates = {rate_key(*pair): rate.told() for pair, rate in found.items() if rate}
    table = pairs.with_columns(fx=pl.Series([f"{rate.value:f}" for rate in found.values() if rate], dtype=pl.String))
    return rows.join(table, on=PAIR, maintain_order="left")
