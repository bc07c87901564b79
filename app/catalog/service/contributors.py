"""Who is credited: their codes, and two who turn out to be one, in whom their credits and shares come together.

Histories need not be written anew: who was merged stays under their name and leads to who they are, so that an old
credit that is brought back, and the next sheet that spells the name as before, find the right one.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.catalog.models import RecordingWork
from app.catalog.service.moving import Moved, move, move_back, what_moves
from app.catalog.service.unchecked import mark_changed
from app.kernel import activity
from app.kernel.actor import Actor
from app.kernel.sentences import Said, sentence
from app.roster.errors import ContributorSame, ContributorsDiffer, ContributorUnusable, MergerOver
from app.roster.models import Contributor
from app.roster.service.forms import person_codes

OWN = {
    "isni": "ISNI",
    "ipi": "IPI",
    "artist_id": sentence("Artist"),
    "party_id": sentence("Legal person"),
}
"""What one person has one of."""


def set_codes(session: Session, actor: Actor, person: Contributor, typed: dict[str, str]) -> None:
    """Note under which codes somebody is known; refused field by field."""
    codes, problems = person_codes(typed)
    if problems:
        raise ContributorUnusable(fields=problems)
    before = {name: getattr(person, name) for name, value in codes.items() if getattr(person, name) != value}
    for name in before:
        setattr(person, name, codes[name])
    if before:
        _tell(session, actor, "contributor.changed", person, before=before, after={key: codes[key] for key in before})


def merge(session: Session, actor: Actor, one: Contributor, other: Contributor) -> None:
    """Let `one` be `other` from now on: credits and shares move, and what only `one` said of themselves is taken.

    The caller took its turn among loads before anybody was locked.
    """
    if one.id == other.id:
        raise ContributorSame
    taken, moved = _taken(one, other), what_moves(session, one, other)
    for name, value in taken.items():
        setattr(other, name, value)
    move(session, one, other, moved)
    aliases = list(session.scalars(select(Contributor.id).where(Contributor.merged_into_id == one.id)))
    session.execute(update(Contributor).where(Contributor.id.in_(aliases)).values(merged_into_id=other.id))
    kept = {name: str(value) for name, value in taken.items()}
    one.lead_to(other, {**moved._asdict(), "taken": kept, "aliases": [str(key) for key in aliases]})
    counts = {
        "credits": len(moved.credits) + len(moved.credits_of_both),
        "shares": len(moved.shares) + len(moved.shares_of_both),
    }
    _tell(session, actor, "contributor.merged", one, before={"name": one.name}, after={"name": other.name, **counts})
    _look_again(session, moved)


def part(session: Session, actor: Actor, one: Contributor, other: Contributor) -> None:
    """Take a merger back: all that it moved is as it left it and goes back, or nothing does."""
    if one.merged_into_id != other.id:
        raise MergerOver
    kept = one.stand_alone()
    moved = Moved(*(kept[name] for name in Moved._fields))
    move_back(session, one, other, moved)
    for name, value in kept["taken"].items():
        if str(getattr(other, name)) == value:
            setattr(other, name, None)
    mine = Contributor.id.in_([UUID(key) for key in kept["aliases"]]) & (Contributor.merged_into_id == other.id)
    session.execute(update(Contributor).where(mine).values(merged_into_id=one.id))
    _tell(session, actor, "contributor.parted", one, before={"name": other.name}, after={"name": one.name})
    _look_again(session, moved)


def _taken(one: Contributor, other: Contributor) -> dict[str, Any]:
    """What only the merged one says of themselves; two who say different things are two."""
    mine = {name: getattr(one, name) for name in OWN if getattr(one, name) is not None}
    theirs = {name: getattr(other, name) for name in OWN if getattr(other, name) is not None}
    for name in mine.keys() & theirs.keys():
        if mine[name] != theirs[name]:
            raise ContributorsDiffer(what=Said(OWN[name]))
    return {name: value for name, value in mine.items() if name not in theirs}


def _look_again(session: Session, moved: Moved) -> None:
    """Let rules look again at the releases whose credits or writers changed."""
    recordings = {row["recording"] for row in (*moved.credits, *moved.credits_of_both)}
    works = [UUID(row["work"]) for row in (*moved.shares, *moved.shares_of_both)]
    played = select(RecordingWork.recording_id).where(RecordingWork.work_id.in_(works))
    recordings |= {str(key) for key in session.scalars(played)} if works else set()
    mark_changed(session, recordings=recordings)


def _tell(session: Session, actor: Actor, action: str, person: Contributor, **told: dict[str, Any]) -> None:
    session.flush()
    activity.record(session, actor, action, subject_type="contributor", subject_id=person.id, **told)
