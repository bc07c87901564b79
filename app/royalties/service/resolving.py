"""Which contract pays a sale, by which clause, and why: for all distinct sales of a run at once.

A sale's asset is a recording, a product, or both, or an artist's own thing that is no music. A product whose tracks
have contracts or splits of their own is looked at track by track, an equal part of the sale each.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

import polars as pl
from sqlalchemy.orm import Session

from app.contracts.models import EVERYTHING
from app.kernel.db import copied_out
from app.royalties.service.collecting import as_frame

PIECES: Final = {
    "piece": pl.Int64, "asset_id": pl.Int64, "recording_id": pl.String, "release_id": pl.String, "whole": pl.Int64,
}  # fmt: skip
CANDIDATES: Final = {
    "piece": pl.Int64, "rank": pl.Float64, "contract_id": pl.String, "lane": pl.String, "scope": pl.String,
    "starts_on": pl.Date, "ends_on": pl.Date, "level": pl.String,
}  # fmt: skip
CONTEXTS: Final = {
    "context_id": pl.Int64, "source": pl.String, "store": pl.String, "channel": pl.String,
    "commercial_model": pl.String, "configuration": pl.String, "price_band": pl.String, "territory": pl.String,
    "currency": pl.String, "sold_on": pl.Date,
}  # fmt: skip
SHEETS: Final = {"recording_id": pl.String, "sheet_id": pl.String, "effective_from": pl.Date}

_PLACED = """
WITH used AS ({used}), apart AS (
  SELECT DISTINCT u.id FROM used u JOIN tracks t ON t.release_id = u.release_id
  WHERE u.recording_id IS NULL AND (
    EXISTS (SELECT FROM contract_scopes s WHERE s.level = 'recording' AND s.subject_id = t.recording_id)
    OR EXISTS (SELECT FROM contract_scopes s WHERE s.level = 'track' AND s.subject_id = t.id)
    OR EXISTS (SELECT FROM split_sheets s WHERE s.recording_id = t.recording_id))
), placed AS (
  SELECT u.id AS asset_id, u.recording_id, coalesce(u.release_id, t.release_id) AS release_id, t.id AS track_id,
    1 AS whole, u.artist_id
  FROM used u LEFT JOIN LATERAL (
    SELECT t.id, t.release_id FROM tracks t JOIN releases r ON r.id = t.release_id
    WHERE t.recording_id = u.recording_id AND (u.release_id IS NULL OR t.release_id = u.release_id)
    ORDER BY r.release_date NULLS LAST, t.id LIMIT 1) t ON u.recording_id IS NOT NULL
  WHERE u.id NOT IN (SELECT id FROM apart)
  UNION ALL
  SELECT u.id, t.recording_id, u.release_id, t.id, count(*) OVER (PARTITION BY u.id), NULL
  FROM used u JOIN apart USING (id) JOIN tracks t ON t.release_id = u.release_id
), pieces AS (
  SELECT row_number() OVER (ORDER BY asset_id, track_id) AS piece, * FROM placed
)
"""
_PIECES = _PLACED + "SELECT piece, asset_id, recording_id, release_id, whole FROM pieces"
_CANDIDATES = (
    _PLACED
    + """
, lines AS (
  SELECT piece, recording_id, release_id, track_id, artist_id FROM pieces
), subjects AS (
  SELECT piece, 0.0 AS rank, 'label' AS level, %(everything)s::uuid AS subject_id FROM lines
  UNION ALL
  SELECT l.piece, 9 + i.depth, 'imprint', above.id FROM lines l JOIN releases r ON r.id = l.release_id
    JOIN imprints own ON own.id = r.imprint_id LEFT JOIN imprints p ON p.id = own.parent_id
    JOIN LATERAL (VALUES (own.id), (own.parent_id), (p.parent_id)) above(id) ON above.id IS NOT NULL
    JOIN imprints i ON i.id = above.id
  UNION ALL
  SELECT l.piece, 20 - a.position / 1000.0, 'artist', a.artist_id FROM lines l
    JOIN recording_artists a ON a.recording_id = l.recording_id AND a.role = 'main'
  UNION ALL
  SELECT l.piece, 20 - a.position / 1000.0, 'artist', a.artist_id FROM lines l
    JOIN release_artists a ON a.release_id = l.release_id AND a.role = 'main' WHERE l.recording_id IS NULL
  UNION ALL SELECT piece, 20, 'artist', artist_id FROM lines WHERE artist_id IS NOT NULL
  UNION ALL SELECT piece, 30, 'release', release_id FROM lines WHERE release_id IS NOT NULL
  UNION ALL SELECT piece, 40, 'track', track_id FROM lines WHERE track_id IS NOT NULL
  UNION ALL SELECT piece, 50, 'recording', recording_id FROM lines WHERE recording_id IS NOT NULL
)
SELECT s.piece, s.rank, c.id AS contract_id, c.lane, sc.territory AS scope, c.starts_on, c.ends_on, s.level
FROM subjects s JOIN contract_scopes sc ON sc.level = s.level AND sc.subject_id = s.subject_id
  JOIN contracts c ON c.id = sc.contract_id AND (c.state IN ('active', 'ended') OR c.id = %(also)s::uuid)
