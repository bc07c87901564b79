"""Putting right what is right without anybody looking at it: one finding, a release, or many at once."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.errors import FindingsOvertaken
from app.catalog.models import Recording, Release, Track
from app.catalog.queries.sheets import Sheet, sheet
from app.catalog.rules.merging import RECORDING_FIELDS, RELEASE_FIELDS, altered
from app.catalog.rules.validation import apply_fixes
from app.catalog.service.changing import change_fields, tell_changes, touched
from app.catalog.service.checking import LONGEST_VALUE, findings_of, today_of
from app.catalog.service.unchecked import mark_changed
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Spot:
    """A rule and where it is broken: the release itself, or a track of it. It is the same when rules find it again."""

    rule: str
    track: UUID | None


class Told(NamedTuple):
    """What a finding says, wherever it is kept."""

    rule: str
    field: str
    track_id: Any
    value: str | None
    suggestion: str | None


def fix(
    session: Session,
    actor: Actor,
    tenant: Tenant,
    releases: Collection[UUID],
    *,
    only: Spot | None = None,
    shown: str | None = None,
) -> int:
    """Put right what is safe of releases that the caller holds, and give back how many fields got another value.

    Rules look anew, so that nothing is put back to what it would have been before somebody else's change; where
    somebody decided on what was `shown` (see `seen`), it is refused once rules say something else.
    """
    _hold_recordings(session, releases)
    held = sheet(session, sorted(releases))
    found = _chosen(findings_of(session, held, today=today_of(tenant)).filter("safe"), only)
    if shown is not None:
        _require_seen(found, shown)
    changes = _changes(held, *apply_fixes(held.releases, held.tracks, found))
    if changes.height:
        change_fields(session, changes, value="after")
        tell_changes(session, actor, changes)
        of = touched(changes)
        mark_changed(session, releases=of["release"], recordings=of["recording"])
    return changes.height


def seen(found: Iterable[Any]) -> str:
    """What somebody was shown who decides on these findings: another text as soon as any of them says something else.

    Each has `rule`, `field`, `track_id`, `value` and `suggestion`.
    """
    told = sorted(
        [row.rule, row.field, str(row.track_id or ""), row.value or "", row.suggestion or ""] for row in found
    )
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:32]


def fix_held(session: Session, actor: Actor, tenant: Tenant, releases: Collection[UUID]) -> None:
    """Put right what is safe of those of these releases that are still there."""
    query = select(Release.id).where(Release.id.in_(releases)).order_by(Release.id).with_for_update()
    if held := list(session.scalars(query)):
        fix(session, actor, tenant, held)


def _chosen(found: pl.DataFrame, only: Spot | None) -> pl.DataFrame:
    """One finding with the other parts of its rule in the same place: what a title loses, its field must gain."""
    if only is None:
        return found
    part = pl.col("rule").str.replace(r"\..*", "")
    track = str(only.track) if only.track else None
    there = pl.col("track_id").is_null() if track is None else pl.col("track_id") == track
    return found.filter(there & (part == only.rule.partition(".")[0]))


def _require_seen(found: pl.DataFrame, shown: str) -> None:
    value, suggestion = (pl.col(name).str.slice(0, LONGEST_VALUE) for name in ("value", "suggestion"))
    rows = found.select("rule", "field", "track_id", value, suggestion)
    now = [Told(**row) for row in rows.iter_rows(named=True)]
    if not now or seen(now) != shown:
        raise FindingsOvertaken


def _hold_recordings(session: Session, releases: Collection[UUID]) -> None:
    """Nobody changes what stands on these releases until this is done."""
    on = select(Track.recording_id).where(Track.release_id.in_(releases))
    session.execute(select(Recording.id).where(Recording.id.in_(on)).order_by(Recording.id).with_for_update())


def _changes(held: Sheet, releases: pl.DataFrame, tracks: pl.DataFrame) -> pl.DataFrame:
    """Every field that is another now, as `merging.CHANGES`; a recording that stands twice changes once."""
    silent = (pl.col("field") == "parental") & pl.col("before").is_null()  # as rules see it, see `sheets`
    return pl.concat(
        [
            altered(held.release_rows, held.releases, releases, RELEASE_FIELDS, kind="release"),
            altered(held.track_rows, held.tracks, tracks, RECORDING_FIELDS, kind="recording"),
        ]
    ).unique(["kind", "id", "field"], keep="first", maintain_order=True).with_columns(
        before=pl.when(silent).then(pl.lit("none")).otherwise("before")
    )  # fmt: skip
