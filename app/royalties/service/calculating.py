"""Working a run's earnings out: sales resolved once each, then summed exactly by the database."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import polars as pl
from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from app.royalties.errors import RateMissing
from app.royalties.models import EarningKey, EarningSource, RoyaltyPeriod, RoyaltyRun
from app.royalties.service import collecting, compiling, rates, resolving
from app.royalties.service.compiling import CIRCUMSTANCES, Deals

PATIENCE: Final = "SET LOCAL statement_timeout = '30min'; SET LOCAL work_mem = '256MB'; SET LOCAL enable_nestloop = off"
SALE: Final = ["report_id", "asset_id", "context_id"]
PLACE: Final = ["version_id", *CIRCUMSTANCES]
KEY: Final = [
    "contract_id", "version_id", "clause", "sheet_id", "recording_id", "release_id", "store", "channel", "sold_month",
    "currency", "base", "portion", "price", "either", "other_base", "other_portion", "other_price", "unit_places",
    "factor", "rate", "fx", "part", "whole",
]  # fmt: skip

_BASE = """
(CASE k.{0}base WHEN 'net_receipt' THEN l.net WHEN 'net_source' THEN coalesce(l.gross, l.net)
  WHEN 'ppd' THEN l.quantity * coalesce(l.unit_price, k.{0}price)
  WHEN 'retail' THEN l.quantity * coalesce(l.retail_price, k.{0}price)
  WHEN 'per_unit' THEN l.quantity * k.{0}price END * k.{0}portion)
"""
_ROUNDED = """
CASE WHEN k.unit_places IS NULL THEN coalesce(sum(b.base), 0) * k.factor * k.rate
  ELSE coalesce(sum(CASE WHEN l.quantity = 0 THEN b.base * k.factor * k.rate
    ELSE round(round(b.base, 50) / l.quantity * k.factor * k.rate, k.unit_places) * l.quantity END), 0) END * k.fx
"""


def _part(amount: str) -> str:
    """An amount's part for a piece; undivided it stays exact, for a division of PostgreSQL's rounds."""
    return f"(CASE WHEN k.whole = 1 THEN {amount} ELSE round({amount} * k.part, 50) / k.whole END)"


_SUM = f"""
INSERT INTO earnings (run_id, number, contract_id, version_id, clause, sheet_id, recording_id, release_id, store,
  channel, sold_month, currency, lines, quantity, net, base, factor, rate, fx, part, whole, unpriced, amount, positive)
SELECT k.run_id, k.number, k.contract_id, k.version_id, k.clause, k.sheet_id, k.recording_id, k.release_id, k.store,
  k.channel, k.sold_month, k.currency, count(*), {_part("sum(l.quantity)")}, {_part("sum(l.net)")},
  {_part("coalesce(sum(b.base), 0)")}, k.factor, k.rate, k.fx, k.part, k.whole,
  count(*) FILTER (WHERE b.base IS NULL), {_part(_ROUNDED)},
  {_part("coalesce(sum(b.base) FILTER (WHERE l.quantity > 0), 0) * k.factor * k.rate * k.fx")}
FROM earning_sources s
  JOIN sales_lines l ON l.report_id = s.report_id AND l.asset_id = s.asset_id AND l.context_id = s.context_id
  JOIN earning_keys k ON k.run_id = s.run_id AND k.number = s.number
  CROSS JOIN LATERAL (SELECT {_BASE.format("")} AS one, {_BASE.format("other_")} AS two) v
  CROSS JOIN LATERAL (SELECT CASE
    WHEN k.either IS NULL THEN v.one
    WHEN (k.either = 'max') = (l.quantity >= 0) THEN greatest(v.one, v.two)
    ELSE least(v.one, v.two) END AS base) b