"""
)
_CONTEXTS = """
SELECT id AS context_id, source, store, channel, commercial_model, configuration, price_band, territory, currency,
  sold_from AS sold_on FROM sales_contexts
"""
_SHEETS = "SELECT recording_id, id AS sheet_id, effective_from FROM split_sheets"


class Used(NamedTuple):
    """What is looked at: a query of ids with a recording, a release or both, or an artist, and the query's values."""

    query: str
    values: dict[str, object]


SOLD: Final = Used(
    "SELECT id, recording_id, release_id, artist_id FROM sales_assets "
    "WHERE recording_id IS NOT NULL OR release_id IS NOT NULL OR artist_id IS NOT NULL",
    {},
)
"""Everything that sold and was matched."""


def only(recording: UUID | None, release: UUID | None) -> Used:
    """One thing that may or may not have sold, as asset 0."""
    query = (
        "SELECT 0::bigint AS id, %(recording)s::uuid AS recording_id, %(release)s::uuid AS release_id, "
        "NULL::uuid AS artist_id"
    )
    return Used(query, {"recording": recording, "release": release})


def pieces(session: Session, used: Used = SOLD) -> pl.DataFrame:
    """What is looked at: the asset, its recording, its release, and of how many equal parts."""
    return as_frame(copied_out(session, _PIECES.replace("{used}", used.query), used.values), PIECES)


def candidates(session: Session, used: Used = SOLD, *, also: UUID | None = None) -> pl.DataFrame:
    """Every contract that is about a piece, with how specific it is; the larger `rank` is the more specific.

    `also` is a contract that counts though it is not in force.
    """
    values = {**used.values, "everything": EVERYTHING, "also": also}
    return as_frame(copied_out(session, _CANDIDATES.replace("{used}", used.query), values), CANDIDATES)


def contexts(session: Session) -> pl.DataFrame:
    """The circumstances of sales."""
    return as_frame(copied_out(session, _CONTEXTS, {}), CONTEXTS)


def sheets(session: Session) -> pl.DataFrame:
    """The split sheets of recordings, from which day on."""
    return as_frame(copied_out(session, _SHEETS, {}), SHEETS)


def choose(asked: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The contract that pays in each lane: `asked` has piece, territory and sold_on, one row each.

    The most specific level wins, then the one for the territory; two alike were refused when the second was signed.
    """
    fit = asked.join(found, on="piece").filter(
        (pl.col("scope").is_null() | (pl.col("scope") == "") | (pl.col("scope") == pl.col("territory")))
        & (pl.col("starts_on") <= pl.col("sold_on"))
        & (pl.col("ends_on").is_null() | (pl.col("ends_on") >= pl.col("sold_on")))
    )
    best = fit.with_columns(is_local=pl.col("scope").fill_null("") != "").sort(
        "rank", "is_local", "contract_id", descending=[True, True, False]
    )
    return best.unique(["piece", "territory", "sold_on", "lane"], keep="first", maintain_order=True)


def with_sheets(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Rows with the split sheet that holds for the recording on the day; only what the main contract pays is split."""
    asked = rows.filter(pl.col("lane") == "main").select("recording_id", "sold_on").unique().drop_nulls()
    fit = asked.join(known, on="recording_id").filter(pl.col("effective_from") <= pl.col("sold_on"))
    newest = fit.sort("effective_from").unique(["recording_id", "sold_on"], keep="last")
    newest = newest.with_columns(lane=pl.lit("main")).drop("effective_from")
    return rows.join(newest, on=["recording_id", "sold_on", "lane"], how="left", nulls_equal=False)
