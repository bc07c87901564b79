"""Letting rules look at the catalogue as it stands, and keeping what they find: whole releases at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from app.catalog.models import Finding, Release
from app.catalog.queries.sheets import Sheet, known_beside, sheet
from app.catalog.rules.merging import RECORDING_FIELDS, RELEASE_FIELDS
from app.catalog.rules.validation import validate
from app.catalog.service.unchecked import ask_for_check
from app.kernel import clock, ids, jobs
from app.kernel.db import copy_rows, table_of
from app.kernel.tenant import Tenant

AT_ONCE = 500
"""So many releases are looked at in one transaction, which holds them for a second or two."""

AGAIN = timedelta(seconds=10)
LONGEST_VALUE = 500
FRESH = timedelta(hours=20)
KEPT = timedelta(days=7)
RECENT = timedelta(days=60)
UNFIXABLE = frozenset({"isrc", "upc"})
"""Codes are given and taken by people, never put right by the way."""


def check_releases(session: Session, tenant: Tenant, release_ids: Sequence[UUID]) -> None:
    """Replace what is known to be wrong with these releases, which the caller holds, by what rules find now."""
    held = sheet(session, release_ids)
    found = said_once(findings_of(session, held, today=today_of(tenant)), held.tracks)
    wanted = [UUID(one) for one in held.release_rows["id"]]
    findings = table_of(Finding)
    session.execute(delete(findings).where(findings.c.release_id == func.any(wanted)))
    rows = found.select(
        pl.Series("id", ids.new_ids(found.height), pl.String),
        pl.col("release_id"),
        pl.col("track_id"),
        "rule",
        "severity",
        "field",
        pl.col("value").str.slice(0, LONGEST_VALUE),
        pl.col("suggestion").str.slice(0, LONGEST_VALUE),
        pl.col("safe").alias("is_safe"),
    )
    if rows.height:
        copy_rows(session, findings, rows.columns, rows.write_csv(include_header=False).encode())
    waiting = select(func.count()).where(Finding.release_id == Release.id, Finding.severity.in_(("block", "warn")))
    session.execute(
        update(Release)
        .where(Release.id == func.any(wanted))
        .values(checked_at=clock.now(), open_findings=waiting.scalar_subquery())
        .execution_options(synchronize_session=False)
    )


def findings_of(session: Session, held: Sheet, *, today: date) -> pl.DataFrame:
    """What rules have to say, with the ids of release and track; safe is only what can be put right here."""
    found = validate(held.releases, held.tracks, known_beside(session, held, today=today))
    found = found.join(held.release_rows.rename({"id": "release_id"}), on="release", how="left", maintain_order="left")
    found = found.join(held.track_rows, on=["release", "row"], how="left", maintain_order="left")
    known = pl.when(pl.col("row").is_null()).then(pl.col("field").is_in(_settable(RELEASE_FIELDS))).otherwise(
        pl.col("field").is_in(_settable(RECORDING_FIELDS))
    )  # fmt: skip
    own = (pl.col("field") == "title") & pl.col("is_titled").fill_null(value=False)
    return found.with_columns(safe=pl.col("safe") & known & ~own)


def said_once(found: pl.DataFrame, tracks: pl.DataFrame) -> pl.DataFrame:
    """Findings in which what all tracks of a release lack alike stands once, without a track."""
    counted = tracks.group_by("release").agg(tracks=pl.len())
    found = found.join(counted, on="release", how="left", maintain_order="left")
    place = ["release", "rule", "field"]
    mute = pl.col("track_id").is_not_null() & pl.col("value").is_null() & pl.col("suggestion").is_null()
    alike = mute & (mute.sum().over(place) == pl.col("tracks"))
    first = pl.int_range(pl.len()).over([*place, alike]) == 0
    found = found.with_columns(alike=alike).filter(~alike | first)
    return found.with_columns(track_id=pl.when(~pl.col("alike")).then("track_id"))


def _settable(fields: Any) -> list[str]:
    return sorted(set(fields) - UNFIXABLE)


def today_of(tenant: Tenant) -> date:
    """The label's own day."""
    return clock.now().astimezone(ZoneInfo(tenant.time_zone)).date()


def check_changed(session: Session, tenant: Tenant, named: Sequence[UUID]) -> None:
    """Check the releases named, and as many others that are unchecked; what is left over is asked for again."""
    first = _held(session, Release.id == func.any(list(named)), limit=len(named)) if named else []
    more = _held(session, Release.checked_at.is_(None), limit=AT_ONCE, skip_locked=True)
    wanted = list(dict.fromkeys([*first, *more]))
    if wanted:
        check_releases(session, tenant, wanted)
    if session.scalar(select(exists().where(Release.checked_at.is_(None)))):
        later = None if wanted else clock.now() + AGAIN
        jobs.ask(session, "catalog.check", {"releases": []}, run_at=later)


def check_old(session: Session, tenant: Tenant) -> None:
    """Check again what was checked before today, if its dates are near, or more than a week ago."""
    wanted = _held(session, _is_old(tenant, clock.now()), limit=AT_ONCE, skip_locked=True)
    if wanted:
        check_releases(session, tenant, wanted)
        jobs.ask(session, "catalog.recheck", {})
    else:
        ask_for_check(session)


def _is_old(tenant: Tenant, now: datetime) -> ColumnElement[bool]:
    near = Release.release_date >= (today_of(tenant) - RECENT).isoformat()
    return or_(Release.checked_at < now - KEPT, and_(Release.checked_at < now - FRESH, near))


def _held(session: Session, which: ColumnElement[bool], *, limit: int, skip_locked: bool = False) -> list[UUID]:
    """Releases, locked in the order of their ids: nobody changes them until what is found is written."""
    query = select(Release.id).where(which).order_by(Release.id).limit(limit)
    return list(session.scalars(query.with_for_update(skip_locked=skip_locked)))
