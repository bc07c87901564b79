"""Every sale of a run given to the contracts and clauses that pay it, as numbers of few rows each.

A run has about as many distinct sales as lines, and few distinct answers. So everything is looked up for places (a
piece, where and when), for versions under circumstances and for shelves (store, channel, month, currency); only their
numbers meet the sales.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import polars as pl
from sqlalchemy.orm import Session

from app.royalties.service import collecting, compiling, resolving
from app.royalties.service.collecting import SUMS, are_exact
from app.royalties.service.compiling import CIRCUMSTANCES, RULES, Deals

SALE: Final = ["report", "asset_id", "context_id"]
SHELF: Final = ["store", "channel", "sold_month", "currency"]
THING: Final = ["recording_id", "release_id", "whole"]
KEY: Final = ["answer", "thing", "sheet", "shelf"]
AT_RECEIPT: Final = "received"
"""When the money of a sale came, in days since 1970: a part of the key where its contract counts that day's rate."""

SAID: Final = ["contract_id", "version_id", "clause", "sheet_id", "recording_id", "release_id", *SHELF]
"""What tells one earning from another to people, in the order in which they are numbered."""


class Assigned(NamedTuple):
    """What a run works out: `keys` a row an earning, `sources` the sales of each, `left` what nobody is paid for.

    Earnings up to the number `plain` are of what was received, and need no price; their keys have what their sales
    come to (`collecting.SUMS`) where all of that is exact.
    """

    keys: pl.DataFrame
    sources: pl.DataFrame
    left: pl.DataFrame
    plain: int
    is_summed: bool


def assign(session: Session, sold: pl.DataFrame, known: Deals) -> Assigned:
    """Give each sale (report, asset_id, context_id) to every contract that pays it, with the clause that says how."""
    contexts = resolving.contexts(session).with_columns(sold_month=pl.col("sold_on").dt.truncate("1mo"))
    contexts = _numbered(_numbered(contexts, "where", ["territory", "sold_on"]), "shelf", SHELF)
    contexts = _numbered(contexts, "circumstance", list(CIRCUMSTANCES))
    pieces = _numbered(resolving.pieces(session), "thing", THING)
    sold, key = sold.with_row_index("sale"), list(KEY)
    placed = sold.join(contexts.select("context_id", "where", "circumstance", "shelf"), on="context_id").join(
        pieces.select("asset_id", "piece", "thing", "whole"), on="asset_id"
    )
    places = _places(session, placed, contexts, pieces, known)
    chosen = placed.join(
        places.select("piece", "where", "version", "sheet", "is_main", "is_due"), on=["piece", "where"]
    )
    answers = _answers(chosen, contexts, known)
    paid = chosen.join(answers.select("version", "circumstance", "answer"), on=["version", "circumstance"])
    left = _left(sold, placed, chosen, paid)
    paid = paid.join(left.select("sale"), on="sale", how="anti")
    if known.versions["at_receipt"].any():
        paid, key = _received(session, paid, known), [*KEY, AT_RECEIPT]
    keys = _told(paid.select(key).unique(), answers, pieces, contexts, places)
    sources = paid.join(keys.select("number", *key), on=key).sort("number")
    plain = keys.filter(~pl.col("is_priced")).height
    sums = _sums(sources.filter(pl.col("number") <= plain).select("number", "sale"), sold)
    keys = keys.drop(*KEY, "is_priced").join(sums, on="number", how="left", maintain_order="left")
    return Assigned(keys, sources.select("number", *SALE), left.select(*SALE, "why"), plain, sums.height == plain)


def _received(session: Session, paid: pl.DataFrame, known: Deals) -> pl.DataFrame:
    """Rows with the day on which their money came, nought where a contract counts the rate of the period's end."""
    days = collecting.received(session, paid["report"].unique().to_list())
    came = pl.DataFrame(list(days.items()), schema={"report": pl.Int64, "came": pl.Date}, orient="row")
    agreed = known.versions.select("version", "at_receipt")
    rows = paid.join(came, on="report", maintain_order="left").join(agreed, on="version", maintain_order="left")
    day = pl.when("at_receipt").then(pl.col("came").cast(pl.Int32)).otherwise(0)
    return rows.with_columns(day.alias(AT_RECEIPT)).drop("came", "at_receipt")