WHERE s.run_id = :run
GROUP BY k.run_id, k.number
"""


def calculate(session: Session, run: RoyaltyRun) -> Deals:
    """Work out what every contract earned from the sales that a run takes in; what nobody is paid for is noted."""
    session.execute(text(PATIENCE))
    period = session.get_one(RoyaltyPeriod, run.period_id)
    known = compiling.deals(session, period.ends_on)
    sold = collecting.sales(session, collecting.take_in(session, run))
    chosen, left = _choose(session, sold, known)
    keyed = _with_rates(session, run, chosen)
    keys = keyed.select(KEY).unique().sort(KEY).with_row_index("number", 1)
    sources = keyed.join(keys, on=KEY, nulls_equal=True).select("number", "report_id", "asset_id", "context_id")
    owner = pl.lit(str(run.id)).alias("run_id")
    collecting.leave(session, run, left)
    collecting.write(session, EarningKey, keys.with_columns(owner))
    collecting.write(session, EarningSource, sources.with_columns(owner))
    session.execute(text(_SUM), {"run": run.id})
    session.execute(delete(EarningKey).where(EarningKey.run_id == run.id))
    return known


def forget(session: Session, run_id: UUID) -> None:
    """Take away what a run worked out so far, so that it can begin anew."""
    for table in ("statements", "line_shares", "earnings", "earning_sources", "earning_keys", "run_leftovers"):
        session.execute(text(f"DELETE FROM {table} WHERE run_id = :run"), {"run": run_id})
    session.execute(text("DELETE FROM run_reports WHERE run_id = :run"), {"run": run_id})


def _choose(session: Session, sold: pl.DataFrame, known: Deals) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Each sale with every contract and clause that pays it; and those that nobody is paid for, with the reason."""
    sales = sold.join(resolving.contexts(session), on="context_id")
    placed = sales.join(resolving.pieces(session), on="asset_id")
    asked = placed.select("piece", "territory", "sold_on").unique()
    found = compiling.with_versions(resolving.choose(asked, resolving.candidates(session)), known)
    chosen = placed.join(
        found.select("piece", "territory", "sold_on", "lane", "contract_id", "version_id", "deal_currency", "is_due"),
        on=["piece", "territory", "sold_on"],
        nulls_equal=True,
    )
    applied = compiling.rules_for(chosen.select(PLACE).unique(), known)
    paid = chosen.join(applied, on=PLACE, nulls_equal=True)
    left = _left(sold, placed, chosen, paid)
    paid = paid.join(left, on=SALE, how="anti")
    return resolving.with_sheets(paid, resolving.sheets(session)), left


def _left(sold: pl.DataFrame, placed: pl.DataFrame, chosen: pl.DataFrame, paid: pl.DataFrame) -> pl.DataFrame:
    """Sales of which no main contract pays every part now: unmatched, without a contract or clause, or not yet due."""
    main = pl.col("lane") == "main"
    reasons = (
        ("unmatched", placed.group_by(SALE).agg(pl.len() == pl.col("whole").first())),
        ("no_contract", chosen.filter(main).group_by(SALE).agg(pl.len() == pl.col("whole").first())),
        ("no_clause", paid.filter(main).group_by(SALE).agg(pl.len() == pl.col("whole").first())),
        ("not_due", paid.filter(main).group_by(SALE).agg(pl.col("is_due").all())),
    )
    left = [sold.clear().with_columns(why=pl.lit(None, pl.String))]
    for why, whole in reasons:
        kept = whole.filter(pl.nth(len(SALE))).select(SALE)
        left.append(sold.join(kept, on=SALE, how="anti").with_columns(why=pl.lit(why)))
    return pl.concat(left).unique(SALE, keep="first", maintain_order=True)


def _with_rates(session: Session, run: RoyaltyRun, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with the rate from the currency of the sale to that of the contract, which the run keeps."""
    period = session.get_one(RoyaltyPeriod, run.period_id)
    pairs = rows.select("currency", "deal_currency").unique().sort("currency", "deal_currency")
    found = {pair: rates.rate(session, *pair, on=period.ends_on) for pair in pairs.iter_rows()}
    if missing := sorted(f"{base} → {quote}" for (base, quote), rate in found.items() if rate is None):
        raise RateMissing(pairs=", ".join(missing), day=period.ends_on.isoformat())
    run.rates = {f"{base}/{quote}": rate.told() for (base, quote), rate in found.items() if rate}
    table = pl.DataFrame(
        [(base, quote, f"{rate.value:f}") for (base, quote), rate in found.items() if rate],
        schema={"currency": pl.String, "deal_currency": pl.String, "fx": pl.String},
        orient="row",
    )
    return rows.join(table, on=["currency", "deal_currency"]).with_columns(
        sold_month=pl.col("sold_on").dt.truncate("1mo"), part=pl.lit(1)
    )
