"""What the catalogue tells the roster of each artist."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import Subquery, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.catalog.models import Credit, RecordingArtist, Release, ReleaseArtist
from app.catalog.policies import is_credited, may_see_release
from app.catalog.queries.readiness import open_tasks, unchecked
from app.catalog.rules import RULES
from app.identity.policies import Visitor
from app.kernel.sentences import sentence
from app.roster.models import Contributor
from app.roster.queries.artist import Entry, Section, add_section
from app.roster.queries.columns import fill
from app.roster.service.artists import refers
from app.roster.service.imprints import imprint_refers

SHOWN = 200
SHOWN_TASKS = 20


@fill("next")
def next_release(visitor: Visitor, today: date) -> Subquery:
    """The earliest release from today on of which the day is known."""
    query = (
        select(ReleaseArtist.artist_id, Release.release_date.label("value"), Release.title.label("note"))
        .join(Release, Release.id == ReleaseArtist.release_id)
        .where(
            may_see_release(visitor),
            Release.release_date >= today.isoformat(),
            func.length(Release.release_date) == len("1999-12-31"),
        )
        .ext(distinct_on(ReleaseArtist.artist_id))
        .order_by(ReleaseArtist.artist_id, Release.release_date, Release.id)
    )
    return query.subquery("next_release")


@fill("tasks")
def open_findings(visitor: Visitor, _today: date) -> Subquery:
    """How many findings wait on an artist's releases, remarks left out; the note counts releases not checked yet."""
    query = (
        select(
            ReleaseArtist.artist_id,
            func.sum(Release.open_findings).label("value"),
            func.nullif(func.count().filter(Release.checked_at.is_(None)), 0).label("note"),
        )
        .join(Release, Release.id == ReleaseArtist.release_id)
        .where(may_see_release(visitor))
        .group_by(ReleaseArtist.artist_id)
    )
    return query.subquery("open_findings")


def _releases(session: Session, visitor: Visitor, artist_id: UUID) -> list[Entry]:
    query = select(Release.id, Release.title, Release.release_date).where(
        is_credited(artist_id), may_see_release(visitor)
    )
    rows = session.execute(query.order_by(Release.release_date.desc().nulls_last(), Release.id).limit(SHOWN))
    return [(f"/portal/releases/{row.id}", row.title, row.release_date or "") for row in rows]


def _tasks(session: Session, visitor: Visitor, artist_id: UUID) -> list[Entry]:
    """What is to be put right, and what nobody has looked at yet."""
    which = is_credited(artist_id) & may_see_release(visitor)
    waiting = [(_address(key), title, CHECKING) for key, title in unchecked(session, which)[:SHOWN_TASKS]]
    rows = open_tasks(session, which, limit=SHOWN_TASKS)
    return [*waiting, *((_address(row.id), row.title, RULES[row.rule].sentence) for row in rows if row.rule in RULES)]


def _address(release_id: UUID) -> str:
    return f"/portal/releases/{release_id}#readiness"


CHECKING = sentence("Rules are looking at this. It takes a moment.")
add_section(Section(sentence("Open tasks"), _tasks))
add_section(Section(sentence("Releases"), _releases))


@refers
def still_there(session: Session, artist_id: UUID) -> list[tuple[str, int]]:
    """What of the catalogue refers to an artist."""
    counted = {
        sentence("Releases"): select(func.count()).where(ReleaseArtist.artist_id == artist_id),
        sentence("Recordings"): select(func.count()).where(RecordingArtist.artist_id == artist_id),
        sentence("Credits"): select(func.count())
        .select_from(Credit)
        .join(Contributor, Contributor.id == Credit.contributor_id)
        .where(Contributor.artist_id == artist_id),
    }
    return [(title, session.scalar(query) or 0) for title, query in counted.items()]


@imprint_refers
def on_imprint(session: Session, imprint_id: UUID) -> list[tuple[str, int]]:
    """How many releases came out on an imprint."""
    query = select(func.count()).where(Release.imprint_id == imprint_id)
    return [(sentence("Releases"), session.scalar(query) or 0)]