def _sums(sources: pl.DataFrame, sold: pl.DataFrame) -> pl.DataFrame:
    """What the sales of each earning come to; nothing of any where that is not exact for all."""
    amounts = sources.select("number").hstack(sold.select(pl.col(*SUMS).gather(sources["sale"])))
    if not are_exact(amounts):
        amounts = amounts.clear()
    return amounts.group_by("number").agg(pl.col(*SUMS).sum())


def _numbered(frame: pl.DataFrame, name: str, columns: list[str]) -> pl.DataFrame:
    """A frame with a number for each distinct combination of some columns."""
    distinct = frame.select(columns).unique(maintain_order=True).with_row_index(name)
    return frame.join(distinct, on=columns, nulls_equal=True)


def _places(
    session: Session, placed: pl.DataFrame, contexts: pl.DataFrame, pieces: pl.DataFrame, known: Deals
) -> pl.DataFrame:
    """Which version pays a piece somewhere at some time, in each lane, and by which split sheet."""
    wheres = contexts.select("where", "territory", "sold_on").unique()
    asked = placed.select("piece", "where").unique().join(wheres, on="where")
    found = compiling.with_versions(resolving.choose(asked, resolving.candidates(session)), known)
    found = found.join(pieces.select("piece", "recording_id"), on="piece")
    found = resolving.with_sheets(found, resolving.sheets(session)).with_columns(is_main=pl.col("lane") == "main")
    return _numbered(found, "sheet", ["sheet_id"])


def _answers(chosen: pl.DataFrame, contexts: pl.DataFrame, known: Deals) -> pl.DataFrame:
    """Which clause applies to a version under a circumstance, and how; equal answers have one number."""
    asked = (
        chosen.select("version", "circumstance")
        .unique()
        .join(contexts.select("circumstance", *CIRCUMSTANCES).unique("circumstance"), on="circumstance")
        .join(known.versions.select("version", "version_id", "contract_id", "deal_currency"), on="version")
    )
    return _numbered(compiling.rules_for(asked, known), "answer", ["version", *RULES])


def _left(sold: pl.DataFrame, placed: pl.DataFrame, chosen: pl.DataFrame, paid: pl.DataFrame) -> pl.DataFrame:
    """Sales of which no main contract pays every part now: unmatched, without a contract or clause, or not yet due."""
    whole = pl.len() == pl.col("whole").first()
    main = pl.col("is_main")
    reasons = (
        ("unmatched", placed.select("sale")),
        ("no_contract", chosen.filter(main).group_by("sale").agg(is_whole=whole).filter("is_whole").select("sale")),
        ("no_clause", paid.filter(main).group_by("sale").agg(is_whole=whole).filter("is_whole").select("sale")),
        ("not_due", paid.filter(main, pl.col("is_due")).select("sale")),
    )
    left = [sold.join(kept, on="sale", how="anti").with_columns(why=pl.lit(why)) for why, kept in reasons]
    return pl.concat(left).unique("sale", keep="first", maintain_order=True)


def _told(
    keys: pl.DataFrame, answers: pl.DataFrame, pieces: pl.DataFrame, contexts: pl.DataFrame, places: pl.DataFrame
) -> pl.DataFrame:
    """Each distinct key with everything it stands for, numbered in an order that every run of the same sales has."""
    told = (
        keys.join(
            answers.select("answer", "contract_id", "version_id", "deal_currency", *RULES).unique("answer"), on="answer"
        )
        .join(pieces.select("thing", *THING).unique("thing"), on="thing")
        .join(contexts.select("shelf", *SHELF).unique("shelf"), on="shelf")
        .join(places.select("sheet", "sheet_id").unique("sheet"), on="sheet")
    )
    is_plain = (pl.col("base") == "net_receipt") & (pl.col("portion") == "1")
    is_rounded = pl.col("unit_places").is_not_null() | pl.col("whole_units")
    is_priced = ~(is_plain & pl.col("either").is_null() & ~is_rounded)
    if AT_RECEIPT not in told.columns:
        told = told.with_columns(pl.lit(0, pl.Int32).alias(AT_RECEIPT))
    order = ("is_priced", *SAID, *RULES, "whole", AT_RECEIPT)
    return told.with_columns(is_priced=is_priced).sort(order).with_row_index("number", 1)
