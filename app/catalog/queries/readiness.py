"""How ready releases are, as rules left it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, case, cast, exists, func, literal, select
from sqlalchemy.orm import Session

from app.catalog.models import Finding, Recording, Release, Track
from app.catalog.rules import told

RANKS = ("checking", "blocked", "warned", "ready")
"""In this order lists are sorted."""


def _has(*severities: str) -> ColumnElement[bool]:
    return exists().where(Finding.release_id == Release.id, Finding.severity.in_(severities))


HAS_SAFE = exists().where(Finding.release_id == Release.id, Finding.is_safe)
RANK = case(
    (Release.checked_at.is_(None), literal(0)),
    (_has("block"), literal(1)),
    (_has("warn"), literal(2)),
    else_=literal(3),
)
PLACE = cast(RANK, Text)


def is_in(state: str) -> ColumnElement[bool]:
    """Whether a release is in one of `RANKS`."""
    unchecked = Release.checked_at.is_(None)
    which: dict[str, ColumnElement[bool]] = {
        "checking": unchecked,
        "blocked": ~unchecked & _has("block"),
        "warned": ~unchecked & _has("warn") & ~_has("block"),
        "ready": ~unchecked & ~_has("block", "warn"),
    }
    return which[state]


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a release is ready and what rules say of it; `rows` are the findings as they are kept."""

    state: str
    groups: list[told.Group]
    rows: list[Finding]
    tracks: int

    @property
    def safe(self) -> list[Finding]:
        """What can be put right without anybody looking at it."""
        return [row for row in self.rows if row.is_safe]

    def count(self, severity: str) -> int:
        """In how many places rules of a severity are broken."""
        return sum(1 for row in self.rows if row.severity == severity)

    def part(self, finding: Finding) -> list[Finding]:
        """A finding with the other safe parts of its rule in the same place: they are put right together."""
        rule = finding.rule.partition(".")[0]
        return [row for row in self.safe if row.track_id == finding.track_id and row.rule.partition(".")[0] == rule]


def readiness(session: Session, release: Release) -> Readiness:
    """How ready a release is, in the order of its tracks."""
    query = (
        select(Finding, Track.disc, Track.number, Recording.title)
        .outerjoin(Track, Track.id == Finding.track_id)
        .outerjoin(Recording, Recording.id == Track.recording_id)
        .where(Finding.release_id == release.id)
        .order_by(Track.disc.nulls_first(), Track.number, Finding.rule, Finding.id)
    )
    found = session.execute(query).all()
    rows = [row[0] for row in found]
    names = {row[0].track_id: f"{row.number}. {row.title}" for row in found if row[0].track_id}
    state = told.state(is_checked=release.checked_at is not None, severities=(row.severity for row in rows))
    tracks = session.scalar(select(func.count()).where(Track.release_id == release.id)) or 0
    return Readiness(state, told.grouped(rows, names), rows, tracks)


def open_tasks(session: Session, which: Any, *, limit: int) -> list[Any]:
    """What is to be put right of releases, a row a rule, the gravest of each first: id, title, rule, severity."""
    query = (
        select(Release.id, Release.title, Finding.rule, func.min(Finding.severity).label("severity"))
        .join(Finding, Finding.release_id == Release.id)
        .where(which, Finding.severity.in_(("block", "warn")))
        .group_by(Release.id, Release.title, Finding.rule)
    )
    return list(
        session.execute(
            query.order_by(Release.title, Release.id, func.min(Finding.severity), Finding.rule).limit(limit)
        )
    )


def unchecked(session: Session, which: Any) -> list[tuple[UUID, str]]:
    """Which of some releases nobody has looked at since they changed."""
    query = select(Release.id, Release.title).where(which, Release.checked_at.is_(None)).order_by(Release.title)
    return [(row.id, row.title) for row in session.execute(query)]
