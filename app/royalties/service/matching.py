"""What of ours a sold asset is: by code first, then by what was said before, then by likeness; all assets at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import polars as pl
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.roster.rules import folds

SURE: Final = 0.92
"""Above this a title with its artist is taken for the same without asking. Trigrams of two spellings of one name lie
above it (a letter, an accent, "and" for "&"), those of a remix, a live version or a second part below; as numbers alone
make no difference to trigrams, they have to be the same, too."""

APART: Final = 0.05
"""So much less alike the next one has to be."""

WORTH_A_LOOK: Final = 0.4
MOST_AT_ONCE: Final = 5_000
"""Likeness is looked for one asset after the other: of more than this the rest is proposed when somebody looks."""

_OPEN: Final = "a.recording_id IS NULL AND a.release_id IS NULL AND a.artist_id IS NULL"
_ISRC: Final = "^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$"
_BARE: Final = "upper(regexp_replace({}, '[^A-Za-z0-9]', '', 'g'))"

BY_OWN: Final = f"""
UPDATE sales_assets a SET match = 'own', matched_at = now(),
  recording_id = (SELECT r.id FROM recordings r WHERE v.kind = 'recording' AND r.id = v.id),
  release_id = (SELECT p.id FROM releases p WHERE v.kind = 'release' AND p.id = v.id),
  artist_id = (SELECT t.id FROM artists t WHERE v.kind = 'artist' AND t.id = v.id)
FROM (
  SELECT o.id AS asset, split_part(o.store_id, ':', 1) AS kind, CAST(split_part(o.store_id, ':', 2) AS uuid) AS id
  FROM sales_assets o WHERE o.source = 'shop' AND o.store_id ~ '^(recording|release|artist):[0-9a-f-]{{36}}$'
) v WHERE v.asset = a.id AND {_OPEN}
  AND (EXISTS (SELECT FROM recordings r WHERE v.kind = 'recording' AND r.id = v.id)
    OR EXISTS (SELECT FROM releases p WHERE v.kind = 'release' AND p.id = v.id)
    OR EXISTS (SELECT FROM artists t WHERE v.kind = 'artist' AND t.id = v.id))
"""
"""The label's own shop says by our own ids what was sold."""

BY_ISRC: Final = f"""
UPDATE sales_assets a SET recording_id = r.id, match = 'isrc', matched_at = now(), release_id =
  (SELECT p.id FROM releases p WHERE a.upc ~ '^[0-9]{{8,14}}$' AND lpad(p.upc, 14, '0') = lpad(a.upc, 14, '0'))
FROM recordings r WHERE {_OPEN} AND r.isrc = a.isrc
"""

_ON_RELEASE: Final = f"""
WITH found AS ({{found}}), tracks_of AS (
  SELECT f.id, f.release_id, t.recording_id, count(*) OVER (PARTITION BY f.id) AS as_many
  FROM found f JOIN sales_assets a ON a.id = f.id JOIN tracks t ON t.release_id = f.release_id
  JOIN recordings r ON r.id = t.recording_id
  WHERE lower(a.title) IN (lower(r.title), lower(t.title), lower(r.title || ' (' || r.version_title || ')'))
)
UPDATE sales_assets a SET release_id = f.release_id, match = '{{match}}', matched_at = now(),
  recording_id = (SELECT o.recording_id FROM tracks_of o WHERE o.id = a.id AND o.as_many = 1)
FROM found f WHERE f.id = a.id AND {_OPEN}
"""
"""A release is found; where one of its tracks has the title of what was sold, it is that recording."""

BY_UPC: Final = _ON_RELEASE.format(
    match="upc",
    found=f"SELECT a.id, p.id AS release_id FROM sales_assets a JOIN releases p "
    f"ON lpad(p.upc, 14, '0') = lpad(a.upc, 14, '0') WHERE {_OPEN} AND a.upc ~ '^[0-9]{{8,14}}$'",
)
BY_CATALOG_NUMBER: Final = _ON_RELEASE.format(
    match="catalog_number",
    found=f"SELECT a.id, (array_agg(p.id))[1] AS release_id FROM sales_assets a JOIN releases p "
    f"ON {_BARE.format('p.catalog_number')} = {_BARE.format('a.catalog_number')} "
    f"WHERE {_OPEN} AND length({_BARE.format('a.catalog_number')}) > 2 GROUP BY a.id HAVING count(*) = 1",
)

_LIKE_ANOTHER: Final = f"""
UPDATE sales_assets a SET recording_id = b.recording_id, release_id = b.release_id, match = '{{match}}',
  matched_at = now()
FROM (
  SELECT {{key}}, (array_agg(o.recording_id))[1] AS recording_id, (array_agg(o.release_id))[1] AS release_id
  FROM sales_assets o WHERE (o.recording_id IS NOT NULL OR o.release_id IS NOT NULL) AND {{which}}
  GROUP BY {{group}} HAVING count(DISTINCT (o.recording_id, o.release_id)) = 1
) b WHERE {_OPEN} AND {{same}}
"""
"""What others that say the same were matched to, where all of them agree."""

