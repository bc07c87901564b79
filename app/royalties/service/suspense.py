"""Sales that nobody could match: what they come to, how long they wait, and whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.orm import Session

from app.kernel import activity, clock
from app.kernel.actor import Actor
from app.roster.rules import fold
from app.royalties.models import SalesAsset
from app.royalties.rules.refusals import AssetUnknown
from app.royalties.service import matching

PROPOSALS: Final = 3

_WAITING: Final = """
WITH waiting AS (
  SELECT a.id, s.currency, sum(s.lines) AS lines, sum(s.net) AS net
  FROM sales_assets a JOIN sales_sums s ON s.asset_id = a.id
  JOIN sales_reports r ON r.id = s.report_id AND r.state IN ('imported', 'held')
  WHERE a.recording_id IS NULL AND a.release_id IS NULL {wanted}
  GROUP BY a.id, s.currency
)
"""
_LISTED: Final = """
SELECT a.id, a.fingerprint, a.source, a.isrc, a.upc, a.catalog_number, a.store_id, a.title, a.artist, a.first_seen,
  sum(w.lines)::bigint AS lines, jsonb_object_agg(w.currency, w.net::text ORDER BY w.currency) AS amounts
FROM waiting w JOIN sales_assets a ON a.id = w.id
GROUP BY a.id ORDER BY max(abs(w.net)) DESC, a.id LIMIT :limit OFFSET :offset
"""
_SUMMED: Final = """
SELECT currency, count(*) AS assets, sum(lines)::bigint AS lines, sum(net)::text AS net FROM waiting
GROUP BY currency ORDER BY 3 DESC
"""
_WANTED: Final = (
    "AND (lower(concat_ws(' ', a.title, a.artist, a.source)) LIKE :like OR a.isrc = :code OR a.upc = :code "
    "OR a.catalog_number = :code OR a.store_id = :code)"
)


def waiting(session: Session, wanted: str = "", *, limit: int, offset: int = 0) -> list[Row[Any]]:
    """Unmatched assets, those with the largest amounts first."""
    query = _WAITING.format(wanted=_WANTED if wanted else "") + _LISTED
    return list(session.execute(text(query), {**_said(wanted), "limit": limit, "offset": offset}))


def summed(session: Session, wanted: str = "") -> list[Row[Any]]:
    """What all unmatched sales come to, by currency."""
    query = _WAITING.format(wanted=_WANTED if wanted else "") + _SUMMED
    return list(session.execute(text(query), _said(wanted)))


def proposals(session: Session, assets: Sequence[Row[Any]]) -> dict[int, list[Row[Any]]]:
    """By asset, the recordings that sound like it."""
    found: dict[int, list[Row[Any]]] = {}
    for row in matching.alike(session, assets, most=PROPOSALS):
        found.setdefault(row.id, []).append(row)
    return found


def assign(
    session: Session,
    actor: Actor,
    asset_ids: Sequence[int],
    *,
    recording_id: UUID | None = None,
    release_id: UUID | None = None,
) -> int:
    """Say what unmatched assets are; whatever else says the same, now or later, is matched alike. Gives how many."""
    change = (
        update(SalesAsset)
        .where(
            SalesAsset.id == func.any(list(asset_ids)),
            SalesAsset.recording_id.is_(None),
            SalesAsset.release_id.is_(None),
        )
        .values(recording_id=recording_id, release_id=release_id, match="by_hand", score=None, matched_at=clock.now())
        .returning(SalesAsset.fingerprint, SalesAsset.title, SalesAsset.artist)
    )
    rows = session.execute(change).all()
    if not rows:
        raise AssetUnknown
    told: list[tuple[str, dict[str, Any] | None, dict[str, Any] | None]] = [
        (
            str(row.fingerprint),
            None,
            {"title": row.title, "artist": row.artist, "recording": _text(recording_id), "release": _text(release_id)},
        )
        for row in rows
    ]
    activity.record_many(session, actor, "sales_asset.matched", subject_type="sales_asset", told=told)
    matching.learn(session)
    return len(rows)


def unassign(session: Session, actor: Actor, asset_id: int) -> None:
    """Take an asset off what it was matched to, wherever runs have not accounted for it yet."""
    asset = session.scalar(select(SalesAsset).where(SalesAsset.id == asset_id).with_for_update())
    if asset is None or (asset.recording_id is None and asset.release_id is None):
        raise AssetUnknown
    before = {"title": asset.title, "recording": _text(asset.recording_id), "release": _text(asset.release_id)}
    asset.recording_id = asset.release_id = asset.match = asset.score = asset.matched_at = None
    activity.record(
        session,
        actor,
        "sales_asset.unmatched",
        subject_type="sales_asset",
        subject_id=asset.fingerprint,
        before=before,
    )


def _said(wanted: str) -> dict[str, str]:
    if not wanted:
        return {}
    return {"like": f"%{wanted.strip().lower()}%", "code": fold(wanted).replace(" ", "").upper()}


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
