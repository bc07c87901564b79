"""Sales that nobody could match: what they come to, how long they wait, and whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, and_, false, func, or_, select, text, update
from sqlalchemy.orm import Session

from app.catalog.models import Recording, Release
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
  WHERE a.recording_id IS NULL AND a.release_id IS NULL AND a.artist_id IS NULL {wanted}
  GROUP BY a.id, s.currency
)
"""
_LISTED: Final = """
SELECT a.id, a.fingerprint, a.source, a.isrc, a.upc, a.catalog_number, a.store_id, a.title, a.artist, a.first_seen,
  max(abs(w.net)) AS largest, sum(w.lines)::bigint AS lines,
  jsonb_object_agg(w.currency, w.net::text ORDER BY w.currency) AS amounts
FROM waiting w JOIN sales_assets a ON a.id = w.id
GROUP BY a.id {beyond} ORDER BY max(abs(w.net)) DESC, a.id LIMIT :limit OFFSET :offset
"""
_BEYOND: Final = "HAVING max(abs(w.net)) < :largest OR (max(abs(w.net)) = :largest AND a.id > :last)"
_SUMMED: Final = """
SELECT currency, count(*) AS assets, sum(lines)::bigint AS lines, sum(net)::text AS net FROM waiting
GROUP BY currency ORDER BY 3 DESC
"""
_WANTED: Final = (
    "AND (lower(concat_ws(' ', a.title, a.artist, a.source)) LIKE :like OR a.isrc = :code OR a.upc = :code "
    "OR a.catalog_number = :code OR a.store_id = :code)"
)


def waiting(
    session: Session, wanted: str = "", *, limit: int, offset: int = 0, after: tuple[Decimal, int] | None = None
) -> list[Row[Any]]:
    """Unmatched assets, those with the largest amounts first; `after` is the last one seen: its `largest` and id."""
    query = _WAITING.format(wanted=_WANTED if wanted else "") + _LISTED.format(beyond=_BEYOND if after else "")
    said: dict[str, Any] = {**_said(wanted), "limit": limit, "offset": offset}
    if after:
        said |= {"largest": after[0], "last": after[1]}
    return list(session.execute(text(query), said))


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
            SalesAsset.artist_id.is_(None),
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


def by_hand(wanted: str = "") -> Select[SalesAsset, str | None, str | None]:
    """What people matched by hand, with the recording or release that it is, the newest first."""
    query = (
        select(SalesAsset, Recording.title, Release.title)
        .outerjoin(Recording, Recording.id == SalesAsset.recording_id)
        .outerjoin(Release, Release.id == SalesAsset.release_id)
        .where(SalesAsset.match == "by_hand")
        .order_by(SalesAsset.matched_at.desc(), SalesAsset.id)
    )
    if wanted:
        said = func.lower(func.concat_ws(" ", SalesAsset.title, SalesAsset.artist, Recording.title, Release.title))
        query = query.where(said.contains(wanted.lower(), autoescape=True))
    return query


def unassign(session: Session, actor: Actor, asset_id: int) -> int:
    """Take an asset off what it was matched to, with all that was matched because it was; gives how many.

    What runs have accounted for stays as it was told.
    """
    asset = session.scalar(select(SalesAsset).where(SalesAsset.id == asset_id).with_for_update())
    if asset is None or (asset.recording_id is None and asset.release_id is None):
        raise AssetUnknown
    rows = [asset, *session.scalars(_followers(asset).with_for_update())]
    told: list[tuple[str, dict[str, Any] | None, dict[str, Any] | None]] = []
    for row in rows:
        before = {"title": row.title, "recording": _text(row.recording_id), "release": _text(row.release_id)}
        told.append((str(row.fingerprint), before, None))
        row.recording_id = row.release_id = row.match = row.score = row.matched_at = None
    session.flush()
    activity.record_many(session, actor, "sales_asset.unmatched", subject_type="sales_asset", told=told)
    return len(rows)


def _followers(asset: SalesAsset) -> Select[SalesAsset]:
    """What says the same as an asset and was matched to the same for it: else it would be matched for them again."""
    same = [SalesAsset.isrc == asset.isrc] if asset.isrc else []
    if asset.title and asset.artist:
        names = (
            func.lower(SalesAsset.title) == asset.title.lower(),
            func.lower(SalesAsset.artist) == asset.artist.lower(),
        )
        same.append(and_(*names))
    if asset.store_id:
        same.append(and_(SalesAsset.source == asset.source, SalesAsset.store_id == asset.store_id))
    return select(SalesAsset).where(
        SalesAsset.id != asset.id,
        SalesAsset.match.in_(("learned", "store_id")),
        SalesAsset.recording_id.is_not_distinct_from(asset.recording_id),
        SalesAsset.release_id.is_not_distinct_from(asset.release_id),
        or_(false(), *same),
    )


def _said(wanted: str) -> dict[str, str]:
    if not wanted:
        return {}
    return {"like": f"%{wanted.strip().lower()}%", "code": fold(wanted).replace(" ", "").upper()}


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