BY_STORE_ID: Final = _LIKE_ANOTHER.format(
    match="store_id",
    key="o.source, o.store_id",
    which="o.store_id IS NOT NULL",
    group="o.source, o.store_id",
    same="b.source = a.source AND b.store_id = a.store_id",
)
LEARNED_BY_ISRC: Final = _LIKE_ANOTHER.format(
    match="learned",
    key="o.isrc",
    which=f"o.match IN ('by_hand', 'learned') AND o.isrc ~ '{_ISRC}'",
    group="o.isrc",
    same="b.isrc = a.isrc",
)
LEARNED_BY_NAME: Final = _LIKE_ANOTHER.format(
    match="learned",
    key="lower(o.title) AS title, lower(o.artist) AS artist",
    which="o.match IN ('by_hand', 'learned') AND o.title IS NOT NULL AND o.artist IS NOT NULL",
    group="lower(o.title), lower(o.artist)",
    same=f"b.title = lower(a.title) AND b.artist = lower(a.artist) AND (a.isrc IS NULL OR a.isrc !~ '{_ISRC}')",
)

_NAMELESS: Final = f"""
SELECT a.id, a.title, a.artist FROM sales_assets a
WHERE {_OPEN} AND a.title IS NOT NULL AND a.artist IS NOT NULL AND (a.isrc IS NULL OR a.isrc !~ '{_ISRC}')
ORDER BY a.first_seen DESC, a.id LIMIT {MOST_AT_ONCE}
"""
_ALIKE: Final = """
SELECT s.id, r.id AS recording_id, r.title, r.artist_line, r.isrc, r.score
FROM unnest(CAST(:ids AS bigint[]), string_to_array(:keys, chr(31))) s(id, key) CROSS JOIN LATERAL (
  SELECT o.id, o.title, o.version_title, o.artist_line, o.isrc,
    ext.similarity(s.key, trim(regexp_replace(o.folded, coalesce(lower(o.isrc), '-') || '$', ''))) AS score
  FROM recordings o WHERE o.folded OPERATOR(ext.%) s.key ORDER BY score DESC, o.id LIMIT :most
) r ORDER BY s.id, r.score DESC
"""
_TAKE: Final = f"""
UPDATE sales_assets a SET recording_id = v.recording_id, match = 'fuzzy', score = v.score, matched_at = now()
FROM unnest(CAST(:ids AS bigint[]), CAST(:recordings AS uuid[]), CAST(:scores AS real[])) v(id, recording_id, score)
WHERE a.id = v.id AND {_OPEN}
"""


def match(session: Session) -> None:
    """Match every asset that is not matched yet."""
    steps = (BY_OWN, BY_ISRC, BY_UPC, BY_CATALOG_NUMBER, BY_STORE_ID, LEARNED_BY_ISRC, LEARNED_BY_NAME)
    for step in steps:
        session.execute(text(step))
    _by_likeness(session)


def learn(session: Session) -> None:
    """Match what says the same as something that was just matched by hand."""
    for step in (BY_STORE_ID, LEARNED_BY_ISRC, LEARNED_BY_NAME):
        session.execute(text(step))


def alike(session: Session, assets: Sequence[Row[Any]], *, most: int) -> list[Row[Any]]:
    """Recordings that sound like assets by title and artist, the likeliest of each first."""
    if not assets:
        return []
    said = pl.DataFrame(
        {"id": [row.id for row in assets], "said": [f"{row.title or ''} {row.artist or ''}" for row in assets]}
    ).with_columns(key=folds(pl.col("said")))
    session.execute(text(f"SET LOCAL pg_trgm.similarity_threshold = {WORTH_A_LOOK}"))
    found = session.execute(text(_ALIKE), {"ids": said["id"].to_list(), "keys": "\x1f".join(said["key"]), "most": most})
    return list(found)


def _by_likeness(session: Session) -> None:
    assets = list(session.execute(text(_NAMELESS)))
    found = alike(session, assets, most=2)
    if not found:
        return
    said = pl.DataFrame([(row.id, row.title, row.artist) for row in assets], schema=["id", "said", "by"], orient="row")
    rows = pl.DataFrame(
        [(row.id, str(row.recording_id), f"{row.title} {row.artist_line}", row.score) for row in found],
        schema=["id", "recording", "ours", "score"],
        orient="row",
    )
    numbers = r"\d+"
    best = (
        rows.with_columns(next=pl.col("score").shift(-1).over("id").fill_null(0.0))
        .unique("id", keep="first", maintain_order=True)
        .join(said, on="id")
        .filter(
            pl.col("score") >= SURE,
            pl.col("score") - pl.col("next") >= APART,
            pl.concat_str("said", "by", separator=" ").str.extract_all(numbers)
            == pl.col("ours").str.extract_all(numbers),
        )
    )
    if best.height:
        taken = {
            "ids": best["id"].to_list(),
            "recordings": best["recording"].to_list(),
            "scores": best["score"].to_list(),
        }
        session.execute(text(_TAKE), taken)
